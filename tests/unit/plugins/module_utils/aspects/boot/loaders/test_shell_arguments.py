# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of shell files that hold the kernel's arguments: edited where the shell gives them as they are written."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders import shell_arguments


def edit(value):
    return " ".join([*value.replace("/dev/sda1", "UUID=1").split(), "x"])


@pytest.mark.parametrize(
    "before, after",
    [
        ('A="root=/dev/sda1 ro"', 'A="root=UUID=1 ro x"'),
        ("A='ro'", "A='ro x'"),
        ("A=", "A=x"),
        ("A=ro", 'A="ro x"'),
        ('A=""\nA="b" # why', 'A="x"\nA="b x" # why'),
        ("B=ro\n# A=ro", "B=ro\n# A=ro"),
        ('A="ro $MORE"', 'A="ro $MORE x"'),
        (r"A=a\ b", r"A=a\ b"),
        ("A='a'\"b\"", "A='a'\"b\""),
    ],
)
def test_a_setting_is_edited_within_its_quotes(before, after):
    assert shell_arguments.edited(before + "\n", {"A": edit}) == after + "\n"


def test_a_piece_of_shell_that_would_go_stays():
    text = 'A="$(cat /proc/cmdline) ro"\n'
    assert shell_arguments.edited(text, {"A": lambda value: "ro"}) == text


def test_what_needs_no_change_keeps_every_byte():
    text = "A='a  b'\nB=c\n\xff"
    assert shell_arguments.edited(text, {"A": str, "B": str}) == text
