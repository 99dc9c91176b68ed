# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contract of the door, on the real one: what the stand-in of unit tests is held to as well."""

from __future__ import annotations

import posixpath

import pytest

from ansible_collections.virttools.guestconv.tests import hives

pytest.register_assert_rewrite(
    "ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.door_contract"
)

from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.door_contract import Contract  # noqa: E402 - it is rewritten first


class TestRealDoor(Contract):
    """The contract, on a mounted root."""

    @pytest.fixture(autouse=True)
    def _in_the_appliance(self, appliance, make_root):
        def door(files, links):
            root = make_root(files)
            for path, target in links.items():
                appliance.mkdir_p(posixpath.dirname(path))
                appliance.ln_s(target, path)
            return root

        self.door = door

    hive_file = staticmethod(hives.real)
