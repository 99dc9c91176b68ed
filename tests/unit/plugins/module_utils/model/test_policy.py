# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import copy

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.model.policy import choose

NICS = ["virtio-net-pci", "e1000e", "e1000"]
GUEST = {
    "boot": {"firmware": "bios"},
    "roots": {
        "/dev/sda1": {"info": {"distribution": "centos", "version": {"major": 6, "minor": 10}, "source": "vmware"}},
        "/dev/sda5": {"info": {"distribution": "debian", "version": {"major": 12, "minor": None}, "source": None}},
    },
    "devices": {
        "network": {"ens192": {"driver": "virtio-net-pci"}, "ens224": {"driver": "virtio-net-pci"}},
        "block": {"sda": {"driver": "virtio-blk-pci"}},
        "graphics": {"video0": {"driver": "virtio-vga"}},
        "console": {"console": {"driver": "isa-serial"}},
    },
    "choices": {
        "network": {"ens192": {"driver": NICS, "policy": ["keep", "dhcp"]}, "ens224": {"driver": NICS[:2]}},
        "block": {"sda": {"driver": ["virtio-blk-pci", "ahci"]}},
        "graphics": {"video0": {"driver": ["virtio-vga"]}},
        "console": {"console": {"driver": ["isa-serial"]}},
    },
}


def nics(*policies):
    chosen = choose(GUEST, *policies)
    return {name: device["driver"] for name, device in chosen["devices"]["network"].items()}


@pytest.mark.parametrize(
    "policies, expected",
    [
        ([], {"ens192": "virtio-net-pci", "ens224": "virtio-net-pci"}),
        ([None, [], {}], {"ens192": "virtio-net-pci", "ens224": "virtio-net-pci"}),
        ([{"network": {"*": {"driver": "e1000e"}}}], {"ens192": "e1000e", "ens224": "e1000e"}),
        ([{"network": {"*92": {"driver": "e1000"}}}], {"ens192": "e1000", "ens224": "virtio-net-pci"}),
        # The first that each can use.
        ([{"network": {"*": {"driver": ["rtl8139", "e1000", "e1000e"]}}}], {"ens192": "e1000", "ens224": "e1000e"}),
        ([{"network": {"ens224": None}}], {"ens192": "virtio-net-pci"}),
        ([{"network": {"absent": {"driver": "e1000"}}}], {"ens192": "virtio-net-pci", "ens224": "virtio-net-pci"}),
        # Layers: the later policy wins, and within one the later rule.
        (
            [[{"network": {"*": {"driver": "e1000e"}}}], [{"network": {"ens192": {"driver": "e1000"}}}]],
            {"ens192": "e1000", "ens224": "e1000e"},
        ),
        (
            [[{"network": {"ens192": {"driver": "e1000"}}}, {"network": {"*": {"driver": "e1000e"}}}]],
            {"ens192": "e1000e", "ens224": "e1000e"},
        ),
    ],
)
def test_the_last_rule_that_matches_a_device_wins(policies, expected):
    before = copy.deepcopy(GUEST)
    assert nics(*policies) == expected
    assert GUEST == before


@pytest.mark.parametrize(
    "when, applies",
    [
        ({}, True),
        ({"distribution": "centos"}, True),
        ({"distribution": "cent*"}, True),
        ({"distribution": ["rhel", "centos"], "version.major": 6}, True),
        # Of one root, and not some of each.
        ({"distribution": "debian", "version.major": 6}, False),
        ({"version.major": [5, 7]}, False),
        ({"source": "vmware", "firmware": "bios"}, True),
        ({"firmware": "uefi"}, False),
        # As people write them.
        ({"distribution": "CentOS", "version.major": "6"}, True),
        ({"distribution": ["RHEL", "Cent*"], "version.major": "6*"}, True),
        ({"distribution": "Debian", "version.major": "6"}, False),
        ({"version.major": "1"}, False),
        # A version that has no minor number is of none, and a source that is not known of no name.
        ({"distribution": "debian", "version.minor": None}, True),
        ({"distribution": "debian", "version.minor": "*"}, False),
        ({"distribution": "debian", "source": "none"}, False),
    ],
)
def test_a_rule_applies_when_its_facts_hold_for_one_root(when, applies):
    chosen = nics([{"when": when, "network": {"ens192": {"driver": "e1000"}}}])
    assert (chosen["ens192"] == "e1000") is applies


def test_other_settings_of_a_device_are_chosen_as_well():
    chosen = choose(GUEST, {"network": {"ens192": {"policy": "dhcp", "name": "lan0"}}})
    assert chosen["devices"]["network"]["ens192"] == {"driver": "virtio-net-pci", "policy": "dhcp", "name": "lan0"}


def test_a_driver_that_the_guest_cannot_use_is_refused_with_those_that_it_can():
    with pytest.raises(GuestconvError) as caught:
        nics({"network": {"*": {"driver": "e1000"}}})
    assert (caught.value.code, caught.value.path) == ("policy-not-possible", "guest.devices.network.ens224.driver")
    assert caught.value.hint == "Allowed: virtio-net-pci, e1000e."


@pytest.mark.parametrize(
    "policy, said",
    [
        (["e1000"], "policy 1, rule 1"),
        ([{}, {"nic": {}}], "policy 1, rule 2.nic"),
        ([{"network": "e1000"}], "policy 1, rule 1.network"),
        ([{"network": {"*": "e1000"}}], "policy 1, rule 1.network.*"),
        ([{"network": {"*": {"drvier": "e1000"}}}], "policy 1, rule 1.network.*.drvier"),
        ([{"block": {"*": {"policy": "dhcp"}}}], "policy 1, rule 1.block.*.policy"),
        ([{"when": {"distro": "debian"}}], "when.distro"),
        ([{"when": {"version.patch": 1}}], "when.version.patch"),
    ],
)
def test_what_is_no_policy_is_refused_with_the_place(policy, said):
    with pytest.raises(GuestconvError) as caught:
        choose(GUEST, policy)
    assert (caught.value.code, caught.value.path) == ("policy-invalid", said)


@pytest.mark.parametrize(
    "guest, code, path",
    [
        ("web01", "description-malformed", "guest"),
        # All that inspect returned, in place of its guest.
        ({"guest": GUEST, "xml": ""}, "description-incomplete", "guest.boot"),
        ({**GUEST, "roots": []}, "description-malformed", "guest.roots"),
        ({**GUEST, "devices": {"network": []}}, "description-malformed", "guest.devices.network"),
        (
            {**GUEST, "devices": {"network": {"ens192": "e1000"}}},
            "description-malformed",
            "guest.devices.network.ens192",
        ),
    ],
)
def test_what_is_no_description_is_refused(guest, code, path):
    with pytest.raises(GuestconvError) as caught:
        choose(guest, {"network": {"*": {"driver": "e1000"}}})
    assert (caught.value.code, caught.value.path) == (code, path)


def test_the_addresses_of_a_rule_are_no_list_to_choose_from():
    chosen = {"policy": "static", "addresses": ["10.1.2.3/24", "10.1.2.4/24"], "dns": ["10.1.2.53", "10.1.2.54"]}
    card = choose(GUEST, {"network": {"ens224": chosen}})["devices"]["network"]["ens224"]
    assert {key: card[key] for key in chosen} == chosen
