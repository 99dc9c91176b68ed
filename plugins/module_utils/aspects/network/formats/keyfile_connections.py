# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NetworkManager's keyfiles as connections: which of them are loaded, and what each says.

A file is a connection; the last of several values of a key is right (GKeyFile).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from uuid import NAMESPACE_URL, uuid5

from ....guest.root import GuestRoot
from ....texts import sections
from .. import bounds, values
from ..cards.nics import INTERFACE

WRITABLE = "/etc/NetworkManager/system-connections"
_DIRECTORIES = (WRITABLE, "/usr/lib/NetworkManager/system-connections")

# nm_keyfile_utils_ignore_filename() of libnm-core: hidden and backup files, mkstemp()'s, certificates and keys.
_IGNORED = re.compile(r"\..*|.*(?:~|\.(?i:pem|der)|\.[A-Za-z0-9]{6})")

# The types' names as D-Bus has them, from before NetworkManager 1.8, and their aliases.
_WIRED = ("ethernet", "802-3-ethernet", "wired")

_OF_ONE = (
    *(("connection", key) for key in ("id", "uuid", "interface-name", "autoconnect-priority", "timestamp")),
    ("ethernet", "mac-address"),
)
# nm-settings-keyfile(5), connection.autoconnect-priority
_HIGHEST_PRIORITY = 999


class Connection:
    """A keyfile: its path, text, entries, and the last value of each key."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.entries = sections.parse(text)
        self._values = {(section_of(entry), entry.key): _unescaped(entry.value) for entry in self.entries}

    def get(self, section: str, *keys: str) -> str:
        """The value of the first of keys that the section has, "" without."""
        return next((self._values[section, key] for key in keys if self._values.get((section, key))), "")

    @property
    def uuid(self) -> str:
        return self.get("connection", "uuid")

    @property
    def type(self) -> str:
        """What the connection is for; old files of plain Ethernet have just its section."""
        return self.get("connection", "type")

    @property
    def wired(self) -> bool:
        return self.type in _WIRED or (not self.type and any(key[0] == "ethernet" for key in self._values))

    @property
    def name(self) -> str | None:
        """The interface's name, None where the connection is for another or any."""
        # Before 1.0 the names of VLANs, bonds, bridges and teams stood in their own sections.
        name = self.get("connection", "interface-name") or self.get(self.type, "interface-name")
        return name if INTERFACE.fullmatch(name) else None

    @property
    def hardware_mac(self) -> str | None:
        return _mac_of(self.get("ethernet", "mac-address")) if self.wired else None


def loaded(root: GuestRoot) -> list[Connection]:
    """The Connections that NetworkManager loads. What the distribution has is loaded unless /etc has its UUID.

    Of several in /etc with one UUID it loads the one that was changed last (cmp_fcn() of its nms-keyfile-storage.c); all
    are among these, as they may be for different cards: see with_one_uuid.
    """
    paths = [
        posixpath.join(directory, name)
        for directory in _DIRECTORIES
        for name in root.list(directory)
        # Only in /etc the extension may be missing, as older versions wrote no other.
        if not _IGNORED.fullmatch(name) and (directory == WRITABLE or name.endswith(".nmconnection"))
    ]
    found: list[Connection] = []
    directories: dict[str, str] = {}
    for path in bounds.to_read(root, paths):
        text = root.read(path)
        if text is not None:
            connection = Connection(path, text)
            directory = posixpath.dirname(path)
            if directories.setdefault(connection.uuid or path, directory) == directory:
                found.append(connection)
    return found


def with_one_uuid(root: GuestRoot) -> list[list[str]]:
    """The paths of the files that are loaded, of those with the same UUID: only one of each list is in force."""
    found: dict[str, list[str]] = {}
    for connection in loaded(root):
        if connection.uuid:
            found.setdefault(connection.uuid, []).append(connection.path)
    return [paths for paths in found.values() if len(paths) > 1]


def for_one(connection: Connection, key: str, identifier: str) -> str:
    """The text of another connection like this one, which is for many NICs: for the NIC with this name or MAC address.

    NetworkManager prefers it, by its priority. Its UUID is the same whenever it is made of this connection.
    """
    gone = [
        entry for entry in connection.entries if (section_of(entry), entry.key) in _OF_ONE or entry.section == "match"
    ]
    text = sections.commented_out(connection.text, gone)
    uuid = uuid_for_one(connection.uuid or connection.path, identifier)
    priority = priority_above(connection.get("connection", "autoconnect-priority"))
    name = connection.get("connection", "id") or posixpath.basename(connection.path)
    lines = [f"id={name}-{identifier}", f"uuid={uuid}", f"autoconnect-priority={priority}"]
    if values.normal_mac(key):
        text = sections.with_lines(text, "ethernet", [f"mac-address={key.upper()}"])
    else:
        lines.append(f"interface-name={key}")
    return sections.with_lines(text, "connection", lines)


def uuid_for_one(whole: str, identifier: str) -> str:
    """The UUID of what is made, for the NIC with this identifier, of a connection for many: by the latter's UUID or path."""
    return str(uuid5(NAMESPACE_URL, f"guestconv:{whole}:{identifier}"))


def priority_above(text: str | None) -> int:
    """The autoconnect-priority of what goes before a connection with this one, where there is a higher one."""
    return min(int_of(text) + 1, _HIGHEST_PRIORITY)


def int_of(text: str | None) -> int:
    """The number that text is, 0 where it is none."""
    return int(text) if text and re.fullmatch(r"-?\d{1,15}", text) else 0


def section_of(entry: sections.Entry) -> str:
    """The name of the entry's section, for which there are others."""
    return "ethernet" if entry.section in _WIRED else entry.section


def _mac_of(text: str) -> str | None:
    """The MAC address in text; NetworkManager before 0.9.10 wrote it as numbers: 0;80;86;170;187;204;"""
    numbers = [word.strip() for word in text.split(";") if word.strip()]
    if len(numbers) == 6 and all(number.isdecimal() and int(number[:4]) < 256 for number in numbers):
        return ":".join(f"{int(number):02x}" for number in numbers)
    return values.normal_mac(text)


def with_mac_replaced(value: str, macs: Mapping[str, str]) -> str:
    """value with MAC addresses replaced, {old: new}, in whichever form it has them."""
    new = macs.get(_mac_of(value) or "")
    if ";" in value and new:
        return "".join(f"{int(byte, 16)};" for byte in new.split(":"))
    return values.with_macs_replaced(value, macs)


def _unescaped(value: str) -> str:
    # GKeyFile's escapes; names do not have the others.
    return value.replace("\\s", " ").replace("\\\\", "\\")
