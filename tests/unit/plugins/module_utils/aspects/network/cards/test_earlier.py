# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests whose network cards get each other's MAC addresses, converted twice."""

from __future__ import annotations

import pytest

from tests.network_guests import case

A, B, C = "00:50:56:aa:00:01", "00:50:56:aa:00:02", "00:50:56:aa:00:03"
CARDS = [{"mac": A, "addresses": ["10.0.2.15"]}, {"mac": B, "addresses": ["10.0.3.15"]}]
EXCHANGED = [{"from": A, "mac": B}, {"from": B, "mac": A}]
MOVED_UP = [{"from": A, "mac": B}, {"from": B, "mac": C}]


def guest(cards, targets):
    files = {
        f"/etc/systemd/network/{number}.network": f"[Match]\nMACAddress={mac}\n[Network]\nAddress=10.0.{number}.15/24\n"
        for number, mac in ((2, A), (3, B))
    }
    return {"files": files, "hardware": {"interfaces": cards, "target_interfaces": targets}}


def converted(loaded):
    outcome = case.run(loaded)
    assert outcome.error is None
    files = {path: text for path, text in outcome.root.files.items() if path.startswith("/etc/systemd/network/")}
    return outcome, {**loaded, "files": files}


@pytest.mark.parametrize("targets, expected", [(EXCHANGED, (B, A)), (MOVED_UP, (B, C))])
def test_the_second_conversion_does_not_undo_the_first(targets, expected):
    _first, once = converted(guest(CARDS, targets))
    for number, mac in zip((2, 3), expected):
        assert f"MACAddress={mac}" in once["files"][f"/etc/systemd/network/{number}.network"]
    second, twice = converted(once)
    assert twice["files"] == once["files"]
    assert "mac-exchange-uncertain" not in {each.code for each in second.concerns}
    by_address = {tuple(each["addresses"]): each["mac"] for each in second.hardware.values()}
    assert by_address == {("10.0.2.15/24",): expected[0], ("10.0.3.15/24",): expected[1]}


def test_a_chain_of_addresses_is_certain_without_ip_addresses():
    cards = [{"mac": A}, {"mac": B}]
    _first, once = converted(guest(cards, MOVED_UP))
    assert converted(once)[1]["files"] == once["files"]


def test_an_address_that_stays_is_not_that_of_another_card():
    cards, stay = [{"mac": A}, {"mac": B}], [{"from": A, "mac": A}, {"from": B, "mac": B}]
    first, once = converted(guest(cards, stay))
    assert "mac-exchange-uncertain" not in {each.code for each in first.concerns}
    assert once["files"] == guest(cards, stay)["files"]


def test_what_cannot_be_known_is_said():
    outcome, _files = converted(guest([{"mac": A}, {"mac": B}], EXCHANGED))
    assert [each.severity for each in outcome.concerns if each.code == "mac-exchange-uncertain"] == ["warning"]
    assert A in next(each.message for each in outcome.concerns if each.code == "mac-exchange-uncertain")
