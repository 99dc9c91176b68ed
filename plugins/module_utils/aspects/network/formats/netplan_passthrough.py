# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What netplan passes on to NetworkManager as it is: `passthrough` below `networkmanager` of a definition (netplan(5)). Pure.

Where NetworkManager keeps its connections in netplan's files (Ubuntu from 23.10 on), it is what netplan has no words for: an
address together with its gateway, the bond of a port, the name of a VLAN. It goes before the rest of the definition
(write_fallback_key_value() of netplan's src/nm.c).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ....texts import yaml_text
from ....texts.yaml_text import Path, Plain
from .. import values
from ..cards.nics import Setting
from ..cards.statics import Static, version_of
from . import keyfiles, static_sections
from .keyfile_connections import Connection

if TYPE_CHECKING:
    from yaml.nodes import Node

KEYS = ("networkmanager", "passthrough")
# What names interfaces, and what has MAC addresses.
_NAMES = (
    "connection.interface-name",
    "connection.controller",
    "connection.master",
    *(f"{section}.{key}" for section, key in keyfiles.PARENTS),
)
_MACS = ("ethernet.mac-address", "ethernet.cloned-mac-address")
_ADDRESS = re.compile(r"address(?:es)?\d*|gateway|never-default")
_SECTIONS = ("ipv4", "ipv6")


def connection_of(definition: Mapping[str, Plain]) -> Connection | None:
    """The part of a connection that a definition passes on, None where it passes on nothing."""
    manager = definition.get(KEYS[0])
    passed = manager.get(KEYS[1]) if isinstance(manager, dict) else None
    return _connection(passed) if isinstance(passed, dict) and passed else None


def _connection(passed: Mapping[str, Plain]) -> Connection:
    lines: dict[str, list[str]] = {}
    for key, value in passed.items():
        section, dot, name = key.rpartition(".")
        if dot and isinstance(value, str):
            lines.setdefault(section, []).append(" ".join(f"{name}={value}".splitlines()))
    return Connection("", "".join(f"[{section}]\n" + "\n".join(each) + "\n" for section, each in lines.items()))


def settings_of(file: str, kind: str, definition: Mapping[str, Plain], names: Mapping[str, str]) -> list[Setting]:
    """The Settings of a definition that passes on all of its connection, in the file. names: {UUID: interface}."""
    passed = connection_of(definition)
    if passed is None or not keyfiles.is_of_interface(passed):
        return []
    return [replace(each, file=file, kind=kind) for each in keyfiles.settings_of(passed, names, "")]


def lowers_of(definition: Mapping[str, Plain]) -> list[str]:
    """What the definition passes on of what its interface is made of: names of interfaces, or UUIDs."""
    passed = connection_of(definition)
    found = [passed.get(section, key) for section, key in keyfiles.PARENTS] if passed else []
    return [each for each in found if each]


def uuid_of(definition: Mapping[str, Plain]) -> str:
    """The UUID of the definition's connection, "" where it has none."""
    manager = definition.get(KEYS[0])
    uuid = manager.get("uuid") if isinstance(manager, dict) else None
    return uuid if isinstance(uuid, str) else ""


def applied(setting: Setting, passed: Connection) -> Setting:
    """setting with what is passed on."""
    families = set(setting.dhcp)
    addresses, gateways, servers = list(setting.addresses), list(setting.gateways), list(setting.name_servers)
    for version, section in zip((4, 6), _SECTIONS):
        method = passed.get(section, "method")
        families -= {version} if method else set()
        families |= {version} if method in ("auto", "dhcp") else set()
        addresses += keyfiles.addresses_in(passed, section)
        if not any(version_of(gateway) == version for gateway in setting.gateways):
            gateways.append(keyfiles.gateway_in(passed, section) or "")
        servers += keyfiles.name_servers_in(passed, section)
    is_dynamic = bool(families)
    return replace(
        setting,
        addresses=tuple(dict.fromkeys(addresses)),
        gateways=values.gateways(gateways),
        name_servers=values.gateways(servers),
        dhcp=tuple(sorted(families)),
        dynamic=is_dynamic,
        method="static" if addresses else "dhcp" if is_dynamic else "auto" if setting.method == "auto" else None,
        at_boot=setting.at_boot and not values.says_no(passed.get("connection", "autoconnect")),
    )


def static_paths(definition: Node | None, static: Static | None) -> Iterator[Path]:
    """Where a definition passes on addresses, gateways and default routes, which the Static, or DHCP, takes the place of."""
    passed = yaml_text.entries(yaml_text.below(definition, *KEYS))
    connection = _connection({key: yaml_text.scalar(node) for key, node in passed.items()})
    for version, section in zip((4, 6), _SECTIONS):
        method = connection.get(section, "method")
        if method not in ("", "manual") and not (static and static.of(version)):
            continue
        own = [entry for entry in connection.entries if entry.section == section]
        routes = {entry.key for entry in static_sections.default_routes(own)}
        for entry in own:
            is_dns = entry.key == "dns" and static is not None and static.name_servers is not None
            if entry.key == "method" or _ADDRESS.fullmatch(entry.key) or entry.key in routes or is_dns:
                yield (*KEYS, f"{section}.{entry.key}")


def nodes_of_names(definition: Node | None) -> list[Node | None]:
    """The nodes that are names of interfaces."""
    return [yaml_text.below(definition, *KEYS, key) for key in _NAMES]


def nodes_of_macs(definition: Node | None) -> list[Node | None]:
    """The nodes that are MAC addresses."""
    return [yaml_text.below(definition, *KEYS, key) for key in _MACS]
