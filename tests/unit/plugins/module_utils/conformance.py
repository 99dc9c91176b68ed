# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an implementation has all that its Protocol says, and takes what it is given."""

from __future__ import annotations

import inspect


def lacks(implementation, protocol):
    """What the implementation (a module, or a class) lacks of a Protocol: a list of words, empty where it conforms."""
    return [fault for name in _members(protocol) for fault in _faults(implementation, protocol, name)]


def _members(protocol):
    """The names of a Protocol, and of those that it is made of."""
    classes = [
        each for each in protocol.__mro__ if getattr(each, "_is_protocol", False) and each.__name__ != "Protocol"
    ]
    names = {}
    for each in classes:
        names.update(dict.fromkeys([*vars(each), *getattr(each, "__annotations__", {})]))
    return [name for name in names if not name.startswith("_")]


def _faults(implementation, protocol, name):
    if not hasattr(implementation, name):
        return [f"no {name}"]
    declared, there = getattr(protocol, name, None), getattr(implementation, name)
    if not inspect.isfunction(declared):
        return []
    if not callable(there):
        return [f"{name} cannot be called"]
    wanted, taken = (
        [each for each in inspect.signature(function).parameters if each != "self"] for function in (declared, there)
    )
    return [] if wanted == taken else [f"{name}({', '.join(taken)}) in the place of {name}({', '.join(wanted)})"]
