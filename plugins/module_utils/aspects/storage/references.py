# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""fstab and crypttab: which filesystems they name, and how to say that on any hardware."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ...guest import device_names
from ...guest.root import GuestRoot
from ...model.concerns import Concern
from ...texts import fstab, tables
from . import arguments, resume
from .names import Names


@dataclass(frozen=True)
class Reference:
    """A table that names filesystems. column: the index of the field that does. named: what that names."""

    path: str
    column: int
    named: str

    def name(self, row: tables.Row) -> str:
        """The name in a row; "" where there is none."""
        return fstab.unescaped(row.fields[self.column]) if len(row.fields) > self.column else ""


FSTAB = Reference("/etc/fstab", 0, "filesystem")
REFERENCES = (FSTAB, Reference("/etc/crypttab", 1, "encrypted device"))


def names_of_hardware(root: GuestRoot) -> frozenset[str]:
    """All names of hardware that the files, and the boot menu's command lines, have."""
    texts = [root.read(reference.path) or "" for reference in REFERENCES]
    texts += [*resume.texts(root).values(), *arguments.names_in(entry.arguments for entry in root.boot_menu.entries)]
    return frozenset().union(*map(device_names.of_hardware, texts))


def concerns(root: GuestRoot, names: Names) -> list[Concern]:
    """A concern for every line, and argument of the kernel's, that names something which cannot be named otherwise."""
    found = []
    for reference in REFERENCES:
        for row in tables.rows(root.read(reference.path) or ""):
            name = reference.name(row)
            if names.is_lost(name):
                entry = fstab.entry(row) if reference is FSTAB else None
                severity = "error" if entry and entry.is_waited_for else "warning"
                found.append(_lost(names, reference.path, name, severity))
    found += [_lost(names, path, name, "warning") for path, name in resume.devices(root) if names.is_lost(name)]
    return found + arguments.concerns(root, names)


def rename(root: GuestRoot, names: Names, reference: Reference, removed: Collection[str]) -> None:
    """Name by UUID what the hardware named, and comment out what is on the removed disks (their ids)."""

    def edit(row: tables.Row) -> str:
        name = reference.name(row)
        if names.are_on(name, removed):
            return "# removed with its disk: " + " ".join(row.fields)
        stable = names.stable(name) if device_names.is_of_hardware(name) else None
        return row.with_field(reference.column, stable) if stable else row.line

    text = root.read(reference.path)
    if text is not None:
        detail = f"named each {reference.named} by UUID instead of by hardware"
        root.write(reference.path, tables.edited(text, edit), detail)


def _lost(names: Names, where: str, name: str, severity: str) -> Concern:
    """The concern about name, which stands in where (a file, or words for another place)."""
    ends = " The guest would not start without it." if severity == "error" else ""
    if names.filesystems(name):
        return Concern(
            "device-name-ambiguous",
            severity,
            f"{where} names {name}, which has no UUID or label that no other filesystem has too.{ends}",
            "Give it a UUID of its own in the guest (tune2fs -U, xfs_admin -U, swaplabel -U), as clones need one.",
        )
    return Concern(
        "device-name-unknown",
        severity,
        f"{where} names {name}, which is none of the disks' filesystems, as far as its name tells.{ends}",
        "Give all of the guest's disks, and as device the names that the guest knew them by (hda, xvda); if that was "
        "done, name the filesystem there by UUID in the guest, or remove the line.",
    )
