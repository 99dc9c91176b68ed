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


def _one_each(names, path, text, static, dynamic):
    """A file for each NIC: text, and static if it has an address, or else dynamic. {} is the name, or the address."""
    return {
        path.format(name): text.format(name) + (static.format(host) if host else dynamic)
        for name, host in names.items()
    }


def netplan(names):
    """One file of netplan's for each NIC."""
    text = "network:\n  ethernets:\n    {}:\n      "
    return _one_each(names, "/etc/netplan/{}.yaml", text, "addresses: [{}/8]\n", "dhcp4: true\n")


def networkd(names, match="{}"):
    """One .network file for each NIC."""
    text = f"[Match]\nName={match}\n[Network]\n"
    return _one_each(names, "/etc/systemd/network/{}.network", text, "Address={}/8\n", "DHCP=yes\n")


def keyfiles(names):
    """One connection for each NIC."""
    path = "/etc/NetworkManager/system-connections/{}.nmconnection"
    text = "[connection]\ntype=ethernet\nuuid={0}\ninterface-name={0}\n[ipv4]\n"
    return _one_each(names, path, text, "method=manual\naddress1={}/8\n", "method=auto\n")


def ifcfg_redhat(names):
    """One ifcfg file for each NIC."""
    path, text = "/etc/sysconfig/network-scripts/ifcfg-{}", "DEVICE={}\nONBOOT=yes\n"
    return _one_each(names, path, text, "IPADDR={}\nPREFIX=8\n", "BOOTPROTO=dhcp\n")


def ifcfg_suse(names):
    """One ifcfg file for each NIC."""
    path = "/etc/sysconfig/network/ifcfg-{}"
    return _one_each(names, path, "STARTMODE=auto\n", "IPADDR={}/8\n", "BOOTPROTO=dhcp\n")


def wicked(names):
    """One XML file for each NIC."""
    static = "<ipv4:static><address><local>{}/8</local></address></ipv4:static></interface>\n"
    dynamic = "<ipv4:dhcp><enabled>true</enabled></ipv4:dhcp></interface>\n"
    return _one_each(names, "/etc/wicked/ifconfig/{}.xml", "<interface><name>{}</name>", static, dynamic)


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
    return networkd(names, match="{}-*")


FORMATS = (interfaces, netplan, networkd, keyfiles, ifcfg_redhat, ifcfg_suse, wicked, cloud_init)
