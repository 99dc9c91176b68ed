# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import io
import subprocess
from typing import Any

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.disks import images, replacement
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.formats.probe import layout
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.formats.reading import BadHeader
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.disks.disk_images import create


def layout_of(path: str) -> Any:
    (disk,) = images.disks_from_option([path])
    return replacement.layout_of(disk)


@pytest.mark.parametrize(
    "image_format, options",
    [
        ("raw", ""),
        ("qcow2", ""),
        ("vmdk", "subformat=monolithicFlat"),
        ("vmdk", "subformat=twoGbMaxExtentFlat"),
        ("vpc", "subformat=fixed"),
    ],
)
def test_images_whose_metadata_qemu_does_not_change_or_changes_in_a_safe_order_are_written_in_place(
    tmp_path, image_format, options
):
    path = create(tmp_path / "disk", image_format, options=["-o", options] if options else [])
    assert layout_of(path).in_place


@pytest.mark.parametrize(
    "image_format, options",
    [
        ("vmdk", "subformat=monolithicSparse,hwversion=9,adapter_type=lsilogic"),
        ("vmdk", "subformat=monolithicSparse,hwversion=17,adapter_type=buslogic"),
        ("vdi", ""),
        ("vpc", "subformat=dynamic,force_size=on"),
        ("vhdx", "subformat=dynamic,block_size=1048576"),
        ("vhdx", "subformat=fixed,block_size=16777216"),
    ],
)
def test_an_image_of_the_same_kind_is_made_for_all_others(tmp_path, image_format, options):
    path = create(tmp_path / "disk", image_format, options=["-o", options] if options else [])
    found = layout_of(path)
    assert not found.in_place and found.one_file
    assert sorted(found.options) == sorted(options.split(",") if options else [])
    again = create(tmp_path / "again", image_format, options=["-o", ",".join(found.options)] if found.options else [])
    assert layout_of(again) == found


def test_a_vdi_whose_blocks_all_have_their_place_is_written_in_place(tmp_path):
    path = create(tmp_path / "disk.vdi", "vdi", size="4M", data=False)
    assert not layout_of(path).in_place
    subprocess.run(["qemu-io", "-f", "vdi", "-c", "write -P 1 0 4M", path], check=True, stdout=subprocess.DEVNULL)
    assert layout_of(path).in_place


def test_a_split_sparse_vmdk_is_not_one_file(tmp_path):
    found = layout_of(create(tmp_path / "disk.vmdk", "vmdk", options=["-o", "subformat=twoGbMaxExtentSparse"]))
    assert not found.in_place and not found.one_file


def test_only_the_vhdx_that_keeps_its_blocks_takes_its_room_at_once(tmp_path):
    for subformat, preallocated in (("fixed", True), ("dynamic", False)):
        path = create(tmp_path / subformat, "vhdx", options=["-o", "subformat=" + subformat])
        assert layout_of(path).preallocated == preallocated


@pytest.mark.parametrize(
    "said",
    [
        b'ddb.adapterType = "lsilogic,subformat=monolithicFlat"',
        b'ddb.virtualHWVersion = "4,size=1"',
        b'ddb.virtualHWVersion = "99999"',
    ],
)
def test_no_option_comes_from_what_a_descriptor_says_beyond_what_is_known(tmp_path, said):
    path = create(tmp_path / "disk.vmdk", "vmdk", data=False)
    with open(path, "rb") as stream:
        content = stream.read()
    for name in (b'ddb.adapterType = "ide"', b'ddb.virtualHWVersion = "4"'):
        assert name in content
        content = content.replace(name, said)
    assert layout(io.BytesIO(content), "vmdk", 65536).options == ("subformat=monolithicSparse",)


@pytest.mark.parametrize("image_format", ["vdi", "vhdx", "vmdk"])
def test_a_header_that_is_cut_off_says_so(image_format):
    head = {"vdi": b"<<<", "vhdx": b"vhdxfile", "vmdk": b"KDMV"}[image_format]
    with pytest.raises(BadHeader):
        layout(io.BytesIO(head), image_format, 65536)
