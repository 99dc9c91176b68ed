# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What new entries and unified kernel images get their command line from: the files of kernel-install and its like.

Where none of them says it, kernel-install takes that of the running kernel, which is the converted guest's then.
Sources: kernel-install(8), ukify(1), dracut.conf(5), mkinitcpio(8), sdboot-manage, clr-boot-manager.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from ...guest.root import GuestRoot
from ...texts import kernel_arguments, sections
from .command_line import Editor
from .loaders import shell_arguments

# The whole command line. The first that is there is read; those of the distribution are not to be edited.
_MAIN = "/etc/kernel/cmdline"
_VENDOR = "/usr/lib/kernel/cmdline"
# Parts of a command line: of mkinitcpio and dracut, and of Clear Linux.
_PARTS = ("/etc/cmdline.d/*.conf", "/etc/kernel/cmdline.d/*")
_COMMAND_LINE = ("UKI", "Cmdline")
_UKIFY = ("/etc/kernel/uki.conf", "/etc/systemd/ukify.conf")
# Pieces of shell, and the variable in each.
_SHELL = (
    ("/etc/dracut.conf", "kernel_cmdline"),
    ("/etc/dracut.conf.d/*.conf", "kernel_cmdline"),
    ("/etc/sdboot-manage.conf", "LINUX_OPTIONS"),
)

_DETAIL = "what new boot entries get their command line from fits the target"


def edit_sources(root: GuestRoot, edit: Editor) -> None:
    """Edit these files. edit: for command lines, as of the default entry."""
    main = root.read(_MAIN)
    vendor = root.read(_VENDOR) if main is None else None
    if main is not None:
        root.write(_MAIN, edited(main, edit), _DETAIL)
    elif vendor is not None and edited(vendor, edit) != vendor:
        root.write(_MAIN, edited(vendor, edit), _DETAIL)
    for path, text in root.texts(_PARTS).items():
        root.write(path, edited(text, edit, present=None), _DETAIL)
    for path, text in root.texts(_UKIFY).items():
        root.write(path, edited_sections(text, edit), _DETAIL)
    for pattern, name in _SHELL:
        for path, text in root.texts((pattern,)).items():
            root.write(path, shell_arguments.edited(text, {name: partial(edit, present=None)}), _DETAIL)


def edited(text: str, edit: Editor, present: Iterable[str] | None = ()) -> str:
    """The text of a file that has a command line, on one line or several, edited. Lines that begin with `#` are none.

    present: as of Editor; what is missing is put on the last line.
    """
    lines = text.split("\n")
    places = [number for number, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")]
    for number in places[:-1]:
        lines[number] = edit(lines[number], present=None)
    if places:
        before = [word for number in places[:-1] for word in kernel_arguments.split(lines[number])]
        lines[places[-1]] = edit(lines[places[-1]], None if present is None else [*present, *before])
    return "\n".join(lines)


def edited_sections(text: str, edit: Editor) -> str:
    """The text of ukify's configuration with the command line edited. `@FILE` names a file that has it."""
    found = [entry for entry in sections.parse(text) if (entry.section, entry.key) == _COMMAND_LINE]

    def change(value: str) -> str:
        stripped = value.strip()
        if not stripped or stripped.startswith("@"):
            return value
        start = value.index(stripped)
        return f"{value[:start]}{edit(stripped)}{value[start + len(stripped) :]}"

    return sections.edited(text, found, change)
