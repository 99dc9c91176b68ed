# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which entry a name means."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders.grub2.script.menu import (
    Item,
    Menu,
    entry_number,
    rest_of,
)

ITEMS = [Item("Linux", "l"), Item("6.1 kernel", "1a"), Item("a>b", "c"), Item("Old", "o")]


@pytest.mark.parametrize(
    "name, number",
    [
        ("0", 0),
        ("3>1", 3),
        ("0x2", 2),
        ("03", 3),
        ("Linux", 0),
        ("o", 3),
        ("o>x", 3),
        ("a>>b", 2),
        ("a>b", -1),
        ("Linux ", -1),
        ("", -1),
        ("99999999999999999999", -1),
        # What begins with a number is one.
        ("6.1 kernel", 6),
        ("1a", 1),
    ],
)
def test_a_name_is_a_number_a_title_or_an_id(name, number):
    assert entry_number(ITEMS, name, ids_first=False) == number


@pytest.mark.parametrize("name, number", [("6.1 kernel", 1), ("1a", 1), ("2", 2), ("2>0", -1), ("2x", -1), ("l>0", 0)])
def test_red_hats_grub_looks_for_titles_and_ids_first(name, number):
    assert entry_number(ITEMS, name, ids_first=True) == number


@pytest.mark.parametrize("path, rest", [("1>2>3", "2>3"), ("a>>b>c", "c"), ("a>>b", None), ("a>", None), ("a", None)])
def test_what_is_left_for_a_submenu(path, rest):
    assert rest_of(path) == rest


def test_a_menu_that_has_no_such_entry_starts_the_first():
    assert Menu(ITEMS, "none").started() is ITEMS[0]
    assert Menu([], "0").started() is None
