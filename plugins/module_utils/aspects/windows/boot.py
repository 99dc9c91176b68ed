# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Windows boots: its boot manager, the fallback of UEFI, the boot configuration (BCD), and what follows a crash.

The boot configuration names partitions by the signature of the disk or by GUID, so the bus of a disk is nothing to it.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field

from ...errors import GuestconvError
from ...guest.hives import Hive, Key
from ...guest.root import GuestRoot
from ...guest.storage import mbr
from ...guest.storage.diagnosis import MountError
from ...guest.storage.layers.filesystem import Filesystem
from ...guest.storage.layers.partition import Partition
from ...model.concerns import Concern
from ...model.description import Findings
from ..boot import evidence, loaders, uefi
from ..plan import Plan
from . import boot_configuration, drives, pending, release
from .boot_configuration import Entry
from .steps import Temporary

NAME = "bootloader"
INSPECT_AFTER = ("condition",)
CONVERT_AFTER = ("condition",)

_MANAGER = "/EFI/Microsoft/Boot/bootmgfw.efi"
_CONFIGURATION = "/EFI/Microsoft/Boot/BCD"
_BIOS_MANAGER, _BIOS_CONFIGURATION = "/bootmgr", "/Boot/BCD"
# Of the boot configuration: that the loader leaves the video mode alone, which OVMF's console does not stand (BCD
# element BcdLibraryBoolean_GraphicsModeDisabled; virt-v2v, convert/convert_windows.ml).
_OBJECTS, _GRAPHICS_MODE_DISABLED = "Objects", r"Elements\16000046"
# And where a loader finds Windows (BcdOSLoaderDevice_OSDevice).
_SYSTEM_DEVICE, _ELEMENT = boot_configuration.element(boot_configuration.SYSTEM_DEVICE), "Element"
# By INF's words, those of uname -m.
_MACHINES = {"amd64": "x86_64", "x86": "i686", "arm64": "aarch64"}
_CRASH_CONTROL, _RESTART = r"Control\CrashControl", "AutoReboot"
_BIOS, _UEFI = "bios", "uefi"


@dataclass(frozen=True)
class Facts:
    """What boots a Windows.

    firmware: "bios" or "uefi". volume: the filesystem with the boot manager; None where it is not found. fallback: the
    path on it that UEFI starts without variables, if that has to be made of the boot manager. manager: its path.
    """

    firmware: str = _BIOS
    volume: Filesystem | None = None
    manager: str = ""
    fallback: str = ""


@dataclass
class _Found:
    """What is on the volume of the boot manager. entry: what it starts, if that is known. concerns: about the volume."""

    manager: str = ""
    fallback: str = ""
    entry: Entry | None = None
    concerns: list[Concern] = field(default_factory=list)


def inspect(root: GuestRoot) -> Findings:
    """The firmware and the boot manager."""
    firmware, filesystem, found = _manager(root)
    sectors = evidence.in_sectors(root, loaders.known())
    root.remember(Facts(firmware, filesystem, found.manager, found.fallback))
    return Findings(
        boot={"firmware": firmware, "loaders": _by_disk(root, firmware, sectors, filesystem)},
        concerns=[*found.concerns, *(boot_configuration.concerns(root, found.entry) if found.entry else ())]
        if filesystem
        else [_missing(root, firmware)],
    )


def convert(root: GuestRoot, plan: Plan) -> None:
    """Have UEFI find the boot manager without variables, and a crash of the first boot be seen.

    Next to another system, the boot loader of that is what UEFI finds: its menu may start Windows, which starts no other.
    """
    facts = root.recall(Facts)
    if facts.firmware == _UEFI and facts.volume:
        is_alone = all(each.info["os"] == root.info["os"] for each in root.guest.roots)
        with root.volume(facts.volume) as volume:
            # Of two systems, both may have none. The first that is converted makes it.
            if facts.fallback and is_alone and not volume.is_file(facts.fallback):
                volume.copy(facts.manager, facts.fallback, "the boot manager where UEFI looks for it without variables")
            _configure(volume)
    detail = "stops at a crash of the first boot, and does not restart over and over"
    plan.windows_until_first_boot.append(Temporary(_CRASH_CONTROL, _RESTART, 0, detail))


def may_have_menu(root: GuestRoot) -> bool:
    """Whether the boot manager was found, in a root that was inspected."""
    return root.recall(Facts).volume is not None


def starts(root: GuestRoot) -> frozenset[str]:
    """The names of the roots that the boot configuration which starts root, which was inspected, names.

    None where it names no partition of these disks, but such as the one that the boot manager is on.
    """
    facts = root.recall(Facts)
    if facts.volume is None:
        return frozenset()
    try:
        with (
            nullcontext(root)
            if facts.volume == root.mount_plan.root.filesystem
            else root.volume(facts.volume) as volume
        ):
            hive = volume.hive(_CONFIGURATION if facts.firmware == _UEFI else _BIOS_CONFIGURATION, "")
            values = [key.value(_ELEMENT) for key in _elements(hive, _SYSTEM_DEVICE)] if hive else []
    except GuestconvError:
        return frozenset()
    named = {drives.of_device(value.data) for value in values if value} - {None}
    partitions = {each.name: each.mount_plan.root.filesystem.partition for each in root.guest.roots}
    return frozenset(name for name, each in partitions.items() if each and drives.value_for(each) in named)


def _manager(root: GuestRoot) -> tuple[str, Filesystem | None, _Found]:
    """The firmware, and the volume with the boot manager for it; None where there is none."""
    firmwares = _firmwares(root)
    for firmware in firmwares:
        for filesystem in _system_partitions(root) if firmware == _UEFI else _active_partitions(root):
            is_own = firmware == _BIOS and filesystem == root.mount_plan.root.filesystem
            found = _in_place(root) if is_own else _on(root, filesystem, firmware)
            if found.manager:
                return firmware, filesystem, found
    return firmwares[0], None, _Found()


def _firmwares(root: GuestRoot) -> tuple[str, ...]:
    """What the source says; else both, first what the disk of Windows is for: UEFI if it has a GPT, BIOS if it has an MBR.

    Windows' setup makes no other disks (Microsoft, "Windows and GPT FAQ"), but the boot manager may be on another one. An
    EFI system partition says nothing alone: a data disk may have one that nothing starts.
    """
    known = root.guest.hardware.get("firmware")
    if known:
        return (str(known),)
    own = _own_disks(root)
    sectors = [root.guest.boot_sector(index) for index, disk in enumerate(root.guest.disks) if disk.device in own]
    return (_UEFI, _BIOS) if any(map(mbr.protects_gpt, sectors)) else (_BIOS, _UEFI)


def _own_disks(root: GuestRoot) -> frozenset[str]:
    return root.guest.storage.disks_of(root.mount_plan.root.filesystem)


def _system_partitions(root: GuestRoot) -> list[Filesystem]:
    """The EFI system partitions, those of the disk with Windows first."""
    own = _own_disks(root)
    partitions = root.guest.storage.efi_system_partitions
    found = [each for each in root.guest.storage.filesystems if each.partition in partitions and each.type]
    return sorted(found, key=lambda each: each.disk not in own)


def _active_partitions(root: GuestRoot) -> list[Filesystem]:
    """What is on the partitions that a BIOS starts, those of the disk with Windows first."""
    own = _own_disks(root)
    sectors = {disk.device: root.guest.boot_sector(index) for index, disk in enumerate(root.guest.disks)}

    def is_active(partition: Partition | None) -> bool:
        return partition is not None and evidence.is_active(partition, sectors.get(partition.disk.identifier, b""))

    found = [each for each in root.guest.storage.filesystems if is_active(each.partition) and each.type]
    return sorted(found, key=lambda each: each.disk not in own)


def _in_place(root: GuestRoot) -> _Found:
    """The boot manager for a BIOS on the volume of Windows itself."""
    there = all(root.is_file(root.spelled(path)) for path in (_BIOS_MANAGER, _BIOS_CONFIGURATION))
    found = _Found(root.spelled(_BIOS_MANAGER) if there else "")
    if there:
        _read_entry(root, _BIOS_CONFIGURATION, found)
    return found


def _read_entry(volume: GuestRoot, configuration: str, found: _Found) -> None:
    """Add to found what the boot configuration starts."""
    try:
        hive = volume.hive(configuration, "")
        found.entry = boot_configuration.next_entry(hive) if hive else None
    except GuestconvError as error:
        found.concerns.append(Concern("registry-malformed", "error", error.message, error.hint))


def _on(root: GuestRoot, filesystem: Filesystem, firmware: str) -> _Found:
    """The boot manager on a volume of its own."""
    machine = _machine(root)
    try:
        with root.volume(filesystem) as volume:
            return _in_place(volume) if firmware == _BIOS else _for_uefi(volume, uefi.fallback_name(machine))
    except MountError as error:
        return _Found(concerns=[Concern("boot-loader-missing", "warning", error.message, error.hint)])


def _machine(root: GuestRoot) -> str:
    try:
        known = release.of(root)
    except GuestconvError:
        # The aspect `condition` has the error.
        known = None
    return _MACHINES.get(known.arch, "") if known else ""


def _for_uefi(volume: GuestRoot, name: str | None) -> _Found:
    manager, configuration = volume.spelled(_MANAGER), volume.spelled(_CONFIGURATION)
    if not (volume.is_file(manager) and volume.is_file(configuration)):
        return _Found()
    found = _Found(manager)
    if pending.is_dirty(volume.head(configuration, pending.HEADER)):
        found.concerns.append(pending.dirty(volume, configuration))
    _read_entry(volume, _CONFIGURATION, found)
    path = volume.spelled(f"/EFI/BOOT/{name}")
    if name and not volume.is_file(path):
        found.fallback = path
    elif name and not evidence.is_windows(volume.head(path, evidence.HEAD)):
        found.concerns.append(_foreign_fallback(volume, path))
    return found


def _foreign_fallback(volume: GuestRoot, path: str) -> Concern:
    return Concern(
        "windows-fallback-foreign",
        "warning",
        f"{path} on {volume.name}, which UEFI starts on a new machine, is not the boot manager of Windows. It stays.",
        "If Windows is to start by default, choose it in the menu of that program, or replace the file by "
        f"{_MANAGER} before the guest moves.",
    )


def _missing(root: GuestRoot, firmware: str) -> Concern:
    return Concern(
        "boot-loader-missing",
        "warning",
        f"No boot manager of Windows for {firmware.upper()} firmware was found on the disks; Windows on {root.name} may not "
        "boot.",
        "Give all of the guest's disks, and as hardware.firmware what the source has.",
    )


def _by_disk(
    root: GuestRoot, firmware: str, sectors: dict[str, str], filesystem: Filesystem | None
) -> dict[str, dict[str, str]]:
    """Per disk what would start from it. Another system's boot loader is that system's to name."""
    if firmware == _UEFI:
        is_alone = len(root.guest.roots) == 1
        return {filesystem.disk: {"type": _UEFI, "name": "windows"}} if filesystem and is_alone else {}
    return {
        disk: {"type": _BIOS, "name": "windows" if name == evidence.WINDOWS else name} for disk, name in sectors.items()
    }


def _configure(volume: GuestRoot) -> None:
    """Have the loaders of the boot configuration set a video mode."""
    hive = volume.hive(_CONFIGURATION, "the loader sets a video mode, which the firmware of virtual machines needs")
    for element in _elements(hive, _GRAPHICS_MODE_DISABLED) if hive else ():
        element.delete()


def _elements(hive: Hive, path: str) -> list[Key]:
    objects = hive.key(_OBJECTS)
    found = [each.key(path) for each in (objects.keys() if objects else ())]
    return [each for each in found if each]
