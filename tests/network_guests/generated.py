# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of guests with any number of NICs, in each format."""

from __future__ import annotations

MAC = "00:50:56:{:02x}:{:02x}:{:02x}"


def mac(index):
    """The MAC address of the card with this index."""
    return MAC.format(index >> 16 & 255, index >> 8 & 255, index & 255)


def address(index):
    """An address of its own for each index."""
    return f"10.{index >> 16 & 255}.{index >> 8 & 255}.{index & 255}"


def interfaces(names):
    """ifupdown's file for NICs, {name: address or None for DHCP}."""
    stanzas = [
        f"auto {name}\niface {name} inet static\n address {host}/8\n"
        if host
        else f"auto {name}\niface {name} inet dhcp\n"
        for name, host in names.items()
    ]
    return {"/etc/network/interfaces": "".join(stanzas)}


def netplan(names):
    """One file of netplan's for each NIC."""
    return {
        f"/etc/netplan/{name}.yaml": f"network:\n  ethernets:\n    {name}:\n      {_yaml(host)}\n"
        for name, host in names.items()
    }


def _yaml(host):
    return f"addresses: [{host}/8]" if host else "dhcp4: true"


def networkd(names):
    """One .network file for each NIC."""
    return {
        f"/etc/systemd/network/{name}.network": f"[Match]\nName={name}\n[Network]\n"
        + (f"Address={host}/8\n" if host else "DHCP=yes\n")
        for name, host in names.items()
    }


def keyfiles(names):
    """One connection for each NIC."""
    return {
        f"/etc/NetworkManager/system-connections/{name}.nmconnection": "[connection]\ntype=ethernet\n"
        f"uuid={name}\ninterface-name={name}\n[ipv4]\n"
        + (f"method=manual\naddress1={host}/8\n" if host else "method=auto\n")
        for name, host in names.items()
    }


def ifcfg_redhat(names):
    """One ifcfg file for each NIC."""
    return {
        f"/etc/sysconfig/network-scripts/ifcfg-{name}": f"DEVICE={name}\nONBOOT=yes\n"
        + (f"IPADDR={host}\nPREFIX=8\n" if host else "BOOTPROTO=dhcp\n")
        for name, host in names.items()
    }


def ifcfg_suse(names):
    """One ifcfg file for each NIC."""
    return {
        f"/etc/sysconfig/network/ifcfg-{name}": "STARTMODE=auto\n"
        + (f"IPADDR={host}/8\n" if host else "BOOTPROTO=dhcp\n")
        for name, host in names.items()
    }


def wicked(names):
    """One XML file for each NIC."""
    return {
        f"/etc/wicked/ifconfig/{name}.xml": f"<interface><name>{name}</name>"
        + (
            f"<ipv4:static><address><local>{host}/8</local></address></ipv4:static>"
            if host
            else "<ipv4:dhcp><enabled>true</enabled></ipv4:dhcp>"
        )
        + "</interface>\n"
        for name, host in names.items()
    }


def cloud_init(names):
    """cloud-init's configuration, version 1."""
    items = [
        f"  - {{type: physical, name: {name}, subnets: [{{type: {'static' if host else 'dhcp'}"
        + (f", address: {host}/8" if host else "")
        + "}]}\n"
        for name, host in names.items()
    ]
    return {"/etc/cloud/cloud.cfg.d/a.cfg": "network:\n  version: 1\n  config:\n" + "".join(items)}


def globs(names):
    """One .network file for each NIC, which knows it by a pattern."""
    return {
        f"/etc/systemd/network/{name}.network": f"[Match]\nName={name}-*\n[Network]\n"
        + (f"Address={host}/8\n" if host else "DHCP=yes\n")
        for name, host in names.items()
    }


FORMATS = (interfaces, netplan, networkd, keyfiles, ifcfg_redhat, ifcfg_suse, wicked, cloud_init)
