# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images whose metadata contradict themselves."""

from __future__ import annotations

import os
import struct
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.disks import (
    images,
    qemu_img,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.formats import qcow2
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.disks.conversions import (
    content,
    convert,
    enter,
    is_converted,
    refusal_of,
    two_disks,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.disks.disk_images import (
    create,
    patch,
    share_a_block,
)


def forget_a_cluster(path):
    """Have a qcow2 point to a cluster that it does not count: the counts (16 bits) are in the third cluster."""
    patch(path, 2 * 65536 + 2 * 6, b"\0\0")


def point_beyond_the_end(path):
    """Have a grain of a VMDK lie where the file does not reach: the first table of grains is behind its directory."""
    with open(path, "rb") as stream:
        stream.seek(56)  # gd_offset of VMDK4Header in block/vmdk.c
        (directory,) = struct.unpack("<Q", stream.read(8))
        stream.seek(directory * 512)
        (table,) = struct.unpack("<I", stream.read(4))
    patch(path, table * 512, struct.pack("<I", 1 << 30))


@pytest.mark.parametrize("mode", ["in-place", "dest", "throwaway"])
@pytest.mark.parametrize("image_format, spoil", [("qcow2", forget_a_cluster), ("vdi", share_a_block)])
def test_an_image_whose_metadata_contradict_themselves_is_refused(place, tmp_path, mode, image_format, spoil):
    disks = two_disks(place, image_format)
    spoil(disks[1].path)
    before = content(disks[1].path)
    (tmp_path / "dest").mkdir()
    settings = {"dest": {"dest": str(tmp_path / "dest")}, "throwaway": {"workdir": str(tmp_path)}}.get(mode, {})
    error = refusal_of(lambda: convert(disks, mode=mode, **settings))
    assert error.code == "disk-corrupt" and disks[1].path in error.message
    assert content(disks[1].path) == before and len(os.listdir(place)) == 2 and not os.listdir(tmp_path / "dest")


def test_an_unsound_vmdk_is_refused(place):
    path = create(place / "disk.vmdk", "vmdk")
    disks = images.disks_from_option([path])
    point_beyond_the_end(path)
    assert refusal_of(lambda: enter(disks, room=0)).code == "disk-corrupt"


def test_leaked_clusters_are_no_reason_to_refuse_a_disk(place):
    disks = two_disks(place, "qcow2")
    with open(disks[0].path, "r+b") as stream:
        end = stream.seek(0, 2) // 65536
    patch(disks[0].path, 2 * 65536 + 2 * end, b"\0\1")
    os.truncate(disks[0].path, (end + 1) * 65536)
    check = subprocess.run(["qemu-img", "check", "-f", "qcow2", disks[0].path], capture_output=True, check=False)
    assert check.returncode == 3
    convert(disks)
    assert is_converted(disks[0].path, "qcow2")


def test_a_qcow2_whose_counts_qemu_repairs_itself_is_converted(place):
    path = create(place / "disk.qcow2", "qcow2", options=["-o", "lazy_refcounts=on"])
    qemu_io_killed(path)
    with open(path, "rb") as stream:
        assert qcow2.read_header(stream).dirty
    convert(images.disks_from_option([path]))
    assert is_converted(path, "qcow2")
    # qemu-img commit alone hands out clusters that are in use.
    assert qemu_img.run(["check", "-f", "qcow2", path], 60).code == 0


def qemu_io_killed(path):
    """Write to a qcow2 and end as by a power failure."""
    subprocess.run(
        ["qemu-io", "-f", "qcow2", "-c", "write -P 9 20M 1M", "-c", "flush", "-c", "sigraise 9", path],
        check=False,
        capture_output=True,
    )
