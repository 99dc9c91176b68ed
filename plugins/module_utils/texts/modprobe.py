# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps a kernel's module from being loaded: lines of modprobe.d(5), and arguments of the kernel. Pure.

Sources: kmod, libkmod-config.c; kernel-parameters.txt (module_blacklist); dracut's parse-kernel.sh; initramfs-tools(7).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

# A line that ends with a backslash goes on on the next one.
_LINE = re.compile(r"(?:[^\\\n]|\\\n|\\)+")
_BLANKS = re.compile(r"(?:[ \t]|\\\n)+")
# What an `install` line runs in the place of loading the module; these load it after all.
_LOADS = ("modprobe", "insmod")

# All of these take several names, with commas. The kernel itself heeds the first.
_ARGUMENTS = ("module_blacklist", "modprobe.blacklist", "rd.driver.blacklist", "rdblacklist", "blacklist")


def blocked(text: str) -> set[str]:
    """The modules, with underscores, that a file of modprobe.d (text) keeps from being loaded."""
    return {name for line in _LINE.findall(text) for name in [_blocked_by(line)] if name}


def without_blocks(text: str, modules: Collection[str]) -> str:
    """text of a file of modprobe.d, of which no line keeps one of these modules (with underscores) from being loaded."""
    return _LINE.sub(lambda line: "" if _blocked_by(line[0]) in modules else line[0], text)


def blocked_by_arguments(arguments: Iterable[str]) -> dict[str, str]:
    """{module, with underscores: the argument of the kernel that keeps it from being loaded}."""
    return {
        _name(name): argument
        for argument in arguments
        for key, _equals, value in [argument.partition("=")]
        if key in _ARGUMENTS
        for name in value.split(",")
        if name
    }


def expression(modules: Collection[str]) -> str:
    """The regular expression (of grep -E) for lines that may keep one of these modules (with underscores) from being loaded."""
    names = "|".join(re.escape(name).replace("_", "[_-]") for name in sorted(modules))
    return f"^[ \t]*(blacklist|install)([ \t]+({names})|[ \t]*\\\\$)"


def _blocked_by(line: str) -> str | None:
    """The module that a line keeps from being loaded, with underscores; None where it does not."""
    words = [word for word in _BLANKS.split(line) if word]
    command = words[0] if len(words) > 1 else ""
    if command == "blacklist" or (command == "install" and not _loads(words[2:])):
        return _name(words[1])
    return None


def _loads(words: Iterable[str]) -> bool:
    return any(word.rpartition("/")[2] in _LOADS for word in re.split(r"[ ;&|(){}]+", " ".join(words)))


def _name(module: str) -> str:
    return module.replace("-", "_")
