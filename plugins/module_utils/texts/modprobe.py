# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""modprobe.d(5), and what says the same on the kernel's command line: which modules are not loaded. Pure."""

from __future__ import annotations

import posixpath

from . import kernel_arguments

# Commands of `install` that load nothing.
_NOTHING = frozenset(("true", "false", ":"))

# Of kmod, of the kernel itself, of dracut (also its older name), and of initramfs-tools (scripts/init-top/blacklist).
_ARGUMENTS = frozenset(("modprobe.blacklist", "module_blacklist", "rd.driver.blacklist", "rdblacklist", "blacklist"))


def blocked(text: str) -> set[str]:
    """The names of modules, with underscores, that a file of modprobe.d keeps from being loaded for a device.

    udev loads a module by an alias of the device's, which `blacklist` takes away (libkmod, KMOD_PROBE_APPLY_BLACKLIST).
    """
    found = set()
    for line in text.replace("\\\n", " ").split("\n"):
        words = line.split()
        is_blocked = words[:1] == ["blacklist"] and len(words) > 1
        if words[:1] == ["install"] and len(words) > 2:
            is_blocked = posixpath.basename(words[2]) in _NOTHING
        if is_blocked:
            found.add(words[1].replace("-", "_"))
    return found


def blocked_by_arguments(command_line: str) -> set[str]:
    """The names of modules, with underscores, that a kernel's command line keeps from being loaded for a device."""
    pairs = [argument.partition("=")[::2] for argument in kernel_arguments.split(command_line)]
    names = [name for key, value in pairs if key in _ARGUMENTS for name in value.split(",")]
    return {name.replace("-", "_") for name in names if name}
