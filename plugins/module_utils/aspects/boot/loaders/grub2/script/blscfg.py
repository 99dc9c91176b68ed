# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands blscfg and uki: entries of the Boot Loader Specification become entries of the menu. Pure.

Sources: Red Hat's blscfg.c, which Fedora and EL have since 28 and 8, and blsuki.c of GRUB 2.14, which has options instead
of Red Hat's words. Both make a script of an entry's values, which the menu executes like any other.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from .... import bls
from ....bls import EntryFile, Line, Reader
from . import options, source, traced
from .conditions import number
from .expansion import Argument
from .machine import FAILED, Builtin, Machine
from .menu import Item, Loaded
from .options import NO, YES
from .syntax import Command
from .traced import EMPTY, Place, Segment, Traced

_DIRECTORY, _BELOW_BOOT = "/loader/entries", "/boot/loader/entries"
_IMAGES = "/EFI/Linux"
_OPTIONS = {"path": YES, "enable-fallback": NO, "show-default": NO, "show-non-default": NO, "entry": YES}
_SHORT = {"p": "path", "f": "enable-fallback", "d": "show-default", "n": "show-non-default", "e": "entry"}

# A variable in a value, with the blank behind it, which GRUB leaves out, as it puts one there.
_VARIABLE = re.compile(r"(?<!\\)\$([A-Za-z0-9_]*)( ?)", re.ASCII)
# Files of a directory. No guest has as many kernels.
_MOST = 1000


def _blscfg(machine: Machine, arguments: Sequence[Argument], _command: Command) -> int:
    found = options.parsed(arguments[1:], _OPTIONS, _SHORT, dash=False)
    word = found.rest[0].text if len(found.rest) == 1 else ""
    path = found.last("path") or (word if word.startswith("(") else None)
    files = _files(machine, path)
    if files is None:
        return FAILED
    order = bls.as_grub if found.values else bls.as_fedora_grub
    entries = order(files.items(), lambda each: each[1].id)
    wanted = found.last("entry") or (word if word not in ("", "default", "non-default") and path != word else None)
    for position, (place, entry) in enumerate(entries):
        is_default = _is_default(machine.get("default"), entry, position)
        is_shown = wanted in (entry.id, entry.name)
        if wanted is None:
            only_default = word == "default" or "show-default" in found.values
            only_others = word == "non-default" or "show-non-default" in found.values
            is_shown = only_default == only_others or is_default == only_default
        if is_shown and not any(item.script and item.id == entry.id for item in machine.items):
            _add(machine, place, entry)
    return 0


def _files(machine: Machine, path: str | None) -> dict[str, EntryFile] | None:
    """The entries that GRUB reads, by the paths of their files in the root; None where it finds no directory."""
    if path is not None and path.endswith(".conf"):
        name = machine.path(path)
        found = [] if name is None else [name]
    else:
        asked = path if path is not None and not re.fullmatch(r"\([^)]*\)", path) else None
        device = path if path is not None and asked is None else ""
        names = [asked or machine.get("blsdir") or _DIRECTORY, *([] if asked else [_BELOW_BOOT])]
        paths = [machine.path(device + name.rstrip("/")) for name in names]
        directory = next((each for each in paths if each and machine.shared.files.is_directory(each)), None)
        if directory is None:
            return None
        found = [
            posixpath.join(directory, name)
            for name in machine.shared.files.names(directory)[:_MOST]
            if name.endswith(".conf") and len(name) > len(".conf") and not name.startswith(".")
        ]
    entries = {}
    for each in found:
        machine.shared.budget.spend()
        text = machine.shared.files.read(each)
        if text is not None:
            machine.shared.entries[each] = text
            entries[each] = bls.parse(text, posixpath.basename(each), Reader.GRUB)
    return entries


def _is_default(name: str | None, entry: EntryFile, position: int) -> bool:
    if not name:
        return False
    return name in (entry.id, entry.value("title")) or (name[:1].isdigit() and number(name) == position)


def _add(machine: Machine, path: str, entry: EntryFile) -> None:
    """Add an entry to the menu, with the script that GRUB makes of it."""
    kernel = _first(entry, "linux")
    if kernel is None:
        return
    line = _first(entry, "options")
    arguments = _expanded(machine, _text(path, line)) if line else machine.variables.get("default_kernelopts", EMPTY)
    images = [_text(path, each) for each in entry.lines if each.key == "initrd"]
    early = traced.split(machine.variables.get("early_initrd", EMPTY))
    directory = posixpath.dirname((entry.value("initrd") or kernel.value).split(" ")[0]).rstrip("/")
    images = [*(traced.joined([traced.of(f"{directory}/"), each]) for each in early), *images]
    parts = [traced.of("linux ($root)"), _text(path, kernel), traced.of(" "), arguments, traced.of("\n")]
    parts += [traced.of("initrd")] if images else []
    for image in images:
        parts += [traced.of(" ($root)"), image]
    title = entry.value("title") or kernel.value
    machine.items.append(
        Item(
            title,
            entry.id,
            classes=tuple(entry.values("grub_class")),
            arguments=(traced.of(title), *map(traced.of, entry.values("grub_arg"))),
            script=source.of_parts(*parts),
            version=entry.value("version"),
            end=Place(path, line.start, line.end) if line else None,
        )
    )


def _first(entry: EntryFile, key: str) -> Line | None:
    return next((line for line in entry.lines if line.key == key), None)


def _text(path: str, line: Line) -> Traced:
    return Traced((Segment(line.value, Place(path, line.start, line.end)),))


def _expanded(machine: Machine, value: Traced) -> Traced:
    """value with the variables in it (blscfg.c: expand_val)."""
    return traced.joined(_parts(machine, value))


def _parts(machine: Machine, value: Traced) -> Iterator[Traced]:
    position = 0
    for match in _VARIABLE.finditer(value.text):
        yield value.cut(position, match.start())
        found = machine.variables.get(match[1])
        if found is not None:
            machine.shared.budget.spend(len(found.text) // 256)
            yield from (found, traced.of(" "))
        position = match.end()
    yield value.cut(position, len(value.text))


def _uki(machine: Machine, arguments: Sequence[Argument], command: Command) -> int:
    """Unified kernel images are told apart by their names only; what is in them is read where the menu is known."""
    found = options.parsed(arguments[1:], _OPTIONS, _SHORT, dash=False)
    device = machine.shared.files.search("file", _IMAGES)
    path = machine.path(found.last("path") or "") or (machine.shared.files.path(device, _IMAGES) if device else None)
    names = machine.shared.files.names(path)[:_MOST] if path else []
    for name in bls.as_grub([each for each in names if each.endswith(".efi")], str):
        place = f"{path}/{name}"
        loaded = Loaded("uki", command, [Argument(traced.of(place), 0)], path=place)
        machine.items.append(Item(name, name, loaded=loaded))
    return 0


BUILTINS: dict[str, Builtin] = {"blscfg": _blscfg, "uki": _uki}
