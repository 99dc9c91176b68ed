# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""netplan's YAML and cloud-init's: what they say of NICs, and what is left when one goes."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.assembly import nics_of
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.nics import Nic
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.statics import Static
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.formats import cloud_init, netplan
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.texts import yaml_text
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

FILE = "/etc/netplan/01-netcfg.yaml"
CLOUD = "/etc/cloud/cloud.cfg.d/50-network.cfg"
MAC, NEW_MAC = "00:50:56:aa:bb:cc", "52:54:00:00:00:01"

STATIC = """\
# the lab
network:
  version: 2
  renderer: networkd
  ethernets:
    ens192:   # uplink
      addresses:
        - 10.0.2.15/24
        - "2001:db8::15/64"
      routes:
        - to: default
          via: 10.0.2.2
      nameservers:
        addresses: [10.0.2.3]
"""

VERSION_1 = """\
network:
  version: 1
  config:
    - type: physical
      name: ens192
      mac_address: "00:50:56:AA:BB:CC"
      subnets:
        - type: static
          address: 10.0.2.15
          netmask: 255.255.255.0
          gateway: 10.0.2.2
    # the second
    - type: physical
      name: ens224
      subnets: [{type: dhcp4}]
    - {type: bond, name: bond0, bond_interfaces: [ens192, ens224], subnets: [{type: static, address: 10.0.3.15/24}]}
    - {type: vlan, name: bond0.5, vlan_link: bond0, vlan_id: 5}
    - {type: nameserver, address: 10.0.2.3}
"""


def nics(text, **more):
    return nics_of(netplan.read(FakeRoot({FILE: text, **more})))


def ethernets(*lines):
    return "network:\n  ethernets:\n" + "".join(f"    {line}\n" for line in lines)


def test_a_static_address_is_read():
    (nic,) = nics(STATIC)
    assert (nic.name, nic.addresses, nic.gateway) == ("ens192", ("10.0.2.15/24", "2001:db8::15/64"), "10.0.2.2")
    assert (nic.method, nic.configured_by) == ("static", ((FILE, "netplan"),))


@pytest.mark.parametrize(
    "definition, addresses, gateway, method",
    [
        ("{addresses: [10.0.2.15/24], gateway4: 10.0.2.2}", ("10.0.2.15/24",), "10.0.2.2", "static"),
        ("{addresses: [2001:db8::1/64], gateway6: '2001:db8::2'}", ("2001:db8::1/64",), "2001:db8::2", "static"),
        ("{addresses: [10.0.2.15/24: {label: 'x:y'}]}", ("10.0.2.15/24",), None, "static"),
        (
            "{addresses: [10.0.2.15/24], routes: [{to: 0.0.0.0/0, via: 10.0.2.2}]}",
            ("10.0.2.15/24",),
            "10.0.2.2",
            "static",
        ),
        ("{dhcp4: true}", (), None, "dhcp"),
        ("{dhcp4: no, dhcp6: yes}", (), None, "dhcp"),
        ("{dhcp4: false, accept-ra: true}", (), None, "auto"),
        ("{}", (), None, None),
        ("", (), None, None),
        ("{addresses: nonsense, routes: 7, match: x, interfaces: {}}", (), None, None),
        ("{addresses: [[1], {}, null], routes: [1, {to: {}}]}", (), None, None),
    ],
)
def test_definitions_are_read(definition, addresses, gateway, method):
    (nic,) = nics(ethernets(f"ens192: {definition}"))
    assert (nic.addresses, nic.gateway, nic.method) == (addresses, gateway, method)


@pytest.mark.parametrize(
    "definition, name, mac, patterns, bound",
    [
        ("{}", "lan", None, (), None),
        (f"{{match: {{macaddress: '{MAC.upper()}'}}}}", None, MAC, (), None),
        (f"{{match: {{macaddress: {MAC}}}, set-name: ens192}}", "ens192", MAC, (), FILE),
        (f"{{match: {{macaddress: {MAC}, name: ens192}}}}", "ens192", MAC, (), None),
        ("{match: {name: en*}}", None, None, ("en*",), None),
        ("{match: {}}", None, None, ("*",), None),
        (f"{{macaddress: {MAC}}}", "lan", None, (), None),
        # A number in base 60 to YAML 1.1.
        ("{match: {macaddress: 52:54:00:12:34:56}}", None, "52:54:00:12:34:56", (), None),
    ],
)
def test_hardware_is_known_by_what_match_says(definition, name, mac, patterns, bound):
    (nic,) = nics(ethernets(f"lan: {definition}"))
    assert (nic.name, nic.hardware_mac, nic.patterns, nic.name_bound_by) == (name, mac, patterns, bound)


def test_what_asks_for_the_old_driver_is_told():
    (nic,) = nics(ethernets("lan: {match: {driver: [vmxnet3, e1000]}}"))
    assert nic.source_hardware == ((FILE, "driver: vmxnet3 e1000"),)


def test_later_files_add_to_earlier_ones_and_etc_hides_usr():
    files = {
        "/etc/netplan/90-more.yaml": ethernets("ens192: {addresses: [10.0.3.15/24], gateway4: 10.0.3.2}"),
        "/usr/lib/netplan/90-more.yaml": ethernets("eth5: {}"),
        "/usr/lib/netplan/00-first.yaml": ethernets("ens192: {dhcp4: yes, gateway4: 10.0.2.2}"),
        "/etc/netplan/99-off.yaml.bak": ethernets("eth6: {}"),
        "/run/netplan/99.yaml": ethernets("eth7: {}"),
        "/etc/netplan/empty.yaml": "# nothing\n",
    }
    (nic,) = nics(STATIC, **files)
    assert nic.addresses == ("10.0.2.15/24", "2001:db8::15/64", "10.0.3.15/24")
    assert nic.gateway == "10.0.3.2"
    files_of = [file for file, _kind in nic.configured_by]
    assert files_of == ["/usr/lib/netplan/00-first.yaml", FILE, "/etc/netplan/90-more.yaml"]


def test_bonds_bridges_and_vlans_are_used_by_their_members():
    one, other = nics(
        f"network:\n ethernets:\n  a: {{match: {{macaddress: {MAC}}}, set-name: ens192}}\n  ens224: {{}}\n"
        " bonds:\n  bond0:\n   interfaces: [a, ens224]\n   addresses: [10.0.2.15/24]\n"
        " bridges:\n  lan: {interfaces: [bond0], dhcp4: yes}\n"
        " vlans:\n  office: {id: 5, link: lan, addresses: [10.5.0.1/8]}\n"
    )
    assert (one.name, other.name) == ("ens192", "ens224")
    for nic in (one, other):
        assert {upper.name: upper.carried for upper in nic.used_by} == {"bond0": True, "lan": True, "office": False}
        assert nic.reached_at == ("10.0.2.15/24",)


# Nine lines that stand for a hundred million nodes.
_BOMB = "a: &a [x]\n" + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi"))


@pytest.mark.parametrize(
    "text",
    ["a: [", "\t- x", "a: *b", "\x00", "a: &a [*a]", _BOMB, "[" * 700, "#" * 300_000],
    ids=["open", "tab", "alias", "nul", "endless", "bomb", "deep", "long"],
)
def test_what_netplan_cannot_read_is_malformed(text):
    with pytest.raises(GuestconvError) as error:
        netplan.read(FakeRoot({FILE: text}))
    assert error.value.code == "network-configuration-malformed"
    assert FILE in error.value.message


def test_without_pyyaml_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setattr(yaml_text, "yaml", None)
    with pytest.raises(GuestconvError) as error:
        netplan.read(FakeRoot({FILE: STATIC}))
    assert error.value.code == "python-yaml-missing"
    assert "python3-yaml" in error.value.hint
    assert netplan.read(FakeRoot({})) == []


@pytest.mark.parametrize(
    "before, after",
    [
        (
            STATIC + "    ens224:\n      # why\n      dhcp4: yes\n\n  # end\n",
            STATIC + "#    ens224:\n#      # why\n#      dhcp4: yes\n\n  # end\n",
        ),
        (
            "network:\n  ethernets:\n    ens224: {}\n  version: 2\n",
            "network:\n#  ethernets:\n#    ens224: {}\n  version: 2\n",
        ),
        ("network: {ethernets: {ens192: {}, ens224: {}}}\n", "network: {ethernets: {ens192: {}}}\n"),
        ("network: {ethernets: {ens224: {}}, version: 2}\n", "network: {version: 2}\n"),
        ("network:\n  ethernets:\n    ens224: {}", "#network:\n#  ethernets:\n#    ens224: {}"),
        (
            (
                "network:\n  ethernets: {ens192: {}, ens224: {}}\n  bonds:\n    b:\n      interfaces:\n      - ens192\n"
                "      - ens224 # x\n"
            ),
            (
                "network:\n  ethernets: {ens192: {}}\n  bonds:\n    b:\n      interfaces:\n      - ens192\n#      -"
                " ens224 # x\n"
            ),
        ),
        (
            (
                "network:\n  ethernets:\n    ens224:\n  vlans:\n    v: {id: 5, link: ens224}\n    w: {id: 5, link:"
                " ens192}\n"
            ),
            (
                "network:\n#  ethernets:\n#    ens224:\n  vlans:\n#    v: {id: 5, link: ens224}\n    w: {id: 5, link:"
                " ens192}\n"
            ),
        ),
        (
            "network:\n  ethernets:\n    x:\n      match: {name: ens224}\n",
            "#network:\n#  ethernets:\n#    x:\n#      match: {name: ens224}\n",
        ),
        (
            "network:\n  ethernets: {ens192: {}, ens224: {}}\n  bonds:\n    b:\n      interfaces: [ens192, ens224]\n"
            "      parameters:\n        mode: active-backup\n        primary: ens224\n",
            "network:\n  ethernets: {ens192: {}}\n  bonds:\n    b:\n      interfaces: [ens192]\n"
            "      parameters:\n        mode: active-backup\n#        primary: ens224\n",
        ),
        # What is no name is on nothing.
        (
            "network:\n  ethernets:\n    ens224: {}\n  bridges:\n    b: {interfaces: [ens224], link: [x], dhcp4: yes}\n",
            "network:\n#  ethernets:\n#    ens224: {}\n  bridges:\n    b: {link: [x], dhcp4: yes}\n",
        ),
        (STATIC, STATIC),
    ],
)
def test_a_nic_that_goes_leaves_comments(before, after):
    root = FakeRoot({FILE: before})
    netplan.unconfigure(root, [Nic("ens224", "ens224")])
    assert root.files[FILE] == after
    netplan.unconfigure(root, [Nic("ens224", "ens224")])
    assert root.files[FILE] == after
    assert [nic.name for nic in nics(after)] in (["ens192"], [])


def test_mac_addresses_follow_and_the_rest_stays():
    text = f"""\
network:
  ethernets:
    # {MAC}
    lan: {{match: {{macaddress: "{MAC}"}}, macaddress: {MAC}}}
    wan:
      match:
        macaddress: {MAC.upper()}   # why
"""
    root = FakeRoot({FILE: text})
    netplan.replace_macs(root, {MAC: NEW_MAC})
    new = text.replace(MAC, NEW_MAC).replace(f"# {NEW_MAC}", f"# {MAC}").replace(MAC.upper(), NEW_MAC.upper())
    assert root.files[FILE] == new


def cloud(text, path=CLOUD):
    return nics_of(cloud_init.read(FakeRoot({path: text})))


def test_version_1_is_read():
    one, other = cloud(VERSION_1)
    assert (one.name, one.hardware_mac, one.addresses, one.gateway) == ("ens192", MAC, ("10.0.2.15/24",), "10.0.2.2")
    assert (one.method, one.name_bound_by, other.method) == ("static", CLOUD, "dhcp")
    assert {upper.name: upper.carried for upper in one.used_by} == {"bond0": True, "bond0.5": False}
    assert one.reached_at == ("10.0.2.15/24", "10.0.3.15/24")


@pytest.mark.parametrize(
    "route, gateway",
    [
        ("{network: 0.0.0.0, netmask: 0.0.0.0, gateway: 10.0.2.2}", "10.0.2.2"),
        ("{destination: 0.0.0.0/0, gateway: 10.0.2.2}", "10.0.2.2"),
        ("{network: '::', netmask: '::', gateway: '2001:db8::1'}", "2001:db8::1"),
        ("{network: 192.0.2.0, netmask: 255.255.255.0, gateway: 10.0.2.2}", None),
        ("{gateway: 10.0.2.2}", None),
    ],
)
def test_version_1s_default_route_may_be_among_the_routes(route, gateway):
    (nic,) = cloud(
        "network: {version: 1, config: [{type: physical, name: ens192, subnets: [{type: static, "
        f"address: 10.0.2.15/24, routes: [{route}]}}]}}]}}\n"
    )
    assert (nic.addresses, nic.gateway) == (("10.0.2.15/24",), gateway)


def test_version_2_is_netplans():
    (nic,) = cloud(STATIC)
    assert (nic.name, nic.configured_by) == ("ens192", ((CLOUD, "cloud-init"),))


@pytest.mark.parametrize(
    "path", ["/var/lib/cloud/seed/nocloud/network-config", "/var/lib/cloud/seed/nocloud-net/network-config"]
)
def test_a_seed_may_be_the_configuration_itself(path):
    text = "version: 2\nethernets: {ens192: {dhcp4: true}}\n"
    assert [nic.name for nic in cloud(text, path)] == ["ens192"]
    assert [nic.name for nic in cloud("network: {{{}}}".format(text.strip().replace("\n", ", ")), path)] == ["ens192"]


@pytest.mark.parametrize(
    "text", ["network: {config: disabled}\n", "users: [version]\n", "", "version: 2\n", "network: version\n"]
)
def test_what_configures_no_network_is_passed_over(text):
    assert cloud(text) == []


@pytest.mark.parametrize(
    "files, source",
    [
        ({}, None),
        ({"/usr/bin/cloud-init": ""}, ""),
        ({"/usr/bin/cloud-init": "", "/etc/cloud/cloud-init.disabled": ""}, None),
        ({"/usr/bin/cloud-init": "", CLOUD: STATIC}, CLOUD),
        (
            {"/usr/bin/cloud-init": "", CLOUD: STATIC, "/etc/cloud/cloud.cfg.d/99.cfg": "network: {config: disabled}"},
            None,
        ),
        (
            {"/usr/bin/cloud-init": "", CLOUD: "network: {config: disabled}", "/etc/cloud/cloud.cfg.d/99.cfg": "x: 1"},
            None,
        ),
    ],
)
def test_what_cloud_init_would_render(files, source):
    assert cloud_init.renders(FakeRoot(files)) == source


def test_a_nic_of_version_1_leaves_comments():
    root = FakeRoot({CLOUD: VERSION_1})
    cloud_init.unconfigure(root, [Nic("ens224", "ens224")])
    assert root.files[CLOUD] == VERSION_1.replace(
        "    - type: physical\n      name: ens224\n      subnets: [{type: dhcp4}]",
        "#    - type: physical\n#      name: ens224\n#      subnets: [{type: dhcp4}]",
    ).replace("[ens192, ens224]", "[ens192]")


@pytest.mark.parametrize(
    "text", [VERSION_1, f"network:\n version: 2\n ethernets:\n  x: {{match: {{macaddress: '{MAC.upper()}'}}}}\n"]
)
def test_cloud_inits_mac_addresses_follow(text):
    root = FakeRoot({CLOUD: text})
    cloud_init.replace_macs(root, {MAC: NEW_MAC})
    assert root.files[CLOUD] == text.replace(MAC.upper(), NEW_MAC.upper())


def test_cloud_inits_version_2_is_unconfigured_too():
    root = FakeRoot({CLOUD: STATIC})
    cloud_init.unconfigure(root, [Nic("ens192", "ens192")])
    assert root.files[CLOUD].startswith(
        "# the lab\nnetwork:\n  version: 2\n  renderer: networkd\n#  ethernets:\n#    ens192:"
    )


@pytest.mark.parametrize("section", ["ethernets: [ens192]", "bonds: [a]", "ethernets: ens192", "ethernets:"])
def test_what_is_no_mapping_of_definitions_defines_nothing(section):
    text = f"network: {{{section}}}\n"
    root = FakeRoot({FILE: text})
    assert netplan.read(root) == []
    nics = [Nic("ens192", "ens192")]
    netplan.unconfigure(root, nics)
    netplan.use_dhcp(root, nics)
    netplan.rename(root, {"ens192": "enp1s0"})
    assert root.files == {FILE: text}


def test_the_renderer_of_a_section_is_no_definition():
    text = "network:\n  ethernets:\n    renderer: {addresses: [10.0.0.1/24]}\n    all: {match: {name: 'e*'}, dhcp4: true}\n"
    root = FakeRoot({"/etc/netplan/a.yaml": text})
    nic = Nic("nic0", None, configured_by=(("/etc/netplan/a.yaml", netplan.KIND),), patterns=("e*",))
    netplan.use_dhcp(root, [nic])
    assert root.files["/etc/netplan/a.yaml"] == text
    netplan.use_static(root, {nic: Static(("10.0.0.5/24",))})
    after = root.files["/etc/netplan/a.yaml"]
    assert "renderer: {addresses: [10.0.0.1/24]}\n" in after and '["10.0.0.5/24"]' in after
