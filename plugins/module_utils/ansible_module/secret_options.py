# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of the options must not be shown when Ansible itself refuses them. Pure.

Ansible hides the values of options that have no_log. It does not know those that are in a wrong place: under a misspelt
name, or in a list that is in a list, which its own message quotes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .argument_specs import ArgumentSpec

# In place of the value of an option that the module does not have.
_HIDDEN = "VALUE_OF_AN_UNKNOWN_OPTION"
# Of these types, a value that is no secret can be shown.
_PLAIN = ("str", "path")


def without_unknown(options: Mapping[str, Any], spec: ArgumentSpec) -> dict[str, Any]:
    """options, which are returned with a failure, without the values of those that spec does not have."""
    return {name: _known_value(value, spec.get(name)) for name, value in options.items()}


def _known_value(value: Any, declared: ArgumentSpec | None) -> Any:
    if declared is None:
        return _HIDDEN
    if value is None or "options" not in declared:
        return value
    if isinstance(value, list):
        return [_known_value(item, declared) for item in value]
    return without_unknown(value, declared["options"]) if isinstance(value, dict) else _HIDDEN


def secrets_in(options: Mapping[str, Any], spec: ArgumentSpec) -> Iterator[str]:
    """The texts in options that are secrets, or may be: those of an option with a secret among its suboptions that are not
    in their place."""
    for name, declared in spec.items():
        if _has_secret(declared):
            yield from _misplaced(options.get(name), declared["options"])


def misformed(options: Mapping[str, Any], spec: ArgumentSpec) -> str:
    """A sentence about an option with a secret among its suboptions that is no list of dictionaries; empty without one.

    Ansible's own message about it would quote the value.
    """
    for name, declared in spec.items():
        value = options.get(name) if _has_secret(declared) else None
        for number, item in enumerate(value if isinstance(value, list) else []):
            if not isinstance(item, (dict, str)):
                keys = ", ".join(declared["options"])
                return f"{name}[{number}] must be a dictionary with some of the keys {keys}, and is a {type(item).__name__}."
    return ""


def _has_secret(declared: ArgumentSpec) -> bool:
    return any(each.get("no_log") for each in declared.get("options", {}).values())


def _misplaced(value: Any, spec: ArgumentSpec) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            declared = spec.get(name, {"no_log": True})
            if declared.get("no_log") or declared.get("type") not in _PLAIN or isinstance(item, (dict, list)):
                yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _misplaced(item, spec)
    else:
        yield from _texts(value)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
    elif value not in (None, "") and not isinstance(value, bool):
        yield str(value)
