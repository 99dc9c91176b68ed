# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/etc/default/grub, and what is read after it: what grub-mkconfig generates grub.cfg from."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from .....guest.root import GuestRoot
from .....texts import assignments
from ...command_line import Editor
from .. import shell_arguments

_MAIN = "/etc/default/grub"
# Debian's and Ubuntu's grub-mkconfig reads these after it, in this order, and so they win.
_FURTHER = "/etc/default/grub.d/*.cfg"

# The recovery entries have the first of them alone.
_ALWAYS = "GRUB_CMDLINE_LINUX"
_COMMAND_LINES = (_ALWAYS, "GRUB_CMDLINE_LINUX_DEFAULT")
# With these grub-mkconfig names the root filesystem, or its partition, by the kernel's name of the day.
_WITHOUT_UUID = ("GRUB_DISABLE_LINUX_UUID", "GRUB_DISABLE_UUID", "GRUB_DISABLE_LINUX_PARTUUID")
# What it would name so, which it otherwise finds out.
_DEVICE = "GRUB_DEVICE"
_SETTINGS = (*_COMMAND_LINES, *_WITHOUT_UUID, _DEVICE)

# NAME+=value, as bash has it, and Red Hat's and SUSE's grub-mkconfig by it.
_APPENDED = re.compile(rf"(?m)^([ \t]*(?:export[ \t]+)?)((?:{'|'.join(_COMMAND_LINES)}))\+=")
# udev's links, for what must be the name of a file: grub-probe looks at it.
_LINKS = {"UUID": "uuid", "LABEL": "label", "PARTUUID": "partuuid", "PARTLABEL": "partlabel"}

# What the shell runs for a part of a value, as far as that has no more of it within.
_COMMAND = re.compile(r"\$\([^()]*\)|`[^`]*`")
# What can stand behind an assignment that is a command by itself.
_END = re.compile(r"[ \t]*(?:[;#\r\n]|\Z)")
# What makes an unquoted value more than its characters; in several quotings `$` does too, as it may stand in '...'.
_MORE = re.compile(r"[`()&|<>~]")
# Other places that can set it, or undo it, and lines that may not come to be executed.
_MENTION = re.compile(rf"(?m)^(?![ \t]*#).*?(?<![$\w{{]){_ALWAYS}\b")
_CONTROL = re.compile(r"(?m)^[ \t]*(?:(?:if|for|while|until|case)\b|[({])|\w[ \t]*\(\)|<<")
# The end of a line within a value that goes on; both characters are blanks to the kernel.
_CONTINUED = re.compile(r"(?<!\\)(?:(?<=\s)|\A)\\\n|(?<!\\)\\\n(?=\s)")
_BLANK = "\v\n"


@dataclass(frozen=True)
class Setting:
    """name=value in one of these files, which are pieces of shell.

    value: as it is written within its quotes. quote: what those are to be, "" for none where none are needed.
    plain: whether it is understood as the shell understands it, so that it may be edited where it stands.
    appended: whether the value is put behind the one from before.
    start, end: where the value stands in its text, quotes included.
    """

    name: str
    value: str
    quote: str = '"'
    plain: bool = True
    start: int = 0
    end: int = 0
    appended: bool = False

    def written(self, value: str) -> str:
        """value as it is to stand in the text in the place of this one's."""
        return shell_arguments.quoted(value, self.quote)


def convert(root: GuestRoot, edit: Editor) -> None:
    """Edit these files where a setting has to be another. edit: as of edit_settings."""
    texts = root.texts((_MAIN, _FURTHER))
    if not texts:
        return
    for path, text in zip(texts, edited(list(texts.values()), edit)):
        root.write(path, text, "what grub.cfg is generated from fits the target")


def is_read(path: str) -> bool:
    """Whether grub-mkconfig reads the file at path."""
    return path == _MAIN or fnmatch.fnmatchcase(path, _FURTHER)


def unedited(text: str) -> str:
    """What of such a file stays as it is whatever it says: all but the values that are understood, and commands in these."""
    parts, position = [], 0
    for setting in settings(text):
        if setting.plain:
            commands = _COMMAND.findall(text, setting.start, setting.end)
            parts += [text[position : setting.start], " ".join(commands)]
            position = setting.end
    return "".join([*parts, text[position:]])


def edited(texts: list[str], edit: Editor) -> list[str]:
    """The texts of the files, in the order in which they are read, with their settings as they must be."""
    found = [settings(text) for text in texts]
    flat = [setting for of_text in found for setting in of_text]
    values, added = edit_settings(flat, edit, all(map(_is_certain, texts, found)))
    remaining = iter(values)
    new = [_with_values(text, of_text, remaining) for text, of_text in zip(texts, found)]
    if added:
        # After all that may set it in another way.
        last = max((number for number, text in enumerate(texts) if _MENTION.search(text)), default=0)
        before = f"${_ALWAYS} " if any(re.search(rf"{_ALWAYS}\b", text) for text in texts) else ""
        new[last] = assignments.with_line(new[last], _ALWAYS, f'"{before}{added}"')
    return new


def _with_values(text: str, found: Iterable[Setting], values: Iterator[str | None]) -> str:
    """text with the next of values for each of its settings, None for one that stays."""
    parts, position = [], 0
    for setting in found:
        value = next(values)
        if value is not None:
            parts += [text[position : setting.start], setting.written(value)]
            position = setting.end
    return "".join([*parts, text[position:]])


def settings(text: str) -> list[Setting]:
    """The Settings of interest in such a file, in their order."""
    # As long as it was, so that all places stay.
    assigned = _APPENDED.sub(r"\1 \2=", text)
    return [_setting(text, found) for found in assignments.parse(assigned) if found.name in _SETTINGS]


def _setting(text: str, found: assignments.Assignment) -> Setting:
    setting = _as_written(text, found)
    if text[found.start - 2 : found.start] != "+=":
        return setting
    # Without a blank it goes on with the argument before it.
    return replace(setting, appended=True, plain=setting.plain and setting.value[:1] in (" ", "\t", ""))


def _as_written(text: str, found: assignments.Assignment) -> Setting:
    written = text[found.start : found.end]
    quote, value = assignments.quoting(written)
    plain = bool(_END.match(text, found.end))
    if quote or not re.search(r"[\\'\"]", written):
        plain = plain and bool(quote or not _MORE.search(written))
        return Setting(found.name, value, quote, plain, found.start, found.end)
    # Of several quotings, side by side.
    value = re.sub(r'(["\\])', r"\\\1", found.value)
    plain = plain and not _MORE.search(written) and "$" not in written
    return Setting(found.name, value, plain=plain, start=found.start, end=found.end)


def _is_certain(text: str, found: Iterable[Setting]) -> bool:
    """Whether the shell is sure to come to all that sets _ALWAYS in text, and that is in found (Settings of it)."""
    mentions = len(_MENTION.findall(text))
    plain = [setting for setting in found if setting.name == _ALWAYS and setting.plain]
    return not mentions or (mentions == len(plain) and not _CONTROL.search(text))


def edit_settings(found: Sequence[Setting], edit: Editor, certain: bool) -> tuple[list[str | None], str]:
    """What the settings must be, those in found (Setting) in their order: a pair.

    The first is a list of new values, None for what stays. The second is what is to be added to GRUB_CMDLINE_LINUX
    behind all of them, "" for nothing.
    edit: for the kernel's arguments.
    certain: whether found is all that sets it, and the last of them is the one that counts.
    """
    present = _arguments(found)
    # What an argument is added for holds for the recovery entries too; and it must stand where nothing after it sets
    # that to something else.
    last = max((number for number, setting in enumerate(found) if certain and setting.name == _ALWAYS), default=None)
    values = [_edited(setting, edit, present if number == last else None) for number, setting in enumerate(found)]
    is_there = last is not None and values[last] is not None
    return values, "" if is_there else edit("", present)


def _edited(setting: Setting, edit: Editor, present: Iterable[str] | None) -> str | None:
    """The new value of the setting, None when it stays. present: as edit takes it."""
    if not setting.plain:
        return None
    if setting.name in _WITHOUT_UUID:
        return "false" if setting.value == "true" else None
    if setting.name == _DEVICE:
        return _device(setting.value, edit)
    value = setting.value
    if setting.quote == '"':
        value = edit(_CONTINUED.sub(_BLANK, value), present).replace(_BLANK, "\\\n")
    else:
        value = edit(value, present)
    if setting.appended and value != setting.value:
        value = setting.value[: len(setting.value) - len(setting.value.lstrip(" \t"))] + value.lstrip(" \t")
    # An argument that holds a piece of shell, or becomes one, stays.
    return None if value == setting.value or _shell_of(value) != _shell_of(setting.value) else value


def _device(value: str, edit: Editor) -> str | None:
    """What GRUB_DEVICE must be, which becomes root=; None where it stays."""
    tag, equals, name = edit(f"root={value}", None).partition("=")[2].partition("=")
    if f"{tag}{equals}{name}" == value or (equals and tag not in _LINKS):
        return None
    return f"/dev/disk/by-{_LINKS[tag]}/{name}" if equals else tag


def _shell_of(value: str) -> str:
    return shell_arguments.shell_of(value.replace("\\\n", ""))


def _arguments(found: Sequence[Setting]) -> list[str]:
    """The kernel's arguments after all settings. One may take up, as $GRUB_CMDLINE_LINUX, what was set before it."""
    # The setting of each name that is the last before each of them, and before the end. Each is looked at once, however
    # often later ones take it up.
    before: list[dict[str, int]] = [{}]
    for number, setting in enumerate(found):
        before.append({**before[-1], setting.name: number})
    arguments: dict[str, None] = {}
    seen: set[int] = set()
    pending = [before[-1].get(name) for name in _COMMAND_LINES]
    while pending:
        position = pending.pop()
        if position is None or position in seen:
            continue
        seen.add(position)
        if found[position].appended:
            pending.append(before[position].get(found[position].name))
        for word in found[position].value.split():
            name = word[1:].strip("{}") if word[0] == "$" else ""
            if name in _COMMAND_LINES:
                pending.append(before[position].get(name))
            else:
                arguments[word] = None
    return list(arguments)
