# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of a guest's files when ens192 is called enp1s0, and when it gets its address by DHCP; all formats."""

from __future__ import annotations

MAC = "00:50:56:aa:bb:cc"
ETC = "/etc/sysconfig/network-scripts"
SUSE = "/etc/sysconfig/network"

# {path: text} before and after.
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
                "network:\n  ethernets: {ens192: {}, ens224: {}}\n  bonds:\n    bond0:\n"
                "      interfaces: [ens192, ens224]\n      parameters: {primary: ens192}\n"
            ),
        },
        {
            "/etc/netplan/a.yaml": (
                "network:\n  ethernets: {enp1s0: {}, ens224: {}}\n  bonds:\n    bond0:\n"
                "      interfaces: [enp1s0, ens224]\n      parameters: {primary: enp1s0}\n"
            ),
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
            "/usr/lib/systemd/network/a.network": "[Match]\nName=ens192\n",
            "/usr/lib/systemd/network/b.network": (
                "[Match]\nName=br0\n[Network]\nBindCarrier=ens192 ens224\n"
                "[RoutingPolicyRule]\nIncomingInterface=ens192\n"
            ),
            "/usr/lib/systemd/network/c.network": "[Match]\nName=ens224\n",
        },
        {
            "/usr/lib/systemd/network/a.network": "[Match]\nName=ens192\n",
            "/usr/lib/systemd/network/b.network": (
                "[Match]\nName=br0\n[Network]\nBindCarrier=ens192 ens224\n"
                "[RoutingPolicyRule]\nIncomingInterface=ens192\n"
            ),
            "/usr/lib/systemd/network/c.network": "[Match]\nName=ens224\n",
            "/etc/systemd/network/a.network": "[Match]\nName=enp1s0\n",
            "/etc/systemd/network/b.network": (
                "[Match]\nName=br0\n[Network]\nBindCarrier=enp1s0 ens224\n"
                "[RoutingPolicyRule]\nIncomingInterface=enp1s0\n"
            ),
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
            "/etc/NetworkManager/system-connections/b": (
                "[connection]\ntype=bond\ninterface-name=bond0\n[bond]\nmode=active-backup\nprimary=ens192\n"
            ),
        },
        {
            "/etc/NetworkManager/system-connections/ens192": (
                "[connection]\nid=ens192\ntype=ethernet\ninterface-name=enp1s0\n"
            ),
            "/etc/NetworkManager/system-connections/v": (
                "[connection]\ntype=vlan\ninterface-name=ens192.5\n[vlan]\nparent=enp1s0\n"
            ),
            "/etc/NetworkManager/system-connections/b": (
                "[connection]\ntype=bond\ninterface-name=bond0\n[bond]\nmode=active-backup\nprimary=enp1s0\n"
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
            f"{ETC}/ifcfg-bond0": "TYPE=Bond\nBONDING_OPTS='mode=1 primary=ens192'\n",
        },
        {
            f"{ETC}/ifcfg-enp1s0": "# ens192\nNAME=ens192\nDEVICE='enp1s0'\nIPADDR=10.0.2.15\n",
            f"{ETC}/ifcfg-enp1s0:1": "DEVICE=enp1s0:1\nIPADDR=10.0.2.16\n",
            f"{ETC}/ifcfg-enp1s0.5": "VLAN=yes\n",
            f"{ETC}/ifcfg-office": "TYPE=Vlan\nPHYSDEV=enp1s0\nDEVICE=office\n",
            f"{ETC}/route-enp1s0": "192.0.2.0/24 via 10.0.2.9 dev enp1s0\n",
            "/etc/sysconfig/network": "GATEWAYDEV=enp1s0\n",
            f"{ETC}/ifcfg-bond0": "TYPE=Bond\nBONDING_OPTS='mode=1 primary=enp1s0'\n",
        },
    ),
    (
        {
            f"{ETC}/ifcfg-lan": "DEVICE=ens192\nIPADDR=10.0.2.15\n",
            f"{ETC}/route-lan": "192.0.2.0/24 via 10.0.2.9 dev ens192\n",
            f"{ETC}/rule-ens192": "iif ens192 lookup 5\n",
        },
        {
            f"{ETC}/ifcfg-lan": "DEVICE=enp1s0\nIPADDR=10.0.2.15\n",
            f"{ETC}/route-lan": "192.0.2.0/24 via 10.0.2.9 dev enp1s0\n",
            f"{ETC}/rule-enp1s0": "iif enp1s0 lookup 5\n",
        },
    ),
    (
        {
            f"{SUSE}/ifcfg-ens192": "IPADDR=10.0.2.15/24\n",
            f"{SUSE}/ifcfg-br0": "BRIDGE=yes\nBRIDGE_PORTS='ens192 ens224'\n",
            f"{SUSE}/ifcfg-office": "ETHERDEVICE=ens192\n",
            f"{SUSE}/ifcfg-bond0": "BONDING_MASTER=yes\nBONDING_MODULE_OPTS='mode=1 primary=ens192'\n",
            f"{SUSE}/ifroute-ens192": "default 10.0.2.2 - ens192\n",
            f"{SUSE}/routes": "# ens192\ndefault 10.0.2.2 - ens192\n",
        },
        {
            f"{SUSE}/ifcfg-enp1s0": "IPADDR=10.0.2.15/24\n",
            f"{SUSE}/ifcfg-br0": "BRIDGE=yes\nBRIDGE_PORTS='enp1s0 ens224'\n",
            f"{SUSE}/ifcfg-office": "ETHERDEVICE=enp1s0\n",
            f"{SUSE}/ifcfg-bond0": "BONDING_MASTER=yes\nBONDING_MODULE_OPTS='mode=1 primary=enp1s0'\n",
            f"{SUSE}/ifroute-enp1s0": "default 10.0.2.2 - enp1s0\n",
            f"{SUSE}/routes": "# ens192\ndefault 10.0.2.2 - enp1s0\n",
        },
    ),
    (
        {
            "/etc/cloud/cloud.cfg.d/a.cfg": (
                "network:\n  version: 1\n  config:\n  - {type: physical, name: ens192}\n  - {type: bond, name: bond0,"
                " bond_interfaces: [ens192], params: {bond-primary: ens192}}\n"
                "  - {type: vlan, name: ens192.5, vlan_link: ens192}\n"
            )
        },
        {
            "/etc/cloud/cloud.cfg.d/a.cfg": (
                "network:\n  version: 1\n  config:\n  - {type: physical, name: enp1s0}\n  - {type: bond, name: bond0,"
                " bond_interfaces: [enp1s0], params: {bond-primary: enp1s0}}\n"
                "  - {type: vlan, name: ens192.5, vlan_link: enp1s0}\n"
            )
        },
    ),
    (
        {
            "/etc/wicked/ifconfig/a.xml": "<!-- ens192 --><interface><name>ens192</name></interface>\n",
            "/etc/wicked/local.xml": "<config><addrconf><dhcp4><device name='ens192'/></dhcp4></addrconf></config>\n",
        },
        {
            "/etc/wicked/ifconfig/a.xml": "<!-- ens192 --><interface><name>enp1s0</name></interface>\n",
            "/etc/wicked/local.xml": "<config><addrconf><dhcp4><device name='enp1s0'/></dhcp4></addrconf></config>\n",
        },
    ),
]

# A path, and its text before and after.
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
    (
        "/etc/wicked/ifconfig/a.xml",
        (
            "<interface><name>ens192</name><ipv4:static><address><local>10.0.2.15/24</local></address></ipv4:static>"
            "</interface>"
        ),
        (
            "<interface><name>ens192</name><ipv4:dhcp>  <enabled>true</enabled></ipv4:dhcp>"
            "<!-- <ipv4:static><address><local>10.0.2.15/24</local></address></ipv4:static> --></interface>"
        ),
    ),
]
