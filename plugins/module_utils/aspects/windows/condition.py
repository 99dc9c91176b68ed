# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The condition of a Windows: what forbids to convert it, and what a person should know before."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import GuestconvError
from ...guest import space
from ...guest.root import GuestRoot
from ...guest.storage import dynamic_disks, windows
from ...guest.storage.layers.filesystem import BITLOCKER
from ...model.concerns import Concern
from ...model.description import Findings
from ..plan import Plan
from . import pending, policies, release, volumes
from .steps import Temporary

NAME = "condition"
INSPECT_AFTER = ()
CONVERT_AFTER = ()

# Versions (NT) that are converted: from Vista and Server 2008 on. Before 7, none was tested.
_FIRST, _FIRST_TESTED = (6, 0), (6, 1)
_LAST = (10, 0)
# Builds of Windows 10 and later from here on are not known: Server 2025 is 26100, Windows 11 25H2 is 26200.
_UNKNOWN_BUILD = 27000
_ARCHITECTURES = ("x86", "amd64")
# Bytes that must be free on the system volume: drivers, and what the first boot writes.
_ROOM = 100 * 1024 * 1024

_SHUT_DOWN = "Start Windows once on its old hypervisor, and shut it down with `shutdown /s /t 0`."

# The edition of Windows PE, as its images have it. Its key Control\MiniNT is no sign: a real hive of Windows 10 has it too.
_PE = "windowspe"
# Of partmgr.sys: bring all disks online. What servers have leaves those on another bus offline (Microsoft, "san").
_SAN_POLICY = r"Services\partmgr\Parameters"
_ALL_ONLINE = 1


def inspect(root: GuestRoot) -> Findings:
    """What keeps Windows from being converted."""
    concerns = [*_hibernated(root), *_registry(root)]
    if not any(each.severity == "error" for each in concerns):
        try:
            # In this order each hive is opened once: what is in SYSTEM goes before what is in SOFTWARE.
            concerns += [*_version(root), *policies.s_mode(root), *pending.concerns(root)]
            concerns += [*_pe(root), *policies.concerns(root)]
        except GuestconvError as error:
            # Where it is damaged deeper in it.
            concerns.append(Concern("registry-malformed", "error", error.message, error.hint))
    concerns += [*volumes.concerns(root), *_encrypted(root), *_dynamic(root), *_room(root)]
    return Findings(concerns=concerns)


def convert(root: GuestRoot, plan: Plan) -> None:
    """Have all disks come online at the first boot, be they on a bus that Windows takes for one of a SAN."""
    if len(root.guest.disks) - len(plan.selection.removed.get("block", ())) > 1:
        detail = "brings all disks online at the first boot"
        plan.windows_until_first_boot.append(Temporary(_SAN_POLICY, "SanPolicy", _ALL_ONLINE, detail))


def _hibernated(root: GuestRoot) -> Iterator[Concern]:
    if windows.is_hibernated(root, "/"):
        yield Concern(
            "guest-hibernated",
            "error",
            f"Windows on {root.name} is hibernated, or was shut down with Fast Startup.",
            f"{_SHUT_DOWN} Fast Startup is turned off with `powercfg /h off`.",
        )


def _registry(root: GuestRoot) -> Iterator[Concern]:
    """Whether the registry can be read, and whether all that Windows wrote is in it."""
    # The one that is asked first afterwards is the last, as one is open at a time.
    for name in (release.SOFTWARE, release.SYSTEM):
        try:
            hive = root.hive(name, "")
        except GuestconvError as error:
            yield Concern("registry-malformed", "error", error.message, error.hint)
            continue
        if hive is None:
            message = f"There is no registry file {name} in Windows\\System32\\config on {root.name}."
            yield Concern("registry-malformed", "error", message, "Restore it from a backup of the guest.")
            continue
        header = root.head(hive.path, pending.HEADER)
        if pending.is_dirty(header):
            yield pending.dirty(root, hive.path)
        elif pending.is_truncated(header, root.size(hive.path)):
            message = f"The registry file {hive.path} on {root.name} is not whole: its end is missing."
            yield Concern("registry-malformed", "error", message, "Restore it from a backup of the guest.")


def _version(root: GuestRoot) -> Iterator[Concern]:
    found = release.of(root)
    if found is None:
        yield Concern(
            "windows-version-not-supported",
            "error",
            f"The registry of Windows on {root.name} does not say which version it is.",
            "The README lists the versions that are supported.",
        )
        return
    called = f"Windows on {root.name} is version {found.major}.{found.minor}, build {found.build}, for {found.arch or 'an unknown processor'}"
    if found.nt < _FIRST or found.arch not in _ARCHITECTURES:
        yield Concern(
            "windows-version-not-supported",
            "error",
            f"{called}, which guestconv does not convert.",
            "The README lists the versions that are supported.",
        )
    elif found.nt < _FIRST_TESTED or found.nt > _LAST or found.build >= _UNKNOWN_BUILD:
        yield Concern(
            "windows-version-untested",
            "warning",
            f"{called}, with which guestconv was not tested. It is converted as the nearest version that is known.",
            "Start the converted guest once before the old one is deleted.",
        )


def _pe(root: GuestRoot) -> Iterator[Concern]:
    if release.of_version(root, "EditionID").casefold() == _PE:
        yield Concern(
            "windows-version-not-supported",
            "error",
            f"{root.name} has a Windows PE, which installs or repairs others. guestconv does not convert it.",
            "Give the disks of the installed Windows, with the disk that it starts from first.",
        )


def _encrypted(root: GuestRoot) -> Iterator[Concern]:
    """Volumes with BitLocker next to the system's, which is none of them."""
    for each in root.guest.storage.filesystems:
        if each.type == BITLOCKER:
            yield Concern(
                "windows-bitlocker",
                "warning",
                f"{each.name} is encrypted with BitLocker. On the new hardware, Windows may ask for its recovery key.",
                "Have the recovery key at hand, or decrypt the volume in the guest (`manage-bde -off`) before it moves. To "
                "suspend BitLocker is not enough.",
            )


def _dynamic(root: GuestRoot) -> Iterator[Concern]:
    storage = root.guest.storage
    own = storage.disks_of(root.mount_plan.root.filesystem)
    for disk, what in dynamic_disks.found(storage).items():
        is_own = disk.identifier in own
        yield Concern(
            "windows-dynamic-disk",
            "error" if is_own else "warning",
            f"{disk.name}, with the system on it, is {what}."
            if is_own
            else f"{disk.name} is {what}. guestconv does not look into it; Windows finds it if all its disks are moved.",
            dynamic_disks.HINT if is_own else "Move all disks of the guest together.",
        )


def _room(root: GuestRoot) -> Iterator[Concern]:
    room = root.space("/")
    if not room.has(_ROOM):
        yield space.concern(room.full(_ROOM, "to be sure that drivers and the first boot have room"), is_error=False)
