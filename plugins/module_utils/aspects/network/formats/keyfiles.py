# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NetworkManager's keyfiles: one connection to a file (nm-settings-keyfile(5)).

A connection is for the interface that interface-name, mac-address and [match] say, together; without any, for every NIC
of its type. Ports name their bond, bridge or team by controller (master before 1.46): its interface's name or its
connection's UUID; a VLAN names its parent by name, UUID or MAC address.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ....guest.root import GuestRoot
from ....texts import sections
from .. import values
from ..cards.nics import INTERFACE, Nic, Setting, labels
from ..cards.statics import Static
from ..cards.traces import last_used
from . import static_sections
from .keyfile_connections import WRITABLE, Connection, for_one, int_of, loaded, section_of, with_mac_replaced
from .unmanaged import fits, unmanaged

KIND = "keyfile"

_OTHER_HARDWARE = ("wifi", "802-11-wireless", "wireless", "gsm", "cdma", "infiniband", "bluetooth", "wimax")
_METHODS = {"auto": "dhcp", "manual": "static", "disabled": None, "ignore": None}
_METHODS_OF_IPV6 = {"auto": "auto", "dhcp": "dhcp", "manual": "static"}
_ROUTE = re.compile(r"route\d*")
_RULE = re.compile(r"routing-rule\d*")
_AFTER_IIF = re.compile(r"(?<=\b[io]if )[^\s,]+")
_QUOTED = re.compile(r'(?<=")[^"\\]{1,15}(?=")')
_WITHOUT_ADDRESSES = ("wireguard", "dummy")
_OVS_PORT, _OVS_INTERFACE = "ovs-port", "ovs-interface"
# Connections of no interface, and of no wired one.
_NO_INTERFACE = (*_OTHER_HARDWARE, _OVS_PORT, "vpn", "adsl", "generic", "loopback", "olpc-mesh", "wpan", "6lowpan")
# Where software names what it is made of, (section, key) (nm-settings-keyfile(5)).
PARENTS = (
    ("vlan", "parent"),
    ("macvlan", "parent"),
    ("ipvlan", "parent"),
    ("vxlan", "parent"),
    ("ip-tunnel", "parent"),
    ("macsec", "parent"),
    ("pppoe", "parent"),
    ("hsr", "port1"),
    ("hsr", "port2"),
)
# Where a NIC is known by its MAC address, and where an interface is given one.
_MACS = (
    ("ethernet", "mac-address"),
    ("ethernet", "cloned-mac-address"),
    ("bridge", "mac-address"),
    ("match", "mac-address"),
)
# No port is further from its bridge.
_MOST_STEPS = 10
_NUMBERED_ADDRESS = re.compile(r"address(?:es)?\d*")


def read(root: GuestRoot) -> list[Setting]:
    """What the connections of wired NICs, and of what is made of them, say: a list of Settings."""
    connections = loaded(root)
    by_uuid = {each.uuid: each for each in connections if each.uuid}
    names = {each.uuid: each.name or each.hardware_mac or each.path for each in connections if each.uuid}
    names.update((each.hardware_mac, each.name) for each in connections if each.hardware_mac and each.name)
    superseded = _superseded(root, connections)
    left_alone = _left_alone(root, connections)
    found: list[Setting] = []
    for connection in connections:
        if not is_of_interface(connection):
            continue
        if connection.path in superseded:
            found.append(Setting(connection.path, KIND, connection.name, superseded=True))
            continue
        if connection.path in left_alone:
            unused = Setting(
                connection.path, KIND, connection.name, hardware_mac=connection.hardware_mac, superseded=True
            )
            found += [unused, replace(unused, superseded=False, hardware=True, unmanaged=True)]
            continue
        controller = _controller(connection, by_uuid, connections)
        settings = list(settings_of(connection, names, controller))
        found += settings
        # An interface of Open vSwitch is on its bridge.
        if INTERFACE.fullmatch(controller) and connection.type != _OVS_INTERFACE:
            found += [
                Setting(
                    connection.path,
                    KIND,
                    controller,
                    virtual=True,
                    lower=(each.name or each.hardware_mac or each.file,),
                )
                for each in settings
            ]
    return found


def is_of_interface(connection: Connection) -> bool:
    """Whether it is for a wired card, or for what is made of one."""
    return bool(connection.type or connection.wired) and connection.type not in _NO_INTERFACE


def _superseded(root: GuestRoot, connections: Sequence[Connection]) -> set[str]:
    """The paths of connections that NetworkManager does not activate by itself, as it has others for the same NICs.

    Those with the highest autoconnect-priority come first, then those that were used last, then the lowest UUID
    (nm_settings_connection_cmp_autoconnect_priority() of src/core/settings/nm-settings-connection.c). A port goes before
    the latter, as its bond brings it up too.
    """
    by_nic: dict[str, list[Connection]] = {}
    for connection in connections:
        key = connection.name or connection.hardware_mac
        if connection.wired and key:
            by_nic.setdefault(key, []).append(connection)
    several = [each for each in by_nic.values() if len(each) > 1]
    used = last_used(root) if several else {}

    def rank(connection: Connection) -> tuple[bool, int, int]:
        by_itself = not values.says_no(connection.get("connection", "autoconnect"))
        return (
            by_itself,
            int_of(connection.get("connection", "autoconnect-priority")),
            used.get(connection.uuid, 0),
        )

    found: set[str] = set()
    for group in several:
        best = max(map(rank, group))
        likeliest = min((each for each in group if rank(each) == best), key=_in_a_tie)
        found |= {each.path for each in group if each is not likeliest}
    return found


def _in_a_tie(connection: Connection) -> tuple[bool, str, str]:
    return not connection.get("connection", "controller", "master"), connection.uuid, connection.path


def _left_alone(root: GuestRoot, connections: Sequence[Connection]) -> set[str]:
    """The paths of connections that are for a card which NetworkManager does not manage."""
    wired = [each for each in connections if each.wired and (each.name or each.hardware_mac)]
    lists = unmanaged(root) if wired else []
    return {each.path for each in wired if any(fits(specs, each.name, each.hardware_mac) for specs in lists)}


def _controller(connection: Connection, by_uuid: Mapping[str, Connection], all_: Sequence[Connection]) -> str:
    """The name of the bond, bridge or team that a connection is a port of, "" for none.

    Between an interface and a bridge of Open vSwitch is a connection that is no interface, for the port; nmstate gives
    it the interface's name (rust/src/lib/nm/settings/ovs.rs).
    """
    for _step in range(_MOST_STEPS):
        named = connection.get("connection", "controller", "master")
        above = by_uuid.get(named)
        if above is None and connection.get("connection", "port-type", "slave-type") == _OVS_PORT:
            above = next((each for each in all_ if each.type == _OVS_PORT and each.name == named), None)
        if above is None or above.type != _OVS_PORT:
            return (above.name or "") if above else named
        connection = above
    return ""


def unconfigure(root: GuestRoot, nics: Sequence[Nic]) -> None:
    """Take the connections of these Nics away, and those of VLANs and the like on them."""
    gone = {nic.name for nic in nics if nic.name} | {nic.hardware_mac for nic in nics if nic.hardware_mac}
    detail = f"{labels(nics)} is not on the target"
    connections = loaded(root)
    of_gone = [each for each in connections if each.name in gone or (each.name is None and each.hardware_mac in gone)]
    gone |= {each.uuid for each in of_gone} - {""}
    left = [each for each in connections if each not in of_gone]
    while on_them := [each for each in left if not gone.isdisjoint(parent for _section, parent in _parents(each))]:
        gone |= {key for each in on_them for key in (each.uuid, each.name) if key}
        left = [each for each in left if each not in on_them]
        of_gone = [*of_gone, *on_them]
    for connection in of_gone:
        root.remove(connection.path, detail)


def _parents(connection: Connection) -> Iterator[tuple[str, str]]:
    """(section, what it names there) of what the connection's interface is made of: names, UUIDs or MAC addresses."""
    for section, key in PARENTS:
        value = connection.get(section, key)
        if value:
            yield section, values.normal_mac(value) or value


def replace_macs(root: GuestRoot, macs: Mapping[str, str]) -> None:
    """Make connections that know their NIC by a MAC address know it by another, or want it to have that: {old: new}."""
    for connection in loaded(root):
        known_by = [
            entry
            for entry in connection.entries
            if (section_of(entry), entry.key) in _MACS
            or (entry.key == "parent" and (entry.section, "parent") in PARENTS)
        ]
        text = sections.edited(connection.text, known_by, lambda value: with_mac_replaced(value, macs))
        root.write(connection.path, text, "the network card has another MAC address on the target")


def rename(root: GuestRoot, names: Mapping[str, str]) -> None:
    """Make connections that are for interfaces by name be for their new names: {old: new}."""
    places = (
        ("connection", "interface-name"),
        ("match", "interface-name"),
        *PARENTS,
        ("bond", "primary"),
        ("bond", "active_slave"),
    )
    connections = loaded(root)
    made = {connection.name for connection in connections if connection.name and not connection.wired}
    for connection in connections:
        entries = [
            entry
            for entry in connection.entries
            if (section_of(entry), entry.key) in places
            # A VLAN may be called after its NIC; that is its own name.
            and (connection.wired or entry.key != "interface-name")
        ]
        text = sections.edited(connection.text, entries, lambda value: values.with_names_replaced(value, names, made))
        # routing-rule1=priority 5 from 0.0.0.0/0 iif eth0 table 5
        rules = [entry for entry in sections.parse(text) if _RULE.fullmatch(entry.key)]
        text = sections.edited(
            text, rules, lambda value: _AFTER_IIF.sub(lambda word: names.get(word[0], word[0]), value)
        )
        # Of a team, JSON: {"ports": {"eth0": {"prio": 1}}}
        teams = [entry for entry in sections.parse(text) if (entry.section, entry.key) == ("team", "config")]
        text = sections.edited(text, teams, lambda value: _QUOTED.sub(lambda word: names.get(word[0], word[0]), value))
        root.write(connection.path, text, "the network card has another name on the target")


def use_dhcp(root: GuestRoot, nics: Sequence[Nic]) -> None:
    """Let these Nics get their addresses by DHCP (IPv6's by router advertisements)."""
    detail = f"{labels(nics)} gets its address by DHCP on the target"
    paths = {path for nic in nics for path, _kind in nic.configured_by}
    for connection in loaded(root):
        if connection.wired and connection.path in paths:
            methods = [
                entry
                for entry in connection.entries
                if entry.section in ("ipv4", "ipv6") and (entry.key, entry.value) == ("method", "manual")
            ]
            text = sections.edited(connection.text, methods, lambda value: value.replace("manual", "auto"))
            switched = {entry.section for entry in methods}
            static = [
                entry
                for entry in sections.parse(text)
                if entry.section in switched and (_NUMBERED_ADDRESS.fullmatch(entry.key) or entry.key == "gateway")
            ]
            for section in switched:
                static += static_sections.default_routes(
                    [each for each in sections.parse(text) if each.section == section]
                )
            root.write(connection.path, sections.commented_out(text, static), detail)


def use_static(root: GuestRoot, statics: Mapping[Nic, Static]) -> None:
    """Give these Nics their addresses, with the gateways and name servers, in the place of what they have.

    A connection that is for others too stays, and one for the Nic goes before it.
    """
    there = {connection.path: connection for connection in loaded(root) if connection.wired}
    own = [
        (nic, each, there[path]) for nic, each in statics.items() for path, _kind in nic.configured_by if path in there
    ]
    for nic, static, connection in own:
        path, text = connection.path, connection.text
        if nic.key and not connection.name and not connection.hardware_mac:
            stem = posixpath.basename(path).removesuffix(".nmconnection")
            path = posixpath.join(WRITABLE, f"{stem}-{nic.identifier}.nmconnection")
            text = for_one(connection, nic.key, nic.identifier)
        text = static_sections.with_static_connection(text, static)
        # NetworkManager ignores those that others than root may read.
        root.write(path, text, f"{nic.label} has another address on the target", mode=0o600)


def settings_of(connection: Connection, names: Mapping[str, str], controller: str) -> Iterator[Setting]:
    """The Setting for the interface of a connection; for each, where [match] lists several."""
    lower, tagged = _lower(connection, names)
    if connection.type == _OVS_INTERFACE:
        lower, tagged = [controller] if controller != connection.name else [], False
    setting = Setting(
        connection.path,
        KIND,
        connection.name or _vlan_name(connection, lower),
        virtual=not connection.wired,
        hardware=connection.wired,
        lower=tuple(lower),
        tagged=tagged,
        method=_method(connection),
        dynamic=bool(_methods(connection) & {"dhcp", "auto"}),
        # NetworkManager asks for DHCPv6 where the router says so.
        dhcp=tuple(version for version in (4, 6) if _asked(connection, f"ipv{version}") in ("auto", "dhcp")),
        addresses=tuple(dict.fromkeys((*addresses_in(connection, "ipv4"), *addresses_in(connection, "ipv6")))),
        gateways=values.gateways(gateway_in(connection, section) or "" for section in ("ipv4", "ipv6")),
        name_servers=values.gateways(
            word for section in ("ipv4", "ipv6") for word in name_servers_in(connection, section)
        ),
        mac=values.normal_mac(connection.get("ethernet", "cloned-mac-address")),
        hardware_mac=connection.hardware_mac,
        source_hardware=tuple(
            f"{key}={connection.get('match', key)}" for key in ("driver", "path") if connection.get("match", key)
        ),
        at_boot=not values.says_no(connection.get("connection", "autoconnect")),
    )
    if not connection.wired or connection.name or connection.hardware_mac:
        yield setting
        return
    condition = _condition(connection.get("match", "interface-name").split(";"))
    words = condition.split()
    if words and all(INTERFACE.fullmatch(word) and not word.startswith("!") for word in words):
        for word in words:
            yield replace(setting, name=word)
    else:
        yield replace(setting, patterns=(condition or "*",))


def _vlan_name(connection: Connection, lower: Sequence[str]) -> str | None:
    """What NetworkManager calls a VLAN without a name: as its parent, and its number (nm_utils_new_vlan_name())."""
    identifier = connection.get("vlan", "id")
    name = f"{lower[0]}.{identifier}" if lower and connection.type == "vlan" and identifier.isdecimal() else ""
    return name if INTERFACE.fullmatch(name) else None


def _lower(connection: Connection, names: Mapping[str, str]) -> tuple[list[str], bool]:
    """(the keys of what the connection's interface is made of, whether it is not reached by itself) of software."""
    lower = list(_parents(connection))
    tagged = any(section not in ("macvlan", "ipvlan") for section, _value in lower)
    # A UUID is that of a connection, which may know its NIC by a MAC address, or by nothing.
    keys = [
        names.get(value) or (value if INTERFACE.fullmatch(value) or values.normal_mac(value) else "")
        for _section, value in lower
    ]
    return [key for key in keys if key], tagged


def name_servers_in(connection: Connection, section: str) -> list[str]:
    """The name servers of a section; the name by which one is known to TLS follows it, 1.1.1.1#one.one (nm-settings(5))."""
    return [word.partition("#")[0] for word in re.split(r"[;,]", connection.get(section, "dns"))]


def _condition(words: Iterable[str]) -> str:
    """What [match] asks of names, as a condition of cards/patterns.py."""
    # nm-settings(5): "!" excludes, "&" makes it mandatory, "|" is the default.
    wanted = [word.strip().lstrip("|&") for word in words]
    return " ".join("!" + word.lstrip("!|&") if word.startswith("!") else word for word in wanted if word)


def _methods(connection: Connection) -> set[str | None]:
    return {_METHODS.get(_asked(connection, "ipv4")), _METHODS_OF_IPV6.get(_asked(connection, "ipv6"))}


def _asked(connection: Connection, section: str) -> str:
    """The method of a section, ipv4 or ipv6; what has no such section, and is no port, gets its addresses automatically.

    _normalize_ip_config() of NetworkManager's src/libnm-core-impl/nm-connection.c.
    """
    is_there = any(entry.section == section for entry in connection.entries)
    if is_there or connection.get("connection", "controller", "master") or connection.type in _WITHOUT_ADDRESSES:
        return connection.get(section, "method")
    return "auto"


def _method(connection: Connection) -> str | None:
    methods = _methods(connection)
    return next((method for method in ("static", "dhcp", "auto") if method in methods), None)


def addresses_in(connection: Connection, section: str) -> Iterator[str]:
    """The static addresses of a section, ipv4 or ipv6, with their prefixes."""
    if connection.get(section, "method") in ("disabled", "ignore"):
        return
    for entry in connection.entries:
        if entry.section == section and _NUMBERED_ADDRESS.fullmatch(entry.key):
            # address1=10.0.2.15/24,10.0.2.2 ; before 0.9.10 addresses1=10.0.2.15;24;10.0.2.2; and addresses in a list.
            words = re.split(r"[;,]", entry.value)
            prefix = words[1].strip() if len(words) > 1 and words[1].strip().isdecimal() else ""
            yield from values.with_prefix(words[0], prefix)


def gateway_in(connection: Connection, section: str) -> str | None:
    """The gateway of a section, next to an address or of a default route too."""
    found = values.gateway(connection.get(section, "gateway"))
    for entry in connection.entries:
        if entry.section == section and _NUMBERED_ADDRESS.fullmatch(entry.key) and not found:
            last = [word for word in re.split(r"[;,]", entry.value)[1:] if values.address(word)]
            found = last[0].strip() if last else None
    for entry in static_sections.default_routes([each for each in connection.entries if each.section == section]):
        # route1=0.0.0.0/0,10.0.2.2,100
        words = re.split(r"[;,]", entry.value)
        if _ROUTE.fullmatch(entry.key) and not found:
            found = values.gateway(words[1]) if len(words) > 1 else None
    return found if found not in ("0.0.0.0", "::") else None
