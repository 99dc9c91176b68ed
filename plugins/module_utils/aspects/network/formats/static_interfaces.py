# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Static addresses in ifupdown's stanzas (interfaces(5)), or DHCP in their place. Pure, but for the name servers.

The option dns-nameservers is none of ifupdown's own: a hook of resolvconf, openresolv or systemd-resolved takes it, or
ifupdown2 and ifupdown-ng. Elsewhere the name servers are those in /etc/resolv.conf (resolv.conf(5)).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from ....errors import GuestconvError
from ....guest.root import GuestRoot
from ....texts.stanzas import Line, Stanza, option_name, parse
from .. import values
from ..cards.nics import Nic
from ..cards.statics import Static
from . import link_commands

_RESOLV_CONF = "/etc/resolv.conf"
_TAKE_DNS = (
    "/etc/network/if-up.d/000resolvconf",
    "/etc/network/if-up.d/resolved",
    "/etc/network/ifupdown2/ifupdown2.conf",
    "/usr/libexec/ifupdown-ng/ethtool",
)
_OF_STATIC = frozenset(("address", "netmask", "gateway", "broadcast", "network", "pointopoint", "scope"))
_COMMANDS = ("up", "pre_up", "post_up", "down", "pre_down", "post_down")
_OF_DNS = "dns_nameservers"
_EVERYWHERE = {"default", "0.0.0.0/0", "::/0"}
_FAMILIES = {"inet": 4, "inet6": 6}
_SERVER = re.compile(r"^[ \t]*nameserver[ \t]+(\S+).*$", re.MULTILINE)


def takes_dns(root: GuestRoot) -> bool:
    """Whether something in the guest takes dns-nameservers."""
    return any(root.is_file(path) for path in _TAKE_DNS)


def name_servers(root: GuestRoot) -> tuple[str, ...]:
    """Those of /etc/resolv.conf."""
    return values.gateways(_SERVER.findall(root.read(_RESOLV_CONF) or ""))


def use_name_servers(root: GuestRoot, servers: Sequence[str], nic: Nic, detail: str) -> None:
    """Have these name servers in /etc/resolv.conf. Raises GuestconvError `policy-not-possible`."""
    text = root.read(_RESOLV_CONF)
    if set(name_servers(root)) == set(servers):
        return
    if text is None or root.real_path(_RESOLV_CONF) != _RESOLV_CONF:
        raise GuestconvError(
            "policy-not-possible",
            f"The name servers of {nic.label} have no place in the guest: {_RESOLV_CONF} is no file of its own, and no "
            "program is installed that takes dns-nameservers in /etc/network/interfaces.",
            hint="Leave `dns` out, and set the name servers in the guest.",
            path=f"guest.devices.network.{nic.identifier}.dns",
        )
    root.write(_RESOLV_CONF, with_name_servers(text, servers), detail)


def with_name_servers(text: str, servers: Sequence[str]) -> str:
    """text, of resolv.conf, with these name servers in the place of its own."""
    lines = "\n".join(f"nameserver {server}" for server in servers)
    first = _SERVER.search(text)
    if not first:
        return text + ("" if text.endswith("\n") or not text else "\n") + lines + "\n"
    rest = _SERVER.sub(lambda line: "#" + line.group(), text[first.end() :])
    return text[: first.start()] + lines + rest


@dataclass
class Chosen:
    """What a NIC shall have: static; done: the families that an earlier stanza has."""

    static: Static
    done: set[int] = field(default_factory=set)


def with_static(text: str, chosen: Mapping[str, Chosen], has_dns: bool) -> str:
    """text, of a file of ifupdown's, with the addresses for the NICs that are chosen: {name of settings: Chosen}.

    What is added is noted there. has_dns: whether dns-nameservers counts.
    """
    lines = text.split("\n")
    added: dict[int, list[str]] = {}
    last: dict[int, tuple[Stanza, Chosen]] = {}
    for stanza in parse(text):
        one = chosen.get(stanza.name) if stanza.keyword == "iface" else None
        if one is None:
            continue
        if ":" in stanza.head.words[1]:
            for line in (stanza.head, *stanza.options):
                comment_out(lines, line)
            continue
        last[id(one)] = stanza, one
        _replace_options(lines, stanza, one.static, has_dns)
        version = _FAMILIES.get(stanza.family, 4)
        wanted = one.static.of(version)
        if wanted and version not in one.done:
            one.done.add(version)
            _set_method(lines, stanza, "static")
            added[stanza.head.end - 1] = _options(one.static, version, stanza.name, has_dns)
        elif (wanted or stanza.method == "static") and stanza.method != "manual":
            _set_method(lines, stanza, "manual")
    for stanza, one in last.values():
        end = max((line.end for line in (stanza.head, *stanza.options)), default=0) - 1
        for version in (4, 6):
            if one.static.of(version) and version not in one.done:
                one.done.add(version)
                family = "inet6" if version == 6 else "inet"
                head = f"iface {stanza.head.words[1]} {family} static"
                added.setdefault(end, []).extend([head, *_options(one.static, version, stanza.name, has_dns)])
    whole: list[str] = []
    for index, written in enumerate(lines):
        whole += [written, *added.get(index, ())]
    return "\n".join(whole)


def _replace_options(lines: list[str], stanza: Stanza, static: Static, has_dns: bool) -> None:
    """Make comments of what the stanza says of addresses."""
    for line in stanza.options:
        is_dhcp = bool(static.of(4)) and [option_name(line), *line.words[1:]] == ["use", "dhcp"]
        if is_dhcp or _is_static(line, stanza, has_dns and static.name_servers is not None):
            comment_out(lines, line)


def with_dhcp(text: str, names: Collection[str]) -> str:
    """text, of a file of ifupdown's, with DHCP for the static addresses of these names of settings."""
    lines = text.split("\n")
    done: set[tuple[str, str]] = set()
    for stanza in parse(text):
        words = stanza.head.words
        # ifupdown2 and ifupdown-ng do without family and method, and know the words.
        is_bare = not stanza.family and bool(stanza.values("address"))
        if stanza.keyword != "iface" or stanza.name not in names:
            continue
        if not is_bare and stanza.method != "static":
            for line in stanza.options:
                if option_name(line) in _COMMANDS and _is_static(line, stanza, False):
                    comment_out(lines, line)
            continue
        family = stanza.family or "inet"
        if ":" in words[1] or (stanza.name, family) in done:
            # A further address has no place next to that from DHCP.
            for line in (stanza.head, *stanza.options):
                comment_out(lines, line)
            continue
        done.add((stanza.name, family))
        method = "auto" if family == "inet6" else "dhcp"
        for index in range(stanza.head.start, stanza.head.end):
            if is_bare:
                head = rf"^(\s*iface\s+{re.escape(words[1])})(?!\S)"
                lines[index] = re.sub(head, rf"\1 {family} {method}", lines[index], count=1)
            lines[index] = re.sub(r"(?<=\s)static(?!\S)", method, lines[index], count=1)
        for line in stanza.options:
            if _is_static(line, stanza, False):
                comment_out(lines, line)
    return "\n".join(lines)


def _options(static: Static, version: int, name: str, has_dns: bool) -> list[str]:
    """The lines of options for the addresses of a family. Further addresses are added by commands, as old versions want."""
    first, *others = static.of(version)
    lines = [f"    address {first}"]
    gateway, servers = static.gateway(version), static.servers(version)
    if gateway:
        lines.append(f"    gateway {gateway}")
    if servers and has_dns:
        lines.append(f"    dns-nameservers {' '.join(servers)}")
    return lines + [f"    up ip address add {other} dev {name}" for other in others]


def _is_static(line: Line, stanza: Stanza, of_dns: bool) -> bool:
    """Whether an option is of a static address, or a command that adds one or a default route."""
    name = option_name(line)
    if name in _OF_STATIC or (of_dns and name == _OF_DNS):
        return True
    if name not in _COMMANDS:
        return False
    words = link_commands.without_options(line.words[1:])
    program = words[0].rpartition("/")[2] if words else ""
    if program == "ip" and len(words) > 2 and "address".startswith(words[1]) and len(words) > 3:
        device = words[words.index("dev") + 1] if "dev" in words[:-1] else stanza.name
        return device in (stanza.name, "$IFACE", "${IFACE}")
    if program == "ip" and len(words) > 2 and "route".startswith(words[1]):
        return bool(_EVERYWHERE.intersection(words)) and values.in_main_table(words)
    return program == "route" and "default" in words


def _set_method(lines: list[str], stanza: Stanza, method: str) -> None:
    if not stanza.method:
        return
    for index in range(stanza.head.start, stanza.head.end):
        lines[index] = re.sub(
            rf"(?<=[ \t]){re.escape(stanza.method)}(?=[ \t\\]|$)(?!.*\sinet)", method, lines[index], count=1
        )


def comment_out(lines: list[str], line: Line) -> None:
    """Make a comment of line in lines, if it is none."""
    for index in range(line.start, line.end):
        if not lines[index].startswith("#"):
            lines[index] = "#" + lines[index]
