# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network as a whole: from the files of a guest to devices, and from choices back to files."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import network
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.nics import Nic
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.names import mentioned
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.guest import search
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot, menu

INTERFACES = "/etc/network/interfaces"
LINK = "/etc/systemd/network/10-guestconv-ens192.link"
OUR_RULE = "/etc/udev/rules.d/70-guestconv-ens192.rules"
RULES = "/etc/udev/rules.d/70-persistent-net.rules"
SYSTEMD_252 = "/usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-252.so"
MAC = "00:50:56:aa:bb:cc"

ONE = "auto ens192\niface ens192 inet static\n\taddress 10.0.2.15/24\n\tgateway 10.0.2.2\n"
TWO = ONE + "auto ens224\niface ens224 inet dhcp\n"
BOTH_MACS = {"interfaces": [{"mac": MAC, "addresses": ["10.0.2.15"]}, {"mac": "00:50:56:aa:bb:cd"}]}


def guest(text, arguments=(), hardware=None, info=None, target="kvm", **files):
    boot_menu = menu(" ".join(arguments))
    files = {INTERFACES: text, SYSTEMD_252: "", **files}
    return FakeRoot(files, info=info, boot_menu=boot_menu, hardware=hardware, target=target)


def codes(findings):
    return [concern.code for concern in findings.concerns]


def convert(root, drivers=None, removed=()):
    """Inspect root, convert it, and return the Conversion. drivers: {id: driver}, by default the first for each."""
    found = network.inspect(root).devices["network"]
    first = root.guest.target.models["network"][0].driver
    chosen = {identifier: (drivers or {}).get(identifier, first) for identifier in found if identifier not in removed}
    conversion = Plan(root.guest.target, Selection({"network": chosen}, {"network": list(removed)}))
    network.convert(root, conversion)
    return conversion


def test_inspection_says_what_is_known_of_a_nic():
    findings = network.inspect(guest(ONE, hardware={"interfaces": [{"mac": MAC.upper(), "addresses": ["10.0.2.15"]}]}))
    assert findings.devices == {
        "network": {
            "ens192": {
                "name": "ens192",
                "name_bound_by": None,
                "mac": MAC,
                "mac_learnt_from": "hardware",
                "addresses": ["10.0.2.15/24"],
                "gateway": "10.0.2.2",
                "method": "static",
                "configured_by": [{"file": INTERFACES, "kind": "interfaces"}],
                "used_by": [],
            }
        }
    }
    assert findings.concerns == []


def test_a_guest_without_network_has_no_nic():
    root = guest("auto lo\niface lo inet loopback\n")
    assert network.inspect(root).devices == {"network": {}}
    assert convert(root).hardware.interfaces == []
    assert root.changes() == []


def test_other_configuration_is_a_concern_that_names_the_files():
    files = {
        "/etc/wicked/ifconfig/all.xml": "<policy><match><link-type>ethernet</link-type></match></policy>",
        "/etc/wicked/ifconfig/empty.xml": "<!-- nothing -->",
        "/etc/connman/lan.config": "",
        "/etc/net/ifaces/eth0/options": "",
        "/etc/net/ifaces/lo/options": "",
    }
    (concern,) = network.inspect(guest(ONE, **files)).concerns
    assert (concern.code, concern.severity) == ("network-configuration-not-read", "warning")
    assert "/etc/connman/lan.config, /etc/net/ifaces/eth0/options, /etc/wicked/ifconfig/all.xml." in concern.message


def test_nics_that_cannot_be_told_apart_are_an_error():
    assert codes(network.inspect(guest(TWO))) == ["nic-identity-unknown"]
    assert codes(network.inspect(guest(TWO, hardware=BOTH_MACS))) == []


def test_the_error_says_how_to_accept_new_macs_and_then_they_are_bound():
    root = guest(TWO)
    (concern,) = network.inspect(root).concerns
    assert "hardware: {generate_macs: true}" in concern.hint
    root.guest.hardware = {"generate_macs": True}
    findings = network.inspect(root)
    macs = {name: nic["mac"] for name, nic in findings.devices["network"].items()}
    assert {nic["mac_learnt_from"] for nic in findings.devices["network"].values()} == {"generated"}
    (concern,) = findings.concerns
    assert (concern.code, concern.severity) == ("nic-mac-generated", "warning")
    assert f"ens192 {macs['ens192']}, ens224 {macs['ens224']}" in concern.message
    interfaces = convert(root).hardware.interfaces
    assert {nic["name"]: nic["mac"] for nic in interfaces} == macs
    assert f"MACAddress={macs['ens192']}\n" in root.files[LINK]
    assert f"MACAddress={macs['ens224']}\n" in root.files[LINK.replace("ens192", "ens224")]
    before = dict(root.files)
    assert convert(root).hardware.interfaces == interfaces
    assert root.files == before


def test_a_known_mac_is_not_replaced_by_a_new_one():
    hardware = {"generate_macs": True, "interfaces": [{"mac": MAC, "addresses": ["10.0.2.15"]}]}
    found = network.inspect(guest(TWO, hardware=hardware)).devices["network"]
    assert (found["ens192"]["mac"], found["ens192"]["mac_learnt_from"]) == (MAC, "hardware")
    assert found["ens224"]["mac_learnt_from"] == "generated"
    (only,) = network.inspect(guest(ONE, hardware={"generate_macs": True})).devices["network"].values()
    assert only["mac"] is None


def test_the_kernels_names_need_the_right_order():
    text = "iface eth0 inet dhcp\niface eth1 inet static\n address 10.0.2.15/24\n"
    assert codes(network.inspect(guest(text, hardware=BOTH_MACS))) == ["nic-order-matters"]
    hardware = convert(guest(text, hardware=BOTH_MACS)).hardware.interfaces
    assert [(nic["name"], nic["mac"]) for nic in hardware] == [("eth0", "00:50:56:aa:bb:cd"), ("eth1", MAC)]


def test_oracle_16_the_name_is_bound_to_the_mac_and_the_configuration_stays():
    root = guest(ONE, hardware={"interfaces": [{"mac": MAC}]})
    conversion = convert(root)
    assert [path for _action, path, _detail in root.changes()] == [LINK]
    assert f"MACAddress={MAC}\nPath=*\n" in root.files[LINK]
    assert root.files[INTERFACES] == ONE
    assert conversion.hardware.interfaces == [
        {
            "name": "ens192",
            "driver": "virtio-net-pci",
            "mac": MAC,
            "addresses": ["10.0.2.15/24"],
            "gateway": "10.0.2.2",
        }
    ]


def test_the_name_of_the_only_nic_is_bound_to_its_driver_and_follows_it():
    root = guest(ONE)
    convert(root)
    assert "Driver=virtio_net\n" in root.files[LINK]
    convert(root, {"ens192": "e1000"})
    assert "Driver=e1000\n" in root.files[LINK]


def test_a_name_bound_to_a_driver_says_what_binds_it():
    root = guest(ONE)
    assert network.inspect(root).devices["network"]["ens192"]["name_bound_by"] is None
    convert(root)
    found = network.inspect(root).devices["network"]["ens192"]
    assert (found["mac"], found["name_bound_by"]) == (None, LINK)


def test_the_name_follows_the_targets_drivers():
    root = guest(ONE, target="vmware")
    convert(root)
    assert "Driver=vmxnet3\n" in root.files[LINK]


@pytest.mark.parametrize("hardware", [None, BOTH_MACS])
@pytest.mark.parametrize("system", [SYSTEMD_252, "/lib/systemd/libsystemd-shared-232.so"])
def test_a_second_conversion_changes_nothing(hardware, system):
    root = guest(TWO if hardware else ONE, hardware=hardware)
    del root.files[SYSTEMD_252]
    root.files[system] = ""
    first = convert(root).hardware
    before = dict(root.files)
    assert first.interfaces and len(before) > 2
    root.guest.hardware = {}
    assert convert(root).hardware == first
    assert root.files == before


def test_a_mac_that_only_the_configuration_gives_does_not_bind_the_name():
    root = guest(ONE + f"\thwaddress ether {MAC}\n")
    assert convert(root).hardware.interfaces[0]["mac"] == MAC
    assert "Driver=virtio_net\n" in root.files[LINK]


@pytest.mark.parametrize(
    "library, arguments",
    [
        ("/lib/systemd/libsystemd-shared-232.so", []),
        ("/usr/lib/systemd/systemd-udevd", []),
        (SYSTEMD_252, ["net.naming-scheme=v239"]),
    ],
)
def test_a_systemd_that_does_not_rename_again_gets_a_rule(library, arguments):
    root = guest(ONE, arguments=arguments, hardware={"interfaces": [{"mac": MAC}]})
    del root.files[SYSTEMD_252]
    root.files[library] = ""
    convert(root)
    assert f'DRIVERS=="?*", ATTR{{address}}=="{MAC}"' in root.files[OUR_RULE]
    assert LINK not in root.files


def without_systemd(text, *paths):
    return FakeRoot({INTERFACES: text, **dict.fromkeys(paths, "")}, info={"init": "openrc"}, boot_menu=menu(""))


@pytest.mark.parametrize("program", ["/sbin/udevd", "/usr/bin/udevd", "/lib/systemd/systemd-udevd"])
@pytest.mark.parametrize("services", [[], ["/etc/runlevels/sysinit/mdev", "/etc/runlevels/sysinit/udev"]])
def test_a_guest_without_systemd_gets_a_rule(program, services):
    root = without_systemd(ONE, program, *services)
    convert(root, {"ens192": "e1000"})
    assert 'DRIVERS=="e1000"' in root.files[OUR_RULE]


def test_udev_of_systemd_names_cards_under_any_init():
    root = guest(ONE, info={"init": "sysvinit"})
    convert(root)
    assert "Driver=virtio_net\n" in root.files[LINK]


@pytest.mark.parametrize(
    "paths",
    [
        [],
        # Alpine's lvm2 and device-mapper bring rules; nothing reads them.
        ["/lib/udev/rules.d/80-x.rules", "/sbin/mdev"],
        ["/sbin/udevd", "/etc/runlevels/sysinit/mdev"],
    ],
)
def test_a_guest_without_udev_cannot_keep_names(paths):
    root = without_systemd(ONE, *paths)
    assert codes(network.inspect(root)) == ["nic-name-not-kept"]
    convert(root)
    assert root.changes() == []
    assert codes(network.inspect(without_systemd("iface eth0 inet dhcp\n", *paths))) == []


def test_other_settings_of_a_link_stay_in_force():
    files = {"/etc/systemd/network/50-mtu.link": "[Match]\nOriginalName=*\n[Link]\nMTUBytes=9000\n"}
    root = guest(ONE, **files)
    convert(root)
    assert [path for _action, path, _detail in root.changes()] == [OUR_RULE]


@pytest.mark.parametrize(
    "path, text",
    [
        (RULES, f'SUBSYSTEM=="net", ACTION=="add", DRIVERS=="?*", ATTR{{address}}=="{MAC}", NAME="ens192"\n'),
        ("/etc/systemd/network/10-lan.link", f"[Match]\nMACAddress={MAC}\n[Link]\nName=ens192\n"),
    ],
)
def test_a_name_that_is_bound_already_costs_nothing(path, text):
    root = guest(ONE, **{path: text})
    found = network.inspect(root).devices["network"]["ens192"]
    assert (found["mac_learnt_from"], found["name_bound_by"]) == (path, path)
    convert(root)
    assert root.changes() == []


LOCAL, USR = "/usr/local/lib/systemd/network", "/usr/lib/systemd/network"
BY_MAC = f"[Match]\nMACAddress={MAC}\n[Link]\nName=ens192\n"


@pytest.mark.parametrize(
    "files",
    [
        {f"{LOCAL}/50-lan.link": BY_MAC},
        {f"{USR}/50-lan.link": BY_MAC},
        {f"{USR}/50-lan.link": BY_MAC.replace("ens192", "lan"), f"{LOCAL}/50-lan.link": BY_MAC},
        {f"{USR}/50-lan.link": BY_MAC.replace("ens192", "lan"), f"{USR}/50-lan.link.d/a.conf": "[Link]\nName=ens192\n"},
    ],
)
def test_links_count_in_all_of_systemds_directories_with_their_drop_ins(files):
    root = guest(ONE, **files)
    found = network.inspect(root).devices["network"]["ens192"]
    assert found["mac"] == MAC
    assert found["name_bound_by"] in files
    convert(root)
    assert root.changes() == []


def test_a_link_of_the_distributions_is_changed_in_etc():
    hardware = {"target_interfaces": [{"from": MAC, "mac": "52:54:00:00:00:01"}]}
    root = guest(ONE, hardware=hardware, **{f"{USR}/50-lan.link": BY_MAC})
    convert(root)
    assert root.files[f"{USR}/50-lan.link"] == BY_MAC
    assert root.files["/etc/systemd/network/50-lan.link"] == BY_MAC.replace(MAC, "52:54:00:00:00:01")
    root = guest(ONE, **{f"{USR}/50-lan.link": BY_MAC})
    convert(root, removed=["ens192"])
    assert root.files["/etc/systemd/network/50-lan.link"] == ""


def test_systemds_own_links_leave_the_nic_to_ours():
    files = {
        f"{USR}/73-usb-net-by-mac.link": "[Match]\nPath=*-usb-*\nProperty=x\n[Link]\nNamePolicy=mac\n",
        f"{USR}/98-default-mac-none.link": "[Match]\nKind=bridge bond team\n[Link]\nMACAddressPolicy=none\n",
        f"{USR}/99-default.link": "[Match]\nOriginalName=*\n[Link]\nNamePolicy=keep kernel\n",
        "/lib/systemd/network/99-default.link": "[Match]\nOriginalName=*\n[Link]\nNamePolicy=keep kernel\n",
    }
    root = guest(ONE, **files)
    convert(root)
    assert [path for _action, path, _detail in root.changes()] == [LINK]


def test_the_kernels_name_of_the_only_nic_needs_nothing():
    root = guest(ONE.replace("ens192", "eth0"), arguments=["net.ifnames=0"])
    convert(root)
    assert root.changes() == []


def test_without_that_argument_eth0_is_bound():
    root = guest(ONE.replace("ens192", "eth0"))
    convert(root)
    assert "Name=eth0\n" in root.files["/etc/systemd/network/10-guestconv-eth0.link"]


def test_oracle_17_a_rule_is_widened_in_the_guest_and_in_the_initrd():
    rule = '# kept\nSUBSYSTEM=="net", DRIVERS=="%s", ATTR{address}=="' + MAC + '", KERNEL=="eth*", NAME="ens192"\n'
    root = guest(ONE, **{RULES: rule % "vmxnet3"})
    conversion = convert(root)
    assert [path for _action, path, _detail in root.changes()] == [RULES]
    assert root.files[RULES] == rule % "?*"
    assert conversion.initrd.copies == {RULES: rule % "?*"}
    assert convert(root).initrd.copies == {}


def test_a_removed_nic_is_unconfigured_everywhere():
    files = {
        RULES: 'SUBSYSTEM=="net", ATTR{address}=="00:50:56:aa:bb:cd", NAME="ens224"\n',
        "/etc/systemd/network/10-two.link": "[Match]\nMACAddress=00:50:56:aa:bb:cd\n[Link]\nName=ens224\n",
    }
    root = guest(TWO, hardware=BOTH_MACS, **files)
    conversion = convert(root, removed=["ens224"])
    assert [nic["name"] for nic in conversion.hardware.interfaces] == ["ens192"]
    assert root.files[INTERFACES] == ONE + "#auto ens224\n#iface ens224 inet dhcp\n"
    assert root.files[RULES].startswith("#SUBSYSTEM")
    assert "/etc/systemd/network/10-two.link" not in root.files
    before = dict(root.files)
    assert list(network.inspect(root).devices["network"]) == ["ens192", "nic1"]
    convert(root, removed=["nic1"])
    assert root.files == before


def test_our_files_go_with_their_nic():
    root = guest(ONE)
    convert(root)
    root.files[OUR_RULE] = 'NAME="ens192"'
    convert(root, removed=["ens192"])
    assert LINK not in root.files and OUR_RULE not in root.files


def test_a_nic_that_nothing_configures_is_on_the_target_all_the_same():
    root = guest("", hardware={"interfaces": [{"mac": MAC}]})
    assert convert(root).hardware.interfaces == [
        {"name": "nic0", "driver": "virtio-net-pci", "mac": MAC, "addresses": [], "gateway": None}
    ]
    assert root.changes() == []


@pytest.mark.parametrize("hardware", [None, {"interfaces": [{"mac": MAC}]}])
def test_a_nic_that_any_profile_of_networkmanagers_is_for_is_not_called_after_its_file(hardware):
    files = {"/etc/sysconfig/network-scripts/ifcfg-Profile_1": "TYPE=Ethernet\nUUID=u-1\nIPADDR=10.0.2.15/24\n"}
    root = guest("", hardware=hardware, **files)
    (nic,) = convert(root).hardware.interfaces
    assert (nic["name"], nic["addresses"]) == ("nic0", ["10.0.2.15/24"])
    assert root.changes() == []


def test_a_name_that_is_no_identifier_is_a_nic_too():
    root = guest(ONE.replace("ens192", "lan-0"))
    assert network.inspect(root).devices["network"]["lan_0"]["name"] == "lan-0"
    convert(root)
    assert "Name=lan-0\n" in root.files["/etc/systemd/network/10-guestconv-lan-0.link"]


@pytest.mark.parametrize("name, sought", [("ens192", True), ("lan-1.5", True), ("a'$(b)", False), ("x;y", False)])
def test_only_plain_names_are_sought_in_other_files(name, sought):
    """The search is a script of the appliance's shell, and names are the guest's."""
    root = guest(ONE, **{"/etc/firewall": f"-i {name} -j ACCEPT\n"})
    found = network.elsewhere.named_elsewhere(root, {name: "new0"})
    assert [("/etc/firewall" in concern.message) for concern in found] == [True] * sought


CUT, NONE = search.Found([], False), None
WHOLE = search.Found([], True)


@pytest.mark.parametrize("found, expected", [(CUT, ["search-incomplete"]), (NONE, ["search-incomplete"]), (WHOLE, [])])
@pytest.mark.parametrize(
    "sought",
    (
        lambda root: network.elsewhere.named_elsewhere(root, {"ens192": "new0"}),
        lambda root: network.elsewhere.gone_elsewhere(root, ["ens192"]),
        lambda root: network.elsewhere.macs_elsewhere(root, {MAC: "52:54:00:00:00:01"}),
        lambda root: network.elsewhere.addresses_elsewhere(root, ["10.0.2.15"], "ens192"),
        lambda root: network.elsewhere.files_mentioning(root, ["10.0.2.15"])[1],
        # A card that no file names may be called as other files call it.
        lambda root: mentioned.with_names(root, [Nic("nic0", None)], [], ())[1],
    ),
    ids=("new names", "removed cards", "new MAC addresses", "old addresses", "lost addresses", "names"),
)
def test_a_search_for_names_and_addresses_that_was_not_whole_is_a_concern(sought, found, expected):
    root = guest(ONE)
    root.files_with = lambda expression, *directories: found
    assert [concern.code for concern in sought(root)] == expected


def test_a_search_that_was_cut_keeps_what_it_found():
    root = guest(ONE)
    root.files_with = lambda expression, *directories: search.Found(["/etc/firewall"], False)
    found = network.elsewhere.named_elsewhere(root, {"ens192": "new0"})
    assert [concern.code for concern in found] == ["search-incomplete", "nic-name-used-elsewhere"]
