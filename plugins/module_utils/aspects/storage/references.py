# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""fstab and crypttab: which filesystems they name, and how to say that on any hardware."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial

from ...guest import device_names
from ...guest.root import GuestRoot
from ...guest.storage import encryption
from ...model.concerns import Concern
from ...texts import crypttab, fstab, tables
from . import arguments, resume, specs
from .names import Names, lost


@dataclass(frozen=True)
class Reference:
    """A table that names filesystems. column: the index of the field that does. named: what that names."""

    path: str
    column: int
    named: str

    def name(self, row: tables.Row) -> str:
        """The name in a row; "" where there is none."""
        return fstab.unescaped(row.fields[self.column]) if len(row.fields) > self.column else ""

    def stable(self, names: Names, row: tables.Row) -> str | None:
        """The name in a row as it is right on any hardware; None when there is none, or the hardware did not give it."""
        name = self.name(row)
        if not device_names.is_of_hardware(name):
            return None
        if self is FSTAB:
            return names.stable(name)
        entry = crypttab.entry(row)
        if entry and not entry.has_header:
            # What is on the device, with its UUID, is written over when the guest starts, or is no header.
            return names.storage.stable_name(name, names.links, ("PARTUUID",))
        return names.storage.stable_name(name, names.links, ("UUID",))


FSTAB = Reference("/etc/fstab", 0, "filesystem")


def references_in(root: GuestRoot) -> list[Reference]:
    """The tables of a root."""
    return [FSTAB, *(Reference(path, 1, "encrypted device") for path in encryption.tables(root))]


def names_of_hardware(root: GuestRoot) -> frozenset[str]:
    """All names of hardware that the files, and the boot menu's command lines, have."""
    texts = [root.read(reference.path) or "" for reference in references_in(root)]
    texts += [*resume.texts(root).values(), *arguments.names_in(entry.arguments for entry in root.boot_menu.entries)]
    return frozenset().union(*map(device_names.of_hardware, texts))


def concerns(root: GuestRoot, names: Names) -> list[Concern]:
    """A concern for every line, and argument of the kernel's, that names something which cannot be named otherwise."""
    found = []
    for reference in references_in(root):
        for row in tables.rows(root.read(reference.path) or ""):
            name = reference.name(row)
            if device_names.is_of_hardware(name) and reference.stable(names, row) is None:
                entry = fstab.entry(row) if reference is FSTAB else None
                if entry and entry.may_lack_medium and not names.filesystems(name):
                    continue
                severity = "error" if entry and entry.is_waited_for else "warning"
                found.append(lost(names, reference.path, name, severity))
            for _column, device in _key_devices(reference, row):
                if names.is_lost(device):
                    found.append(lost(names, reference.path, device, "warning"))
    found += [lost(names, path, name, "warning") for path, name in resume.devices(root) if names.is_lost(name)]
    return found + arguments.concerns(root, names)


def rename(root: GuestRoot, names: Names, reference: Reference, removed: Collection[str]) -> None:
    """Name by UUID what the hardware named, and comment out what is on the removed disks (their ids)."""
    text = root.read(reference.path)
    if text is not None:
        detail = f"named each {reference.named} by UUID instead of by hardware"
        root.write(reference.path, tables.edited(text, partial(edited, names, reference, removed)), detail)


def edited(names: Names, reference: Reference, removed: Collection[str], row: tables.Row) -> str:
    """A row, as rename makes it."""
    name = reference.name(row)
    if names.are_on(name, removed):
        return "# removed with its disk: " + " ".join(row.fields)
    stable = reference.stable(names, row)
    if stable:
        row = tables.Row(row.with_field(reference.column, stable), row.fields)
    for column, device in _key_devices(reference, row):
        path = specs.stable_path(names, device)
        if path:
            row = tables.Row(row.with_field(column, row.fields[column].replace(device, path)), row.fields)
    return row.line


def _key_devices(reference: Reference, row: tables.Row) -> list[tuple[int, str]]:
    """(column, name) of the devices in a row of crypttab on which the key, and a header of its own, are."""
    entry = crypttab.entry(row) if reference is not FSTAB else None
    if entry is None:
        return []
    files = [(2, entry.key_file), (3, entry.header_file)]
    named = [(column, file.device or file.path) for column, file in files if file]
    return [(column, name) for column, name in named if name.startswith("/dev/") and name in row.fields[column]]
