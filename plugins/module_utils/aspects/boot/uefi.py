# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""UEFI: the EFI system partition, and the fallback: what firmware starts that has no variables which name a loader.

Those variables are the old machine's, and no disk carries them. Without \\EFI\\BOOT\\BOOTX64.EFI nothing boots then.
"""

from __future__ import annotations

from ...errors import GuestconvError
from ...guest.root import GuestRoot
from ...model.concerns import Concern
from . import evidence, loaders
from .evidence import Known, Started
from .system_partition import SystemPartition, mounted

# What the names of the loaders for a machine end with (UEFI specification, 3.5.1.1): BOOTX64.EFI, shimx64.efi.
_SUFFIXES = {"x86_64": "x64", "i686": "ia32", "aarch64": "aa64"}

# Where a distribution's directory is not called as os-release(5) calls the distribution.
_DIRECTORIES = {"rhel": "redhat", "ol": "redhat"}

_WHY = "firmware that has no variables of the old machine's starts the guest by it"


def copies(partition: SystemPartition, arch: str, distribution: str | None) -> list[tuple[str, str]] | None:
    """What must be copied, (path, new path) each, so that there is a fallback. None: it is there. []: of nothing.

    arch, distribution: as in the root's info; arch must be one of those that fallback_name knows.
    """
    suffix = _SUFFIXES[arch]
    name = fallback_name(arch) or ""
    if name.casefold() in partition.names(partition.fallback):
        return None
    wanted = _DIRECTORIES.get(distribution or "", distribution or "")
    vendors = sorted(partition.vendors, key=lambda name: not wanted.startswith(name.casefold()))
    for way in loaders.fallbacks():
        for vendor in vendors:
            found = way(partition.names(vendor), suffix)
            if found:
                targets = [name, *found[1:]]
                return [
                    (f"{partition.path}/{vendor}/{name}", f"{partition.path}/{partition.fallback}/{target}")
                    for name, target in zip(found, targets)
                ]
    return []


def fallback_name(arch: str) -> str | None:
    """The file's name that firmware of this machine (uname -m) looks for, None where guestconv does not know it."""
    suffix = _SUFFIXES.get(arch)
    return f"BOOT{suffix.upper()}.EFI" if suffix else None


def started(root: GuestRoot, partition: SystemPartition | None, known: Known) -> Started:
    """What UEFI starts without variables."""
    arch = str(root.info.get("arch"))
    if partition is None or fallback_name(arch) is None:
        return Started()
    name = partition.names(partition.fallback).get(str(fallback_name(arch)).casefold())
    if name is not None:
        first: str | None = f"{partition.path}/{partition.fallback}/{name}"
    else:
        made = copies(partition, arch, root.info.get("distribution"))
        first = made[0][0] if made else None
    return evidence.with_uefi(root, partition, first, _SUFFIXES[arch], known)


def concerns(root: GuestRoot, partition: SystemPartition | None) -> list[Concern]:
    """What a person should know of how root boots with UEFI. partition: the one that it has mounted."""
    arch, distribution = str(root.info.get("arch")), root.info.get("distribution")
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
                "nor a boot loader that it could be made of.",
                "Install GRUB in the guest once more: its package, or grub-install (shim-install) with --removable.",
            )
        ]
    return []


def convert(root: GuestRoot, is_needed: bool) -> bool:
    """Make the fallback, if there is none. Returns whether it was made.

    is_needed: whether the guest has UEFI. One that boots with BIOS, and can boot with UEFI too, keeps that as long as
    there is room for it. Raises GuestconvError `boot-full`.
    """
    # Not what inspect saw: another root of the guest, which has the same partition, may have been converted since.
    partition, arch = mounted(root), str(root.info.get("arch"))
    if partition is None or fallback_name(arch) is None:
        return False
    missing = copies(partition, arch, root.info.get("distribution")) or []
    if missing:
        needed, room = sum(root.size(path) for path, _new in missing), root.free(partition.path)
        if room < needed and not is_needed:
            return False
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
