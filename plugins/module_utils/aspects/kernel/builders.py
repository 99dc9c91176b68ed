# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that make a guest's initrds: how each is told to include modules, and how it is run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Callable

_WHY = "the initrd's next build includes the drivers for the target"
_DRACUT_CONFIGURATION = "/etc/dracut.conf.d/guestconv.conf"


@dataclass(frozen=True)
class Builder:
    """name: as initrd.Initrd.builder has it. program: its path.

    include(root, modules) edits its configuration. command(kernel) is what makes the initrd of a kernel anew.
    """

    name: str
    program: str
    include: Callable
    command: Callable


def of(root, name):
    """The Builder called name; where the initrd does not say ("unknown"), the one that is installed. None: not known."""
    for builder in _BUILDERS:
        if name == builder.name or (name == "unknown" and root.is_file(builder.program)):
            return builder
    return None


def add_to_list(text, modules):
    """text of an /etc/initramfs-tools/modules (initramfs-tools(7)) with a line for each of modules that has none."""
    listed = {line.split()[0].replace("-", "_") for line in text.splitlines() if line.split()}
    if text and not text.endswith("\n"):
        text += "\n"
    return text + "".join(f"{name}\n" for name in modules if name not in listed)


def add_drivers(text, modules):
    """text of a dracut.conf(5) of ours that adds modules to every initrd, hostonly or not, besides those it names."""
    named = " ".join(re.findall(r'(?m)^add_drivers\+="([^"\n]*)"', text)).split()
    # dracut joins what the files add, so the spaces at both ends are needed.
    return f'add_drivers+=" {" ".join(dict.fromkeys([*named, *modules]))} "\n'


def _include_in_initramfs_tools(root, modules):
    path = "/etc/initramfs-tools/modules"
    root.write(path, add_to_list(root.read(path) or "", modules), _WHY)


def _include_in_dracut(root, modules):
    root.write(_DRACUT_CONFIGURATION, add_drivers(root.read(_DRACUT_CONFIGURATION) or "", modules), _WHY)


_BUILDERS = (
    Builder(
        "initramfs-tools",
        "/usr/sbin/update-initramfs",
        _include_in_initramfs_tools,
        lambda kernel: ["update-initramfs", "-u", "-k", kernel.version],
    ),
    Builder(
        "dracut",
        "/usr/bin/dracut",
        _include_in_dracut,
        lambda kernel: ["dracut", "--force", kernel.initrd, kernel.version],
    ),
)
