# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said to a user has the same order each time, so that two runs can be compared."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOKS = sorted(
    path for folder in ("playbooks", "roles") for path in (ROOT / folder).rglob("*") if path.suffix in (".yml", ".j2")
)


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_filter_of_sets_gives_a_list_another_order_each_time(path):
    # Ansible makes sets of what these filters are given: https://docs.ansible.com/ (filters of set theory).
    assert (
        re.findall(
            r"\|\s*(?:ansible\.builtin\.)?(?:difference|intersect|symmetric_difference|union)\b", path.read_text()
        )
        == []
    )
