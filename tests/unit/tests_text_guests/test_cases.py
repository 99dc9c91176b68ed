# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every guest that is written as a text file: the project's own, and those of a folder next to it, where that is there."""

from __future__ import annotations

import pytest

from tests.conftest import ROOT
from tests.text_guests import run

OWN = sorted((ROOT / "tests" / "text_guests" / "cases").glob("*.txt"))
SHARED = sorted((ROOT.parent / "shared" / "cases" / "boot" / "cases").glob("*.txt"))

# Those of the shared cases that are not right yet. One that becomes right must be taken out.
NOT_YET: frozenset[str] = frozenset()


def described(verdict):
    """What is wrong, for the one who reads of a test that failed."""
    outcome = verdict.outcome
    return [each.text for each in verdict.broken], outcome.summary, outcome.said, outcome.crash


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_what_the_case_expects_is_so(path):
    verdict = run.try_case(path)
    assert not verdict.broken, described(verdict)


@pytest.mark.parametrize("path", SHARED, ids=lambda path: path.stem)
def test_what_the_shared_case_expects_is_so_unless_it_is_known_not_to_be(path):
    verdict = run.try_case(path)
    is_right = not verdict.broken
    assert is_right == (path.stem not in NOT_YET), described(verdict) if not is_right else "take it out of NOT_YET"


@pytest.mark.skipif(not SHARED, reason="the shared cases are not next to this clone")
def test_each_case_that_is_known_to_be_wrong_is_there():
    assert {path.stem for path in SHARED} >= NOT_YET
