# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The menu that a script makes, what its entries boot, and which of them GRUB starts by itself. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from .expansion import Argument
from .source import Source
from .syntax import Block, Command
from .traced import Place, Traced

# The commands of the Linux loader; hwe is of Ubuntu's.
LINUX = ("linux", "linux16", "linuxefi", "linux_hwe")
INITRD = ("initrd", "initrd16", "initrdefi", "initrd_hwe")

# Commands that load something which boots, by what they are called for a person.
LOADERS = {
    "uki": "a unified kernel image",
    "multiboot": "a multiboot kernel, such as Xen",
    "multiboot2": "a multiboot kernel, such as Xen",
    "xen_hypervisor": "Xen",
    "chainloader": "another boot loader",
    "ntldr": "Windows",
    "appleloader": "another boot loader",
    "freedos": "FreeDOS",
    "pxechainloader": "a boot loader of the network",
    "plan9": "Plan 9",
    "truecrypt": "TrueCrypt",
    "kfreebsd": "FreeBSD",
    "knetbsd": "NetBSD",
    "kopenbsd": "OpenBSD",
    "xnu_kernel": "macOS",
    "xnu_kernel64": "macOS",
    "legacy_configfile": "a menu of GRUB legacy",
    "syslinux_configfile": "a menu of syslinux",
    "configfile": "another menu",
    "fwsetup": "the setup of the firmware",
    "exit": "the next loader of the firmware",
    "halt": "nothing: it turns the machine off",
    "reboot": "nothing: it restarts the machine",
}

_NUMBER = re.compile(r"[ \t\n\v\f\r]*(?:0[xX]([0-9a-fA-F]+)|(0[0-7]+)|([0-9]+))", re.ASCII)
_LARGEST = 2**31


@dataclass(frozen=True, eq=False)
class Loaded:
    """What an entry has loaded when it boots.

    command: the one that loaded it. kind: its name. arguments: its arguments, the path of what it loads first.
    initrds: the paths, in their order. path: that of the kernel in the mounted root; None where it cannot be said.
    is_there: whether that is there. is_kernel: whether it may be a kernel: Linux's boot protocol loads other programs too.
    """

    kind: str
    command: Command
    arguments: Sequence[Argument]
    initrds: Sequence[str] = ()
    path: str | None = None
    is_there: bool = True
    is_kernel: bool = True

    @property
    def is_linux(self) -> bool:
        """Whether a command of the Linux loader loaded it."""
        return self.kind in LINUX

    @property
    def boots_linux(self) -> bool:
        """Whether it is a Linux kernel that finds a root filesystem: no memory test, which that command loads too."""
        has_root = any(argument.text.startswith("root=") for argument in self.arguments[1:])
        return self.is_linux and (has_root or bool(self.initrds)) and self.is_kernel


@dataclass(eq=False)
class Item:
    """An entry of a menu, or a submenu.

    position: its number in its menu, after those of the submenus around it: "0", "1>2". block, script: what it executes.
    loaded: what it boots, None where it boots nothing. tried: what it boots before, and loaded only once that failed.
    children: the menu that it leads to.
    version, end: of an entry of the Boot Loader Specification, the kernel's version, and where its options end.
    """

    title: str
    id: str
    position: str = ""
    is_submenu: bool = False
    classes: tuple[str, ...] = ()
    arguments: tuple[Traced, ...] = ()
    block: Block | None = None
    script: Source | None = None
    loaded: Loaded | None = None
    tried: Loaded | None = None
    children: Menu | None = None
    version: str | None = None
    end: Place | None = None


@dataclass(eq=False)
class Menu:
    """A menu. default, fallback: the variables when it is shown. ids_first: as Red Hat's GRUB looks entries up."""

    items: list[Item] = field(default_factory=list)
    default: str | None = None
    fallback: str | None = None
    ids_first: bool = False

    def walk(self) -> Iterator[Item]:
        """All items, each before those of its submenu."""
        pending = list(reversed(self.items))
        while pending:
            item = pending.pop()
            yield item
            if item.children:
                pending += reversed(item.children.items)

    def started(self) -> Item | None:
        """The entry that is started when nobody is at the keyboard; None when the menu is empty.

        Where the default entry loads nothing because its kernel is gone, GRUB starts those that `fallback` names.
        """
        default = self._default()
        if default is None or _works(default):
            return default
        for number in re.split(r"\s+", (self.fallback or "").strip()):
            item = self._at(entry_number(self.items, number, self.ids_first)) if number else None
            found = item.children.started() if item and item.children else item
            if found is not None and _works(found):
                return found
        return default

    def _default(self) -> Item | None:
        item: Item | None = None
        menu: Menu | None = self
        while menu is not None and menu.items:
            number = entry_number(menu.items, menu.default or "", menu.ids_first)
            item = menu._at(number) or menu.items[0]
            menu = item.children
        return item

    def _at(self, number: int) -> Item | None:
        return self.items[number] if 0 <= number < len(self.items) else None


def _works(item: Item) -> bool:
    return item.loaded is None or item.loaded.is_there


def entry_number(items: Sequence[Item], name: str, ids_first: bool) -> int:
    """The number of the entry that a variable such as `default` names, -1 for none (menu.c: get_entry_number).

    A number counts even if it is only the beginning of a title, as strtoul() takes it. Red Hat's GRUB looks for ids and
    titles before, and takes no number that something follows; there the > of a submenu is not looked at either.
    """
    if ids_first:
        found = _number_of_name(items, name)
        return found if found >= 0 or not _NUMBER.fullmatch(name) else _number(name)
    number = _number(name)
    return number if number >= 0 or _NUMBER.match(name) else _number_of_name(items, name)


def _number_of_name(items: Sequence[Item], name: str) -> int:
    for number, item in enumerate(items):
        if _is_called(item.id, name) or _is_called(item.title, name):
            return number
    return -1


def _number(text: str) -> int:
    match = _NUMBER.match(text)
    if match is None:
        return -1
    digits, base = next((digits, base) for digits, base in zip(match.groups(), (16, 8, 10)) if digits)
    number = int(digits, base) if len(digits) < 12 else _LARGEST
    return number if number < _LARGEST else -1


def _is_called(name: str, path: str) -> bool:
    """Whether the first part of path is name. GRUB writes >> for a > that is part of a name (menuentry_eq())."""
    position = 0
    for character in name:
        if path.startswith(">", position):
            if not path.startswith(">>", position):
                return False
            position += 1
        if not path.startswith(character, position):
            return False
        position += 1
    rest = path[position:]
    return not rest or (rest[0] == ">" and not rest.startswith(">>"))


def rest_of(path: str) -> str | None:
    """What of `default` is left for a submenu: all behind the first single >; None where there is nothing."""
    position = 0
    while position < len(path):
        if path[position] == ">":
            if not path.startswith(">>", position):
                return path[position + 1 :] or None
            position += 1
        position += 1
    return None
