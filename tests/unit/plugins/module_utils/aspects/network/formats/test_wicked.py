# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""wicked's own XML: what it says of NICs, and what is left of it when one goes or changes."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.assembly import nics_of
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.macs import (
    CONFIGURATION,
    HARDWARE,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.nics import Nic
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.formats import wicked
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

FILE = "/etc/wicked/ifconfig/lan.xml"
DAEMON = "/etc/wicked/local.xml"
MAC, NEW_MAC = "00:50:56:aa:bb:cc", "52:54:00:00:00:01"

STATIC = """\
<?xml version="1.0"?>
<!-- the lab -->
<interface>
  <name>eth0</name>
  <control><mode>boot</mode></control>

  <ipv4:static>
    <address>
      <local>10.0.2.15/24</local> <!-- since 2015 -->
    </address>
    <address><local>10.0.3.15/25</local></address>
    <route>
      <destination>192.0.2.0/24</destination>
      <nexthop><gateway>10.0.2.9</gateway></nexthop>
    </route>
    <route>
      <nexthop>
        <gateway>10.0.2.2</gateway>
      </nexthop>
    </route>
  </ipv4:static>
  <ipv6:static><address><local>2001:DB8:0::15/64</local></address></ipv6:static>
</interface>
"""


def nics(text, **more):
    return nics_of(wicked.read(FakeRoot({FILE: text, **more})))


def interface(content, name="eth0"):
    return f"<interface><name>{name}</name>{content}</interface>\n"


def test_a_static_address_is_read():
    (nic,) = nics(STATIC)
    assert (nic.name, nic.gateway, nic.method) == ("eth0", "10.0.2.2", "static")
    assert nic.addresses == ("10.0.2.15/24", "10.0.3.15/25", "2001:db8::15/64")
    assert nic.configured_by == ((FILE, "wicked"),)


@pytest.mark.parametrize(
    "content, addresses, gateway, method",
    [
        ("<ipv4:dhcp><enabled>true</enabled></ipv4:dhcp>", (), None, "dhcp"),
        ("<ipv4:dhcp/>", (), None, "dhcp"),
        ("<ipv4:dhcp><enabled>false</enabled></ipv4:dhcp>", (), None, None),
        ("<ipv6:auto><enabled>true</enabled></ipv6:auto>", (), None, "auto"),
        ("<ipv6:dhcp><enabled>true</enabled></ipv6:dhcp>", (), None, "dhcp"),
        ("<ipv4:static><address><local>10.1.2.3</local></address></ipv4:static>", ("10.1.2.3/8",), None, "static"),
        (
            "<ipv6:static><address><local>2001:db8::1</local></address><route><destination>::/0</destination><nexthop>"
            "<gateway>2001:db8::2</gateway></nexthop></route></ipv6:static>",
            ("2001:db8::1/64",),
            "2001:db8::2",
            "static",
        ),
        ("<ipv4:static><address><local>nonsense</local></address><address/></ipv4:static>", (), None, None),
        ("", (), None, None),
    ],
)
def test_methods_and_addresses_are_read(content, addresses, gateway, method):
    (nic,) = nics(interface(content))
    assert (nic.addresses, nic.gateway, nic.method) == (addresses, gateway, method)


@pytest.mark.parametrize(
    "text, name, mac",
    [
        ("<interface><name> eth0\n</name></interface>", "eth0", None),
        (
            f"<interface><name namespace='ethernet'><permanent-address>{MAC.upper()}</permanent-address></name>"
            "</interface>",
            None,
            MAC,
        ),
    ],
)
def test_hardware_is_known_by_name_or_mac(text, name, mac):
    (nic,) = nics(text)
    assert (nic.name, nic.hardware_mac) == (name, mac)


def test_a_configured_mac_is_not_the_hardwares():
    (nic,) = nics(interface(f"<ethernet><address>{MAC}</address></ethernet>"))
    assert (nic.mac, nic.mac_source, nic.hardware_mac) == (MAC, CONFIGURATION, None)


@pytest.mark.parametrize(
    "text",
    [
        interface("", "lo"),
        interface("<dummy/>"),
        interface("<wireless/>"),
        interface("<tun/>"),
        "<interface><name namespace='ifindex'>2</name></interface>",
        "<interface/>",
        "<policy name='all'><match><link-type>ethernet</link-type></match></policy>",
        "<!-- <interface><name>eth0</name></interface> -->",
        "",
    ],
)
def test_what_is_for_other_interfaces_is_no_nic(text):
    assert nics(text) == []


def test_an_ifcfg_file_goes_before_the_xml_of_its_interface():
    assert nics(interface(""), **{"/etc/sysconfig/network/ifcfg-eth0": "BOOTPROTO=dhcp\n"}) == []
    assert [nic.name for nic in nics(interface(""), **{"/etc/sysconfig/network/ifcfg-eth1": ""})] == ["eth0"]


@pytest.mark.parametrize("name", ["lan.xml.bak", "README"])
def test_files_of_other_names_are_none_of_wickeds(name):
    assert nics_of(wicked.read(FakeRoot({f"/etc/wicked/ifconfig/{name}": STATIC}))) == []


@pytest.mark.parametrize(
    "ports",
    [
        (
            interface(
                "<bond><slaves><slave><device>eth0</device><primary>true</primary></slave><slave><device>eth1</device>"
                "</slave></slaves></bond>",
                "bond0",
            )
        ),
        interface(
            "<team><ports><port><device>eth0</device></port><port><device>eth1</device></port></ports></team>", "bond0"
        ),
        interface("<bridge><ports><p><device>eth0</device></p><p><device>eth1</device></p></ports></bridge>", "bond0"),
        (
            interface("<link><master>bond0</master><port type='bond'/></link>")
            + interface("<link><master>bond0</master></link>", "eth1")
            + interface("<bond/>", "bond0")
        ),
    ],
)
def test_bonds_bridges_teams_and_vlans_are_used_by_their_members(ports):
    static = "<ipv4:static><address><local>10.0.2.15/24</local></address></ipv4:static>"
    bond = interface(f"<alias>uplink</alias>{static}", "bond0")
    vlan = interface("<vlan><device namespace='alias'>uplink</device><tag>5</tag></vlan>", "office")
    one, other = nics(ports, **{"/etc/wicked/ifconfig/more.xml": bond + vlan})
    assert (one.name, other.name) == ("eth0", "eth1")
    for nic in (one, other):
        assert {upper.name: upper.carried for upper in nic.used_by} == {"bond0": True, "office": False}
        assert nic.reached_at == ("10.0.2.15/24",)


@pytest.mark.parametrize(
    "text",
    [
        "<interface>",
        "<interface></name></interface>",
        "</guestconv>",
        "a & b",
        "&bomb;",
        '<!DOCTYPE interface [<!ENTITY bomb "x">]><interface>&bomb;</interface>',
        "\x00",
        "\udcff",
        "<a/>" * 100_001,
    ],
    ids=range(9),
)
def test_what_is_no_xml_is_malformed_and_hides_no_other_file(text):
    root = FakeRoot({FILE: text, "/etc/wicked/ifconfig/b.xml": STATIC})
    (error,) = wicked.malformed(root)
    assert error.code == "network-configuration-malformed"
    assert FILE in error.message
    assert nics_of(wicked.read(root))[0].addresses[0] == "10.0.2.15/24"


def test_a_file_nested_deeply_is_read():
    assert nics("<a>" * 20_000 + "</a>" * 20_000) == []


def test_policies_and_templates_are_told():
    files = {FILE: "<!-- x --><policy/>", "/etc/wicked/ifconfig/b.xml": STATIC}
    assert wicked.not_read(FakeRoot(files)) == [FILE]


@pytest.mark.parametrize(
    "before, after",
    [
        (
            STATIC.replace("eth0", "eth1") + interface("<!-- it - - is --><dummy/>\n"),
            STATIC.replace("eth0", "eth1")
            + "<!-- <interface><name>eth0</name><!- - it - - is - -><dummy/>\n</interface> -->\n",
        ),
        (
            interface("<vlan><device>eth0</device></vlan>", "office") + interface("", "eth1"),
            "<!-- <interface><name>office</name><vlan><device>eth0</device></vlan></interface> -->\n"
            + interface("", "eth1"),
        ),
        (
            interface("<bond><slaves><slave><device>eth0</device></slave><slave/></slaves></bond>", "bond0"),
            interface("<bond><slaves><!-- <slave><device>eth0</device></slave> --><slave/></slaves></bond>", "bond0"),
        ),
        (
            f"<interface><name namespace='ethernet'><permanent-address>{MAC}</permanent-address></name></interface>",
            f"<!-- <interface><name namespace='ethernet'><permanent-address>{MAC}</permanent-address></name>"
            "</interface> -->",
        ),
        ("\u00e9<a/> " + interface("", "eth01"), "\u00e9<a/> " + interface("", "eth01")),
    ],
)
def test_a_nic_that_goes_leaves_comments(before, after):
    root = FakeRoot({FILE: before})
    wicked.unconfigure(root, [Nic("eth0", "eth0", MAC, HARDWARE)])
    assert root.files[FILE] == after
    wicked.unconfigure(root, [Nic("eth0", "eth0", MAC, HARDWARE)])
    assert root.files[FILE] == after


def test_mac_addresses_follow_and_the_rest_stays():
    text = (
        f"<!-- {MAC} -->\n<interface>\n  <name namespace='ethernet'>\n    <permanent-address> {MAC.upper()}\n"
        f"</permanent-address></name>\n<ethernet><address>{MAC}</address></ethernet></interface>\n"
    )
    root = FakeRoot({FILE: text})
    wicked.replace_macs(root, {MAC: NEW_MAC})
    assert root.files[FILE] == text.replace(MAC.upper(), NEW_MAC.upper()).replace(f"s>{MAC}", f"s>{NEW_MAC}")


def test_a_new_name_is_followed_and_the_rest_stays():
    text = (
        "<?xml version='1.0' encoding=\"utf-8\"?>\n<!-- eth0 -->\n<interface><name> eth0 </name>"
        "<description>eth0</description></interface>\n<interface>\n<name>eth0.5</name><vlan><device>eth0</device>"
        "<tag>5</tag></vlan></interface>\n"
        "<interface><name>bond0</name><bond><primary>eth0</primary><slaves><slave><device>eth0</device><primary>true"
        "</primary></slave></slaves></bond><ipv4:static><route><nexthop><device>eth0</device></nexthop></route>"
        "</ipv4:static></interface>\n<interface><name namespace='alias'>eth0</name></interface>\n"
    )
    root = FakeRoot({FILE: text})
    wicked.rename(root, {"eth0": "enp1s0"})
    assert root.files[FILE] == (
        text.replace("> eth0 <", "> enp1s0 <")
        .replace("<device>eth0", "<device>enp1s0")
        .replace("<primary>eth0", "<primary>enp1s0")
    )


def test_the_daemons_settings_for_an_interface_follow_its_name():
    devices = "<device name = \"eth0\"><x/></device><device name='eth1'/>"
    text = f"<config>\n <addrconf><dhcp4>\n {devices}</dhcp4></addrconf>\n</config>\n"
    root = FakeRoot({DAEMON: text, "/etc/wicked/broken.xml": "<config name='eth0'"})
    wicked.rename(root, {"eth0": "lan0", "eth1": "lan1"})
    assert root.files[DAEMON] == text.replace("eth0", "lan0").replace("eth1", "lan1")
    assert root.files["/etc/wicked/broken.xml"] == "<config name='eth0'"


def test_dhcp_takes_the_place_of_addresses_and_default_routes():
    root = FakeRoot({FILE: STATIC})
    wicked.use_dhcp(root, [Nic("eth0", "eth0")])
    assert (
        root.files[FILE]
        == """\
<?xml version="1.0"?>
<!-- the lab -->
<interface>
  <name>eth0</name>
  <control><mode>boot</mode></control>

  <ipv4:dhcp>
    <enabled>true</enabled>
  </ipv4:dhcp>
  <ipv4:static>
    <!-- <address>
      <local>10.0.2.15/24</local> <!- - since 2015 - ->
    </address> -->
    <!-- <address><local>10.0.3.15/25</local></address> -->
    <route>
      <destination>192.0.2.0/24</destination>
      <nexthop><gateway>10.0.2.9</gateway></nexthop>
    </route>
    <!-- <route>
      <nexthop>
        <gateway>10.0.2.2</gateway>
      </nexthop>
    </route> -->
  </ipv4:static>
  <ipv6:auto>
    <enabled>true</enabled>
  </ipv6:auto>
  <!-- <ipv6:static><address><local>2001:DB8:0::15/64</local></address></ipv6:static> -->
</interface>
"""
    )
    before = dict(root.files)
    wicked.use_dhcp(root, [Nic("eth0", "eth0")])
    assert root.files == before
    (nic,) = nics(root.files[FILE])
    assert (nic.method, nic.addresses) == ("dhcp", ())


def test_dhcp_that_was_switched_off_is_switched_on():
    text = interface(
        "<ipv4:static><address><local>10.0.2.15/24</local></address></ipv4:static>"
        "<ipv4:dhcp><enabled> false </enabled><hostname>x</hostname></ipv4:dhcp>"
    )
    root = FakeRoot({FILE: text + interface("<ipv4:static><address/></ipv4:static>", "eth1")})
    wicked.use_dhcp(root, [Nic("eth0", "eth0")])
    assert root.files[FILE] == (
        interface(
            "<!-- <ipv4:static><address><local>10.0.2.15/24</local></address></ipv4:static> -->"
            "<ipv4:dhcp><enabled> true </enabled><hostname>x</hostname></ipv4:dhcp>"
        )
        + interface("<ipv4:static><address/></ipv4:static>", "eth1")
    )
