# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for any number of NICs, in each format: each setting and each card has an end, and the work is linear."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network import afterwards, configuration
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.assembly import nics_of
from tests.network_guests import case, generated
from tests.network_guests.invariants import addresses_of, without_an_end

# Kernel's, systemd's, VMware's and biosdevname's names, an administrator's, and some that look like software's.
NAMES = (
    "eth0",
    "eth1",
    "ens3",
    "ens192",
    "ens224",
    "enp1s0",
    "em1",
    "p1p1",
    "lan",
    "wan0",
    "office_2",
    "brick",
    "teaming",
)
SEEN_ELSEWHERE = "192.0.2.7"


def run(files, interfaces):
    made = {"files": files, "hardware": {"interfaces": interfaces}}
    outcome = case.run(made)
    assert outcome.error is None
    return outcome, made["hardware"]


@st.composite
def guests(draw):
    """({name: address or None}, hardware.interfaces): NICs and cards, in any order, and not as many of both."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6, unique=True))
    static = draw(st.lists(st.booleans(), min_size=len(names), max_size=len(names)))
    nics = {name: generated.address(256 + index) if static[index] else None for index, name in enumerate(names)}
    cards = []
    for index in draw(st.permutations(range(draw(st.integers(0, 7))))):
        hosts = list(nics.values())
        known = [hosts[index]] if index < len(hosts) and hosts[index] and draw(st.booleans()) else []
        elsewhere = [SEEN_ELSEWHERE] if not known and draw(st.booleans()) else []
        cards.append({"mac": generated.mac(index), "addresses": known + elsewhere})
    return nics, cards


@pytest.mark.parametrize("write", generated.FORMATS, ids=lambda write: write.__name__)
@given(guest=guests())
@settings(max_examples=40)
def test_each_setting_and_each_card_ends_at_a_nic_or_in_a_concern(write, guest):
    names, cards = guest
    outcome, hardware = run(write(names), cards)
    assert without_an_end(outcome, hardware) == []
    assert {name for name in names if name not in outcome.nics} == set()
    for name, host in names.items():
        assert addresses_of(outcome.nics[name]) == ({host} if host else set())


@pytest.mark.parametrize("write", generated.FORMATS, ids=lambda write: write.__name__)
@given(guest=guests())
@settings(max_examples=40)
def test_a_card_with_the_address_of_a_nic_is_that_nics(write, guest):
    names, cards = guest
    outcome, _hardware = run(write(names), cards)
    by_address = {host: name for name, host in names.items() if host}
    for card in cards:
        for host in card["addresses"]:
            if host in by_address:
                assert outcome.nics[by_address[host]]["mac"] == card["mac"]
    # No static NIC is bound to a card that was seen elsewhere, but for the only ones.
    if len(names) > 1 or len(cards) > 1:
        elsewhere = {card["mac"] for card in cards if SEEN_ELSEWHERE in card["addresses"]}
        assert {outcome.nics[name]["mac"] for name in by_address.values()}.isdisjoint(elsewhere)


@pytest.mark.parametrize("what", ["rename", "dhcp", "remove"])
@pytest.mark.parametrize("write", generated.FORMATS, ids=lambda write: write.__name__)
@given(names=st.lists(st.sampled_from(NAMES), min_size=2, max_size=5, unique=True), static=st.booleans())
@settings(max_examples=15)
def test_what_is_chosen_for_one_nic_is_so_afterwards_and_the_others_stay(write, what, names, static):
    nics = {name: generated.address(256 + index) if static or index else None for index, name in enumerate(names)}
    cards = [
        {"mac": generated.mac(index), "addresses": [host] if host else []} for index, host in enumerate(nics.values())
    ]
    chosen, *others = names
    policies = {"rename": {"policy": "rename", "name": "new0"}, "dhcp": {"policy": "dhcp"}}
    made = {"files": write(nics), "hardware": {"interfaces": cards}}
    made.update({"removed": [chosen]} if what == "remove" else {"settings": {chosen: policies[what]}})
    outcome = case.run(made)
    assert outcome.error is None
    again, _hardware = run(outcome.root.files, cards)
    for name in others:
        assert addresses_of(again.nics[name]) == {nics[name]}
    if what == "rename":
        assert addresses_of(again.nics["new0"]) == ({nics[chosen]} if nics[chosen] else set())
    elif what == "dhcp":
        assert (again.nics[chosen]["addresses"], again.nics[chosen]["method"]) == ([], "dhcp")
    assert (chosen in again.nics) == (what == "dhcp")


@st.composite
def statics(draw):
    """What `policy: static` takes: some addresses of either family or both, perhaps with gateways and name servers."""
    families = draw(st.sampled_from([(4,), (6,), (4, 6)]))
    hosts = draw(st.lists(st.integers(10, 250), min_size=1, max_size=3, unique=True))
    addresses, gateways, servers = [], [], []
    for family in families:
        pattern = "10.1.2.{}/24" if family == 4 else "2001:db8::{:x}/64"
        addresses += [pattern.format(host) for host in hosts]
        if draw(st.booleans()):
            gateways.append("10.1.2.1" if family == 4 else draw(st.sampled_from(["fe80::1", "2001:db8::1"])))
        if draw(st.booleans()):
            servers.append("192.0.2.53" if family == 4 else "2001:db8:53::53")
    chosen = {"policy": "static", "addresses": addresses}
    chosen.update({"gateway": gateways} if gateways else {})
    chosen.update({"dns": servers} if servers else {})
    return chosen


@pytest.mark.parametrize("write", generated.FORMATS, ids=lambda write: write.__name__)
@given(names=st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True), data=st.data(), chosen=statics())
@settings(max_examples=25)
def test_a_nic_has_the_static_addresses_that_were_chosen_and_nothing_else_changes(write, names, data, chosen):
    nics = {
        name: generated.address(256 + index) if data.draw(st.booleans()) else None for index, name in enumerate(names)
    }
    cards = [
        {"mac": generated.mac(index), "addresses": [host] if host else []} for index, host in enumerate(nics.values())
    ]
    files = {**write(nics), "/etc/resolv.conf": "search example.com\nnameserver 10.0.2.3\n", "/etc/motd": "hello\n"}
    made = {"files": files, "hardware": {"interfaces": cards}, "settings": {names[0]: chosen}}
    outcome = case.run(made)
    assert outcome.error is None
    (nic,) = [nic for nic in nics_of(configuration.read(outcome.root).settings) if nic.name == names[0]]
    assert set(nic.addresses) == set(chosen["addresses"])
    assert set(nic.gateways) == set(chosen.get("gateway", ()))
    # Of IPv4 the DHCP stays where all addresses are of IPv6.
    assert nic.method == "static" or not any("." in address for address in chosen["addresses"])
    if "dns" in chosen:
        assert set(afterwards.name_servers(outcome.root, nic)) == set(chosen["dns"])
    found = outcome.hardware[names[0]]
    assert set(found["addresses"]) == set(chosen["addresses"])
    again = case.run({**made, "files": outcome.root.files})
    assert again.error is None
    assert again.root.files == outcome.root.files
    others = {name: (facts["addresses"], facts["method"]) for name, facts in again.nics.items() if name != names[0]}
    assert {name: method for name, (_addresses, method) in others.items()} == {
        name: "static" if nics[name] else "dhcp" for name in names[1:]
    }
    assert all(found == [f"{nics[name]}/8"] for name, (found, _method) in others.items() if nics[name])
    assert outcome.root.files["/etc/motd"] == files["/etc/motd"]


def calls(function):
    """How many functions are called."""
    count = 0

    def note(_frame, event, _argument):
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(before)
    return count


def many(write, count, rules=False):
    """A guest with so many NICs, and cards: every other of them was seen with an address."""
    names = {f"ens{index}": generated.address(256 + index) for index in range(count)}
    cards = [
        {"mac": generated.mac(index), "addresses": [generated.address(256 + index)] if index % 2 else []}
        for index in range(count)
    ]
    files = write(names)
    if rules:
        files["/etc/udev/rules.d/70-persistent-net.rules"] = "".join(
            f'SUBSYSTEM=="net", DRIVERS=="?*", ATTR{{address}}=="{generated.mac(index)}", NAME="ens{index}"\n'
            for index in range(count)
        )
        for index in range(count):
            files[f"/etc/systemd/network/{index}.link"] = (
                f"[Match]\nMACAddress={generated.mac(index)}\n[Link]\nName=x{index}\n"
            )
    return lambda: run(files, cards)


@pytest.mark.parametrize("rules", [False, True], ids=["", "with rules and links"])
@pytest.mark.parametrize("write", [*generated.FORMATS, generated.globs], ids=lambda write: write.__name__)
def test_twice_the_nics_are_little_more_than_twice_the_work(write, rules, monkeypatch):
    monkeypatch.setattr(case, "FakeRoot", _Indexed)
    many(write, 5, rules)()
    few, more = (calls(many(write, count, rules)) for count in (60, 120))
    assert more < 2.5 * few


class _Indexed(case.FakeRoot):
    """A stand-in whose own work does not grow with the number of files, so that it is not counted."""

    def list(self, directory):
        before = sys.getprofile()
        sys.setprofile(None)
        try:
            return super().list(directory)
        finally:
            sys.setprofile(before)

    def glob(self, *patterns):
        before = sys.getprofile()
        sys.setprofile(None)
        try:
            return super().glob(*patterns)
        finally:
            sys.setprofile(before)

    def files_with(self, expression, *directories):
        before = sys.getprofile()
        sys.setprofile(None)
        try:
            return super().files_with(expression, *directories)
        finally:
            sys.setprofile(before)
