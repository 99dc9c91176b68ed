# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policies of a NIC, in every format: its configuration under another name, and DHCP for a static address."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import network
from ansible_collections.virttools.guestconv.plugins.module_utils.conversion import Conversion
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.fake_root import FakeRoot

MAC = "00:50:56:aa:bb:cc"
ETC = "/etc/sysconfig/network-scripts"
SUSE = "/etc/sysconfig/network"
LIBRARY = {"/usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-252.so": ""}

RENAMED = [
    (
        {
            "/etc/network/interfaces": (
                "# ens192\nauto lo ens192 ens1920\niface ens192 inet static\n  address 10.0.2.15/24\n  up ip route add"
                " 192.0.2.0/24 dev ens192\n  # ens192\niface ens192:1 inet manual\niface ens192.5 inet dhcp\niface"
                " bond0 inet manual\n  bond-slaves ens192 ens224\n"
            ),
        },
        {
            "/etc/network/interfaces": (
                "# ens192\nauto lo enp1s0 ens1920\niface enp1s0 inet static\n  address 10.0.2.15/24\n  up ip route add"
                " 192.0.2.0/24 dev enp1s0\n  # ens192\niface enp1s0:1 inet manual\niface enp1s0.5 inet dhcp\niface"
                " bond0 inet manual\n  bond-slaves enp1s0 ens224\n"
            ),
        },
    ),
    (
        {
            "/etc/netplan/a.yaml": (
                "network:\n  ethernets:\n    ens192: {addresses: [10.0.2.15/24]} # ens192\n"
                "  bridges: {br0: {interfaces: ['ens192']}}\n  vlans:\n    ens192.5: {id: 5, link: ens192}\n"
            ),
            "/etc/netplan/b.yaml": "network: {ethernets: {ens192: {dhcp6: true}}}\n",
        },
        {
            "/etc/netplan/a.yaml": (
                "network:\n  ethernets:\n    enp1s0: {addresses: [10.0.2.15/24]} # ens192\n"
                "  bridges: {br0: {interfaces: ['enp1s0']}}\n  vlans:\n    ens192.5: {id: 5, link: enp1s0}\n"
            ),
            "/etc/netplan/b.yaml": "network: {ethernets: {enp1s0: {dhcp6: true}}}\n",
        },
    ),
    (
        {
            "/etc/netplan/a.yaml": (
                f"network: {{ethernets: {{x: {{match: {{macaddress: '{MAC}'}}, set-name: ens192}}}}}}\n"
            )
        },
        {
            "/etc/netplan/a.yaml": (
                f"network: {{ethernets: {{x: {{match: {{macaddress: '{MAC}'}}, set-name: enp1s0}}}}}}\n"
            )
        },
    ),
    (
        {
            "/etc/systemd/network/ens192.network": (
                "# ens192\n[Match]\nName=ens192\n[Network]\nAddress=10.0.2.15/24\nVLAN=ens192.5\n"
            ),
            "/etc/systemd/network/vlan.netdev": "[NetDev]\nName=ens192.5\nKind=vlan\n",
        },
        {
            "/etc/systemd/network/ens192.network": (
                "# ens192\n[Match]\nName=enp1s0\n[Network]\nAddress=10.0.2.15/24\nVLAN=ens192.5\n"
            ),
            "/etc/systemd/network/vlan.netdev": "[NetDev]\nName=ens192.5\nKind=vlan\n",
        },
    ),
    (
        {
            "/etc/NetworkManager/system-connections/ens192": (
                "[connection]\nid=ens192\ntype=ethernet\ninterface-name=ens192\n"
            ),
            "/etc/NetworkManager/system-connections/v": (
                "[connection]\ntype=vlan\ninterface-name=ens192.5\n[vlan]\nparent=ens192\n"
            ),
        },
        {
            "/etc/NetworkManager/system-connections/ens192": (
                "[connection]\nid=ens192\ntype=ethernet\ninterface-name=enp1s0\n"
            ),
            "/etc/NetworkManager/system-connections/v": (
                "[connection]\ntype=vlan\ninterface-name=ens192.5\n[vlan]\nparent=enp1s0\n"
            ),
        },
    ),
    (
        {
            f"{ETC}/ifcfg-ens192": "# ens192\nNAME=ens192\nDEVICE='ens192'\nIPADDR=10.0.2.15\n",
            f"{ETC}/ifcfg-ens192:1": "DEVICE=ens192:1\nIPADDR=10.0.2.16\n",
            f"{ETC}/ifcfg-ens192.5": "VLAN=yes\n",
            f"{ETC}/ifcfg-office": "TYPE=Vlan\nPHYSDEV=ens192\nDEVICE=office\n",
            f"{ETC}/route-ens192": "192.0.2.0/24 via 10.0.2.9 dev ens192\n",
            "/etc/sysconfig/network": "GATEWAYDEV=ens192\n",
        },
        {
            f"{ETC}/ifcfg-enp1s0": "# ens192\nNAME=ens192\nDEVICE='enp1s0'\nIPADDR=10.0.2.15\n",
            f"{ETC}/ifcfg-enp1s0:1": "DEVICE=enp1s0:1\nIPADDR=10.0.2.16\n",
            f"{ETC}/ifcfg-enp1s0.5": "VLAN=yes\n",
            f"{ETC}/ifcfg-office": "TYPE=Vlan\nPHYSDEV=enp1s0\nDEVICE=office\n",
            f"{ETC}/route-enp1s0": "192.0.2.0/24 via 10.0.2.9 dev enp1s0\n",
            "/etc/sysconfig/network": "GATEWAYDEV=enp1s0\n",
        },
    ),
    (
        {
            f"{SUSE}/ifcfg-ens192": "IPADDR=10.0.2.15/24\n",
            f"{SUSE}/ifcfg-br0": "BRIDGE=yes\nBRIDGE_PORTS='ens192 ens224'\n",
            f"{SUSE}/ifcfg-office": "ETHERDEVICE=ens192\n",
            f"{SUSE}/ifroute-ens192": "default 10.0.2.2 - ens192\n",
            f"{SUSE}/routes": "# ens192\ndefault 10.0.2.2 - ens192\n",
        },
        {
            f"{SUSE}/ifcfg-enp1s0": "IPADDR=10.0.2.15/24\n",
            f"{SUSE}/ifcfg-br0": "BRIDGE=yes\nBRIDGE_PORTS='enp1s0 ens224'\n",
            f"{SUSE}/ifcfg-office": "ETHERDEVICE=enp1s0\n",
            f"{SUSE}/ifroute-enp1s0": "default 10.0.2.2 - enp1s0\n",
            f"{SUSE}/routes": "# ens192\ndefault 10.0.2.2 - enp1s0\n",
        },
    ),
    (
        {
            "/etc/cloud/cloud.cfg.d/a.cfg": (
                "network:\n  version: 1\n  config:\n  - {type: physical, name: ens192}\n  - {type: bond, name: bond0,"
                " bond_interfaces: [ens192]}\n  - {type: vlan, name: ens192.5, vlan_link: ens192}\n"
            )
        },
        {
            "/etc/cloud/cloud.cfg.d/a.cfg": (
                "network:\n  version: 1\n  config:\n  - {type: physical, name: enp1s0}\n  - {type: bond, name: bond0,"
                " bond_interfaces: [enp1s0]}\n  - {type: vlan, name: ens192.5, vlan_link: enp1s0}\n"
            )
        },
    ),
]

DYNAMIC = [
    (
        "/etc/network/interfaces",
        (
            "iface ens192 inet static\n  address 10.0.2.15/24\n  gateway 10.0.2.2\n  mtu 9000\niface ens192 inet6"
            " static\n  address 2001:db8::1/64\niface ens192:1 inet static\n  address 10.0.2.16/24\niface ens224 inet"
            " static\n"
        ),
        (
            "iface ens192 inet dhcp\n#  address 10.0.2.15/24\n#  gateway 10.0.2.2\n  mtu 9000\niface ens192 inet6"
            " auto\n#  address 2001:db8::1/64\n#iface ens192:1 inet static\n#  address 10.0.2.16/24\niface ens224 inet"
            " static\n"
        ),
    ),
    (
        "/etc/netplan/a.yaml",
        (
            "network:\n  ethernets:\n    ens192:\n      addresses: # old\n        - 10.0.2.15/24\n      gateway4:"
            " 10.0.2.2\n      mtu: 9000\n"
        ),
        (
            "network:\n  ethernets:\n    ens192:\n      dhcp4: true\n#      addresses: # old\n#        -"
            " 10.0.2.15/24\n#      gateway4: 10.0.2.2\n      mtu: 9000\n"
        ),
    ),
    (
        "/etc/netplan/a.yaml",
        "network: {ethernets: {ens192: {dhcp4: no, addresses: [10.0.2.15/24]}, ens224: {addresses: [10.0.3.15/24]}}}\n",
        "network: {ethernets: {ens192: {dhcp4: true}, ens224: {addresses: [10.0.3.15/24]}}}\n",
    ),
    (
        "/etc/systemd/network/a.network",
        (
            "[Match]\nName=ens192\n\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\nDNS=10.0.2.3\n"
            "[Route]\nGateway=10.0.2.9\n"
            "Destination=192.0.2.0/24\n[Route]\nGateway=10.0.2.2\n"
        ),
        (
            "[Match]\nName=ens192\n\n[Network]\nDHCP=yes\n#Address=10.0.2.15/24\n#Gateway=10.0.2.2\nDNS=10.0.2.3\n"
            "[Route]\n"
            "Gateway=10.0.2.9\nDestination=192.0.2.0/24\n[Route]\n#Gateway=10.0.2.2\n"
        ),
    ),
    (
        "/etc/systemd/network/a.network",
        "[Match]\nName=ens192\n[Address]\nAddress=10.0.2.15/24\n",
        "[Match]\nName=ens192\n[Address]\n#Address=10.0.2.15/24\n\n[Network]\nDHCP=yes\n",
    ),
    (
        "/etc/systemd/network/a.network",
        "[Match]\nName=ens192\n[Network]\nDHCP=no\nAddress=10.0.2.15/24\n",
        "[Match]\nName=ens192\n[Network]\nDHCP=yes\n#Address=10.0.2.15/24\n",
    ),
    (
        "/etc/NetworkManager/system-connections/a",
        (
            "[connection]\ntype=ethernet\ninterface-name=ens192\n[ipv4]\nmethod ="
            " manual\naddress1=10.0.2.15/24,10.0.2.2\ngateway=10.0.2.2\n"
            "dns=10.0.2.3;\n[ipv6]\nmethod=disabled\naddress1=2001:db8::1/64\n"
        ),
        (
            "[connection]\ntype=ethernet\ninterface-name=ens192\n[ipv4]\nmethod ="
            " auto\n#address1=10.0.2.15/24,10.0.2.2\n#gateway=10.0.2.2\n"
            "dns=10.0.2.3;\n[ipv6]\nmethod=disabled\naddress1=2001:db8::1/64\n"
        ),
    ),
    (
        f"{ETC}/ifcfg-ens192",
        "BOOTPROTO='none' # why\nIPADDR=10.0.2.15\nPREFIX=24\nGATEWAY=10.0.2.2\nDNS1=10.0.2.3\nIPV6ADDR=2001:db8::1/64",
        (
            "BOOTPROTO=dhcp #"
            " why\n#IPADDR=10.0.2.15\n#PREFIX=24\n#GATEWAY=10.0.2.2\nDNS1=10.0.2.3\n#IPV6ADDR=2001:db8::1/64\n"
            "IPV6_AUTOCONF=yes\n"
        ),
    ),
    (
        f"{SUSE}/ifcfg-ens192",
        "IPADDR='10.0.2.15/24'\nIPADDR_1='10.0.3.15/24'\nLABEL_1='x'\nSTARTMODE='auto'\n",
        "#IPADDR='10.0.2.15/24'\n#IPADDR_1='10.0.3.15/24'\n#LABEL_1='x'\nSTARTMODE='auto'\nBOOTPROTO='dhcp'\n",
    ),
    (
        "/etc/cloud/cloud.cfg.d/a.cfg",
        (
            "network:\n  version: 1\n  config:\n  - type: physical\n    name: ens192\n    subnets:\n    - type:"
            " static\n      address: 10.0.2.15/24\n      gateway: 10.0.2.2\n      dns_nameservers: [10.0.2.3]\n"
        ),
        (
            "network:\n  version: 1\n  config:\n  - type: physical\n    name: ens192\n    subnets:\n    - type: dhcp\n#"
            "      address: 10.0.2.15/24\n#      gateway: 10.0.2.2\n      dns_nameservers: [10.0.2.3]\n"
        ),
    ),
    (
        "/etc/cloud/cloud.cfg.d/a.cfg",
        "network:\n  version: 1\n  config:\n  - type: physical\n    name: ens192\n    subnets:\n"
        "    - address: 10.0.2.15/24\n      type: static\n",
        "network:\n  version: 1\n  config:\n  - type: physical\n    name: ens192\n    subnets:\n"
        "    - #address: 10.0.2.15/24\n      type: dhcp\n",
    ),
]


def guest(files, hardware=None):
    facts = {"bootloader": SimpleNamespace(arguments=[])}
    return FakeRoot({**LIBRARY, **files}, facts=facts, hardware=hardware or {"interfaces": [{"mac": MAC}]})


def convert(root, **settings):
    """Convert with these settings for ens192; the other NICs are kept."""
    found = network.inspect(root).devices["network"]
    drivers = {"network": {identifier: "virtio-net-pci" for identifier in found}}
    selection = SimpleNamespace(drivers=drivers, removed={}, settings={"network": {"ens192": settings}})
    conversion = Conversion(root.guest.target, selection)
    network.convert(root, conversion)
    return conversion


@pytest.mark.parametrize("before, after", RENAMED)
def test_a_renamed_nic_is_renamed_wherever_it_is_named(before, after):
    root = guest(before)
    hardware = convert(root, policy="rename", name="enp1s0").hardware["interfaces"]
    written = {path: text for path, text in root.files.items() if path not in LIBRARY and "guestconv" not in path}
    assert written == after
    assert hardware[0]["name"] == "enp1s0"
    assert "enp1s0" in [nic.name for nic in network.nics.nics_of(network._settings(root)[0])]


@pytest.mark.parametrize("path, before, after", DYNAMIC)
def test_a_nic_with_dhcp_has_no_static_address(path, before, after):
    root = guest({path: before})
    interface, *_others = convert(root, policy="dhcp").hardware["interfaces"]
    assert root.files[path] == after
    assert (interface["name"], interface["addresses"], interface["gateway"]) == ("ens192", [], None)
    found = network.inspect(root).devices["network"]["ens192"]
    assert (found["method"], found["addresses"]) == ("dhcp", [])
    convert(root, policy="dhcp")
    assert root.files[path] == after


def test_a_name_that_was_bound_is_bound_anew():
    link = "/etc/systemd/network/50-lan.link"
    rules = "/etc/udev/rules.d/70-persistent-net.rules"
    root = guest(
        {
            "/etc/network/interfaces": "iface ens192 inet dhcp\n",
            link: f"[Match]\nMACAddress={MAC}\n[Link]\nName=ens192\nMTUBytes=9000\n",
        }
    )
    convert(root, policy="rename", name="lan0")
    assert root.files[link] == f"[Match]\nMACAddress={MAC}\n[Link]\nName=lan0\nMTUBytes=9000\n"
    rule = f'DRIVERS=="?*", ATTR{{address}}=="{MAC}", NAME="%s"\n'
    root = guest({"/etc/network/interfaces": "iface ens192 inet dhcp\n", rules: rule % "ens192"})
    convert(root, policy="rename", name="lan0")
    assert root.files[rules] == rule % "lan0"


def test_our_own_binding_follows_the_name_and_so_does_the_command_line():
    root = guest({"/etc/network/interfaces": "iface ens192 inet dhcp\n"})
    convert(root)
    conversion = convert(root, policy="rename", name="lan0")
    links = [path for path in root.files if path.endswith(".link")]
    assert links == ["/etc/systemd/network/10-guestconv-lan0.link"]
    assert conversion.edit_arguments("quiet ip=ens192:dhcp") == "quiet ip=lan0:dhcp"


def test_suses_default_route_goes_with_the_static_address():
    files = {
        f"{SUSE}/ifcfg-ens192": "IPADDR='10.0.2.15/24'\n",
        f"{SUSE}/routes": "default 10.0.2.2\n10.0.0.0/8 10.0.2.9\n",
    }
    root = guest(files)
    convert(root, policy="dhcp")
    assert root.files[f"{SUSE}/routes"] == "#default 10.0.2.2\n10.0.0.0/8 10.0.2.9\n"


def test_red_hats_alias_goes_with_the_static_address():
    files = {
        f"{ETC}/ifcfg-ens192": "IPADDR=10.0.2.15\n",
        f"{ETC}/ifcfg-ens192:1": "DEVICE=ens192:1\nIPADDR=10.0.2.16\n",
    }
    root = guest(files)
    convert(root, policy="dhcp")
    assert f"{ETC}/ifcfg-ens192:1" not in root.files


def test_the_distributions_file_of_networkds_is_changed_in_etc():
    root = guest({"/usr/lib/systemd/network/a.network": "[Match]\nName=ens192\n[Network]\nAddress=10.0.2.15/24\n"})
    convert(root, policy="dhcp")
    assert "DHCP=yes" in root.files["/etc/systemd/network/a.network"]
    assert "DHCP" not in root.files["/usr/lib/systemd/network/a.network"]


@pytest.mark.parametrize(
    "settings, path",
    [
        ({"policy": "static"}, "policy"),
        ({"policy": "rename"}, "name"),
        ({"policy": "rename", "name": "much-too-long-a-name"}, "name"),
        ({"policy": "rename", "name": "a/b"}, "name"),
        ({"policy": "rename", "name": 7}, "name"),
        ({"policy": "dhcp", "name": "lan0"}, "name"),
        ({"name": "lan0"}, "name"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_path(settings, path):
    root = guest({"/etc/network/interfaces": "iface ens192 inet dhcp\n"})
    with pytest.raises(GuestconvError) as error:
        convert(root, **settings)
    assert (error.value.code, error.value.path) == ("policy-malformed", f"guest.devices.network.ens192.{path}")
    assert root.changes() == []
