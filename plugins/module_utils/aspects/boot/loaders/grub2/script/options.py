# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of GRUB's commands (grub-core/lib/arg.c). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .expansion import Argument
from .traced import EMPTY, Traced

# How an option takes a value: not at all, always, or if one follows that is no option.
NO, YES, MAYBE = "no", "yes", "maybe"


@dataclass
class Parsed:
    """values: of each option that is given, all that it is given. rest: the other arguments. is_valid: as GRUB sees it."""

    values: dict[str, list[Traced]] = field(default_factory=dict)
    rest: list[Argument] = field(default_factory=list)
    is_valid: bool = True

    def last(self, name: str) -> str | None:
        """The last value of an option, "" for one without a value, None where it is not given."""
        found = self.values.get(name)
        return found[-1].text if found else None


def parsed(arguments: Sequence[Argument], options: Mapping[str, str], short: Mapping[str, str], dash: bool) -> Parsed:
    """The options among arguments. options: how each takes a value, by its long name. short: long names by letters.

    dash: what looks like an option and is none is an argument.
    """
    found, position = Parsed(), 0
    while position < len(arguments):
        argument = arguments[position]
        text, position = argument.text, position + 1
        if text == "--":
            found.rest += arguments[position:]
            break
        if text[:1] != "-" or len(text) == 1:
            found.rest.append(argument)
            continue
        name, value = _option(argument, short)
        takes = options.get(name)
        if takes is None:
            found.is_valid = found.is_valid and dash
            found.rest += [argument] if dash else []
            continue
        following = arguments[position] if position < len(arguments) else None
        if value is None and takes != NO and following is not None and _is_value(text, takes, following.text):
            value, position = following.value, position + 1
        if value is None and takes == YES:
            found.is_valid = False
        found.values.setdefault(name, []).append(value or EMPTY)
    return found


def _option(argument: Argument, short: Mapping[str, str]) -> tuple[str, Traced | None]:
    """The long name of an option, and the value that is in the same argument."""
    if not argument.text.startswith("--"):
        # Several letters in one argument, which nobody writes, are taken for one.
        return short.get(argument.text[1:], ""), None
    parts = argument.value.partition("=")
    return (argument.text[2:], None) if parts is None else (parts[0].text[2:], parts[1])


def _is_value(option: str, takes: str, following: str) -> bool:
    if option.startswith("--"):
        return not following.startswith("-")
    return takes == YES or not (len(following) > 1 and following.startswith("-"))
