# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No driver of the catalogue needs firmware files: `unavailable` says nothing of firmware that a guest lacks.

Modules name the files that they load in their section .modinfo (MODULE_FIRMWARE of include/linux/module.h), which
modinfo(8) shows. The modules of this machine's kernels are read.
"""

from __future__ import annotations

import glob
import gzip
import lzma
import os
import re
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.devices import models
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.model import Model
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import TARGETS

_READERS = {".ko": bytes, ".gz": gzip.decompress, ".xz": lzma.decompress}


def needed():
    """The kernel modules of all models that any target offers, and of those that guests come from."""
    offered = [model for target in TARGETS.values() for of_kind in target.models.values() for model in of_kind]
    known = [each for each in vars(models).values() if isinstance(each, Model)]
    return sorted({name for model in (*offered, *known) for name in model.modules})


def content(path):
    """The ELF file of a module."""
    with open(path, "rb") as file:
        packed = file.read()
    if path.endswith(".zst"):
        return subprocess.run(["zstd", "-dc"], input=packed, stdout=subprocess.PIPE, check=True).stdout
    return _READERS[os.path.splitext(path)[1]](packed)


def installed():
    """{module: path of its file} of the kernels of this machine."""
    paths = glob.glob("/lib/modules/*/kernel/**/*.ko*", recursive=True)
    return {os.path.basename(path).split(".ko")[0].replace("-", "_"): path for path in paths}


@pytest.mark.skipif(not installed(), reason="this machine has no kernel modules to read")
def test_no_driver_of_the_catalogue_names_firmware():
    there = installed()
    read = [name for name in needed() if name in there]
    found = {name: re.findall(rb"\0firmware=([^\0]+)", content(there[name])) for name in read}
    assert {name: files for name, files in found.items() if files} == {}
    # Some are built in, or of other architectures; the better part is read.
    assert len(read) > len(needed()) / 2


@pytest.mark.skipif("bnx2" not in installed(), reason="this machine has no module that names firmware")
def test_firmware_is_found_where_a_module_names_it():
    assert re.findall(rb"\0firmware=([^\0]+)", content(installed()["bnx2"]))
