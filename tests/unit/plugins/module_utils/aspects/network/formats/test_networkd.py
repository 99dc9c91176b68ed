# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""systemd-networkd's files: which are in force, what they say of NICs, and what is left when one goes."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.assembly import nics_of
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.macs import HARDWARE
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.nics import Nic
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.formats import networkd
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

ETC, USR = "/etc/systemd/network", "/usr/lib/systemd/network"
FILE = f"{ETC}/10-lan.network"
MAC, NEW_MAC = "00:50:56:aa:bb:cc", "52:54:00:00:00:01"

STATIC = """\
# the lab
[Match]
Name=ens192

[Network]
Address=10.0.2.15/24
Address=2001:db8::15/64
Gateway=10.0.2.2
DNS=10.0.2.3
"""


def nics(text, **more):
    return nics_of(networkd.read(FakeRoot({FILE: text, **more})))


def network(match="Name=ens192", settings=""):
    return f"[Match]\n{match}\n\n[Network]\n{settings}\n"


def test_a_static_address_is_read():
    (nic,) = nics(STATIC)
    assert (nic.name, nic.addresses, nic.gateway) == ("ens192", ("10.0.2.15/24", "2001:db8::15/64"), "10.0.2.2")
    assert (nic.method, nic.configured_by) == ("static", ((FILE, "networkd"),))


@pytest.mark.parametrize(
    "settings, addresses, gateway, method",
    [
        ("Address=10.0.2.15/24\nAddress=\nAddress=10.0.2.16/24", ("10.0.2.16/24",), None, "static"),
        (
            "[Address]\nAddress=10.0.2.15/24\n[Address]\nAddress=10.0.3.15/24",
            ("10.0.2.15/24", "10.0.3.15/24"),
            None,
            "static",
        ),
        ("[Address]\nAddress=10.0.2.15/24\n[Route]\nGateway=10.0.2.2", ("10.0.2.15/24",), "10.0.2.2", "static"),
        (
            "[Route]\nGateway=10.0.2.9\nDestination=10.9.0.0/16\n[Route]\nGateway=10.0.2.2\nDestination=0.0.0.0/0",
            (),
            "10.0.2.2",
            None,
        ),
        ("Gateway=_dhcp4\nDHCP=ipv4", (), None, "dhcp"),
        ("DHCP=yes", (), None, "dhcp"),
        ("DHCP=v6", (), None, "dhcp"),
        ("DHCP=no\nIPv6AcceptRA=yes", (), None, "auto"),
        ("Address=fe80::x/64\nDHCP=no", (), None, "static"),
        ("# Address=10.0.2.15/24\n;Address=10.0.2.15/24", (), None, None),
        ("Address=\\\n# aside\n 10.0.2.15/24", ("10.0.2.15/24",), None, "static"),
    ],
)
def test_settings_are_read_as_systemd_reads_them(settings, addresses, gateway, method):
    (nic,) = nics(network(settings=settings))
    assert (nic.addresses, nic.gateway, nic.method) == (addresses, gateway, method)


@pytest.mark.parametrize(
    "match, name, mac, patterns",
    [
        ("Name=ens192", "ens192", None, ()),
        (f"MACAddress={MAC.upper()}", None, MAC, ()),
        (f"PermanentMACAddress={MAC.replace(':', '-')}", None, MAC, ()),
        (f"Name=ens192\nMACAddress={MAC}", "ens192", MAC, ()),
        ("Name=en*", None, None, ("en*",)),
        ("Name=en* eth*", None, None, ("en* eth*",)),
        ("Name=en*\nName=eth*", None, None, ("en* eth*",)),
        ("Name=!lo", None, None, ("!lo",)),
        ("Name=!lo br*\nName=e*", None, None, ("!lo !br* e*",)),
        ("Type=ether\nKind=!*", None, None, ("*",)),
    ],
)
def test_hardware_is_known_by_what_match_says(match, name, mac, patterns):
    (nic,) = nics(network(match))
    assert (nic.name, nic.hardware_mac, nic.patterns) == (name, mac, patterns)


@pytest.mark.parametrize(
    "match, found",
    [
        ("Name=ens192 ens224", [("ens192", None), ("ens224", None)]),
        ("Name=ens192\nName=ens224", [("ens192", None), ("ens224", None)]),
        (f"MACAddress={MAC} {NEW_MAC}", [(None, MAC), (None, NEW_MAC)]),
        (f"MACAddress={MAC}\nPermanentMACAddress={MAC}", [(None, MAC)]),
        (f"Name=ens192 ens224\nMACAddress={MAC} {NEW_MAC}", [("ens192", None), ("ens224", None)]),
        (f"Name=en*\nMACAddress={MAC}", [(None, MAC)]),
        ("Name=ens192 eth*", [("ens192", None)]),
    ],
)
def test_each_name_and_each_mac_of_a_list_is_a_nic(match, found):
    assert [(nic.name, nic.hardware_mac) for nic in nics(network(match))] == found


@pytest.mark.parametrize(
    "match",
    [
        "Type=!ether",
        "Type=wlan",
        "Type=loopback",
        "Kind=vlan",
        "Name=lo",
        "Name=br0",
        # What systemd 252 itself has in /usr/lib/systemd/network.
        "Name=6rd-*\nType=sit",
        "Virtualization=container\nName=host0",
        "Name=vb-*\nDriver=veth",
        "Name=ve-*\nDriver=veth",
        "Name=vz-*\nDriver=bridge",
        "Name=vt-*\nDriver=tun",
        "Type=wlan\nWLANInterfaceType=ad-hoc",
    ],
)
def test_what_is_for_other_interfaces_is_no_nic(match):
    assert nics(network(match)) == []


def test_what_asks_for_the_old_hardware_is_told():
    (nic,) = nics(network("Name=ens192\nDriver=vmxnet3\nPath=pci-0000:0b:00.0"))
    assert nic.source_hardware == ((FILE, "Driver=vmxnet3"), (FILE, "Path=pci-0000:0b:00.0"))


def test_etc_goes_before_usr_and_an_empty_file_masks():
    files = {
        f"{USR}/10-lan.network": network("Name=ens1"),
        f"{USR}/20-b.network": network("Name=ens2"),
        f"{ETC}/20-b.network": "",
        f"{USR}/30-c.network": network("Name=ens3"),
        "/run/systemd/network/40-d.network": network("Name=ens4"),
    }
    assert [nic.name for nic in nics(STATIC, **files)] == ["ens3", "ens192"]


def test_drop_ins_add_and_are_hidden_by_name():
    files = {
        f"{USR}/10-lan.network.d/50-more.conf": "[Network]\nAddress=10.9.9.9/24\n",
        f"{ETC}/10-lan.network.d/50-more.conf": "[Network]\nAddress=10.0.3.15/24\n",
        f"{ETC}/10-lan.network.d/10-less.conf": "[Network]\nAddress=\n",
        f"{ETC}/10-lan.network.d/readme": "[Network]\nAddress=10.9.9.9/24\n",
    }
    (nic,) = nics(STATIC, **files)
    assert nic.addresses == ("10.0.3.15/24",)


def test_drop_ins_of_all_directories_are_read_in_the_order_of_their_names():
    files = {
        f"{USR}/10-lan.network.d/20-b.conf": "[Network]\nAddress=10.0.2.2/24\n",
        f"{ETC}/10-lan.network.d/10-a.conf": "[Network]\nAddress=\nAddress=10.0.1.1/24\n",
        "/usr/local/lib/systemd/network/10-lan.network.d/30-c.conf": "[Network]\nAddress=10.0.3.3/24\n",
        f"{USR}/10-lan.network.d/30-c.conf": "[Network]\nAddress=10.9.9.9/24\n",
        "/run/systemd/network/10-lan.network.d/40-d.conf": "[Network]\nAddress=10.9.9.9/24\n",
    }
    (nic,) = nics(STATIC, **files)
    assert nic.addresses == ("10.0.1.1/24", "10.0.2.2/24", "10.0.3.3/24")


def test_bonds_bridges_and_vlans_are_used_by_their_members():
    files = {
        f"{ETC}/bond.netdev": "[NetDev]\nName=uplink\nKind=bond\n",
        f"{ETC}/vlan.netdev": "[NetDev]\nName=office\nKind=vlan\n[VLAN]\nId=5\n",
        f"{ETC}/uplink.network": network("Name=uplink", "Address=10.0.2.15/24\nGateway=10.0.2.2\nVLAN=office"),
        f"{ETC}/office.network": network("Name=office", "Address=10.5.0.1/8"),
        f"{ETC}/second.network": network(f"MACAddress={MAC}", "Bond=uplink"),
    }
    nic, by_mac = nics(network(settings="Bond=uplink"), **files)
    assert nic.name == "ens192"
    for each in (nic, by_mac):
        assert {upper.name: upper.carried for upper in each.used_by} == {"uplink": True, "office": False}
        assert each.reached_at == ("10.0.2.15/24",)


def test_a_nic_that_goes_takes_what_is_only_its_own():
    files = {
        FILE: STATIC,
        f"{FILE}.d/mtu.conf": "[Link]\nMTUBytes=9000\n",
        f"{USR}/50-lan.network": STATIC,
        f"{ETC}/20-mac.network": network(f"MACAddress={MAC}"),
        f"{ETC}/30-both.network": network("Name=ens192 ens224"),
        f"{ETC}/40-any.network": network("Name=en*"),
    }
    root = FakeRoot(files)
    networkd.unconfigure(root, [Nic("ens192", "ens192", MAC, HARDWARE)])
    assert sorted(root.files) == [
        f"{ETC}/30-both.network",
        f"{ETC}/40-any.network",
        f"{ETC}/50-lan.network",
        f"{USR}/50-lan.network",
    ]
    assert root.files[f"{ETC}/50-lan.network"] == ""
    count = len(root.changes())
    networkd.unconfigure(root, [Nic("ens192", "ens192", MAC, HARDWARE)])
    assert len(root.changes()) == count


def test_the_distributions_files_stay_and_what_changes_is_in_etc():
    files = {f"{USR}/10-a.network": network(f"MACAddress={MAC}"), f"{USR}/20-b.network": network("Name=ens224")}
    root = FakeRoot(files)
    networkd.replace_macs(root, {MAC: NEW_MAC})
    networkd.rename(root, {"ens192": "lan0"})
    networkd.use_dhcp(root, [Nic("ens224", "ens224", configured_by=((f"{USR}/20-b.network", "networkd"),))])
    assert root.files == {**files, f"{ETC}/10-a.network": network(f"MACAddress={NEW_MAC}")}


def test_mac_addresses_follow_and_the_rest_stays():
    text = network(f"MACAddress = {MAC} \\\n  00:50:56:00:00:07\n# {MAC}\nName=ens192") + f"[Link]\nMACAddress={MAC}\n"
    root = FakeRoot({FILE: text})
    networkd.replace_macs(root, {MAC: NEW_MAC})
    assert root.files[FILE] == text.replace(MAC, NEW_MAC).replace(f"# {NEW_MAC}", f"# {MAC}")
