# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GRUB 2: grub.cfg (the product), /etc/default/grub (its source), device.map, and what Debian installs it to.

grub.cfg is edited, not generated: grub-mkconfig sees the appliance's disks and would name those.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

NAME = "grub2"

_CONFIGURATIONS = ("/boot/grub/grub.cfg", "/boot/grub2/grub.cfg")
_ENVIRONMENT_BLOCKS = ("/boot/grub/grubenv", "/boot/grub2/grubenv")
_DEVICE_MAPS = ("/boot/grub/device.map", "/boot/grub2/device.map")
_DEFAULTS = "/etc/default/grub"
_SETTINGS = ("GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT", "GRUB_DISABLE_LINUX_UUID")
_DEBCONF = "/var/cache/debconf/config.dat"

_LINUX = re.compile(r"^(?P<start>\s*linux(?:16|efi)?\s+)(?P<kernel>\S+)(?P<arguments>[^\n]*)$", re.MULTILINE)
_INITRD = re.compile(r"^\s*initrd(?:16|efi)?\s+(?P<initrd>[^\n]*)$")


@dataclass(frozen=True)
class Entry:
    """An entry of the boot menu that boots Linux.

    position: its number in its menu, after that of the submenus around it: "0", "1>2".
    names: what else GRUB knows it by: its title and --id, likewise after those of the submenus.
    arguments: the kernel's command line.
    """

    position: str
    names: tuple[str, ...]
    kernel: str
    initrd: str | None
    arguments: str


def in_boot_sector(sector):
    """Whether the boot sector is GRUB's boot.img (grub-core/boot/i386/pc/boot.S has the message "GRUB ")."""
    return b"GRUB " in sector[:440]


def menu(root):
    """The Linux entries of the menu, and the default one (None when there is none)."""
    path = next((path for path in _CONFIGURATIONS if root.is_file(path)), None)
    if path is None:
        return [], None
    text = root.read(path)
    entries = [_in_root(root, entry) for entry in parse_entries(text)]
    return entries, default_entry(entries, default_name(text, _saved_entry(root)))


def convert(root, conversion):
    """Edit the command lines of every entry and of the source, and the disks' names in GRUB's own configuration."""
    for path in _CONFIGURATIONS:
        text = root.read(path)
        if text is not None:
            root.write(path, edit_entries(text, conversion.edit_arguments), "the kernel's command lines fit the target")
    _edit_defaults(root, conversion)
    for path in _DEVICE_MAPS:
        text = root.read(path)
        if text is not None:
            root.write(path, rename_disks(text, conversion.disk_names), "the disks' names on the target")
    text = root.read(_DEBCONF)
    if text is not None:
        edited = edit_debconf(text, conversion.disk_names)
        root.write(_DEBCONF, edited, "upgrades of grub-pc install to the disk's name on the target")


def parse_entries(text):
    """The entries of a grub.cfg (text) that have a `linux` command, in order, their paths as they stand there."""
    entries = []
    menus = [_Menu("", ())]
    for line in text.splitlines():
        words = _words(line)
        if words[:1] in (["menuentry"], ["submenu"]):
            menus.append(_Menu(*menus[-1].next_child(words), is_entry=words[0] == "menuentry"))
        elif words[:1] == ["}"] and len(menus) > 1:
            closed = menus.pop()
            if closed.is_entry and closed.kernel:
                entries.append(Entry(closed.position, closed.names, closed.kernel, closed.initrd, closed.arguments))
        elif menus[-1].is_entry:
            menus[-1].take(line)
    return entries


class _Menu:
    """A menu or an entry while it is being read."""

    def __init__(self, position, names, is_entry=False):
        self.position, self.names, self.is_entry = position, names, is_entry
        self.children = 0
        self.kernel, self.initrd, self.arguments = "", None, ""

    def next_child(self, words):
        """The position and the names of the next menuentry or submenu in this menu."""
        own = [words[1]] if len(words) > 1 else []
        for option, value in zip(words, words[1:]):
            # grub-mkconfig writes `$menuentry_id_option 'gnulinux-...'`, which GRUB sets to --id where it knows it.
            if option in ("--id", "$menuentry_id_option"):
                own.append(value)
        own += [word[len("--id="):] for word in words if word.startswith("--id=")]
        position = f"{self.position}>{self.children}" if self.position else str(self.children)
        self.children += 1
        return position, tuple(f"{outer}>{name}" for outer in self.names for name in own) if self.names else tuple(own)

    def take(self, line):
        """Read a command of the entry."""
        linux, initrd = _LINUX.match(line), _INITRD.match(line)
        if linux:
            self.kernel, self.arguments = linux["kernel"], linux["arguments"].strip()
        elif initrd:
            # Early microcode may be named before the initrd proper; that is the last.
            self.initrd = initrd["initrd"].split()[-1]


def default_name(text, saved):
    """What the variable `default` of a grub.cfg (text) comes to: a position, title or id.

    saved: saved_entry of the environment block, or None. grub-mkconfig writes `set default="${next_entry}"` for a
    boot that was asked for once, and behind `else` the lasting one.
    """
    lasting = "0"
    for match in re.finditer(r'(?m)^\s*set default="?([^"\n]*?)"?\s*$', text):
        if match.group(1) != "${next_entry}":
            lasting = match.group(1)
    return (saved or "0") if lasting == "${saved_entry}" else lasting


def default_entry(entries, name):
    """The entry called name, else the first, as GRUB falls back to it. A submenu's name means its first entry."""
    for entry in entries:
        if name == entry.position or name in entry.names:
            return entry
    for entry in entries:
        if entry.position.startswith(f"{name}>") or any(known.startswith(f"{name}>") for known in entry.names):
            return entry
    return entries[0] if entries else None


def edit_entries(text, edit):
    """text of a grub.cfg with each kernel's command line edited by edit(str) -> str."""

    def edited(match):
        arguments = match["arguments"]
        new = edit(arguments.strip())
        if new.split() == arguments.split():
            return match.group(0)
        return f"{match['start']}{match['kernel']} {new}"

    return _LINUX.sub(edited, text)


def rename_disks(text, names):
    """text with the disks' kernel names as a word (/dev/sda, not /dev/sda1) replaced by those on the target."""
    return re.sub(r"/dev/\w+", lambda match: names.get(match.group(0)[len("/dev/"):], match.group(0)), text)


def edit_debconf(text, names):
    """text of debconf's database with the disks that grub-pc is installed to named as on the target.

    A name of udev's (by-id, made of the old disk's serial number) can be resolved only where there is one disk.
    """
    blocks = text.split("\n\n")
    for number, block in enumerate(blocks):
        if re.match(r"Name: grub-pc/install_devices\n", block):
            block = rename_disks(block, names) if "/disk/by-" not in block else block
            if len(names) == 1:
                block = re.sub(r"(?m)^(Value: )/dev/disk/by-\S+$", rf"\g<1>{next(iter(names.values()))}", block)
            blocks[number] = block
    return "\n\n".join(blocks)


def _edit_defaults(root, conversion):
    """Edit /etc/default/grub, by Augeas, where one of its settings has to be another."""
    text = root.read(_DEFAULTS)
    # Whether there is anything to do is told without Augeas, which takes a second to learn this file's grammar.
    if text is None or not edit_settings(settings(text), conversion.edit_arguments):
        return
    tree = root.edit(_DEFAULTS, "Shellvars", "what grub.cfg is generated from fits the target")
    found = {name: _unquoted(tree.get(name)) for name in _SETTINGS if tree.get(name) is not None}
    for name, value in edit_settings(found, conversion.edit_arguments).items():
        tree.set(name, value)


def settings(text):
    """The settings of interest in an /etc/default/grub (text), which is a piece of shell: {name: value}."""
    found = {}
    for line in text.splitlines():
        words = _words(line)
        name, equals, value = words[-1].partition("=") if words else ("", "", "")
        if equals and name in _SETTINGS and words[:-1] in ([], ["export"]):
            found[name] = value
    return found


def edit_settings(found, edit):
    """Those of the settings (as settings returns them) that must be others: {name: text of the new value}.

    edit: edit(str, list | None) -> str, for the kernel's arguments; see conversion.Conversion.edit_arguments.
    """
    changed = {}
    lines = {name: found.get(name) for name in _SETTINGS[:2]}
    everywhere = [argument for line in lines.values() for argument in (line or "").split()]
    for name, line in lines.items():
        if line is None and name == "GRUB_CMDLINE_LINUX_DEFAULT":
            continue
        # What an argument is added for holds for the recovery entries too, which have GRUB_CMDLINE_LINUX alone.
        present = everywhere if name == "GRUB_CMDLINE_LINUX" else None
        edited = edit(line or "", present)
        if edited != (line or ""):
            changed[name] = f'"{edited}"'
    if found.get("GRUB_DISABLE_LINUX_UUID") == "true":
        # With it grub-mkconfig names the root by the kernel's name of the day.
        changed["GRUB_DISABLE_LINUX_UUID"] = "false"
    return changed


def _unquoted(value):
    return value[1:-1] if value[:1] in ("'", '"') and value[-1:] == value[:1] and len(value) > 1 else value


def _in_root(root, entry):
    """The entry with paths in the root: with a separate /boot, GRUB's paths begin there."""
    return Entry(
        entry.position,
        entry.names,
        _boot_path(root, entry.kernel),
        _boot_path(root, entry.initrd) if entry.initrd else None,
        entry.arguments,
    )


def _boot_path(root, path):
    # "($root)/vmlinuz" and the like name a device of GRUB's first.
    path = re.sub(r"^\([^)]*\)", "", path)
    below_boot = f"/boot{path}"
    return below_boot if "/boot" in root.info["mountpoints"] and root.is_file(below_boot) else path


def _saved_entry(root):
    for path in _ENVIRONMENT_BLOCKS:
        for line in (root.read(path) or "").splitlines():
            if line.startswith("saved_entry="):
                return line.partition("=")[2]
    return None


def _words(line):
    try:
        return shlex.split(line, comments=True)
    except ValueError:
        # A quote that ends on another line, which no line of interest has.
        return line.split()
