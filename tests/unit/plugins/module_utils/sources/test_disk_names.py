# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virttools.guestconv.plugins.module_utils.sources import disk_names


def grouped(*names, directory="/exports", is_subdirectory=False):
    """{guest: "file=device ..."}"""
    found = disk_names.group(directory, list(names), is_subdirectory)
    return {
        guest: " ".join(name + (f"={device}" if device else "") for name, device in disks)
        for guest, disks in found.items()
    }


@pytest.mark.parametrize(
    ("names", "guests"),
    [
        ("web01.qcow2 web02.raw", {"web01": "web01.qcow2", "web02": "web02.raw"}),
        ("web-1.qcow2 web-2.qcow2", {"web-1": "web-1.qcow2", "web-2": "web-2.qcow2"}),
        ("web.vmdk web_1.vmdk web_2.vmdk", {"web": "web.vmdk web_1.vmdk web_2.vmdk"}),
        (
            "web-disk10.qcow2 web-disk2.qcow2 web-disk1.qcow2",
            {"web": "web-disk1.qcow2 web-disk2.qcow2 web-disk10.qcow2"},
        ),
        (
            "vm-101-disk-0.raw vm-101-disk-1.raw vm-102-disk-0.raw",
            {"vm-101": "vm-101-disk-0.raw vm-101-disk-1.raw", "vm-102": "vm-102-disk-0.raw"},
        ),
        ("web.qcow2 web-disk2.qcow2", {"web": "web.qcow2 web-disk2.qcow2"}),
        ("web-sdb.img web-sda.img", {"web": "web-sda.img=sda web-sdb.img=sdb"}),
        ("web-vda.img db-nvme0n1.img", {"web": "web-vda.img=vda", "db": "db-nvme0n1.img=nvme0n1"}),
        ("web01-000001.vmdk", {"web01": "web01-000001.vmdk"}),
        ("web_1-000003.vmdk web-000003.vmdk", {"web": "web-000003.vmdk web_1-000003.vmdk"}),
        ("Web.QCOW2", {"Web": "Web.QCOW2"}),
        ("web.example.com.qcow2", {"web.example.com": "web.example.com.qcow2"}),
        ("101.raw 102.raw", {"101": "101.raw", "102": "102.raw"}),
        ("centos.img", {"centos": "centos.img"}),
        ("disk0.qcow2 web.qcow2", {"exports": "disk0.qcow2", "web": "web.qcow2"}),
        ("vda.img vdb.img", {"exports": "vda.img=vda vdb.img=vdb"}),
    ],
)
def test_disks_are_grouped_by_their_names(names, guests):
    assert grouped(*names.split()) == guests


@pytest.mark.parametrize(
    ("directory", "names", "guests"),
    [
        ("/e/web01", "disk0.qcow2 disk1.qcow2", {"web01": "disk0.qcow2 disk1.qcow2"}),
        ("/e/web01", "swap.img data.img root.img", {"web01": "root.img data.img swap.img"}),
        ("/e/web01", "data.qcow2 web01.qcow2", {"web01": "web01.qcow2 data.qcow2"}),
        (
            "/e/web01",
            "archive.qcow2 web01.qcow2 web01-data.qcow2",
            {"web01": "web01.qcow2 web01-data.qcow2 archive.qcow2"},
        ),
        ("/e/linux", "web01.qcow2 web02.qcow2", {"web01": "web01.qcow2", "web02": "web02.qcow2"}),
        ("/e/5c2f", "web01.qcow2", {"web01": "web01.qcow2"}),
    ],
)
def test_a_subdirectory_may_be_a_guest(directory, names, guests):
    assert grouped(*names.split(), directory=directory, is_subdirectory=True) == guests


def test_the_directory_itself_is_no_guest():
    assert grouped("data01.qcow2", "exports.qcow2") == {"data01": "data01.qcow2", "exports": "exports.qcow2"}


@given(st.lists(st.text(st.characters(blacklist_characters="/\0"), min_size=1), unique=True, max_size=8), st.booleans())
def test_every_disk_is_one_guests_whatever_it_is_called(names, is_subdirectory):
    found = disk_names.group("/exports", names, is_subdirectory)
    assert sorted(name for disks in found.values() for name, _device in disks) == sorted(names)
