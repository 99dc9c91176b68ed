# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option keys: what opens the encrypted devices of a guest."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..errors import GuestconvError
from ..guest.storage.keyring import KEY_LIMIT, Key

_FOR = ("device", "uuid", "all")


def from_option(keys: Sequence[Mapping[str, Any]] | None) -> list[Key]:
    """The keys that the option gives. Errors: key-invalid, key-file-not-readable; neither shows a key."""
    return [_key(item, f"keys[{index}]") for index, item in enumerate(keys or ())]


def hidden_in(keys: Sequence[Mapping[str, Any]] | None, value: Any) -> bool:
    """Whether one of the passphrases is within a text of value (plain data), where Ansible replaces it by asterisks."""
    passphrases = [item["passphrase"] for item in keys or () if item.get("passphrase")]
    return bool(passphrases) and any(each in text for text in _texts(value) for each in passphrases)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _key(item: Mapping[str, Any], path: str) -> Key:
    given = [name for name in _FOR if item.get(name)]
    if len(given) != 1:
        raise _invalid(path, "must name what it is for, with one of device, uuid, and all: true.")
    if bool(item.get("passphrase")) == bool(item.get("file")):
        raise _invalid(path, "must have either a passphrase or a file, which is not empty.")
    # No person can type the newline that a file with the passphrase, or a block of YAML, ends with.
    typed = (item.get("passphrase") or "").rstrip("\r\n").encode("utf-8", "surrogateescape")
    secret = typed if item.get("passphrase") else _content(item["file"], path)
    if not secret:
        raise _invalid(path, "is empty.")
    return Key(secret, path, item.get("device") or "", item.get("uuid") or "")


def _content(file: str, path: str) -> bytes:
    """The bytes of a key file, exactly."""
    try:
        # A pipe would make open() wait.
        if not stat.S_ISREG(os.stat(file).st_mode):
            raise _unreadable(file, path, "it is not a regular file")
        with open(file, "rb") as stream:
            content = stream.read(KEY_LIMIT + 1)
    except OSError as error:
        raise _unreadable(file, path, error.strerror or str(error)) from error
    if len(content) > KEY_LIMIT:
        raise _unreadable(file, path, f"it has more than {KEY_LIMIT} bytes, the most that cryptsetup reads")
    return content


def _invalid(path: str, what: str) -> GuestconvError:
    return GuestconvError(
        "key-invalid",
        f"{path} {what}",
        path=path,
        hint='An example: {device: /dev/sda3, passphrase: "{{ vault_web01 }}"}, or {all: true, file: /root/luks.key}.',
    )


def _unreadable(file: str, path: str, why: str) -> GuestconvError:
    return GuestconvError(
        "key-file-not-readable",
        f"The key file {file} cannot be read: {why}.",
        path=f"{path}.file",
        hint="The file must be on the machine that runs the module (the conversion host).",
    )
