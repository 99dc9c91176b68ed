# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's arguments, compared with a model of next_arg() that goes by character, as that does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virttools.guestconv.plugins.module_utils.texts import kernel_arguments

LINES = st.text(st.sampled_from('ab= \t"-/') | st.characters(exclude_characters="\0"), max_size=40)


def of_next_arg(line):
    """What the kernel's parser hands on, argument by argument (lib/cmdline.c)."""
    found = []
    line = line.lstrip(kernel_arguments.BLANKS)
    while line:
        is_quoted = line[0] == '"'
        line = line[1:] if is_quoted else line
        equals, within, end = 0, is_quoted, len(line)
        for position, character in enumerate(line):
            if character in kernel_arguments.BLANKS and not within:
                end = position
                break
            if not equals and character == "=":
                equals = position
            within ^= character == '"'
        argument, line = line[:end], line[end:].lstrip(kernel_arguments.BLANKS)
        is_closed = False
        if equals and argument[equals + 1 : equals + 2] == '"':
            is_closed = len(argument) > equals + 2 and argument[-1] == '"'
            argument = argument[: equals + 1] + argument[equals + 2 : len(argument) - is_closed]
        elif is_quoted and argument.endswith('"'):
            argument = argument[:-1]
        found.append(argument)
    return found


@pytest.mark.parametrize(
    "line, arguments",
    (
        ("root=UUID=1 ro  quiet\n", ["root=UUID=1", "ro", "quiet"]),
        ('"root=LABEL=my root" ro', ["root=LABEL=my root", "ro"]),
        ('root="LABEL=my root" ro', ["root=LABEL=my root", "ro"]),
        ('root=LABEL="my root" ro', ['root=LABEL="my root"', "ro"]),
        ('"quiet" "" a=""', ["quiet", "", "a="]),
        ("'root=a b'", ["'root=a", "b'"]),
        ('dyndbg="file a.c +p; file b.c +p', ["dyndbg=file a.c +p; file b.c +p"]),
        ("root=LABEL=a\xa0b\x1fc", ["root=LABEL=a\xa0b\x1fc"]),
    ),
)
def test_a_command_line_has_the_kernels_arguments(line, arguments):
    assert kernel_arguments.split(line) == arguments == of_next_arg(line)


@given(LINES)
def test_any_command_line_is_split_as_the_kernel_does(line):
    assert kernel_arguments.split(line) == of_next_arg(line)


@given(LINES)
def test_what_is_not_edited_stays_to_the_last_byte(line):
    assert kernel_arguments.edited(line, lambda argument: argument) == line


@given(LINES)
def test_what_is_left_out_leaves_the_other_arguments(line):
    kept = [argument for argument in of_next_arg(line) if "a" not in argument]
    edited = kernel_arguments.edited(line, lambda argument: None if "a" in argument else argument)
    assert of_next_arg(edited) == kept


@given(LINES, LINES.filter(lambda value: '"' not in value))
def test_an_edited_value_is_what_the_kernel_has(line, value):
    edited = kernel_arguments.edited(
        f"{line.replace(chr(34), '')} key=old", lambda argument: f"key={value}" if argument == "key=old" else argument
    )
    assert of_next_arg(edited)[-1] == f"key={value}"


@pytest.mark.parametrize(
    "line, edited",
    (
        ("  root=a  ro ", "  root=b  ro "),
        ('"root=a" ro', '"root=b" ro'),
        ('root="a"', 'root="b"'),
        ("root=c", 'root="c d"'),
        ('"root=c"', '"root=c d"'),
    ),
)
def test_an_edit_keeps_the_quotes(line, edited):
    new = {"root=a": "root=b", "root=c": "root=c d"}
    assert kernel_arguments.edited(line, lambda argument: new.get(argument, argument)) == edited


@pytest.mark.parametrize(
    "line, extended",
    (
        ("", "a b=c"),
        ("ro", "ro a b=c"),
        ("ro -- 3", "ro a b=c -- 3"),
        ("-- 3", "a b=c -- 3"),
        ('x="y', 'x="y" a b=c'),
    ),
)
def test_added_arguments_are_the_kernels(line, extended):
    assert kernel_arguments.extended(line, ["a", "b=c"]) == extended
