# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one tokeniser for command lines of the kernel. Pure.

Source: Linux, lib/cmdline.c, next_arg(), which dracut reads /proc/cmdline with too (dracut-util). Double quotes keep
blanks within an argument, nothing escapes a quote, and only those around the argument or its value are taken off.
"""

from __future__ import annotations

import re
from collections.abc import Callable

# isspace() of the kernel, less the byte 0xa0, which is a part of a letter in UTF-8.
BLANKS = " \t\n\v\f\r"

# A quote that is not closed goes on to the end.
_ARGUMENT = re.compile(rf'(?:[^{BLANKS}"]|"[^"]*(?:"|\Z))+')
_SPACED = re.compile(rf"([{BLANKS}]*)({_ARGUMENT.pattern})")

# What stands behind it is init's (kernel/params.c: parse_args).
_END = "--"


def split(text: str) -> list[str]:
    """The arguments of a command line, each as `key` or `key=value` without the quotes that the kernel takes off."""
    return [meaning(found.group()) for found in _ARGUMENT.finditer(text)]


def meaning(written: str) -> str:
    """An argument as the kernel has it, of how it is written on the command line."""
    is_quoted = written.startswith('"')
    argument = written[1:] if is_quoted else written
    # A `=` at the very beginning parts nothing.
    equals = argument.find("=", 1)
    key, value = (argument[:equals], argument[equals + 1 :]) if equals > 0 else (argument, None)
    if value is not None and value.startswith('"'):
        return f"{key}={value[1:-1] if value.endswith(chr(34)) else value[1:]}"
    if is_quoted and argument.endswith('"'):
        return argument[:-1]
    return argument


def written(argument: str, like: str = "") -> str:
    """How to write an argument, so that the kernel has it as it is; with quotes as in like, or where it needs them.

    One that no quotes can keep together (with blanks and quotes in it) is written as it is.
    """
    key, equals, value = argument.partition("=")
    whole, of_value = f'"{argument}"', f'{key}="{value}"' if equals else argument
    styles = [argument, of_value, whole]
    if like.startswith('"'):
        styles.insert(0, whole)
    elif like.partition("=")[2].startswith('"'):
        styles.insert(0, of_value)
    return next((style for style in styles if _ARGUMENT.fullmatch(style) and meaning(style) == argument), argument)


def edited(text: str, edit: Callable[[str], str | None]) -> str:
    """text with each argument (as of split) edited; one that becomes None is left out, with the blanks before it.

    What edit does not change stays as it is, quotes and blanks included.
    """

    def replaced(match: re.Match[str]) -> str:
        before = meaning(match[2])
        after = edit(before)
        if after is None:
            return ""
        return match[0] if after == before else match[1] + written(after, like=match[2])

    # Blanks that no argument follows are not given to the pattern: it would search from each of them.
    arguments = text.rstrip(BLANKS)
    return _SPACED.sub(replaced, arguments) + text[len(arguments) :]


def extended(text: str, added: list[str]) -> str:
    """text with the added arguments behind the kernel's own, where it begins and ends with no blanks."""
    if not added:
        return text
    words = " ".join(map(written, added))
    end = next((found.start() for found in _ARGUMENT.finditer(text) if found.group() == _END), None)
    if end is not None:
        return f"{text[:end].rstrip(BLANKS)} {words} {text[end:]}".lstrip(BLANKS)
    # A quote that is open would take them in.
    closed = text.rstrip(BLANKS) if text.count('"') % 2 == 0 else text + '"'
    return f"{closed} {words}".lstrip(BLANKS)
