# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of shell assignments: what the shell would make of them, and edits that leave the rest as it is."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.texts import assignments


@pytest.mark.parametrize(
    "written, value",
    [
        ("a", "a"),
        ("'a b'", "a b"),
        ('"a b"', "a b"),
        (r'"a \"b\" \$c \d"', r'a "b" $c \d'),
        (r"a\ b", "a b"),
        ("'a'\"b\"c", "abc"),
        (r"$'it\'s'", "it's"),
        ("", ""),
        ("a # comment", "a"),
        ("a#b", "a#b"),
        ("$HOME", "$HOME"),
        ("'a\nb'", "a\nb"),
        ("a; B=2", "a"),
    ],
)
def test_the_shells_quotings_are_understood(written, value):
    assert assignments.values(f"# A=0\n  export A={written}\nC=3\n")["A"] == value
    assert assignments.values(f"A={written}\nC=3\n")["C"] == "3"


def test_comments_assign_nothing():
    assert assignments.values("# A=1; A=2\nB=1 # C=1; C=2\nD=1; E=2\n") == {"B": "1", "D": "1", "E": "2"}


@pytest.mark.parametrize("text", ["A='", 'A="', "A=$'", "A=\\", "=", "A", "1A=2", "A =2", "if [ A=1 ]; then"])
def test_what_is_no_assignment_does_no_harm(text):
    assert set(assignments.values(text)) <= {"A"}


@pytest.mark.parametrize(
    "written, quote, within",
    [
        ("a", "", "a"),
        ("'a b'", "'", "a b"),
        ('"a b"', '"', "a b"),
        ("", "", ""),
        ('"', "", '"'),
        ("'a'\"b\"", "", "'a'\"b\""),
        ("'a''b'", "", "'a''b'"),
        (r'"a\"', "", r'"a\"'),
        (r'"a\""', '"', r"a\""),
    ],
)
def test_the_quote_that_a_whole_value_stands_in_is_told(written, quote, within):
    assert assignments.quoting(written) == (quote, within)


@pytest.mark.parametrize(
    "text, after",
    [
        ("", "A=1\n"),
        ("B=2", "B=2\nA=1\n"),
        ("A=0;B=2", "A=1;B=2"),
        ("B=2\\", "B=2\\\\\nA=1\n"),
        ("B=2\\\\", "B=2\\\\\nA=1\n"),
    ],
)
def test_a_value_is_set_where_it_is_or_at_the_end(text, after):
    assert assignments.with_value(text, "A", "1") == after


@pytest.mark.parametrize(
    "text, longer",
    [
        ("", "A=1\n"),
        ("B=2", "B=2\nA=1\n"),
        ("B=2\\\n", "B=2\\\n\nA=1\n"),  # the line goes on
        ("B=2\\", "B=2\\\\\nA=1\n"),  # at the end of a file, a backslash is one
        ("B=2\\\\", "B=2\\\\\nA=1\n"),
    ],
)
def test_a_line_that_is_added_changes_nothing_before_it(text, longer):
    assert assignments.with_line(text, "A", "1") == longer


@pytest.mark.parametrize(
    "before, after",
    [
        ("B=1\nA=1\nC=1\n", "B=1\n#A=1\nC=1\n"),
        ("B=1;A=1;C=1\n", "#B=1;A=1;C=1\n"),
        ("A=1;A=2\n", "#A=1;A=2\n"),
        ('A="1\n2"\nB=1\n', '#A="1\n#2"\nB=1\n'),
        # The line of the assignment begins before the end of a line that is in another value.
        ("B=1\\\n2;A=1\nC=1\n", "#B=1\\\n#2;A=1\nC=1\n"),
        ('C=1\nB="1\n2";A=1\n', 'C=1\n#B="1\n#2";A=1\n'),
    ],
)
def test_whole_lines_that_assign_become_comments(before, after):
    edited = assignments.commented_out(before, lambda name: name == "A")
    assert edited == after
    assert "A" not in assignments.values(edited)
    assert assignments.commented_out(edited, lambda name: name == "A") == edited


def test_a_line_that_would_be_within_a_quote_is_not_added():
    assert assignments.with_line('B="', "A", '"1"') == 'B="'
    assert assignments.with_value("B=2'\n", "A", "'1'") == "B=2'\n"
