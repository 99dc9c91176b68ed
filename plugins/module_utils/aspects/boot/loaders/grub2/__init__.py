# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GRUB 2: its menu, grub.cfg, and device.map. What the menu is generated from is in defaults.py.

grub.cfg is edited, not generated: grub-mkconfig sees the appliance's disks and would name those.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .....guest import boot_menu
from .....guest.root import GuestRoot
from .....model.concerns import Concern
from .....texts import shell_words
from ...command_line import Editors
from ...evidence import Evidence
from . import debconf, defaults, fallback

if TYPE_CHECKING:
    from ....plan import Plan

NAME = "grub2"
TITLE = "GRUB 2 (a grub.cfg that has its entries in it)"
FALLBACKS = (fallback.by_shim, fallback.by_grub)

DIRECTORIES = ("/boot/grub", "/boot/grub2")
CONFIGURATION = "grub.cfg"

# No \s, which goes on over the ends of lines: a search would go over empty ones again from each of them.
_LINUX = re.compile(r"^(?P<start>[ \t]*linux(?:16|efi)?[ \t]+)(?P<kernel>\S+)(?P<arguments>[^\n]*)$", re.MULTILINE)
_INITRD = re.compile(r"^[ \t]*initrd(?:16|efi)?[ \t]+(?P<initrd>\S[^\n]*)$", re.MULTILINE)
# What comes behind the last command of a `linux` line's entry, or behind another such line's.
_END = re.compile(r"^[ \t]*(?:\}|linux(?:16|efi)?\s)|\Z", re.MULTILINE)

# Where stage1 of GRUB legacy has the version of its format (stage1/stage1.S: STAGE1_VERS_OFFS).
_LEGACY_VERSION = slice(0x3E, 0x40)

# Submenus within each other. What is deeper is taken as if it were in the last of these.
_DEEPEST = 8


@dataclass(frozen=True)
class Entry(boot_menu.Entry):
    """An entry of GRUB's menu.

    position: its number in its menu, after that of the submenus around it: "0", "1>2".
    names: what else GRUB knows the submenus around it and then itself by: title and --id, for each.
    """

    position: str = ""
    names: tuple[tuple[str, ...], ...] = ()


def is_in_boot_sector(sector: bytes) -> bool:
    """Whether the boot sector is GRUB 2's boot.img (grub-core/boot/i386/pc/boot.S has the message "GRUB ").

    GRUB legacy's stage1 has the same message, and before it the version of its own format, 3.2.
    """
    return b"GRUB " in sector[:440] and sector[_LEGACY_VERSION] != b"\x03\x02"


def is_program(name: str, data: bytes) -> bool:
    """Whether an EFI program is GRUB: by its file's name, or by what it says of itself as it starts."""
    return name.startswith("grub") or b"Welcome to GRUB!" in data


def find(root: GuestRoot, evidence: Evidence) -> Grub2 | None:
    """GRUB 2 as it is installed in root: where a menu of its own has entries that boot Linux; None when it has none.

    EL 7 has the menu on the EFI system partition; others have there what leads to it.
    """
    there = evidence.partition.with_file(CONFIGURATION) if evidence.partition else []
    directories = (*there, *DIRECTORIES) if evidence.firmware == "uefi" else (*DIRECTORIES, *there)
    for directory in directories:
        text = root.read(f"{directory}/{CONFIGURATION}") or ""
        entries = [_in_root(root, entry) for entry in parse_entries(text)]
        if entries:
            name = default_name(text, _saved_entry(root, (directory, *directories)))
            return Grub2(root, directories, boot_menu.BootMenu(entries, default_entry(entries, name)))
    return None


class Grub2:
    """GRUB 2 in one root. directories: where a grub.cfg may be."""

    def __init__(self, root: GuestRoot, directories: Sequence[str], menu: boot_menu.BootMenu) -> None:
        self._root = root
        self._directories = directories
        self._menu = menu

    def menu(self) -> boot_menu.BootMenu:
        """The entries that boot Linux, and which of them is the default."""
        return self._menu

    def concerns(self) -> list[Concern]:
        """Nothing."""
        return []

    def edit(self, plan: Plan, editors: Editors) -> None:
        """Edit the command lines of all entries, and the disks' names in GRUB's own configuration."""
        for path in (f"{directory}/{CONFIGURATION}" for directory in self._directories):
            text = self._root.read(path)
            if text is not None:
                edited = edit_entries(text, editors.with_initrd, editors.without_initrd)
                self._root.write(path, edited, "the kernel's command lines fit the target")
        for path in (f"{directory}/device.map" for directory in DIRECTORIES):
            text = self._root.read(path)
            if text is not None:
                self._root.write(path, rename_disks(text, plan.disk_names), "the disks' names on the target")

    def edit_sources(self, plan: Plan, editors: Editors, has_new_fallback: bool) -> None:
        """Edit what grub.cfg is generated from, and the answers by which upgrades of the packages install GRUB."""
        default = self._menu.default
        has_initrd = default is None or default.initrd is not None
        defaults.convert(self._root, editors.with_initrd if has_initrd else editors.without_initrd)
        debconf.convert(self._root, plan.disk_names, keep_fallback=has_new_fallback)


def parse_entries(text: str) -> list[Entry]:
    """The entries of a grub.cfg (text) that have a `linux` command, in order, their paths as they stand there."""
    entries = []
    menus = [_Menu("", ())]
    for line in text.split("\n"):
        words = shell_words.split(line)
        if words[:1] in (["menuentry"], ["submenu"]):
            position, names = menus[-1].next_child(words)
            menus.append(_Menu(position, names, is_entry=words[0] == "menuentry"))
        elif words[:1] == ["}"] and len(menus) > 1:
            closed = menus.pop()
            if closed.is_entry and closed.kernel:
                entries.append(closed.entry())
        elif menus[-1].is_entry:
            menus[-1].take(line)
    return entries


class _Menu:
    """A menu or an entry while it is being read."""

    def __init__(self, position: str, names: tuple[tuple[str, ...], ...], is_entry: bool = False) -> None:
        self.position, self.names, self.is_entry = position, names, is_entry
        self.children = 0
        self.kernel, self.arguments = "", ""
        self.initrds: tuple[str, ...] = ()

    def next_child(self, words: list[str]) -> tuple[str, tuple[tuple[str, ...], ...]]:
        """The position and the names of the next menuentry or submenu in this menu."""
        own = [words[1]] if len(words) > 1 else []
        for option, value in zip(words, words[1:]):
            # grub-mkconfig writes `$menuentry_id_option 'gnulinux-...'`, which GRUB sets to --id where it knows it.
            if option in ("--id", "$menuentry_id_option"):
                own.append(value)
        own += [word[len("--id=") :] for word in words if word.startswith("--id=")]
        if len(self.names) == _DEEPEST:
            return self.position, self.names
        position = f"{self.position}>{self.children}" if self.position else str(self.children)
        self.children += 1
        return position, (*self.names, tuple(own))

    def entry(self) -> Entry:
        """What was read."""
        return Entry(self.kernel, self.initrds, self.arguments, position=self.position, names=self.names)

    def take(self, line: str) -> None:
        """Read a command of the entry."""
        linux, initrd = _LINUX.match(line), _INITRD.match(line)
        if linux:
            self.kernel, self.arguments = linux["kernel"], linux["arguments"].strip()
        elif initrd:
            self.initrds = tuple(initrd["initrd"].split())


def default_name(text: str, saved: str | None) -> str:
    """What the variable `default` of a grub.cfg (text) comes to: a position, title or id.

    saved: saved_entry of the environment block, or None. grub-mkconfig writes `set default="${next_entry}"` for a
    boot that was asked for once, and behind `else` the lasting one.
    """
    lasting = "0"
    for value in re.findall(r"(?m)^[ \t]*set default=([^\n]*)$", text):
        value = value.strip().removeprefix('"').removesuffix('"')
        if '"' not in value and value != "${next_entry}":
            lasting = value
    return (saved or "0") if lasting == "${saved_entry}" else lasting


def default_entry(entries: Sequence[Entry], name: str) -> Entry | None:
    """The entry called name, else the first, as GRUB falls back to it. A submenu's name means its first entry."""
    # GRUB writes >> for a > that is part of a title (menuentry_eq() of grub-core/normal/menu.c).
    path = [part.replace("\0", ">") for part in name.replace(">>", "\0").split(">")]
    exact = (entry for entry in entries if len(entry.names) == len(path) and _is_on(entry, path))
    below = (entry for entry in entries if len(entry.names) > len(path) and _is_on(entry, path))
    return next(exact, None) or next(below, None) or next(iter(entries), None)


def _is_on(entry: Entry, path: Iterable[str]) -> bool:
    """Whether path, in which each is a number, title or id, leads to entry or a menu around it."""
    places = zip(path, entry.position.split(">"), entry.names)
    return all(part == number or part in names for part, number, names in places)


def edit_entries(text: str, edit: Callable[[str], str], edit_without_initrd: Callable[[str], str]) -> str:
    """text of a grub.cfg with each kernel's command line edited by edit(str) -> str, without an initrd by the other."""

    def edited(match: re.Match[str]) -> str:
        arguments = match["arguments"]
        found = _END.search(text, match.end())
        end = found.start() if found else len(text)
        new = (edit if _INITRD.search(text, match.end(), end) else edit_without_initrd)(arguments.strip())
        if new.split() == arguments.split():
            return match.group(0)
        return f"{match['start']}{match['kernel']} {new}"

    return _LINUX.sub(edited, text)


def rename_disks(text: str, names: Mapping[str, str]) -> str:
    """text with the disks' kernel names as a word (/dev/sda, not /dev/sda1) replaced by those on the target."""
    return re.sub(r"/dev/\w+", lambda match: names.get(match.group(0)[len("/dev/") :], match.group(0)), text)


def _in_root(root: GuestRoot, entry: Entry) -> Entry:
    """The entry with paths in the root: with a separate /boot, GRUB's paths begin there."""
    initrds = tuple(_boot_path(root, path) for path in entry.initrds)
    return replace(entry, kernel=_boot_path(root, entry.kernel), initrds=initrds)


def _boot_path(root: GuestRoot, path: str) -> str:
    # "($root)/vmlinuz" and the like name a device of GRUB's first.
    path = re.sub(r"^\([^)]*\)", "", path)
    below_boot = f"/boot{path}"
    return below_boot if "/boot" in root.info["mountpoints"] and root.is_file(below_boot) else path


def _saved_entry(root: GuestRoot, directories: Iterable[str]) -> str | None:
    for directory in directories:
        for line in (root.read(f"{directory}/grubenv") or "").split("\n"):
            if line.startswith("saved_entry="):
                return line.partition("=")[2]
    return None
