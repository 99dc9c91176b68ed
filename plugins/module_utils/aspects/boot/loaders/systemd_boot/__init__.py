# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""systemd-boot: its menu, on the EFI system partition and on the one that extends it, and what new entries are made of.

menu.py: what it offers. config.py: loader.conf. fallback.py: the UEFI fallback.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from .....guest.boot_menu import BootMenu
from .....guest.root import GuestRoot
from .....guest.storage.graph import EXTENDED_BOOT_LOADER_PARTITION
from .....model.concerns import Concern
from ... import kernel_install, unified
from ...bls import EntryFile
from ...command_line import Editors
from ...evidence import Evidence
from ...system_partition import SystemPartition
from ..loader import default_not_supported
from . import config, fallback, menu
from .menu import Offered

if TYPE_CHECKING:
    from ....plan import Plan

NAME = "systemd-boot"
TITLE = "systemd-boot"
FALLBACKS = (fallback.by_systemd_boot,)
READS_EXTENDED = True

_CONFIGURATION = "loader/loader.conf"
# What it says of itself, in the section .sdmagic (src/boot/boot.c).
_SIGN = b"#### LoaderInfo: systemd-boot"
# It has 200 KiB at most.
_HEAD = 1024 * 1024


def is_in_boot_sector(sector: bytes) -> bool:
    """Never: it boots with UEFI alone."""
    return False


def is_program(name: str, data: bytes) -> bool:
    """Whether an EFI program is systemd-boot: by its file's name, or by what it says of itself."""
    return name.startswith("systemd-boot") or _SIGN in data


def find(root: GuestRoot, evidence: Evidence) -> SystemdBoot | None:
    """systemd-boot as it is installed in root; None where it is not, or offers nothing.

    Others read its entries and images too: they say nothing where its program is not on the EFI system partition.
    """
    if evidence.firmware != "uefi" or evidence.partition is None:
        return None
    programs = list(_programs(evidence.partition))
    if not programs and evidence.started != NAME:
        return None
    top = posixpath.dirname(evidence.partition.path)
    tops = [top, *_extended(root, top)]
    offered = menu.offered(root, tops)
    versions = [config.version(root.head(each, _HEAD)) for each in programs if root.is_file(each)]
    return SystemdBoot(root, tops, offered, next(iter(versions), None)) if offered else None


def _programs(partition: SystemPartition) -> Iterator[str]:
    """The paths of the programs on the EFI system partition that are called as it is."""
    for directory in partition.directories:
        for name, spelt in partition.names(directory).items():
            if is_program(name, b""):
                yield f"{partition.path}/{directory}/{spelt}"


def _extended(root: GuestRoot, top: str) -> list[str]:
    """Where root has an extended boot loader partition mounted."""
    partitions = root.guest.storage.boot_loader_partitions
    names = {each.name for each in partitions if each.type in EXTENDED_BOOT_LOADER_PARTITION}
    return [path for path, name in root.info["mountpoints"].items() if name in names and path != top]


class SystemdBoot:
    """systemd-boot in one root. tops: where what it reads is mounted, the EFI system partition first."""

    def __init__(self, root: GuestRoot, tops: Sequence[str], offered: Sequence[Offered], version: int | None) -> None:
        self._root = root
        self._tops = tops
        self._default = self._find_default(offered, version)
        default = self._default.entry if isinstance(self._default, Offered) else None
        self._menu = BootMenu([each.entry for each in offered if each.entry], default)

    def _find_default(self, offered: Sequence[Offered], version: int | None) -> Offered | str | None:
        """What is booted by default: an entry of these, or the id of one that systemd-boot adds by itself."""
        pattern = config.default_pattern(self._root.read(posixpath.join(self._tops[0], _CONFIGURATION)) or "")
        there = [
            each
            for each, path in config.AUTOMATIC.items()
            if pattern and self._root.is_file(posixpath.join(self._tops[0], path))
        ]
        identifier = config.default_id([each.id for each in offered], there, pattern, version)
        return next((each for each in offered if each.id == identifier), identifier)

    def menu(self) -> BootMenu:
        """The entries that boot Linux, and which of them is the default."""
        return self._menu

    def concerns(self) -> list[Concern]:
        """The default, where it boots no Linux; and what cannot be changed in unified kernel images."""
        if self._menu.default:
            return unified.concerns(self._menu.default)
        if isinstance(self._default, Offered):
            return [default_not_supported(self._default.path, self._default.id, self._default.starts)]
        where = posixpath.join(self._tops[0], _CONFIGURATION)
        return [default_not_supported(where, str(self._default), config.AUTOMATIC.get(str(self._default), "nothing"))]

    def edit(self, plan: Plan, editors: Editors) -> None:
        """Edit the command lines of all entries."""
        plan.concerns += unified.check(self._menu, editors.with_initrd)
        for top in self._tops:
            for file in menu.entry_files(self._root, top):
                path = posixpath.join(top, menu.ENTRIES, file.name)
                edited = self._edited(top, file, editors)
                self._root.write(path, edited, "the kernel's command line fits the target")

    def _edited(self, top: str, file: EntryFile, editors: Editors) -> str:
        kind, name = file.program or ("", "")
        is_image = bool(name and unified.read(self._root, menu.path_of(top, name)))
        if kind == "linux" and not is_image:
            return file.with_options(editors.with_initrd if menu.initrds_of(file) else editors.without_initrd)
        # What an image is started with takes the place of its own command line. A program that is no kernel may have a
        # use for what it was given, and none for more.
        is_given = is_image and file.options is not None
        return file.with_options(editors.with_initrd, () if is_given else None)

    def edit_sources(self, plan: Plan, editors: Editors, has_new_fallback: bool) -> None:
        """Edit what new entries and images get their command line from."""
        default = self._menu.default
        has_initrd = default is None or default.unified or bool(default.initrds)
        kernel_install.edit_sources(self._root, editors.with_initrd if has_initrd else editors.without_initrd)
