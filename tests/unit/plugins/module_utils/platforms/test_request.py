# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.model.hardware import DiskPlace, Interface
from ansible_collections.virttools.guestconv.plugins.module_utils.platforms import request
from tests.unit.plugins.module_utils.platforms.samples import card, converted, disk

SDA, SDB = DiskPlace("ahci", "sda"), DiskPlace("ahci", "sdb")
UNNAMED = DiskPlace("ahci")


@pytest.mark.parametrize(
    ("hardware", "asked", "size"),
    [
        ({}, {}, (1, 1024)),
        ({"cpus": 4, "memory": 8192}, {}, (4, 8192)),
        ({"cpus": 4, "memory": 8192}, {"cpus": 2, "memory": 2048}, (2, 2048)),
        ({"cpus": None, "memory": None}, {}, (1, 1024)),
        ({}, {"cpus": "2", "memory": "2048"}, (2, 2048)),
        ({"cpus": 4}, {"cpus": "", "memory": ""}, (4, 1024)),
    ],
)
def test_the_size_is_what_is_asked_for_else_the_sources_else_what_verify_boots_with(hardware, asked, size):
    machine = request.machine(converted(**hardware), **asked)
    assert (machine.cpus, machine.memory) == size


@pytest.mark.parametrize(
    ("option", "value"),
    [("cpus", "two"), ("cpus", -1), ("memory", 0.5), ("memory", "1 GiB"), ("memory", "9" * 5000), ("memory", 0)],
)
def test_a_size_that_is_none_is_refused(option, value):
    with pytest.raises(GuestconvError) as caught:
        request.machine(converted(), **{option: value})
    assert (caught.value.code, caught.value.path) == ("platform-option-invalid", option)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"disks": [disk("virtio-scsi-pci")]}, True),
        ({"interfaces": [card("virtio-net-pci")]}, True),
        ({"video": {"driver": "virtio-vga"}}, True),
        ({"console": {"driver": "virtconsole"}}, True),
        ({}, False),
    ],
)
def test_a_guest_has_virtio_when_one_of_its_devices_is(changes, expected):
    without = {"disks": [disk("ahci")], "interfaces": [card("e1000")], "video": {"driver": "VGA"}, "console": None}
    assert request.machine({**without, **changes}).has_virtio is expected


@pytest.mark.parametrize(
    ("disks", "given", "paired"),
    [
        ([SDA, SDB], [{"path": "a"}, {"path": "b"}], ["a", "b"]),
        ([SDB, SDA], [{"path": "b"}, {"path": "a"}], ["b", "a"]),
        ([UNNAMED], [{"path": "a"}], ["a"]),
        ([SDB], [{"path": "a"}, {"path": "b"}], ["b"]),
        ([SDA, SDB], [{"path": "b", "device": "sdb"}, {"path": "a", "device": "sda"}], ["a", "b"]),
        ([SDA, DiskPlace("ahci", "nvme0n1")], [{"path": "a"}, {"path": "n", "device": "nvme0n1"}], ["a", "n"]),
    ],
)
def test_what_is_given_goes_to_the_disks_in_order_or_by_name(disks, given, paired):
    found = request.pairs(disks, given, "disks")
    assert [(place, item["path"]) for place, item in found] == list(zip(disks, paired))


@pytest.mark.parametrize(
    ("disks", "given", "message"),
    [
        ([SDA, SDB], [{"path": "a"}], "no entry for disk sdb"),
        ([SDA], [], "no entry for disk sda"),
        ([UNNAMED, UNNAMED], [{"path": "a"}], "no entry for disk"),
        ([SDA], [{"path": "a", "device": "sdb"}], "no entry for disk sda"),
        ([SDA], [{"path": "a", "device": "sda"}, {"path": "b", "device": "sda"}], "same device"),
    ],
)
def test_a_disk_that_nothing_is_given_for_is_an_error(disks, given, message):
    with pytest.raises(GuestconvError, match=message) as caught:
        request.pairs(disks, given, "volumes")
    assert (caught.value.code, caught.value.path) == ("platform-option-invalid", "volumes")


@pytest.mark.parametrize(
    ("given", "is_refused"),
    [
        ([{"path": "/a"}, {"path": "/a"}], True),
        ([{"path": "/a", "format": "raw"}, {"path": "/a", "device": "sdb"}], True),
        ([{"claim": "web01"}, {"data_volume": "web01", "size": "1Gi"}], True),
        ([{"volume": "lvm:0,import-from=/a"}, {"volume": "lvm:0,import-from=/a"}], True),
        ([{"volume": "lvm:vm-100-disk-0"}, {"volume": "lvm:vm-100-disk-0"}], True),
        ([{"backing": "/a", "path": "/b"}, {"backing": "/a", "path": "/b"}], True),
        # Two disks may be made from one.
        ([{"backing": "/a", "path": "/b"}, {"backing": "/a", "path": "/c"}], False),
        # A new volume for each.
        ([{"volume": "lvm:32"}, {"volume": "lvm:32"}], False),
        ([{"volume": "lvm:32,ssd=1"}, {"volume": "lvm:32,ssd=1"}], False),
        ([{"volume": "lvm:0,import-from=/a"}, {"volume": "lvm:0,import-from=/b"}], False),
    ],
)
def test_two_disks_do_not_have_their_data_in_one_place(given, is_refused):
    if not is_refused:
        assert len(request.pairs([SDA, SDB], given, "volumes")) == 2
        return
    with pytest.raises(GuestconvError, match="is volumes.0., too") as caught:
        request.pairs([SDA, SDB], given, "volumes")
    assert (caught.value.code, caught.value.path) == ("platform-option-invalid", "volumes[1]")


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ("/a", "disks"),
        ({"path": "/a"}, "disks"),
        (None, "disks"),
        ([1], "disks[0].path"),
        ([{"path": ["/a"]}], "disks[0].path"),
        ([""], "disks[0].path"),
        (["/a\n"], "disks[0].path"),
        (["/a", {"path": 1}], "disks[1].path"),
        ([{"path": "/a", "size": "1"}], "disks[0].size"),
    ],
)
def test_items_that_are_not_understood_are_refused_by_their_place(given, path):
    with pytest.raises(GuestconvError) as caught:
        request.items(given, "disks", ("path", "device"))
    assert (caught.value.code, caught.value.path) == ("platform-option-invalid", path)


def test_a_string_is_the_first_key_of_an_item():
    given = ["a", {"device": "sdb"}, {"path": "c", "device": None}]
    found = request.items(given, "disks", ("path", "device"))
    assert found == [{"path": "a"}, {"device": "sdb"}, {"path": "c"}]


CARDS = (Interface("e1000", "ens192", "00:50:56:AA:bb:cc"), Interface("e1000", "ens224"), Interface("e1000"))


@pytest.mark.parametrize(
    ("named", "plugged"),
    [
        (None, ["lan", "lan", "lan"]),
        ({}, ["lan", "lan", "lan"]),
        ({"ens224": "dmz"}, ["lan", "dmz", "lan"]),
        ({"00:50:56:aa:BB:CC": "dmz"}, ["dmz", "lan", "lan"]),
        # Two cards can have changed their names; an address is one card's.
        ({"ens192": "dmz", "00:50:56:aa:bb:cc": "wan"}, ["wan", "lan", "lan"]),
    ],
)
def test_a_card_is_plugged_into_what_is_said_of_its_address_or_name(named, plugged):
    assert request.networks(CARDS, "lan", named) == plugged


@pytest.mark.parametrize(("named", "path"), [({"eth0": "dmz"}, "networks.eth0"), (["dmz"], "networks")])
def test_a_network_for_a_card_that_is_not_there_is_an_error(named, path):
    with pytest.raises(GuestconvError) as caught:
        request.networks(CARDS, "lan", named)
    assert (caught.value.code, caught.value.path) == ("platform-option-invalid", path)


def test_a_string_is_no_flag():
    with pytest.raises(GuestconvError) as caught:
        request.flag("no", "guest_agent")
    assert caught.value.path == "guest_agent"


@pytest.mark.parametrize("value", [7, "", "a\nb", "a\x7f", "a\ufffe", "a\ud800"])
def test_what_a_document_cannot_have_is_no_line_of_text(value):
    with pytest.raises(GuestconvError) as caught:
        request.text(value, "name")
    assert (caught.value.code, caught.value.path) == ("platform-option-invalid", "name")


@pytest.mark.parametrize("value", ["x", {"roots": 7}, {"roots": {"a": 7}}, {"roots": {"a": {"info": {"version": 8}}}}])
def test_what_is_no_description_is_refused(value):
    with pytest.raises(GuestconvError) as caught:
        request.description(value)
    assert (caught.value.code, caught.value.path) == ("platform-option-invalid", "guest")
