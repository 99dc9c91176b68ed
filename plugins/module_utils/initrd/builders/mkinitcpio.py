# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mkinitcpio (Arch Linux and its derivatives). Its configuration is a bash script; presets may name other ones.

Source: mkinitcpio 40, mkinitcpio, functions, init and install/*.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence

from ...texts import assignments
from .builder import WHY, Door, no_names, same_devices, same_network, same_place

NAME = "mkinitcpio"
PROGRAMS = ("/usr/bin/mkinitcpio",)
# It writes to a name of its own, and renames that, where there is room for both.
KEEPS_OLD = False
# parse_config copies the configuration into every initrd.
EVIDENCE = ("buildconfig",)
IMAGES = ()
_MAIN = "/etc/mkinitcpio.conf"
CONFIGURATION = (_MAIN, "/etc/mkinitcpio.conf.d/*.conf")
# Of its configuration, only that copy: it is read by nobody.
COPIES = r"buildconfig"
# Hooks of other packages that bring NICs up without being asked to on the command line.
NETWORK_PROGRAMS = ("/usr/lib/initcpio/install/sd-network", "/etc/initcpio/install/sd-network")

_PRESETS = ("/etc/mkinitcpio.d/*.preset",)
# An assignment to one of its lists, up to where the first word may stand.
_LIST = r'(?m)^(?P<before>[ \t]*{}(?P<plus>\+?)=)(?P<value>\([^)]*\)|"[^"]*"|\'[^\']*\'|[^\s;#"\'(]*)'
# With either of them, modules are loaded for the hardware that is there. init itself loads those of its list alone.
_UDEV = ("usr/bin/udevadm", "bin/udevadm", "sbin/udevadm", "usr/lib/systemd/systemd-udevd", "usr/lib/systemd/systemd")

places = same_place
devices = no_names
with_devices = same_devices
network_arguments = no_names
with_network = same_network
copy_with_network = same_network


def loads_added(members: Container[str]) -> bool:
    """With the hooks udev or systemd."""
    return any(name in members for name in _UDEV)


def include(root: Door, modules: Sequence[str], files: Sequence[str]) -> None:
    """Add them to the lists, in every configuration that may be in force.

    Drop-ins are read by recent versions only, and not where a preset names a configuration file (option -c).
    """
    main = root.read(_MAIN) or ""
    root.write(_MAIN, with_added(main, modules, files), WHY)
    others = {path for text in root.texts(_PRESETS).values() for path in configurations(text)} - {_MAIN}
    texts = root.texts([*CONFIGURATION[1:], *sorted(others)])
    for path, text in texts.items():
        if path in others or _sets_list(text):
            root.write(path, with_added(text, modules, files, is_whole=path in others), WHY)


def configurations(text: str) -> list[str]:
    """The absolute paths of configuration files that text of a preset names, without patterns."""
    values = (found.value for found in assignments.parse(text) if found.name.endswith("_config"))
    return [value for value in values if re.fullmatch(r"/[\w./@+-]+", value)]


def with_added(text: str, modules: Sequence[str], files: Sequence[str] = (), is_whole: bool = True) -> str:
    """text of a mkinitcpio.conf(5) with the modules and files in its lists.

    is_whole: whether a list that it does not have is added; to a drop-in, nothing is added to what it does not set.
    """
    for name, added in (("MODULES", modules), ("FILES", files)):
        text = _with_words(text, name, added, is_whole)
    return text


def _sets_list(text: str) -> bool:
    """Whether text of a drop-in replaces a list."""
    return any(found["plus"] == "" for name in ("MODULES", "FILES") for found in re.finditer(_LIST.format(name), text))


def _with_words(text: str, name: str, words: Sequence[str], is_whole: bool) -> str:
    """text with the words in the list name: at the beginning of the last assignment, as a comment may be at its end."""
    found = list(re.finditer(_LIST.format(name), text))
    # What is added to with += keeps what the assignment before it has.
    there = {_plain(word) for each in found for word in re.split(r"[\s()\"']+", _without_comments(each["value"]))}
    missing = [word for word in words if _plain(word) not in there]
    if not missing:
        return text
    if not found:
        end = "" if not text or text.endswith("\n") else "\n"
        return f"{text}{end}{name}=({' '.join(missing)})\n" if is_whole else text
    last = found[-1]
    return text[: last.start("value")] + _with_first(last["value"], missing) + text[last.end("value") :]


def _with_first(value: str, words: Iterable[str]) -> str:
    """value of a list with the words at its beginning."""
    added = " ".join(words)
    if value[:1] in ("(", '"', "'"):
        rest = value[1:]
        return value[0] + added + ("" if rest[:1] in (")", '"', "'", " ", "\t", "\n") else " ") + rest
    return f'"{added} {value}"' if value else f'"{added}"'


def _without_comments(value: str) -> str:
    return re.sub(r"(?m)(?:^|(?<=\s))#.*", "", value)


def _plain(word: str) -> str:
    """A word as the kernel spells modules; a ? at its end says that it may be missing."""
    return word.rstrip("?!").replace("-", "_") if "/" not in word else word


def command(initrd: str, version: str) -> list[str]:
    """The command that makes the initrd anew. The hook autodetect would see the hardware of the appliance."""
    return ["mkinitcpio", "-k", version, "-g", initrd, "-S", "autodetect"]
