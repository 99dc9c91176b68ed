# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""XML that is read, and edited in place: comments, order and all that is not understood stay. Pure.

Expat is used and not lxml: it tells where in the text an element stands, and it takes what XML's rules do not allow and
wicked does (src/xml-reader.c): several elements at the top, and prefixes without a declaration. As the text is parsed
as the content of an element, a DOCTYPE is a syntax error, so there are no entities, and nothing is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Callable
from xml.parsers import expat

from .remembered import remembered
from .unread import Unread

_TAG = "guestconv"
_START_TAG = re.compile(rb"<[^<>\"']*(?:(?:\"[^\"]*\"|'[^']*')[^<>\"']*)*>")
_DECLARATION = re.compile(rb"(?:\xef\xbb\xbf)?\s*<\?xml[^>]*\?>")

# No network has so many; a hostile file must not fill our memory, or keep us busy.
_MOST_ELEMENTS = 100_000

# Characters of an element's text that are kept: names and addresses are shorter.
_LONGEST = 256

# (start, end, new text): the text between these places, in bytes, becomes the new one.
Edit = tuple[int, int, str]


@dataclass
class Element:
    """An element of content. start, end: where it stands there; inner_start, inner_end: what is between its tags."""

    tag: str
    attributes: dict[str, str]
    content: bytes
    start: int
    inner_start: int
    inner_end: int = 0
    end: int = 0
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def all(self, *path: str) -> list[Element]:
        """The elements that the tags of path lead to."""
        found = [self]
        for tag in path:
            found = [child for element in found for child in element.children if child.tag == tag]
        return found

    def value(self, *path: str) -> str:
        """The text, without space around it, of the first element that path leads to, "" when there is none."""
        return next((element.text.strip() for element in self.all(*path)), "")

    def walk(self) -> Iterator[Element]:
        """It, and all elements in it."""
        pending = [self]
        while pending:
            element = pending.pop()
            yield element
            pending += element.children


@remembered
def parse(text: str, path: str) -> Element:
    """The Element around the elements of text. Raises GuestconvError `network-configuration-malformed` naming path."""
    content = _encoded(text)
    declaration = _DECLARATION.match(content)
    if declaration:
        content = b" " * declaration.end() + content[declaration.end() :]
    reader = _Reader(content)
    try:
        return reader.read()
    except (expat.ExpatError, ValueError) as error:
        raise Unread(
            "network-configuration-malformed",
            f"{path} cannot be understood: {error}.",
            hint=f"Correct {path} in the guest.",
        ) from error


def edited(text: str, edits: Iterable[Edit]) -> str:
    """text with each of edits, (start, end, new text), made. One that is within another is left out."""
    content = _encoded(text)
    parts: list[bytes] = []
    begin = len(content)
    for start, end, new in sorted(edits, key=lambda edit: (-edit[1], edit[0])):
        if end <= begin:
            parts += [content[end:begin], _encoded(new)]
            begin = start
    return _decoded(b"".join([content[:begin], *reversed(parts)]))


def without(element: Element) -> Edit:
    """The edit that makes a comment of element; hyphens within are parted, as a comment must not hold two."""
    source = _decoded(element.content[element.start : element.end])
    return element.start, element.end, f"<!-- {re.sub('-(?=-)', '- ', source)} -->"


def with_text(element: Element, change: Callable[[str], str]) -> Edit:
    """The edit that changes all between the tags of element by change(text) -> text."""
    source = _decoded(element.content[element.inner_start : element.inner_end])
    return element.inner_start, element.inner_end, change(source)


def with_start_tag(element: Element, change: Callable[[str], str]) -> Edit:
    """The edit that changes the tag at the beginning of element, with its attributes, by change(text) -> text."""
    return element.start, element.inner_start, change(_decoded(element.content[element.start : element.inner_start]))


def before(element: Element, text: str) -> Edit:
    """The edit that puts text before element; where element has a line of its own, indented as that is."""
    line = _decoded(element.content[element.content.rfind(b"\n", 0, element.start) + 1 : element.start])
    space = "" if line.strip() else f"\n{line}"
    return element.start, element.start, text.replace("\n", space) + space


def _encoded(text: str) -> bytes:
    """The bytes of text that the positions of Elements count."""
    return text.encode("utf-8", "surrogateescape")


def _decoded(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


def _without_hyphens(content: bytes) -> bytes:
    """content with blanks for the hyphens in its comments, as long as before.

    XML's rules do not allow two of them there; wicked passes over all until the end (xml_skip_comment()).
    """
    parts: list[bytes] = []
    position = 0
    while True:
        start = content.find(b"<!--", position)
        end = content.find(b"-->", start + 4) if start >= 0 else -1
        if end < 0:
            return b"".join([*parts, content[position:]])
        parts += [content[position : start + 4], content[start + 4 : end].replace(b"-", b" "), b"-->"]
        position = end + 3


class _Reader:
    """Parses bytes into Elements."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._stack: list[Element] = []
        self._offset = self._count = 0
        self._parser = expat.ParserCreate("UTF-8")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text

    def read(self) -> Element:
        """The Element around all. Raises expat.ExpatError, ValueError."""
        opening = b"<%s>" % _TAG.encode()
        self._offset = len(opening)
        around = Element(_TAG, {}, self._content, 0, 0)
        self._stack = [around]
        self._parser.Parse(opening, False)
        self._parser.Parse(_without_hyphens(self._content), False)
        self._parser.Parse(b"</%s>" % _TAG.encode(), True)
        return around

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > _MOST_ELEMENTS:
            raise ValueError(f"it has more than {_MOST_ELEMENTS} elements")
        position = self._parser.CurrentByteIndex - self._offset
        if position < 0:
            return
        opening = _START_TAG.match(self._content, position)
        if opening is None:
            raise ValueError(f"its tag {tag[:_LONGEST]} does not end")
        element = Element(tag, attributes, self._content, position, opening.end())
        self._stack[-1].children.append(element)
        self._stack.append(element)

    def _end(self, _tag: str) -> None:
        if len(self._stack) == 1:
            return
        element = self._stack.pop()
        if self._content[element.inner_start - 2 : element.inner_start] == b"/>":
            element.inner_end = element.end = element.inner_start
        else:
            element.inner_end = self._parser.CurrentByteIndex - self._offset
            element.end = self._content.index(b">", element.inner_end) + 1

    def _text(self, text: str) -> None:
        self._stack[-1].text = (self._stack[-1].text + text)[:_LONGEST]
