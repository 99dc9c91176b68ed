# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Elements and attributes of OVF, by their names without namespaces. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .metadata import local_name


def named(element: Any, *names: str) -> Iterator[Any]:
    """The elements below element with one of these names, in their order."""
    return (below for below in element.iterdescendants() if isinstance(below.tag, str) and local_name(below) in names)


def attribute(element: Any, name: str) -> str:
    """The value of an attribute in any namespace or none; "" when it is not there."""
    for key, value in element.attrib.items():
        if key.rpartition("}")[2] == name:
            return str(value)
    return ""
