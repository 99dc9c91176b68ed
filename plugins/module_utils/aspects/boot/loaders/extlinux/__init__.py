# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EXTLINUX and SYSLINUX, one program for two kinds of filesystems: their configuration, and what generates it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from .....guest import boot_menu
from .....guest.root import GuestRoot
from .....model.concerns import Concern
from ...command_line import Editor, Editors
from ...evidence import Evidence
from .. import places
from ..loader import Fallback, default_not_supported
from . import sources
from .choice import ADV_LENGTH, Choice, choose, stored
from .config import Config, Edits, File, Label, Part, initrds, kind_of, parse

if TYPE_CHECKING:
    from ....plan import Plan

NAME = "extlinux"
TITLE = "EXTLINUX or SYSLINUX"
# It needs its modules and configuration next to it, by names that depend on where it was started from.
FALLBACKS: tuple[Fallback, ...] = ()
READS_EXTENDED = False

# The name in the place of the system that made the filesystem, and a number at the end of the code (core/diskboot.inc).
_NAMES, _NAME_OFFSET = (b"SYSLINUX", b"EXTLINUX"), 3
_SIGN, _SIGN_OFFSET = (0x3EB202FE).to_bytes(4, "little"), 0x1F8

_PROGRAM, _MODULE = "ldlinux.sys", "ldlinux.c32"
# Where it is installed. It searches the other directories, from the top of its own filesystem (core/fs/lib/loadconfig.c).
DIRECTORIES = ("/boot/extlinux", "/boot/syslinux", "/boot", "/extlinux", "/syslinux", "/")
_SEARCHED = ("/boot/syslinux", "/syslinux", "/")
CONFIGURATIONS = ("extlinux.conf", "syslinux.cfg")
_OF_UEFI = ("syslx64.cfg", "syslia32.cfg")


def is_in_boot_sector(sector: bytes) -> bool:
    """Whether a sector is SYSLINUX's: a partition's, as its code for MBRs starts whatever the active partition has."""
    is_signed = sector[_SIGN_OFFSET:].startswith(_SIGN)
    return is_signed or sector[_NAME_OFFSET:].startswith(_NAMES)


def is_program(name: str, data: bytes) -> bool:
    """Whether an EFI program is SYSLINUX: by the names of the module that it begins with."""
    return name == "syslinux.efi" or b"ldlinux.e64" in data or b"ldlinux.e32" in data


def find(root: GuestRoot, evidence: Evidence) -> Extlinux | None:
    """EXTLINUX as it is installed in root; None when it has no configuration there with a label in it."""
    for place in _places(root, evidence):
        reader = _Reader(root, place)
        config = reader.config([place.path])
        if config and (config.labels or config.commands):
            return Extlinux(root, reader, config)
    return None


@dataclass(frozen=True)
class _Place:
    """A configuration. path: of its file. mount: of the filesystem that it is on. program: of ldlinux.sys, "" for none."""

    path: str
    mount: str
    program: str = ""

    def of(self, name: str) -> str:
        """The path in the root of a file that the configuration names."""
        directory = posixpath.dirname(self.path)
        inside = directory if self.mount == "/" else directory[len(self.mount) :]
        return places.below(self.mount, posixpath.join(inside or "/", name))


def _places(root: GuestRoot, evidence: Evidence) -> Iterator[_Place]:
    """Where a configuration may be, the first that is read first."""
    if evidence.partition and evidence.firmware == "uefi":
        mount = posixpath.dirname(evidence.partition.path)
        # The fallback is what the firmware starts.
        for name in ("syslinux.efi", "ldlinux.e64", "ldlinux.e32"):
            for directory in reversed(evidence.partition.with_file(name)):
                yield from _in_directories(root, mount, (directory, *_searched(mount)), (*_OF_UEFI, *CONFIGURATIONS))
    installed = [each for each in DIRECTORIES if root.is_file(posixpath.join(each, _PROGRAM))]
    for directory in installed:
        mount = places.mount_of(root, directory)
        program = posixpath.join(directory, _PROGRAM)
        yield from _in_directories(root, mount, (directory, *_searched(mount)), CONFIGURATIONS, program)
    # Others read such files too (U-Boot), so that there must be code that may start it.
    may_start = evidence.firmware == "bios" and (evidence.started == NAME or bool(evidence.sectors))
    for directory in DIRECTORIES if may_start and not installed else ():
        yield from _in_directories(root, places.mount_of(root, directory), (directory,), CONFIGURATIONS)


def _searched(mount: str) -> Iterator[str]:
    return (places.below(mount, each) for each in _SEARCHED)


def _in_directories(
    root: GuestRoot, mount: str, directories: tuple[str, ...], names: tuple[str, ...], program: str = ""
) -> Iterator[_Place]:
    for directory in directories:
        for name in names:
            path = posixpath.join(directory, name)
            if root.is_file(path):
                yield _Place(path, mount, program)


class _Reader:
    """Reads the configurations of one root, as place has them. configs: those that were read."""

    def __init__(self, root: GuestRoot, place: _Place) -> None:
        self.place = place
        self.configs: list[Config] = []
        self._root = root

    def further(self, names: list[str]) -> Config | None:
        """The configuration of files as another one names them; None where none of them is there."""
        return self.config([self.place.path if name == "~" else self.place.of(name) for name in names])

    def config(self, paths: list[str]) -> Config | None:
        """The configuration of the files at paths, read as one; None where none of them is there."""
        files = list(filter(None, map(self._file, paths)))
        if not files:
            return None
        config = parse(files, lambda name: self._file(self.place.of(name)))
        self.configs.append(config)
        return config

    def _file(self, path: str) -> File | None:
        text = self._root.read(path)
        return None if text is None else File(self._root.real_path(path), text)

    def is_linux(self, kind: str, name: str) -> bool:
        """Whether a program, of that kind and called so, is a Linux."""
        is_kernel = bool(name) and kind_of(kind, name) in ("linux", "kernel")
        return is_kernel and places.is_linux(self._root, self.place.of(name))


class Extlinux:
    """EXTLINUX in one root. reader: of its configurations. config: the first of them."""

    def __init__(self, root: GuestRoot, reader: _Reader, config: Config) -> None:
        self._root = root
        self._reader = reader
        program = reader.place.program
        values = stored(root.tail(program, ADV_LENGTH)) if program else {}
        # Since SYSLINUX 5 most of it is in a module next to it.
        is_old = bool(program) and not root.is_file(posixpath.join(posixpath.dirname(program), _MODULE))
        self._choice = choose(config, reader.further, values, is_old)
        self._menu = self._read_menu(self._choice)

    def menu(self) -> boot_menu.BootMenu:
        """The entries that boot Linux, and which of them is the default."""
        return self._menu

    def concerns(self) -> list[Concern]:
        """The default, where it boots no Linux."""
        if self._menu.default:
            return []
        label = self._choice.label
        title = (label.title or label.name) if label else self._choice.what
        return [default_not_supported(self._reader.place.path, title, self._choice.what)]

    def _read_menu(self, choice: Choice) -> boot_menu.BootMenu:
        default: boot_menu.Entry | None = None
        entries = []
        for label in choice.config.labels:
            if self._boots_linux(label):
                extra = choice.command.rest.text.strip() if choice.command and label is choice.label else ""
                entry = self._entry(label.program.first, f"{label.arguments} {extra}", label.title or label.name)
                entries.append(entry)
                default = entry if label is choice.label else default
        if choice.label is None and choice.command and self._reader.is_linux("kernel", choice.program):
            default = self._entry(choice.program, choice.command.rest.text, choice.command.text)
            entries.insert(0, default)
        return boot_menu.BootMenu(entries, default)

    def _boots_linux(self, label: Label) -> bool:
        leads_elsewhere = label.is_disabled or label.quits or label.goes_to is not None
        return not leads_elsewhere and self._reader.is_linux(label.kind, label.program.first)

    def _entry(self, kernel: str, arguments: str, title: str) -> boot_menu.Entry:
        place = self._reader.place
        arguments = arguments.strip()
        return boot_menu.Entry(place.of(kernel), tuple(map(place.of, initrds(arguments))), arguments, title)

    def edit(self, plan: Plan, editors: Editors) -> None:
        """Edit the command lines of all labels that boot Linux."""
        edits = Edits()
        files: dict[str, str] = {}
        for config in self._reader.configs:
            self._edit_config(config, editors, edits)
            files.update(config.files)
        for path, text in edits.applied(files).items():
            self._root.write(path, text, "the kernel's command lines fit the target")

    def _edit_config(self, config: Config, editors: Editors, edits: Edits) -> None:
        shared: dict[Part, Editor] = {}
        for label in filter(self._boots_linux, config.labels):
            edit = _editor(editors, label.arguments)
            own = label.program.rest
            if label.append or label.common:
                edits.edit(own, partial(edit, present=None))
            elif own.text.strip():
                edits.edit(own, edit)
            elif edit(""):
                edits.add_append(label, edit(""), config.files[label.place.file])
            if label.append:
                edits.edit(label.append, partial(edit, present=own.text.split()))
            elif label.common and not (initrds(label.arguments) and label.common in shared):
                # What is right for kernels without an initrd is so for others.
                shared[label.common] = edit
        for part, edit in shared.items():
            edits.edit(part, edit)
        for command in config.commands:
            self._edit_command(config, command, editors, edits)

    def _edit_command(self, config: Config, command: Part, editors: Editors, edits: Edits) -> None:
        """Edit the arguments in a command line, as of DEFAULT."""
        label = config.by_name.get(command.first)
        if label and self._boots_linux(label):
            edits.edit(command.rest, partial(_editor(editors, label.arguments), present=None))
        elif label is None and self._reader.is_linux("kernel", command.first):
            edits.edit(command.rest, _editor(editors, command.rest.text))

    def edit_sources(self, plan: Plan, editors: Editors, has_new_fallback: bool) -> None:
        """Edit Debian's and Alpine's settings, from which the configuration is generated."""
        default = self._menu.default
        edit = editors.with_initrd if default is None or default.initrds else editors.without_initrd
        for path, edited in ((sources.DEBIAN, sources.edit_debian), (sources.ALPINE, sources.edit_alpine)):
            text = self._root.read(path)
            if text is not None:
                new = edited(text, edit, partial(edit, present=None))
                self._root.write(path, new, "what the boot menu is generated from fits the target")


def _editor(editors: Editors, arguments: str) -> Editor:
    return editors.with_initrd if initrds(arguments) else editors.without_initrd
