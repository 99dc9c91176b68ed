# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SYSLINUX's configuration: read as com32/elflink/ldlinux/readconfig.c of SYSLINUX 6 reads it, and edited. Pure.

Words are known in any case. A blank is any character up to the blank. A carriage return ends a line. A line that begins
with no word that is known, such as a comment, is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Optional

# The text of the file that an INCLUDE names, and how else it is to be called; None where it is not there.
Include = Callable[[str], Optional["File"]]
Edit = Callable[[str], str]

_KINDS = ("localboot", "kernel", "linux", "boot", "bss", "pxe", "fdimage", "comboot", "com32", "config")
_BLANK = "\x00-\x20"
_WORD = re.compile(rf"[{_BLANK}]*(?P<word>[^{_BLANK}]*)[{_BLANK}]*")
_FIRST = re.compile(rf"[^{_BLANK}]*")
_NUMBER = re.compile(rf"[{_BLANK}]*(?P<number>-?[0-9]{{1,9}})")
# The kind that a file's name gives it where KERNEL names it (ldlinux.c: parse_kernel_type).
_ENDINGS = {
    ".c32": "com32",
    ".0": "pxe",
    ".bs": "boot",
    ".img": "fdimage",
    ".bin": "boot",
    ".bss": "bss",
    ".com": "comboot",
    ".cbt": "comboot",
}
_NOTHING = "-"

# Files within each other, and files in all.
_DEEPEST, _MOST_FILES = 16, 200


@dataclass(frozen=True)
class File:
    """A file of the configuration: the path that it is known by, and its text."""

    path: str
    text: str


@dataclass(frozen=True)
class Part:
    """A piece of a file's text, from start to end."""

    file: str
    start: int
    end: int
    text: str

    @property
    def first(self) -> str:
        """Its first word."""
        match = _FIRST.match(self.text)
        return match.group(0) if match else ""

    @property
    def rest(self) -> Part:
        """What comes behind that."""
        return Part(self.file, self.start + len(self.first), self.end, self.text[len(self.first) :])


@dataclass(eq=False)
class Label:
    """A LABEL. kind: of what it starts. program: that, and arguments. append: its own. common: those of all that have none.

    initrd: of its line INITRD. place: where a line can be put behind what says what it starts. goes_to: the menu that it
    leads to, by its name.
    """

    name: str
    kind: str
    program: Part
    place: Part
    append: Part | None = None
    common: Part | None = None
    initrd: str = ""
    title: str = ""
    is_hidden: bool = False
    is_disabled: bool = False
    is_default: bool = False
    goes_to: str | None = None
    quits: bool = False

    @property
    def options(self) -> Part | None:
        """What of APPEND counts: its own, or what is common to all."""
        return self.append or self.common

    @property
    def arguments(self) -> str:
        """The arguments of what it starts, INITRD's last."""
        options = self.options.text if self.options else ""
        words = [self.program.rest.text.strip(), "" if options == _NOTHING else options.strip()]
        words.append(f"initrd={self.initrd.strip()}" if self.initrd else "")
        return " ".join(filter(None, words))


@dataclass(eq=False)
class Menu:
    """A menu, of labels and of menus in it. default: the number of what it begins with. number: its own in its parent."""

    name: str
    parent: Menu | None = None
    number: int = 0
    children: list[Label | Menu] = field(default_factory=list)
    default: int = 0

    def preset(self) -> Label | Menu | None:
        """What is marked when the menu appears; None in one where all are disabled."""
        order = [*self.children[self.default :], *reversed(self.children[: self.default])]
        return next((each for each in order if not (isinstance(each, Label) and each.is_disabled)), None)


class Config:
    """What configuration files say, which are read one after the other as if they were one.

    labels: in their order. start: the menu to begin with. menus: {name: menu}.
    default, ui, on_timeout: command lines, None where there is none. timeouts: {word: its number}. prompt: whether it waits
    for a command line at its prompt. saves: whether what was chosen in the menu becomes the default.
    files: {path: text} of those that were read.
    """

    def __init__(self) -> None:
        self.labels: list[Label] = []
        self.start = Menu(".top")
        self.hidden = Menu(".hidden")
        self.menus: dict[str, Menu] = {}
        self.default: Part | None = None
        self.ui: Part | None = None
        self.on_timeout: Part | None = None
        self.timeouts: dict[str, int] = {}
        self.prompt = self.saves = False
        self.files: dict[str, str] = {}

    @cached_property
    def by_name(self) -> Mapping[str, Label]:
        """{name: the first label called so}."""
        return {label.name: label for label in reversed(self.labels) if not label.is_disabled}

    @property
    def commands(self) -> list[Part]:
        """The command lines that it may start."""
        return [each for each in (self.default, self.ui, self.on_timeout) if each]


def parse(files: Iterable[File], include: Include) -> Config:
    """The Config of files. include: for the files that they include."""
    config = Config()
    reader = _Reader(config, include)
    for file in files:
        reader.read(file, 0)
    reader.close()
    return config


class _Reader:
    """Reads files into config."""

    def __init__(self, config: Config, include: Include) -> None:
        self._config = config
        self._include = include
        self._menu = config.start
        self._label: Label | None = None
        self._common: Part | None = None
        self._count = 0

    def read(self, file: File, depth: int) -> None:
        """Read a file and what it includes."""
        self._config.files.setdefault(file.path, file.text)
        in_help = False
        for line in _lines(file):
            word, value = _split(line)
            if in_help:
                in_help = word != "endtext"
            elif word == "text":
                in_help = True
            elif word == "include":
                self._read_included(value.first, depth)
            elif word == "menu":
                self._of_menu(*_split(value), depth)
            elif not self._of_label(word, value, line):
                self._of_all(word, value)

    def close(self) -> None:
        """The label that was read is whole."""
        label, self._label = self._label, None
        if label is None:
            return
        if label.append is None:
            label.common = self._common
        self._config.labels.append(label)
        menu = self._config.hidden if label.is_hidden else self._menu
        menu.children.append(label)
        is_program = label.goes_to is None and not label.quits and not label.is_disabled
        if label.is_default and is_program:
            menu.default = len(menu.children) - 1

    def _read_included(self, name: str, depth: int) -> None:
        self._count += 1
        file = self._include(name) if depth < _DEEPEST and self._count <= _MOST_FILES else None
        if file is not None:
            self.read(file, depth + 1)

    def _of_label(self, word: str, value: Part, line: Part) -> bool:
        """Take a line that says something of a label, or begins one."""
        if word == "label":
            self.close()
            name = Part(value.file, value.start, value.start + len(value.first), value.first)
            self._label = Label(value.first, "kernel", name, line)
        elif word == "append" and self._label:
            self._label.append = value
        elif word == "append":
            self._common = value
        elif word == "initrd" and self._label:
            self._label.initrd = value.text
        elif word in _KINDS and self._label:
            self._label.kind, self._label.program, self._label.place = word, value, line
        else:
            return word in ("initrd", *_KINDS)
        return True

    def _of_all(self, word: str, value: Part) -> None:
        config = self._config
        if word == "default":
            config.default = value
        elif word == "ui":
            config.ui = value
        elif word == "ontimeout":
            config.on_timeout = value
        elif word in ("timeout", "totaltimeout"):
            config.timeouts[word] = _number(value.text)
        elif word == "prompt":
            config.prompt = _number(value.text) != 0

    def _of_menu(self, word: str, value: Part, depth: int) -> None:
        label = self._label
        if word == "include":
            tag = value.rest.text.strip()
            if tag:
                self._begin(tag)
            self._read_included(value.first, depth)
            if tag:
                self._end()
        elif word == "begin":
            self._begin(value.text)
        elif word == "end":
            self._end()
        elif word == "separator":
            self.close()
            self._menu.children.append(Label("", "kernel", value, value, is_disabled=True))
        elif word == "start":
            self._config.start = self._menu
        elif word == "save":
            self._config.saves = True
        elif word == "default" and label is None and self._menu.parent:
            self._menu.parent.default = self._menu.number
        elif label is not None:
            self._of_menu_label(label, word, value)

    def _of_menu_label(self, label: Label, word: str, value: Part) -> None:
        if word == "label":
            label.title = value.text.replace("^", "").strip()
        elif word == "default":
            label.is_default = True
        elif word == "hide":
            label.is_hidden = True
        elif word in ("disable", "disabled"):
            label.is_disabled = True
        elif word == "quit":
            label.quits = True
        elif word == "goto" or (word == "exit" and value.text):
            label.goes_to = value.text
        elif word == "exit" and self._menu.parent:
            label.goes_to = self._menu.parent.name

    def _begin(self, name: str) -> None:
        self.close()
        menu = Menu(name, self._menu, len(self._menu.children))
        self._menu.children.append(menu)
        self._config.menus.setdefault(name, menu)
        self._menu = menu

    def _end(self) -> None:
        self.close()
        self._menu = self._menu.parent or self._menu


def _lines(file: File) -> Iterator[Part]:
    position = 0
    for line in file.text.split("\n"):
        shown = line.partition("\r")[0].partition("\0")[0]
        yield Part(file.path, position, position + len(shown), shown)
        position += len(line) + 1


def _split(line: Part) -> tuple[str, Part]:
    """The first word of a line, in lower case, and what comes behind it and blanks."""
    match = _WORD.match(line.text)
    word, end = (match["word"], match.end()) if match else ("", 0)
    return word.lower() if word.isascii() else "", Part(line.file, line.start + end, line.end, line.text[end:])


def _number(text: str) -> int:
    match = _NUMBER.match(text)
    return int(match["number"]) if match else 0


def kind_of(kind: str, path: str) -> str:
    """What is started: kind, or what the name of the file at path says where kind is "kernel"."""
    ending = next((each for each in _ENDINGS if path.endswith(each)), None)
    return _ENDINGS[ending] if ending and kind == "kernel" else kind


def initrds(arguments: str) -> list[str]:
    """The names of the files that SYSLINUX loads as the initrd: the list behind the first `initrd=`."""
    _before, found, names = arguments.partition("initrd=")
    return [name for name in names.split(" ")[0].split(",") if name] if found else []


class Edits:
    """Collects what is to be another in files, each piece once."""

    def __init__(self) -> None:
        self._new: dict[str, dict[tuple[int, int], str]] = {}

    def edit(self, part: Part, edit: Edit) -> None:
        """Edit a piece of a line that holds arguments."""
        body = "" if part.text == _NOTHING else part.text.strip()
        new = edit(body)
        if new == body:
            return
        if body:
            before, _body, after = part.text.partition(body)
            new = f"{before}{new}{after}"
        self._put(part, new if body or part.text == _NOTHING else f" {new}")

    def add_append(self, label: Label, arguments: str, text: str) -> None:
        """Give the label, which has no APPEND, one with these arguments, of which there are some. text: of its file."""
        place = label.place
        match = _WORD.match(place.text)
        word = match["word"] if match else ""
        indent = "  " if word.casefold() == "label" else place.text[: place.text.find(word)]
        end = "\r\n" if text[place.end : place.end + 1] == "\r" else "\n"
        self._put(place, f"{place.text}{end}{indent}{'append' if word.islower() else 'APPEND'} {arguments}")

    def _put(self, part: Part, new: str) -> None:
        self._new.setdefault(part.file, {}).setdefault((part.start, part.end), new)

    def applied(self, files: Mapping[str, str]) -> dict[str, str]:
        """{path: text} with the edits made."""
        edited = {}
        for path, text in files.items():
            pieces, position = [], 0
            for (start, end), new in sorted(self._new.get(path, {}).items()):
                if start >= position:
                    pieces += [text[position:start], new]
                    position = end
            edited[path] = "".join([*pieces, text[position:]])
        return edited
