# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""fstab and crypttab: which filesystems they name, and how to say that on any hardware."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial

from ...guest import device_names
from ...guest.root import GuestRoot
from ...guest.storage import encryption, mounts
from ...model.concerns import Concern
from ...texts import crypttab, fstab, tables
from .. import inits
from . import arguments, resume, software_made, specs
from .mentions import units
from .names import Names, lost, shared


@dataclass(frozen=True)
class Spot:
    """Where a row names a device. column: the index of the field. pattern: finds each name in it, as its group `name`.

    as_path: whether a path alone will do there, and not UUID=. tags: of which the name may be made, where not of all.
    as_unit: whether it is written as systemd's name of the device's unit (dev-sda1.device).
    """

    column: int
    pattern: re.Pattern[str] = re.compile(r"\A(?P<name>.+)\Z", re.DOTALL)
    as_path: bool = False
    tags: tuple[str, ...] = ()
    as_unit: bool = False

    def name(self, match: re.Match[str]) -> str:
        """The name that was found, as a path where it is a unit's."""
        name = fstab.unescaped(match["name"])
        return (units.path_of(name) or name) if self.as_unit else name


_DEVICE = r"(?:/dev/|(?:PART)?(?:UUID|LABEL)=)"


@dataclass(frozen=True)
class Reference:
    """A table that names filesystems. named: what the first of the spots names."""

    path: str
    named: str
    spots: tuple[Spot, ...]

    def name(self, row: tables.Row) -> str:
        """What the row is about; "" where there is none."""
        column = self.spots[0].column
        return fstab.unescaped(row.fields[column]) if len(row.fields) > column else ""

    def names(self, row: tables.Row) -> list[tuple[Spot, str]]:
        """All names in a row, with the spots where they are; first what it is about."""
        return [
            (spot, spot.name(match))
            for spot in self.spots
            for field in row.fields[spot.column : spot.column + 1]
            for match in spot.pattern.finditer(field)
        ]

    def stable(self, names: Names, row: tables.Row, spot: Spot, name: str) -> str | None:
        """The name as it is right on any hardware; None when there is none, or the hardware did not give it."""
        if not device_names.is_of_hardware(name):
            return None
        tags = spot.tags
        entry = crypttab.entry(row) if self is not FSTAB and spot is self.spots[0] else None
        if entry:
            # Without a header, what is on the device is written over when the guest starts, or has no UUID.
            tags = ("PARTUUID",) if not entry.has_header else ("UUID",) if entry.is_luks else ("UUID", "PARTUUID")
        tag = names.storage.stable_name(name, names.links, tags) if tags else names.stable(name)
        if tag and spot.as_unit:
            return units.unit_of(specs.path(tag))
        return specs.path(tag) if tag and spot.as_path else tag

    def edited(self, names: Names, row: tables.Row) -> str:
        """The row's line, with all of its names right on any hardware."""
        for spot in self.spots:
            for field in row.fields[spot.column : spot.column + 1]:
                new = spot.pattern.sub(partial(self._replaced, names, row, spot), field)
                if new != field:
                    row = row.edited(spot.column, new)
        return row.line

    def _replaced(self, names: Names, row: tables.Row, spot: Spot, match: re.Match[str]) -> str:
        stable = self.stable(names, row, spot, spot.name(match))
        start, end = match.start("name") - match.start(), match.end("name") - match.start()
        return f"{match[0][:start]}{stable or match['name']}{match[0][end:]}"


FSTAB = Reference(
    "/etc/fstab",
    "filesystem",
    (
        Spot(0),
        # Options of XFS, ext4, ReiserFS (xfs(5), ext4(5), mount(8)), and systemd.mount(5).
        Spot(
            3, re.compile(r"(?:\A|,)(?:logdev|rtdev|journal_path|jdev|x-systemd\.requires)=(?P<name>/dev/[^,]+)"), True
        ),
        Spot(3, re.compile(r"(?:\A|,)x-systemd\.requires=(?P<name>dev-[^,]+\.device)(?=,|\Z)"), as_unit=True),
        # Each device of a btrfs has the filesystem's UUID.
        Spot(3, re.compile(r"(?:\A|,)device=(?P<name>/dev/[^,]+)"), True, ("PARTUUID",)),
    ),
)
_OF_CRYPTTAB = (
    Spot(1),
    # A key, or a header, in a file on another device: path:device (crypttab(5) of systemd), device:path (of Debian's
    # script passdev), or the device itself.
    Spot(2, re.compile(rf"\A/(?!dev/)[^:]*:(?P<name>{_DEVICE}[^:]+)\Z")),
    Spot(2, re.compile(r"\A(?P<name>/dev/[^:]+)(?::|\Z)"), True),
    Spot(3, re.compile(rf"(?:\A|,)header=/(?!dev/)[^:,]*:(?P<name>{_DEVICE}[^:,]+)")),
    Spot(3, re.compile(r"(?:\A|,)header=(?P<name>/dev/[^:,]+)"), True),
)
# mkinitcpio puts the second into initrds.
CRYPTTAB, CRYPTTAB_OF_INITRDS = (Reference(path, "encrypted device", _OF_CRYPTTAB) for path in encryption.TABLES)


def references_in(root: GuestRoot) -> list[Reference]:
    """The tables of a root."""
    return [FSTAB, *(each for each in (CRYPTTAB, CRYPTTAB_OF_INITRDS) if each.path in encryption.tables(root))]


def is_made_anew(row: tables.Row) -> bool:
    """Whether what a row of crypttab opens is written over when the guest starts."""
    entry = crypttab.entry(row)
    return entry is not None and entry.has_random_key


def names_of_hardware(root: GuestRoot) -> frozenset[str]:
    """All names of hardware that the files, and the boot menu's command lines, have."""
    texts = [root.read(reference.path) or "" for reference in references_in(root)]
    texts += [*resume.texts(root).values(), *arguments.names_in(entry.arguments for entry in root.boot_menu.entries)]
    return frozenset().union(*map(device_names.of_hardware, texts))


def concerns(root: GuestRoot, names: Names) -> list[Concern]:
    """A concern for every line, and argument of the kernel's, that names something which cannot be named otherwise."""
    found = []
    for row in tables.rows(root.read(FSTAB.path) or ""):
        found += _of_filesystem(root, names, row)
        found += shared(names, FSTAB.path, FSTAB.name(row))
    makers = software_made.Makers(root, names)
    for reference in references_in(root)[1:]:
        for row in tables.rows(root.read(reference.path) or ""):
            found += _of_mapping(names, makers, reference, row)
    # Debian's initrd waits for it, and goes on (initramfs-tools, scripts/local-premount/resume).
    found += [
        lost(names, path, name, "warning") for path, name in resume.devices(root) if _is_lost(names, makers, name)
    ]
    return found + arguments.concerns(root, names)


def _of_filesystem(root: GuestRoot, names: Names, row: tables.Row) -> list[Concern]:
    entry = fstab.entry(row)
    return [
        lost(names, FSTAB.path, name, "error" if entry and inits.stops(root, entry) else "warning")
        for spot, name in FSTAB.names(row)
        if device_names.is_of_hardware(name) and FSTAB.stable(names, row, spot, name) is None
        if not (entry and entry.may_lack_medium and not names.filesystems(name))
    ]


def _of_mapping(names: Names, makers: software_made.Makers, reference: Reference, row: tables.Row) -> list[Concern]:
    """The concerns about a row of crypttab. Without the device systemd waits in vain, and goes on."""
    found = []
    for spot, name in reference.names(row):
        if device_names.is_of_hardware(name):
            is_lost = reference.stable(names, row, spot, name) is None
        else:
            # As a key a path may be that of any device.
            is_asked = spot is reference.spots[0] or not name.startswith("/dev/")
            is_lost = is_asked and _is_lost(names, makers, name)
        if is_lost:
            found.append(lost(names, reference.path, name, "warning"))
    return found


def beside(root: GuestRoot, names: Names, removed: Collection[str]) -> list[tuple[str, str]]:
    """(path of the table, name) of keys, headers and journals on the removed disks (their ids), of what stays."""
    return [
        (reference.path, name)
        for reference in references_in(root)
        for row in tables.rows(root.read(reference.path) or "")
        if not names.are_on(reference.name(row), removed)
        for _spot, name in reference.names(row)[1:]
        if names.are_on(name, removed)
    ]


def _is_lost(names: Names, makers: software_made.Makers, name: str) -> bool:
    """Whether name is a device's that is not there, and that nothing makes; or holds on the old hardware alone."""
    if device_names.is_of_hardware(name):
        return names.is_lost(name)
    is_made = name.startswith("/dev/") and (software_made.is_made_at_each_start(name) or makers.of(name))
    return mounts.is_device(name) and not is_made and not names.filesystems(name)


def rename(root: GuestRoot, names: Names, reference: Reference, removed: Collection[str]) -> None:
    """Name by UUID what the hardware named, and comment out what is on the removed disks (their ids)."""
    text = root.read(reference.path)
    if text is not None:
        detail = f"named each {reference.named} by UUID instead of by hardware"
        mapped = _mapped_from(root, names, removed) if reference is FSTAB else frozenset()
        root.write(reference.path, tables.edited(text, partial(renamed, names, reference, removed, mapped)), detail)


def _mapped_from(root: GuestRoot, names: Names, removed: Collection[str]) -> frozenset[str]:
    """What crypttab makes of the removed disks (their ids), be it that this was not opened: names below /dev."""
    entries = encryption.entries(root) if removed else []
    return frozenset(f"/dev/mapper/{each.name}" for each in entries if names.are_on(each.device, removed))


def renamed(
    names: Names, reference: Reference, removed: Collection[str], mapped: Collection[str], row: tables.Row
) -> str:
    """The line of a row, as rename makes it. mapped: further names of what is on the removed disks."""
    name = reference.name(row)
    if name in mapped or names.are_on(name, removed):
        return "# removed with its disk: " + " ".join(row.fields)
    return reference.edited(names, row)
