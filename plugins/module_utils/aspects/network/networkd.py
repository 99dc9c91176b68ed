# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""systemd-networkd's files: .network and .netdev (systemd.network(5), systemd.netdev(5)).

The first .network file whose [Match] fits an interface configures it, and no other, in the order of the files' names
over all directories; drop-ins (NAME.network.d/*.conf) add to it. A file in /etc hides one of its name in /usr/lib, and
an empty one, or a link to /dev/null, masks it.
"""

from __future__ import annotations

import posixpath
import re

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network import sections, values
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.nics import (
    INTERFACE,
    Setting,
    matches,
)

KIND = "networkd"
_WRITABLE = "/etc/systemd/network"
# /run does not outlive the guest's shutdown. /lib is where Debian has it before /usr was merged.
_DIRECTORIES = (_WRITABLE, "/usr/local/lib/systemd/network", "/usr/lib/systemd/network", "/lib/systemd/network")

_MAC_KEYS = ("MACAddress", "PermanentMACAddress")
_NAME_KEYS = ("Name", "OriginalName")
# What only hardware of one kind, or on one bus, has.
_HARDWARE_KEYS = ("Driver", "Path", "Property")
# What systemd-detect-virt(1) calls where there is no hardware.
_CONTAINERS = frozenset(("container", "systemd-nspawn", "lxc", "lxc-libvirt", "docker", "podman", "openvz", "no"))
# Interfaces on this one, by the key in its [Network] that names them; and those that it is a port of.
_MADE_OF_IT = ("VLAN", "MACVLAN", "MACVTAP", "IPVLAN", "IPVTAP", "Bond", "Bridge", "BatmanAdvanced")
_DHCP = {"yes": "dhcp", "true": "dhcp", "on": "dhcp", "1": "dhcp", "both": "dhcp", "ipv4": "dhcp", "v4": "dhcp"}
_DHCP.update({"ipv6": "dhcp", "v6": "dhcp"})
# The drivers of interfaces that are no hardware; systemd's own files for containers' ends match by them.
_SOFTWARE_DRIVERS = frozenset(("veth", "bridge", "tun", "bonding", "dummy", "team", "macvlan", "ipvlan"))
_EVERYWHERE = ("0.0.0.0/0", "::/0", "")


class _File:
    """A file with its drop-ins: path, and texts {path: text} in the order in which they are read."""

    def __init__(self, path, texts):
        self.path = path
        self.texts = texts
        self.entries = [
            (order, entry)
            for order, text in enumerate(texts.values())
            for entry in sections.parse(text, continued=True)
        ]

    def values(self, section, *keys):
        """The values of all lines with one of keys; an empty one takes back those before it (systemd.syntax(7))."""
        found = []
        for _order, entry in self.entries:
            if entry.section == section and entry.key in keys:
                found = [*found, entry.value] if entry.value else []
        return found

    def sections(self, name):
        """Each section called so, as {key: value}."""
        found = {}
        for order, entry in self.entries:
            if entry.section == name:
                found.setdefault((order, entry.number), {})[entry.key] = entry.value
        return list(found.values())

    def words(self, *keys):
        """What [Match] asks by keys, word by word."""
        return [word for value in self.values("Match", *keys) for word in value.split()]

    @property
    def macs(self):
        return [mac for mac in map(values.normal_mac, self.words(*_MAC_KEYS)) if mac]


def read(root):
    """What networkd's files say: a list of Settings."""
    devices = [_device(file) for file in _files(root, ".netdev")]
    vlans = {device.name for device in devices if device.tagged}
    return [
        *(device for device in devices if device.name),
        *(setting for file in _files(root, ".network") for setting in _settings(file, vlans)),
    ]


def unconfigure(root, nics):
    """Take away the .network files that are for none but these Nics."""
    detail = f"{', '.join(nic.name or nic.identifier for nic in nics)} is not on the target"
    for file in _files(root, ".network"):
        if not _is_only_for(file, nics):
            continue
        for path in file.texts:
            if path.startswith(f"{_WRITABLE}/"):
                root.remove(path, detail)
        if any(not path.startswith(f"{_WRITABLE}/") for path in file.texts):
            # The distribution's own file is masked by an empty one.
            root.write(posixpath.join(_WRITABLE, posixpath.basename(file.path)), "", detail)


def replace_macs(root, macs):
    """Make files that know their NIC by a MAC address know it by another: {old: new}."""
    for file in _files(root, ".network"):
        for path, text in file.texts.items():
            known_by = [
                entry
                for entry in sections.parse(text, continued=True)
                if entry.section == "Match" and entry.key in _MAC_KEYS
            ]
            text = sections.edited(text, known_by, lambda value: values.with_macs_replaced(value, macs))
            root.write(path, text, "the network card has another MAC address on the target")


def rename(root, names):
    """Make files that are for interfaces by name be for their new names: {old: new}."""
    for file in _files(root, ".network"):
        for path, text in file.texts.items():
            entries = [
                entry
                for entry in sections.parse(text, continued=True)
                if entry.section == "Match" and entry.key in _NAME_KEYS
            ]
            text = sections.edited(text, entries, lambda value: values.with_names_replaced(value, names))
            root.write(_writable(path), text, "the network card has another name on the target")


def use_dhcp(root, nics):
    """Let these Nics get their addresses by DHCP."""
    detail = f"{', '.join(nic.name or nic.identifier for nic in nics)} gets its address by DHCP on the target"
    paths = {path for nic in nics for path, _kind in nic.configured_by}
    for file in _files(root, ".network"):
        if file.path in paths and _method(file, _all_addresses(file)) == "static":
            for path, text in file.texts.items():
                root.write(_writable(path), _with_dhcp(text, path == file.path), detail)


def _writable(path):
    """Where a changed file goes: one in /etc hides the distribution's."""
    if path.startswith(f"{_WRITABLE}/"):
        return path
    return posixpath.join(_WRITABLE, *path.split("/systemd/network/", 1)[1:])


def _with_dhcp(text, is_main):
    """text without static addresses and gateways, and with DHCP switched on when it is the file and not a drop-in."""
    static = [
        entry
        for entry in sections.parse(text, continued=True)
        if (entry.section in ("Network", "Address") and entry.key in ("Address", "Gateway"))
        or (entry.section == "Route" and _is_default(entry, text))
    ]
    text = sections.commented_out(text, static)
    if not is_main:
        return text
    entries = sections.parse(text, continued=True)
    switches = [entry for entry in entries if (entry.section, entry.key) == ("Network", "DHCP")]
    if switches:
        return sections.edited(text, switches, lambda _value: "yes")
    header = re.search(r"^[ \t]*\[Network\].*$", text, re.MULTILINE)
    if header:
        return text[:header.end()] + "\nDHCP=yes" + text[header.end():]
    return text.rstrip("\n") + "\n\n[Network]\nDHCP=yes\n"


def _is_default(entry, text):
    """Whether the entry is of a [Route] section for the default route."""
    same = [each for each in sections.parse(text, continued=True) if each.number == entry.number]
    return {each.value for each in same if each.key == "Destination"} <= set(_EVERYWHERE)


def _all_addresses(file):
    return [
        *file.values("Network", "Address"),
        *(each.get("Address", "") for each in file.sections("Address")),
    ]


def _files(root, suffix):
    """The _Files with this suffix that are in force, in the order in which networkd looks at them."""
    found, drop_ins = {}, {}
    for directory in _DIRECTORIES:
        for name in root.list(directory):
            path = posixpath.join(directory, name)
            if name.endswith(suffix):
                found.setdefault(name, path)
            elif name.endswith(f"{suffix}.d"):
                for drop_in in root.list(path):
                    if drop_in.endswith(".conf"):
                        drop_ins.setdefault(name[:-2], {}).setdefault(drop_in, posixpath.join(path, drop_in))
    files = []
    for name in sorted(found):
        text = root.read(found[name])
        if text is None or not text.strip():
            continue
        of_file = [path for _name, path in sorted(drop_ins.get(name, {}).items())]
        texts = {path: root.read(path) or "" for path in of_file}
        files.append(_File(found[name], {found[name]: text, **texts}))
    return files


def _device(file):
    """The Setting for the interface that a .netdev file makes."""
    name = "".join(file.values("NetDev", "Name")[-1:])
    kind = "".join(file.values("NetDev", "Kind")[-1:])
    return Setting(
        file.path, KIND, name if INTERFACE.fullmatch(name) else None, virtual=True, tagged=kind.lower() == "vlan"
    )


def _settings(file, vlans):
    """The Setting for the interface that a .network file configures, and one for each that it becomes part of."""
    names = file.words(*_NAME_KEYS)
    macs = file.macs
    name = names[0] if len(names) == 1 and INTERFACE.fullmatch(names[0]) and names[0][0] != "!" else None
    if not _is_for_nics(file):
        return
    gateways = file.values("Network", "Gateway")
    gateways += [
        route.get("Gateway", "") for route in file.sections("Route") if route.get("Destination", "") in _EVERYWHERE
    ]
    addresses = _all_addresses(file)
    yield Setting(
        file.path,
        KIND,
        name,
        method=_method(file, addresses),
        addresses=tuple(dict.fromkeys(found for text in addresses for found in values.with_prefix(text))),
        gateway=next((gateway for gateway in map(values.gateway, gateways) if gateway), None),
        mac=values.normal_mac("".join(file.values("Link", "MACAddress")[-1:])),
        hardware_mac=macs[0] if len(macs) == 1 else None,
        patterns=() if name or len(macs) == 1 else _patterns(names),
        source_hardware=tuple(
            f"{key}={value}" for key in _HARDWARE_KEYS for value in file.values("Match", key) if value != "*"
        ),
    )
    lower = name or (macs[0] if len(macs) == 1 else None)
    if lower:
        for upper in [word for key in _MADE_OF_IT for value in file.values("Network", key) for word in value.split()]:
            if INTERFACE.fullmatch(upper):
                yield Setting(file.path, KIND, upper, virtual=True, lower=(lower,), tagged=upper in vlans)


def _is_for_nics(file):
    """Whether the file can be for a wired NIC."""
    kinds = [word for word in file.words("Type") if not word.startswith("!")]
    if kinds and not matches("ether", kinds):
        return False
    # systemd's own 80-container-*.network and 80-vm-*.network, which every guest has.
    if _CONTAINERS.intersection(file.words("Virtualization")) or _SOFTWARE_DRIVERS.intersection(file.words("Driver")):
        return False
    # Kind= is that of software: "vlan", "bridge"; a NIC has none, and the pattern "!*" says so.
    return not [word for word in file.words("Kind") if not word.startswith("!")]


def _patterns(names):
    return tuple(name for name in names if not name.startswith("!")) or ("*",)


def _method(file, addresses):
    if addresses:
        return "static"
    dhcp = "".join(file.values("Network", "DHCP")[-1:]).lower()
    if dhcp in _DHCP:
        return "dhcp"
    accepts = "".join(file.values("Network", "IPv6AcceptRA")[-1:]).lower()
    return "auto" if accepts in ("yes", "true", "on", "1") else None


def _is_only_for(file, nics):
    names = file.words(*_NAME_KEYS)
    if names:
        return {nic.name for nic in nics} >= set(names)
    return bool(file.macs) and {nic.hardware_mac for nic in nics} >= set(file.macs)
