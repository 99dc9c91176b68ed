# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The menu that GRUB shows: a script is executed, and then each of its entries as if a person had chosen it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from . import blscfg, commands, traced
from .files import Files
from .machine import Budget, Exhausted, Machine, Shared, Shown, Stopped
from .menu import Item, Menu, rest_of

# Submenus within each other. A submenu that leads to itself has no end.
_DEEPEST = 8

# Variables of GRUB's own (normal/main.c), of the versions that distributions have.
_FEATURES = (
    "feature_chainloader_bpb",
    "feature_ntldr",
    "feature_platform_search_hint",
    "feature_default_font_path",
    "feature_all_video_module",
    "feature_menuentry_id",
    "feature_menuentry_options",
    "feature_200_final",
    "feature_nativedisk_cmd",
    "feature_timeout_style",
)

# By which an entry says that Linux did not come up without an initrd, and an argument by which it starts again then.
_FAILED = "initrdfail"
_RESTARTS = re.compile(r"panic=-?0*[1-9]")

# What only Red Hat's scripts have, whose GRUB looks up entries, and opens submenus, in its own way.
_RED_HATS = re.compile(r"(?m)^[ \t]*blscfg\b|08_fallback_counting|10_reset_boot_success")
# The module of blscfg in GRUB 2.14, which looks entries up as GRUB always did.
_UPSTREAM = re.compile(r"(?m)^[ \t]*insmod[ \t]+blsuki\b")


@dataclass(frozen=True)
class Reading:
    """What came of executing the script path.

    menu: what is shown. is_whole: whether it was executed to its end. is_graphical: whether it is shown in a graphics mode.
    """

    path: str
    menu: Menu
    shared: Shared
    is_whole: bool
    is_graphical: bool = False


@dataclass(frozen=True)
class Start:
    """How GRUB is started. platform: "pc" or "efi". root, prefix: the variables."""

    root: str = ""
    prefix: str = ""
    platform: str = "pc"
    cpu: str = "i386"


def read(files: Files, path: str, start: Start) -> Reading:
    """The menu that GRUB shows which is started with the script at path."""
    shared = Shared(files, {**commands.BUILTINS, **blscfg.BUILTINS})
    machine = _started(shared, start)
    text = files.read(path) or ""
    if "load_env" not in text and "configfile" not in text:
        # What is embedded in GRUB's core has loaded it, or nothing has; scripts count on it.
        machine.load_block(f"{start.prefix}/grubenv")
    is_whole = True
    try:
        machine.has_read(path)
    except Shown as shown:
        machine = shown.machine
    except Stopped:
        # It boots without a menu.
        machine.items = [Item("", "", loaded=machine.loaded)] if machine.loaded else []
    except Exhausted:
        is_whole = False
    texts = [each.text for each in shared.sources.values()]
    red_hats = any(map(_RED_HATS.search, texts)) and not any(map(_UPSTREAM.search, texts))
    menu = Menu()
    is_graphical = shared.is_graphical
    # Whoever sits before a script without an end can still choose an entry, once it is interrupted.
    shared.budget = Budget()
    try:
        menu = _menu(machine, red_hats, "", 0)
    except Exhausted:
        is_whole = False
    return Reading(path, menu, shared, is_whole and shared.is_whole, is_graphical)


def _started(shared: Shared, start: Start) -> Machine:
    machine = Machine(shared)
    values = dict.fromkeys(_FEATURES, "y")
    values.update(root=start.root, prefix=start.prefix, cmdpath="", grub_platform=start.platform, grub_cpu=start.cpu)
    # grub-mkconfig's scripts set it at their beginning; pieces of them that are taken out count on it.
    values.update(menuentry_id_option="--id")
    values.update(config_directory=start.prefix, config_file=f"{start.prefix}/grub.cfg")
    for name, value in values.items():
        machine.set(name, value)
    machine.exported = set(values)
    return machine


def _menu(machine: Machine, red_hats: bool, above: str, depth: int) -> Menu:
    """The menu of the items of machine, with what each of them boots. above: the position of the submenu that it is."""
    menu = Menu(machine.items, machine.get("default"), machine.get("fallback"), red_hats)
    for number, item in enumerate(menu.items):
        item.position = f"{above}>{number}" if above else str(number)
        inner = _executed(machine, item, red_hats)
        item.loaded = item.loaded or inner.loaded
        if _tries_again(inner):
            again = _executed(machine, item, red_hats, {_FAILED: "1"})
            if _has_initrds(again):
                item.loaded, item.tried = again.loaded, inner.loaded
        if item.is_submenu and inner.items and depth < _DEEPEST:
            item.children = _menu(inner, red_hats, item.position, depth + 1)
    return menu


def _executed(machine: Machine, item: Item, red_hats: bool, variables: Mapping[str, str] | None = None) -> Machine:
    """The state after the item of machine's menu was executed. variables: which are set before."""
    inner = machine.fork(item.arguments, item.is_submenu, is_exporting=red_hats)
    inner.in_entry = not item.is_submenu
    _choose(inner, machine, item, red_hats)
    for name, value in (variables or {}).items():
        inner.set(name, value)
    return _execute(inner, item)


def _tries_again(machine: Machine) -> bool:
    """Whether what an entry has loaded is tried without an initrd, and the machine starts again if that fails.

    So do the entries of Ubuntu's images for clouds (GRUB_FORCE_PARTUUID in its grub.d/10_linux): they save that it failed,
    and a service takes that back once the system is up.
    """
    loaded = machine.loaded
    if loaded is None or not loaded.is_linux or loaded.initrds:
        return False
    restarts = any(_RESTARTS.match(argument.text) for argument in loaded.arguments[1:])
    saved = [each[_FAILED] for each in machine.saved.values() if _FAILED in each]
    return restarts and _can_save(machine) and any(each is not None and each.text == "1" for each in saved)


def _can_save(machine: Machine) -> bool:
    """Whether GRUB can write where its environment block is: on partitions only, and not where blocks have checksums."""
    device = (machine.get("prefix") or "")[1:].partition(")")[0]
    return device.startswith("hd") and machine.shared.files.probe(device, "fs") not in ("btrfs", "zfs", "zfs_member")


def _has_initrds(machine: Machine) -> bool:
    """Whether an entry has loaded Linux with initrds, which are there."""
    loaded, files = machine.loaded, machine.shared.files
    return loaded is not None and bool(loaded.initrds) and all(files.size(each) is not None for each in loaded.initrds)


def _choose(inner: Machine, outer: Machine, item: Item, red_hats: bool) -> None:
    """Set the variables that say what was chosen (menu.c: grub_menu_execute_entry)."""
    chosen = outer.get("chosen")
    name = item.id.replace(">", ">>")
    inner.set("chosen", traced.of(f"{chosen}>{name}" if chosen else name))
    inner.exported.add("chosen")
    rest = rest_of(outer.get("default") or "")
    if rest:
        inner.set("default", rest)
    elif not red_hats:
        inner.variables.pop("default", None)


def _execute(inner: Machine, item: Item) -> Machine:
    """Execute the item of a menu in inner. Returns: the machine with its state, or with the menu that a submenu leads to.

    grub-btrfs has its snapshots in a script of their own, which a submenu shows (configfile).
    """
    try:
        if item.script is not None:
            inner.run_source(item.script)
        elif item.block is not None:
            inner.run(item.block.commands)
    except Shown as shown:
        return shown.machine if item.is_submenu else inner
    except Stopped:
        pass
    return inner
