# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Catalogs of drivers, as far as it is read in them by whom they are signed: SignedData of PKCS #7 in DER."""

from __future__ import annotations

_SIGNED_DATA, _COMMON_NAME = bytes.fromhex("06092a864886f70d010702"), bytes.fromhex("0603550403")
CROSS = b"Microsoft Code Verification Root"


def element(tag, *contents):
    """An element of DER."""
    content = b"".join(contents)
    size = len(content)
    length = bytes((size,)) if size < 0x80 else b"\x82" + size.to_bytes(2, "big")
    return bytes((tag,)) + length + content


def name(common):
    """The name of whom a certificate is of, or by."""
    return element(0x30, element(0x31, element(0x30, _COMMON_NAME, element(0x0C, common.encode()))))


def certificate(subject, issuer, serial=7, version=True):
    """A certificate. version: whether it has one, as all but the oldest."""
    number = element(0x02, bytes((serial,)))
    marked = element(0xA0, element(0x02, b"\x02")) if version else b""
    valid = element(0x30, b"")
    fields = (number, element(0x30), name(issuer), valid, name(subject), element(0x30, b"\x05\x00" * 70))
    return element(0x30, element(0x30, marked, *fields), element(0x30), element(0x03, b"\x00"))


def catalog(*certificates, issuer="An authority", serial=7, text=CROSS):
    """A catalog that is signed by the certificate of this issuer and serial number. text: somewhere in it."""
    signer = element(0x30, element(0x02, b"\x01"), element(0x30, name(issuer), element(0x02, bytes((serial,)))))
    parts = (
        element(0x02, b"\x01"),
        element(0x31, element(0x30)),
        element(0x30, element(0x04, text)),
        element(0xA0, *certificates),
        element(0x31, signer),
    )
    return element(0x30, _SIGNED_DATA, element(0xA0, element(0x30, *parts)))
