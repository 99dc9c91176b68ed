# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What commands in network configuration make of interfaces: bridges, VLANs, tunnels. Pure.

Before bridge-utils, vlan and ifenslave had options for it, and where they are not installed, files of ifupdown's have
`pre-up ip link add br0 type bridge` (ip-link(8)), `up brctl addif br0 eth0` (brctl(8)), `pre-up vconfig add eth0 5`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ..cards.nics import INTERFACE, is_software

# What a shell puts between commands, and before them.
_BETWEEN = re.compile(r"\|\|?|&&?|;|\{|\}|\(|\)|!|if|then|else|elif|fi|do|done|while|exec|sudo")
_SELF = ("$IFACE", "${IFACE}", "$LOGICAL", "${LOGICAL}", "--logical")
_FAMILY = ("-f", "-family", "-A")
# Kinds of links that are reached with the frames of the one below as they are; others put something around them.
_CARRIED = ("macvlan", "macvtap", "ipvlan", "ipvtap", "bridge", "bond", "team")


class Made(NamedTuple):
    """An interface that a command makes, or changes: of which others, and whether it is not reached by itself."""

    name: str
    lower: tuple[str, ...] = ()
    tagged: bool = False


def commands_in(words: Iterable[str]) -> Iterator[list[str]]:
    """The commands of a line of a shell, of which words are the words; each begins with its program's name alone."""
    command: list[str] = []
    for word in [*words, ";"]:
        ends = word.endswith(";")
        if not _BETWEEN.fullmatch(word):
            command.append(word.rstrip(";").strip("\"'"))
            if not ends:
                continue
        if command:
            yield [posixpath.basename(command[0]), *command[1:]]
        command = []


def without_options(words: Iterable[str]) -> list[str]:
    """The words of a command of ip(8) or route(8), but for its options, and the families that some of these are followed by."""
    found: list[str] = []
    is_family = False
    for word in words:
        if not is_family and not (word.startswith("-") and len(word) > 1):
            found.append(word)
        is_family = word in _FAMILY
    return found


def made_by(command: Sequence[str], own: str) -> Iterator[Made]:
    """What a command, as of commands_in, makes of interfaces; own: the name that the program knows as $IFACE."""
    words = [own if word in _SELF else word.replace("${IFACE}", own).replace("$IFACE", own) for word in command]
    makers = {"ip": _by_ip, "brctl": _by_brctl, "vconfig": _by_vconfig, "ovs-vsctl": _by_ovs, "batctl": _by_batctl}
    program, arguments = (words[0], words[1:]) if words else ("", [])
    found: Iterable[Made] = ()
    if program in makers:
        found = makers[program](arguments)
    elif program == "tunctl":
        found = [Made(_after("-t", arguments))]
    elif program == "openvpn" and "--mktun" in arguments:
        found = [Made(_after("--dev", arguments))]
    elif program == "ifenslave":
        names = [word for word in arguments if not word.startswith("-")]
        found = [Made(names[0], tuple(names[1:]))] if names and "-d" not in arguments else []
    for each in found:
        if INTERFACE.fullmatch(each.name):
            lower = tuple(name for name in each.lower if INTERFACE.fullmatch(name) and name != each.name)
            yield each._replace(lower=lower)


def _by_ip(arguments: Sequence[str]) -> Iterator[Made]:
    """ip-link(8) and ip-tuntap(8); ip takes each word's beginning for the whole."""
    words = [word for word in arguments if not word.startswith("-")]
    if len(words) < 3:
        return
    kind, action, *rest = words
    if kind[:1] == "l" and "link".startswith(kind) and action in ("a", "add"):
        of, link = _after("type", rest), _after("link", rest)
        end = rest.index("peer") if "peer" in rest else len(rest)
        name = _after("name", rest[:end]) or _after("dev", rest[:end])
        name = name or (rest[0] if rest[0] not in ("link", "type") else "")
        yield Made(name, (link,) if link else (), bool(link) and of not in _CARRIED)
        yield Made(_after("name", rest[end:]))
    elif kind[:1] == "l" and "link".startswith(kind) and "set".startswith(action):
        name = _after("dev", rest) or (rest[0] if rest[0] != "master" else "".join(rest[2:3]))
        yield Made(_after("master", rest), (name,))
        # ip link set dev dummy0 name service
        if is_software(name):
            yield Made(_after("name", rest))
    elif kind in ("tuntap", "tuntp", "tunt") and action in ("a", "add"):
        yield Made(_after("dev", rest) or _after("name", rest) or rest[0])
    elif len(kind) > 2 and "tunnel".startswith(kind) and action in ("a", "add"):
        yield Made(_after("name", rest) or rest[0])


def _by_brctl(arguments: Sequence[str]) -> Iterator[Made]:
    if arguments[:1] == ["addbr"]:
        yield Made("".join(arguments[1:2]))
    elif arguments[:1] == ["addif"] and len(arguments) > 2:
        yield Made(arguments[1], tuple(arguments[2:]))


def _by_vconfig(arguments: Sequence[str]) -> Iterator[Made]:
    # Its usual names (set_name_type DEV_PLUS_VID_NO_PAD).
    if arguments[:1] == ["add"] and len(arguments) > 2:
        yield Made(f"{arguments[1]}.{arguments[2]}", (arguments[1],), tagged=True)


def _by_ovs(arguments: Sequence[str]) -> Iterator[Made]:
    words = [word for word in arguments if not word.startswith("-")]
    if words[:1] == ["add-br"]:
        yield Made("".join(words[1:2]))
    elif words[:1] in (["add-port"], ["add-bond"]) and len(words) > 2:
        ports = words[2:3] if words[0] == "add-port" else words[3:]
        yield Made(words[1], tuple(ports))


def _by_batctl(arguments: Sequence[str]) -> Iterator[Made]:
    if arguments[:2] in (["if", "add"], ["interface", "add"]):
        yield Made("bat0", tuple(arguments[2:]), tagged=True)


def _after(word: str, words: Sequence[str]) -> str:
    """The word after this one, "" where it is not there."""
    return words[words.index(word) + 1] if word in words[:-1] else ""
