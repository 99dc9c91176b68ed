# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parsers that remember what they made of a text."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.texts.remembered import remembered


def counting():
    """(a remembered parser, the texts that it was really called with)."""
    parsed = []

    @remembered
    def parse(text, option=""):
        """Parse it."""
        parsed.append(text)
        if text == "malformed":
            raise ValueError(text)
        return [text, option]

    return parse, parsed


def test_a_text_is_parsed_once():
    parse, parsed = counting()
    assert parse("a") == parse("a") == ["a", ""]
    assert parse("b") == ["b", ""]
    assert parsed == ["a", "b"]


def test_options_make_another_result():
    parse, parsed = counting()
    assert (parse("a"), parse("a", "x"), parse("a", option="x")) == (["a", ""], ["a", "x"], ["a", "x"])
    assert "a" in parsed


def test_an_error_is_not_remembered():
    parse, parsed = counting()
    for _again in range(2):
        with pytest.raises(ValueError, match="malformed"):
            parse("malformed")
    assert parsed == ["malformed"] * 2


def test_what_no_configuration_file_is_as_long_as_does_not_stay_in_memory():
    parse, parsed = counting()
    text = "a" * (64 * 1024 + 1)
    assert parse(text) == parse(text) == [text, ""]
    assert parsed == [text] * 2


def test_it_is_called_as_the_parser_is():
    parse, _parsed = counting()
    assert (parse.__name__, parse.__doc__) == ("parse", "Parse it.")
