# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests that differ by how they configure their network, and by nothing else.

Each is an overlay over a guest with a few files more; but for Open vSwitch that is debian12-network. A new one is a new
row of VARIANTS.

Most have two network cards, which are to become cards of two models on the target: so one boot shows both models. Any
card but those named stays without a static address: only a guest whose network identity is right answers there.
"""

from __future__ import annotations

import hashlib
import posixpath
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ansible_collections.virttools.guestconv.plugins.module_utils.disks.images import disks_from_option
from ansible_collections.virttools.guestconv.tests.any_call import Appliance
from tests.guests.build import guest, made_once, scratch_beside
from tests.guests.errors import run

BASE = "debian12-network"

# The guest of VARIANTS that has one network card, ens192; it is for any model.
ALONE = "networkmanager-alone"

MAC, MAC2 = "00:50:56:aa:bb:cc", "00:50:56:aa:bb:cd"
NEW_MAC, NEW_MAC2 = "52:54:00:00:00:01", "52:54:00:00:00:02"

ONE = {"interfaces": [{"mac": MAC, "addresses": ["10.0.2.15"]}]}
TWO = {"interfaces": [{"mac": MAC2, "addresses": ["10.0.3.15"]}, {"mac": MAC, "addresses": ["10.0.2.15"]}]}
NEW_MACS = [{"from": MAC, "mac": NEW_MAC}, {"from": MAC2, "mac": NEW_MAC2}]
# A bond's members carry no addresses of their own: ens192 comes first.
BOND = {"interfaces": [{"mac": MAC}, {"mac": MAC2}]}

VIRTIO_AND_E1000 = {"ens192": "virtio-net-pci", "ens224": "e1000"}
E1000_AND_VIRTIO = {"ens192": "e1000", "ens224": "virtio-net-pci"}

STATIC = {"ens192": ["10.0.2.15/24"], "ens224": ["10.0.3.15/24"]}
STATIC_AND_IPV6 = {"ens192": ["10.0.2.15/24", "fd00:2::15/64"], "ens224": ["10.0.3.15/24"]}
OVER_BOND = {"ens192": [], "ens224": [], "bond0": ["10.0.2.15/24"]}

RULES = "/etc/udev/rules.d/70-persistent-net.rules"


def _rule(mac, name):
    """As Debian's and SUSE's generators wrote them."""
    return (
        "# PCI device 0x15ad:0x07b0 (vmxnet3)\n"
        f'SUBSYSTEM=="net", ACTION=="add", DRIVERS=="vmxnet3", ATTR{{address}}=="{mac}", ATTR{{dev_id}}=="0x0", '
        f'ATTR{{type}}=="1", NAME="{name}"\n'
    )


_RULE_FOR_ENS224 = _rule(MAC2, "ens224")
_INTERFACES = "/etc/network/interfaces"
_LOOPBACK = "# Loopback\nauto lo\niface lo inet loopback\n\n"
_NETWORKD = "/etc/systemd/network"
_KEYFILES = "/etc/NetworkManager/system-connections"


@dataclass(frozen=True)
class Variant:
    """A guest as its source had it, and what is to become of it.

    what: how docs/support.md calls it.
    files: {absolute path: text}. services: those that systemd starts at boot.
    hardware: what the source hypervisor knows, for inspect. drivers: {network card: the model that is chosen for it}.
    settings: {network card: what else is chosen for it}.
    addresses: {interface: the static addresses that it has on the target}; gateways: those of the default routes.
    members: the network cards in bond0, the active one first.
    edited: those of files that must change with the hardware; all others stay as they are, to the byte.
    reversed: the target has the cards in the other order. base: the guest that it is an overlay over.
    """

    what: str
    files: dict[str, str]
    services: tuple[str, ...]
    hardware: dict = field(default_factory=dict)
    drivers: dict[str, str] = field(default_factory=lambda: VIRTIO_AND_E1000)
    settings: dict[str, dict] = field(default_factory=dict)
    addresses: dict[str, list[str]] = field(default_factory=lambda: STATIC)
    gateways: tuple[str, ...] = ("10.0.2.2",)
    members: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    reversed: bool = False
    base: str = BASE


def _ifupdown(first="ens192", second="ens224", auto="auto", more=""):
    """ifupdown's file for two network cards of these names, with more stanzas."""
    return (
        f"{_LOOPBACK}{auto} {first} {second}\n"
        f"iface {first} inet static\n\taddress 10.0.2.15/24\n\tgateway 10.0.2.2\n"
        f"iface {second} inet static\n\taddress 10.0.3.15\n\tnetmask 255.255.255.0\n{more}"
    )


def _keyfile(name, number, ipv4, ipv6="method=disabled\n"):
    return (
        f"[connection]\nid={name}\nuuid=6f0a4a1e-6a4b-4b8f-9f38-f3c7a7e0a00{number}\ntype=ethernet\n"
        f"interface-name={name}\n\n[ethernet]\n\n[ipv4]\nmethod=manual\n{ipv4}\n[ipv6]\n{ipv6}"
    )


def _netplan(renderer):
    """{path: text} of netplan's, of which the second file adds to what the first says."""
    return {
        "/etc/netplan/01-netcfg.yaml": (
            f"# Written by hand\nnetwork:\n  version: 2\n  renderer: {renderer}\n  ethernets:\n    ens192:\n"
            "      addresses: [10.0.2.15/24]\n      routes:\n        - to: default\n          via: 10.0.2.2\n"
        ),
        "/etc/netplan/50-more.yaml": (
            "network:\n  ethernets:\n    ens192:\n      addresses: ['fd00:2::15/64']\n"
            "      routes: [{to: '::/0', via: 'fd00:2::2'}]\n"
            "    ens224: {addresses: [10.0.3.15/24]}\n"
        ),
    }


# As systemd-networkd has them: the bond, its address, and its ports by a list of names or of MAC addresses.
_BOND0 = "[NetDev]\nName=bond0\nKind=bond\n\n[Bond]\nMode=active-backup\nMIIMonitorSec=100ms\n"
_GATEWAY_ANSWERS = "ARPIntervalSec=1s\nARPIPTargets=10.0.2.2\nARPValidate=all"
_ON_BOND0 = "[Match]\nName=bond0\n\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\n"


def _bond_by_list(match):
    """{path: text} of a bond of systemd-networkd, in which one file is for both ports, which fit match."""
    return {
        # No port can be the primary one, where one file is for all: that is the active one at which the gateway answers.
        f"{_NETWORKD}/bond0.netdev": _BOND0.replace("MIIMonitorSec=100ms", _GATEWAY_ANSWERS),
        f"{_NETWORKD}/10-ports.network": f"[Match]\n{match}\n\n[Network]\nBond=bond0\n",
        f"{_NETWORKD}/20-bond0.network": _ON_BOND0,
    }


def _nmstate(name, number, kind, of_kind):
    """A keyfile as nmstate writes it (rust/src/lib/nm/nm_dbus/gen_conf): sorted keys, lists from 0."""
    return (
        f"[connection]\nautoconnect=true\nautoconnect-slaves={'1' if kind == 'bond' else '-1'}\nid={name}\n"
        f"interface-name={name}\n{of_kind}type={kind}\nuuid=6f0a4a1e-6a4b-4b8f-9f38-f3c7a7e0b00{number}\n"
    )


# NetworkManager 1.42 calls the controller `master`, and newer ones write both.
_PORT_OF_NMSTATE = "master=6f0a4a1e-6a4b-4b8f-9f38-f3c7a7e0b000\nslave-type=bond\n"
_NOT_AT_HOME = {"interfaces": [{"mac": MAC, "addresses": ["192.168.7.15"]}, {"mac": MAC2}]}
_AT_HOME = {
    "ens192": {"policy": "static", "addresses": ["10.0.2.15/24"], "gateway": "10.0.2.2"},
    "ens224": {"policy": "static", "addresses": "10.0.3.15/24"},
}

VARIANTS = {
    # From a hypervisor whose machines are like the target's: by its place there, each card is called as the other was.
    "ifupdown-exchanged": Variant(
        what="ifupdown, names by the place on the bus, cards exchanged",
        files={_INTERFACES: _ifupdown("enp0s2", "enp0s3")},
        services=("networking",),
        hardware=TWO,
        drivers={"enp0s2": "e1000", "enp0s3": "virtio-net-pci"},
        addresses={"enp0s2": STATIC["ens192"], "enp0s3": STATIC["ens224"]},
        reversed=True,
    ),
    "ifupdown-hotplug": Variant(
        what="ifupdown, allow-hotplug, IPv6, a persistent-net rule",
        files={
            _INTERFACES: _ifupdown(
                auto="allow-hotplug", more="iface ens192 inet6 static\n\taddress fd00:2::15/64\n\tgateway fd00:2::2\n"
            ),
            RULES: _RULE_FOR_ENS224,
        },
        services=("networking",),
        hardware=ONE,
        addresses=STATIC_AND_IPV6,
        gateways=("10.0.2.2", "fd00:2::2"),
        edited=(RULES,),
    ),
    # The addresses of the hardware are in what dhclient said, when these cards still had their addresses from it.
    "ifupdown-logs": Variant(
        what="ifupdown, MAC addresses by logs",
        files={
            _INTERFACES: _ifupdown(),
            "/var/log/syslog": (
                f"Nov 21 06:25:31 web01 dhclient[412]: Listening on LPF/ens192/{MAC}\n"
                f"Nov 21 06:25:31 web01 dhclient[412]: Sending on   LPF/ens192/{MAC}\n"
                f"Nov 21 06:25:32 web01 dhclient[431]: Listening on LPF/ens224/{MAC2}\n"
            ),
        },
        services=("networking",),
        reversed=True,
    ),
    "ifupdown-bond": Variant(
        what="ifupdown, a bond by bond-slaves, a VLAN on it",
        files={
            _INTERFACES: (
                f"{_LOOPBACK}auto bond0\niface bond0 inet static\n\taddress 10.0.2.15/24\n\tgateway 10.0.2.2\n"
                "\tbond-slaves ens192 ens224\n\tbond-mode active-backup\n\tbond-primary ens192\n\tbond-miimon 100\n\n"
                "auto bond0.5\niface bond0.5 inet static\n\taddress 10.5.0.15/24\n"
            ),
        },
        services=("networking",),
        hardware=BOND,
        addresses={**OVER_BOND, "bond0.5": ["10.5.0.15/24"]},
        members=("ens192", "ens224"),
    ),
    "ifupdown-bond-master": Variant(
        what="ifupdown, a bond by bond-master in its ports",
        files={
            _INTERFACES: (
                f"{_LOOPBACK}auto ens192\niface ens192 inet manual\n\tbond-master bond0\n\tbond-mode active-backup\n"
                "\tbond-primary ens192\n\n"
                "auto ens224\niface ens224 inet manual\n\tbond-master bond0\n\tbond-mode active-backup\n\n"
                "auto bond0\niface bond0 inet static\n\taddress 10.0.2.15/24\n\tgateway 10.0.2.2\n"
                "\tbond-slaves none\n\tbond-mode active-backup\n\tbond-miimon 100\n\tbond-primary ens192\n"
            ),
        },
        services=("networking",),
        hardware=BOND,
        drivers=E1000_AND_VIRTIO,
        addresses=OVER_BOND,
        members=("ens192", "ens224"),
        reversed=True,
    ),
    # README.Debian of openvswitch-switch. The bridge has the MAC address of a card, too.
    "ifupdown-openvswitch": Variant(
        what="ifupdown, a bond of Open vSwitch in a bridge of its",
        files={
            _INTERFACES: (
                f"{_LOOPBACK}auto br0\nallow-ovs br0\niface br0 inet static\n\taddress 10.0.2.15/24\n\tgateway 10.0.2.2\n"
                "\tovs_type OVSBridge\n\tovs_ports bond0\n\n"
                "allow-br0 bond0\niface bond0 inet manual\n\tovs_bridge br0\n\tovs_type OVSBond\n"
                "\tovs_bonds ens192 ens224\n\tovs_options bond_mode=active-backup other_config:bond-primary=ens192\n"
            ),
        },
        services=("networking",),
        hardware=BOND,
        drivers=E1000_AND_VIRTIO,
        addresses={"ens192": [], "ens224": [], "br0": ["10.0.2.15/24"]},
        reversed=True,
        base="debian12-openvswitch",
    ),
    "ifupdown-static": Variant(
        what="ifupdown, policy: static",
        files={
            _INTERFACES: (
                f"{_LOOPBACK}auto ens192\niface ens192 inet static\n\taddress 192.168.7.15\n\tnetmask 255.255.255.0\n"
                "\tgateway 192.168.7.2\n\nauto ens224\niface ens224 inet dhcp\n"
            ),
        },
        services=("networking",),
        hardware=_NOT_AT_HOME,
        settings=_AT_HOME,
        drivers=E1000_AND_VIRTIO,
        edited=(_INTERFACES,),
    ),
    # To another subnet, and from DHCP.
    "networkd-static": Variant(
        what="systemd-networkd, policy: static",
        files={
            f"{_NETWORKD}/10-lan.network": (
                "[Match]\nName=ens192\n\n[Network]\nAddress=192.168.7.15/24\nGateway=192.168.7.2\n"
            ),
            f"{_NETWORKD}/20-storage.network": "[Match]\nName=ens224\n\n[Network]\nDHCP=yes\n",
        },
        services=("systemd-networkd",),
        hardware=_NOT_AT_HOME,
        settings=_AT_HOME,
        edited=(f"{_NETWORKD}/10-lan.network", f"{_NETWORKD}/20-storage.network"),
    ),
    "networkd": Variant(
        what="systemd-networkd, IPv6 by a drop-in",
        files={
            f"{_NETWORKD}/10-lan.network": (
                "[Match]\nName=ens192\n\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\n"
            ),
            f"{_NETWORKD}/10-lan.network.d/ipv6.conf": "[Network]\nAddress=fd00:2::15/64\nGateway=fd00:2::2\n",
            f"{_NETWORKD}/20-storage.network": "[Match]\nName=ens224\n\n[Address]\nAddress=10.0.3.15/24\n",
            RULES: _RULE_FOR_ENS224,
        },
        services=("systemd-networkd",),
        hardware=ONE,
        addresses=STATIC_AND_IPV6,
        gateways=("10.0.2.2", "fd00:2::2"),
        edited=(RULES,),
    ),
    "networkd-bond": Variant(
        what="systemd-networkd, a bond, a VLAN on it",
        files={
            f"{_NETWORKD}/bond0.netdev": _BOND0,
            f"{_NETWORKD}/office.netdev": "[NetDev]\nName=office\nKind=vlan\n\n[VLAN]\nId=5\n",
            f"{_NETWORKD}/10-first.network": "[Match]\nName=ens192\n\n[Network]\nBond=bond0\nPrimarySlave=yes\n",
            f"{_NETWORKD}/10-second.network": "[Match]\nName=ens224\n\n[Network]\nBond=bond0\n",
            f"{_NETWORKD}/20-bond0.network": (
                "[Match]\nName=bond0\n\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\nVLAN=office\n"
            ),
            f"{_NETWORKD}/20-office.network": "[Match]\nName=office\n\n[Network]\nAddress=10.5.0.15/24\n",
        },
        services=("systemd-networkd",),
        hardware=BOND,
        drivers=E1000_AND_VIRTIO,
        addresses={**OVER_BOND, "office": ["10.5.0.15/24"]},
        members=("ens192", "ens224"),
        reversed=True,
    ),
    "networkd-bond-by-names": Variant(
        what="systemd-networkd, a bond, ports by a list of names",
        files=_bond_by_list("Name=ens192 ens224"),
        services=("systemd-networkd",),
        hardware=BOND,
        addresses=OVER_BOND,
        members=("ens192", "ens224"),
        reversed=True,
    ),
    "networkd-bond-by-macs": Variant(
        what="systemd-networkd, a bond, ports by a list of MAC addresses, which are new ones",
        files={
            **_bond_by_list(f"MACAddress={MAC} {MAC2.upper().replace(':', '-')}"),
            RULES: _rule(MAC, "ens192") + _rule(MAC2, "ens224"),
        },
        services=("systemd-networkd",),
        hardware={**BOND, "target_interfaces": NEW_MACS},
        drivers=E1000_AND_VIRTIO,
        addresses=OVER_BOND,
        members=("ens192", "ens224"),
        edited=(RULES, f"{_NETWORKD}/10-ports.network"),
    ),
    "networkmanager": Variant(
        what="NetworkManager, IPv6",
        files={
            f"{_KEYFILES}/ens192.nmconnection": _keyfile(
                "ens192", 1, "address1=10.0.2.15/24,10.0.2.2\n", "method=manual\naddress1=fd00:2::15/64,fd00:2::2\n"
            ),
            f"{_KEYFILES}/ens224.nmconnection": _keyfile("ens224", 2, "address1=10.0.3.15/24\n"),
            RULES: _RULE_FOR_ENS224,
        },
        services=("NetworkManager",),
        hardware=ONE,
        addresses=STATIC_AND_IPV6,
        gateways=("10.0.2.2", "fd00:2::2"),
        edited=(RULES,),
    ),
    "networkmanager-bond": Variant(
        what="NetworkManager, a bond as nmstate writes it",
        files={
            f"{_KEYFILES}/bond0.nmconnection": (
                f"{_nmstate('bond0', 0, 'bond', '')}\n[bond]\nmiimon=100\nmode=active-backup\nprimary=ens192\n\n"
                "[ipv4]\naddress0=10.0.2.15/24\ndhcp-client-id=mac\nmethod=manual\nroute0=0.0.0.0/0,10.0.2.2\n"
                "route0_options=table=254\n\n[ipv6]\nmethod=disabled\n"
            ),
            f"{_KEYFILES}/ens192.nmconnection": f"{_nmstate('ens192', 1, 'ethernet', _PORT_OF_NMSTATE)}\n[ethernet]\n",
            f"{_KEYFILES}/ens224.nmconnection": f"{_nmstate('ens224', 2, 'ethernet', _PORT_OF_NMSTATE)}\n[ethernet]\n",
            # NetworkManager's dispatcher runs ifupdown's hooks (01-ifupdown). When a port is activated a second time, for
            # its bond, ifenslave's hook comes late and releases it. Without the mode for it this one is not run.
            "/etc/network/if-post-down.d/ifenslave": "#!/bin/sh\n",
        },
        services=("NetworkManager",),
        hardware=BOND,
        addresses=OVER_BOND,
        members=("ens192", "ens224"),
        reversed=True,
    ),
    "networkmanager-static": Variant(
        what="NetworkManager, policy: static",
        files={
            f"{_KEYFILES}/ens192.nmconnection": _keyfile("ens192", 1, "address1=192.168.7.15/24,192.168.7.2\n"),
            f"{_KEYFILES}/ens224.nmconnection": _keyfile("ens224", 2, "").replace("manual", "auto"),
        },
        services=("NetworkManager",),
        hardware=_NOT_AT_HOME,
        settings=_AT_HOME,
        edited=(f"{_KEYFILES}/ens192.nmconnection", f"{_KEYFILES}/ens224.nmconnection"),
    ),
    "netplan-networkd": Variant(
        what="netplan for systemd-networkd, two files",
        files={**_netplan("networkd"), RULES: _RULE_FOR_ENS224},
        services=("systemd-networkd",),
        hardware=ONE,
        addresses=STATIC_AND_IPV6,
        gateways=("10.0.2.2", "fd00:2::2"),
        edited=(RULES,),
    ),
    "netplan-networkmanager": Variant(
        what="netplan for NetworkManager, two files",
        files={**_netplan("NetworkManager"), RULES: _RULE_FOR_ENS224},
        services=("NetworkManager",),
        hardware=ONE,
        addresses=STATIC_AND_IPV6,
        gateways=("10.0.2.2", "fd00:2::2"),
        edited=(RULES,),
    ),
    # As cloud-init writes it: nothing but the MAC addresses need change, when the target gives the cards other ones.
    "netplan-new-macs": Variant(
        what="netplan, match by MAC addresses with set-name, which are new ones",
        files={
            "/etc/netplan/50-cloud-init.yaml": (
                f"network:\n  version: 2\n  ethernets:\n    first:\n      match:\n        macaddress: '{MAC}'\n"
                "      set-name: lan0\n      addresses: [10.0.2.15/24]\n"
                "      routes:\n        - to: default\n          via: 10.0.2.2\n"
                f"    second:\n      match: {{macaddress: '{MAC2.upper()}'}}\n"
                "      set-name: lan1\n      addresses: [10.0.3.15/24]\n"
            ),
        },
        services=("systemd-networkd",),
        hardware={"target_interfaces": NEW_MACS},
        drivers={"lan0": "virtio-net-pci", "lan1": "e1000"},
        addresses={"lan0": STATIC["ens192"], "lan1": STATIC["ens224"]},
        edited=("/etc/netplan/50-cloud-init.yaml",),
    ),
    # The cards keep whatever names they get on the target.
    "netplan-by-macs": Variant(
        what="netplan, match by MAC addresses without names",
        files={
            "/etc/netplan/50-cloud-init.yaml": (
                f"network:\n  version: 2\n  ethernets:\n    first:\n      match:\n        macaddress: '{MAC}'\n"
                "      addresses: [10.0.2.15/24]\n      routes:\n        - to: default\n          via: 10.0.2.2\n"
                f"    second:\n      match: {{macaddress: '{MAC2}'}}\n      addresses: [10.0.3.15/24]\n"
            ),
        },
        services=("systemd-networkd",),
        hardware=TWO,
        drivers={"nic0": "virtio-net-pci", "nic1": "e1000"},
        addresses={},
        reversed=True,
    ),
    "netplan-static": Variant(
        what="netplan, policy: static",
        files={
            "/etc/netplan/01-netcfg.yaml": (
                "network:\n  version: 2\n  ethernets:\n    ens192:\n      addresses:\n        - 192.168.7.15/24\n"
                "      routes:\n        - to: default\n          via: 192.168.7.2\n    ens224:\n      dhcp4: true\n"
            ),
        },
        services=("systemd-networkd",),
        hardware=_NOT_AT_HOME,
        settings=_AT_HOME,
        drivers=E1000_AND_VIRTIO,
        edited=("/etc/netplan/01-netcfg.yaml",),
    ),
    # Nobody knows the card's MAC address: its driver is what the name is bound to.
    ALONE: Variant(
        what="NetworkManager, one card, of an unknown MAC address",
        files={f"{_KEYFILES}/ens192.nmconnection": _keyfile("ens192", 1, "address1=10.0.2.15/24,10.0.2.2\n")},
        services=("NetworkManager",),
    ),
}


def disk(name):
    """The guest of VARIANTS called name, as an item of the modules' option disks. It is made first if need be.

    The image is shared by all tests: work on a copy of it, which is small. Raises BuildError.
    """
    base = guest(VARIANTS[name].base)
    # All over one guest in one launch of the appliance, which is most of the time that they take.
    variants = {each: variant for each, variant in VARIANTS.items() if variant.base == VARIANTS[name].base}
    directory = made_once(f"{base.stem}-{_key()}", partial(_make_all, base, variants))
    return {"path": str(directory / f"{name}.qcow2"), "backing": [str(base)]}


def _key():
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]


def _make_all(base, variants, directory):
    with scratch_beside(directory) as scratch:
        made = Path(scratch, "variants")
        made.mkdir()
        images = []
        for name in variants:
            images.append({"path": str(made / f"{name}.qcow2"), "backing": [str(base)]})
            run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base, images[-1]["path"]])
        with Appliance(disks_from_option(images), read_only=False) as appliance:
            for index, variant in enumerate(variants.values()):
                appliance.mount(f"{appliance.device(index)}1", "/")
                _write(appliance, variant)
                appliance.umount_all()
            appliance.close()
        made.rename(directory)


def _write(appliance, variant):
    for path, text in variant.files.items():
        appliance.mkdir_p(posixpath.dirname(path))
        appliance.write(path, text.encode())
        # NetworkManager ignores a connection that others than root may read; netplan warns.
        appliance.chmod(0o600 if path.startswith((_KEYFILES, "/etc/netplan")) else 0o644, path)
    appliance.command(["systemctl", "enable", *variant.services])
