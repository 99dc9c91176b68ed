# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The header of a LUKS device: its version, and what its keys are bound to. Pure.

Sources: the LUKS1 On-Disk Format Specification 1.2.3, the LUKS2 On-Disk Format Specification 1.1.1; for the tokens,
systemd (systemd-cryptenroll(1)) and clevis (src/luks: the token has a JWE whose header names the pin).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import untrusted_json

_MAGIC = b"LUKS\xba\xbe"
# A LUKS1 header: 8 key slots of 48 bytes from offset 208 on; an active one begins with this number.
_SLOTS, _SLOT, _ACTIVE = 208, 48, b"\x00\xac\x71\xf3"
# A LUKS2 header: a binary part of 4096 bytes, then JSON up to the size that stands at offset 8. It has at most 4 MiB.
_BINARY = 4096
_LARGEST = 4 << 20
# How deep pins of clevis may be nested (sss).
_DEEPEST = 5

# Types of tokens that need hardware, or the network, to open a key slot.
TPM, FIDO2, SMART_CARD, NETWORK = "TPM", "FIDO2 token", "smart card", "network"
_OF_SYSTEMD = {"systemd-tpm2": TPM, "systemd-fido2": FIDO2, "systemd-pkcs11": SMART_CARD}
_OF_CLEVIS = {"tpm2": TPM, "tang": NETWORK, "pkcs11": SMART_CARD, "yubikey": FIDO2, "fido2": FIDO2}


@dataclass(frozen=True)
class Token:
    """What opens key slots instead of a person. kind: TPM, FIDO2, ...; keyslots: their numbers, as text."""

    kind: str
    keyslots: frozenset[str]


@dataclass(frozen=True)
class Header:
    """version: 1 or 2. uuid: as it stands there. keyslots: the numbers of those in use, as text.

    memory: KiB that the most demanding of them takes to be opened. tokens: those that need hardware or the network.
    """

    version: int
    uuid: str = ""
    keyslots: frozenset[str] = frozenset()
    memory: int = 0
    tokens: tuple[Token, ...] = ()

    @property
    def free_keyslots(self) -> frozenset[str]:
        """The key slots that no token is for: a passphrase or a key file opens them."""
        return self.keyslots.difference(*(token.keyslots for token in self.tokens))


def size(data: bytes) -> int:
    """How many bytes of the device are its header, given the first 512; 0 where it is none."""
    if not data.startswith(_MAGIC) or len(data) < 512:
        return 0
    version = int.from_bytes(data[6:8], "big")
    if version == 1:
        return 1024
    stated = int.from_bytes(data[8:16], "big")
    return stated if version == 2 and _BINARY < stated <= _LARGEST else 0


def parse(data: bytes) -> Header | None:
    """The header that a device begins with; None where there is none. What is damaged in it is left out."""
    if not size(data):
        return None
    uuid = data[168:208].partition(b"\0")[0].decode("ascii", "replace")
    if data[6:8] == b"\x00\x01":
        starts = range(_SLOTS, _SLOTS + 8 * _SLOT, _SLOT)
        active = [str(number) for number, start in enumerate(starts) if data[start : start + 4] == _ACTIVE]
        return Header(1, uuid, frozenset(active))
    try:
        area = untrusted_json.loads(data[_BINARY : size(data)].partition(b"\0")[0])
    except ValueError:
        area = {}
    keyslots = _mapping(_mapping(area).get("keyslots"))
    tokens = filter(None, map(_token, _mapping(_mapping(area).get("tokens")).values()))
    memory = max((_memory(slot) for slot in keyslots.values()), default=0)
    return Header(2, uuid, frozenset(keyslots), memory, tuple(tokens))


def _memory(slot: Any) -> int:
    memory = _mapping(_mapping(slot).get("kdf")).get("memory")
    return memory if isinstance(memory, int) and memory > 0 else 0


def _token(value: Any) -> Token | None:
    token = _mapping(value)
    kind, keyslots = token.get("type"), token.get("keyslots")
    slots = frozenset(each for each in keyslots if isinstance(each, str)) if isinstance(keyslots, list) else frozenset()
    if kind == "clevis":
        found = _pin(_protected(_mapping(token.get("jwe")).get("protected")), 0)
    else:
        found = _OF_SYSTEMD.get(kind, "") if isinstance(kind, str) else ""
    return Token(found, slots) if found else None


def _protected(text: Any) -> Mapping[str, Any]:
    """The node `clevis` in the header of a JWE, which is JSON in base64url (RFC 7516)."""
    if not isinstance(text, str):
        return {}
    try:
        decoded = base64.urlsafe_b64decode(text.encode("ascii") + b"==")
        return _mapping(_mapping(untrusted_json.loads(decoded)).get("clevis"))
    except (ValueError, binascii.Error):
        return {}


def _pin(clevis: Mapping[str, Any], depth: int) -> str:
    """What a pin of clevis needs. Of several together (sss) it is the first that needs something."""
    pin = clevis.get("pin")
    if pin != "sss":
        return _OF_CLEVIS.get(pin, "") if isinstance(pin, str) else ""
    parts = _mapping(clevis.get("sss")).get("jwe")
    for part in parts if isinstance(parts, list) and depth < _DEEPEST else ():
        found = _pin(_protected(part.partition(".")[0]), depth + 1) if isinstance(part, str) else ""
        if found:
            return found
    return ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
