# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ifupdown's configuration: /etc/network/interfaces and what it includes (interfaces(5)).

Augeas's lens for it is not used, for it does not understand files that ifupdown does: an option that goes on after a
backslash (`up ip route add ... \\`), `inherits`, `no-auto-down`, `iface eth0` without a method (augeas 1.14,
interfaces.aug). A static address would be lost with each of these. The format itself is lines of words.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Callable

from ....guest.root import GuestRoot
from ....texts import globs
from ....texts.stanzas import MOST_OPTIONS, Line, Stanza, option_name, parse
from .. import bounds, values
from ..cards.nics import INTERFACE, Nic, Setting, labels
from ..cards.patterns import matches
from ..cards.statics import Static
from . import interfaces_settings, static_interfaces
from .interfaces_settings import MEMBERS, REQUIRES, settings_of
from .static_interfaces import Chosen, comment_out

KIND = interfaces_settings.KIND
_FILE = "/etc/network/interfaces"

# A word and the space before it; a backslash at the end of a line is not part of it.
_WORD = re.compile(r"(?m)(?:^|(?<![ \t])[ \t]+)((?:[^\s\\]|\\(?!\n))+)")
_MAC = re.compile(r"(?<=mac/)[0-9A-Fa-f:]{17}")
_BRINGS_UP = re.compile(r"auto|allow-[a-z-]+")
_LISTS_OF_NAMES = re.compile(r"auto|allow-[a-z-]+|no-auto-down|no-scripts")

# Options of the MAC address that the interface is given.
_OF_MAC = ("hwaddress", "bridge_hw", "link_address")
# No interface has so many options, no guest so many mappings; a hostile file must not fill our memory by way of those.
_MOST_MAPPINGS = _MOST_PATTERNS = 100


def read(root: GuestRoot) -> list[Setting]:
    """What ifupdown's files say: a list of Settings."""
    stanzas = [(file, stanza) for file, text in _texts(root).items() for stanza in parse(text)]
    physical = _physical_names([stanza for _file, stanza in stanzas])
    names, patterns = _brought_up([stanza for _file, stanza in stanzas])
    found = [
        setting
        for file, stanza in _with_inherited(stanzas)
        if stanza.keyword == "iface"
        for name in physical.get(stanza.name, [stanza.name])
        for setting in settings_of(file, stanza, name, at_boot=name in names or matches(name, patterns))
    ]
    found += [setting for file, stanza in stanzas if stanza.keyword == "rename" for setting in _renamed(file, stanza)]
    mapped = [(file, stanza.name) for file, stanza in stanzas if stanza.keyword == "mapping"]
    return found + [
        Setting(file, KIND, name, at_boot=name in names or matches(name, patterns))
        for file, name in mapped
        if INTERFACE.fullmatch(name)
    ]


def unconfigure(root: GuestRoot, nics: Sequence[Nic]) -> None:
    """Take these Nics out of ifupdown's files. Everything else stays, comments too."""
    texts = _texts(root)
    names = {nic.name for nic in nics if nic.name}
    gone = set(names)
    for text in texts.values():
        gone |= {stanza.name for stanza in parse(text) if interfaces_settings.is_on(stanza, names)}
    for file, text in texts.items():
        detail = f"{', '.join(sorted(names))} is not on the target; its lines were commented out"
        root.write(file, without(text, gone), detail)


def replace_macs(root: GuestRoot, macs: Mapping[str, str]) -> None:
    """Make what knows a NIC by its MAC address (`rename mac/...=eth0`), or gives it one, use another: {old: new}."""
    for file, text in _texts(root).items():
        lines = text.split("\n")
        for stanza in parse(text):
            if stanza.keyword == "rename" or _LISTS_OF_NAMES.fullmatch(stanza.keyword):
                for index in range(stanza.head.start, stanza.head.end):
                    lines[index] = _MAC.sub(lambda mac: values.with_macs_replaced(mac.group(), macs), lines[index])
            for line in stanza.options:
                if option_name(line) in _OF_MAC:
                    for index in range(line.start, line.end):
                        lines[index] = values.with_macs_replaced(lines[index], macs)
        root.write(file, "\n".join(lines), "the network card has another MAC address on the target")


def rename(root: GuestRoot, names: Mapping[str, str]) -> None:
    """Call NICs by their new names: {old: new}; their aliases and VLANs too, and in commands, but for paths of files."""
    for file, text in _texts(root).items():
        lines = text.split("\n")
        for stanza in parse(text):
            for line in (stanza.head, *stanza.options):
                for index in range(line.start, line.end):
                    lines[index] = values.with_names_replaced_in_words(lines[index], names)
        root.write(file, "\n".join(lines), "the network card has another name on the target")


def use_dhcp(root: GuestRoot, nics: Sequence[Nic]) -> None:
    """Let these Nics get their addresses by DHCP (IPv6's by router advertisements). Other options stay."""
    names = {nic.name for nic in nics if nic.name}
    detail = f"{', '.join(sorted(names))} gets its address by DHCP on the target"
    texts = _texts(root)
    physical = _physical_names([stanza for text in texts.values() for stanza in parse(text)])
    # Settings that another NIC may get as well stay.
    of_them = names | {
        logical
        for logical, of_one in physical.items()
        if of_one and all(any(_chooses(each, nic) for nic in nics) for each in of_one)
    }
    _rewrite(root, texts, lambda text: static_interfaces.with_dhcp(text, of_them), detail)


def use_static(root: GuestRoot, statics: Mapping[Nic, Static]) -> None:
    """Give these Nics their addresses, with the gateways and name servers, in the place of what they have."""
    texts = _texts(root)
    physical = _physical_names([stanza for text in texts.values() for stanza in parse(text)])
    chosen = {nic.name: Chosen(static) for nic, static in statics.items() if nic.name}
    for logical, of_one in physical.items():
        for nic, static in statics.items() if of_one else ():
            if all(_chooses(each, nic) for each in of_one):
                chosen[logical] = chosen.get(nic.name or "") or Chosen(static)
    has_dns = static_interfaces.takes_dns(root)
    detail = f"{labels(statics)} has another address on the target"
    _rewrite(root, texts, lambda text: static_interfaces.with_static(text, chosen, has_dns), detail)
    for nic, static in statics.items() if not has_dns else ():
        of_it = any(kind == KIND for _path, kind in nic.configured_by)
        if of_it and static.name_servers is not None:
            static_interfaces.use_name_servers(root, static.of_all, nic, detail)


def _rewrite(root: GuestRoot, texts: Mapping[str, str], change: Callable[[str], str], detail: str) -> None:
    """Write the texts, {path: text}, as change makes them; what no stanza is for any more is brought up no more.

    An alias may go. `ifup -a` fails where it shall bring up what it does not know, after it has brought up the others.
    """
    new = {path: change(text) for path, text in texts.items()}
    gone = _defined(texts.values()) - _defined(new.values())
    for path, text in new.items():
        lines = text.split("\n")
        for stanza in parse(text) if gone else ():
            if _LISTS_OF_NAMES.fullmatch(stanza.keyword):
                _strike_out(lines, stanza.head, gone, "")
        root.write(path, "\n".join(lines), detail)


def _defined(texts: Iterable[str]) -> set[str]:
    """The names, those of aliases too, for which there are stanzas."""
    return {"".join(stanza.head.words[1:2]) for text in texts for stanza in parse(text) if stanza.keyword == "iface"}


def _chooses(word: str, nic: Nic) -> bool:
    """Whether word, for which settings are chosen, is for the Nic: its name, /mac/ADDRESS, or its pattern, /eth*."""
    if nic.name or not word.startswith("/"):
        return word == nic.name
    _start, variable, *rest = word.split("/")
    if variable == "mac":
        return bool(rest) and values.normal_mac(rest[0]) in {nic.hardware_mac} - {None}
    return variable in nic.patterns


def without(text: str, names: Collection[str]) -> str:
    """text with all that configures the interfaces of these names made comments, or struck out of lists of names.

    Aliases and VLANs of theirs (eth0:1, eth0.100) go with them. What remains is as it was to the byte.
    """
    lines = text.split("\n")
    for stanza in parse(text):
        if stanza.keyword in ("iface", "mapping") and _is_of(stanza.name, names):
            for line in (stanza.head, *stanza.options):
                comment_out(lines, line)
        elif _LISTS_OF_NAMES.fullmatch(stanza.keyword):
            _strike_out(lines, stanza.head, names, "")
        elif stanza.keyword == "rename":
            _strike_out(lines, stanza.head, [word for word in stanza.head.words if word.partition("=")[2] in names], "")
        for line in stanza.options:
            if option_name(line) in (*MEMBERS, REQUIRES, "bond_primary") and not _is_of(stanza.name, names):
                _strike_out(lines, line, names, "none" if option_name(line) in MEMBERS else "")
    return "\n".join(lines)


def _texts(root: GuestRoot) -> dict[str, str]:
    """{path: text} of the file and all that it includes, in the order in which ifupdown reads them."""
    texts: dict[str, str] = {}
    pending, asked = [_FILE], []
    while pending:
        path = pending.pop()
        text = root.read(path)
        if text is not None and path not in texts:
            texts[path] = text
            sources = _sources(path, text)
            asked += [place for _keyword, place in sources]
            bounds.to_read(root, asked)
            pending += reversed([included for source in sources for included in _included(root, *source)])
            bounds.to_read(root, [*texts, *pending])
    return texts


def _sources(path: str, text: str) -> list[tuple[str, str]]:
    """(keyword, pattern or directory) of what the file at path, with this text, includes."""
    return [
        (stanza.keyword, posixpath.join(posixpath.dirname(path), word))
        for stanza in parse(text)
        if stanza.keyword in ("source", "source-directory")
        for word in stanza.head.words[1:]
    ]


def _included(root: GuestRoot, keyword: str, place: str) -> list[str]:
    if keyword == "source":
        return root.glob(place)
    # interfaces(5): only files whose names consist of these characters.
    return [posixpath.join(place, name) for name in root.list(place) if re.fullmatch(r"[a-zA-Z0-9_-]+", name)]


def _renamed(file: str, stanza: Stanza) -> Iterator[Setting]:
    """A Setting for each card to which a rename stanza gives a name by its MAC address, mac/ADDRESS=NAME (interfaces(5))."""
    for word in stanza.head.words[1:]:
        known_by, _equals, name = word.partition("=")
        mac = values.normal_mac(known_by.partition("mac/")[2])
        if mac and INTERFACE.fullmatch(name):
            yield Setting(file, KIND, name, hardware_mac=mac)


def _with_inherited(stanzas: Iterable[tuple[str, Stanza]]) -> list[tuple[str, Stanza]]:
    """The pairs (file, Stanza) with what `inherits` brings, as config.c of ifupdown copies it.

    It is of the first stanza of that name, and family where one is given, that was there before.
    """
    earlier: dict[tuple[str, str], Stanza] = {}
    found: list[tuple[str, Stanza]] = []
    for file, stanza in stanzas:
        base = earlier.get((stanza.inherits, stanza.family)) if stanza.inherits else None
        whole = stanza.inheriting(base) if base else stanza
        if whole.keyword in ("iface", "template"):
            name = "".join(whole.head.words[1:2])
            for family in ("", whole.family):
                earlier.setdefault((name, family), whole)
        found.append((file, whole))
    return found


def _physical_names(stanzas: Iterable[Stanza]) -> dict[str, list[str]]:
    """{name of settings: [interfaces that may get them]}, for settings that are called otherwise than an interface.

    Mappings choose them, `auto eth0=home` does, and others inherit them; the latter may be of an interface as well.
    """
    brought_up = [word for each in stanzas if _LISTS_OF_NAMES.fullmatch(each.keyword) for word in each.head.words[1:]]
    names = dict.fromkeys(word for word in brought_up if "=" not in word)
    physical: dict[str, list[str]] = {
        stanza.inherits: [] for stanza in stanzas if stanza.inherits and stanza.inherits not in names
    }
    for stanza in [each for each in stanzas if each.keyword == "mapping"][:_MOST_MAPPINGS]:
        mapped = [name for name in list(names)[:MOST_OPTIONS] if globs.fits(name, stanza.name)]
        mapped.insert(0, stanza.name)
        for line in stanza.options[:MOST_OPTIONS]:
            if option_name(line) == "map":
                physical.setdefault(line.words[-1], []).extend(mapped)
    for word in brought_up:
        name, equals, logical = word.partition("=")
        if equals:
            physical.setdefault(logical, []).append(name)
    return {logical: list(dict.fromkeys(of_one)) for logical, of_one in physical.items()}


def _brought_up(stanzas: Iterable[Stanza]) -> tuple[set[str], list[str]]:
    """(set of the names, list of the patterns) of the interfaces that something brings up by itself.

    That is `auto` at boot, and for each other class (allow-hotplug, allow-ovs) what that is called after. A pattern has
    a slash before it, and perhaps one after it with options: /eth*/1 (interfaces(5), interface patterns).
    """
    lists = [stanza.head.words[1:] for stanza in stanzas if _BRINGS_UP.fullmatch(stanza.keyword)]
    words = [word.partition("=")[0] for each in lists for word in each]
    patterns = list(dict.fromkeys(word.split("/")[1] for word in words if word.startswith("/")))
    return {word.partition(":")[0] for word in words}, patterns[:_MOST_PATTERNS]


def _is_of(name: str, names: Collection[str]) -> bool:
    """Whether the interface called name is one of names, or an alias or VLAN of one, or has settings (eth0=home)."""
    return re.split(r"[.:=]", name)[0] in names or name in names


def _strike_out(lines: list[str], line: Line, names: Collection[str], if_empty: str) -> None:
    """Strike names out of the words of a line. With none left it is a comment, or if_empty stands in their place."""
    struck = [word for word in line.words[1:] if _is_of(word, names)]
    if not struck:
        return
    if len(struck) == len(line.words) - 1 and not if_empty:
        comment_out(lines, line)
        return
    gone = set(struck)
    text = _WORD.sub(lambda found: "" if found[1] in gone else found[0], "\n".join(lines[line.start : line.end]))
    if len(struck) == len(line.words) - 1:
        text += " " + if_empty
    lines[line.start : line.end] = text.split("\n")
