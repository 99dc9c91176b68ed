# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GRUB legacy's menu (menu.lst, grub.conf): read as stage2.c and cmdline.c of GRUB 0.97 read it, and edited. Pure.

A line goes on after a backslash at its end, and a comment too. A blank, a tab or `=` follows a command. What is no command
is passed over, and so is a title that no command follows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

# Those of stage2/builtins.c, and what distributions added.
_COMMANDS = frozenset(
    """
    background blocklist boot bootp border cat chainloader clear cmp color configfile debug default device dhcp displayapm
    displaymem dump embed fallback find foreground fstest geometry gfxmenu halt help hiddenmenu hide ifconfig impsprobe
    initrd install ioprobe kernel lock makeactive map md5crypt module modulenounzip pager partnew parttype password pause
    print quiet quit rarp read reboot root rootnoverify savedefault serial setkey setup shade shutdown splashimage terminal
    terminfo testload testvbe tftpserver timeout title unhide uppermem uuid vbeprobe verbose viewport
    """.split()
)
# Those that have no place in an entry.
_OF_MENU = ("default", "fallback", "hiddenmenu", "timeout")
_STARTERS = ("kernel", "chainloader", "configfile")
_ROOTS = ("root", "rootnoverify", "uuid")
_MODULES = ("module", "modulenounzip")

# The line feed of a line that goes on, which GRUB takes for a blank. It drops each carriage return.
_GOES_ON = r"\\\r*\n"
_LINE = re.compile(r"[^\n\\]*(?:\\(?:\r*\n)?[^\n\\]*)*")
_JOINED = re.compile(_GOES_ON)
_NAME = re.compile(r"(?:[^ \t\n\\=]|\\(?!\r*\n))*")
_WORD = re.compile(r"(?:[^ \t\n\\]|\\(?!\r*\n))+")
_SEPARATOR = re.compile(rf"(?:[ \t\r=]|{_GOES_ON})*")
_BLANKS = re.compile(rf"(?:[ \t\r]|{_GOES_ON})*")
_OPTION = re.compile(r"--type=|--no-mem-option")
_OF_LINUX = ("--type=linux", "--type=biglinux", "--no-mem-option")

# For the editor of a command line, to which str's blanks divide it.
_EDITOR_BREAK = re.compile(r"\\(\r*\n)")
_EDITED_BREAK = re.compile("\x1f(\r*\n)")
_EDITED_BLANKS = re.compile("(?:[ \t\r]|\x1f\r*\n)*")

_NUMBER = re.compile(r"0[xX](?P<hexadecimal>[0-9a-fA-F]+)|(?P<decimal>[0-9]+)")
_MOST = 0x7FFFFFFF
# MAX_FALLBACK_ENTRIES, and the length of what is read of the file `default`.
_MOST_FALLBACKS = 8
_SAVED_LENGTH = 9

Edit = Callable[[str], str]


@dataclass(frozen=True)
class Command:
    """A command as GRUB has it. start, end: where its argument stands in the text."""

    name: str
    argument: str
    start: int
    end: int


@dataclass(frozen=True)
class Kernel:
    """A `kernel` command.

    path: with its device, if it names one. is_linux: False where its options say that it is another system's.
    arguments: the command line as the kernel gets it. start, end: where that stands in the text, with blanks around it.
    """

    path: str
    is_linux: bool
    arguments: str
    start: int
    end: int


@dataclass(frozen=True)
class Item:
    """An entry of the menu: a title, and the commands that follow it."""

    title: str
    commands: tuple[Command, ...]

    @cached_property
    def starter(self) -> Command | None:
        """The command that says what the entry starts: the last one that does. None where none does."""
        return next((each for each in reversed(self.commands) if each.name in _STARTERS), None)

    @cached_property
    def has_modules(self) -> bool:
        """Whether it starts a multiboot kernel (Xen, tboot), to which it passes others as modules."""
        return any(each.name in _MODULES for each in self.commands)

    @cached_property
    def is_refused(self) -> bool:
        """Whether GRUB stops in it, at a command that is one of the menu's alone."""
        return any(each.name in _OF_MENU for each in self.commands)

    @cached_property
    def initrd(self) -> Command | None:
        """The last `initrd` command, which replaces those before it."""
        return next((each for each in reversed(self.commands) if each.name == "initrd"), None)

    def root_at(self, command: Command) -> Command | None:
        """The last command before this one by which the entry selects a partition."""
        before = self.commands[: self.commands.index(command)]
        return next((each for each in reversed(before) if each.name in _ROOTS), None)


@dataclass
class Menu:
    """What a menu's text says. default: a number, or None for `saved`. fallbacks: numbers of entries."""

    default: int | None = 0
    fallbacks: list[int] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)

    def order(self, saved: int) -> list[int]:
        """The numbers of the entries that GRUB starts by itself: the default, then those that are tried where it fails.

        saved: the number in the file `default`.
        """
        count = len(self.items)
        fallbacks = [number for number in self.fallbacks if number < count]
        default = saved if self.default is None else self.default
        if default < count:
            return [default, *fallbacks]
        return fallbacks or list(range(min(count, 1)))


def parse(text: str) -> Menu:
    """The Menu of a text."""
    menu = Menu()
    title: str | None = None
    inside: list[Command] = []
    for command in _commands(text):
        if command.name == "title":
            _close(menu, title, inside)
            title, inside = command.argument, []
        elif title is not None:
            inside.append(command)
        elif command.name == "default":
            menu.default = None if command.argument == "saved" else number(command.argument, menu.default or 0)
        elif command.name == "fallback":
            menu.fallbacks = _numbers(command.argument)
    _close(menu, title, inside)
    return menu


def _close(menu: Menu, title: str | None, inside: Sequence[Command]) -> None:
    if title is not None and inside:
        menu.items.append(Item(title, tuple(inside)))


def _commands(text: str) -> list[Command]:
    found = []
    for start, end in _lines(text):
        start = _skipped(_BLANKS, text, start, end)
        name = _skipped(_NAME, text, start, end)
        word = text[start:name].replace("\r", "")
        if word in _COMMANDS:
            argument = _skipped(_SEPARATOR, text, name, end)
            found.append(Command(word, meaning(text[argument:end]), argument, end))
    return found


def _lines(text: str) -> list[tuple[int, int]]:
    """Where each line of GRUB's stands in text, less what it drops at the end."""
    lines, position = [], 0
    while position < len(text):
        next_line = _skipped(_LINE, text, position, len(text))
        # A line is a string of C's, which ends there.
        end = text.find("\0", position, next_line)
        end = next_line if end < 0 else end
        while end > position and text[end - 1] == "\r":
            end -= 1
        lines.append((position, end))
        position = next_line + 1
    return lines


def _skipped(pattern: re.Pattern[str], text: str, start: int, end: int) -> int:
    """The end of pattern's match at start, at most end."""
    match = pattern.match(text, start, end)
    return match.end() if match else start


def meaning(written: str) -> str:
    """What GRUB makes of a piece of a line: blanks for the ends of lines that go on and for tabs."""
    return _JOINED.sub(" ", written).replace("\r", "").replace("\t", " ")


def kernel(text: str, command: Command) -> Kernel:
    """A `kernel` command (Command) of text in its parts."""
    position, is_linux = command.start, True
    while True:
        end = _skipped(_WORD, text, position, command.end)
        word = meaning(text[position:end])
        if not _OPTION.match(word):
            break
        is_linux = is_linux and word in _OF_LINUX
        position = _skipped(_BLANKS, text, end, command.end)
    return Kernel(word, is_linux, meaning(text[end : command.end]).strip(" "), end, command.end)


def number(text: str, otherwise: int = 0) -> int:
    """The number that text begins with as GRUB reads it; otherwise, where there is none or it is too large."""
    match = _NUMBER.match(text)
    if not match or len(match.group(0)) > len(str(_MOST)):
        return otherwise
    value = int(match["hexadecimal"], 16) if match["hexadecimal"] else int(match["decimal"])
    return value if value <= _MOST else otherwise


def saved_number(text: str) -> int:
    """The number of the entry that the text of the file `default` says, which `savedefault` and grub-set-default write."""
    return number(text[:_SAVED_LENGTH])


def _numbers(argument: str) -> list[int]:
    found: list[int] = []
    for word in argument.split()[:_MOST_FALLBACKS]:
        value = number(word, -1)
        if value < 0:
            break
        found.append(value)
    return found


def edited(text: str, edits: Callable[[Item, Kernel], Edit | None]) -> str:
    """text with the kernels' command lines edited.

    edits: says by which function (str) -> str that of an entry (Item, Kernel) is, None for one that stays.
    """
    parts: list[str] = []
    position = 0
    for item in parse(text).items:
        for command in item.commands:
            found = kernel(text, command) if command.name == "kernel" else None
            edit = edits(item, found) if found else None
            if found and edit:
                parts += [text[position : found.start], _edited(text[found.start : found.end], edit)]
                position = found.end
    return "".join([*parts, text[position:]])


def _edited(written: str, edit: Edit) -> str:
    arguments = _EDITOR_BREAK.sub("\x1f\\1", written)
    start, end = _body(arguments)
    body = arguments[start:end]
    new = edit(body)
    if new == body:
        return written
    before, after = arguments[:start] or " ", arguments[end:]
    return _EDITED_BREAK.sub("\\\\\\1", f"{before}{new}{after}")


def _body(arguments: str) -> tuple[int, int]:
    """Where the words of a command line stand in the editor's text of it; after its blanks where there are none."""
    start, end = _skipped(_EDITED_BLANKS, arguments, 0, len(arguments)), len(arguments)
    while end > start and (arguments[end - 1] in " \t\r\n" or _EDITED_BREAK.match(arguments, end - 1)):
        end -= 1
    return start, end
