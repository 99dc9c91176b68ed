# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The EFI system partition, as a root has it mounted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...guest.guest import Guest
from ...guest.root import GuestRoot

_FALLBACK = "boot"


@dataclass(frozen=True)
class SystemPartition:
    """What is on the EFI system partition that a root has mounted. FAT tells no upper case from lower.

    path: of its directory EFI. directories: {name of a directory in it: names in that}.
    """

    path: str
    directories: Mapping[str, Sequence[str]]

    @property
    def vendors(self) -> list[str]:
        """The names of the directories less that of the fallback, sorted."""
        return sorted(name for name in self.directories if name.casefold() != _FALLBACK)

    @property
    def fallback(self) -> str:
        """The name of the directory of the fallback, as it is spelt where it is there already."""
        return next((name for name in self.directories if name.casefold() == _FALLBACK), "BOOT")

    def names(self, directory: str) -> dict[str, str]:
        """The names of the files in a directory, as they are spelt, by what they are in lower case."""
        return {name.casefold(): name for name in self.directories.get(directory, ())}

    def with_file(self, name: str) -> list[str]:
        """The paths of the directories that have a file of this name, the fallback's last."""
        ordered = sorted(self.directories, key=lambda directory: (directory.casefold() == _FALLBACK, directory))
        return [f"{self.path}/{directory}" for directory in ordered if name in self.names(directory)]


def on_disk(guest: Guest, device: str) -> bool:
    """Whether the disk called device has an EFI system partition."""
    return any(each.disk.identifier == device for each in guest.storage.efi_system_partitions)


def is_there(guest: Guest) -> bool:
    """Whether any disk has one."""
    return bool(guest.storage.efi_system_partitions)


def mounted(root: GuestRoot) -> SystemPartition | None:
    """The SystemPartition that root has mounted, None when there is none. It costs a guest with BIOS no call."""
    ours = {partition.name for partition in root.guest.storage.efi_system_partitions}
    failed = {each.mount.path for each in root.not_mounted}
    there = {path: name for path, name in root.info["mountpoints"].items() if path not in failed}
    paths = [path for path, name in there.items() if name in ours or path == "/boot/efi"]
    if not paths:
        return None
    top = f"{sorted(paths)[0].rstrip('/')}/EFI"
    return SystemPartition(top, {name: root.list(f"{top}/{name}") for name in root.list(top)})
