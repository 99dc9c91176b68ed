# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.report.page import diffs


def unified(before, after):
    return diffs.unified(
        {
            "before_header": "/dev/sda1:/etc/fstab",
            "after_header": "/dev/sda1:/etc/fstab",
            "before": before,
            "after": after,
        }
    )


def test_a_changed_line_is_shown_among_its_neighbours():
    before = "".join(f"line {number}\n" for number in range(9))
    assert unified(before, before.replace("line 4", "LINE 4")) == {
        "path": "/dev/sda1:/etc/fstab",
        "lines": [
            "@@ -2,7 +2,7 @@",
            " line 1",
            " line 2",
            " line 3",
            "-line 4",
            "+LINE 4",
            " line 5",
            " line 6",
            " line 7",
        ],
        "added": 1,
        "removed": 1,
    }


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ("", "a\nb\n", ["@@ -0,0 +1,2 @@", "+a", "+b"]),
        ("a\n", "", ["@@ -1 +0,0 @@", "-a"]),
        ("a\n", "a", ["@@ -1 +1 @@", "-a", "+a\n\\ No newline at end of file"]),
        ("a\x0cb\u2028c\n", "a\x0cb\u2028d\n", ["@@ -1 +1 @@", "-a\x0cb\u2028c", "+a\x0cb\u2028d"]),
        ("--- a\n", "+++ a\n", ["@@ -1 +1 @@", "---- a", "++++ a"]),
        ("a\n", "a\n", []),
        (None, None, []),
    ],
)
def test_a_line_ends_with_a_newline_only(before, after, lines):
    assert unified(before, after)["lines"] == lines


@pytest.mark.parametrize("text", ["x\n" * 2001, "x" * 200_001], ids=["lines", "characters"])
def test_what_would_take_too_long_to_compare_is_not_compared(text):
    assert unified("", text) == {"path": "/dev/sda1:/etc/fstab", "lines": None, "added": None, "removed": None}


def test_a_diff_without_its_values_is_an_empty_one():
    assert diffs.unified({"prepared": "x"}) == {"path": "", "lines": [], "added": 0, "removed": 0}
