# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""fstab(5), as libmount and systemd read it. Pure."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from . import tables

# With these in its options the guest starts without what a line mounts (systemd.mount(5); the last is older).
_NOT_WAITED_FOR = frozenset(("noauto", "nofail", "_netdev", "x-systemd.automount", "comment=systemd.automount"))

_OF_DISCS = frozenset(("iso9660", "udf"))
# Where installers have the drives mounted (/media/cdrom0, /mnt/floppy).
_REMOVABLE = re.compile(r"(?:cdrom|cdrw|cdrecorder|dvd|dvdrw|dvdram|dvdrecorder|floppy|fd)\d*\Z")


@dataclass(frozen=True)
class Entry:
    """What one line says.

    spec: what is mounted, and path: where, both without fstab's escapes. path is normalized where it is absolute.
    options: as they stand between the commas, without empty ones.
    """

    spec: str
    path: str
    type: str
    options: tuple[str, ...]

    @property
    def is_mount(self) -> bool:
        """Whether the line mounts something, and is not about swap space."""
        return self.path.startswith("/") and self.type != "swap"

    @property
    def is_tried(self) -> bool:
        """Whether the guest mounts it when it starts."""
        return "noauto" not in self.options

    @property
    def may_lack_medium(self) -> bool:
        """Whether the line is for a drive with a medium that is there at times (/dev/hdc /media/cdrom iso9660 noauto)."""
        if not self.is_mount or self.is_waited_for:
            return False
        is_disc = bool(self.type) and set(self.type.split(",")) <= _OF_DISCS
        return is_disc or _REMOVABLE.match(posixpath.basename(self.path)) is not None

    @property
    def is_waited_for(self) -> bool:
        """Whether the guest does not start without what the line mounts."""
        return self.is_mount and _NOT_WAITED_FOR.isdisjoint(self.options)


def parse(text: str) -> list[Entry]:
    """The entries of an fstab (text), in order. A row of fewer than three fields is not one (libmount skips it)."""
    return [found for found in map(entry, tables.rows(text)) if found]


def entry(row: tables.Row) -> Entry | None:
    """What a row of an fstab says; None when it lacks fields. Fields after the sixth have no meaning."""
    if len(row.fields) < 3:
        return None
    spec, path, kind = map(unescaped, row.fields[:3])
    options = tuple(option for option in unescaped(",".join(row.fields[3:4])).split(",") if option)
    return Entry(spec, _normalized(path), kind, options)


def unescaped(field: str) -> str:
    r"""A field without its escapes: fstab(5) writes a byte that separates fields as \ooo (a blank is \040)."""
    content = field.encode("utf-8", "surrogateescape")
    content = re.sub(rb"\\([0-7]{3})", lambda match: bytes([int(match[1], 8) & 255]), content)
    # What comes after a NUL no program sees.
    return content.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _normalized(path: str) -> str:
    # POSIX lets two leading slashes mean something else, so normpath keeps them.
    return posixpath.normpath("/" + path.lstrip("/")) if path.startswith("/") else path
