# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Static addresses in Red Hat's ifcfg files, and default routes in the route files next to them. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ....texts import assignments
from .. import values
from ..cards.statics import Static

DHCP = ("dhcp", "bootp")
YES = ("yes", "true", "t", "y", "1")
OF_STATIC = re.compile(
    r"(?:IPADDR|PREFIX|NETMASK|GATEWAY|BROADCAST|NETWORK)\d*|IPV6ADDR(?:_SECONDARIES)?|IPV6_DEFAULTGW"
)
SERVER = re.compile(r"DNS\d+")
_EVERYWHERE = ("default", "0.0.0.0/0", "::/0")


def with_static(text: str, static: Static, is_first: bool) -> str:
    """text, of an ifcfg file, with the addresses static; is_first: whether it shall have them, or lose what it has."""
    before = assignments.values(text)
    is_auto = static.of(6) and before.get("DHCPV6C", "").lower() in YES
    gone = {"DEFROUTE", *(["DHCPV6C"] if is_auto else []), *(["PEERDNS"] if static.name_servers is not None else [])}
    text = assignments.commented_out(
        text,
        lambda name: bool(
            name in gone or OF_STATIC.fullmatch(name) or (static.name_servers is not None and SERVER.fullmatch(name))
        ),
    )
    if static.of(4) or before.get("BOOTPROTO", "").lower() not in DHCP:
        text = assignments.with_value(text, "BOOTPROTO", "none")
    if not is_first:
        return text
    new: dict[str, str] = {}
    for index, address in enumerate(static.of(4)):
        number = str(index) if index else ""
        new[f"IPADDR{number}"], new[f"PREFIX{number}"] = address.split("/")
    if static.gateway(4):
        new["GATEWAY"] = static.gateway(4) or ""
    if static.of(6):
        first, *others = static.of(6)
        new.update({"IPV6INIT": "yes", "IPV6ADDR": first})
        if others:
            new["IPV6ADDR_SECONDARIES"] = f'"{" ".join(others)}"'
    if static.gateway(6):
        new["IPV6_DEFAULTGW"] = static.gateway(6) or ""
    new.update({f"DNS{number}": server for number, server in enumerate(static.name_servers or (), 1)})
    for name, value in new.items():
        text = assignments.with_value(text, name, value)
    return text


def without_default(text: str) -> str:
    """text, of route-NAME in either of its forms, with the default routes made comments."""
    assigned = assignments.values(text)
    numbers = {
        key[len("ADDRESS") :] for key, value in assigned.items() if key.startswith("ADDRESS") and value == "0.0.0.0"
    }
    gone = {f"{key}{number}" for number in numbers for key in ("ADDRESS", "NETMASK", "GATEWAY")}
    text = assignments.commented_out(text, lambda name: name in gone)
    lines = text.split("\n")
    return "\n".join(f"#{line}" if is_default(line.split()) else line for line in lines)


def is_default(words: Sequence[str]) -> bool:
    """Whether words, of a line of route-NAME, are those of a default route."""
    return bool(words) and words[0] in _EVERYWHERE and values.in_main_table(words)
