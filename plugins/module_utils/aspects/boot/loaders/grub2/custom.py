# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Menu entries that a person wrote into scripts of /etc/grub.d, such as 40_custom, of which grub-mkconfig makes the menu.

The entries that grub-mkconfig itself makes have no device in them, and stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from .....guest.root import GuestRoot
from .....model.concerns import Concern
from ...command_line import Editor, Editors
from .script import editing
from .script.expansion import expanded
from .script.lexer import END, NEWLINE, ScriptError, next_token
from .script.source import Source
from .script.syntax import Command
from .script.uses import Use

if TYPE_CHECKING:
    from ....plan import Plan

_SCRIPTS = "/etc/grub.d/*"

# The text below is printed as it is: `exec tail -n +3 $0`, as 40_custom has it; or a here-document begins.
_TAIL = re.compile(r"(?m)^[ \t]*(?:exec[ \t]+)?tail[ \t]+-n[ \t]*\+[0-9]+[ \t]+\"?\$0\"?[ \t]*$")
_HERE = re.compile(r"(?m)^[^#\n]*<<-?[ \t]*(['\"\\]?)([A-Za-z_]\w*)['\"]?[^\n]*$", re.ASCII)
_LINUX = re.compile(r"(?m)^[ \t]*(linux(?:16|efi)?)[ \t]")
_AFTER = re.compile(r"(?m)^[ \t]*(?:(initrd(?:16|efi)?)[ \t]|linux(?:16|efi)?[ \t]|\})")
# A name that the old hardware gave.
_OLD_NAME = re.compile(
    r"\b(?:root|resume)=/dev/(?:[hsv]d[a-z]|xvd[a-z]|nvme[0-9]|mapper/mpath|disk/by-(?:id|path)/|cciss/)"
)
# Characters of a script that are looked at.
_MOST = 256 * 1024
# Characters of a command. Kernels take command lines of 4096 at most.
_LONGEST = 16 * 1024
_COMMENT = re.compile(r"(?m)^[ \t]*#.*$")


def convert(root: GuestRoot, plan: Plan, editors: Editors) -> None:
    """Edit the entries where they stand. Those that cannot be edited are a concern of the plan's."""
    for path, text in root.texts((_SCRIPTS,)).items():
        try:
            after = edited(text, editors.with_initrd, editors.without_initrd)
        except editing.NotEditable:
            plan.concerns.append(_not_edited(root, path))
        else:
            root.write(path, after, "the entries that grub-mkconfig copies from it fit the target")


def concerns(root: GuestRoot) -> list[Concern]:
    """The scripts that name a device in a way that is not edited."""
    return [_not_edited(root, path) for path, text in root.texts((_SCRIPTS,)).items() if names_old_hardware(text)]


def _not_edited(root: GuestRoot, path: str) -> Concern:
    return Concern(
        "boot-menu-source-not-edited",
        "warning",
        f"{path} on {root.name} writes menu entries that name a device as the old hardware does. The menu itself is "
        "edited, and grub-mkconfig would bring the old names back.",
        "Name the device by its UUID in that script.",
    )


def names_old_hardware(text: str) -> bool:
    """Whether a script of /etc/grub.d has names of devices that the old hardware gave, other than in what is edited."""
    text = text[:_MOST]
    parts, position = [], 0
    for use in _uses(text):
        if use.place is not None:
            parts.append(text[position : use.place.start])
            position = use.place.end
    return bool(_OLD_NAME.search(_COMMENT.sub("", "".join([*parts, text[position:]]))))


def edited(text: str, with_initrd: Editor, without: Editor) -> str:
    """text of a script in /etc/grub.d, with the kernels' arguments edited in the menu entries that it prints as they are.

    Raises editing.NotEditable.
    """
    return editing.edited({"": text}, list(_uses(text)), with_initrd, without).get("", text)


def _uses(text: str) -> Iterator[Use]:
    """The `linux` commands in the parts of text that are printed as they are, or nearly so."""
    end_of_last = 0
    for start, end in _printed(text):
        for match in _LINUX.finditer(text, max(start, end_of_last), end):
            command = _command(text, match.start(1), end)
            if command is None or len(command.words) < 2:
                continue
            use = _use(command)
            if use.place is not None:
                end_of_last = use.place.end
                after = _AFTER.search(text, end_of_last, end)
                yield replace(use, has_initrd=bool(after and after[1]))


def _use(command: Command) -> Use:
    arguments = [each for each in expanded(command.words, lambda _name: ()) if each.word > 1]
    has_root = any(each.text.startswith("root=") for each in arguments)
    return Use(command, arguments, has_root, is_whole=not any(word.names for word in command.words))


def _printed(text: str) -> Iterator[tuple[int, int]]:
    """The parts of a shell script that it prints."""
    last = min(len(text), _MOST)
    tail = _TAIL.search(text, 0, last)
    position, end = 0, tail.start() if tail else last
    while position < end:
        here = _HERE.search(text, position, end)
        if here is None:
            break
        until = re.compile(rf"(?m)^\t*{here[2]}$").search(text, here.end(), end)
        if until is None:
            break
        yield here.end(), until.start()
        position = until.end()
    if tail:
        yield tail.end(), last


def _command(text: str, start: int, end: int) -> Command | None:
    """The command that begins at start; None where GRUB could not read it."""
    end = min(end, start + _LONGEST)
    script = Source(text[start:end], [0], [start])
    words, position = [], 0
    try:
        token = next_token(script, position)
        while token.word is not None:
            words.append(token.word)
            token = next_token(script, token.end)
    except ScriptError:
        return None
    return Command(tuple(words)) if token.kind in (NEWLINE, END, ";", "}") else None
