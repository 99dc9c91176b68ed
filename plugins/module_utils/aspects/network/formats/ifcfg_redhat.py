# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Red Hat's ifcfg files: /etc/sysconfig/network-scripts/ifcfg-* (nm-settings-ifcfg-rh(5), initscripts' sysconfig.txt).

DEVICE names the interface. Where it is missing, HWADDR identifies it, or else the file's name. With both, initscripts' udev
rule (60-net.rules) gives the NIC with that address this name.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ....guest.root import GuestRoot
from ....texts import assignments
from .. import bounds, values
from ..cards.nics import INTERFACE, Nic, Setting, labels
from ..cards.statics import Static
from . import files, ifcfg_addresses, static_ifcfg
from .keyfile_connections import priority_above, uuid_for_one

KIND = "ifcfg"
_DIRECTORY = "/etc/sysconfig/network-scripts"
_GLOBAL = "/etc/sysconfig/network"

_LABEL = re.compile(r":.*|-range\d+$")
# What the kernel, systemd and biosdevname call a NIC: eth0, ens192, em1, p1p1.
_NIC = re.compile(r"eth\d+|en[opsx]\w+|em\d+|p\d+p\d+(?:_\d+)?")

# Neither initscripts nor NetworkManager read these (__sed_discard_ignored_files, utils_should_ignore_file()).
_IGNORED = (".bak", "~", ".orig", ".rpmnew", ".rpmorig", ".rpmsave", ".old", ".augnew", ".augtmp", ".swp")

# What is made by software. An OVSPort is a card (README.RHEL of openvswitch, and its ifup-ovs), as are the ports of others.
_VIRTUAL_TYPES = re.compile(
    r"bond|bridge|vlan|team|ovs(?:bridge|intport|bond|tunnel|patchport|userport|dpdk.*)|ipip|gre|sit|tunnel|ipsec|dummy"
    r"|macvlan|macvtap|ipvlan|vxlan|wireguard|tap|tun|veth|xdsl|pppoe",
    re.I,
)
_OTHER_HARDWARE = re.compile(r"wireless|infiniband|ipoib|bluetooth|modem|isdn", re.I)
_CONTROLLERS = ("MASTER", "MASTER_UUID", "TEAM_MASTER", "TEAM_MASTER_UUID", "BRIDGE", "BRIDGE_UUID", "OVS_BRIDGE")
_PARENTS = ("PHYSDEV", "MACVLAN_PARENT", "ETH")
# What is on the bridge that OVS_BRIDGE names; the others are ports of it.
_ON_BRIDGE = ("ovsintport",)

# What gives the NIC with HWADDR the name DEVICE, where it is installed; NetworkManager does not rename.
_RENAMER = ("/usr/lib/udev/rename_device", "/lib/udev/rename_device")

# What NetworkManager asks of the hardware in addition.
DRIVER = "MATCH_DRIVER"
_MATCHES = (("driver", DRIVER), ("path", "MATCH_PATH"))

# What belongs to ifcfg-NAME, before its name.
_COMPANIONS = ("route-", "route6-", "rule-", "rule6-")


class _File:
    """An ifcfg file: path, text, and what it assigns."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.values = assignments.values(text)
        self.suffix = posixpath.basename(path)[len("ifcfg-") :]
        device = self.values.get("DEVICE") or ("" if self.hardware_mac or self.is_for_any_nic else self.suffix)
        # An alias has a label: eth0:1. So have the files of ranges of addresses: ifcfg-eth0-range0.
        unlabelled = _LABEL.sub("", device)
        self.is_alias = unlabelled != device
        self.name = unlabelled if INTERFACE.fullmatch(unlabelled) else None

    @property
    def hardware_mac(self) -> str | None:
        return values.normal_mac(self.values.get("HWADDR", ""))

    @property
    def is_for_any_nic(self) -> bool:
        """Whether it is a profile of NetworkManager's (it has a UUID) that asks for no NIC in particular.

        nmtui and nm-connection-editor write it as ifcfg-Profile_1 or ifcfg-Wired_connection_1. A file that is called
        after a NIC may be read by initscripts too, for which it is that NIC's.
        """
        wired = self.values.get("TYPE", "").lower() == "ethernet"
        known = self.values.get("DEVICE") or self.hardware_mac or _NIC.fullmatch(_LABEL.sub("", self.suffix))
        return bool(wired and self.values.get("UUID") and not known)

    @property
    def is_at_boot(self) -> bool:
        """Whether it is brought up at boot: what is missing is "yes" to initscripts and to NetworkManager."""
        return not values.says_no(self.values.get("ONBOOT", ""))

    def on(self, name: str) -> bool:
        return self.values.get(name, "").lower() in static_ifcfg.YES


def read(root: GuestRoot) -> list[Setting]:
    """What the ifcfg files say: a list of Settings."""
    found_files = _files(root)
    names = {file.values["UUID"]: file.name for file in found_files if file.values.get("UUID") and file.name}
    everywhere = assignments.values(root.read(_GLOBAL) or "")
    beside = set(root.list(_DIRECTORY)) if found_files else set()
    renames = any(root.is_file(path) for path in _RENAMER)
    # Of several files for one interface, those that are not for boot are not in force next to one that is.
    at_boot = {file.name for file in found_files if file.name and not file.is_alias and file.is_at_boot}
    found: list[Setting] = []
    for file in found_files:
        setting = _setting(file, everywhere, renames, names)
        if not setting.gateways:
            routes = [path for path in _companions(file) if posixpath.basename(path) in beside]
            setting = replace(setting, gateways=values.gateways([_default_route(root, routes) or ""]))
        if not setting.at_boot and file.name in at_boot and not file.is_alias:
            found.append(Setting(file.path, KIND, file.name, superseded=True))
            continue
        found.append(setting)
        for key in _CONTROLLERS:
            value = file.values.get(key, "")
            controller = names.get(value, value)
            port = file.name or file.hardware_mac or setting.profile_key
            if INTERFACE.fullmatch(controller) and not (key == "OVS_BRIDGE" and _kind(file).lower() in _ON_BRIDGE):
                found.append(Setting(file.path, KIND, controller, virtual=True, lower=(port,)))
    return found


def unconfigure(root: GuestRoot, nics: Sequence[Nic]) -> None:
    """Remove the files of these Nics, of their aliases and VLANs, with the routes that belong to them."""
    detail = f"{labels(nics)} is not on the target"
    names = {nic.name for nic in nics if nic.name}
    macs = {nic.hardware_mac for nic in nics if nic.hardware_mac}
    found = _files(root)
    uuids = {file.values.get("UUID", "") for file in found if file.name in names and not file.is_alias} - {""}
    for file in found:
        is_on_them = not (names | uuids).isdisjoint(_parents(file))
        if file.name in names or (not file.name and file.hardware_mac in macs) or is_on_them:
            for path in (file.path, *_companions(file)):
                root.remove(path, detail)


def replace_macs(root: GuestRoot, macs: Mapping[str, str]) -> None:
    """Make the files that know their NIC by HWADDR know it by another, or want MACADDR: {old: new}."""
    for file in _files(root):
        keys = ("HWADDR", "MACADDR", "BRIDGE_MACADDR")
        text = assignments.edited(file.text, keys, lambda value: values.with_macs_replaced(value, macs))
        root.write(file.path, text, "the network card has another MAC address on the target")


def rename(root: GuestRoot, names: Mapping[str, str]) -> None:
    """Make the files for interfaces by name be for their new names: {old: new}; those of aliases and VLANs too."""
    detail = "the network card has another name on the target"
    moved: dict[str, str] = {}
    texts: dict[str, str] = {}
    for file in _files(root):
        # A VLAN that says what it is on may be called anything.
        on = (file.name or "").rpartition(".")[0]
        of_nic = file.name in names or on in names or file.values.get("PHYSDEV") is None
        keys = (*_PARENTS, "BONDING_OPTS", "BOND_IFACES", "ETHTOOL_OPTS", *(("DEVICE",) if of_nic else ()))
        path = files.with_names_replaced(file.path, names) if of_nic else file.path
        moved[file.path] = path
        texts[path] = assignments.edited(file.text, keys, lambda value: values.with_names_replaced(value, names))
        for companion in _companions(file):
            new = files.with_names_replaced(companion, names) if of_nic else companion
            text = root.read(companion)
            if text is not None:
                moved[companion] = new
                texts[new] = values.with_names_replaced(text, names)
    files.rename(root, {path: new for path, new in moved.items() if path != new}, detail)
    everywhere = root.read(_GLOBAL)
    if everywhere is not None:
        texts[_GLOBAL] = assignments.edited(
            everywhere, ("GATEWAYDEV",), lambda value: values.with_names_replaced(value, names)
        )
    for path, text in texts.items():
        root.write(path, text, detail)


def use_dhcp(root: GuestRoot, nics: Sequence[Nic]) -> None:
    """Let these Nics get their addresses by DHCP (IPv6's by router advertisements)."""
    detail = f"{labels(nics)} gets its address by DHCP on the target"
    names = {nic.name or nic.hardware_mac for nic in nics}
    paths = {path for nic in nics for path, _kind in nic.configured_by}
    for file in _files(root):
        addresses = [*ifcfg_addresses.ipv4(file.values), *ifcfg_addresses.ipv6(file.values)]
        of_them = file.path in paths if file.is_for_any_nic else (file.name or file.hardware_mac) in names
        if not of_them or not addresses:
            continue
        if ":" in file.values.get("DEVICE", file.suffix):
            # A further address has no place next to that from DHCP.
            root.remove(file.path, detail)
            continue
        text = assignments.commented_out(file.text, lambda name: bool(static_ifcfg.OF_STATIC.fullmatch(name)))
        text = assignments.with_value(text, "BOOTPROTO", "dhcp")
        if any(":" in address for address in addresses):
            text = assignments.with_value(text, "IPV6_AUTOCONF", "yes")
        root.write(file.path, text, detail)
        _take_default_routes(root, file, detail)


def use_static(root: GuestRoot, statics: Mapping[Nic, Static]) -> None:
    """Give these Nics their addresses, with the gateways and name servers, in the place of what they have.

    A file that is for any NIC stays, and one for the Nic goes before it.
    """
    by_key: dict[str, list[_File]] = {}
    for file in _files(root):
        key = file.path if file.is_for_any_nic else file.name or file.hardware_mac
        if key:
            by_key.setdefault(key, []).append(file)
    for nic, static in statics.items():
        keys = dict.fromkeys([*_keys(nic), *(path for path, _kind in nic.configured_by)])
        own = [file for key in keys for file in by_key.get(key, ())]
        _use_static(root, nic, static, [_for_one(file, nic) if file.is_for_any_nic else file for file in own])


def _for_one(file: _File, nic: Nic) -> _File:
    """A file like this one, which is for any NIC: for nic alone; the same where that is known by nothing.

    NetworkManager prefers it, by its priority. Its UUID is the same whenever it is made of this file.
    """
    if not nic.key:
        return file
    new = {
        "NAME": f'"{file.suffix}-{nic.identifier}"',
        "UUID": uuid_for_one(file.values["UUID"], nic.identifier),
        "AUTOCONNECT_PRIORITY": str(priority_above(file.values.get("AUTOCONNECT_PRIORITY"))),
        "HWADDR" if values.normal_mac(nic.key) else "DEVICE": nic.key,
    }
    text = assignments.commented_out(file.text, lambda name: name == "MULTI_CONNECT")
    for name, value in new.items():
        text = assignments.with_value(text, name, value)
    return _File(f"{file.path}-{nic.identifier}", text)


def _use_static(root: GuestRoot, nic: Nic, static: Static, own: Iterable[_File]) -> None:
    detail = f"{nic.label} has another address on the target"
    is_first = True
    for file in sorted(own, key=lambda each: each.path):
        if file.is_alias:
            root.remove(file.path, detail)
            continue
        root.write(file.path, static_ifcfg.with_static(file.text, static, is_first), detail)
        is_first = False
        _take_default_routes(root, file, detail)
    everywhere = root.read(_GLOBAL) or ""
    if not is_first and assignments.values(everywhere).get("GATEWAY") in nic.gateways:
        root.write(_GLOBAL, assignments.commented_out(everywhere, lambda name: name == "GATEWAY"), detail)


def _take_default_routes(root: GuestRoot, file: _File, detail: str) -> None:
    """Make comments of the default routes that belong to the file."""
    for companion in _companions(file):
        routes = root.read(companion)
        if routes is not None:
            root.write(companion, static_ifcfg.without_default(routes), detail)


def _keys(nic: Nic) -> set[str]:
    return {key for key in (nic.name, nic.hardware_mac) if key}


def _files(root: GuestRoot) -> list[_File]:
    paths = [
        posixpath.join(_DIRECTORY, name)
        for name in root.list(_DIRECTORY)
        if name.startswith("ifcfg-") and name != "ifcfg-lo" and not name.endswith(_IGNORED)
    ]
    texts = {path: root.read(path) for path in bounds.to_read(root, paths)}
    return [_File(path, text) for path, text in texts.items() if text is not None]


def _companions(file: _File) -> list[str]:
    """The paths of what may belong to the file: initscripts look by the file's name and by the interface's."""
    stems = dict.fromkeys((file.suffix, file.name or file.suffix))
    return [posixpath.join(_DIRECTORY, prefix + stem) for stem in stems for prefix in _COMPANIONS]


def _default_route(root: GuestRoot, paths: Sequence[str]) -> str | None:
    """The gateway of a default route in the files at paths: route-NAME in either of its forms."""
    for path in paths:
        text = root.read(path) or ""
        for line in text.split("\n"):
            words = line.split()
            if static_ifcfg.is_default(words) and "via" in words[:-1]:
                return values.gateway(words[words.index("via") + 1])
        assigned = assignments.values(text)
        for key, value in assigned.items():
            number = re.fullmatch(r"ADDRESS(\d+)", key)
            if number and value == "0.0.0.0":
                return values.gateway(assigned.get(f"GATEWAY{number[1]}", ""))
    return None


def _kind(file: _File) -> str:
    return file.values.get("TYPE") or file.values.get("DEVICETYPE", "")


def _is_virtual(file: _File) -> bool:
    """Whether software makes the interface, or it is no Ethernet card."""
    kind = _kind(file)
    if _VIRTUAL_TYPES.fullmatch(kind) or _OTHER_HARDWARE.fullmatch(kind) or file.on("BONDING_MASTER"):
        return True
    # A bond's file says TYPE=Ethernet as often as not. What has an ESSID is a wireless card.
    of_port = file.values.get("MASTER") or file.on("SLAVE")
    return bool(file.values.get("BONDING_OPTS") and not of_port) or bool(file.values.get("ESSID"))


def _setting(file: _File, everywhere: Mapping[str, str], renames: bool, names: Mapping[str, str | None]) -> Setting:
    """names: {UUID: interface}, by which NetworkManager's files name what others are on."""
    kind = _kind(file).lower()
    tagged = file.on("VLAN") or kind == "vlan" or "." in (file.name or "")
    lower = list(_parents(file)) if tagged or file.values.get("MACVLAN_PARENT") or file.values.get("ETH") else []
    if kind in _ON_BRIDGE:
        lower.append(file.values.get("OVS_BRIDGE", ""))
    lower += file.values.get("BOND_IFACES", "").split()
    lower = [names.get(each) or each for each in lower]
    addresses = tuple(dict.fromkeys((*ifcfg_addresses.ipv4(file.values), *ifcfg_addresses.ipv6(file.values))))
    return Setting(
        file.path,
        KIND,
        file.name,
        virtual=tagged or _is_virtual(file),
        hardware=kind in ("ethernet", "ovsport"),
        lower=tuple(name for name in lower if INTERFACE.fullmatch(name)),
        tagged=tagged,
        method=_method(file, addresses),
        dhcp=_dhcp(file),
        addresses=addresses,
        gateways=_gateways(file, everywhere),
        name_servers=values.gateways(value for key, value in file.values.items() if static_ifcfg.SERVER.fullmatch(key)),
        mac=values.normal_mac(file.values.get("MACADDR", "")),
        hardware_mac=file.hardware_mac,
        binds=bool(renames and file.values.get("DEVICE") and file.hardware_mac),
        patterns=(_condition(file),) if file.is_for_any_nic else (),
        source_hardware=tuple(
            f"{key}={file.values[variable]}" for key, variable in _MATCHES if file.values.get(variable)
        ),
        # An alias comes up with its interface.
        at_boot=file.is_at_boot and not file.is_alias,
    )


def _condition(file: _File) -> str:
    """What NetworkManager asks of names, as a condition of cards/patterns.py; "*" for any."""
    # nm-settings-ifcfg-rh(5), MATCH_INTERFACE_NAME: "!" excludes, "&" makes it mandatory, "|" is the default.
    words = [word.lstrip("|&") for word in file.values.get("MATCH_INTERFACE_NAME", "").split()]
    return " ".join("!" + word.lstrip("!|&") if word.startswith("!") else word for word in words if word) or "*"


def _parents(file: _File) -> Iterator[str]:
    """The interfaces that a VLAN or the like is on: PHYSDEV, or what stands before the dot in its name."""
    named = [file.values[key] for key in _PARENTS if file.values.get(key)]
    if named:
        yield named[0]
    elif file.name and "." in file.name:
        yield file.name.rpartition(".")[0]


def _method(file: _File, addresses: tuple[str, ...]) -> str | None:
    if _dhcp(file):
        return "dhcp"
    if addresses:
        return "static"
    is_manual = file.values.get("BOOTPROTO", "").lower() in ("none", "static")
    return "auto" if file.on("IPV6_AUTOCONF") else "manual" if is_manual else None


def _dhcp(file: _File) -> tuple[int, ...]:
    """The families of which it gets addresses by DHCP."""
    by_dhcp = {4: file.values.get("BOOTPROTO", "").lower() in static_ifcfg.DHCP, 6: file.on("DHCPV6C")}
    return tuple(version for version, is_on in by_dhcp.items() if is_on)


def _gateways(file: _File, everywhere: Mapping[str, str]) -> tuple[str, ...]:
    """The file's gateways, and that of all of the system where it is for this interface."""
    own = [file.values[key] for key in sorted(file.values) if re.fullmatch(r"GATEWAY\d*", key)]
    own.append(file.values.get("IPV6_DEFAULTGW", "").partition("%")[0])
    if everywhere.get("GATEWAYDEV", file.name) == file.name and any(ifcfg_addresses.ipv4(file.values)):
        own.append(everywhere.get("GATEWAY", ""))
    return values.gateways(own)
