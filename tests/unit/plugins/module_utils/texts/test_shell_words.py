# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a line, as the shell has them."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virttools.guestconv.plugins.module_utils.texts import shell_words


@pytest.mark.parametrize(
    "line, words",
    [
        ("", []),
        ("  \t\r\n", []),
        ("linux /vmlinuz root=UUID=1 ro", ["linux", "/vmlinuz", "root=UUID=1", "ro"]),
        ("menuentry 'Debian GNU/Linux' --class debian {", ["menuentry", "Debian GNU/Linux", "--class", "debian", "{"]),
        ('set root="hd0,msdos1" # the disk', ["set", "root=hd0,msdos1"]),
        ("a#b 'c#d' # e", ["a#b", "c#d"]),
        ("#a", []),
        (r"a\ b\'c", ["a b'c"]),
        (r'"a \"b\" \d"', [r'a "b" \d']),
        ("'a'\"b\"c ''", ["abc", ""]),
        (r"$'it\'s'", ["it's"]),
        ("$HOME `date`", ["$HOME", "`date`"]),
        # What ends on another line.
        ("a 'b c", ["a", "'b", "c"]),
        ('a "b c', ["a", '"b', "c"]),
        ("a b\\", ["a", "b\\"]),
        ("\xa0 a", ["\xa0", "a"]),
    ],
)
def test_a_line_has_the_shells_words(line, words):
    assert shell_words.split(line) == words


def test_no_more_of_a_line_is_read_than_a_kernel_would():
    assert shell_words.split("a" * 20_000) == ["a" * 16 * 1024]


@given(st.lists(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20), max_size=9))
def test_words_that_were_quoted_come_back(words):
    assert shell_words.split(shlex.join(words)) == words
