# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GRUB legacy (0.97), which GRUB 2 replaced: its menu, menu.lst or grub.conf, and what that is generated from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from .....guest import boot_menu
from .....guest.root import GuestRoot
from .....model.concerns import Concern
from ...command_line import Editor, Editors
from ...evidence import Evidence, disks_with
from .. import device_map, places
from ..loader import Fallback, default_not_supported
from . import sources
from .devices import Devices
from .menu import Command, Edit, Item, Kernel, Menu, edited, kernel, parse, saved_number

if TYPE_CHECKING:
    from ....plan import Plan

NAME = "grub-legacy"
TITLE = "GRUB legacy (menu.lst or grub.conf)"
# It reads a menu that is called as the program is, so that a copy of it would have none.
FALLBACKS: tuple[Fallback, ...] = ()
READS_EXTENDED = False

DIRECTORY = "/boot/grub"
# Red Hat's is called grub.conf, and menu.lst is a link to that.
NAMES = ("menu.lst", "grub.conf")

_DEVICE_MAP = f"{DIRECTORY}/device.map"
# The menu's path is in the second sector of stage2, where grub-install changes it (stage2/asm.S: config_file).
_STAGE2, _STAGE2_HEAD = f"{DIRECTORY}/stage2", 1024
_STAGE2_NAME = re.compile(rb"/(menu\.lst|grub\.conf)\0")
# Of stage1's format (stage1/stage1.S: STAGE1_VERS_OFFS).
_VERSION, _VERSION_OFFSET = b"\x03\x02", 0x3E
# Menus that lead to each other by `configfile`.
_MOST_MENUS = 8


def is_in_boot_sector(sector: bytes) -> bool:
    """Whether a sector is stage1 (stage1/stage1.S): the message "GRUB ", and the version of its format, 3.2, before it."""
    return b"GRUB " in sector[:440] and sector[_VERSION_OFFSET:].startswith(_VERSION)


def is_program(name: str, data: bytes) -> bool:
    """Whether an EFI program is GRUB legacy (of Red Hat's EL 6): by a command that GRUB 2 has not, and none of GRUB 2's."""
    return b"rootnoverify" in data and b"insmod" not in data


def find(root: GuestRoot, evidence: Evidence) -> GrubLegacy | None:
    """GRUB legacy as it is installed in root; None when it has no menu there with an entry in it.

    Without code that starts it, a menu counts where the program is: hypervisors read such files too (pv-grub).
    """
    if evidence.firmware == "bios" and evidence.started != NAME and not root.is_file(_STAGE2):
        return None
    paths = list(_menus(root, evidence))
    for path in paths:
        found = parse(root.read(path) or "")
        if found.items:
            disks = device_map.disks(root.read(_DEVICE_MAP) or "")
            reader = _Reader(root, disks)
            return GrubLegacy(root, paths, reader, reader.chosen(path, found), disks_with(root, evidence, NAME))
    return None


def _menus(root: GuestRoot, evidence: Evidence) -> Iterator[str]:
    """The paths of the menus, each once, the one first that is read."""
    head = root.head(_STAGE2, _STAGE2_HEAD) if root.is_file(_STAGE2) else b""
    named = _STAGE2_NAME.search(head)
    first = named[1].decode() if named else NAMES[0]
    paths = [f"{DIRECTORY}/{name}" for name in sorted(NAMES, key=lambda name: name != first)]
    if evidence.partition:
        partition = evidence.partition
        # The fallback is what the firmware starts, and reads bootx64.conf.
        there = [
            f"{directory}/{partition.names(directory.rpartition('/')[2])[name]}"
            for name in ("bootx64.conf", "bootia32.conf", "grub.conf")
            for directory in partition.with_file(name)
        ]
        paths = [*there, *paths] if evidence.firmware == "uefi" else [*paths, *there]
    if evidence.firmware == "uefi" and evidence.started != NAME:
        paths = paths[: -len(NAMES)]
    seen: set[str] = set()
    for path in paths:
        real = root.real_path(path)
        if root.is_file(path) and real not in seen:
            seen.add(real)
            yield real


@dataclass(frozen=True)
class _Chosen:
    """What the menu boots. path: of the menu that has the entries. menu: of the root's entries.

    others: the paths of menus that lead there. default: the entry (Item) that is started, Linux or not; None for none.
    """

    path: str
    menu: boot_menu.BootMenu
    others: tuple[str, ...] = ()
    default: Item | None = None


class _Reader:
    """Reads the menus of one root. disks: of device.map."""

    def __init__(self, root: GuestRoot, disks: dict[int, str]) -> None:
        self._root = root
        self._disks = disks

    def chosen(self, path: str, menu: Menu, before: tuple[str, ...] = ()) -> _Chosen:
        """What the menu at path boots."""
        devices = self._devices(path)
        entries = [self._entry(devices, item) for item in menu.items]
        saved = saved_number(self._root.read(f"{path.rpartition('/')[0]}/default") or "")
        order = menu.order(saved)
        # GRUB tries the next of them where the kernel is not there.
        number = next((each for each in order if self._starts(devices, menu.items[each])), order[0] if order else None)
        default = None if number is None else menu.items[number]
        further = self._further(devices, default)
        if further and further not in (path, *before) and len(before) < _MOST_MENUS:
            found = parse(self._root.read(further) or "")
            if found.items:
                return self.chosen(further, found, (*before, path))
        known = [entry for entry in entries if entry]
        return _Chosen(path, boot_menu.BootMenu(known, None if number is None else entries[number]), before, default)

    def boots_linux(self, path: str, item: Item, found: Kernel) -> bool:
        """Whether a `kernel` command (Kernel) of an entry of the menu at path loads a Linux, of this root's or another."""
        starter = item.starter
        if starter is None or item.has_modules:
            return False
        return self._is_linux(found, self._path(self._devices(path), item, starter, found.path) or found.path)

    def _is_linux(self, found: Kernel, image: str) -> bool:
        return bool(found.path) and found.is_linux and places.is_linux(self._root, image)

    def _devices(self, path: str) -> Devices:
        return Devices(self._root, path, self._disks)

    def _further(self, devices: Devices, item: Item | None) -> str | None:
        """The path of the menu that the entry leads to, if it does."""
        starter = item.starter if item else None
        if item is None or starter is None or starter.name != "configfile":
            return None
        path = self._path(devices, item, starter, starter.argument.split(" ")[0])
        return self._root.real_path(path) if path and self._root.is_file(path) else None

    def _path(self, devices: Devices, item: Item, command: Command, named: str) -> str | None:
        return devices.path(named, _selected(item, command))

    def _starts(self, devices: Devices, item: Item) -> bool:
        """Whether what the entry starts is there, as far as can be said."""
        starter = item.starter
        if item.is_refused:
            return False
        if starter is None or starter.name != "kernel":
            return True
        path = self._path(devices, item, starter, kernel(starter.argument, _alone(starter)).path)
        return path is None or self._root.is_file(path)

    def _entry(self, devices: Devices, item: Item) -> boot_menu.Entry | None:
        """The entry, None where it boots no Linux of this root's."""
        starter = item.starter
        if starter is None or starter.name != "kernel" or item.has_modules:
            return None
        found = kernel(starter.argument, _alone(starter))
        image = self._path(devices, item, starter, found.path)
        if image is None or not self._is_linux(found, image):
            return None
        initrd = item.initrd
        # It loads one file; what comes behind a blank is not read.
        initrds = [self._path(devices, item, initrd, initrd.argument.split(" ")[0])] if initrd else []
        is_elsewhere = devices.is_elsewhere(found.path, _selected(item, starter))
        files = tuple(filter(None, initrds))
        return boot_menu.Entry(image, files, found.arguments, item.title, is_elsewhere=is_elsewhere)


def _selected(item: Item, command: Command) -> tuple[str, str] | None:
    """What selects the partition for a command: ("root", "(hd0,0)")."""
    selected = item.root_at(command)
    return (selected.name, selected.argument) if selected else None


def _alone(command: Command) -> Command:
    """The command as one whose text is its argument alone."""
    return Command(command.name, command.argument, 0, len(command.argument))


class GrubLegacy:
    """GRUB legacy in one root. reader: of its menus, which are at paths. chosen: what the one that is read boots.

    starting: the disks with its code in their boot sectors, in boot order.
    """

    def __init__(
        self, root: GuestRoot, paths: list[str], reader: _Reader, chosen: _Chosen, starting: Sequence[str] = ()
    ) -> None:
        self._root = root
        self._paths = list(dict.fromkeys((*paths, *chosen.others, chosen.path)))
        self._reader = reader
        self._chosen = chosen
        self._starting = starting

    def menu(self) -> boot_menu.BootMenu:
        """The entries that boot Linux, and which of them is the default."""
        return self._chosen.menu

    def concerns(self) -> list[Concern]:
        """The default, where it boots no Linux of this root's."""
        if self._chosen.menu.default or not self._chosen.default:
            return []
        item = self._chosen.default
        what = item.starter or item.commands[-1]
        return [default_not_supported(self._chosen.path, item.title, f"{what.name} {what.argument}".strip())]

    def edit(self, plan: Plan, editors: Editors) -> None:
        """Edit the command lines of all entries that boot Linux, update-grub's settings, and the disks' names."""
        edit = self._edit_of_sources(editors)
        for path in self._paths:

            def edit_of(item: Item, found: Kernel, path: str = path) -> Edit | None:
                if not self._reader.boots_linux(path, item, found):
                    return None
                return editors.with_initrd if item.initrd else editors.without_initrd

            text = edited(self._root.read(path) or "", edit_of)
            text = sources.edit_menu(text, edit, partial(edit, present=None))
            text = sources.rename_boot(text, plan.disk_names, self._starting)
            self._root.write(path, text, "the kernel's command lines fit the target")
        disks = self._root.read(_DEVICE_MAP)
        if disks is not None:
            renamed = device_map.rename_disks(disks, plan.disk_names, self._starting[:1])
            self._root.write(_DEVICE_MAP, renamed, "the disks' names on the target")

    def edit_sources(self, plan: Plan, editors: Editors, has_new_fallback: bool) -> None:
        """Edit SUSE's and Red Hat's settings, from which new entries are made."""
        settings, disk = (self._root.read(path) for path in (sources.BOOTLOADER, sources.GRUB))
        if settings is not None:
            new = sources.edit_bootloader(settings, self._edit_of_sources(editors))
            self._root.write(sources.BOOTLOADER, new, "what menu.lst is generated from fits the target")
        if disk is not None:
            new = sources.edit_grub(disk, plan.disk_names, self._starting)
            self._root.write(sources.GRUB, new, "the disks' names on the target")

    def _edit_of_sources(self, editors: Editors) -> Editor:
        default = self._chosen.menu.default
        return editors.with_initrd if default is None or default.initrds else editors.without_initrd
