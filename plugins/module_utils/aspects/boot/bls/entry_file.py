# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One entry's file (loader/entries/NAME.conf): read, and edited where its values stand. Pure."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..command_line import Editor

# A line, a key in it, and what stands behind that; the ends of lines are those of UNIX, DOS and old Macs.
_LINE = re.compile(r"[^\r\n]+")
_KEY = re.compile(r"[ \t]*(?P<key>[^ \t\r\n]+)(?P<gap>[ \t]*)(?P<rest>[^\r\n]*)")
_BLANK_LINE = re.compile(r"(?:\A|\n)[ \t\r]*\n")

_SUFFIX = ".conf"
_RESCUE = re.compile(r"(?:\A|-)0-rescue(?:-|\Z)")


class Reader(enum.Enum):
    """Who reads the file, as they differ.

    GRUB: the first of several values counts (of `initrd`, `grub_arg`, `grub_class` all do), and the first line that is
    empty or has no value ends the file (grub-core/commands/blsuki.c, and Fedora's blscfg.c). What it makes of a value is a
    line of its script, so `initrd` may name several files.
    SYSTEMD_BOOT: the last value counts (of `initrd` and `options` all do), and a value may stand in double quotes
    (src/boot/boot.c, line_get_key_value()).
    """

    GRUB = "GRUB"
    SYSTEMD_BOOT = "systemd-boot"


@dataclass(frozen=True)
class Line:
    """key and value of a line. start, end: where the value stands in the text, without quotes around it."""

    key: str
    value: str
    start: int
    end: int


@dataclass(frozen=True)
class EntryFile:
    """An entry, as its reader sees it. name: of its file. text: what is in it. lines: those that the reader sees."""

    name: str
    text: str
    reader: Reader
    lines: tuple[Line, ...]

    @property
    def id(self) -> str:
        """What saved_entry and loader.conf call it: GRUB leaves out the suffix, systemd-boot does not."""
        return entry_id(self.name) if self.reader is Reader.GRUB else self.name.lower()

    def values(self, key: str) -> list[str]:
        """All values of key, in their order."""
        return [line.value for line in self.lines if line.key == key]

    def value(self, key: str) -> str | None:
        """The value of key that counts, None where there is none."""
        values = self.values(key)
        if not values:
            return None
        return values[0] if self.reader is Reader.GRUB else values[-1]

    @property
    def kernel(self) -> str | None:
        """The kernel's path, None where the entry boots none that it names by `linux`."""
        return self.program[1] if self.program and self.program[0] == "linux" else None

    @property
    def program(self) -> tuple[str, str] | None:
        """What the entry starts: ("linux", "efi" or "uki", path). GRUB knows `linux` alone."""
        known = ("linux",) if self.reader is Reader.GRUB else ("linux", "efi", "uki")
        named = [(line.key, line.value) for line in self.lines if line.key in known]
        if not named:
            return None
        return named[0] if self.reader is Reader.GRUB else named[-1]

    @property
    def initrds(self) -> list[str]:
        """The paths of the initrds in the order in which they are loaded; in GRUB's case also `$VARIABLE`s."""
        values = self.values("initrd")
        return [path for value in values for path in value.split()] if self.reader is Reader.GRUB else values

    @property
    def options(self) -> str | None:
        """The kernel's command line, None where the entry has none; `$VARIABLE`s stand as they are."""
        if self.reader is Reader.GRUB:
            return self.value("options")
        values = self.values("options")
        return " ".join(values) if values else None

    @property
    def is_rescue(self) -> bool:
        """Whether it is the rescue entry that dracut makes (`MACHINE-ID-0-rescue.conf`)."""
        return is_rescue(entry_id(self.name)) or is_rescue(self.value("version") or "")

    def with_options(self, edit: Editor, present: Iterable[str] | None = ()) -> str:
        """The text with the command line edited by edit, which is all that changes.

        present: arguments that the command line has from elsewhere (from variables); None to add none.
        """
        found = [line for line in self.lines if line.key == "options"]
        if not found:
            added = edit("", present) if present is not None else ""
            return self._with_line(f"options {added}") if added else self.text
        # GRUB takes the first line; systemd-boot all, so what comes last is most likely to win.
        number = 0 if self.reader is Reader.GRUB else len(found) - 1
        new = [edit(line.value, None) for line in found]
        if present is not None:
            seen = new[:number] if self.reader is Reader.SYSTEMD_BOOT else []
            new[number] = edit(found[number].value, [*present, *(word for value in seen for word in value.split())])
        return self.with_values(dict(zip(found, new)))

    def with_values(self, values: Mapping[Line, str]) -> str:
        """The text with these lines' values replaced; a line whose value becomes empty is removed."""
        parts, position = [], 0
        for line in self.lines:
            new = values.get(line, line.value)
            if new == line.value:
                continue
            if new.strip():
                parts += [self.text[position : line.start], new]
                position = line.end
            else:
                start, end = self._bounds(line)
                parts.append(self.text[position:start])
                position = end
        return "".join([*parts, self.text[position:]])

    def _bounds(self, line: Line) -> tuple[int, int]:
        """Where all of the line begins and ends, its end of line included."""
        start = max(self.text.rfind("\n", 0, line.start), self.text.rfind("\r", 0, line.start)) + 1
        found = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)?").match(self.text, line.end)
        return start, found.end() if found else len(self.text)

    def _with_line(self, line: str) -> str:
        """The text with a further line behind the last that the reader sees."""
        newline = "\r\n" if "\r\n" in self.text else "\n"
        if not self.lines:
            return f"{line}{newline}{self.text}"
        _start, end = self._bounds(self.lines[-1])
        before = self.text[:end]
        if before.endswith(("\r", "\n")):
            return f"{before}{line}{newline}{self.text[end:]}"
        return f"{before}{newline}{line}"


def parse(text: str, name: str, reader: Reader) -> EntryFile:
    """The file called name (without a directory) of that text, as reader sees it."""
    end = len(text)
    if reader is Reader.GRUB:
        blank = _BLANK_LINE.search(text)
        end = blank.end() if blank else end
    lines = []
    for span in _LINE.finditer(text, 0, end):
        found = _KEY.match(text, span.start(), span.end())
        if found is None or found["key"].startswith("#"):
            # Only blanks: for GRUB at the end of the file, for systemd-boot nothing.
            continue
        if not found["rest"].strip(" \t"):
            if reader is Reader.GRUB:
                break
            continue
        lines.append(_line(text, found, reader))
    return EntryFile(name, text, reader, tuple(lines))


def _line(text: str, found: re.Match[str], reader: Reader) -> Line:
    start, end = found.start("rest"), found.start("rest") + len(found["rest"].rstrip(" \t"))
    if reader is Reader.SYSTEMD_BOOT and end - start > 1 and text[start] == text[end - 1] == '"':
        start, end = start + 1, end - 1
    return Line(found["key"], text[start:end], start, end)


def entry_id(name: str) -> str:
    """What GRUB calls the entry of the file called name."""
    return name[: -len(_SUFFIX)] if name.endswith(_SUFFIX) else name


def is_rescue(name: str) -> bool:
    """Whether an entry's id, a version, or what follows `vmlinuz-`, is that of dracut's rescue entry."""
    return bool(_RESCUE.search(name))
