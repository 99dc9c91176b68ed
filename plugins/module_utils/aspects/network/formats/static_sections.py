# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Static addresses in the sections of networkd's files and of NetworkManager's keyfiles. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ....texts import sections
from ....texts.sections import Entry
from .. import values
from ..cards.statics import Static

_EVERYWHERE = ("0.0.0.0/0", "::/0", "")
# What DHCP= says once a family has static addresses (systemd.network(5)).
_BOTH = ("yes", "true", "on", "1", "both")
_OF_FAMILY = {4: ("ipv4", "v4"), 6: ("ipv6", "v6")}
_NUMBERED_ADDRESS = re.compile(r"address(?:es)?\d*")
_TABLE = re.compile(r"\btable=(\w+)")
_ROUTE = re.compile(r"route\d*(?:_options)?")


def with_static_network(text: str, static: Static, is_main: bool) -> str:
    """text, of a .network file or a drop-in to it, with the addresses static.

    is_main: whether it is the file, which shall have them; a drop-in loses what it has.
    """
    entries = sections.parse(text, continued=True)
    to_somewhere = {each.number for each in entries if is_no_default(each)}
    gone = [
        entry
        for entry in entries
        if (entry.section == "Network" and entry.key in ("Address", "Gateway"))
        or entry.section == "Address"
        or (entry.section == "Route" and entry.number not in to_somewhere)
        or (static.name_servers is not None and (entry.section, entry.key) == ("Network", "DNS"))
    ]
    text = sections.commented_out(text, gone)
    switches = [
        entry
        for entry in sections.parse(text, continued=True)
        if (entry.section, entry.key) == ("Network", "DHCP") and _without_dhcp(entry.value, static) != entry.value
    ]
    text = sections.edited(text, switches, lambda value: _without_dhcp(value.strip(), static))
    if not is_main:
        return text
    lines = [f"Address={address}" for address in static.addresses]
    lines += [f"Gateway={gateway}" for gateway in static.gateways]
    lines += [f"DNS={server}" for server in static.name_servers or ()]
    return sections.with_lines(text, "Network", lines)


def is_no_default(entry: Entry) -> bool:
    """Whether a [Route] section with this entry is no default route, or not one for all packets."""
    if entry.key == "Table":
        return not values.is_main_table(entry.value)
    return entry.key == "Destination" and entry.value not in _EVERYWHERE


def families_by_dhcp(value: str) -> tuple[int, ...]:
    """The families of which a value of DHCP= asks for addresses."""
    return tuple(version for version, words in _OF_FAMILY.items() if value.lower() in (*_BOTH, *words))


def _without_dhcp(value: str, static: Static) -> str:
    """The value of DHCP= without the families that have static addresses.

    Where it asks for both, DHCPv6 goes with IPv4's: systemd-networkd is satisfied with one of them, and waits for the one
    that is left, so that the network is never online (link_check_ready() of network/networkd-link.c). A router that
    advertises DHCPv6 starts it in any case (systemd.network(5), [IPv6AcceptRA] DHCPv6Client=).
    """
    asked = families_by_dhcp(value)
    left = [version for version in asked if not static.of(version) and not (version == 6 and 4 in asked)]
    if len(left) == len(asked):
        return value
    return _OF_FAMILY[left[0]][0] if left else "no"


def with_static_connection(text: str, static: Static) -> str:
    """text, a keyfile of NetworkManager's, with the addresses static."""
    for version, section in ((4, "ipv4"), (6, "ipv6")):
        text = _with_family(text, section, version, static)
    return text


def _with_family(text: str, section: str, version: int, static: Static) -> str:
    own = [entry for entry in sections.parse(text) if entry.section == section]
    methods = [entry for entry in own if entry.key == "method"]
    was_static = any(entry.value == "manual" for entry in methods)
    addresses = static.of(version)
    if not addresses and not was_static:
        # It has further addresses next to those from the network.
        further = [entry for entry in own if entry.key == "gateway" or _NUMBERED_ADDRESS.fullmatch(entry.key)]
        return sections.commented_out(text, [*further, *default_routes(own)])
    # Without addresses it is not valid to be static, or to have name servers.
    method = "manual" if addresses else "link-local" if version == 6 else "disabled"
    of_dns = static.name_servers is not None or not addresses
    gone = [entry for entry in own if _is_static(entry, of_dns)] + default_routes(own)
    # GKeyFile takes the last of several.
    text = sections.commented_out(text, [*gone, *methods[:-1]])
    text = sections.edited(
        text,
        [entry for entry in sections.parse(text) if (entry.section, entry.key) == (section, "method")],
        lambda value: re.sub(r"\S+", method, value, count=1) if value.strip() else method,
    )
    lines = [] if methods else [f"method={method}"]
    lines += [f"address{number}={address}" for number, address in enumerate(addresses, 1)]
    gateway, servers = static.gateway(version), static.servers(version)
    lines += [f"gateway={gateway}"] if gateway else []
    lines += [f"dns={''.join(server + ';' for server in servers)}"] if servers else []
    return sections.with_lines(text, section, lines)


def _is_static(entry: Entry, of_dns: bool) -> bool:
    if _NUMBERED_ADDRESS.fullmatch(entry.key) or entry.key in ("gateway", "never-default"):
        return True
    return of_dns and entry.key == "dns"


def default_routes(entries: Sequence[Entry]) -> list[Entry]:
    """The entries of default routes in the main table, with their options, of one section of a keyfile."""
    routes = [entry for entry in entries if _ROUTE.fullmatch(entry.key)]
    tables = {entry.key.partition("_")[0]: _TABLE.search(entry.value) for entry in routes if "_" in entry.key}
    default = {
        entry.key
        for entry in routes
        if re.split(r"[;,]", entry.value)[0].strip() in ("0.0.0.0/0", "::/0")
        for table in [tables.get(entry.key)]
        if table is None or values.is_main_table(table[1])
    }
    return [entry for entry in routes if entry.key.partition("_")[0] in default]
