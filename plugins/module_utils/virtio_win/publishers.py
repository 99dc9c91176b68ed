# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The publisher of a driver package: by whose certificate its catalog is signed. Pure.

Windows asks a person whether to install a driver that neither Microsoft signed nor a publisher that it trusts, and without
a person it does not install it ("Steps for Staging a Device Driver Package in the Driver Store"; virtio-win-guest-tools-installer,
issue 11). The publishers that it trusts are the certificates in the store TrustedPublisher.

A catalog is SignedData of PKCS #7 (RFC 2315, 9.1) in DER (X.690). Only what leads to the certificate is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

# Tags: a sequence, and what is marked with [0], as the certificates of SignedData and the version of a certificate are.
_SEQUENCE, _MARKED = 0x30, 0xA0
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
# A text of the attribute commonName (2.5.4.3), in one of the types of strings with a byte for each character.
_COMMON_NAME = re.compile(rb"\x06\x03\x55\x04\x03[\x0c\x13\x14\x16](.)", re.DOTALL)


@dataclass(frozen=True)
class Publisher:
    """name: the common name, for messages. certificate: in DER. is_own_authority: whether it is signed by itself."""

    name: str
    certificate: bytes
    is_own_authority: bool


class _Element(NamedTuple):
    """An element of DER. whole: with its tag and length."""

    tag: int
    content: bytes
    whole: bytes


def publisher_in(content: bytes) -> Publisher | None:
    """The publisher of the catalog with this content; None where it is not signed, or not understood."""
    try:
        return _publisher(content)
    except (ValueError, IndexError):
        return None


def _publisher(content: bytes) -> Publisher | None:
    kind, explicit = list(_elements(_one(content, _SEQUENCE)))[:2]
    if kind.whole != _SIGNED_DATA:
        return None
    parts = list(_elements(_one(explicit.content, _SEQUENCE)))
    signer = list(_elements(_one(parts[-1].content, _SEQUENCE)))[1]
    issuer, serial = list(_elements(signer.content))[:2]
    marked = b"".join(part.content for part in parts if part.tag == _MARKED)
    for certificate in _elements(marked):
        fields = [each for each in _elements(_one(certificate.content, _SEQUENCE)) if each.tag != _MARKED]
        if (fields[2].whole, fields[0].whole) == (issuer.whole, serial.whole):
            subject = fields[4]
            return Publisher(_name(subject.content), certificate.whole, subject.whole == issuer.whole)
    return None


def _name(subject: bytes) -> str:
    found = _COMMON_NAME.search(subject)
    text = subject[found.end() : found.end() + found.group(1)[0]] if found else b""
    return "".join(filter(str.isprintable, text.decode("utf-8", "replace"))) or "an unnamed publisher"


def _one(data: bytes, tag: int) -> bytes:
    """The content of the first element of data. Raises ValueError where it has another tag."""
    element = next(_elements(data), None)
    if element is None or element.tag != tag:
        raise ValueError(f"{tag:#x} is missing")
    return element.content


def _elements(data: bytes) -> Iterator[_Element]:
    """The elements in data, one after the other. Raises ValueError for what is no DER."""
    place = 0
    while place < len(data):
        start, length, place = place, data[place + 1], place + 2
        if length & 0x80:
            count = length & 0x7F
            if not 0 < count <= 4:
                raise ValueError("a length of this form is not in DER")
            length, place = int.from_bytes(data[place : place + count], "big"), place + count
        if place + length > len(data):
            raise ValueError("an element is longer than what it is in")
        yield _Element(data[start], data[place : place + length], data[start : place + length])
        place += length
