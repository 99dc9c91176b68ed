# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What SYSLINUX starts when nobody is at the keyboard."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders.extlinux import config as configs
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders.extlinux.choice import (
    choose,
    stored,
)

LABELS = "LABEL one\nLINUX k1\nLABEL two\nLINUX k2\nLABEL three\nLINUX k3\n"


def chosen(text, values=None, **files):
    def read(names):
        found = [configs.File(name, files[name]) for name in names if name in files]
        return configs.parse(found, lambda name: None) if found else None

    choice = choose(configs.parse([configs.File("main", text)], lambda name: None), read, values or {})
    return choice.label.name if choice.label else choice.what


@pytest.mark.parametrize(
    "text, expected",
    [
        ("DEFAULT two\n" + LABELS, "two"),
        ("DEFAULT two\nDEFAULT three\n" + LABELS, "three"),
        ("DEFAULT two quiet\n" + LABELS, "two"),
        ("DEFAULT TWO\n" + LABELS, "TWO"),
        ("DEFAULT /vmlinuz root=/dev/sda1\n" + LABELS, "/vmlinuz root=/dev/sda1"),
        ("DEFAULT two\nONTIMEOUT three\nTIMEOUT 50\n" + LABELS, "two"),
        ("DEFAULT two\nPROMPT 1\nONTIMEOUT three\nTIMEOUT 50\n" + LABELS, "three"),
        ("DEFAULT two\nPROMPT 1\nONTIMEOUT three\nTOTALTIMEOUT 50\nTIMEOUT 0\n" + LABELS, "three"),
        ("DEFAULT two\nPROMPT 1\nONTIMEOUT three\nTIMEOUT 0\n" + LABELS, "two"),
        (LABELS, "nothing (it has no DEFAULT)"),
        (LABELS + "LABEL linux\nLINUX k\n", "nothing (it has no DEFAULT)"),
    ],
)
def test_oracle_11_the_default_is_what_is_started_at_the_prompt(text, expected):
    assert chosen(text) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("UI menu.c32\n" + LABELS, "one"),
        ("DEFAULT menu.c32\n" + LABELS, "one"),
        ("DEFAULT vesamenu.c32\nMENU DEFAULT\n" + LABELS + "MENU DEFAULT\n", "three"),
        ("UI menu.c32\nDEFAULT two\n" + LABELS + "MENU DEFAULT\n", "two"),
        ("DEFAULT two\nUI menu.c32\n" + LABELS, "two"),
        ("UI menu.c32\nONTIMEOUT two\nTIMEOUT 50\n" + LABELS, "two"),
        ("UI menu.c32\nONTIMEOUT two\n" + LABELS, "one"),
        ("UI menu.c32\nLABEL off\nMENU DISABLE\nMENU SEPARATOR\n" + LABELS, "one"),
        ("UI menu.c32\nDEFAULT hide\nLABEL hide\nMENU HIDE\n" + LABELS, "one"),
        ("UI menu.c32\nMENU BEGIN m\n" + LABELS + "MENU DEFAULT\nMENU END\n", "three"),
        ("UI menu.c32\nLABEL to\nMENU GOTO m\nMENU BEGIN m\n" + LABELS + "MENU END\n", "one"),
        ("UI menu.c32\nLABEL to\nMENU GOTO x\n" + LABELS, "the menu x"),
        ("UI menu.c32\nLABEL to\nMENU QUIT\n" + LABELS, "its prompt"),
        ("UI menu.c32\n", "nothing (the menu is empty)"),
        ("DEFAULT ui\nLABEL ui\nCOM32 menu\nMENU HIDE\n" + LABELS.replace("k2", "k2\nMENU DEFAULT"), "two"),
        ("UI menu.c32 ~\n" + LABELS, "one"),
        ("UI menu.c32 gone\n" + LABELS, "menu.c32 gone"),
        ("UI gfxboot.c32 bootlogo\n" + LABELS, "gfxboot.c32 bootlogo"),
    ],
)
def test_oracle_11_the_default_is_what_is_preset_in_the_menu(text, expected):
    assert chosen(text) == expected


def test_a_menu_of_another_file_and_another_configuration_are_followed():
    other = "DEFAULT b\nLABEL a\nLINUX k\nLABEL b\nLINUX k\n"
    assert chosen("UI menu.c32 other\n" + LABELS, other=other) == "b"
    assert chosen("DEFAULT go\nLABEL go\nCONFIG other\n" + LABELS, other=other) == "b"
    assert chosen("DEFAULT go\nLABEL go\nCONFIG other\n" + LABELS) == "go"


@pytest.mark.parametrize(
    "text",
    [
        "DEFAULT a\nLABEL a\nCOM32 menu.c32\n",
        "DEFAULT a\nLABEL a\nCONFIG main\n",
        "UI menu.c32\nMENU BEGIN m\nLABEL a\nMENU EXIT\nMENU END\n",
        "UI menu.c32\nMENU BEGIN .top\nLABEL a\nMENU GOTO .top\nMENU END\n",
        "UI menu.c32\nONTIMEOUT menu.c32\nTIMEOUT 1\n",
    ],
)
def test_what_leads_round_comes_to_an_end(text):
    assert chosen(text, main=text) is not None


def test_what_is_stored_in_ldlinux_sys_counts():
    text = "UI menu.c32\n" + LABELS
    assert chosen("MENU SAVE\n" + text, {2: "three"}) == "three"
    assert chosen(text, {2: "three"}) == "one"
    assert chosen("MENU SAVE\n" + text, {2: "gone"}) == "one"
    assert chosen("DEFAULT one\n" + LABELS, {1: "two single"}) == "two"


def adv(values):
    """As extlinux --once and --menu-save write it."""
    data = b"".join(bytes((number, len(text))) + text.encode() for number, text in values.items())
    return b"\xa5\x2f\x2d\x5a" + bytes(4) + data.ljust(500, b"\0") + b"\x64\xbf\x28\xdd"


def test_what_is_stored_is_read():
    assert stored(adv({1: "linux single", 2: "lts"}) * 2) == {1: "linux single", 2: "lts"}
    assert stored(bytes(512) + adv({2: "a"})) == {2: "a"}
    assert stored(b"") == stored(bytes(1024)) == stored(adv({})) == {}
    assert stored(adv({1: "x" * 255}).replace(b"\0", b"\xff")) != {}
