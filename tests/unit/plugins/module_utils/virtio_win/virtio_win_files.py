# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A virtio-win of the tests: its layout, with small INF files, and files that are no drivers in the place of drivers."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.texts import inf_files

# What the versions of Windows are called in INF files.
_DECORATIONS = {"2k8": "6.0", "w7": "6.1", "2k8R2": "6.1", "w8": "6.2", "2k12": "6.2", "w8.1": "6.3", "2k12R2": "6.3"}


def driver(name, text):
    """{name of a file: its bytes} of one driver."""
    files = {f"{name}.{ending}": f"{name}.{ending} of a test".encode() for ending in ("sys", "cat", "pdb")}
    return {f"{name}.inf": text.replace("\n", "\r\n").encode(), **files}


def drivers(system="w10", arch="amd64"):
    """{driver: {name of a file: its bytes}} for one system."""
    decoration = f"NT{arch}.{_DECORATIONS.get(system, '10.0')}"
    general = system != "2k8"
    display = {"device": "DEV_1050", "modern": "DEV_1050&SUBSYS_11001AF4&REV_01", "class_name": "Display"}
    return {
        "viostor": driver("viostor", inf_files.storage("viostor", decoration, general=general)),
        "vioscsi": driver("vioscsi", inf_files.storage("vioscsi", decoration, general=general)),
        "NetKVM": driver("netkvm", inf_files.other("netkvm", decoration)),
        "viogpudo": driver("viogpudo", inf_files.other("viogpudo", decoration, **display)),
        "sriov": {"vioprot.inf": b"[Version]\r\n"},
    }


def tree(systems=("w10",), arch="amd64"):
    """{path: bytes} of the ISO's layout."""
    return {
        f"{name}/{system}/{arch}/{file}": content
        for system in systems
        for name, files in drivers(system, arch).items()
        for file, content in files.items()
    }


def unpacked(directory, files):
    """The directory, with these files written below it; its path."""
    for path, content in files.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_bytes(content)
    return str(directory)


def image(path, files, *options):
    """The path of an ISO image with these files, made by xorriso with further options of mkisofs."""
    with tempfile.TemporaryDirectory(prefix="guestconv-tests-") as directory:
        command = ["xorriso", "-as", "mkisofs", "-quiet", "-o", str(path), *options]
        subprocess.run([*command, unpacked(Path(directory), files)], check=True, capture_output=True)
    return str(path)
