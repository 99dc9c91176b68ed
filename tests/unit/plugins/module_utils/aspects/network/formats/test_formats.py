# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network as a whole, in every format: the NIC keeps its name and address, and its configuration stays as it is."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import network
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network import bounds
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.assembly import nics_of
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.formats import cloud_init
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot, menu

MAC, NEW_MAC = "00:50:56:aa:bb:cc", "52:54:00:00:00:01"
LINK = "/etc/systemd/network/10-guestconv-ens192.link"
RULES = "/etc/udev/rules.d/70-persistent-net.rules"
LIBRARY = {"/usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-252.so": ""}

# Per format: the file that gives NAME its static address, and the same that knows it by MAC.
BY_NAME = {
    "/etc/network/interfaces": "auto NAME\niface NAME inet static\n  address 10.0.2.15/24\n  gateway 10.0.2.2\n",
    "/etc/netplan/50.yaml": (
        "network:\n  version: 2\n  ethernets:\n    NAME: {addresses: [10.0.2.15/24], gateway4: 10.0.2.2}\n"
    ),
    "/etc/systemd/network/50-lan.network": "[Match]\nName=NAME\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\n",
    "/etc/NetworkManager/system-connections/lan.nmconnection": (
        "[connection]\ntype=ethernet\ninterface-name=NAME\n[ipv4]\nmethod=manual\naddress1=10.0.2.15/24,10.0.2.2\n"
    ),
    "/etc/sysconfig/network-scripts/ifcfg-lan": (
        "DEVICE=NAME\nBOOTPROTO=none\nIPADDR=10.0.2.15\nPREFIX=24\nGATEWAY=10.0.2.2\n"
    ),
    "/etc/sysconfig/network/ifcfg-ens192": "IPADDR='10.0.2.15/24'\nSTARTMODE=auto\n",
    "/etc/wicked/ifconfig/lan.xml": (
        "<interface><name>NAME</name><ipv4:static><address><local>10.0.2.15/24</local></address>"
        "<route><nexthop><gateway>10.0.2.2</gateway></nexthop></route></ipv4:static></interface>\n"
    ),
    "/etc/cloud/cloud.cfg.d/50.cfg": (
        "network:\n  version: 1\n  config:\n  - {type: physical, name: NAME, subnets: [{type: static, "
        "address: 10.0.2.15/24, gateway: 10.0.2.2}]}\n"
    ),
}
BY_MAC = {
    "/etc/netplan/50.yaml": (
        "network:\n  ethernets:\n    a: {match: {macaddress: '@MAC@'}, addresses: [10.0.2.15/24], gateway4: 10.0.2.2}\n"
    ),
    "/etc/systemd/network/50-lan.network": (
        "[Match]\nMACAddress=@MAC@\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\n"
    ),
    "/etc/NetworkManager/system-connections/lan": (
        "[connection]\ntype=ethernet\n[ethernet]\nmac-address=@MAC@\n[ipv4]\nmethod=manual\n"
        "address1=10.0.2.15/24,10.0.2.2\n"
    ),
    "/etc/sysconfig/network-scripts/ifcfg-lan": "HWADDR=@MAC@\nIPADDR=10.0.2.15\nPREFIX=24\nGATEWAY=10.0.2.2\n",
    "/etc/cloud/cloud.cfg.d/50.cfg": (
        "network: {version: 2, ethernets: {a: {match: {macaddress: '@MAC@'}, addresses: [10.0.2.15/24], "
        "gateway4: 10.0.2.2}}}\n"
    ),
    "/etc/wicked/ifconfig/lan.xml": (
        "<interface><name namespace='ethernet'><permanent-address>@MAC@</permanent-address></name><ipv4:static>"
        "<address><local>10.0.2.15/24</local></address><route><nexthop><gateway>10.0.2.2</gateway></nexthop></route>"
        "</ipv4:static></interface>\n"
    ),
}
BINDING = {
    "/etc/netplan/50.yaml": "network: {ethernets: {a: {match: {macaddress: '@MAC@'}, set-name: ens192}}}\n",
    "/etc/cloud/cloud.cfg.d/50.cfg": (
        "network: {version: 1, config: [{type: physical, name: ens192, mac_address: '@MAC@'}]}\n"
    ),
}


def guest(files, hardware=None, arguments=()):
    boot_menu = menu(" ".join(arguments))
    return FakeRoot({**LIBRARY, **files}, boot_menu=boot_menu, hardware=hardware)


def convert(root, removed=()):
    found = network.inspect(root).devices["network"]
    chosen = {identifier: "virtio-net-pci" for identifier in found if identifier not in removed}
    conversion = Plan(root.guest.target, Selection({"network": chosen}, {"network": list(removed)}))
    network.convert(root, conversion)
    return conversion.hardware.interfaces


@pytest.mark.parametrize("path", BY_NAME)
def test_oracle_16_the_name_is_bound_and_the_configuration_stays(path):
    text = BY_NAME[path].replace("NAME", "ens192")
    routes = {"/etc/sysconfig/network/routes": "default 10.0.2.2\n"} if "ifcfg-ens192" in path else {}
    root = guest({path: text, **routes}, {"interfaces": [{"mac": MAC, "addresses": ["10.0.2.15"]}]})
    assert network.inspect(root).concerns == []
    (interface,) = convert(root)
    assert [path for _action, path, _detail in root.changes()] == [LINK]
    assert f"MACAddress={MAC}\n" in root.files[LINK] and "Name=ens192\n" in root.files[LINK]
    assert root.files[path] == text
    assert interface == {
        "name": "ens192",
        "driver": "virtio-net-pci",
        "mac": MAC,
        "addresses": ["10.0.2.15/24"],
        "gateway": "10.0.2.2",
    }
    convert(root)
    assert len(root.changes()) == 1


@pytest.mark.parametrize("path", BY_MAC)
def test_oracle_16_what_is_known_by_its_mac_needs_nothing_but_the_mac(path):
    root = guest({path: BY_MAC[path].replace("@MAC@", MAC)})
    (interface,) = convert(root)
    assert (interface["mac"], interface["addresses"], interface["gateway"]) == (MAC, ["10.0.2.15/24"], "10.0.2.2")
    assert root.changes() == []


@pytest.mark.parametrize("path", BINDING)
def test_oracle_16_a_name_that_the_guests_own_tools_bind_needs_nothing(path):
    root = guest({path: BINDING[path].replace("@MAC@", MAC)})
    assert [(nic["name"], nic["mac"]) for nic in convert(root)] == [("ens192", MAC)]
    assert root.changes() == []


@pytest.mark.parametrize("path", BY_NAME)
def test_oracle_17_a_rule_for_the_old_driver_is_widened(path):
    rule = f'SUBSYSTEM=="net", DRIVERS=="%s", ATTR{{address}}=="{MAC}", NAME="ens192"\n'
    text = BY_NAME[path].replace("NAME", "ens192")
    root = guest({path: text, RULES: rule % "vmxnet3"})
    convert(root)
    assert root.files[RULES] == rule % "?*"
    assert root.files[path] == text
    assert [path for _action, path, _detail in root.changes()] == [RULES]


@pytest.mark.parametrize("path", BY_MAC)
def test_configuration_follows_a_new_mac(path):
    hardware = {"target_interfaces": [{"from": MAC.upper(), "mac": NEW_MAC}]}
    kept = "<!-- kept -->\n" if path.endswith(".xml") else "# kept\n"
    root = guest({path: kept + BY_MAC[path].replace("@MAC@", MAC)}, hardware)
    assert network.inspect(root).concerns == []
    (interface,) = convert(root)
    assert interface["mac"] == NEW_MAC
    assert root.files[path] == kept + BY_MAC[path].replace("@MAC@", NEW_MAC)
    before = dict(root.files)
    assert network.inspect(root).concerns == []
    assert convert(root) == [interface]
    assert root.files == before


@pytest.mark.parametrize("path", BY_NAME)
def test_the_name_is_bound_to_the_new_mac(path):
    hardware = {"interfaces": [{"mac": MAC}], "target_interfaces": [{"from": MAC, "mac": NEW_MAC}]}
    text = BY_NAME[path].replace("NAME", "ens192")
    root = guest({path: text}, hardware)
    assert [nic["mac"] for nic in convert(root)] == [NEW_MAC]
    assert f"MACAddress={NEW_MAC}\n" in root.files[LINK]
    before = dict(root.files)
    assert [nic["mac"] for nic in convert(root)] == [NEW_MAC]
    assert root.files == before


def test_rules_and_links_of_the_users_follow_a_new_mac():
    link = "[Match]\nMACAddress=%s\n[Link]\nName=ens224\n"
    rule = 'SUBSYSTEM=="net", ATTR{address}=="%s", NAME="ens192"\n'
    other = "00:50:56:aa:bb:cd"
    files = {
        "/etc/network/interfaces": "iface ens192 inet dhcp\niface ens224 inet dhcp\n",
        RULES: rule % MAC,
        "/etc/systemd/network/50-two.link": link % other,
    }
    # The two are swapped.
    macs = [{"from": MAC, "mac": other}, {"from": other, "mac": MAC}]
    root = guest(files, {"target_interfaces": macs})
    assert [nic["mac"] for nic in convert(root)] == [other, MAC]
    assert root.files[RULES] == rule % other
    assert root.files["/etc/systemd/network/50-two.link"] == link % MAC


def test_the_only_nic_of_an_unknown_mac_gets_the_new_one():
    root = guest(
        {"/etc/network/interfaces": "iface ens192 inet dhcp\n"}, {"target_interfaces": [{"from": MAC, "mac": NEW_MAC}]}
    )
    assert network.inspect(root).concerns == []
    assert [nic["mac"] for nic in convert(root)] == [NEW_MAC]
    assert f"MACAddress={NEW_MAC}\n" in root.files[LINK]


def test_a_new_mac_for_a_nic_that_is_not_there_is_an_error():
    hardware = {"interfaces": [{"mac": MAC}], "target_interfaces": [{"from": "00:50:56:00:00:09", "mac": NEW_MAC}]}
    (concern,) = network.inspect(guest({"/etc/network/interfaces": "iface ens192 inet dhcp\n"}, hardware)).concerns
    assert (concern.code, concern.severity) == ("target-interface-unknown", "error")
    assert f"ens192 has {MAC}" in concern.hint


@pytest.mark.parametrize("path", [path for path in BY_NAME if path != "/etc/sysconfig/network/ifcfg-ens192"])
def test_a_removed_nic_is_gone_at_the_next_inspection(path):
    root = guest({path: BY_NAME[path].replace("NAME", "ens192")}, {"interfaces": [{"mac": MAC}]})
    assert convert(root, removed=["ens192"]) == []
    root.guest.hardware = {}
    assert network.inspect(root).devices == {"network": {}}


@pytest.mark.parametrize(
    "pattern, arguments, bound",
    [
        ("en*", [], None),
        ("*", [], None),
        ("ens*", [], "ens0"),
        ("eth*", [], "eth0"),
        ("eth*", ["net.ifnames=0"], None),
        ("en*", ["net.ifnames=0"], "en0"),
        ("[ab]", [], "a"),
        ("!en* !eth*", [], "lan0"),
    ],
)
def test_a_pattern_that_the_targets_name_does_not_match_gets_a_name_that_does(pattern, arguments, bound):
    text = f"[Match]\nName={pattern}\n[Network]\nDHCP=yes\n"
    root = guest({"/etc/systemd/network/50.network": text}, arguments=arguments)
    assert [nic["name"] for nic in convert(root)] == ["nic0"]
    assert [path for _action, path, _detail in root.changes()] == (
        [f"/etc/systemd/network/10-guestconv-{bound}.link"] if bound else []
    )


def test_settings_for_any_nic_make_no_nic_beside_another():
    files = {
        "/etc/network/interfaces": "iface ens192 inet dhcp\n",
        "/etc/systemd/network/80.network": "[Match]\nName=eth*\n[Network]\nDHCP=yes\n",
    }
    assert [nic["name"] for nic in convert(guest(files))] == ["ens192"]


def test_a_bonds_address_is_said_of_its_first_member():
    text = "iface bond0 inet static\n address 10.0.2.15/24\n gateway 10.0.2.2\n bond-slaves ens3 ens4\n"
    hardware = {"interfaces": [{"mac": MAC}, {"mac": NEW_MAC}]}
    first, second = convert(guest({"/etc/network/interfaces": text}, hardware))
    assert (first["name"], first["addresses"], first["gateway"]) == ("ens3", ["10.0.2.15/24"], "10.0.2.2")
    assert (second["name"], second["addresses"], second["gateway"]) == ("ens4", [], None)


def test_cloud_inits_configuration_gives_macs_only_once_it_was_rendered():
    files = {
        "/etc/network/interfaces": "iface ens192 inet dhcp\niface ens224 inet dhcp\n",
        "/var/lib/cloud/instance/network-config.json": (
            '{"version": 1, "config": ['
            f'{{"type": "physical", "name": "ens192", "mac_address": "{MAC}"}}, '
            f'{{"type": "physical", "name": "ens224", "mac_address": "{NEW_MAC}"}}, '
            '{"type": "physical", "name": "ens256", "mac_address": "00:50:56:00:00:01"}]}'
        ),
    }
    assert {nic["name"]: nic["mac"] for nic in convert(guest(files))} == {"ens192": MAC, "ens224": NEW_MAC}


def test_leases_tell_nics_apart():
    lease = 'lease {\n  interface "%s";\n  option dhcp-client-identifier 1:%s;\n}\n'
    files = {
        "/etc/network/interfaces": "iface ens192 inet dhcp\niface ens224 inet dhcp\n",
        "/var/lib/dhcp/dhclient.leases": lease % ("ens192", MAC) + lease % ("ens224", NEW_MAC),
    }
    root = guest(files)
    assert network.inspect(root).concerns == []
    assert [nic["mac"] for nic in convert(root)] == [MAC, NEW_MAC]
    assert f"MACAddress={MAC}\n" in root.files[LINK]
    files["/var/lib/dhcp/dhclient.leases"] = lease % ("ens192", MAC) + lease % ("ens224", MAC)
    assert [concern.code for concern in network.inspect(guest(files)).concerns] == ["nic-identity-unknown"]


def test_a_lease_does_not_bind_the_only_nic():
    lease = f'lease {{\n  interface "ens192";\n  option dhcp-client-identifier 1:{MAC};\n}}\n'
    root = guest({"/etc/network/interfaces": "iface ens192 inet dhcp\n", "/var/lib/dhcp/dhclient.leases": lease})
    found = network.inspect(root).devices["network"]["ens192"]
    assert (found["mac"], found["mac_learnt_from"]) == (MAC, "/var/lib/dhcp/dhclient.leases")
    assert [nic["mac"] for nic in convert(root)] == [MAC]
    assert "Driver=virtio_net\n" in root.files[LINK]


@pytest.mark.parametrize(
    "files, code, severity",
    [
        (
            {"/etc/netplan/a.yaml": "a: [", "/etc/network/interfaces": "iface ens3 inet dhcp\n"},
            "network-configuration-malformed",
            "warning",
        ),
        (
            {"/etc/systemd/network/a.network": "[Match]\nPath=pci-0000:03:00.0\n"},
            "nic-configured-by-old-hardware",
            "warning",
        ),
        (
            {"/usr/bin/cloud-init": "", "/etc/network/interfaces": "iface ens3 inet static\n address 10.0.0.1\n"},
            "cloud-init-renders-network",
            "info",
        ),
    ],
)
def test_what_a_person_should_know_is_a_concern(files, code, severity):
    (concern,) = network.inspect(guest(files)).concerns
    assert (concern.code, concern.severity) == (code, severity)
    convert(guest(files), removed=["ens3"])


def test_too_many_interfaces_are_refused(monkeypatch):
    monkeypatch.setattr(bounds, "MOST_SETTINGS", 10)
    text = "".join(f"iface x{number} inet dhcp\n" for number in range(11))
    with pytest.raises(GuestconvError) as error:
        network.inspect(guest({"/etc/network/interfaces": text}))
    assert error.value.code == "network-too-large"


@pytest.mark.parametrize(
    "name, text",
    [
        ("/etc/sysconfig/network-scripts/ifcfg-eth{}", "DEVICE=eth{}\nBOOTPROTO=dhcp\n"),
        ("/etc/sysconfig/network/ifcfg-eth{}", "BOOTPROTO=dhcp\n"),
        ("/etc/NetworkManager/system-connections/{}.nmconnection", "[connection]\nid={}\ntype=ethernet\n"),
        ("/etc/NetworkManager/conf.d/{}.conf", "[main]\n"),
        ("/etc/netplan/{}.yaml", "network: {{}}\n"),
        ("/etc/wicked/ifconfig/{}.xml", "<interface/>\n"),
        ("/etc/systemd/network/{}.network", "[Match]\nName=eth{}\n"),
        ("/etc/systemd/network/a.network.d/{}.conf", "[Match]\nName=eth{}\n"),
        ("/etc/systemd/network/{}.link", "[Match]\nMACAddress=00:50:56:aa:bb:cc\n"),
        ("/etc/udev/rules.d/{}.rules", "# {}\n"),
        ("/etc/cloud/cloud.cfg.d/{}.cfg", "a: {}\n"),
        ("/etc/network/interfaces.d/{}", "iface eth{} inet dhcp\n"),
    ],
)
def test_too_many_files_are_refused(monkeypatch, name, text):
    monkeypatch.setattr(bounds, "MOST_FILES", 10)
    files = {name.format(number): text.format(number) for number in range(11)}
    files["/etc/network/interfaces"] = "source /etc/network/interfaces.d/*\n"
    # What is asked for only next to a card that nothing configures.
    files["/usr/sbin/NetworkManager"] = ""
    started = {"/etc/systemd/system/multi-user.target.wants/NetworkManager.service": "/nowhere"}
    with pytest.raises(GuestconvError) as error:
        network.inspect(FakeRoot(files, links=started))
    assert error.value.code == "network-too-large"


def test_too_many_patterns_of_included_files_are_refused(monkeypatch):
    monkeypatch.setattr(bounds, "MOST_FILES", 10)
    text = "".join(f"source /etc/network/{number}*\n" for number in range(11))
    with pytest.raises(GuestconvError) as error:
        network.inspect(guest({"/etc/network/interfaces": text}))
    assert error.value.code == "network-too-large"


@pytest.mark.parametrize(
    "path, was_seen",
    [
        ("/etc/cloud/cloud.cfg.d/a.cfg", False),
        ("/var/lib/cloud/seed/nocloud/network-config", True),
        ("/var/lib/cloud/instance/network-config.json", True),
    ],
)
@pytest.mark.parametrize(
    "text",
    [
        '{"network": {"version": 1, "config": [{"type": "physical", "name": "ens192", "mac_address": "@MAC@"}]}}',
        '{"network": {"version": 2, "ethernets": {"ens192": {"match": {"macaddress": "@MAC@"}, "set-name": "ens192"}}}}',
    ],
)
def test_what_cloud_init_has_of_an_instance_is_a_trace_of_that_instance(path, was_seen, text):
    (nic,) = nics_of(cloud_init.read(FakeRoot({path: text.replace("@MAC@", MAC)})))
    assert (nic.mac, nic.hardware_mac, nic.mac_was_seen) == (MAC, MAC, was_seen)
