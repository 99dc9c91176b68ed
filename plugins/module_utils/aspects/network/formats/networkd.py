# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""systemd-networkd's files: .network and .netdev (systemd.network(5), systemd.netdev(5)).

The first .network file whose [Match] fits an interface configures it, and no other, in the order of the files' names
over all directories (see ../systemd_files.py).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Callable

from ....devices.targets import Target
from ....guest.root import GuestRoot
from ....texts import sections
from .. import values
from ..cards.nics import INTERFACE, Nic, Setting, labels
from ..cards.patterns import fits
from ..cards.statics import Static
from ..device_manager import device_manager
from ..system_conditions import hold
from ..systemd_files import WRITABLE, File, files, rewrite
from . import static_sections

KIND = "networkd"
_MAC_KEYS = ("MACAddress", "PermanentMACAddress")
_NAME_KEYS = ("Name", "OriginalName")
# Where else interfaces are named, (section, key).
_NAMING = (
    ("Network", "BindCarrier"),
    ("DHCPServer", "UplinkInterface"),
    ("IPv6SendRA", "UplinkInterface"),
    ("DHCPPrefixDelegation", "UplinkInterface"),
    ("DHCPv6PrefixDelegation", "UplinkInterface"),
    ("RoutingPolicyRule", "IncomingInterface"),
    ("RoutingPolicyRule", "OutgoingInterface"),
)
# What only hardware of one kind, or on one bus, has.
_HARDWARE_KEYS = ("Driver", "Path", "Property")
# What holds for any virtual machine (ConditionVirtualization= in systemd.unit(5)).
_ANY_MACHINE = ("yes", "true", "on", "1", "vm")
# What systemd-detect-virt(1) calls where there is no hardware.
_CONTAINERS = frozenset(("container", "systemd-nspawn", "lxc", "lxc-libvirt", "docker", "podman", "openvz", "no"))
# Interfaces on this one, by the key in its [Network] that names them; and those that it is a port of.
_NOT_CARRIED = ("VRF", "VXLAN", "Tunnel", "MACsec", "Xfrm", "L2TP", "HSR")
_MADE_OF_IT = ("VLAN", "MACVLAN", "MACVTAP", "IPVLAN", "IPVTAP", "Bond", "Bridge", "BatmanAdvanced", *_NOT_CARRIED)
_DHCP = {"yes": "dhcp", "true": "dhcp", "on": "dhcp", "1": "dhcp", "both": "dhcp", "ipv4": "dhcp", "v4": "dhcp"}
_DHCP.update({"ipv6": "dhcp", "v6": "dhcp"})
# The drivers of interfaces that are no hardware; systemd's own files for containers' ends match by them.
SOFTWARE_DRIVERS = frozenset(("veth", "bridge", "tun", "bonding", "dummy", "team", "macvlan", "ipvlan"))
_EVERYWHERE = ("0.0.0.0/0", "::/0", "")
_YES = ("yes", "true", "on", "1")
_IGNORED_SINCE = 246
_NOT_AT_BOOT = ("manual", "down", "always-down")


def read(root: GuestRoot) -> list[Setting]:
    """What networkd's files say: a list of Settings."""
    netdevs = {file: _device(file) for file in files(root, ".netdev") if hold(root, file)}
    devices = [device for device in netdevs.values() if device.name]
    vlans = {device.name for device in devices if device.tagged}
    kinds = [(device, "".join(file.values("NetDev", "Kind")[-1:])) for file, device in netdevs.items() if device.name]
    found = list(devices)
    for file in files(root, ".network"):
        settings = [*_settings(file, vlans, root.guest.target), *_of_kind(file, kinds)]
        unused = bool(settings) and (not hold(root, file) or _is_ignored(root, file))
        found += [replace(setting, superseded=True) for setting in settings] if unused else settings
    return found


def _is_ignored(root: GuestRoot, file: File) -> bool:
    """Whether the guest's systemd ignores the file because it asks for nothing: older versions take it for any interface.

    network_verify() of src/network/networkd-network.c; systemd's issue 15665 has the version.
    """
    return not file.asks_for_something and device_manager(root).systemd >= _IGNORED_SINCE


def unconfigure(root: GuestRoot, nics: Sequence[Nic]) -> None:
    """Take away the .network files that are for none but these Nics, and strike their names out of lists of others."""
    detail = f"{labels(nics)} is not on the target"
    for file in files(root, ".network"):
        if not _is_only_for(file, nics):
            for path, text in file.texts.items():
                rewrite(root, path, text, _without_names(text, {nic.name for nic in nics if nic.name}), detail)
            continue
        for path in file.texts:
            if path.startswith(f"{WRITABLE}/"):
                root.remove(path, detail)
        if any(not path.startswith(f"{WRITABLE}/") for path in file.texts):
            # The distribution's own file is masked by an empty one.
            root.write(posixpath.join(WRITABLE, posixpath.basename(file.path)), "", detail)


def replace_macs(root: GuestRoot, macs: Mapping[str, str]) -> None:
    """Make files that know their NIC by a MAC address know it by another, or want it to have that: {old: new}.

    So do the .netdev files of bonds and bridges that have the address of a NIC.
    """
    places = [*(("Match", key) for key in _MAC_KEYS), ("Link", "MACAddress"), ("NetDev", "MACAddress")]
    detail = "the network card has another MAC address on the target"
    for suffix in (".network", ".netdev"):
        _edit(root, places, lambda value: values.with_macs_replaced(value, macs), detail, suffix)


def rename(root: GuestRoot, names: Mapping[str, str]) -> None:
    """Make files that are for interfaces by name be for their new names: {old: new}; and what else names them."""
    places = [*(("Match", key) for key in _NAME_KEYS), *_NAMING]
    # A VLAN that is called after the card, ens192.5, keeps its name.
    made = {device.name for device in map(_device, files(root, ".netdev")) if device.name}
    detail = "the network card has another name on the target"
    _edit(root, places, lambda value: values.with_names_replaced(value, names, made), detail)


def use_dhcp(root: GuestRoot, nics: Sequence[Nic]) -> None:
    """Let these Nics get their addresses by DHCP."""
    detail = f"{labels(nics)} gets its address by DHCP on the target"
    paths = {path for nic in nics for path, _kind in nic.configured_by}
    for file in files(root, ".network"):
        if file.path in paths and _method(file, _all_addresses(file)) == "static":
            for path, text in file.texts.items():
                rewrite(root, path, text, _with_dhcp(text, path == file.path), detail)


def use_static(root: GuestRoot, statics: Mapping[Nic, Static]) -> None:
    """Give these Nics their addresses, with the gateways and name servers, in the place of what they have.

    A file that is for others too stays, and one for the Nic goes before it.
    """
    there = {file.path: (place, file) for place, file in enumerate(files(root, ".network")) if _is_for_nics(file)}
    for nic, static in statics.items():
        own = sorted(there[path] for path in {path for path, _kind in nic.configured_by} if path in there)
        _use_static(root, nic, static, [file for _place, file in own])


def _use_static(root: GuestRoot, nic: Nic, static: Static, own: Sequence[File]) -> None:
    detail = f"{nic.label} has another address on the target"
    first = True
    for file in own:
        if first and nic.key and not _is_only_for(file, [nic]):
            # No name comes between this one and that of the file but its own ones.
            name = f"{posixpath.basename(file.path)[: -len('.network')]}-{nic.identifier}.network"
            text = static_sections.with_static_network(_for_one(file, nic), static, True)
            root.write(posixpath.join(WRITABLE, name), text, detail)
            return
        for path, text in file.texts.items():
            new = static_sections.with_static_network(text, static, first and path == file.path)
            rewrite(root, path, text, new, detail)
        first = False


def _for_one(file: File, nic: Nic) -> str:
    """What a file with its drop-ins says, as one file that is for the Nic alone."""
    match = f"Name={nic.name}" if nic.name else f"MACAddress={nic.hardware_mac}"
    parts = [f"# Made by guestconv from {file.path}, for one network card.\n[Match]\n{match}\n"]
    for text in file.texts.values():
        entries = [entry for entry in sections.parse(text, continued=True) if entry.section == "Match"]
        parts.append(sections.commented_out(text, entries).rstrip("\n") + "\n")
    return "\n".join(parts)


def _without_names(text: str, names: Collection[str]) -> str:
    """text without names in lists of several."""
    entries = [
        entry
        for entry in sections.parse(text, continued=True)
        if entry.section == "Match" and entry.key in _NAME_KEYS and not set(entry.value.split()) <= set(names)
    ]
    struck = [entry for entry in entries if not entry.value.startswith("!") and set(entry.value.split()) & set(names)]
    pattern = "|".join(re.escape(name) for name in names)
    return sections.edited(text, struck, lambda value: re.sub(rf"(?<!\S)(?:{pattern})(?!\S)[ \t]*", "", value))


def _edit(
    root: GuestRoot,
    places: Collection[tuple[str, str]],
    change: Callable[[str], str],
    detail: str,
    suffix: str = ".network",
) -> None:
    """Edit the values in places, (section, key) each, of all files with suffix and drop-ins by change(text) -> text."""
    for file in files(root, suffix):
        for path, text in file.texts.items():
            entries = [entry for entry in sections.parse(text, continued=True) if (entry.section, entry.key) in places]
            rewrite(root, path, text, sections.edited(text, entries, change), detail)


def _with_dhcp(text: str, is_main: bool) -> str:
    """text without static addresses and gateways, and with DHCP switched on when it is the file and not a drop-in."""
    entries = sections.parse(text, continued=True)
    to_somewhere = {each.number for each in entries if static_sections.is_no_default(each)}
    static = [
        entry
        for entry in entries
        if (entry.section in ("Network", "Address") and entry.key in ("Address", "Gateway"))
        or (entry.section == "Route" and entry.number not in to_somewhere)
    ]
    text = sections.commented_out(text, static)
    entries = sections.parse(text, continued=True)
    switches = [entry for entry in entries if (entry.section, entry.key) == ("Network", "DHCP")]
    if switches or not is_main:
        return sections.edited(text, switches, lambda _value: "yes")
    return sections.with_lines(text, "Network", ["DHCP=yes"])


def _all_addresses(file: File) -> list[str]:
    return [
        *file.values("Network", "Address"),
        *(each.get("Address", "") for each in file.sections("Address")),
    ]


def _device(file: File) -> Setting:
    """The Setting for the interface that a .netdev file makes."""
    name = "".join(file.values("NetDev", "Name")[-1:])
    kind = "".join(file.values("NetDev", "Kind")[-1:])
    return Setting(
        file.path, KIND, name if INTERFACE.fullmatch(name) else None, virtual=True, tagged=kind.lower() == "vlan"
    )


def _settings(file: File, vlans: Collection[str | None], target: Target) -> Iterator[Setting]:
    """The Settings for the interfaces that a .network file configures, and one for each that they become part of."""
    if not _is_for_nics(file):
        return
    gateways = file.values("Network", "Gateway")
    gateways += [
        route.get("Gateway", "")
        for route in file.sections("Route")
        if route.get("Destination", "") in _EVERYWHERE and values.is_main_table(route.get("Table", ""))
    ]
    addresses = _all_addresses(file)
    common = Setting(
        file.path,
        KIND,
        None,
        method=_method(file, addresses),
        addresses=tuple(dict.fromkeys(found for text in addresses for found in values.with_prefix(text))),
        gateways=values.gateways(gateways),
        name_servers=values.gateways(word for value in file.values("Network", "DNS") for word in value.split()),
        mac=values.normal_mac("".join(file.values("Link", "MACAddress")[-1:])),
        source_hardware=tuple(source_hardware(file, target)),
        at_boot=_is_at_boot(file),
        hardware=bool(file.words("Type")),
        unmanaged=_is_unmanaged(file),
        dynamic=_method(file, ()) is not None,
        dhcp=static_sections.families_by_dhcp("".join(file.values("Network", "DHCP")[-1:])),
        order=posixpath.basename(file.path),
    )
    for setting in _for_each(file, common):
        yield setting
        lower = setting.name or setting.hardware_mac or setting.profile_key
        for key in _MADE_OF_IT:
            for upper in [word for value in file.values("Network", key) for word in value.split()]:
                if INTERFACE.fullmatch(upper):
                    tagged = upper in vlans or key in _NOT_CARRIED
                    yield Setting(
                        file.path, KIND, upper, virtual=True, lower=(lower,), tagged=tagged, order=setting.order
                    )


def source_hardware(file: File, target: Target) -> Iterator[str]:
    """What [Match] of a file asks of the hardware, and of the machine where the target is another."""
    for key in _HARDWARE_KEYS:
        value = " ".join(file.values("Match", key))
        if value not in ("", "*"):
            yield f"{key}={value}"
    # Only the last one counts (config_parse_net_condition() of network/networkd-util.c).
    for value in file.values("Match", "Virtualization")[-1:]:
        excluded = value.startswith("!")
        if (value.lstrip("! ") in (*_ANY_MACHINE, *target.detected_as)) == excluded:
            yield f"Virtualization={value}"


def _for_each(file: File, common: Setting) -> Iterator[Setting]:
    """common, for each interface that [Match] names, and for those that fit its patterns.

    Each word of Name= or MACAddress= is an interface of its own. One with both asks for both.
    """
    macs = list(dict.fromkeys(_macs(file)))
    conditions = file.conditions(*_NAME_KEYS)
    words = [word for condition in conditions for word in condition.split()]
    excluded = any(word.startswith("!") for word in words)
    names = [word for word in dict.fromkeys(words) if INTERFACE.fullmatch(word) and not excluded]
    if len(names) == len(macs) == 1:
        yield replace(common, name=names[0], hardware_mac=macs[0])
        return
    if macs and not names:
        for mac in macs:
            yield replace(common, hardware_mac=mac)
        return
    for name in names:
        yield replace(common, name=name)
    if len(names) < len(set(words)) or not words:
        yield replace(common, patterns=(" ".join(words) or "*",))


def _of_kind(file: File, devices: Iterable[tuple[Setting, str]]) -> Iterator[Setting]:
    """The Settings for the software, (Setting, its kind) each, that a file is for by Kind= or Type=, and by no name."""
    kinds = file.conditions("Kind") + file.conditions("Type")
    if file.words(*_NAME_KEYS) or not kinds or all(fits("ether", condition) for condition in kinds):
        return
    addresses = _all_addresses(file)
    for device, kind in devices:
        if all(fits(kind, condition) for condition in kinds):
            yield replace(
                device,
                file=file.path,
                method=_method(file, addresses),
                addresses=tuple(dict.fromkeys(found for text in addresses for found in values.with_prefix(text))),
                dynamic=_method(file, ()) is not None,
                order=posixpath.basename(file.path),
            )


def _is_unmanaged(file: File) -> bool:
    return "".join(file.values("Link", "Unmanaged")[-1:]).lower() in _YES


def _is_at_boot(file: File) -> bool:
    policy = "".join(file.values("Link", "ActivationPolicy")[-1:])
    return not _is_unmanaged(file) and policy not in _NOT_AT_BOOT


def _macs(file: File) -> list[str]:
    """The MAC addresses of which the interface must have one."""
    return [mac for mac in map(values.normal_mac, file.words(*_MAC_KEYS)) if mac]


def _is_for_nics(file: File) -> bool:
    """Whether the file can be for a wired NIC."""
    if not all(fits("ether", condition) for condition in file.conditions("Type")):
        return False
    # Of a wireless network alone, or of what WireGuard and the like make.
    if file.words("SSID", "BSSID", "WLANInterfaceType"):
        return False
    # systemd's own 80-container-*.network and 80-vm-*.network, which every guest has.
    if _CONTAINERS.intersection(file.words("Virtualization")) or SOFTWARE_DRIVERS.intersection(file.words("Driver")):
        return False
    # Kind= is that of software: "vlan", "bridge"; a NIC has none, and the pattern "!*" says so.
    return not [word for word in file.words("Kind") if not word.startswith("!")]


def _method(file: File, addresses: Collection[str]) -> str | None:
    if addresses:
        return "static"
    dhcp = "".join(file.values("Network", "DHCP")[-1:]).lower()
    if dhcp in _DHCP:
        return "dhcp"
    accepts = "".join(file.values("Network", "IPv6AcceptRA")[-1:]).lower()
    return "auto" if accepts in _YES else None


def _is_only_for(file: File, nics: Sequence[Nic]) -> bool:
    names = file.words(*_NAME_KEYS)
    if names:
        return {nic.name for nic in nics} >= set(names)
    return bool(_macs(file)) and {nic.hardware_mac for nic in nics} >= set(_macs(file))
