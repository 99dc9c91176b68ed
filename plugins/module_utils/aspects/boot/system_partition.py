# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The EFI system partition, as a root has it mounted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ...guest.guest import Guest
from ...guest.root import GuestRoot

_FALLBACK = "boot"

# Where a distribution's directory is not called as os-release(5) calls the distribution.
_DIRECTORIES = {"rhel": "redhat", "ol": "redhat"}

_OS_RELEASE = "/etc/os-release"
_LIKE = re.compile(r"(?m)^ID_LIKE=[\"']?(?P<names>[^\"'\n]*)")
# A script of GRUB's that looks for a filesystem, and the words that the UUID of that is one of.
_SCRIPT, _SEARCH, _WORD = "grub.cfg", re.compile(r"fs[-_]uuid"), re.compile(r"[\w-]+")


@dataclass(frozen=True)
class SystemPartition:
    """What is on the EFI system partition that a root has mounted. FAT tells no upper case from lower.

    path: of its directory EFI. directories: {name of a directory in it: names in that}.
    preferred: names of directories, the one first that most likely belongs to the root.
    """

    path: str
    directories: Mapping[str, Sequence[str]]
    preferred: Sequence[str] = ()

    @property
    def vendors(self) -> list[str]:
        """The names of the directories less that of the fallback, in the order of preference, then sorted."""
        names = sorted(name for name in self.directories if name.casefold() != _FALLBACK)
        return [
            *(name for name in self.preferred if name in names),
            *(each for each in names if each not in self.preferred),
        ]

    @property
    def fallback(self) -> str:
        """The name of the directory of the fallback, as it is spelt where it is there already."""
        return next((name for name in self.directories if name.casefold() == _FALLBACK), "BOOT")

    def names(self, directory: str) -> dict[str, str]:
        """The names of the files in a directory, as they are spelt, by what they are in lower case."""
        return {name.casefold(): name for name in self.directories.get(directory, ())}

    def with_file(self, name: str) -> list[str]:
        """The paths of the directories that have a file of this name, the fallback's last."""
        ordered = [*self.vendors, *(each for each in self.directories if each.casefold() == _FALLBACK)]
        return [f"{self.path}/{directory}" for directory in ordered if name in self.names(directory)]


def on_disk(guest: Guest, device: str) -> bool:
    """Whether the disk called device has an EFI system partition."""
    return any(each.disk.identifier == device for each in guest.storage.efi_system_partitions)


def is_there(guest: Guest) -> bool:
    """Whether any disk has one."""
    return bool(guest.storage.efi_system_partitions)


def mounted(root: GuestRoot) -> SystemPartition | None:
    """The SystemPartition that root has mounted, None when there is none. It costs a guest with BIOS no call."""
    # It may be mirrored: what is mounted is an array then (metadata 1.0, which leaves the members readable for firmware).
    storage = root.guest.storage
    partitions = storage.efi_system_partitions
    ours = {each.name for each in storage.filesystems for esp in partitions if storage.rests_on(each, esp)}
    failed = {each.mount.path for each in root.not_mounted}
    there = {path: name for path, name in root.info["mountpoints"].items() if path not in failed}
    paths = [path for path, name in there.items() if name in ours or path == "/boot/efi"]
    if not paths:
        return None
    top = f"{sorted(paths)[0].rstrip('/')}/EFI"
    found = SystemPartition(top, {name: root.list(f"{top}/{name}") for name in root.list(top)})
    return replace(found, preferred=_preferred(root, found)) if len(found.vendors) > 1 else found


def _preferred(root: GuestRoot, partition: SystemPartition) -> list[str]:
    """The directories in the order in which they may belong to the root.

    What is left over from a system that was there before leads to filesystems that are gone. Of the others it is the one
    that is called as the root's distribution, or as one that this is made of.
    """
    distribution = str(root.info.get("distribution") or "")
    like = _LIKE.search(root.read(_OS_RELEASE) or "")
    systems = [distribution, *(like["names"].split() if like else ())]
    wanted = [_DIRECTORIES.get(name, name) for name in systems if name]

    def rank(directory: str) -> tuple[bool, int]:
        name = directory.casefold()
        # opensuse-leap has EFI/opensuse.
        places = [place for place, each in enumerate(wanted) if each == name or each.startswith(f"{name}-")]
        return _leads_nowhere(root, partition, directory), min(places, default=len(wanted))

    return sorted(partition.vendors, key=rank)


def _leads_nowhere(root: GuestRoot, partition: SystemPartition, directory: str) -> bool:
    """Whether GRUB's script there looks for filesystems, of which none is on the guest's disks."""
    script = partition.names(directory).get(_SCRIPT)
    text = (root.read(f"{partition.path}/{directory}/{script}") or "") if script else ""
    uuids = {each.uuid for each in root.guest.storage.filesystems if each.uuid}
    return bool(_SEARCH.search(text)) and uuids.isdisjoint(_WORD.findall(text))
