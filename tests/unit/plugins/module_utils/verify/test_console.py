# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import io

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.verify import console as console_module
from ansible_collections.virttools.guestconv.plugins.module_utils.verify.console import Console


def console(text):
    made = Console()
    made.feed(text.encode())
    return made


@pytest.mark.parametrize(
    "raw, lines",
    [
        ("one\r\ntwo\r\r\n\r\n  \nthree", ["one", "two", "three"]),
        ("\x1b[0;32m  OK  \x1b[0m] Started \x1b[0;1;39mssh\x1b[0m.", ["  OK  ] Started ssh."]),
        ("\x1b]0;root@web01\x07# \x1b(B\x1b[m\x1bcdone\x00\x08", ["# done"]),
        ("first\r\x1b[Ksecond", ["first", "second"]),
        ("GNU GRUB\x1b[5;1Hgrub> ", ["GNU GRUB", "grub>"]),
        ("\N{BULLET} caf\N{LATIN SMALL LETTER E WITH ACUTE}", ["\N{BULLET} caf\N{LATIN SMALL LETTER E WITH ACUTE}"]),
    ],
)
def test_lines_are_free_of_control_sequences(raw, lines):
    assert console(raw).lines(40) == lines


def test_a_sequence_that_comes_in_two_parts_is_still_one():
    made = Console()
    made.feed(b"a\x1b[0;3")
    made.feed(b"2mb")
    assert made.lines(1) == ["ab"]


def test_carriage_returns_in_a_row_end_one_line():
    assert console("a\r\r\r\nb\r\rc\n\nd").text() == "a\nb\nc\n\nd"


def test_the_last_lines_are_given():
    assert console("\n".join(str(number) for number in range(100))).lines(2) == ["98", "99"]


def test_a_guest_that_writes_for_ever_fills_neither_memory_nor_disk(monkeypatch):
    monkeypatch.setattr(console_module, "_KEPT", 100)
    monkeypatch.setattr(console_module, "_LONGEST_LOG", 150)
    log = io.BytesIO()
    made = Console(log)
    for _count in range(20):
        made.feed(b"0123456789" * 2)
    assert len(made.text()) == 100
    assert len(log.getvalue()) == 150


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Debian GNU/Linux 12 web01 ttyS0\r\n\r\nweb01 login: ", True),
        ("\x1b[H\x1b[Jlocalhost login: ", True),
        ("(none) login:", True),
        ("SeaBIOS guestconv: All steps are done\r\n", True),
        ("guestconv: Some steps are left for the next boot\r\n", True),
        ("guestconv: Boot 1 of at most 5\r\n", False),
        ("[  OK  ] Started systemd-logind.service - User Login Management.\n", False),
        ("[    5.1] systemd[1]: failed login: nobody\n", False),
    ],
)
def test_a_login_prompt_is_told_from_messages_about_logins(text, expected):
    assert console(text).asks_for_login() is expected
