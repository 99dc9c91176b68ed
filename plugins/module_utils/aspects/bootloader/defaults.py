# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/etc/default/grub, and what is read after it: what grub-mkconfig generates grub.cfg from."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ansible_collections.virttools.guestconv.plugins.module_utils import assignments

_MAIN = "/etc/default/grub"
# Debian's and Ubuntu's grub-mkconfig reads these after it, in this order, and so they win.
_FURTHER = "/etc/default/grub.d/*.cfg"

# The recovery entries have the first of them alone.
_ALWAYS = "GRUB_CMDLINE_LINUX"
_COMMAND_LINES = (_ALWAYS, "GRUB_CMDLINE_LINUX_DEFAULT")
_WITHOUT_UUID = "GRUB_DISABLE_LINUX_UUID"


@dataclass(frozen=True)
class Setting:
    """name=value in one of these files, which are pieces of shell, and the quote that the value stands in, if any.

    value: as it is written within the quotes.
    """

    name: str
    value: str
    quote: str = '"'

    def written(self, value):
        """value as it is to stand in the text in the place of this one's."""
        quote = self.quote or '"'
        return f"{quote}{value}{quote}"


def convert(root, edit):
    """Edit these files where a setting has to be another. edit: as of edit_settings."""
    if root.read(_MAIN) is None:
        return
    texts = {path: root.read(path) for path in [_MAIN, *root.glob(_FURTHER)] if root.is_file(path)}
    for path, text in zip(texts, edited(list(texts.values()), edit)):
        root.write(path, text, "what grub.cfg is generated from fits the target")


def edited(texts, edit):
    """The texts of the files, in the order in which they are read, with their settings as they must be."""
    found = [setting for text in texts for setting in settings(text)]
    values, added = edit_settings(found, edit)
    new = iter(zip(found, values))

    def change(written):
        setting, value = next(new)
        return written if value is None else setting.written(value)

    # Each assignment is met in the order in which it was found.
    texts = [assignments.edited(text, (*_COMMAND_LINES, _WITHOUT_UUID), change) for text in texts]
    if added is not None:
        if re.search(rf"{_ALWAYS}\b", "".join(texts)):
            # Set in a way that is not understood, or in a comment.
            added = f"${_ALWAYS} {added}"
        texts[0] = assignments.with_value(texts[0], _ALWAYS, Setting(_ALWAYS, "").written(added))
    return texts


def settings(text):
    """The Settings of interest in such a file, in their order."""
    wanted = (*_COMMAND_LINES, _WITHOUT_UUID)
    return [_setting(found, text[found.start:found.end]) for found in assignments.parse(text) if found.name in wanted]


def _setting(found, written):
    quote, value = assignments.quoting(written)
    if not quote and value != found.value:
        # Of several quotings, side by side.
        return Setting(found.name, re.sub(r'([`"\\])', r"\\\1", found.value))
    return Setting(found.name, value, quote)


def edit_settings(found, edit):
    """What the settings must be, those in found (Setting) in their order: a pair.

    The first is a list of new values, None for what stays. The second is what GRUB_CMDLINE_LINUX must be where no file
    sets it, None when it need not be there.
    edit: edit(str, list | None) -> str, for the kernel's arguments; see conversion.Conversion.edit_arguments.
    """
    present = _arguments(found)
    # What an argument is added for holds for the recovery entries too; and it must stand where nothing after it sets
    # that to something else.
    last = max((number for number, setting in enumerate(found) if setting.name == _ALWAYS), default=None)
    values = [_edited(setting, edit, present if number == last else None) for number, setting in enumerate(found)]
    added = edit("", present) if last is None else ""
    return values, added or None


def _edited(setting, edit, present):
    """The new value of the setting, None when it stays. present: as edit takes it."""
    if setting.name == _WITHOUT_UUID:
        # With it grub-mkconfig names the root by the kernel's name of the day.
        return "false" if setting.value == "true" else None
    value = edit(setting.value, present)
    return None if value == setting.value else value


def _arguments(found):
    """The kernel's arguments after all settings. One may take up, as $GRUB_CMDLINE_LINUX, what was set before it."""
    # The setting of each name that is the last before each of them, and before the end. Each is looked at once, however
    # often later ones take it up.
    before = [{}]
    for number, setting in enumerate(found):
        before.append({**before[-1], setting.name: number})
    arguments, seen = {}, {None}
    pending = [before[-1].get(name) for name in _COMMAND_LINES]
    while pending:
        number = pending.pop()
        if number in seen:
            continue
        seen.add(number)
        for word in found[number].value.split():
            name = word[1:].strip("{}") if word[0] == "$" else ""
            if name in _COMMAND_LINES:
                pending.append(before[number].get(name))
            else:
                arguments[word] = None
    return list(arguments)
