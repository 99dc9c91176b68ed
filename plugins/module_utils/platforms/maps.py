# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet's maps: what a platform has for the networks and the storages of the sources, by the sources' names. Pure.

{"VLAN 7 web": {bridge: br7}, "VLAN 7*": {bridge: br8}, default: {bridge: br0}}
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import GuestconvError

# The key for every name that no other key matches, and for what the source has no name for.
DEFAULT = "default"

# What is not a letter of a name in a pattern (fnmatch).
_WILDCARDS = re.compile(r"\[[^\]]*\]|[*?]")


class Unmapped(GuestconvError):
    """A name has no entry in a map."""


@dataclass(frozen=True)
class NameMap:
    """A map. option: what it is called by who gives it. values: by name, by pattern, or by DEFAULT."""

    option: str
    values: Mapping[str, Any]

    def find(self, name: str) -> Any | None:
        """The value for a name of the source ("" where it has none); None when the map has none for it.

        The name itself comes first, then the pattern with the most letters (of several, the one with the fewest
        wildcards, then the first by alphabet), then DEFAULT.
        """
        if name and name in self.values:
            return self.values[name]
        matching = [key for key in self.values if name and key != DEFAULT and fnmatch.fnmatchcase(name, key)]
        return self.values.get(min(matching, key=_unspecific) if matching else DEFAULT)

    def get(self, name: str, what: str) -> Any:
        """find(). what: "the network of network card ens192". Raises GuestconvError `names-unmapped`."""
        value = self.find(name)
        if value is None:
            called = repr(name) if name else "which has no name on the source"
            raise unmapped(f"{self.option} has no entry for {what}, {called}.")
        return value


def _unspecific(pattern: str) -> tuple[int, int, str]:
    return -len(_WILDCARDS.sub("", pattern)), len(_WILDCARDS.findall(pattern)), pattern


def parse(value: Any, option: str) -> NameMap | None:
    """The NameMap of what a person gave; None for nothing. Raises GuestconvError `platform-option-invalid`."""
    if value in (None, "", {}):
        return None
    if not isinstance(value, Mapping) or None in value.values():
        raise GuestconvError(
            "platform-option-invalid",
            f"{option}: This should be a dictionary, with a value for each name.",
            path=option,
        )
    # In YAML, a network that is called 7 is a number.
    return NameMap(option, {str(key): value[key] for key in value})


def unmapped(message: str) -> Unmapped:
    """The error about names that no map has."""
    hint = f"Add the names or patterns of them to the map, or the key `{DEFAULT}`."
    return Unmapped("names-unmapped", message, hint=hint)
