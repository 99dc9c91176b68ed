# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts of the oracle that guests written as text files prove."""

from __future__ import annotations

import pytest

from tests.text_guests import run
from tests.unit.tests_text_guests.test_cases import OWN, described


def prove(name):
    """That all is so that the case of this name expects, and that it expects something."""
    (path,) = [each for each in OWN if each.stem == name]
    verdict = run.try_case(path)
    assert verdict.outcome.is_converted and not verdict.broken, described(verdict)


def test_oracle_01_a_system_of_rpm_by_kernel_names_is_named_by_filesystem():
    prove("oracle-01-el")


def test_oracle_02_a_suse_whose_buses_are_not_known_is_named_by_filesystem_or_the_line_is_named():
    prove("oracle-02-suse")


def test_oracle_14_15_tools_are_removed_disabled_or_kept_by_policy_and_reported():
    prove("oracle-15-tools")


@pytest.mark.parametrize("name", ("selinux-debian", "selinux-el9"))
def test_oracle_18_what_is_written_has_the_label_of_the_policy_and_nothing_is_relabelled(name):
    prove(name)
