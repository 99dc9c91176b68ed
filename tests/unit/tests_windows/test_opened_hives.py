# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How often hives are opened and written: each time takes seconds where the appliance is emulated."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import host_hivex
from tests.text_guests import case
from tests.text_guests.lab import Lab

CASES = Path(__file__).parents[2] / "text_guests" / "cases"
SYSTEM, SOFTWARE, DRIVERS, BCD = "SYSTEM", "SOFTWARE", "DRIVERS", "BCD"

# What finds the system, and the inspection, read them.
FOUND = [SYSTEM, SOFTWARE, SOFTWARE, SYSTEM, SOFTWARE, BCD, SYSTEM]


@pytest.fixture
def counted(monkeypatch, tmp_path):
    """Convert a case: (hives in the order in which they were opened to be read, to be altered, and were written)."""
    read, altered, written = [], [], []
    opens, commits = host_hivex.Hivex._do_hivex_open, host_hivex.Hivex._do_hivex_commit

    def opened(self, path, write):
        (altered if write else read).append(path.rpartition("/")[2])
        opens(self, path, write)

    def committed(self, path):
        written.append(self._hive_path.rpartition("/")[2])
        commits(self, path)

    monkeypatch.setattr(host_hivex.Hivex, "_do_hivex_open", opened)
    monkeypatch.setattr(host_hivex.Hivex, "_do_hivex_commit", committed)

    def run(name):
        outcome = Lab(case.read(CASES / f"{name}.txt"), tmp_path / "lab").run()
        assert outcome.is_converted, outcome.said
        return read, altered, written

    return run


def test_a_hive_is_opened_once_until_another_is_asked_for(counted):
    read, altered, written = counted("windows-virtio")
    assert read == [*FOUND, DRIVERS, SYSTEM]
    assert altered == [SYSTEM, SOFTWARE, SYSTEM]
    # The aspects storage, drivers, hypervisor_tools and first_boot.
    assert written == [SYSTEM, SOFTWARE, SYSTEM, SYSTEM]


def test_the_volume_of_the_boot_manager_is_looked_into_before_the_hives_are_needed_for_long(counted):
    read, altered, written = counted("windows-2022-uefi")
    assert read == FOUND
    assert altered == [BCD, SYSTEM] and written == [BCD, SYSTEM]
