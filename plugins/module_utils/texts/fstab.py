# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""fstab(5), as libmount and systemd read it. Pure."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from . import tables

# What the line mounts is on a network (mount(8)).
ON_NETWORK = "_netdev"
# With these in its options the guest starts without what a line mounts (systemd.mount(5); the last is older).
_NOT_WAITED_FOR = frozenset((ON_NETWORK, "x-systemd.automount", "comment=systemd.automount"))
# Of these the last counts, for systemd-fstab-generator(8).
_OPPOSITES = (("noauto", "auto"), ("nofail", "fail"))
# Another target than local-fs.target, without which the guest does not start, pulls the mount in, and does without it.
_WANTED_BY, _REQUIRED_BY = "x-systemd.wanted-by=", "x-systemd.required-by="
# They go on when `mount -a` fails, but stop for an administrator when `fsck -A` does, which checks what has a sixth field
# other than 0 (sysvinit's checkfs.sh and rc.sysinit, OpenRC's fsck).
_INITS_THAT_GO_ON = ("sysvinit", "openrc")
# Of Upstart's mountall(8), in Ubuntu's fstab(5) until 14.04; EC2's images had it for the disks of the instance.
_MOUNTALL_GOES_ON = "nobootwait"

_OF_DISCS = frozenset(("iso9660", "udf"))
# Where installers have the drives mounted (/media/cdrom0, /mnt/floppy).
_REMOVABLE = re.compile(r"(?:cdrom|cdrw|cdrecorder|dvd|dvdrw|dvdram|dvdrecorder|floppy|fd)\d*\Z")

_NUMBER = re.compile(r"\d{1,9}")


@dataclass(frozen=True)
class Entry:
    """What one line says.

    spec: what is mounted, and path: where, both without fstab's escapes. path is normalized where it is absolute.
    options: as they stand between the commas, without empty ones. pass_number: 0 where the filesystem is not checked.
    """

    spec: str
    path: str
    type: str
    options: tuple[str, ...]
    pass_number: int = 0

    @property
    def is_mount(self) -> bool:
        """Whether the line mounts something, and is not about swap space."""
        return self.path.startswith("/") and self.type != "swap"

    @property
    def is_tried(self) -> bool:
        """Whether the guest mounts it when it starts."""
        return not self._has_last("noauto", "auto")

    @property
    def may_lack_medium(self) -> bool:
        """Whether the line is for a drive with a medium that is there at times (/dev/hdc /media/cdrom iso9660 noauto)."""
        if not self.is_mount or self.is_waited_for:
            return False
        is_disc = bool(self.type) and set(self.type.split(",")) <= _OF_DISCS
        return is_disc or _REMOVABLE.match(posixpath.basename(self.path)) is not None

    @property
    def is_waited_for(self) -> bool:
        """Whether a guest that systemd starts does not start without what the line mounts."""
        if not self.is_mount or not _NOT_WAITED_FOR.isdisjoint(self.options):
            return False
        wanted, required = (
            any(option.startswith(key) for option in self.options) for key in (_WANTED_BY, _REQUIRED_BY)
        )
        return not any(self._has_last(*pair) for pair in _OPPOSITES) and (required or not wanted)

    def stops(self, init: str | None) -> bool:
        """Whether a guest with this init system (info.init; None is Upstart, and others) does not start without it."""
        if init is None and _MOUNTALL_GOES_ON in self.options:
            return False
        return self.is_waited_for and (init not in _INITS_THAT_GO_ON or self.pass_number > 0)

    def _has_last(self, option: str, opposite: str) -> bool:
        """Whether the last of the two options that is there is option."""
        return [each for each in self.options if each in (option, opposite)][-1:] == [option]


def parse(text: str) -> list[Entry]:
    """The entries of an fstab (text), in order.

    A row of two fields is one to glibc's getmntent(3), with which systemd read the file until it took libmount, which
    skips it. So is one with words in place of numbers.
    """
    return [found for found in map(entry, tables.rows(text)) if found]


def entry(row: tables.Row) -> Entry | None:
    """What a row of an fstab says; None when it lacks fields. Fields after the sixth have no meaning."""
    if len(row.fields) < 2:
        return None
    spec, path, kind = map(unescaped, (*row.fields, "")[:3])
    options = tuple(option for option in unescaped(",".join(row.fields[3:4])).split(",") if option)
    number = _NUMBER.match("".join(row.fields[5:6]))
    return Entry(spec, _normalized(path), kind, options, int(number[0]) if number else 0)


def unescaped(field: str) -> str:
    r"""A field without its escapes: fstab(5) writes a byte that separates fields as \ooo (a blank is \040)."""
    content = field.encode("utf-8", "surrogateescape")
    content = re.sub(rb"\\([0-7]{3})", lambda match: bytes([int(match[1], 8) & 255]), content)
    # What comes after a NUL no program sees.
    return content.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _normalized(path: str) -> str:
    # POSIX lets two leading slashes mean something else, so normpath keeps them.
    return posixpath.normpath("/" + path.lstrip("/")) if path.startswith("/") else path
