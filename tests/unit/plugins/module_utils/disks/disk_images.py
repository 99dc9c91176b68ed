# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small real disk images for the tests, and what is often asked of them."""

from __future__ import annotations

import os
import struct
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.disks import images
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError

MEBIBYTE = 1 << 20
FORMATS = ("qcow2", "vmdk", "vdi", "vhdx", "vpc")
IN_PLACE = ("raw", *FORMATS)
# Those of which a conversion in place replaces the whole file, in the layout that `qemu-img create` makes by itself.
REPLACED = ("vmdk", "vdi", "vhdx", "vpc")


def qemu_io(path, image_format, *commands):
    arguments = [word for command in commands for word in ("-c", command)]
    subprocess.run(["qemu-io", "-f", image_format, *arguments, str(path)], check=True, stdout=subprocess.DEVNULL)


def create(path, image_format="raw", size="64M", options=(), data=True):
    """An image with 2 MiB of data at 1 MiB, and 1 MiB at 48 MiB."""
    subprocess.run(["qemu-img", "create", "-q", "-f", image_format, *options, str(path), size], check=True)
    if data:
        qemu_io(path, image_format, "write -P 7 1M 2M", "write -P 8 48M 1M")
    return str(path)


def refusal(option, **keywords):
    with pytest.raises(GuestconvError) as caught:
        images.disks_from_option(option, **keywords)
    assert caught.value.message
    return caught.value


def patch(path, offset, data):
    with open(path, "r+b") as stream:
        stream.seek(offset)
        stream.write(data)


def share_a_block(path):
    """Have two blocks of a VDI share one block of the file (block/vdi.c: the map has 4 bytes for each)."""
    with open(path, "r+b") as stream:
        stream.seek(340)
        (start,) = struct.unpack("<I", stream.read(4))
        stream.seek(start + 4)  # of the second MiB, which holds data
        entry = stream.read(4)
        stream.write(entry)


def halve(path):
    os.truncate(path, os.path.getsize(path) // 2)
