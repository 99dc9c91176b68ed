# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An error as text, and back."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError, catalogue, in_text


@pytest.mark.parametrize("code", catalogue.DECLARED)
@pytest.mark.parametrize(
    ("message", "hint"),
    [
        ("It is wrong.", ""),
        ("disk sda (the first): 1 (one) is wrong.", "Do this (or that)."),
        ("Two\nlines.", "Two\nlines (of-a hint)."),
    ],
)
def test_an_error_survives_the_way_through_a_text(code, message, hint):
    text = in_text.to_text("choose", GuestconvError(code, message, hint=hint))
    found = in_text.from_text(f"The filter plugin failed: {text}")
    assert (found.code, found.message, found.hint) == (code, message, hint)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "'x' is undefined",
        "virttools.guestconv.choose failed (no-such-code)",
        "other.plugin: It is wrong. (no-space)",
    ],
)
def test_in_any_other_text_there_is_no_error(text):
    assert in_text.from_text(text) is None
