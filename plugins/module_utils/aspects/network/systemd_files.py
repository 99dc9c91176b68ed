# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""systemd's files for the network: .network, .netdev and .link, with their drop-ins (NAME.network.d/*.conf).

A file in /etc hides one of its name in /usr/lib, and an empty one, or a link to /dev/null, masks it. Drop-ins add to a
file, in the order of their names over all directories, and hide each other likewise.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from ...guest.root import GuestRoot
from ...texts import sections
from . import bounds

WRITABLE = "/etc/systemd/network"
# /run is not read: it is a tmpfs, which does not outlive the guest's shutdown, and hides what a disk has below it. /lib
# is where Debian has it before /usr was merged.
_DIRECTORIES = (WRITABLE, "/usr/local/lib/systemd/network", "/usr/lib/systemd/network", "/lib/systemd/network")


class File:
    """A file with its drop-ins: path, and texts {path: text} in the order in which they are read."""

    def __init__(self, path: str, texts: Mapping[str, str]) -> None:
        self.path = path
        self.texts = texts
        self.entries = [
            (order, entry)
            for order, text in enumerate(texts.values())
            for entry in sections.parse(text, continued=True)
        ]

    def values(self, section: str, *keys: str) -> list[str]:
        """The values of all lines with one of keys; an empty one takes back those before it (systemd.syntax(7))."""
        found: list[str] = []
        for _order, entry in self.entries:
            if entry.section == section and entry.key in keys:
                if entry.value:
                    found.append(entry.value)
                else:
                    found.clear()
        return found

    @property
    def asks_for_something(self) -> bool:
        """Whether [Match] asks for anything at all, of the interface or of the system."""
        return any(self.values("Match", key) for key in {each.key for _order, each in self.entries})

    def sections(self, name: str) -> list[dict[str, str]]:
        """Each section called so, as {key: value}."""
        found: dict[tuple[int, int], dict[str, str]] = {}
        for order, entry in self.entries:
            if entry.section == name:
                found.setdefault((order, entry.number), {})[entry.key] = entry.value
        return list(found.values())

    def conditions(self, *keys: str) -> list[str]:
        """What [Match] asks by each of keys, as conditions of cards/patterns.py: words, with a `!` before each or none.

        A `!` at the beginning of a line is that of all its words (config_parse_match_strv() of systemd's
        libsystemd-network/network-internal.c). The lines of a key are one list.
        """
        found = []
        for key in keys:
            words = []
            for value in self.values("Match", key):
                excluded = "!" if value.startswith("!") else ""
                words += [excluded + word for word in value[len(excluded) :].split()]
            if words:
                found.append(" ".join(words))
        return found

    def words(self, *keys: str) -> list[str]:
        """What [Match] asks by keys, word by word."""
        return [word for value in self.values("Match", *keys) for word in value.split()]


def files(root: GuestRoot, suffix: str) -> list[File]:
    """The Files with this suffix that are in force, in the order in which systemd looks at them.

    Raises GuestconvError `network-too-large`.
    """
    found: dict[str, str] = {}
    drop_ins: dict[str, dict[str, str]] = {}
    for directory in _DIRECTORIES:
        for name in root.list(directory):
            path = posixpath.join(directory, name)
            if name.endswith(suffix):
                found.setdefault(name, path)
            elif name.endswith(f"{suffix}.d"):
                for drop_in in root.list(path):
                    if drop_in.endswith(".conf"):
                        drop_ins.setdefault(name[:-2], {}).setdefault(drop_in, posixpath.join(path, drop_in))
    bounds.to_read(root, [*found.values(), *(path for of_file in drop_ins.values() for path in of_file.values())])
    in_force = []
    for name in sorted(found):
        text = root.read(found[name])
        if text is None or not text.strip():
            continue
        of_file = [path for _name, path in sorted(drop_ins.get(name, {}).items())]
        texts = {path: root.read(path) or "" for path in of_file}
        in_force.append(File(found[name], {found[name]: text, **texts}))
    return in_force


def rewrite(root: GuestRoot, path: str, before: str, after: str, detail: str) -> None:
    """Change the file at path; of the distribution's own it is a copy in /etc, which hides that."""
    if after != before:
        root.write(writable(path), after, detail)


def writable(path: str) -> str:
    """The path in /etc of what goes before the file at path."""
    return posixpath.join(WRITABLE, path.split("/systemd/network/", 1)[1])
