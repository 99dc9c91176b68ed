# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""UEFI: the EFI system partition, and the fallback: what firmware starts that has no variables which name a loader.

Those variables are the old machine's, and no disk carries them. Without \\EFI\\BOOT\\BOOTX64.EFI nothing boots then.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from ...guest import space
from ...guest.root import GuestRoot
from ...guest.space import FilesystemFull
from ...model.concerns import Concern
from . import evidence, loaders, pe
from .evidence import Known, Started
from .loaders.loader import Fallback
from .system_partition import SystemPartition, mounted

# What the names of the loaders for a machine end with (UEFI specification, 3.5.1.1): BOOTX64.EFI, shimx64.efi.
_SUFFIXES = {"x86_64": "x64", "i686": "ia32", "aarch64": "aa64"}

# The directory of the boot manager of Windows.
_MICROSOFT = "microsoft"

_WHY = "firmware that has no variables of the old machine's starts the guest by it"
_LIST_WHY = "shim's fbx64.efi starts the guest by it"


def copies(
    partition: SystemPartition,
    arch: str,
    ways: Sequence[Fallback],
    is_alone: bool = False,
    is_foreign: bool = False,
) -> list[tuple[str, str]] | None:
    """What must be copied, (path, new path) each, so that there is a fallback. None: it is there. []: of nothing.

    arch: as in the root's info; must be one of those that fallback_name knows. ways: to make it.
    is_alone: whether the fallback is there, and is shim without what that starts. is_foreign: whether it gives way.
    """
    suffix, name = _SUFFIXES[arch], fallback_name(arch) or ""
    there = partition.names(partition.fallback)
    is_there = name.casefold() in there and not is_foreign
    if is_there and not is_alone:
        return None
    for way in ways:
        for vendor in partition.vendors:
            found = way(partition.names(vendor), suffix)
            pairs = list(zip(found, found if is_there else [name, *found[1:]]))
            if is_there and len(found) > 1:
                pairs = pairs[1:]
            elif is_there:
                pairs = [pair for pair in pairs if pair[1].casefold() in evidence.started_by_shim(suffix)]
            if pairs:
                directory = f"{partition.path}/{partition.fallback}"
                return [
                    (f"{partition.path}/{vendor}/{file}", f"{directory}/{there.get(target.casefold(), target)}")
                    for file, target in pairs
                ]
    return []


def fallback_name(arch: str) -> str | None:
    """The file's name that firmware of this machine (uname -m) looks for, None where guestconv does not know it."""
    suffix = _SUFFIXES.get(arch)
    return f"BOOT{suffix.upper()}.EFI" if suffix else None


def started(root: GuestRoot, partition: SystemPartition | None, known: Known) -> Started:
    """What UEFI starts without variables. Where it could be made of several boot loaders, nothing says which."""
    arch = str(root.info.get("arch"))
    if partition is None or fallback_name(arch) is None:
        return Started()
    there = _in_fallback(partition)
    first = there.get(str(fallback_name(arch)).casefold())
    if first is not None and _is_of_windows(root, partition, first):
        first = None
    made = [pairs for each in loaders.LOADERS for pairs in [_missing(root, partition, arch, each.FALLBACKS)] if pairs]
    if first is None and len(made) > 1:
        return Started()
    pairs = made[0] if made else []
    first = first or (pairs[0][0] if pairs else there.get(str(fallback_name(arch)).casefold()))
    beside = {**there, **{posixpath.basename(new).casefold(): path for path, new in pairs}}
    return evidence.with_uefi(root, partition, first, _SUFFIXES[arch], known, beside)


def _in_fallback(partition: SystemPartition) -> dict[str, str]:
    """The paths of the files in the directory of the fallback, by their names in lower case."""
    names = partition.names(partition.fallback)
    return {name: f"{partition.path}/{partition.fallback}/{spelt}" for name, spelt in names.items()}


def _missing(
    root: GuestRoot, partition: SystemPartition, arch: str, ways: Sequence[Fallback]
) -> list[tuple[str, str]] | None:
    """copies(), less what would put a program that is not signed in the place of one that is."""
    suffix, there = _SUFFIXES[arch], _in_fallback(partition)
    starts = (*evidence.started_by_shim(suffix), *evidence.by_fallback_of_shim(suffix))
    fallback = there.get(str(fallback_name(arch)).casefold())
    is_alone = fallback is not None and not any(name in there for name in starts)
    is_alone = is_alone and evidence.is_shim(root, partition, str(fallback))
    if fallback is not None and _is_of_windows(root, partition, fallback):
        return copies(partition, arch, ways, is_foreign=True) or None
    found = copies(partition, arch, ways, is_alone)
    return found and [(path, new) for path, new in found if _is_signed(root, path) or not _is_signed(root, new)]


def _is_of_windows(root: GuestRoot, partition: SystemPartition, path: str) -> bool:
    """Whether a fallback is the boot manager of Windows. Its setup puts a copy there, whatever the old machine started.

    It starts no other system, and so it gives way to a boot loader of the root.
    """
    has_windows = any(name.casefold() == _MICROSOFT for name in partition.directories)
    return has_windows and root.is_file(path) and evidence.is_windows(root.head(path, evidence.HEAD))


def _is_signed(root: GuestRoot, path: str) -> bool:
    program = pe.parse(root.head(path, pe.HEAD)) if root.is_file(path) else None
    return program is not None and program.is_signed


def _missing_list(
    root: GuestRoot, partition: SystemPartition, arch: str, pairs: Sequence[tuple[str, str]]
) -> tuple[str, str] | None:
    """The path and text of the list that shim's fbx64.efi, which is in the directory of the fallback, needs and has not.

    Without one it starts the machine anew, for ever. pairs: what is going to be copied. The path is "" where there is
    nothing that it could name.
    """
    suffix, there = _SUFFIXES[arch], _in_fallback(partition)
    name = str(fallback_name(arch))
    first = next((path for path, new in pairs if new.endswith(f"/{name}")), there.get(name.casefold()))
    has_program = any(each in there for each in evidence.by_fallback_of_shim(suffix))
    if not has_program or any(partition.with_file(each) for each in evidence.lists_of_shim(suffix)):
        return None
    if first is None or not evidence.is_shim(root, partition, first):
        return None
    for vendor in partition.vendors:
        names = partition.names(vendor)
        shim = next((names[each] for each in (f"shim{suffix}.efi", "shim.efi") if each in names), None)
        if shim and any(each in names for each in evidence.started_by_shim(suffix)):
            return f"{partition.path}/{vendor}/BOOT{suffix.upper()}.CSV", f"{shim},{vendor},,{vendor}\n"
    return "", ""


def _as_utf16(text: str) -> str:
    """What write() makes a file in UTF-16 of."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-8", "surrogateescape")


def concerns(root: GuestRoot, partition: SystemPartition | None, ways: Sequence[Fallback] = ()) -> list[Concern]:
    """What a person should know of how root boots with UEFI. partition: the one that it has mounted. ways: of convert."""
    arch = str(root.info.get("arch"))
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
    pairs = _missing(root, partition, arch, ways or loaders.fallbacks())
    if pairs == []:
        is_there = name.casefold() in _in_fallback(partition)
        return [_not_made(f"EFI/BOOT/{name}, which is shim, does not find what it starts," if is_there else "", name)]
    if _missing_list(root, partition, arch, pairs or []) == ("", ""):
        return [
            _not_made("EFI/BOOT has shim's fallback program, which finds no list (BOOT*.CSV) of what to start,", name)
        ]
    full = _without_room(root, partition, pairs) if pairs else None
    return [space.concern(full, is_error=True)] if full else []


def _without_room(
    root: GuestRoot, partition: SystemPartition, pairs: Sequence[tuple[str, str]]
) -> FilesystemFull | None:
    """The error that there is no room for these copies (path, new path) on the partition; None where there is."""
    room = root.space(partition.path)
    # Each new directory takes a block as well.
    needed = room.taken_by([*(root.size(path) for path, _new in pairs), 1, 1])
    return None if room.has(needed) else room.full(needed, f"for {partition.fallback} there")


def _not_made(why: str, name: str) -> Concern:
    """why: the beginning of a sentence; "" where the fallback, which is called name, is not there."""
    why = why or f"The EFI system partition has neither EFI/BOOT/{name}, by which a new machine boots,"
    return Concern(
        "uefi-fallback-missing",
        "error",
        f"{why} {'nor' if 'neither' in why else 'and there is not'} a boot loader that it could be made of.",
        "Install GRUB in the guest once more: its package, or grub-install (shim-install) with --removable.",
    )


def convert(root: GuestRoot, is_needed: bool = True, ways: Sequence[Fallback] = ()) -> bool:
    """Make the fallback, if there is none. Returns whether it was made.

    is_needed: whether the guest has UEFI. One that boots with BIOS, and can boot with UEFI too, keeps that as long as
    there is room for it. ways: to make it, of the boot loader that starts the guest; without any, those of all.
    Raises GuestconvError `boot-full`.
    """
    # Not what inspect saw: another root of the guest, which has the same partition, may have been converted since.
    partition, arch = mounted(root), str(root.info.get("arch"))
    if partition is None or fallback_name(arch) is None:
        return False
    missing = _missing(root, partition, arch, ways or loaders.fallbacks()) or []
    listed = _missing_list(root, partition, arch, missing)
    if missing:
        full = _without_room(root, partition, missing)
        if full and not is_needed:
            return False
        if full:
            raise full
    for path, new in missing:
        root.copy(path, new, _WHY)
    if listed and listed[0]:
        root.write(listed[0], _as_utf16(listed[1]), _LIST_WHY)
    return bool(missing)
