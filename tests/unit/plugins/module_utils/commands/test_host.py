# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.commands import host
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError

GIB = 1 << 30


@pytest.mark.parametrize(
    "cores, gib, per_core, each, expected",
    [(2, 24, 1, 1.5, 2), (16, 24, 1, 1.5, 16), (16, 12, 1, 1.5, 8), (16, 64, 0.5, 1.5, 8), (1, 1, 1, 1.5, 1)],
)
def test_slots_are_what_processors_and_memory_have_room_for(cores, gib, per_core, each, expected):
    assert host.slots(cores, gib * GIB, per_core, each) == expected


def checked(monkeypatch, **options):
    monkeypatch.setattr(host.accelerator, "choose", lambda requested: ("tcg", "It is emulated."))
    warnings = []
    params = {"free": 0, "slots_per_core": 1.0, "gib_per_slot": 1.5, "slot_directory": "/run/lock/guestconv", **options}
    return host.check(SimpleNamespace(params=params, warn=warnings.append)), warnings


def test_a_machine_that_can_says_how(monkeypatch, tmp_path):
    result, warnings = checked(monkeypatch, images=str(tmp_path))
    assert (result["changed"], result["accelerator"], warnings) == (False, "tcg", ["It is emulated."])
    assert result["emulated_because"] == "It is emulated."
    assert result["libguestfs"].count(".") == 2 and result["free"] >= 0
    assert result["slots"]["count"] >= 1 and result["slots"]["directory"] == "/run/lock/guestconv"


@pytest.mark.parametrize(
    "images, free, code", [("/nowhere/at/all", 0, "images-not-usable"), (None, 1 << 40, "images-full")]
)
def test_a_machine_that_cannot_says_why(monkeypatch, tmp_path, images, free, code):
    with pytest.raises(GuestconvError) as caught:
        checked(monkeypatch, images=images or str(tmp_path), free=free)
    assert (caught.value.code, caught.value.path) == (code, "images")
    assert caught.value.hint
