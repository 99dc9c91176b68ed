# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/etc/network/interfaces: what it says of NICs, and what is left of it when one of them goes."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.assembly import nics_of
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.macs import CONFIGURATION
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.nics import Nic
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.formats import interfaces
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

FILE = "/etc/network/interfaces"

DEBIAN = """\
# This file describes the network interfaces available on your system
source /etc/network/interfaces.d/*

auto lo
iface lo inet loopback

# The primary network interface
allow-hotplug ens192
iface ens192 inet static
\taddress 10.0.2.15/24
\tgateway 10.0.2.2
\t# dns-* options are implemented by the resolvconf package
\tdns-nameservers 10.0.2.3
"""


def nics(text, **more):
    """The Nics of a guest with this interfaces file, by name."""
    root = FakeRoot({FILE: text, **more})
    return {nic.name: nic for nic in nics_of(interfaces.read(root))}


def test_a_static_address_is_read():
    nic = nics(DEBIAN)["ens192"]
    assert (nic.addresses, nic.gateway, nic.method) == (("10.0.2.15/24",), "10.0.2.2", "static")
    assert nic.configured_by == ((FILE, "interfaces"),)


def test_no_file_is_no_nic():
    assert interfaces.read(FakeRoot()) == []


@pytest.mark.parametrize(
    "family, options, address",
    [
        ("inet", "address 192.0.2.7/26", "192.0.2.7/26"),
        ("inet", "address 192.0.2.7\n netmask 255.255.255.128", "192.0.2.7/25"),
        ("inet", "netmask 25\n address 192.0.2.7", "192.0.2.7/25"),
        ("inet", "address 10.1.2.3", "10.1.2.3/8"),
        ("inet", "address 172.16.2.3", "172.16.2.3/16"),
        ("inet", "address 192.168.2.3", "192.168.2.3/24"),
        ("inet6", "address 2001:DB8:0::1/48", "2001:db8::1/48"),
        ("inet6", "address 2001:db8::1\n netmask 56", "2001:db8::1/56"),
        ("inet6", "address 2001:db8::1", "2001:db8::1/64"),
    ],
)
def test_the_prefix_is_what_ifupdown_takes(family, options, address):
    assert nics(f"iface eth0 {family} static\n {options}\n")["eth0"].addresses == (address,)


@pytest.mark.parametrize("option", ["", "address", "address $IP", "address 10.0.0.300", "address 10.1.1.1/99"])
def test_an_address_that_is_none_is_left_out(option):
    assert nics(f"iface eth0 inet static\n {option}\n")["eth0"].addresses == ()


@pytest.mark.parametrize(
    "stanza",
    [
        "iface eth0 inet static\n  up ip route add 192.0.2.0/24 \\\n    via 10.0.0.1\n  address 10.0.0.5/8\n",
        "iface eth0 inet static \\\n\n  address 10.0.0.5/8\n",
        "no-auto-down eth0\nno-scripts eth0\nrename mac/0=eth0\niface eth0 inet static\naddress 10.0.0.5/8",
        "\tiface eth0 inet static\r\n\taddress 10.0.0.5/8\r\n",
        "iface eth0 inet static\n  # a comment \\\n  address 10.0.0.5/8\n\n",
    ],
)
def test_what_ifupdown_reads_is_read(stanza):
    """All but the last of these are beyond Augeas's lens."""
    assert nics(stanza)["eth0"].addresses == ("10.0.0.5/8",)


def test_settings_of_one_nic_are_put_together():
    nic = nics(
        "iface eth0 inet6 static\n address 2001:db8::1/64\n gateway 2001:db8::2\n"
        "iface eth0 inet static\n address 192.0.2.1/24\n gateway 192.0.2.2\n"
        "iface eth0:1 inet static\n address 192.0.2.9/24\n"
    )["eth0"]
    assert nic.addresses == ("2001:db8::1/64", "192.0.2.1/24", "192.0.2.9/24")
    assert nic.gateway == "192.0.2.2"


@pytest.mark.parametrize(
    "methods, method",
    [
        (["dhcp"], "dhcp"),
        (["manual", "auto"], "auto"),
        (["dhcp", "static"], "static"),
        (["bootp"], "dhcp"),
        (["x"], None),
    ],
)
def test_the_method_says_most(methods, method):
    assert nics("".join(f"iface eth0 inet {each}\n" for each in methods))["eth0"].method == method


@pytest.mark.parametrize(
    "text, names",
    [
        ("iface bond0 inet dhcp\n bond-slaves ens3 ens4\n bond_mode 1\n", ["ens3", "ens4"]),
        ("iface bond0 inet dhcp\n bond-slaves none\niface ens3 inet manual\n bond-master bond0\n", ["ens3"]),
        ("iface team inet dhcp\n slaves eth0 eth1\n", ["eth0", "eth1"]),
        ("iface lan inet dhcp\n bridge_ports eth0 regex eth[1-9]\n", ["eth0"]),
        ("iface br0 inet manual\n bridge-ports bond0\niface bond0 inet manual\n bond-slaves eth0\n", ["eth0"]),
        ("iface eth0.100 inet dhcp\n", ["eth0"]),
        ("iface vlan7 inet dhcp\n vlan-raw-device eth0\n", ["eth0"]),
        ("iface office inet dhcp\n vlan-raw-device eth0\n", ["eth0"]),
        ("iface ppp0 inet ppp\niface dsl inet ppp\niface dummy0 inet manual\niface wg0 inet static\n", []),
        ("iface lan0 inet dhcp\niface brick inet dhcp\n", ["brick", "lan0"]),
        ("iface eth10 inet dhcp\niface eth2 inet dhcp\n", ["eth2", "eth10"]),
        ("auto /eth*\niface /eth* inet dhcp\niface eth*=x inet dhcp\n", []),
        ("mapping eth0\n script grep\n map home\n map 1 work\niface home inet dhcp\niface work inet dhcp\n", ["eth0"]),
        ("mapping eth0\n script x\n", ["eth0"]),
        ("auto eth1\nmapping eth*\n script x\n map home\niface home inet dhcp\n", ["eth1"]),
        ("auto eth0=home\niface home inet dhcp\n", ["eth0"]),
        ("auto eth1 eth0\niface eth0 inet dhcp\niface eth1 inet dhcp inherits eth0\n", ["eth0", "eth1"]),
        ("iface eth0 inet static inherits office\niface office inet static\n", ["eth0"]),
        ("auto eth5\n", []),
        ("iface\niface eth0\nfoo\n\\\n", ["eth0"]),
    ],
)
def test_nics_are_told_from_what_is_made_of_them(text, names):
    assert list(nics(text)) == names


OFFICE = "iface office inet static\n address 10.0.0.5/8\n gateway 10.0.0.1\n"


@pytest.mark.parametrize(
    "text, address, method",
    [
        (OFFICE + "iface eth0 inet static inherits office\n mtu 9000\n", "10.0.0.5/8", "static"),
        (OFFICE + "iface eth0 inherits office\n", "10.0.0.5/8", "static"),
        (OFFICE + "iface eth0 inet inherits office\n", "10.0.0.5/8", "static"),
        (OFFICE + "iface eth0 inet dhcp inherits office\n", None, "dhcp"),
        (OFFICE + "iface lab inherits office\niface eth0 inherits lab\n", "10.0.0.5/8", "static"),
        ("iface office inet6 auto\n" + OFFICE + "iface eth0 inet static inherits office\n", "10.0.0.5/8", "static"),
        # ifupdown copies from what stands before.
        ("iface eth0 inet static inherits office\n" + OFFICE, None, "static"),
        ("mapping eth0\n script x\n map home\n map 1 office\niface home inet dhcp\n" + OFFICE, "10.0.0.5/8", "static"),
        ("allow-hotplug eth0=office\n" + OFFICE, "10.0.0.5/8", "static"),
    ],
)
def test_settings_that_are_inherited_or_mapped_count_for_the_nic(text, address, method):
    (nic,) = nics(text).values()
    assert (nic.name, nic.addresses, nic.method) == ("eth0", (address,) if address else (), method)


def test_a_mapped_nic_that_goes_leaves_the_settings_to_others():
    text = "auto eth0=home eth1=home\nmapping eth0\n script x\n map home\niface home inet dhcp\n"
    assert interfaces.without(text, {"eth0"}) == (
        "auto eth1=home\n#mapping eth0\n# script x\n# map home\niface home inet dhcp\n"
    )


def test_a_mapped_nic_gets_dhcp_unless_another_shares_its_settings():
    text = "auto eth0=home\niface home inet static\n address 10.0.0.5/8\n"
    root = FakeRoot({FILE: text})
    interfaces.use_dhcp(root, [Nic("eth0", "eth0")])
    assert root.files[FILE] == "auto eth0=home\niface home inet dhcp\n# address 10.0.0.5/8\n"
    root = FakeRoot({FILE: "auto eth1=home\n" + text})
    interfaces.use_dhcp(root, [Nic("eth0", "eth0")])
    assert root.files[FILE] == "auto eth1=home\n" + text


def test_chains_of_inheritance_do_not_fill_the_memory():
    text = "".join(f"iface x{number} inherits x{number - 1}\n up {number}\n" for number in range(1, 3000))
    found = interfaces._with_inherited([(FILE, stanza) for stanza in interfaces.parse(text)])
    assert max(len(stanza.options) for _file, stanza in found) == 100


def test_included_files_are_read_as_ifupdown_finds_them():
    found = nics(
        "source interfaces.d/*.cfg\nsource-directory more\nsource /etc/network/interfaces\n",
        **{
            "/etc/network/interfaces.d/a.cfg": "iface eth0 inet dhcp\n",
            "/etc/network/interfaces.d/b.txt": "iface eth1 inet dhcp\n",
            "/etc/network/more/eth2": "iface eth2 inet dhcp\nsource /srv/deep\n",
            "/etc/network/more/eth3.dpkg-old": "iface eth3 inet dhcp\n",
            "/srv/deep": "iface eth4 inet dhcp\n",
        },
    )
    assert list(found) == ["eth0", "eth2", "eth4"]
    assert found["eth0"].configured_by == (("/etc/network/interfaces.d/a.cfg", "interfaces"),)


@pytest.mark.parametrize("value", ["ether 00:50:56:AA:bb:cc", "00:50:56:aa:bb:cc"])
def test_a_configured_mac_is_not_the_hardwares(value):
    nic = nics(f"iface eth0 inet dhcp\n hwaddress {value}\n")["eth0"]
    assert (nic.mac, nic.mac_source, nic.hardware_mac) == ("00:50:56:aa:bb:cc", CONFIGURATION, None)


def test_a_nic_that_goes_leaves_comments():
    text = (
        "# mine\nauto lo eth0 eth1\nallow-hotplug eth1\niface eth0 inet dhcp\n\n# second\niface eth1 inet static\n"
        "\taddress 10.0.0.5/8\n\t# why\n\tup true \\\n\t  again\niface eth1:0 inet dhcp\niface eth10 inet dhcp\n"
    )
    assert interfaces.without(text, {"eth1"}) == (
        "# mine\nauto lo eth0\n#allow-hotplug eth1\niface eth0 inet dhcp\n\n# second\n#iface eth1 inet static\n"
        "#\taddress 10.0.0.5/8\n\t# why\n#\tup true \\\n#\t  again\n#iface eth1:0 inet dhcp\niface eth10 inet dhcp\n"
    )


@pytest.mark.parametrize(
    "before, after",
    [
        ("iface bond0 inet dhcp\n bond-slaves eth0 eth1\n", "iface bond0 inet dhcp\n bond-slaves eth0\n"),
        ("iface br0 inet dhcp\n bridge_ports eth1\n", "iface br0 inet dhcp\n bridge_ports none\n"),
        ("iface bond0 inet dhcp\n bond-primary eth1\n", "iface bond0 inet dhcp\n#bond-primary eth1\n"),
        ("auto eth1 \\\n  eth0 eth1.5\n", "auto \\\n  eth0\n"),
        ("iface eth1.5 inet dhcp\n", "#iface eth1.5 inet dhcp\n"),
        ("mapping eth1\n script x\n", "#mapping eth1\n# script x\n"),
        ("iface eth0 inet dhcp\n up ifconfig eth1 down\n", None),
    ],
)
def test_a_nic_that_goes_is_struck_out_of_lists(before, after):
    assert interfaces.without(before, {"eth1"}).replace("# ", "#") == (after or before).replace("# ", "#")


def test_unconfiguring_reaches_included_files_and_vlans_and_is_idempotent():
    root = FakeRoot(
        {
            FILE: "source interfaces.d/*\niface eth0 inet dhcp\n",
            "/etc/network/interfaces.d/lan": "auto office\niface office inet dhcp\n vlan_raw_device eth1\n",
        }
    )
    interfaces.unconfigure(root, [Nic("eth1", "eth1")])
    assert root.files["/etc/network/interfaces.d/lan"] == (
        "#auto office\n#iface office inet dhcp\n# vlan_raw_device eth1\n"
    )
    assert [path for _action, path, _detail in root.changes()] == ["/etc/network/interfaces.d/lan"]
    interfaces.unconfigure(root, [Nic("eth1", "eth1")])
    assert len(root.changes()) == 1


def test_reading_changes_nothing():
    root = FakeRoot({FILE: DEBIAN})
    interfaces.read(root)
    interfaces.unconfigure(root, [Nic("eth7", "eth7")])
    assert root.changes() == []


def test_a_rename_by_mac_follows_the_nic():
    text = "rename mac/00:50:56:AA:bb:cc=eth0\nauto mac/00:50:56:aa:bb:cc=eth0\n# mac/00:50:56:aa:bb:cc\n"
    root = FakeRoot({FILE: text})
    interfaces.replace_macs(root, {"00:50:56:aa:bb:cc": "52:54:00:00:00:01"})
    assert root.files[FILE] == (
        "rename mac/52:54:00:00:00:01=eth0\nauto mac/52:54:00:00:00:01=eth0\n# mac/00:50:56:aa:bb:cc\n"
    )
