# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SUSE's ifcfg files, which wicked reads: /etc/sysconfig/network/ifcfg-* (ifcfg(5), ifcfg-bonding(5), routes(5)).

The file's name is the interface's. Before SUSE Linux Enterprise 11 it was that of the hardware: ifcfg-eth-id-<MAC>.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from ....guest.root import GuestRoot
from ....texts import assignments
from .. import bounds, values
from ..cards.nics import INTERFACE, Nic, Setting, labels
from ..cards.statics import Static
from . import files, netconfig

KIND = "ifcfg"
_DIRECTORY = "/etc/sysconfig/network"
_ROUTES = f"{_DIRECTORY}/routes"
_IGNORED = re.compile(r"ifcfg-(?:lo|.*~|.*\.(?:template|rpmnew|rpmsave|rpmorig|bak|old|orig|scpmbackup|swp))")

# STARTMODE may also be off, or manual, which is what wicked takes it for where it is missing (__ni_suse_startmode()).
_AT_BOOT = ("auto", "boot", "onboot", "on", "nfsroot", "hotplug", "ifplugd")

_METHODS = {"dhcp": "dhcp", "dhcp4": "dhcp", "dhcp6": "dhcp", "static": "static", "none": "manual", "auto6": "auto"}
# ifcfg-bonding(5), ifcfg-team(5), ifcfg-ovs-bridge(5): BONDING_SLAVE_0 (once BONDING_SLAVE0), TEAM_PORT_DEVICE_0.
_PORT = re.compile(r"(?:BONDING_SLAVE|TEAM_PORT_DEVICE|OVS_BRIDGE_PORT_DEVICE)_?\d*")
_EVERYWHERE = ("default", "0.0.0.0/0", "::/0")
_OF_STATIC = re.compile(r"(?:IPADDR|PREFIXLEN|NETMASK|BROADCAST|REMOTE_IPADDR|LABEL)_?\w*")
# ifcfg-vlan(5), ifcfg-macvlan(5), ifcfg-macvtap(5), ifcfg-ipvlan(5), ifcfg-vxlan(5), ifcfg-tunnel(5)
_TAGGED = ("ETHERDEVICE", "VXLAN_DEVICE", "TUNNEL_DEVICE", "OVS_BRIDGE_VLAN_PARENT")
_PARENTS = (*_TAGGED, "MACVLAN_DEVICE", "MACVTAP_DEVICE", "IPVLAN_DEVICE", "IPVTAP_DEVICE")
# What else names interfaces; BONDING_MODULE_OPTS has the primary one.
_NAMING = ("BRIDGE_PORTS", "BONDING_MODULE_OPTS", "ETHTOOL_OPTIONS", *_PARENTS)
_OF_VIRTUAL = (
    *("BONDING_MASTER", "BRIDGE", "TEAM_RUNNER", "VLAN_ID", "VXLAN", "TUNNEL", "DUMMY", "OVS_BRIDGE", *_PARENTS),
    # Hardware that is no Ethernet card: wireless, InfiniBand, modems.
    *("WIRELESS", "WIRELESS_ESSID", "WIRELESS_ESSID_1", "IPOIB_MODE", "PPPMODE", "MODEM_DEVICE"),
)
_HARDWARE_TYPES = ("", "ethernet", "eth")
# How files and ports of bonds were called before SUSE Linux Enterprise 11: by the hardware.
_BY_MAC = re.compile(r"(?<=id-)[0-9A-Fa-f:]{17}(?![0-9A-Za-z:])")
_BY_BUS = re.compile(r"(?:\w+-)?(bus-\S+)")


class _File:
    """An ifcfg file: path, text, and what it assigns."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.values = assignments.values(text)
        suffix = posixpath.basename(path)[len("ifcfg-") :]
        identity = _BY_MAC.search(suffix)
        self.hardware_mac = values.normal_mac(identity[0]) if identity else None
        bus = _BY_BUS.fullmatch(suffix)
        self.bus = bus[1] if bus else None
        self.name = suffix if INTERFACE.fullmatch(suffix) and not self.hardware_mac else None

    @property
    def parents(self) -> list[str]:
        named = [self.values[key] for key in _PARENTS if self.values.get(key)]
        return named or ([self.name.rpartition(".")[0]] if self.name and "." in self.name else [])

    @property
    def ports(self) -> list[str]:
        found = [value for key, value in self.values.items() if _PORT.fullmatch(key)]
        names = (*found, *self.values.get("BRIDGE_PORTS", "").split())
        macs = [values.normal_mac(mac) for name in names for mac in _BY_MAC.findall(name)]
        return [*(name for name in names if INTERFACE.fullmatch(name)), *(mac for mac in macs if mac)]


def read(root: GuestRoot) -> list[Setting]:
    """What the ifcfg files say: a list of Settings."""
    found = _files(root)
    servers = netconfig.name_servers(root) if found else ()
    return [_setting(root, file, servers) for file in found]


def unconfigure(root: GuestRoot, nics: Sequence[Nic]) -> None:
    """Remove the files of these Nics and of VLANs on them, and strike them out of bonds and bridges."""
    detail = f"{labels(nics)} is not on the target"
    names = {nic.name for nic in nics if nic.name}
    macs = {nic.hardware_mac for nic in nics if nic.hardware_mac}
    for file in _files(root):
        if file.name in names or (file.hardware_mac and file.hardware_mac in macs) or names & set(file.parents):
            for path in (file.path, *_companions(file)):
                root.remove(path, detail)
        elif names & set(file.ports):
            keys = [key for key in file.values if _PORT.fullmatch(key) or key == "BRIDGE_PORTS"]
            text = assignments.edited(file.text, keys, lambda value: _without_words(value, names))
            # wicked refuses a bond with a primary port that it has not (ni_bonding_validate() of src/bonding.c).
            text = assignments.edited(text, ("BONDING_MODULE_OPTS",), lambda value: _without_primary(value, names))
            root.write(file.path, text, detail)


def replace_macs(root: GuestRoot, macs: Mapping[str, str]) -> None:
    """Rename the files whose name ends with their NIC's MAC address, and replace it in LLADDR: {old: new}."""
    detail = "the network card has another MAC address on the target"
    moved: dict[str, str] = {}
    for file in _files(root):
        text = assignments.edited(file.text, ("LLADDR",), lambda value: values.with_macs_replaced(value, macs))
        ports = [key for key in file.values if _PORT.fullmatch(key) or key in ("BRIDGE_PORTS", *_PARENTS)]
        text = assignments.edited(text, ports, lambda value: _with_identities_replaced(value, macs))
        root.write(file.path, text, detail)
        if file.hardware_mac and file.hardware_mac in macs:
            for path in (file.path, *_companions(file)):
                moved[path] = path[: -len(file.hardware_mac)] + macs[file.hardware_mac]
    files.rename(root, moved, detail)


def _with_identities_replaced(value: str, macs: Mapping[str, str]) -> str:
    """value with new MAC addresses in what is called by the hardware: {old: new}."""
    return _BY_MAC.sub(lambda mac: values.with_macs_replaced(mac.group(), macs), value)


def rename(root: GuestRoot, names: Mapping[str, str]) -> None:
    """Make the files for interfaces be for their new names: {old: new}; those of VLANs too, and ports and routes."""
    detail = "the network card has another name on the target"
    moved: dict[str, str] = {}
    texts: dict[str, str] = {}
    there = _files(root)
    # A VLAN that says what it is on may be called anything.
    own = [each.name for each in there if any(each.values.get(key) for key in _PARENTS)]
    kept = {name for name in own if name and name not in names}
    for file in there:
        keys = [key for key in file.values if _PORT.fullmatch(key) or key in _NAMING]
        for path in (file.path, *_companions(file)):
            moved[path] = path if file.name in kept else files.with_names_replaced(path, names)
        texts[moved[file.path]] = assignments.edited(
            file.text, keys, lambda value: values.with_names_replaced(value, names, kept)
        )
        for path in _companions(file):
            text = root.read(path)
            if text is not None:
                texts[moved[path]] = _routes_renamed(text, names, kept)
    files.rename(root, {path: new for path, new in moved.items() if path != new}, detail)
    routes = root.read(_ROUTES)
    if routes is not None:
        texts[_ROUTES] = _routes_renamed(routes, names, kept)
    for path, text in texts.items():
        root.write(path, text, detail)


def use_dhcp(root: GuestRoot, nics: Sequence[Nic]) -> None:
    """Let these Nics get their addresses by DHCP; their default routes go."""
    detail = f"{labels(nics)} gets its address by DHCP on the target"
    by_key = {nic.name or nic.hardware_mac: nic for nic in nics}
    for file in _files(root):
        nic = by_key.get(file.name or file.hardware_mac)
        if nic is None or not any(_addresses(file.values)):
            continue
        text = assignments.commented_out(file.text, lambda name: bool(_OF_STATIC.fullmatch(name)))
        root.write(file.path, assignments.with_value(text, "BOOTPROTO", "'dhcp'"), detail)
        for path in (_routes_of(file), _ROUTES):
            routes = root.read(path)
            if routes is not None:
                root.write(path, _without_default(routes, nic.gateway), detail)


def use_static(root: GuestRoot, statics: Mapping[Nic, Static]) -> None:
    """Give these Nics their addresses, with the gateways and name servers, in the place of what they have."""
    by_key = {key: nic for nic in statics for key in (nic.name, nic.hardware_mac) if key}
    for file in _files(root):
        nic = by_key.get(file.name or file.hardware_mac or "")
        if nic is None:
            continue
        static = statics[nic]
        detail = f"{nic.label} has another address on the target"
        root.write(file.path, with_static(file.text, static), detail)
        for path in (_routes_of(file), _ROUTES):
            routes = root.read(path)
            for gateway in nic.gateways if routes is not None else ():
                routes = _without_default(routes or "", gateway)
            if path != _ROUTES and static.gateways:
                routes = (routes or "") + "".join(
                    f"{'::/0' if ':' in gateway else 'default'} {gateway} - -\n" for gateway in static.gateways
                )
            if routes is not None:
                root.write(path, routes, detail)
        netconfig.use_name_servers(root, static, detail)


def with_static(text: str, static: Static) -> str:
    """text, of an ifcfg file, with the addresses static."""
    stays = not static.of(4) and {"dhcp", "dhcp4"}.intersection(_protocols(assignments.values(text)))
    text = assignments.commented_out(text, lambda name: bool(_OF_STATIC.fullmatch(name)))
    text = assignments.with_value(text, "BOOTPROTO", "'dhcp4'" if stays else "'static'")
    for index, address in enumerate(static.addresses):
        text = assignments.with_value(text, f"IPADDR_{index}" if index else "IPADDR", f"'{address}'")
    return text


def _without_default(text: str, gateway: str | None) -> str:
    """text, of routes, with the default routes through gateway made comments."""
    lines = text.split("\n")
    for index, line in enumerate(lines):
        words = line.split()
        if len(words) > 1 and words[0] in _EVERYWHERE and words[1] == gateway and values.in_main_table(words):
            lines[index] = "#" + line
    return "\n".join(lines)


def _files(root: GuestRoot) -> list[_File]:
    paths = [
        posixpath.join(_DIRECTORY, name)
        for name in root.list(_DIRECTORY)
        if name.startswith("ifcfg-") and not _IGNORED.fullmatch(name)
    ]
    texts = {path: root.read(path) for path in bounds.to_read(root, paths)}
    return [_File(path, text) for path, text in texts.items() if text is not None]


def _companions(file: _File) -> list[str]:
    """The paths of what belongs to the file's interface alone: routes, rules and sysctls (ifroute(5), ifrule(5), ifsysctl(5))."""
    stem = posixpath.basename(file.path)[len("ifcfg-") :]
    return [posixpath.join(_DIRECTORY, prefix + stem) for prefix in ("ifroute-", "ifrule-", "ifsysctl-")]


def _routes_of(file: _File) -> str:
    """The path of the routes of the file's interface alone."""
    return posixpath.join(_DIRECTORY, "ifroute-" + posixpath.basename(file.path)[len("ifcfg-") :])


def _routes_renamed(text: str, names: Mapping[str, str], kept: Collection[str]) -> str:
    """text, of routes, with new names; comments stay, and the names that are kept."""
    lines = text.split("\n")
    return "\n".join(
        line if line.lstrip().startswith("#") else values.with_names_replaced(line, names, kept) for line in lines
    )


def _setting(root: GuestRoot, file: _File, servers: tuple[str, ...]) -> Setting:
    tagged = any(file.values.get(key) for key in _TAGGED) or "." in (file.name or "")
    kind = file.values.get("INTERFACETYPE", "").lower()
    addresses = tuple(dict.fromkeys(_addresses(file.values)))
    protocols = _protocols(file.values)
    method = next((_METHODS[word] for word in protocols if word in _METHODS), None)
    return Setting(
        file.path,
        KIND,
        file.name,
        virtual=tagged
        or kind not in _HARDWARE_TYPES
        or any(file.values.get(key, "no").lower() not in ("", "no") for key in _OF_VIRTUAL),
        hardware=bool(kind),
        patterns=("*",) if file.bus else (),
        source_hardware=(file.bus,) if file.bus else (),
        lower=tuple(
            name for name in (*file.parents, *file.ports) if INTERFACE.fullmatch(name) or values.normal_mac(name)
        ),
        tagged=tagged,
        dhcp=tuple(version for version in (4, 6) if {"dhcp", f"dhcp{version}"}.intersection(protocols)),
        method="manual" if method == "static" and not addresses else method,
        addresses=addresses,
        gateways=_gateways(root, file, addresses),
        name_servers=servers,
        mac=values.normal_mac(file.values.get("LLADDR", "")),
        hardware_mac=file.hardware_mac,
        at_boot=file.values.get("STARTMODE", "").lower() in _AT_BOOT,
    )


def _protocols(assigned: Mapping[str, str]) -> list[str]:
    """The words of BOOTPROTO: dhcp, or dhcp4+static."""
    return re.split(r"[+,\s]+", assigned.get("BOOTPROTO", "static").lower())


def _addresses(assigned: Mapping[str, str]) -> Iterator[str]:
    for key, value in assigned.items():
        suffix = re.fullmatch(r"IPADDR(_?\w*)", key)
        if suffix:
            prefix = assigned.get(f"PREFIXLEN{suffix[1]}") or assigned.get(f"NETMASK{suffix[1]}")
            yield from values.with_prefix(value, prefix or ("64" if ":" in value else values.class_prefix(value)))


def _gateways(root: GuestRoot, file: _File, addresses: tuple[str, ...]) -> tuple[str, ...]:
    """Those of default routes in the interface's own file, or in that of all, which a static address near by takes."""
    found: list[str] = []
    for path in (_routes_of(file), _ROUTES):
        for line in (root.read(path) or "").split("\n"):
            # destination gateway netmask interface [type] [options]
            words = [*line.split(), "-", "-", "-", "-"]
            if words[0] not in _EVERYWHERE or not values.gateway(words[1]) or not values.in_main_table(words):
                continue
            if path != _ROUTES or words[3] == file.name or (words[3] == "-" and _reaches(addresses, words[1])):
                found.append(words[1])
    return values.gateways(found)


def _reaches(addresses: tuple[str, ...], gateway: str) -> bool:
    host = values.address(gateway)
    return host is not None and any(host in values.network(address) for address in addresses)


def _without_primary(value: str, names: Iterable[str]) -> str:
    pattern = "|".join(map(re.escape, names))
    return re.sub(rf"[ \t]*(?<![\w-])primary=(?:{pattern})(?![\w.:-])", "", value)


def _without_words(value: str, names: Iterable[str]) -> str:
    pattern = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.sub(rf"(?<![\w.:-])(?:{pattern})(?![\w.:-])[ \t]*", "", value)
