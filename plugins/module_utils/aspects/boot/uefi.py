# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""UEFI: the EFI system partition, and the fallback: what firmware starts that has no variables which name a loader.

Those variables are the old machine's, and no disk carries them. Without \\EFI\\BOOT\\BOOTX64.EFI nothing boots then.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import GuestconvError
from ...model.description import Concern

# What the names of the loaders for a machine end with (UEFI specification, 3.5.1.1): BOOTX64.EFI, shimx64.efi.
_SUFFIXES = {"x86_64": "x64", "aarch64": "aa64"}

# Where a distribution's directory is not called as os-release(5) calls the distribution.
_DIRECTORIES = {"rhel": "redhat", "ol": "redhat"}

_FALLBACK = "boot"
_WHY = "firmware that has no variables of the old machine's starts the guest by it"


@dataclass(frozen=True)
class SystemPartition:
    """What is on the EFI system partition that a root has mounted. FAT tells no upper case from lower.

    path: of its directory EFI. directories: {name of a directory in it: names in that}.
    """

    path: str
    directories: dict

    @property
    def vendors(self):
        """The names of the directories less that of the fallback, sorted."""
        return sorted(name for name in self.directories if name.casefold() != _FALLBACK)

    @property
    def fallback(self):
        """The name of the directory of the fallback, as it is spelt where it is there already."""
        return next((name for name in self.directories if name.casefold() == _FALLBACK), "BOOT")

    def names(self, directory):
        """The names of the files in a directory, as they are spelt, by what they are in lower case."""
        return {name.casefold(): name for name in self.directories.get(directory, ())}

    def with_file(self, name):
        """The paths of the directories that have a file of this name, the fallback's last."""
        ordered = sorted(self.directories, key=lambda directory: (directory.casefold() == _FALLBACK, directory))
        return [f"{self.path}/{directory}" for directory in ordered if name in self.names(directory)]


def on_disk(guest, device):
    """Whether the disk called device has an EFI system partition."""
    return any(each.disk.identifier == device for each in guest.storage.efi_system_partitions)


def is_there(guest):
    """Whether any disk has one."""
    return bool(guest.storage.efi_system_partitions)


def look(root):
    """The SystemPartition that is mounted in root, None when there is none. It costs a guest with BIOS no call."""
    ours = {partition.name for partition in root.guest.storage.efi_system_partitions}
    mounted = [path for path, name in root.info["mountpoints"].items() if name in ours or path == "/boot/efi"]
    if not mounted:
        return None
    top = f"{sorted(mounted)[0].rstrip('/')}/EFI"
    return SystemPartition(top, {name: root.list(f"{top}/{name}") for name in root.list(top)})


def copies(partition, arch, distribution):
    """What must be copied, (path, new path) each, so that there is a fallback. None: it is there. []: of nothing.

    arch, distribution: as in the root's info; arch must be one of those that fallback_name knows.
    """
    suffix = _SUFFIXES[arch]
    if fallback_name(arch).casefold() in partition.names(partition.fallback):
        return None
    wanted = _DIRECTORIES.get(distribution, distribution or "")
    vendors = sorted(partition.vendors, key=lambda name: not wanted.startswith(name.casefold()))
    for first in (_by_shim, _by_grub):
        for vendor in vendors:
            found = first(partition.names(vendor), suffix)
            if found:
                targets = [fallback_name(arch), *found[1:]]
                return [
                    (f"{partition.path}/{vendor}/{name}", f"{partition.path}/{partition.fallback}/{target}")
                    for name, target in zip(found, targets)
                ]
    return []


def fallback_name(arch):
    """The file's name that firmware of this machine (uname -m) looks for, None where guestconv does not know it."""
    return f"BOOT{_SUFFIXES[arch].upper()}.EFI" if arch in _SUFFIXES else None


def _by_shim(names, suffix):
    """The names of shim and of what it starts from its own directory; none where it could start nothing.

    Debian's, Ubuntu's and Red Hat's shim starts grubx64.efi and mmx64.efi; SUSE's, and Red Hat's until EL 7.3, are
    called shim.efi, and MokManager.efi. SUSE's starts grub.efi, which reads the grub.cfg that is beside it; the others'
    GRUB knows its own directory. fbx64.efi must not come along: shim would prefer it, and it writes variables.
    """
    shim = next((names[name] for name in (f"shim{suffix}.efi", "shim.efi") if name in names), None)
    started = [names[name] for name in (f"grub{suffix}.efi", "grub.efi") if name in names]
    if shim is None or not started:
        return []
    beside = [f"mm{suffix}.efi", "mokmanager.efi", *(["grub.cfg"] if "grub.efi" in names else [])]
    return [shim, *started, *(names[name] for name in beside if name in names)]


def _by_grub(names, suffix):
    name = f"grub{suffix}.efi"
    return [names[name]] if name in names else []


def concerns(root, partition):
    """What a person should know of how root boots with UEFI. partition: as of look."""
    arch, distribution = root.info.get("arch"), root.info.get("distribution")
    name = fallback_name(arch)
    if name is None or partition is None:
        why = f"its machine is {arch}" if name is None else "no line of its /etc/fstab mounts the EFI system partition"
        return [
            Concern(
                "uefi-fallback-unknown",
                "warning",
                f"Whether UEFI finds a boot loader of {root.name} on another machine was not looked at: {why}.",
                "A new machine has no boot entries: have a boot loader in \\EFI\\BOOT before the guest moves.",
            )
        ]
    if copies(partition, arch, distribution) == []:
        return [
            Concern(
                "uefi-fallback-missing",
                "error",
                f"The EFI system partition has neither EFI/BOOT/{name}, by which a new machine boots, "
                "nor a GRUB that it could be made of.",
                "Install GRUB in the guest once more: its package, or grub-install (shim-install) with --removable.",
            )
        ]
    return []


def convert(root):
    """Make the fallback, if there is none. Returns whether it was made. Raises GuestconvError `boot-full`."""
    # Not what inspect saw: another root of the guest, which has the same partition, may have been converted since.
    partition, arch = look(root), root.info.get("arch")
    if partition is None or fallback_name(arch) is None:
        return False
    missing = copies(partition, arch, root.info.get("distribution")) or []
    if missing:
        needed, room = sum(root.size(path) for path, _new in missing), root.free(partition.path)
        if room < needed:
            raise GuestconvError(
                "boot-full",
                f"{partition.path} in the guest has {room >> 10} KiB free; {needed >> 10} KiB are needed for "
                f"{partition.fallback} there.",
                hint="Make room on the EFI system partition.",
            )
    for path, new in missing:
        root.copy(path, new, _WHY)
    return bool(missing)
