# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of GRUB that matter for what boots. All others succeed, and do nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from . import conditions, options, source
from .expansion import Argument
from .machine import FAILED, FALSE, Builtin, Machine, Shown, Stopped
from .menu import INITRD, LINUX, LOADERS, Item, Loaded
from .options import MAYBE, NO, YES
from .syntax import Command

_MENU = {"class": YES, "users": MAYBE, "hotkey": YES, "source": YES, "id": YES, "unrestricted": NO}
_SEARCH = {
    "file": NO,
    "label": NO,
    "fs-uuid": NO,
    "set": MAYBE,
    "no-floppy": NO,
    "efidisk-only": NO,
    "root-dev-only": NO,
    "cryptodisk-only": NO,
    **{f"hint{suffix}": YES for suffix in ("", "-ieee1275", "-bios", "-baremetal", "-efi", "-arc")},
}
_SEARCH_SHORT = {"f": "file", "l": "label", "u": "fs-uuid", "s": "set", "n": "no-floppy", "h": "hint"}
_ENVIRONMENT = {"file": YES, "skip-sig": NO}
_ENVIRONMENT_SHORT = {"f": "file", "s": "skip-sig"}
_PROBE = {"set": YES, "driver": NO, "partmap": NO, "fs": NO, "fs-uuid": NO, "label": NO, "part-uuid": NO}
_PROBE_SHORT = {"s": "set", "d": "driver", "p": "partmap", "f": "fs", "u": "fs-uuid", "l": "label"}


def _test(machine: Machine, arguments: Sequence[Argument], _command: Command) -> int:
    words = [argument.text for argument in arguments[1:]]
    return 0 if conditions.is_true(words, _Facts(machine)) else FALSE


class _Facts:
    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def size(self, name: str) -> int | None:
        path = self._machine.path(name)
        return None if path is None else self._machine.shared.files.size(path)

    def is_directory(self, name: str) -> bool:
        path = self._machine.path(name)
        return path is not None and self._machine.shared.files.is_directory(path)


def _true(_machine: Machine, _arguments: Sequence[Argument], _command: Command) -> int:
    return 0


def _false(_machine: Machine, _arguments: Sequence[Argument], _command: Command) -> int:
    return FALSE


def _terminal_output(machine: Machine, arguments: Sequence[Argument], _command: Command) -> int:
    """grub-core/commands/terminal.c: it sets the terminals, or adds or removes them."""
    words = [argument.text for argument in arguments[1:]]
    if "gfxterm" in words:
        machine.shared.is_graphical = "--remove" not in words
    elif words and words[0] not in ("--append", "--remove"):
        machine.shared.is_graphical = False
    return 0


def _set(machine: Machine, arguments: Sequence[Argument], _command: Command) -> int:
    if len(arguments) < 2:
        return 0
    parts = arguments[1].value.partition("=")
    if parts is None:
        return FAILED
    machine.set(parts[0].text, parts[1])
    return 0


def _unset(machine: Machine, arguments: Sequence[Argument], _command: Command) -> int:
    for argument in arguments[1:]:
        machine.variables.pop(argument.text, None)
    return 0


def _export(machine: Machine, arguments: Sequence[Argument], _command: Command) -> int:
    for argument in arguments[1:]:
        machine.exported.add(argument.text)
        machine.variables.setdefault(argument.text, argument.value.cut(0, 0))
    return 0


def _count(machine: Machine, arguments: Sequence[Argument], _command: Command) -> int:
    """increment, decrement: of Red Hat's GRUB."""
    value = machine.get(arguments[1].text) if len(arguments) == 2 else None
    if value is None:
        return FAILED
    step = 1 if arguments[0].text == "increment" else -1
    machine.set(arguments[1].text, str(conditions.number(value) + step))
    return 0


def _environment_file(machine: Machine, found: options.Parsed) -> str:
    return found.last("file") or f"{machine.get('prefix') or ''}/grubenv"


def _load_env(machine: Machine, arguments: Sequence[Argument], _command: Command) -> int:
    found = options.parsed(arguments[1:], _ENVIRONMENT, _ENVIRONMENT_SHORT, dash=False)
    wanted = {argument.text for argument in found.rest}
    return 0 if machine.load_block(_environment_file(machine, found), wanted) else FAILED


def _save_env(machine: Machine, arguments: Sequence[Argument], _command: Command) -> int:
    found = options.parsed(arguments[1:], _ENVIRONMENT, _ENVIRONMENT_SHORT, dash=False)
    path = machine.path(_environment_file(machine, found))
    if path is None or machine.shared.files.size(path) is None:
        return FAILED
    for argument in found.rest:
        machine.saved.setdefault(path, {})[argument.text] = machine.variables.get(argument.text)
    return 0


def _search(machine: Machine, arguments: Sequence[Argument], _command: Command) -> int:
    name = arguments[0].text
    if name.startswith("search."):
        kind, rest = name[len("search.") :].replace("_", "-"), arguments[1:]
        variable = rest[1].text if len(rest) > 1 else "root"
    else:
        found = options.parsed(arguments[1:], _SEARCH, _SEARCH_SHORT, dash=False)
        kind = next((kind for kind in ("label", "fs-uuid", "file") if kind in found.values), "file")
        rest, variable = found.rest, found.last("set") or "root"
        if "set" not in found.values and rest:
            variable = ""
    kind = {"label": "fs-label"}.get(kind, kind)
    device = machine.shared.files.search(kind, rest[0].text) if rest else None
    if device is None:
        return FAILED
    if variable:
        machine.set(variable, device)
    return 0


def _probe(machine: Machine, arguments: Sequence[Argument], _command: Command) -> int:
    found = options.parsed(arguments[1:], _PROBE, _PROBE_SHORT, dash=False)
    what = next((what for what in ("fs-uuid", "label", "fs") if what in found.values), None)
    if what is None or not found.rest:
        return FAILED
    device = found.rest[0].text.strip("()")
    value = machine.shared.files.probe(device, what)
    if value is None:
        return FAILED
    if found.last("set"):
        machine.set(found.last("set") or "", value)
    return 0


def _source(machine: Machine, arguments: Sequence[Argument], _command: Command) -> int:
    path = machine.path(arguments[1].text) if len(arguments) == 2 else None
    if path is not None:
        machine.has_read(path)
    return 0


def _configfile(machine: Machine, arguments: Sequence[Argument], command: Command) -> int:
    name = arguments[1].text if len(arguments) > 1 else f"{machine.get('prefix') or ''}/grub.cfg"
    if machine.in_entry:
        # Another system's menu, or that of a snapshot.
        machine.loaded = Loaded("configfile", command, arguments[1:])
        return 0
    path = machine.path(name)
    if path is not None and machine.shared.files.size(path) is not None:
        other = machine.fork(machine.scope or (), is_new_context=True)
        other.depth = machine.depth
        directory = name.rpartition("/")[0]
        other.set("config_file", name)
        other.set("config_directory", directory)
        other.exported |= {"config_file", "config_directory"}
        other.has_read(path)
        if other.items:
            raise Shown(other)
    return 0


def _eval(machine: Machine, arguments: Sequence[Argument], _command: Command) -> int:
    parts = [argument.value for argument in arguments[1:2]]
    machine.depth += 1
    status = machine.run_source(source.of_parts(*parts))
    machine.depth -= 1
    return status


def _setparams(machine: Machine, arguments: Sequence[Argument], _command: Command) -> int:
    if machine.scope is None:
        return FAILED
    machine.scope = [argument.value for argument in arguments[1:]]
    return 0


def _shift(machine: Machine, arguments: Sequence[Argument], _command: Command) -> int:
    count = conditions.number(arguments[1].text) if len(arguments) > 1 else 1
    if machine.scope is not None and 0 <= count <= len(machine.scope):
        machine.scope = machine.scope[count:]
        return 0
    return 0 if machine.scope is None else FAILED


def _return(machine: Machine, arguments: Sequence[Argument], _command: Command) -> int:
    if machine.scope is None:
        return FAILED
    machine.returns = True
    return conditions.number(arguments[1].text if len(arguments) > 1 else machine.get("?") or "0")


def _break(machine: Machine, arguments: Sequence[Argument], _command: Command) -> int:
    count = conditions.number(arguments[1].text) if len(arguments) > 1 else 1
    if count < 1:
        return FAILED
    machine.is_continue = arguments[0].text == "continue"
    machine.breaks = min(count, machine.loops)
    return 0


def _menuentry(machine: Machine, arguments: Sequence[Argument], command: Command) -> int:
    found = options.parsed(arguments[1:], _MENU, {}, dash=True)
    if not found.rest or not found.is_valid or command.block is None:
        return FAILED
    title = found.rest[0].text
    machine.items.append(
        Item(
            title,
            found.last("id") or ("" if "id" in found.values else title),
            is_submenu=arguments[0].text == "submenu",
            classes=tuple(value.text for value in found.values.get("class", ())),
            arguments=tuple(argument.value for argument in found.rest),
            block=command.block,
        )
    )
    return 0


def _linux(machine: Machine, arguments: Sequence[Argument], command: Command) -> int:
    if len(arguments) < 2:
        return FAILED
    path = machine.path(arguments[1].text)
    is_there = path is None or machine.shared.files.size(path) is not None
    is_kernel = not machine.is_elsewhere(arguments[1].text) and (path is None or machine.shared.files.is_kernel(path))
    machine.loaded = Loaded(arguments[0].text, command, arguments[1:], (), path, is_there, is_kernel)
    return 0 if is_there else FAILED


def _loopback(machine: Machine, arguments: Sequence[Argument], _command: Command) -> int:
    """Name a device for an image, such as that of a live CD."""
    names = [text for text in _texts(arguments[1:]) if not text.startswith("-")]
    machine.shared.images.update(names[:1])
    return 0 if names else FAILED


def _initrd(machine: Machine, arguments: Sequence[Argument], _command: Command) -> int:
    loaded = machine.loaded
    if loaded is None or not loaded.is_linux:
        return FAILED
    # newc:NAME:FILE has GRUB put FILE into an archive under that name (grub-core/loader/linux.c).
    names = [text.split(":", 2)[-1] if text.startswith("newc:") else text for text in _texts(arguments[1:])]
    paths = [machine.path(name) or name for name in names]
    machine.loaded = replace(loaded, initrds=paths)
    return 0


def _texts(arguments: Sequence[Argument]) -> list[str]:
    return [argument.text for argument in arguments]


def _load(machine: Machine, arguments: Sequence[Argument], command: Command) -> int:
    if [argument.text for argument in arguments] == ["fwsetup", "--is-supported"]:
        return 0
    name = next((text for text in _texts(arguments[1:]) if not text.startswith("-")), None)
    path = machine.path(name) if name is not None else None
    machine.loaded = Loaded(arguments[0].text, command, arguments[1:], path=path)
    if arguments[0].text in ("fwsetup", "exit", "halt", "reboot", "legacy_configfile", "syslinux_configfile"):
        raise Stopped
    return 0


def _boot(machine: Machine, _arguments: Sequence[Argument], _command: Command) -> int:
    if machine.loaded is None:
        return FAILED
    raise Stopped


BUILTINS: dict[str, Builtin] = {
    **dict.fromkeys(("true", "insmod", "echo", "loadfont", "terminal_input", "clear"), _true),
    "terminal_output": _terminal_output,
    # They answer about the machine, which is another one on the target; what asks is generated for a case that is rare.
    **dict.fromkeys(("false", "cmostest", "cmosset", "keystatus", "getenv", "smbios"), _false),
    **dict.fromkeys(("test", "["), _test),
    **dict.fromkeys(("increment", "decrement"), _count),
    **dict.fromkeys(("search", "search.fs_uuid", "search.fs_label", "search.file"), _search),
    **dict.fromkeys(("source", ".", "extract_entries_source"), _source),
    **dict.fromkeys(("configfile", "normal", "extract_entries_configfile"), _configfile),
    **dict.fromkeys(("break", "continue"), _break),
    **dict.fromkeys(("menuentry", "submenu"), _menuentry),
    **dict.fromkeys(sorted(LOADERS), _load),
    **dict.fromkeys(LINUX, _linux),
    **dict.fromkeys(INITRD, _initrd),
    "configfile": _configfile,
    "loopback": _loopback,
    "set": _set,
    "unset": _unset,
    "export": _export,
    "load_env": _load_env,
    "save_env": _save_env,
    "probe": _probe,
    "eval": _eval,
    "setparams": _setparams,
    "shift": _shift,
    "return": _return,
    "boot": _boot,
}
