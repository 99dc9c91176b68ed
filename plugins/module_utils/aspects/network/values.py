# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses of either kind as files of configuration write them. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Union

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]
Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]

# What the formats' programs take for "no", all together: GKeyFile, ifcfg's shell and NetworkManager, systemd, YAML 1.1.
_NO = ("no", "false", "off", "n", "f", "0")

# The third spelling is Cisco's, which systemd reads too (parse_hw_addr() of basic/ether-addr-util.c).
_MAC = re.compile(r"[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}|[0-9a-f]{4}(?:\.[0-9a-f]{4}){2}")
_MAC_IN_TEXT = re.compile(
    r"(?<![0-9A-Fa-f:-])[0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2})(?:\1[0-9A-Fa-f]{2}){4}(?![0-9A-Fa-f:-])"
    r"|(?<![0-9A-Fa-f.])[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4}){2}(?![0-9A-Fa-f.])"
)
# The name of an interface, with what belongs to it: ens192.5.
_WHOLE_NAME = re.compile(r"[\w.-]{1,100}")


def normal_mac(text: str) -> str | None:
    """text, a MAC address with colons, hyphens or dots, in lower case with colons; None when it is not a MAC address."""
    mac = text.strip().lower()
    if not _MAC.fullmatch(mac):
        return None
    digits = re.sub(r"[:.-]", "", mac)
    return ":".join(digits[place : place + 2] for place in range(0, 12, 2))


def with_macs_replaced(text: str, macs: Mapping[str, str]) -> str:
    """text with each MAC address that macs, {old: new}, has replaced by the new one, in the case of the old one."""

    def replaced(match: re.Match[str]) -> str:
        old = match.group()
        new = macs.get(normal_mac(old) or "")
        if new is None:
            return old
        digits = new.replace(":", "")
        dotted = ".".join(digits[place : place + 4] for place in range(0, 12, 4))
        new = new.replace(":", match.group(1)) if match.group(1) else dotted
        return new.upper() if old.isupper() else new

    return _MAC_IN_TEXT.sub(replaced, text)


def says_no(text: str) -> bool:
    """Whether text, the value of a switch, turns it off; "" does not."""
    return text.strip().lower() in _NO


def address(text: str) -> Address | None:
    """The ipaddress object for text without prefix, None when it is no address."""
    try:
        return ipaddress.ip_address(text.strip())
    except ValueError:
        return None


def gateway(text: str) -> str | None:
    """text when it is an address, None otherwise."""
    return text.strip() if address(text or "") else None


def gateways(texts: Iterable[str]) -> tuple[str, ...]:
    """Those of texts that are addresses, each once: the tuple for Setting.gateways or Setting.name_servers."""
    return tuple(dict.fromkeys(found for found in map(gateway, texts) if found))


def with_prefix(text: str, prefix: str = "") -> tuple[str, ...]:
    """(text with its prefix,): the tuple for Setting.addresses; empty when text is no address.

    0.0.0.0 is none: YaST and older files of ifupdown's give it to ports of bridges, which have no address of their own, and
    systemd-networkd takes one of a pool in its place. prefix: length or netmask, used where text has no prefix itself.
    """
    host, _slash, own = text.strip().partition("/")
    own = own or prefix
    found = address(host)
    if found is None or found.is_unspecified:
        return ()
    try:
        return (ipaddress.ip_interface(f"{host}/{own}" if own else host).with_prefixlen,)
    except ValueError:
        return ()


def host(text: str) -> str:
    """An address without its prefix."""
    return text.partition("/")[0]


def is_main_table(text: str) -> bool:
    """Whether text, "" for none, is the table of the routes that hold for all packets (ip-route(8)); rules choose others."""
    return text.strip() in ("", "0", "254", "main")


def in_main_table(words: Sequence[str]) -> bool:
    """Whether a route is in the main table; words: as those after `ip route add`."""
    return "table" not in words[:-1] or is_main_table(words[words.index("table") + 1])


def class_prefix(text: str) -> str:
    """The prefix length that an IPv4 address had before there were netmasks, as text."""
    parsed = address(text)
    first = parsed.packed[0] if parsed and parsed.version == 4 else 255
    return "8" if first < 128 else "16" if first < 192 else "24" if first < 224 else "32"


def network(text: str) -> Network:
    """The network of an address with prefix ("10.0.2.15/24")."""
    return ipaddress.ip_interface(text).network


def with_names_replaced(text: str, names: Mapping[str, str], kept: Collection[str] = ()) -> str:
    """text with each interface's name that names, {old: new}, has replaced by the new one; in eth0:1 and eth0.5 too.

    kept: names of others, such as eth0.5, that stay.
    """
    if not names:
        return text

    def replaced(found: re.Match[str]) -> str:
        whole = _WHOLE_NAME.match(text, found.start())
        return found.group() if whole and whole.group() in kept else names[found.group()]

    pattern = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.sub(rf"(?<![\w.-])(?:{pattern})(?![\w-])", replaced, text)


def with_names_replaced_in_words(text: str, names: Mapping[str, str]) -> str:
    """text, a line of configuration or a command, with new names as of with_names_replaced.

    Paths stay, as what is there does not move; but for those of the kernel's own settings of an interface, which sysctl
    writes with dots.
    """

    def replaced(word: re.Match[str]) -> str:
        found = word.group()
        kernels = re.match(r".*(?:/proc/sys/net/ip|/sys/class/net/|^net[./]ip)", found)
        if kernels:
            pattern = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
            return re.sub(rf"(?<=[./])(?:{pattern})(?=[./]|$)", lambda match: names[match.group()], found)
        return found if "/" in found else with_names_replaced(found, names)

    return re.sub(r"\S{1,4096}", replaced, text) if names else text
