# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An initrd that brings NICs up gets what gives them their names, and their drivers; its configuration follows."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import network
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.names import in_initrd
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot, menu

MAC, NEW_MAC = "00:50:56:aa:bb:cc", "52:54:00:00:00:01"
SYSTEMD = "/usr/lib/systemd/libsystemd-shared-252.so"
LINK = "/etc/systemd/network/10-guestconv-ens192.link"
RULE = "/etc/udev/rules.d/70-guestconv-ens192.rules"
RULES = "/etc/udev/rules.d/70-persistent-net.rules"
INITRAMFS = "/etc/initramfs-tools/initramfs.conf"
DRACUT = "/etc/dracut.conf.d/net.conf"
STATIC = {"/etc/network/interfaces": "iface ens192 inet static\n  address 10.0.2.15/24\n"}
BY_NETPLAN = {
    "/etc/netplan/a.yaml": f"network: {{ethernets: {{x: {{match: {{macaddress: '{MAC}'}}, set-name: ens192}}}}}}\n"
}
ONE = {"interfaces": [{"mac": MAC}]}


def guest(files, arguments=(), hardware=None):
    boot_menu = menu(" ".join(arguments))
    return FakeRoot({SYSTEMD: "", **files}, boot_menu=boot_menu, hardware=ONE if hardware is None else hardware)


def convert(root, removed=(), driver="virtio-net-pci", **settings):
    """Inspect and convert; settings: what the caller says of ens192."""
    found = network.inspect(root).devices["network"]
    drivers = {"network": {name: driver for name in found if name not in removed}}
    selection = SimpleNamespace(drivers=drivers, removed={}, settings={"network": {"ens192": settings}})
    conversion = Plan(root.guest.target, selection)
    network.convert(root, conversion)
    return conversion


def edited(conversion, path, text):
    """text of the initrd's member at path, as the conversion wants it."""
    for planned in conversion.initrd.edits:
        text = planned.edit(text) if re.fullmatch(planned.pattern, path) else text
    return text


@pytest.mark.parametrize(
    "files, arguments, used",
    [
        ({}, [], False),
        ({}, ["ip=ens192:dhcp"], True),
        ({INITRAMFS: "MODULES=most\n#DEVICE=eth0\nDEVICE=\n"}, [], False),
        ({INITRAMFS: "DEVICE=ens192\n"}, [], True),
        ({"/etc/initramfs-tools/conf.d/net": 'IP="10.0.2.15::10.0.2.2:255.255.255.0::ens192:off"\n'}, [], True),
        ({INITRAMFS: "IP=off\n"}, [], False),
        ({INITRAMFS: "BOOT=nfs\n"}, [], True),
        ({DRACUT: 'kernel_cmdline+=" quiet rd.neednet=1 "\n'}, [], True),
        ({DRACUT: '#kernel_cmdline+=" rd.neednet=1 "\nadd_drivers+=" ip=dhcp "\n'}, [], False),
        ({"/usr/share/initramfs-tools/scripts/init-premount/dropbear": ""}, [], True),
        ({"/usr/lib/dracut/modules.d/60clevis-pin-tang/module-setup.sh": ""}, [], True),
        ({"/usr/lib/dracut/modules.d/60clevis-pin-sss/module-setup.sh": ""}, [], False),
    ],
)
def test_whether_the_initrd_brings_nics_up(files, arguments, used):
    assert in_initrd.uses_network(guest(files, arguments)) is used


def test_an_initrd_that_uses_no_network_is_left_alone():
    conversion = convert(guest(STATIC))
    assert (conversion.initrd.files, conversion.initrd.modules, conversion.initrd.edits) == ({}, [], [])


@pytest.mark.parametrize("driver, module", [("virtio-net-pci", "virtio_net"), ("e1000", "e1000")])
def test_it_gets_the_file_that_names_the_nic_and_the_driver(driver, module):
    root = guest(STATIC, ["ip=ens192:dhcp"])
    assert network.inspect(root).concerns == []
    conversion = convert(root, driver=driver)
    assert conversion.initrd.files == {LINK: root.files[LINK]}
    assert module in conversion.initrd.modules


def test_it_gets_files_of_the_users_that_name_the_nic_and_no_other():
    rule = f'SUBSYSTEM=="net", DRIVERS=="%s", ATTR{{address}}=="{MAC}", NAME="ens192"\n'
    others = {
        "/etc/udev/rules.d/50-disk.rules": 'SUBSYSTEM=="block", NAME="x"\n',
        "/etc/systemd/network/10-other.link": "[Match]\nMACAddress=00:50:56:00:00:09\n[Link]\nName=ens224\n",
    }
    conversion = convert(guest({**STATIC, **others, RULES: rule % "vmxnet3"}, ["ip=dhcp"]))
    assert conversion.initrd.files == {RULES: rule % "?*"}


def test_a_name_that_the_guests_tools_give_is_given_in_the_initrd_by_a_rule():
    assert convert(guest(BY_NETPLAN)).initrd.files == {}
    root = guest(BY_NETPLAN, ["ip=dhcp"])
    conversion = convert(root)
    # A .link file would take netplan's out of force.
    assert LINK not in root.files
    assert conversion.initrd.files == {RULE: root.files[RULE]}
    assert f'ATTR{{address}}=="{MAC}"' in root.files[RULE]
    before = dict(root.files)
    assert convert(root).initrd.files == conversion.initrd.files
    assert root.files == before


def test_the_initrds_copy_of_a_file_follows_whether_it_uses_the_network_or_not():
    link = "[Match]\nMACAddress=%s\n[Link]\nName=ens192\n"
    files = {**STATIC, "/etc/systemd/network/50-lan.link": link % MAC}
    hardware = {"target_interfaces": [{"from": MAC, "mac": NEW_MAC}]}
    conversion = convert(guest(files, hardware=hardware))
    assert conversion.initrd.copies == {"/etc/systemd/network/50-lan.link": link % NEW_MAC}
    assert conversion.initrd.files == {}
    assert convert(guest(files)).initrd.copies == {}


def test_the_initrds_copy_of_a_file_that_goes_becomes_empty():
    root = guest(STATIC)
    convert(root)
    conversion = convert(root, policy="rename", name="lan0")
    assert conversion.initrd.copies[LINK] == ""
    assert "Name=lan0" in conversion.initrd.copies[LINK.replace("ens192", "lan0")]


@pytest.mark.parametrize(
    "settings, removed, before, after",
    [
        ({"policy": "rename", "name": "lan0"}, [], "DEVICE=ens192 # why\n", "DEVICE=lan0 # why\n"),
        ({"policy": "rename", "name": "lan0"}, [], "IP='::::web:ens192:dhcp'\n", "IP='::::web:lan0:dhcp'\n"),
        ({"policy": "dhcp"}, [], "IP=10.0.2.15::10.0.2.2:24:web:ens192:off\n", "IP=::::web:ens192:dhcp\n"),
        ({"policy": "rename", "name": "lan0"}, [], "#DEVICE=ens192\nDEVICE=eth0\n", "#DEVICE=ens192\nDEVICE=eth0\n"),
        ({}, ["ens192"], "DEVICE=ens192\nIP=ens192:dhcp\n", "DEVICE=\nIP=\n"),
    ],
)
def test_initramfs_tools_configuration_follows_in_the_guest_and_in_the_initrd(settings, removed, before, after):
    root = guest({**STATIC, INITRAMFS: before})
    conversion = convert(root, removed, **settings)
    assert root.files[INITRAMFS] == after
    assert edited(conversion, "conf/initramfs.conf", before) == after
    assert edited(conversion, "conf/conf.d/net", before) == after
    assert edited(conversion, "scripts/functions", before) == before


def test_dracuts_arguments_follow_in_the_guest_and_in_the_initrd():
    arguments = f" ip=ens192:dhcp ifname=ens192:{MAC} "
    configuration = f'# ip=ens192:dhcp\nkernel_cmdline+="{arguments}"\nadd_drivers+=" ens192 "\n'
    root = guest({**STATIC, DRACUT: configuration}, hardware={"target_interfaces": [{"from": MAC, "mac": NEW_MAC}]})
    root.files[LINK] = f"[Match]\nMACAddress={MAC}\n[Link]\nName=ens192\n"
    conversion = convert(root, policy="rename", name="lan0")
    assert root.files[DRACUT] == configuration.replace(arguments, f" ip=lan0:dhcp ifname=lan0:{NEW_MAC} ")
    copy = f"rd.neednet=1 ip=ens192:dhcp\nifname=ens192:{MAC}\n"
    after = edited(conversion, "etc/cmdline.d/01-default.conf", copy)
    assert after == f"rd.neednet=1 ip=lan0:dhcp\nifname=lan0:{NEW_MAC}\n"
    assert conversion.command_line.edited("quiet ip=ens192:dhcp") == "quiet ip=lan0:dhcp"


def test_the_kernels_arguments_for_a_nic_that_goes_go_too():
    conversion = convert(guest(STATIC, ["ip=ens192:dhcp"]), removed=["ens192"])
    assert conversion.command_line.edited("quiet ip=ens192:dhcp splash") == "quiet splash"


@pytest.mark.parametrize(
    "names, early",
    [
        (("enp1s0", "enp2s0"), True),
        (("ens3", "ens4"), True),
        (("eno1", "lan0"), True),
        # VMware's, which no target gives by itself, and those that say nothing of a place.
        (("ens192", "ens224"), False),
        (("lan0", "lan1"), False),
        (("enp1s0",), False),
    ],
)
def test_names_that_the_initrd_may_give_to_the_wrong_nic_by_its_place_are_given_in_it(names, early):
    text = "".join(f"iface {name} inet dhcp\n" for name in names)
    macs = {name: f"00:50:56:aa:bb:{number:02x}" for number, name in enumerate(names)}
    root = guest({"/etc/network/interfaces": text}, hardware={"interfaces": [{"mac": mac} for mac in macs.values()]})
    conversion = convert(root)
    links = {f"/etc/systemd/network/10-guestconv-{name}.link" for name in names}
    assert links <= root.files.keys()
    assert conversion.initrd.files.keys() == (links if early else set())
    assert conversion.initrd.modules == []


@pytest.mark.parametrize(
    ("names", "target", "is_given"),
    [
        (("ens3", "ens4"), "kvm", True),
        (("ens192", "ens224"), "kvm", False),
        # VMware's slots have numbers of 13 bits.
        (("ens192", "ens224"), "vmware", True),
        (("ens99999", "lan0"), "vmware", False),
        (("ens192",), "vmware", False),
    ],
)
def test_names_that_the_initrds_udev_may_give_to_another_card_are_given_there(names, target, is_given):
    stanzas = "".join(f"iface {name} inet static\n  address 10.0.2.{n}/24\n" for n, name in enumerate(names, 15))
    links = {
        f"/etc/systemd/network/10-{name}.link": f"[Match]\nMACAddress=00:50:56:aa:bb:0{n}\n[Link]\nName={name}\n"
        for n, name in enumerate(names)
    }
    cards = [{"mac": f"00:50:56:aa:bb:0{n}"} for n in range(len(names))]
    root = FakeRoot(
        {SYSTEMD: "", "/etc/network/interfaces": stanzas, **links},
        boot_menu=menu(""),
        hardware={"interfaces": cards},
        target=target,
    )
    driver = root.guest.target.models["network"][0].driver
    assert convert(root, driver=driver).initrd.files == (links if is_given else {})
