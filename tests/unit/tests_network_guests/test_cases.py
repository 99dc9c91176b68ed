# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every network that is written as a case: the project's own, and those of a folder next to it, where that is there."""

from __future__ import annotations

import pytest

from tests.conftest import ROOT
from tests.network_guests import case
from tests.network_guests.invariants import without_an_end

CASES = ROOT / "tests" / "network_guests" / "cases"
OWN = sorted(CASES.glob("*.yaml"))
SHARED = sorted((ROOT.parent / "shared" / "cases" / "network").glob("*.yaml"))


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_what_the_case_expects_is_so(path):
    loaded = case.load(path)
    outcome = case.run(loaded)
    assert not case.broken(outcome, loaded["expect"])
    assert not without_an_end(outcome, loaded.get("hardware"))


@pytest.mark.parametrize("path", SHARED, ids=lambda path: path.stem)
def test_what_our_case_of_that_name_expects_is_so_of_the_shared_one(path):
    """They say in prose what is right; our cases of the same names say it for machines."""
    loaded = case.load(path)
    outcome = case.run(loaded)
    assert not without_an_end(outcome, loaded.get("hardware"))
    own = CASES / path.name
    if own.exists():
        assert not case.broken(outcome, case.load(own)["expect"])


def exchanges_macs(path):
    """Whether cards get each other's MAC addresses: no file says whether that was done."""
    given = (case.load(path).get("hardware") or {}).get("target_interfaces") or []
    return bool({each["from"] for each in given} & {each["mac"] for each in given})


@pytest.mark.parametrize("path", [path for path in OWN if not exchanges_macs(path)], ids=lambda path: path.stem)
def test_a_second_conversion_changes_nothing(path):
    loaded = case.load(path)
    first = case.run(loaded)
    if first.error:
        # What is refused is not converted at all.
        assert first.error.code == loaded["expect"]["error"]
        return
    # Names and MAC addresses are new ones now; addresses are asked for once more where the card is known as before.
    wanted = {
        name: settings
        for name, settings in (loaded.get("settings") or {}).items()
        if settings.get("policy") in ("static", "dhcp") and name in first.hardware
    }
    again = {**loaded, "files": dict(first.root.files), "removed": []}
    for settings in ({}, wanted):
        second = case.run({**again, "settings": settings})
        assert second.error is None
        assert second.root.files == first.root.files
