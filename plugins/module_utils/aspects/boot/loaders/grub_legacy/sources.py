# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What GRUB legacy's menu is generated from: by Debian's update-grub, Red Hat's grubby, and SUSE's perl-Bootloader. Pure.

update-grub keeps its settings in comments of the menu itself, between two lines that it knows them by.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping

from .. import device_map, shell_arguments

Edit = Callable[[str], str]

# SUSE's and Red Hat's.
BOOTLOADER, GRUB = "/etc/sysconfig/bootloader", "/etc/sysconfig/grub"

_START = "### BEGIN AUTOMAGIC KERNELS LIST"
_END = "## ## End Default Options ##"
# `# altoptions=(its title) arguments`. What begins with two of # explains these.
_OPTION = re.compile(
    r"(?m)^(?P<start># (?P<name>kopt(?:_[A-Za-z0-9_]+)?|defoptions|altoptions|xenkopt)=(?:\([^)\n]*\)[ \t]*)?)"
    r"(?P<arguments>[^\r\n]*)"
)
# Of Red Hat's installer; grubby looks for the boot sector of GRUB there.
_BOOT = re.compile(r"(?m)^#boot=/dev/\w+")


def edit_menu(text: str, edit: Edit, edit_part: Edit) -> str:
    """The menu's text with update-grub's settings edited.

    edit: for those that every entry gets. edit_part: for those that only some get, to which nothing is to be added.
    """
    start = text.find(_START)
    end = text.find(_END, start) if start >= 0 else -1
    if start < 0:
        return text

    def edited(match: re.Match[str]) -> str:
        arguments = match["arguments"]
        new = (edit if match["name"].startswith("kopt") else edit_part)(arguments)
        return match.group(0) if new == arguments else match["start"] + new

    end = len(text) if end < 0 else end
    return text[:start] + _OPTION.sub(edited, text[start:end]) + text[end:]


def rename_boot(text: str, names: Mapping[str, str], starting: Collection[str] = ()) -> str:
    """The menu's text with the disk that Red Hat's installer noted renamed. starting: see device_map.are_of_target."""
    return _BOOT.sub(lambda match: device_map.rename_disks(match.group(0), names, starting), text)


def edit_grub(text: str, names: Mapping[str, str], starting: Collection[str] = ()) -> str:
    """The text of /etc/sysconfig/grub with the disk that has the boot loader renamed. starting: as of rename_boot."""
    return shell_arguments.edited(text, {"boot": lambda value: device_map.rename_disks(value, names, starting)})


def edit_bootloader(text: str, edit: Edit) -> str:
    """The text of /etc/sysconfig/bootloader with the arguments of new entries edited."""
    return shell_arguments.edited(text, dict.fromkeys(("DEFAULT_APPEND", "FAILSAFE_APPEND"), edit))
