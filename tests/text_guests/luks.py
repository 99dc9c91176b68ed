# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Headers of LUKS devices, as cryptsetup, systemd and clevis write them, as far as programs read what they need."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

# What @luks takes, in addition to what a volume does.
OPTIONS = ("key", "version", "slots", "tokens", "memory")

_JSON_START = 4096
_SIZE = 16384


def key(text: str) -> bytes:
    """The key that the option `key` is: a text, or bytes as hex:00FF."""
    return bytes.fromhex(text[len("hex:") :]) if text.startswith("hex:") else text.encode()


def header(uuid: str, options: Mapping[str, str]) -> bytes:
    """The header with these options: version (1 or 2), slots=0,1, tokens=systemd-tpm2:1,clevis-tang:0, memory (KiB)."""
    version = int(options.get("version", "2"))
    slots = options.get("slots", "0").split(",")
    data = bytearray(_SIZE)
    data[:8] = b"LUKS\xba\xbe" + version.to_bytes(2, "big")
    data[168 : 168 + len(uuid)] = uuid.encode()
    if version == 1:
        for slot in slots:
            start = 208 + 48 * int(slot)
            data[start : start + 4] = b"\x00\xac\x71\xf3"
        return bytes(data)
    data[8:16] = _SIZE.to_bytes(8, "big")
    kdf = {"type": "argon2id", "memory": int(options.get("memory", "1024"))}
    area = {
        "keyslots": {slot: {"type": "luks2", "kdf": kdf} for slot in slots if slot},
        "tokens": {str(number): _token(text) for number, text in enumerate(filter(None, _words(options, "tokens")))},
    }
    encoded = json.dumps(area).encode()
    data[_JSON_START : _JSON_START + len(encoded)] = encoded
    return bytes(data)


def _words(options: Mapping[str, str], name: str) -> list[str]:
    return options.get(name, "").split(",")


def _token(text: str) -> dict[str, object]:
    kind, _colon, slot = text.partition(":")
    pin = kind.partition("clevis-")[2]
    if not pin:
        return {"type": kind, "keyslots": [slot]}
    protected = base64.urlsafe_b64encode(json.dumps({"alg": "dir", "clevis": {"pin": pin}}).encode())
    return {"type": "clevis", "keyslots": [slot], "jwe": {"protected": protected.decode().rstrip("=")}}
