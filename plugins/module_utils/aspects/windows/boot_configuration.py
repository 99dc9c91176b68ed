# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
r"""The boot configuration of Windows (BCD): what the boot manager starts next, and what a person should know of that.

It is a hive: Objects\{GUID}\Elements\NUMBER, whose value Element is a text for another object, and bytes for numbers,
switches and devices. The numbers are those of Microsoft ("BCD Reference", bcdedit) and of ReactOS (boot/environ/include/bcd.h).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...guest.hives import Hive, Key
from ...guest.root import GuestRoot
from ...model.concerns import Concern
from . import drives, release

_OBJECTS = "Objects"
_MANAGER = "{9dea862c-5cdd-4e70-acc1-f32b344d4795}"
# Of the boot manager: what it starts once, by default, and what is in its menu.
_ONCE, _DEFAULT, _MENU = 0x24000002, 0x23000003, 0x24000001
# Of an entry: its title, what it inherits, and the device of the system.
_TITLE, _INHERITED, SYSTEM_DEVICE = 0x12000004, 0x14000006, 0x21000001
_SAFE_MODE, _MANAGEMENT, _DEBUGGER, _DEBUGGER_KIND = 0x25000080, 0x260000B0, 0x260000A0, 0x15000011
# The debugger is on a serial port; without the element, too.
_SERIAL = 0
_SAFE_MODES = {0: "minimal", 1: "with network", 2: "to repair the Active Directory"}
# The kind of an object that starts a Windows (winload): an application of this code.
_KIND, _LOADER, _CODE = "Type", 3, 0xFFFFF
# Objects that one inherits from: {bootloadersettings}, of that {globalsettings}, and of that {dbgsettings} and some more.
_MOST_INHERITED = 16
_SHOWN = 80


@dataclass(frozen=True)
class Entry:
    """What the boot manager starts.

    title: as its menu shows it. is_once: whether it is for the next start alone. is_windows: whether it starts a Windows.
    device: of that Windows, as the registry has it; None without. safe_mode: the number of a safe mode; None without.
    takes_port: what uses the first serial port, "" for nothing.
    """

    title: str
    is_once: bool
    is_windows: bool
    device: bytes | None
    safe_mode: int | None
    takes_port: str


def element(number: int) -> str:
    """The path of an element below its object."""
    return rf"Elements\{number:08x}"


def next_entry(hive: Hive) -> Entry | None:
    """What the boot manager starts if nobody chooses something else; None where that is not known. Raises GuestconvError.

    It goes through the list for the next start before the default entry.
    """
    manager = hive.key(rf"{_OBJECTS}\{_MANAGER}")
    for number in (_ONCE, _DEFAULT, _MENU) if manager else ():
        for identifier in _texts(manager, number)[:1]:
            found = hive.key(rf"{_OBJECTS}\{identifier}")
            if found is not None:
                return _entry(hive, found, is_once=number == _ONCE)
    return None


def _entry(hive: Hive, key: Key, is_once: bool) -> Entry:
    kind = release.number(key.key("Description"), _KIND)
    device = key.key(element(SYSTEM_DEVICE))
    value = device.value("Element") if device else None
    objects = _with_inherited(hive, key)
    used = []
    if _number(objects, _MANAGEMENT):
        used.append("the Emergency Management Services (EMS)")
    if _number(objects, _DEBUGGER) and (_number(objects, _DEBUGGER_KIND) or _SERIAL) == _SERIAL:
        used.append("the kernel debugger")
    title = next(iter(_texts(key, _TITLE)), "")
    return Entry(
        "".join(each for each in title if each.isprintable())[:_SHOWN] or key.name,
        is_once,
        kind is None or kind & _CODE == _LOADER,
        value.data if value else None,
        _number(objects, _SAFE_MODE),
        " and ".join(used),
    )


def _texts(key: Key | None, number: int) -> tuple[str, ...]:
    found = key.key(element(number)) if key else None
    value = found.value("Element") if found else None
    return value.texts[:_MOST_INHERITED] if value else ()


def _with_inherited(hive: Hive, key: Key) -> list[Key]:
    """The object, and those that it inherits from, each before those that it inherits from itself."""
    objects = {"": key}
    left = list(_texts(key, _INHERITED))
    while left and len(objects) <= _MOST_INHERITED:
        identifier = left.pop(0).casefold()
        above = None if identifier in objects else hive.key(rf"{_OBJECTS}\{identifier}")
        if above is not None:
            objects[identifier] = above
            left = [*_texts(above, _INHERITED), *left]
    return list(objects.values())


def _number(objects: list[Key], number: int) -> int | None:
    """The number of an element of the first of these objects that has it; None where none has it."""
    path = element(number)
    for each in objects:
        found = each.key(path)
        value = found.value("Element") if found else None
        if value is not None:
            return int.from_bytes(value.data[:8], "little")
    return None


def concerns(root: GuestRoot, entry: Entry) -> Iterator[Concern]:
    """What the next start of the guest with this root is, if it is not just that of a Windows on its disks."""
    what = _elsewhere(root, entry)
    if what:
        yield Concern(
            "windows-boot-entry",
            "warning",
            f'The boot manager of Windows on {root.name} starts "{entry.title}" {"next" if entry.is_once else "by default"}, {what}.',
            "Give all disks of the guest. If it is not to start from there, correct the boot configuration on the old hypervisor "
            "(`bcdedit`) before the guest moves.",
        )
    if entry.is_windows and entry.safe_mode is not None:
        mode = _SAFE_MODES.get(entry.safe_mode, "unknown")
        yield Concern(
            "windows-safe-mode",
            "warning",
            f"Windows on {root.name} starts in safe mode ({mode}), where only services of its own run: the script of the first "
            "boot does not, so that drivers, addresses and restored settings wait until it starts without.",
            "Turn safe mode off before the guest moves: `bcdedit /deletevalue {default} safeboot`.",
        )
    if entry.is_windows and entry.takes_port:
        yield Concern(
            "windows-serial-port-taken",
            "info",
            f"In Windows on {root.name}, {entry.takes_port} may use the first serial port. Then the log of the first boot is "
            "only in its file, and guestconv_verify does not see there that it has ended.",
            "For guestconv_verify, expect something else of it, such as an open port.",
        )


def _elsewhere(root: GuestRoot, entry: Entry) -> str:
    """What an entry starts that is no Windows on the guest's disks, as a part of a sentence; "" where it is one."""
    if not entry.is_windows:
        return "which is no Windows"
    if entry.device is None:
        return ""
    if drives.is_in_file(entry.device):
        return "which is in a file: a virtual disk, or an image such as that of the recovery environment. It is not converted"
    place = drives.of_device(entry.device)
    known = [drives.value_for(each) for each in root.guest.storage.partitions]
    # Where the partitions of the disks are not known, nothing is missing.
    if place is None or place in known or None in known:
        return ""
    return "which is on none of the guest's disks that were given"
