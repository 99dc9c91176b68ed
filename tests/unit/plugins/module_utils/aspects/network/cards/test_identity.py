# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which NIC has which MAC address, by the disk and by what the caller knows of the source hypervisor."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards import identity, matching
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.macs import (
    CONFIGURATION,
    MacSource,
    Origin,
    bound_by,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.nics import (
    Nic,
    unique_identifier,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError

A, B = "00:50:56:aa:00:0a", "00:50:56:aa:00:0b"


IN_A_FILE = MacSource(Origin.FILE, "/etc/x.link")


def nic(name, mac=None, source=IN_A_FILE, addresses=()):
    return Nic(name, name, mac, source if mac else None, addresses=addresses)


def matched(nics, *interfaces):
    """({name or identifier: MAC}, codes of the concerns)."""
    found, concerns = matching.matched(nics, identity.cards_of({"interfaces": list(interfaces)}), {})
    return {each.name or each.identifier: each.mac for each in found}, [concern.code for concern in concerns]


def test_the_only_nic_is_the_only_interface():
    assert matched([nic("ens192")], {"mac": A.upper()}) == ({"ens192": A}, [])


def test_what_the_hypervisor_says_goes_before_a_stale_file():
    assert matched([nic("ens192", B)], {"mac": A}) == ({"ens192": A}, ["nic-mac-differs"])


def test_a_mac_known_from_the_disk_decides():
    nics = [nic("eth0", B), nic("eth1")]
    assert matched(nics, {"mac": A}, {"mac": B}) == ({"eth0": B, "eth1": A}, [])


@pytest.mark.parametrize(
    "configured, told",
    [
        (("192.168.1.1/24", "192.168.1.10/24"), ("192.168.1.10", "192.168.1.1")),
        (("2001:db8::1/64", "2001:db8::11/64"), ("2001:DB8:0:0::11", "2001:0db8::1/64")),
    ],
)
def test_an_address_is_compared_as_an_address(configured, told):
    nics = [nic("eth0", addresses=configured[:1]), nic("eth1", addresses=configured[1:])]
    interfaces = [{"mac": A, "addresses": [told[0]]}, {"mac": B, "addresses": [told[1]]}]
    assert matched(nics, *interfaces) == ({"eth0": B, "eth1": A}, [])


def test_what_is_left_over_is_matched_without_doubt():
    nics = [nic("eth0"), nic("eth1", addresses=("10.0.0.5/8",))]
    assert matched(nics, {"mac": A, "addresses": ["10.0.0.5"]}, {"mac": B}) == ({"eth0": B, "eth1": A}, [])


def test_the_order_is_a_guess_that_is_said():
    found, concerns = matched([nic("eth0"), nic("eth1")], {"mac": A}, {"mac": B})
    assert found == {"eth0": A, "eth1": B}
    assert concerns == ["nic-matched-by-order"] * 2


def test_a_nic_without_a_name_is_called_by_its_identifier():
    interfaces = identity.cards_of({"interfaces": [{"mac": A}, {"mac": B}]})
    _found, (concern,) = matching.matched([Nic("nic0", None, patterns=("*",))], interfaces, {})
    assert f"({A}) was matched to nic0 only by its position in the list." in concern.message
    assert "the addresses of nic0," in concern.hint


def test_an_ambiguous_address_decides_nothing():
    nics = [nic("eth0", addresses=("10.0.0.5/8",)), nic("eth1", addresses=("10.0.0.5/8",))]
    _found, concerns = matched(nics, {"mac": A, "addresses": ["10.0.0.5"]}, {"mac": B})
    assert concerns == ["nic-matched-by-order"] * 2


def test_an_interface_that_nothing_configures_is_a_nic_all_the_same():
    nics = [nic("nic1", addresses=("10.0.0.5/8",))]
    interfaces = [{"mac": A, "addresses": ["10.0.0.5"]}, {"mac": B, "addresses": None}]
    assert matched(nics, *interfaces) == ({"nic1": A, "nic1_": B}, [])


def test_an_interface_without_a_mac_says_nothing():
    assert matched([nic("eth0")], {"addresses": ["10.0.0.5"]}) == ({"eth0": None}, [])


def test_macs_of_files_are_taken_by_name():
    macs = {"eth1": bound_by(A, "/etc/rule"), "eth9": bound_by(B, "/etc/rule")}
    found = identity.with_macs_on_disk([nic("eth0"), nic("eth1")], macs, {})
    assert [(each.mac, each.mac_source) for each in found] == [(None, None), bound_by(A, "/etc/rule")]


@pytest.mark.parametrize("nics", [[], [nic("eth0")], [nic("eth0", A), nic("eth1", B)], [nic("eth0", A, CONFIGURATION)]])
def test_nics_that_can_be_distinguished_are_no_concern(nics):
    assert identity.unknown_identity(nics) is None


@pytest.mark.parametrize("second", [nic("eth1"), nic("eth1", B, CONFIGURATION)])
def test_nics_that_cannot_be_distinguished_are_an_error_that_says_what_to_pass(second):
    concern = identity.unknown_identity([nic("eth0", A, addresses=("10.0.0.5/8",)), second])
    assert (concern.code, concern.severity) == ("nic-identity-unknown", "error")
    assert "MAC address of eth1." in concern.message
    assert (
        f'hardware: {{interfaces: [{{mac: "{A}", addresses: [10.0.0.5]}}, '
        '{mac: "<MAC address of eth1>", addresses: []}]}' in concern.hint
    )


@pytest.mark.parametrize(
    "interfaces, path",
    [
        ({}, None),
        ("eth0", "hardware.interfaces"),
        (["eth0"], "hardware.interfaces[0]"),
        ([{"mac": "00:50:56:aa:bb"}], "hardware.interfaces[0].mac"),
        ([{"mac": "00:50:56:aa:bb:cg"}], "hardware.interfaces[0].mac"),
        ([{"mac": "00:50-56:aa:bb:cc"}], "hardware.interfaces[0].mac"),
        ([{"mac": 56623104}], "hardware.interfaces[0].mac"),
        ([{"mac": "01:00:5e:00:00:01"}], "hardware.interfaces[0].mac"),
        ([{"mac": A}, {"mac": A.upper().replace(":", "-")}], "hardware.interfaces[1].mac"),
        ([{"addresses": "10.0.0.1"}], "hardware.interfaces[0].addresses"),
        ([{"mac": A, "addresses": ["10.0.0.1", "10.0.0.256"]}], "hardware.interfaces[0].addresses[1]"),
        ([{"addresses": [167772161]}], "hardware.interfaces[0].addresses[0]"),
    ],
)
def test_malformed_hardware_is_refused_with_its_path(interfaces, path):
    if path is None:
        assert identity.cards_of({"interfaces": interfaces}) == []
        return
    with pytest.raises(GuestconvError) as error:
        identity.cards_of({"interfaces": interfaces})
    assert (error.value.code, error.value.path) == ("hardware-malformed", path)


@pytest.mark.parametrize(
    "name, identifier", [("ens192", "ens192"), ("lan-0", "lan_0"), ("0lan", "_0lan"), ("é", "_"), ("taken", "taken_")]
)
def test_identifiers_are_fit_for_templates(name, identifier):
    assert unique_identifier(name, {"taken"}) == identifier


def test_generated_macs_are_local_stable_and_differ_by_guest_and_nic():
    nics = [nic("eth0"), nic("eth1", A), nic("eth2", B, CONFIGURATION)]
    found = identity.with_generated_macs(nics, "sha256:1")
    assert found[1] == nics[1]
    macs = [found[0].hardware_mac, found[2].hardware_mac]
    assert macs == [each.hardware_mac for each in identity.with_generated_macs(nics, "sha256:1") if each != nics[1]]
    others = [each.mac for each in identity.with_generated_macs(nics, "sha256:2") if each != nics[1]]
    assert len({*macs, *others}) == 4
    # Locally administered, and of one station (IEEE 802): the lowest bits of the first octet are 10.
    assert all(int(mac[:2], 16) & 3 == 2 and identity.normal_mac(mac) == mac for mac in macs)
    assert identity.unknown_identity(found) is None


def test_a_nic_alone_needs_no_generated_mac():
    assert identity.with_generated_macs([nic("eth0")], "sha256:1") == [nic("eth0")]
    assert identity.generated([nic("eth0", A)]) is None


@pytest.mark.parametrize(
    "origin, seen, known",
    [
        (Origin.FILE, False, True),
        (Origin.TRACE, True, True),
        (Origin.CONFIGURATION, False, False),
        (Origin.HARDWARE, False, True),
        (Origin.GENERATED, False, True),
    ],
)
def test_how_far_a_mac_is_trusted_depends_on_where_it_was_learnt_and_not_on_a_path(origin, seen, known):
    files = ("/var/lib/x", "/etc/x") if origin in (Origin.FILE, Origin.TRACE) else ("",)
    for file in files:
        found = nic("eth0", A, MacSource(origin, file))
        assert (found.mac_was_seen, found.hardware_mac == A) == (seen, known)
        assert found.facts()["mac_learnt_from"] == (file or origin.value)
