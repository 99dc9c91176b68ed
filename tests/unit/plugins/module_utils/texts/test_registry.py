# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of the Windows registry."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.texts import registry
from ansible_collections.virttools.guestconv.plugins.module_utils.texts.registry import Value
from ansible_collections.virttools.guestconv.tests import hives


@pytest.mark.parametrize(
    "value, text, texts, number",
    [
        (registry.string("a\\b"), "a\\b", ("a\\b",), None),
        (registry.expand("%SystemRoot%"), "%SystemRoot%", ("%SystemRoot%",), None),
        (registry.multi(["a", "b"]), "a", ("a", "b"), None),
        (registry.multi([]), "", (), None),
        (registry.dword(5), "", (), 5),
        (registry.qword(1 << 40), "", (), 1 << 40),
        (Value(registry.DWORD_BIG_ENDIAN, b"\0\0\0\1"), "", (), 1),
        (registry.binary(b"\1\0\0\0"), "", (), None),
        (registry.none(), "", (), None),
        # What a guest may have written: neither a NUL, nor whole characters, nor the size of the type.
        (Value(registry.SZ, b"a\0b"), "a\ufffd", ("a\ufffd",), None),
        (Value(registry.SZ, b""), "", (), None),
        (Value(registry.SZ, b"\x00\xd8"), "\ufffd", ("\ufffd",), None),
        (Value(registry.MULTI_SZ, "a\0\0b".encode("utf-16-le")), "a", ("a", "b"), None),
        (Value(registry.DWORD, b"\1\0\0"), "", (), None),
        (Value(4711, b"a\0"), "", (), None),
    ],
)
def test_a_value_is_what_its_type_says_and_nothing_else(value, text, texts, number):
    assert (value.text, value.texts, value.number) == (text, texts, number)


@pytest.mark.parametrize(
    "name, value, line",
    [
        ("Start", registry.dword(3), '"Start"=dword:00000003'),
        ("", registry.string('a "b" c:\\d'), '@="a \\"b\\" c:\\\\d"'),
        ("Path", registry.expand("%A%\\b"), '"Path"=expand:"%A%\\\\b"'),
        ("Owners", registry.multi(["a", "b"]), '"Owners"=multi:"a","b"'),
        ("Owners", registry.multi([]), '"Owners"=multi:'),
        ("Data", registry.binary(b"\0\xff"), '"Data"=hex:00,ff'),
        ("None", registry.none(), '"None"=hex(0):'),
        ("Long", registry.qword(1), '"Long"=hex(b):01,00,00,00,00,00,00,00'),
        ("Lines", registry.string("a\nb"), '"Lines"=hex(1):61,00,0a,00,62,00,00,00'),
        ("NoEnd", Value(registry.SZ, b"a\0"), '"NoEnd"=hex(1):61,00'),
    ],
)
def test_a_value_is_shown_on_one_line_by_which_it_can_be_made_again(name, value, line):
    assert registry.shown(name, value) == line
    assert hives.parse(line).values == {name: value}


def test_a_large_value_is_shown_in_part_with_what_tells_it_from_others():
    shown = [registry.shown("a", registry.binary(bytes(5000) + end)) for end in (b"\0", b"\1")]
    assert shown[0] != shown[1] and all(len(each) < 13_000 and "5001 bytes" in each for each in shown)
