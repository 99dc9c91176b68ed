# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A few of the kills of script/kills, which does many, and for more layouts."""

from __future__ import annotations

import random

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.disks.formats import probe
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.disks.kills import kill_many


@pytest.mark.parametrize("name", probe.SUPPORTED)
def test_a_conversion_that_is_killed_at_any_moment_is_finished_with_nothing_lost(tmp_path, name):
    seed = random.randrange(1 << 32)
    _line, wrong = kill_many(name, 3, seed, str(tmp_path))
    assert wrong == [], "script/kills --seed %d %s" % (seed, name)
