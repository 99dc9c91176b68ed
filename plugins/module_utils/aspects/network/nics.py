# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network cards (NICs) of a guest, out of what all files of its configuration say of interfaces. Pure.

Each format of configuration is a file of this room, which offers

    KIND                        its name in configured_by
    read(root) -> [Setting]     what the files of this format say
    unconfigure(root, names)    takes the interfaces of these names out of them
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# What the kernel and the usual tools call interfaces that are not hardware. A VLAN has a dot: eth0.100.
_SOFTWARE = re.compile(
    r"lo|.*\..*"
    r"|(?:bond|br|bridge|dummy|gre|ifb|macvlan|ppp|sit|tap|team|tun|vlan|virbr|vmbr|vnet|vxlan|veth|wg)(?:[-_\d].*)?"
    r"|docker.*"
)

# What an interface with several settings (IPv4 and IPv6) is said to get its addresses by: the first of these.
_METHODS = ("static", "dhcp", "auto", "manual")

# NICs with names of these are the kernel's to name, in the order in which it finds them.
KERNEL_NAME = re.compile(r"eth\d+")


@dataclass(frozen=True)
class Setting:
    """What one file says of one interface.

    virtual: made by software (a bond, bridge, VLAN, ...), from the interfaces named in lower.
    method: static, dhcp, auto (by router advertisements), manual, or None.
    addresses: with prefix ("10.0.2.15/24").
    mac: the MAC address that the file wants the interface to have; the hardware's may be another.
    """

    file: str
    kind: str
    name: str
    virtual: bool = False
    lower: tuple = ()
    method: str | None = None
    addresses: tuple = ()
    gateway: str | None = None
    mac: str | None = None


@dataclass(frozen=True)
class Nic:
    """A network card.

    identifier: its key in the description, fit for a template (guest.devices.network.ens192).
    name: what the guest calls it, None for one that no file configures.
    mac: in lower case with colons, None when unknown. mac_learnt_from: the file that says so, "configuration" (which
        wants the NIC to have it, whatever the hardware has), "hardware" (the caller), or None.
    configured_by: pairs (file, kind).
    """

    identifier: str
    name: str | None
    mac: str | None = None
    mac_learnt_from: str | None = None
    addresses: tuple = ()
    gateway: str | None = None
    method: str | None = None
    configured_by: tuple = ()

    @property
    def hardware_mac(self):
        """The MAC address that the hardware had, None when unknown: the one to know the NIC by before it is set up."""
        return None if self.mac_learnt_from == "configuration" else self.mac

    def facts(self):
        """The NIC as it stands in current.network.<identifier>."""
        return {
            "name": self.name,
            "mac": self.mac,
            "mac_learnt_from": self.mac_learnt_from,
            "addresses": list(self.addresses),
            "gateway": self.gateway,
            "method": self.method,
            "configured_by": [{"file": file, "kind": kind} for file, kind in self.configured_by],
        }


def nics_of(settings):
    """The Nics among the interfaces of settings (all files'), in the natural order of their names (eth2, eth10)."""
    software = {setting.name for setting in settings if setting.virtual or _SOFTWARE.fullmatch(setting.name)}
    named = {name for setting in settings for name in (setting.name, *setting.lower)} - software
    names = sorted((name for name in named if not _SOFTWARE.fullmatch(name)), key=natural)
    nics = []
    for name in names:
        identifier = unique_identifier(name, {nic.identifier for nic in nics})
        nics.append(_merged(identifier, name, settings))
    return nics


def unique_identifier(name, taken):
    """name made fit for a template, and other than those in taken."""
    identifier = re.sub(r"\W|^(?=\d)", "_", name, flags=re.ASCII)
    while identifier in taken:
        identifier += "_"
    return identifier


def natural(name):
    """A key that sorts eth2 before eth10."""
    return [(part == "", int(part) if part.isdigit() else 0, part) for part in re.split(r"(\d+)", name)]


def _merged(identifier, name, settings):
    own = [setting for setting in settings if setting.name == name]
    methods = {setting.method for setting in own}
    gateways = [setting.gateway for setting in own if setting.gateway]
    mac = next((setting.mac for setting in own if setting.mac), None)
    named_in = [setting for setting in settings if name in (setting.name, *setting.lower)]
    return Nic(
        identifier,
        name,
        mac,
        "configuration" if mac else None,
        addresses=tuple(dict.fromkeys(address for setting in own for address in setting.addresses)),
        # There is one place for a gateway; IPv4's where there are both.
        gateway=min(gateways, key=lambda gateway: ":" in gateway, default=None),
        method=next((method for method in _METHODS if method in methods), None),
        configured_by=tuple(dict.fromkeys((setting.file, setting.kind) for setting in named_in)),
    )
