# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""XML that others wrote, parsed without entities, DTDs or network."""

from __future__ import annotations

import re
from typing import Any

from ..errors import GuestconvError

try:
    from lxml import etree
except ImportError:
    # parse() reports that; modules first look for a Python that has it (ansible_module.run).
    etree = None  # type: ignore[assignment]  # parse() asks whether it is there


class LxmlMissing(GuestconvError):
    """The library that reads XML is not installed."""


# Encodings in which every ASCII character is the byte that it is in ASCII, so that none hides a DOCTYPE.
_SINGLE_BYTE = ("iso-8859-1", "iso-8859-15", "latin-1", "windows-1252", "us-ascii")
_DECLARED = re.compile(rb"""\A\s*<\?xml[^>]*?\bencoding\s*=\s*["']([A-Za-z0-9._-]{1,20})["']""")


def decoded(data: bytes) -> str | bytes:
    """The text of an XML document in UTF-16 with a byte order mark, or in Latin-1 and the like; data if it is in neither.

    XML 1.0, 4.3.3. What cannot be decoded stays bytes, which parse() refuses.
    """
    declared = _DECLARED.match(data)
    name = declared.group(1).decode("ascii").lower() if declared else ""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        name = "utf-16"
    elif name not in _SINGLE_BYTE:
        return data
    try:
        return data.decode(name)
    except UnicodeDecodeError:
        return data


def parse(text: str | bytes, max_size: int) -> Any:
    """The root element (lxml) of hostile `text`, of at most max_size bytes. Bytes must be UTF-8. Comments are left out.

    Raises GuestconvError `xml-too-large`, `xml-not-accepted` (a DOCTYPE), `xml-malformed`, `library-missing`.
    """
    if etree is None:
        raise LxmlMissing(
            "library-missing",
            "lxml, the library that reads XML, is missing.",
            hint="Install python3-lxml (or lxml with pip) for the Python that runs Ansible.",
        )
    try:
        data = text.encode("utf-8") if isinstance(text, str) else text
        data.decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError) as error:
        raise GuestconvError("xml-malformed", f"The XML document is not UTF-8: {error.reason}.") from error
    if len(data) > max_size:
        raise GuestconvError("xml-too-large", f"The XML document has {len(data)} bytes, more than {max_size}.")
    # Before parsing, as libxml2 expands entities in attributes while it parses, whatever resolve_entities says. Only
    # a comment or CDATA section could hold these characters innocently; no producer that is known writes it there.
    if b"<!DOCTYPE" in data:
        raise GuestconvError(
            "xml-not-accepted",
            "The XML document has a DOCTYPE, which is not accepted.",
            hint="Remove the DOCTYPE: the document needs neither DTD nor entities.",
        )
    # The encoding is given so that no declared one (UTF-7, say) can make a DOCTYPE out of other bytes.
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise GuestconvError(
            "xml-malformed",
            f"The XML document is malformed at line {error.lineno}: {error.msg}.",
            extra={"line": error.lineno},
        ) from error
