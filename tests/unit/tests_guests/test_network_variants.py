# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guests that differ by their network: what is expected of each when it is booted, seen in its files alone."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import network
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot, menu
from tests.guests.network_variants import ALONE, VARIANTS

LIBRARY = {"/usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-252.so": ""}


@pytest.mark.parametrize("name", VARIANTS)
def test_the_files_of_a_variant_are_what_its_row_says_of_them(name):
    variant = VARIANTS[name]
    drivers = {"ens192": "e1000"} if name == ALONE else variant.drivers
    boot_menu = menu("")
    root = FakeRoot({**LIBRARY, **variant.files}, boot_menu=boot_menu, hardware=variant.hardware)
    findings = network.inspect(root)
    assert findings.devices["network"].keys() == drivers.keys()
    assert [concern for concern in findings.concerns if concern.severity == "error"] == []
    conversion = Plan(
        root.guest.target, Selection({"network": drivers}, {"network": []}, {"network": variant.settings})
    )
    network.convert(root, conversion)
    assert {path for path, text in variant.files.items() if root.files[path] != text} == set(variant.edited)
    cards = conversion.hardware.interfaces
    assert {card["driver"] for card in cards} == set(drivers.values())
    assert "10.0.2.15/24" in [address for card in cards for address in card["addresses"]]
