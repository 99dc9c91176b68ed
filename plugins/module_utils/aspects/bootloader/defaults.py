# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/etc/default/grub, and what is read after it: what grub-mkconfig generates grub.cfg from."""

from __future__ import annotations

from ansible_collections.virttools.guestconv.plugins.module_utils import augeas
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.bootloader import shell_words

_MAIN = "/etc/default/grub"
# Debian's and Ubuntu's grub-mkconfig reads these after it, in this order, and so they win.
_FURTHER = "/etc/default/grub.d/*.cfg"

_COMMAND_LINES = ("GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT")
_SETTINGS = (*_COMMAND_LINES, "GRUB_DISABLE_LINUX_UUID")


def convert(root, edit):
    """Edit these files, by Augeas, where a setting has to be another. edit: as of edit_settings."""
    if root.read(_MAIN) is None:
        return
    paths = [_MAIN, *root.glob(_FURTHER)]
    found = [settings(root.read(path) or "") for path in paths]
    trees = {}
    # Whether there is anything to do is told without Augeas, which takes a second to learn this file's grammar.
    for number, changed in enumerate(edit_settings(found, edit)):
        if changed:
            tree = root.edit(paths[number], "Shellvars", "what grub.cfg is generated from fits the target")
            there = {name: tree.get(name) for name in _SETTINGS}
            found[number] = {name: augeas.unquoted(value)[1] for name, value in there.items() if value is not None}
            trees[number] = tree
    for number, changed in enumerate(edit_settings(found, edit) if trees else ()):
        for name, value in changed.items():
            trees[number].set(name, value)


def settings(text):
    """The settings of interest in such a file (text), which is a piece of shell: {name: value}."""
    found = {}
    for line in text.splitlines():
        words = shell_words.split(line)
        name, equals, value = words[-1].partition("=") if words else ("", "", "")
        if equals and name in _SETTINGS and words[:-1] in ([], ["export"]):
            found[name] = value
    return found


def edit_settings(found, edit):
    """Those of the settings (as settings returns them, per file) that must be others: {name: text of the new value}.

    edit: edit(str, list | None) -> str, for the kernel's arguments; see conversion.Conversion.edit_arguments.
    """
    changed = [{} for _of_file in found]
    everywhere = _arguments(found)
    # What an argument is added for holds for the recovery entries too, which have GRUB_CMDLINE_LINUX alone; and it
    # must stand where no later file sets that to something else.
    always = _COMMAND_LINES[0]
    last = max((number for number, of_file in enumerate(found) if always in of_file), default=0)
    for number, of_file in enumerate(found):
        for name in _COMMAND_LINES:
            is_last = number == last and name == always
            line = of_file.get(name, "" if is_last else None)
            edited = None if line is None else edit(line, everywhere if is_last else None)
            if edited != line:
                changed[number][name] = f'"{edited}"'
        if of_file.get("GRUB_DISABLE_LINUX_UUID") == "true":
            # With it grub-mkconfig names the root by the kernel's name of the day.
            changed[number]["GRUB_DISABLE_LINUX_UUID"] = "false"
    return changed


def _arguments(found):
    """The kernel's arguments after all files. One may take up, as $GRUB_CMDLINE_LINUX, what those before it set."""
    lines = {name: {} for name in _COMMAND_LINES}
    for of_file in found:
        for name in _COMMAND_LINES:
            own = {}
            for word in of_file.get(name, f"${name}").split():
                own.update(lines.get(word.lstrip("$").strip("{}"), {word: None}) if word[0] == "$" else {word: None})
            lines[name] = own
    return [argument for name in _COMMAND_LINES for argument in lines[name]]
