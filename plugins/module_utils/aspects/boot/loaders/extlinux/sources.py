# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What EXTLINUX's configuration is generated from: by Debian's extlinux-update, and Alpine's update-extlinux. Pure."""

from __future__ import annotations

from collections.abc import Callable

from .. import shell_arguments

Edit = Callable[[str], str]

DEBIAN, ALPINE = "/etc/default/extlinux", "/etc/update-extlinux.conf"


def edit_debian(text: str, edit: Edit, edit_part: Edit) -> str:
    """The text of Debian's settings edited. edit_part: for arguments to which nothing is to be added."""
    return shell_arguments.edited(text, {"EXTLINUX_PARAMETERS": edit, "EXTLINUX_ROOT": edit_part})


def edit_alpine(text: str, edit: Edit, edit_part: Edit) -> str:
    """The text of Alpine's settings edited. edit_part: as of edit_debian."""

    def edit_root(value: str) -> str:
        new = edit_part(f"root={value}")
        return new[len("root=") :] if value and new.startswith("root=") and " " not in new else value

    return shell_arguments.edited(text, {"default_kernel_opts": edit, "root": edit_root})
