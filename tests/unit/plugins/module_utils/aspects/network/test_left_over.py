# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration of network cards that are gone: it stays on the disk, and must not get the card that is there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import network
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards import identity, matching
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.macs import (
    HARDWARE,
    MacSource,
    Origin,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.nics import Nic
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot, menu

A, B, C = "00:50:56:aa:00:0a", "00:50:56:aa:00:0b", "00:50:56:aa:00:0c"
REDHAT, SUSE = "/etc/sysconfig/network-scripts", "/etc/sysconfig/network"
KEYFILES = "/etc/NetworkManager/system-connections"
SYSTEMD = {"/usr/lib64/systemd/libsystemd-shared-252.so": ""}


def guest(files, hardware=None):
    return FakeRoot({**SYSTEMD, **files}, boot_menu=menu(""), hardware=hardware)


def cards(*interfaces):
    return {"interfaces": list(interfaces)}


def convert(root, removed=()):
    found = network.inspect(root).devices["network"]
    chosen = {identifier: "virtio-net-pci" for identifier in found if identifier not in removed}
    conversion = Plan(root.guest.target, Selection({"network": chosen}, {"network": list(removed)}))
    network.convert(root, conversion)
    return conversion


# Per format: ens33, of which nothing is left but that it shall not start, or that nothing starts it; and ens192.
LEFT_OVER = {
    "ifcfg of Red Hat": {
        f"{REDHAT}/ifcfg-ens33": "DEVICE=ens33\nBOOTPROTO=dhcp\nONBOOT=no\n",
        f"{REDHAT}/ifcfg-ens192": "DEVICE=ens192\nBOOTPROTO=dhcp\nONBOOT=yes\n",
    },
    "ifcfg of Red Hat, in quotes": {
        f"{REDHAT}/ifcfg-ens33": 'DEVICE="ens33"\nONBOOT="No"\n',
        f"{REDHAT}/ifcfg-ens192": "DEVICE=ens192\n",
    },
    "ifcfg of Red Hat, with an alias": {
        f"{REDHAT}/ifcfg-ens33": "DEVICE=ens33\nONBOOT=no\n",
        f"{REDHAT}/ifcfg-ens33:1": "DEVICE=ens33:1\nIPADDR=10.0.9.9\n",
        f"{REDHAT}/ifcfg-ens192": "DEVICE=ens192\nONBOOT=yes\n",
    },
    "ifcfg of SUSE": {
        f"{SUSE}/ifcfg-ens33": "BOOTPROTO='dhcp'\nSTARTMODE='off'\n",
        f"{SUSE}/ifcfg-ens192": "BOOTPROTO='dhcp'\nSTARTMODE='hotplug'\n",
    },
    "ifcfg of SUSE, where manual is the default": {
        f"{SUSE}/ifcfg-ens33": "BOOTPROTO='dhcp'\n",
        f"{SUSE}/ifcfg-ens192": "BOOTPROTO='dhcp'\nSTARTMODE='auto'\n",
    },
    "keyfile": {
        f"{KEYFILES}/a": "[connection]\ntype=ethernet\ninterface-name=ens33\nautoconnect=false\n",
        f"{KEYFILES}/b": "[connection]\ntype=ethernet\ninterface-name=ens192\n",
    },
    "interfaces with auto": {"/etc/network/interfaces": "iface ens33 inet dhcp\nauto ens192\niface ens192 inet dhcp\n"},
    "interfaces with allow-hotplug": {
        "/etc/network/interfaces": "iface ens33 inet dhcp\nallow-hotplug ens192\niface ens192 inet dhcp\n"
    },
    "interfaces with a pattern": {
        "/etc/network/interfaces": "auto /ens1*\niface ens33 inet dhcp\niface ens192 inet dhcp\n"
    },
    "interfaces with settings by another name": {
        "/etc/network/interfaces": "auto ens192=home\niface ens33 inet dhcp\niface home inet dhcp\n"
    },
    "interfaces with a mapping": {
        "/etc/network/interfaces": "auto ens192\niface ens33 inet dhcp\nmapping ens192\n  script /x\n"
    },
    "networkd, down": {
        "/etc/systemd/network/a.network": "[Match]\nName=ens33\n[Link]\nActivationPolicy=always-down\n",
        "/etc/systemd/network/b.network": "[Match]\nName=ens192\n[Link]\nActivationPolicy=up\n",
    },
    "netplan": {
        "/etc/netplan/a.yaml": "network: {ethernets: {ens33: {activation-mode: manual}, ens192: {dhcp4: true}}}\n",
        "/etc/netplan/b.yaml": "network: {ethernets: {ens33: {dhcp4: true}}}\n",
    },
    "wicked": {
        "/etc/wicked/ifconfig/a.xml": (
            "<interface><name>ens33</name><control><mode>manual</mode></control></interface>"
            "<interface><name>ens192</name><control><mode>boot</mode></control></interface>"
        )
    },
    "cloud-init": {
        "/etc/cloud/cloud.cfg.d/a.cfg": (
            "network: {version: 1, config: [{type: physical, name: ens33, subnets: [{type: dhcp, control: manual}]},"
            " {type: physical, name: ens192, subnets: [{type: dhcp, control: auto}]}]}\n"
        )
    },
}


@pytest.mark.parametrize("files", LEFT_OVER.values(), ids=LEFT_OVER)
def test_the_only_card_is_that_of_the_nic_that_starts_at_boot(files):
    findings = network.inspect(guest(files, cards({"mac": A})))
    assert {name: nic["mac"] for name, nic in findings.devices["network"].items()} == {"ens33": None, "ens192": A}
    assert [(concern.code, concern.severity) for concern in findings.concerns] == [("nic-not-on-source", "warning")]


@pytest.mark.parametrize("files", LEFT_OVER.values(), ids=LEFT_OVER)
def test_a_nic_is_taken_to_start_at_boot_where_its_bond_does(files):
    """What is made of a NIC brings it up, whatever its own file says."""
    bond = "network: {bonds: {bond0: {interfaces: [ens33], addresses: [10.0.2.15/24]}}}\n"
    findings = network.inspect(guest({**files, "/etc/netplan/c.yaml": bond}, cards({"mac": A})))
    assert {name for name, nic in findings.devices["network"].items() if nic["mac"] == A} == {"ens33"}


UNMANAGED = {
    "/etc/systemd/network/a.network": "[Match]\nName=ens33\n[Link]\nUnmanaged=yes\n",
    "/etc/systemd/network/b.network": "[Match]\nName=ens192\n[Network]\nDHCP=yes\n",
}


@pytest.mark.parametrize(
    "interfaces, macs",
    [([], {"ens192": None}), ([{"mac": A}], {"ens192": A}), ([{"mac": A}, {"mac": B}], {"ens33": A, "ens192": B})],
)
def test_what_a_daemon_leaves_alone_is_a_nic_only_where_there_is_a_card_for_it(interfaces, macs):
    found = network.inspect(guest(UNMANAGED, cards(*interfaces))).devices["network"]
    assert {name: nic["mac"] for name, nic in found.items()} == macs


def test_what_is_left_over_is_not_bound_and_goes_when_it_is_deleted():
    stale, real = f"{REDHAT}/ifcfg-ens33", f"{REDHAT}/ifcfg-ens192"
    files = {
        stale: "DEVICE=ens33\nBOOTPROTO=dhcp\nONBOOT=no\n",
        real: "DEVICE=ens192\nIPADDR=10.0.2.15\nPREFIX=24\nONBOOT=yes\n",
    }
    hardware = cards({"mac": A, "addresses": ["10.0.2.15"]})
    root = guest(files, hardware)
    (concern,) = network.inspect(root).concerns
    assert stale in concern.message and "guest.devices.network.ens33," in concern.hint
    kept = convert(root).hardware.interfaces
    assert {nic["name"]: nic["mac"] for nic in kept} == {"ens33": None, "ens192": A}
    assert set(root.files) - set(files) - set(SYSTEMD) == {"/etc/systemd/network/10-guestconv-ens192.link"}
    root = guest(files, hardware)
    (only,) = convert(root, removed=["ens33"]).hardware.interfaces
    assert (only["name"], only["mac"], stale in root.files, root.files[real]) == ("ens192", A, False, files[real])
    root.guest.hardware = hardware
    assert network.inspect(root).concerns == []


def test_without_the_cards_nobody_knows_which_is_left_over():
    (concern,) = network.inspect(guest(LEFT_OVER["netplan"])).concerns
    assert (concern.code, concern.severity) == ("nic-identity-unknown", "error")
    assert "Leave out a network card that the virtual machine does not have." in concern.hint


def test_what_is_left_over_is_no_reason_to_refuse_the_others():
    nics = [Nic("ens33", "ens33", on_source=False), Nic("ens192", "ens192"), Nic("ens224", "ens224", A, HARDWARE)]
    assert "MAC address of ens192." in identity.unknown_identity(nics).message


def test_a_second_conversion_with_new_macs_finds_the_same_nics():
    files = {
        "/etc/network/interfaces": "iface ens33 inet dhcp\nauto ens192\niface ens192 inet dhcp\n",
    }
    root = guest(files, {**cards({"mac": A}), "target_interfaces": [{"from": A, "mac": B}]})
    first = convert(root).hardware
    assert {nic["name"]: nic["mac"] for nic in first.interfaces} == {"ens33": None, "ens192": B}
    before = dict(root.files)
    assert convert(root).hardware == first
    assert root.files == before


def nic(name, mac=None, address=None, at_boot=True, seen=False):
    addresses = (f"{address}/24",) if address else ()
    source = MacSource(Origin.TRACE, "/a.leases") if seen else MacSource(Origin.FILE, "/a.link")
    return Nic(name, name, mac, source if mac else None, addresses=addresses, at_boot=at_boot)


def card(mac=None, *addresses):
    return {"mac": mac, "addresses": list(addresses)}


ORDER, DIFFERS = "nic-matched-by-order", "nic-address-differs"


@pytest.mark.parametrize(
    "nics, interfaces, macs, left_over, codes",
    [
        # Fewer cards than NICs: those that start at boot, then those with an address, then the order, which is said.
        ([nic("a"), nic("b", address="10.0.0.5")], [card(A)], {"b": A}, ["a"], []),
        ([nic("a", address="10.0.0.5", at_boot=False), nic("b")], [card(A)], {"b": A}, ["a"], []),
        ([nic("a"), nic("b")], [card(A)], {"a": A}, ["b"], [ORDER]),
        ([nic("a", at_boot=False), nic("b", at_boot=False)], [card(A)], {"a": A}, ["b"], [ORDER]),
        ([nic("a", at_boot=False), nic("b"), nic("c")], [card(A), card(B)], {"b": A, "c": B}, ["a"], [ORDER, ORDER]),
        # What the disk or an address tells goes before.
        ([nic("a", A, at_boot=False), nic("b")], [card(A)], {"a": A}, ["b"], []),
        ([nic("a", address="10.0.0.5", at_boot=False), nic("b")], [card(A, "10.0.0.5")], {"a": A}, ["b"], []),
        # Two NICs, of which the disk knows one MAC address.
        ([nic("a", B), nic("b")], [card(A)], {"a": B, "b": A}, ["a"], []),
        ([nic("a", B), nic("b")], [card(A), card(B)], {"a": B, "b": A}, [], []),
        # The disk knows one by an address that the source has not: it is none of the cards, by whatever place in the list.
        ([nic("a", C), nic("b")], [card(A), card(B)], {"a": C, "b": A, "nic1": B}, ["a"], [ORDER]),
        # The disk knows both, and the source has neither: its card is another, which nothing configures.
        ([nic("a", B), nic("b", C)], [card(A)], {"a": B, "b": C, "nic0": A}, ["a", "b"], []),
        # The disk says the same of two NICs: a card was called otherwise once.
        ([nic("a", A, at_boot=False), nic("b", A)], [card(A)], {"b": A}, ["a"], []),
        ([nic("a", A), nic("b", A, address="10.0.0.5")], [card(A)], {"b": A}, ["a"], []),
        ([nic("a", A), nic("b", A)], [card(A)], {"a": A}, ["b"], [ORDER]),
        ([nic("a", A), nic("b", A)], [card(A), card(B)], {"a": A, "b": B}, [], [ORDER]),
        # What a former run left behind tells less than an address that is configured.
        ([nic("a", A, seen=True), nic("b", address="10.0.0.5")], [card(A, "10.0.0.5")], {"b": A}, ["a"], []),
        ([nic("a", A, seen=True), nic("b")], [card(A)], {"a": A}, ["b"], []),
        ([nic("a", at_boot=False), nic("b", C, seen=True)], [card(A)], {"b": A}, ["a"], []),
        # More cards than NICs.
        ([nic("a")], [card(A), card(B)], {"a": A, "nic1": B}, [], [ORDER]),
        ([nic("a", B)], [card(A), card(B)], {"a": B, "nic0": A}, [], []),
        ([nic("a", address="10.0.0.5")], [card(A, "10.9.9.9"), card(B)], {"a": B, "nic0": A}, [], [ORDER]),
        # Cards with addresses of nobody's.
        ([nic("a", address="10.0.0.5")], [card(A, "10.9.9.9")], {"a": A}, [], [DIFFERS]),
        ([nic("a", address="10.0.0.5")], [card(A, "fe80::1", "2001:db8::1")], {"a": A}, [], []),
        ([nic("a", address="2001:db8::5")], [card(A, "fe80::1")], {"a": A}, [], []),
        ([nic("a")], [card(A, "10.9.9.9")], {"a": A}, [], []),
        (
            [nic("a", address="10.0.0.5"), nic("b")],
            [card(A, "10.9.9.9"), card(B)],
            {"a": B, "b": A},
            [],
            [ORDER, ORDER],
        ),
        # No cards, and cards of which no more than their number is known.
        ([nic("a", at_boot=False), nic("b")], [], {}, [], []),
        ([nic("a", at_boot=False), nic("b")], [card()], {}, ["a"], []),
    ],
)
def test_cards_find_their_nics(nics, interfaces, macs, left_over, codes):
    found, concerns = matching.matched(nics, identity.cards_of(cards(*interfaces)), {})
    assert {each.name or each.identifier: each.mac for each in found if each.mac} == macs
    assert [each.name for each in found if not each.on_source] == left_over
    assert [concern.code for concern in concerns] == codes


_MACS = st.none() | st.sampled_from([A, B, C])
_ADDRESSES = st.sampled_from([None, "10.0.0.5", "10.0.0.6"])


@given(
    st.lists(st.tuples(_MACS, _ADDRESSES, st.booleans(), st.booleans()), max_size=4),
    st.lists(st.tuples(_MACS, _ADDRESSES), max_size=4, unique_by=lambda entry: entry[0] or object()),
)
def test_each_card_is_one_nics_and_no_nic_is_lost(nics, interfaces):
    nics = [nic(f"eth{index}", *each) for index, each in enumerate(nics)]
    entries = [card(mac, *filter(None, [address])) for mac, address in interfaces]
    found, _concerns = matching.matched(nics, identity.cards_of(cards(*entries)), {})
    assert [each.name for each in found[: len(nics)]] == [each.name for each in nics]
    on_source = [each for each in found if each.on_source]
    assert len(on_source) == len(interfaces) or not interfaces
    macs = [each.mac for each in found]
    assert all(macs.count(entry["mac"]) == 1 for entry in entries if entry["mac"])


def test_nics_of_which_the_disk_says_the_same_cannot_be_distinguished():
    nics = [nic("eth0", A), nic("ens192", A), nic("ens224", B)]
    concern = identity.unknown_identity(nics)
    assert (concern.code, concern.severity) == ("nic-identity-unknown", "error")
    assert "its disks contain the same MAC address for eth0, ens192." in concern.message
    assert '{mac: "<MAC address of ens192>", addresses: []}, ' in concern.hint
    found, _concerns = matching.matched(nics, identity.cards_of(cards(card(A), card(B))), {})
    assert identity.unknown_identity(found) is None


def test_nics_that_were_seen_elsewhere_are_said_with_both_addresses():
    (concern,) = matching.matched(
        [nic("a", address="10.0.0.5")], identity.cards_of(cards(card(A, "10.9.9.10", "10.9.9.9"))), {}
    )[1]
    assert "was seen with 10.9.9.9, 10.9.9.10, and a is configured with 10.0.0.5/24." in concern.message


@pytest.mark.parametrize(
    "hardware, codes", [({}, ["nic-unknown"]), ({"interfaces": []}, []), (cards({"mac": A}), ["nic-not-configured"])]
)
def test_a_guest_that_configures_no_nic_gets_none_and_that_is_said(hardware, codes):
    """NetworkManager, if it is started, makes up a connection that has no file; an Ubuntu Desktop has just this one."""
    root = guest({"/etc/netplan/01.yaml": "network: {version: 2, renderer: NetworkManager}\n"}, hardware)
    findings = network.inspect(root)
    assert [concern.code for concern in findings.concerns] == codes
    assert len(findings.devices["network"]) == len(hardware.get("interfaces", []))
