# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which control set is the one of the next start."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.windows import release
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot


@pytest.mark.parametrize(
    "select, used",
    [
        ({"Current": 1}, "ControlSet001"),
        ({"Current": 1, "Default": 1, "LastKnownGood": 2}, "ControlSet001"),
        ({"Current": 1, "Default": 2, "LastKnownGood": 1}, "ControlSet002"),
        ({"Current": 2, "Default": 3}, "ControlSet002"),
        ({"Current": 2, "Default": 0}, "ControlSet002"),
        ({"Current": 4, "Default": 3}, None),
        ({}, None),
    ],
)
def test_the_control_set_is_the_one_that_the_boot_loader_takes(select, used):
    values = "".join(f'"{name}"=dword:{number:08x}\n' for name, number in select.items())
    root = FakeRoot({}, hives={"SYSTEM": f"[Select]\n{values}[ControlSet001]\n[ControlSet002]\n"})
    found = release.controlled(root, "")
    assert (found.name if found else None) == used
