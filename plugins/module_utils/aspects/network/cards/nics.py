# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network cards, as the settings of all of a guest's configuration together make them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from .macs import CONFIGURATION, MacSource, Origin

# What the kernel and the usual tools call interfaces that are not hardware. A VLAN has a dot: eth0.100.
_SOFTWARE = re.compile(
    r"lo|.*\..*"
    r"|(?:bat|bond|br|bridge|dummy|erspan|geneve|gre|gretap|ham|hsr|ifb|ip6gre|ip6tnl|ipip|ipsec|ipvlan|ipvtap|isatap"
    r"|l2tpeth|macsec|macvlan|macvtap|nlmon|nordlynx|ovs|ovsbr|ppp|prp|sit|sl|tap|team|teql|tun|vbox|vboxnet|vcan|veth"
    r"|vif|virbr|vlan|vmbr|vmnet|vnet|vrf|vti|vxlan|wg|xfrm)"
    r"(?:[-_\d].*)?"
    # Docker, Podman, Kubernetes' networks, LXC and LXD, VPNs.
    r"|docker.*|podman\d+|(?:cali|cilium_|flannel|kube-|nodelocal|weave|antrea|cni|lxc|lxdbr|incusbr|tailscale|nebula)[\w-]*"
    r"|zt[a-z0-9]{8}|ovs-system"
)
# What the kernel and udev call wireless cards, modems, InfiniBand and CAN (systemd.net-naming-scheme(7)). No machine that was
# converted has one.
_OTHER_HARDWARE = re.compile(r"(?:wlan|wwan|ath|mlan|ib|can|slcan)\d+|(?:wl|ww|ib)(?:[ops]\d\w*|x[0-9a-f]{12})")

# NICs with names of these are the kernel's to name, in the order in which it finds them.
KERNEL_NAME = re.compile(r"eth\d+")

# dev_valid_name() of net/core/dev.c, less what makes it a pattern or an alias (interfaces(5)).
INTERFACE = re.compile(r"[^\s/:*?\[\]=]{1,15}")


@dataclass(frozen=True)
class Setting:
    """What one file says of one interface.

    name: None where the file knows the interface by something else: hardware_mac, or patterns (globs over names).
    hardware: whether the file says that it is hardware, or is only for hardware.
    virtual: made by software (a bond, bridge, VLAN, ...), from the interfaces in lower (names, or what else the file
        knows them by: MAC addresses, profiles). tagged: as a VLAN, or else so that it is not reached by itself.
    method: static, dhcp, auto (by router advertisements), manual, or None.
    dynamic: whether it gets addresses by DHCP or router advertisements in addition to static ones.
    dhcp: the families (4, 6) of which it gets addresses by DHCP, in addition to static ones too.
    addresses: with prefix ("10.0.2.15/24"). gateways: those of default routes.
    mac: the MAC address that the file wants the interface to have; the hardware's may be another.
    hardware_mac: the MAC address by which the file knows the hardware.
    patterns: what names fit, each as of patterns.fits. profile: what distinguishes it from others in its file, with a
        slash in it; the path of the file if it is alone there. order: see patterns.py.
    superseded: whether the daemon applies another file of its format to the same interface.
    unmanaged: whether the file only says that its daemon leaves the interface alone.
    binds: whether the guest gives hardware_mac the name because of this file.
    is_record: whether the file is a record of a former run and no configuration of the next one.
    source_hardware: what it asks for that only the source has ("Driver=vmxnet3").
    at_boot: whether the interface is brought up when the system boots.
    """

    file: str
    kind: str
    name: str | None
    virtual: bool = False
    lower: tuple[str, ...] = ()
    tagged: bool = False
    method: str | None = None
    addresses: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    name_servers: tuple[str, ...] = ()
    mac: str | None = None
    hardware_mac: str | None = None
    patterns: tuple[str, ...] = ()
    binds: bool = False
    is_record: bool = False
    source_hardware: tuple[str, ...] = ()
    at_boot: bool = True
    dynamic: bool = False
    dhcp: tuple[int, ...] = ()
    hardware: bool = False
    unmanaged: bool = False
    superseded: bool = False
    profile: str = ""
    order: str | None = None

    @property
    def gateway(self) -> str | None:
        """The first of its gateways, IPv4's where there are some of both families, or None."""
        return min(self.gateways, key=lambda gateway: ":" in gateway, default=None)

    @property
    def profile_key(self) -> str:
        """What no Setting of another profile has."""
        return self.profile or self.file


@dataclass(frozen=True)
class Upper:
    """An interface that software makes of a NIC. carried: whether the NIC carries its addresses untagged."""

    name: str
    addresses: tuple[str, ...]
    gateway: str | None
    carried: bool
    is_dynamic: bool = False

    def facts(self) -> dict[str, Any]:
        """The interface as it stands in current.network.<identifier>.used_by."""
        return {"name": self.name, "addresses": list(self.addresses)}


@dataclass(frozen=True)
class Nic:
    """A network card.

    identifier: its key in the description, fit for a template (guest.devices.network.ens192).
    name: what the guest calls it, None for one that no file names.
    mac: in lower case with colons, None when unknown. mac_source: where it was learnt.
    mac_is_hint: whether mac is too uncertain to know the NIC by: seen in the last run, and there is no other NIC.
    gateway: IPv4's, where there are some of both families; gateways: all.
    configured_by: pairs (file, kind).
    patterns: what its name must fit, one of them, each as of patterns.fits.
    used_by: the Uppers on it.
    name_bound_by: the file of configuration because of which the guest gives it its name, or None.
    source_hardware: pairs (file, what it asks for that only the source has).
    at_boot: whether it is brought up when the system boots, by itself or for what is made of it.
    on_source: False where the caller listed the cards of the source, and it is not one of them.
    is_dynamic: whether it, or what is made of it, gets an address that no file says.
    dhcp: the families (4, 6) of which it gets addresses by DHCP itself, in addition to static ones too.
    is_left_alone: whether all that is said of it is that a daemon does not manage it.
    """

    identifier: str
    name: str | None
    mac: str | None = None
    mac_source: MacSource | None = None
    mac_is_hint: bool = False
    addresses: tuple[str, ...] = ()
    gateway: str | None = None
    gateways: tuple[str, ...] = ()
    name_servers: tuple[str, ...] = ()
    method: str | None = None
    configured_by: tuple[tuple[str, str], ...] = ()
    patterns: tuple[str, ...] = ()
    used_by: tuple[Upper, ...] = ()
    name_bound_by: str | None = None
    source_hardware: tuple[tuple[str, str], ...] = ()
    at_boot: bool = True
    on_source: bool = True
    is_dynamic: bool = False
    dhcp: tuple[int, ...] = ()
    is_left_alone: bool = False

    @property
    def hardware_mac(self) -> str | None:
        """The MAC address that the hardware had, None when unknown: the one to know the NIC by before it is set up."""
        return None if self.mac_is_hint or self.mac_source == CONFIGURATION else self.mac

    @property
    def is_of_several(self) -> bool:
        """Whether configurations for different hardware of the source are for the NIC: only one of them was applied."""
        asked = set(self.source_hardware)
        keys = {re.split("[=:]", what)[0] for _file, what in asked}
        return len({file for file, _what in asked}) > 1 or len(keys) < len(asked)

    @property
    def key(self) -> str | None:
        """What configuration can be for this NIC alone by: its name, or else the MAC address of its hardware."""
        return self.name or self.hardware_mac

    @property
    def mac_was_seen(self) -> bool:
        """Whether mac is but a trace of a former run, such as a lease: the NIC may have had another since."""
        return self.mac_source is not None and self.mac_source.origin is Origin.TRACE

    @property
    def label(self) -> str:
        """What messages call the NIC: its name or, without one, its identifier."""
        return self.name or self.identifier

    @property
    def reached_at(self) -> tuple[str, ...]:
        """All addresses that it carries untagged: its own, and those of bonds and bridges on it."""
        return reached(self.addresses, self.used_by)

    def facts(self, bound_by: str | None = None) -> dict[str, Any]:
        """The NIC as it stands in current.network.<identifier>. bound_by: what else than configuration binds its name."""
        return {
            "name": self.name,
            "name_bound_by": bound_by or self.name_bound_by,
            "mac": self.mac,
            "mac_learnt_from": self.mac_source.fact() if self.mac_source else None,
            "addresses": list(self.addresses),
            "gateway": self.gateway,
            "method": self.method,
            "configured_by": [{"file": file, "kind": kind} for file, kind in self.configured_by],
            "used_by": [upper.facts() for upper in self.used_by],
        }


def is_software(name: str) -> bool:
    """Whether interfaces called so are software by what everybody calls them, or hardware that is no Ethernet card."""
    return bool(_SOFTWARE.fullmatch(name) or _OTHER_HARDWARE.fullmatch(name))


def mac_in(name: str) -> str | None:
    """The MAC address in a name that udev has made of it (enx005056aabbcc), None in another."""
    found = re.fullmatch(r"enx([0-9a-f]{12})", name)
    return ":".join(re.findall("..", found[1])) if found else None


def is_name(key: str | None) -> bool:
    """Whether key is the name of an interface, and no MAC address or profile."""
    return key is not None and ":" not in key and "/" not in key


def reached(addresses: Iterable[str], uppers: Iterable[Upper]) -> tuple[str, ...]:
    """addresses, and those that uppers have untagged."""
    carried = [address for upper in uppers if upper.carried for address in upper.addresses]
    return tuple(dict.fromkeys((*addresses, *carried)))


def unique_identifier(name: str, taken: Collection[str]) -> str:
    """name made fit for a template, and other than those in taken."""
    identifier = re.sub(r"\W|^(?=\d)", "_", name, flags=re.ASCII)
    while identifier in taken:
        identifier += "_"
    return identifier


def natural(name: str) -> list[tuple[bool, int, str]]:
    """A key that sorts eth2 before eth10."""
    return [
        (part == "", int(part) if part.isdecimal() and len(part) < 10 else 0, part) for part in re.split(r"(\d+)", name)
    ]


def labels(nics: Iterable[Nic]) -> str:
    """What a message calls these Nics, together."""
    return ", ".join(nic.label for nic in nics)
