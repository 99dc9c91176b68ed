# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What boots the guest, by evidence: what the firmware starts on the disks. A menu that merely parses says nothing.

With BIOS that is the code in a disk's first sector, or in the active partition's where the first sector has only what
starts that. With UEFI it is the fallback, since the variables that name another program are the old machine's; where
there is none, what it is going to be made of.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ...guest.root import GuestRoot
from ...guest.storage import mbr
from ...guest.storage.layers.disk import Disk
from ...guest.storage.layers.partition import Partition
from ...model import target_hardware
from . import pe
from .system_partition import SystemPartition

UNKNOWN = "unknown"
WINDOWS = "Windows"

# The loaders that are known well enough to be named, and that guestconv cannot prepare: what is in their boot sector.
_FOREIGN_SECTORS = {b"LILO": "LILO", b"BOOTMGR": WINDOWS, b"NTLDR": WINDOWS}
# And what is in their EFI programs, whose texts may be UTF-16. The first counts: rEFInd knows others by their names.
_FOREIGN_PROGRAMS = {
    "rEFInd": "rEFInd",
    "Windows Boot Manager": WINDOWS,
    "bootmgfw.pdb": WINDOWS,
    "Limine ": "Limine",
    "ELILO": "ELILO",
    "SYSLINUX": "SYSLINUX for UEFI",
}
_FOREIGN_NAMES = (
    ("refind", "rEFInd"),
    ("bootmgfw", WINDOWS),
    ("bootmgr", WINDOWS),
    ("limine", "Limine"),
    ("elilo", "ELILO"),
    ("syslinux", "SYSLINUX for UEFI"),
)
# A kernel that the firmware starts itself. Its arguments are in the firmware's variables (Linux, Documentation: EFI stub).
_KERNEL = "a Linux kernel"

# Enough of a program to tell what it is: GRUB with all its modules has 4 MiB, its own texts in the first of them.
HEAD = 1024 * 1024

_ACTIVE = 0x80
# The type of the first partition in an MBR that only protects a GPT, and of the partition that GRUB uses then (UEFI
# specification, 5.2.3; GRUB's manual, "BIOS installation").
_FIRST_TYPE, _PROTECTIVE = 446 + 4, 0xEE
_BIOS_BOOT = "21686148-6449-6e6f-744e-656564454649"
# In the attributes of a GPT's partition: "legacy BIOS bootable" (UEFI specification, 5.3.3), which gptmbr.bin starts.
_LEGACY_BOOTABLE = 0x4


@dataclass(frozen=True)
class Known:
    """What is asked of the boot loaders that guestconv knows.

    in_sector: the name of the one whose code is in a sector, or None. program: of the one that an EFI program is, by its
    file's name in lower case and its content (which may be b"" where that was not read), or None.
    """

    in_sector: Callable[[bytes], str | None]
    program: Callable[[str, bytes], str | None]


@dataclass(frozen=True)
class Evidence:
    """What the firmware starts.

    firmware: "bios" or "uefi". partition: the EFI system partition as the root has it mounted.
    sectors: {disk: what its boot sector starts with BIOS}: the name of a boot loader, the title of one that guestconv
    does not know how to prepare (UNKNOWN for any other code), of the disks that have code there.
    started: the same, of the disk that boots; None where nothing on the disks says it.
    is_foreign: whether that is one which guestconv cannot prepare.
    program: the path of the EFI program that it is; "" where that is not known.
    """

    firmware: str = "bios"
    partition: SystemPartition | None = None
    sectors: Mapping[str, str] = field(default_factory=dict)
    started: str | None = None
    is_foreign: bool = False
    program: str = ""


@dataclass(frozen=True)
class Started:
    """What the firmware starts: name, is_foreign and program as Evidence has them.

    unknown: the place of code that may start the guest, and that is not known; "" where there is none.
    """

    name: str | None = None
    is_foreign: bool = False
    unknown: str = ""
    program: str = ""


def in_sectors(root: GuestRoot, known: Known) -> dict[str, str]:
    """{disk: what its boot sector starts}, of the disks with code there; see Evidence.sectors."""
    found = {}
    for index, disk in enumerate(root.guest.disks):
        sector, node = root.guest.boot_sector(index), root.guest.storage.disks[index]
        if mbr.has_boot_code(sector):
            name = _of_sector(sector, known) or _of_partitions(root, node, sector, known)
            found[disk.device] = name if name and not _leads_nowhere(root, node, sector) else UNKNOWN
    return found


def disks_with(root: GuestRoot, evidence: Evidence, loader: str) -> list[str]:
    """The disks (their ids) that start this loader with BIOS, in the order in which BIOS tries them."""
    order = target_hardware.boot_order([disk.device for disk in root.guest.disks], root.guest.hardware)
    return [device for device in order if evidence.sectors.get(device) == loader]


def with_bios(root: GuestRoot, sectors: Mapping[str, str]) -> Started:
    """What BIOS starts. It is the first disk in boot order that starts anything."""
    order = target_hardware.boot_order([disk.device for disk in root.guest.disks], root.guest.hardware)
    started = next((sectors[device] for device in order if sectors.get(device, UNKNOWN) != UNKNOWN), None)
    places = "" if started else ", ".join(device for device in order if device in sectors)
    return Started(started, started in _FOREIGN_SECTORS.values(), places and f"the boot sector of {places}")


def with_uefi(
    root: GuestRoot,
    partition: SystemPartition | None,
    fallback: str | None,
    suffix: str,
    known: Known,
    beside: Mapping[str, str] | None = None,
) -> Started:
    """What UEFI starts.

    fallback: the path of the program that firmware without variables starts, or that will be copied there.
    suffix: of the machine in the names of programs ("x64"). beside: {name in lower case: path} of the programs that will
    be in the directory of the fallback; None for those that are next to it.
    """
    if partition is None:
        return Started()
    chain = _Chain(root, partition, suffix, known)
    found = chain.of_program(fallback, beside) if fallback else None
    if found is not None:
        name, program = found
        return Started(name, name == _KERNEL or name in _FOREIGN_PROGRAMS.values(), program=program)
    there = {known.program(name.casefold(), b"") for name in _programs(partition)}
    there.discard(None)
    unknown = fallback if fallback and not is_shim(root, partition, fallback) else ""
    return Started(there.pop() if len(there) == 1 else None, unknown=unknown)


def is_shim(root: GuestRoot, partition: SystemPartition, path: str) -> bool:
    """Whether the EFI program at path is shim."""
    data = root.head(path, HEAD) if root.is_file(path) else b""
    return _is_shim(data, [posixpath.basename(path).casefold(), *_same(root, partition, path, data)])


def started_by_shim(suffix: str) -> tuple[str, ...]:
    """The names, in lower case, of the programs that shim starts from its own directory. suffix: as of with_uefi."""
    return (f"grub{suffix}.efi", "grub.efi")


def by_fallback_of_shim(suffix: str) -> tuple[str, ...]:
    """The names, in lower case, of the program that shim prefers to those in the directory of the fallback.

    It starts what a file of the next names (lists_of_shim) says in another directory (shim's fallback.c).
    """
    return (f"fb{suffix}.efi", "fallback.efi")


def lists_of_shim(suffix: str) -> tuple[str, ...]:
    """The names, in lower case, of the file that says what is to be started in its directory."""
    return (f"boot{suffix}.csv", "boot.csv")


def _leads_nowhere(root: GuestRoot, disk: Disk, sector: bytes) -> bool:
    """Whether the code is left over from a time before the disk got a GPT, and boots with UEFI.

    A GPT leaves no gap behind the first sector, so that what GRUB starts there is in a BIOS boot partition, and what
    others start is in a partition that is marked as bootable.
    """
    partitions = [each for each in root.guest.storage.partitions if each.disk == disk]
    has_uefi = any(each in root.guest.storage.efi_system_partitions for each in partitions)
    is_for_bios = any(each.type == _BIOS_BOOT or is_active(each, sector) for each in partitions)
    return sector[_FIRST_TYPE] == _PROTECTIVE and has_uefi and not is_for_bios


def _of_sector(sector: bytes, known: Known) -> str | None:
    """What a sector starts; None where it is not known, or starts the boot sector of a partition."""
    name = known.in_sector(sector)
    return name or next((title for sign, title in _FOREIGN_SECTORS.items() if sign in sector[: mbr.CODE]), None)


def _of_partitions(root: GuestRoot, disk: Disk, sector: bytes, known: Known) -> str | None:
    """What the boot sector of the disk's active partition starts."""
    for partition in root.guest.storage.partitions:
        if partition.disk == disk and is_active(partition, sector):
            own = root.guest.first_sector(partition)
            return _of_sector(own, known) if mbr.has_boot_code(own) else None
    return None


def is_active(partition: Partition, sector: bytes) -> bool:
    """Whether a BIOS starts what is in the partition. sector: the first one of its disk."""
    # Four entries of 16 bytes, the first byte says it.
    if partition.number <= 4 and sector[446 + 16 * (partition.number - 1)] == _ACTIVE:
        return True
    return bool(partition.attributes & _LEGACY_BOOTABLE)


class _Chain:
    """Follows what EFI programs of a partition start. suffix, known: as of with_uefi."""

    def __init__(self, root: GuestRoot, partition: SystemPartition, suffix: str, known: Known) -> None:
        self._root = root
        self._partition = partition
        self._suffix = suffix
        self._known = known

    def of_program(
        self, path: str, beside: Mapping[str, str] | None, is_fallback: bool = True
    ) -> tuple[str, str] | None:
        """What the EFI program at path is, and that path; of shim, what that starts. None where it is not known.

        beside: of with_uefi. is_fallback: whether shim is in the directory of the fallback.
        """
        directory, name = posixpath.split(path)
        data = self._root.head(path, HEAD) if self._root.is_file(path) else b""
        names = [name.casefold(), *_same(self._root, self._partition, path, data)]
        if _is_shim(data, names):
            return self._of_shim(self._programs(directory) if beside is None else beside, is_fallback)
        found = self._known.program("", data) or _foreign_program(names, data)
        found = found or next(filter(None, (self._known.program(each, data) for each in names)), None)
        return (found, path) if found else None

    def _programs(self, directory: str) -> dict[str, str]:
        names = self._partition.names(posixpath.basename(directory))
        return {name: f"{directory}/{spelt}" for name, spelt in names.items()}

    def _of_shim(self, here: Mapping[str, str], is_fallback: bool) -> tuple[str, str] | None:
        vendors = self._partition.with_file(started_by_shim(self._suffix)[0]) if is_fallback else []
        if any(name in here for name in by_fallback_of_shim(self._suffix)):
            listed = [each for name in lists_of_shim(self._suffix) for each in self._partition.with_file(name)]
            vendors = [*(each for each in vendors if each in listed), *vendors]
            here = {}
        for name in started_by_shim(self._suffix):
            if name in here:
                return self.of_program(here[name], None, False)
        return self._of_shim(self._programs(vendors[0]), False) if vendors else None


def _is_shim(data: bytes, names: Sequence[str]) -> bool:
    """names: of the program, and of what it is a copy of."""
    return b"UEFI SHIM" in data or any(each.startswith("shim") for each in names[1:] or names)


def is_windows(data: bytes) -> bool:
    """Whether this is the beginning of an EFI program that is the boot manager of Windows."""
    return _foreign_program((), data) == WINDOWS


def _foreign_program(names: Sequence[str], data: bytes) -> str | None:
    """The title of the program that is known and not supported. names: of the program, and of what it is a copy of."""
    if pe.is_kernel(data):
        return _KERNEL
    by_content = (title for sign, title in _FOREIGN_PROGRAMS.items() if sign.encode() in data or _utf16(sign) in data)
    by_name = (title for start, title in _FOREIGN_NAMES if any(name.startswith(start) for name in names))
    return next(by_content, None) or next(by_name, None)


def _same(root: GuestRoot, partition: SystemPartition, path: str, data: bytes) -> list[str]:
    """The names, in lower case, of the programs on the partition with the same content: what a fallback is a copy of."""
    if not data:
        return []
    found = []
    for directory in partition.directories:
        for name, spelt in partition.names(directory).items():
            other = f"{partition.path}/{directory}/{spelt}"
            if name.endswith(".efi") and other != path and root.is_file(other) and root.size(other) == root.size(path):
                found += [name] if root.head(other, HEAD) == data else []
    return found


def _programs(partition: SystemPartition) -> Iterator[str]:
    for names in partition.directories.values():
        yield from (name for name in names if name.casefold().endswith(".efi"))


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-le")
