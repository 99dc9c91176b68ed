# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mkinitfs (Alpine Linux). It has lists of features, and of each feature a list of modules and one of files.

Source: mkinitfs 3.12, mkinitfs.in, initramfs-init.in, nlplug-findfs/nlplug-findfs.c, features.d.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ...texts import assignments
from .builder import WHY, Door, always_loads, no_names, same_devices, same_network, same_place

NAME = "mkinitfs"
# /sbin is a link where /usr was merged (Alpine 3.23).
PROGRAMS = ("/sbin/mkinitfs",)
# It removes the old one first.
KEEPS_OLD = False
# The feature "base", which every one has, brings the first, as /sbin or /usr/sbin; initfs_base makes the last.
EVIDENCE = ("sbin/nlplug-findfs", "usr/sbin/nlplug-findfs", ".modloop")
IMAGES = ()
_CONFIGURATION = "/etc/mkinitfs/mkinitfs.conf"
CONFIGURATION = (_CONFIGURATION,)
# It does not copy its configuration.
COPIES = r"etc/mkinitfs/.+"
# The network is used as the argument ip= says.
NETWORK_PROGRAMS = ()

_FEATURE = "guestconv"
_LISTS = "/etc/mkinitfs/features.d/guestconv."
# Where modules are below the kernel's directory of modules. What matches nothing is left out (feature_files).
_DIRECTORIES = ("kernel", "kernel/*", "kernel/*/*", "kernel/*/*/*", "kernel/*/*/*/*", "extra", "updates")

# nlplug-findfs loads what the hardware asks for.
loads_added = always_loads
places = same_place
devices = no_names
with_devices = same_devices
network_arguments = no_names
with_network = same_network
copy_with_network = same_network


def include(root: Door, modules: Sequence[str], files: Sequence[str]) -> None:
    """Have a feature of ours with these modules and files."""
    lists = (("modules", [line for name in modules for line in _patterns(name)]), ("files", files))
    for suffix, lines in lists:
        if lines:
            root.write(_LISTS + suffix, with_lines(root.read(_LISTS + suffix) or "", lines), WHY)
    if modules or files:
        root.write(_CONFIGURATION, with_feature(root.read(_CONFIGURATION) or ""), WHY)


def _patterns(name: str) -> list[str]:
    """The lines for a module, after a comment that names it: its file may be called with hyphens, and be compressed."""
    file = f"{name.replace('_', '[-_]')}.ko*"
    return [f"# {name}", *(f"{directory}/{file}" for directory in _DIRECTORIES)]


def with_lines(text: str, lines: Iterable[str]) -> str:
    """text of a list of a feature with those of lines that it does not have."""
    there = text.split("\n")
    if text and not text.endswith("\n"):
        text += "\n"
    return text + "".join(f"{line}\n" for line in lines if line not in there)


def with_feature(text: str) -> str:
    """text of mkinitfs.conf with our feature in its list."""
    if _FEATURE in assignments.values(text).get("features", "").split():
        return text
    if not any(found.name == "features" for found in assignments.parse(text)):
        return assignments.with_line(text, "features", f'"base {_FEATURE}"')

    def with_ours(written: str) -> str:
        quote, value = assignments.quoting(written)
        if quote:
            return f"{quote}{value} {_FEATURE}{quote}"
        # What it refers to by $ stays a reference.
        value = re.sub(r'(["\\])', r"\\\1", assignments.values(f"a={written}")["a"])
        return f'"{value} {_FEATURE}"'

    return assignments.edited(text, ("features",), with_ours)


def command(initrd: str, version: str) -> list[str]:
    """The command that makes the initrd anew."""
    return ["mkinitfs", "-o", initrd, version]
