# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Static addresses in version 1 of cloud-init's network configuration. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Callable

from ....texts import yaml_text
from ....texts.yaml_text import Path, Plain
from ..cards.statics import Static, version_of

if TYPE_CHECKING:
    from yaml.nodes import Node

_Compose = Callable[[str], "Node | None"]

_STATIC = {"static": 0, "static4": 4, "static6": 6}
DHCP = {"dhcp": 4, "dhcp4": 4, "dhcp6": 6, "ipv6_dhcpv6-stateful": 6}
_REPLACED = ("type", "address", "netmask", "gateway", "broadcast", "routes", "dns_nameservers")
_NO_MASK = ("", "0", "0.0.0.0", "::")


def with_static(text: str, compose: _Compose, keys: Path, index: int, static: Static) -> str:
    """text, in which keys lead to the network, with the addresses static in the item at index.

    The new subnets have what the old ones had of routes that are no default routes, and of other options.
    """
    item = (*keys, "config", index)
    root = compose(text)
    subnets = yaml_text.children(yaml_text.below(root, *item, "subnets"))
    gone = {
        place: family
        for place, subnet in subnets.items()
        for family in [_family(subnet)]
        if family and (static.of(family) or _kind(subnet) in _STATIC)
    }
    new = []
    for version in (4, 6):
        old = next((subnets[place] for place, family in gone.items() if family == version), None)
        new += [
            _subnet(old if first else None, static, version, address, first)
            for number, address in enumerate(static.of(version))
            for first in [number == 0]
        ]
    text = _inserted(text, compose, item, [json.dumps(each) for each in new])
    shift = len(new) if subnets else 0
    moved = [(*item, "subnets", place + shift) for place in gone if isinstance(place, int)]
    if static.name_servers is not None:
        moved += [
            (*keys, "config", place)
            for place, each in yaml_text.children(yaml_text.below(compose(text), *keys, "config")).items()
            if _kind(each) == "nameserver"
        ]
    return yaml_text.without(text, compose(text), moved)


def _kind(subnet: Node | None) -> str:
    return yaml_text.scalar(yaml_text.below(subnet, "type"))


def _family(subnet: Node) -> int | None:
    """The family of the addresses of a subnet, None where it has neither static ones nor DHCP."""
    kind = _kind(subnet)
    if kind in _STATIC:
        return version_of(yaml_text.scalar(yaml_text.below(subnet, "address")))
    return DHCP.get(kind)


def _subnet(old: Node | None, static: Static, version: int, address: str, is_first: bool) -> dict[str, Plain]:
    there = yaml_text.plain(old)
    before = there if isinstance(there, dict) else {}
    found: dict[str, Plain] = {key: value for key, value in before.items() if key not in _REPLACED}
    found.update({"type": "static6" if version == 6 else "static", "address": address})
    gateway = static.gateway(version)
    if is_first and gateway:
        found["gateway"] = gateway
    servers = static.servers(version)
    if is_first and servers is None and "dns_nameservers" in before:
        found["dns_nameservers"] = before["dns_nameservers"]
    elif is_first and servers:
        found["dns_nameservers"] = list(servers)
    routes = before.get("routes")
    others = [route for route in routes if not _is_default(route)] if isinstance(routes, list) else []
    if others:
        found["routes"] = others
    return found


def _is_default(route: Plain) -> bool:
    """Whether a route is for everywhere."""
    if not isinstance(route, dict):
        return False
    text = route.get("destination") or route.get("network")
    host, _slash, prefix = (text if isinstance(text, str) else "").partition("/")
    return host in ("0.0.0.0", "::", "default") and (prefix or route.get("netmask") or "") in _NO_MASK


def _inserted(text: str, compose: _Compose, item: Path, new: list[str]) -> str:
    """text with subnets before the first, in their style; with all of them where there are none."""
    subnets = yaml_text.below(compose(text), *item, "subnets")
    if subnets is None or not yaml_text.items(subnets):
        return yaml_text.with_entry(text, yaml_text.below(compose(text), *item), f'"subnets": [{", ".join(new)}]')
    return yaml_text.with_items(text, subnets, new)
