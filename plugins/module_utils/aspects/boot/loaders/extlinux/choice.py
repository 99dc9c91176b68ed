# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What SYSLINUX starts when nobody is at the keyboard: by its prompt or by one of its menus (ldlinux.c, menumain.c). Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass
from typing import Optional

from .config import Config, Label, Menu, Part, kind_of

# Further configurations, by the names of their files; None where one is not there.
Configs = Callable[[list[str]], Optional[Config]]

_MENUS = ("menu.c32", "vesamenu.c32")
# The first configuration, as a menu's arguments call it.
_OWN = "~"
# Menus in menus, labels that lead to menus, configurations that lead to others.
_MOST_STEPS = 20

# Of what is stored at the end of ldlinux.sys (core/adv.inc; libinstaller/advio.c): two copies, each with marks around it.
ADV_LENGTH = 1024
_ADV_COPY, _ADV_HEAD = 512, 8
_ADV_START, _ADV_END = (0x5A2D2FA5).to_bytes(4, "little"), (0xDD28BF64).to_bytes(4, "little")
_BOOT_ONCE, _MENU_SAVE = 1, 2


@dataclass(frozen=True)
class Choice:
    """What is started.

    config: of which that is. label: None where the command line names a file itself. command: the command line with
    further arguments, as of DEFAULT; None where a menu chose. what: what is started, for a person.
    """

    config: Config
    what: str
    label: Label | None = None
    command: Part | None = None

    @property
    def kind(self) -> str:
        """The kind of what is started; "" for nothing."""
        if self.label:
            return kind_of(self.label.kind, self.label.program.first)
        return kind_of("kernel", self.command.first) if self.command else ""

    @property
    def program(self) -> str:
        """The file that is started, as it is named there."""
        part = self.label.program if self.label else self.command
        return part.first if part else ""


def stored(data: bytes) -> dict[int, str]:
    """{number of a value: the value} of what is stored in data, the end of ldlinux.sys."""
    for start in range(0, len(data) - _ADV_COPY + 1, _ADV_COPY):
        copy = data[start : start + _ADV_COPY]
        if copy.startswith(_ADV_START) and copy.endswith(_ADV_END):
            return _stored_values(copy[_ADV_HEAD : -len(_ADV_END)])
    return {}


def _stored_values(data: bytes) -> dict[int, str]:
    found: dict[int, str] = {}
    position = 0
    while position + 1 < len(data) and data[position]:
        number, length = data[position], data[position + 1]
        found[number] = data[position + 2 : position + 2 + length].decode("utf-8", "surrogateescape")
        position += 2 + length
    return found


class _Chooser:
    """configs: reads further configurations. saved: the label that was chosen in the menu before; "" for none.

    is_old: whether it is SYSLINUX 4 or before.
    """

    def __init__(self, configs: Configs, saved: str, is_old: bool) -> None:
        self._configs = configs
        self._saved = saved
        self._is_old = is_old
        self._steps = 0

    def by_command(self, config: Config, command: Part) -> Choice:
        """What a command line starts."""
        label = config.by_name.get(command.first)
        choice = Choice(config, command.text, label, command)
        return self._by_label(config, label, command) if label else self._followed(choice, command.rest.text)

    def _by_label(self, config: Config, label: Label, command: Part | None) -> Choice:
        choice = Choice(config, f"{label.kind} {label.program.text}".strip(), label, command)
        if label.quits:
            return Choice(config, "its prompt")
        if label.goes_to is not None:
            menu = config.menus.get(label.goes_to)
            return self._by_menu(config, menu) if menu else Choice(config, f"the menu {label.goes_to}")
        return self._followed(choice, label.arguments)

    def _followed(self, choice: Choice, arguments: str) -> Choice:
        """What choice leads to, where it is a menu or another configuration; itself, where it is not."""
        self._steps += 1
        if self._steps > _MOST_STEPS:
            return Choice(choice.config, choice.what)
        name = posixpath.basename(choice.program)
        if choice.kind == "config":
            further = self._configs([choice.program])
            return self.by_itself(further) if further else choice
        if choice.kind != "com32" or (name if name.endswith(".c32") else f"{name}.c32") not in _MENUS:
            return choice
        files = [each for each in arguments.split() if not each.startswith("initrd=")]
        further = choice.config if files in ([], [_OWN]) else self._configs(files)
        return self._in_menu(further) if further else choice

    def by_itself(self, config: Config) -> Choice:
        """What the configuration starts when nobody is there."""
        command = config.ui or config.default
        # With a prompt it waits; without one it starts what is named immediately.
        if config.prompt and config.on_timeout and any(each > 0 for each in config.timeouts.values()):
            command = config.on_timeout
        if command is None or not command.first:
            label = config.by_name.get("linux") if self._is_old else None
            return self._by_label(config, label, None) if label else Choice(config, "nothing (it has no DEFAULT)")
        return self.by_command(config, command)

    def _in_menu(self, config: Config) -> Choice:
        if config.on_timeout and any(each > 0 for each in config.timeouts.values()):
            return self.by_command(config, config.on_timeout)
        for name in (self._saved if config.saves else "", config.default.first if config.default else ""):
            label = config.by_name.get(name)
            if label and not label.is_hidden:
                return self._by_label(config, label, None)
        return self._by_menu(config, config.start)

    def _by_menu(self, config: Config, menu: Menu) -> Choice:
        for _step in range(_MOST_STEPS):
            preset = menu.preset()
            if preset is None:
                break
            if isinstance(preset, Label):
                self._steps += 1
                return self._by_label(config, preset, None) if self._steps <= _MOST_STEPS else Choice(config, "a menu")
            menu = preset
        return Choice(config, "nothing (the menu is empty)")


def choose(config: Config, configs: Configs, values: dict[int, str], is_old: bool = False) -> Choice:
    """The Choice of the first configuration.

    values: those that are stored in ldlinux.sys. is_old: whether that is SYSLINUX 4 or before, which starts the label
    "linux" where no other is said to be.
    """
    chooser = _Chooser(configs, values.get(_MENU_SAVE, ""), is_old)
    once = values.get(_BOOT_ONCE, "").strip()
    if once:
        return chooser.by_command(config, Part("", 0, len(once), once))
    return chooser.by_itself(config)
