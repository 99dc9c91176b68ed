# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Elements of the XML document of a description: any string in an attribute or text, and errors that name the place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..errors import GuestconvError

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

# The complement of XML 1.0's production [2] Char. All of them fit in four hexadecimal digits.
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPED_CHARACTER = re.compile(r"\\u([0-9a-f]{4})")

# The attribute that names what is escaped in its element, and how it names the text.
ESCAPED = "escaped"
TEXT = "."


def put(element: Element, place: str, string: str) -> None:
    """Puts any string into the attribute `place`, or the text."""
    if _NOT_IN_XML.search(string):
        element.set(ESCAPED, " ".join([*element.get(ESCAPED, "").split(), place]))
        string = _NOT_IN_XML.sub(_escape, string.replace("\\", "\\u005c"))
    if place == TEXT:
        element.text = string
    else:
        element.set(place, string)


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def get(element: Element, place: str) -> str:
    """The string that `_put` put there."""
    string = (element.text if place == TEXT else element.get(place)) or ""
    if place in element.get(ESCAPED, "").split():
        return _ESCAPED_CHARACTER.sub(lambda match: chr(int(match[1], 16)), string)
    return string


def required(element: Element, attribute: str) -> str:
    if attribute not in element.attrib:
        raise GuestconvError(
            "xml-missing-attribute", f"<{element.tag}> lacks the attribute `{attribute}`.", path=path(element)
        )
    return get(element, attribute)


def check_attributes(element: Element, *allowed: str) -> None:
    for name in map(str, element.attrib):
        if name != ESCAPED and name not in allowed:
            raise GuestconvError(
                "xml-unknown-attribute",
                f"<{element.tag}> has an unknown attribute `{name}`.",
                hint="It may have: " + (", ".join(allowed) or "none") + ".",
                path=f"{path(element)}/@{name}",
            )


def check_no_text(element: Element) -> None:
    for text in (element.text, *(child.tail for child in element)):
        if text and not text.isspace():
            raise GuestconvError(
                "xml-invalid-value",
                f"There is text between the elements of <{element.tag}>: {text.strip()[:80]!r}.",
                path=path(element),
            )


def known_element(element: Element, tag: str) -> Element:
    if element.tag != tag:
        raise unknown_element(element)
    return element


def unknown_element(element: Element) -> GuestconvError:
    return GuestconvError("xml-unknown-element", f"The element <{element.tag}> is not known here.", path=path(element))


def add(members: dict[str, Any], key: str, value: Any, element: Element) -> None:
    """members[key] = value, where a second element for a key is an error rather than the winner."""
    if key in members:
        raise GuestconvError("xml-duplicate-element", f"<{element.tag}> is there more than once.", path=path(element))
    members[key] = value


def path(element: Element) -> str:
    """An XPath to `element` for people: by id, name or key where it has one."""
    steps = []
    for step in (element, *element.iterancestors()):
        predicate = "".join(f"[@{name}={step.get(name)!r}]" for name in ("id", "name", "key") if name in step.attrib)
        parent = step.getparent()
        if step.tag == "item" and parent is not None:
            predicate = f"[{parent.index(step) + 1}]"
        steps.append(step.tag + predicate)
    return "/" + "/".join(reversed(steps))
