# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A guest that can drive everything, converted for each device of each target, and from target to target."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.devices import models
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import TARGETS
from ansible_collections.virttools.guestconv.plugins.module_utils.model import hardware
from tests.text_guests import case
from tests.text_guests.lab import Lab

VERSION = "6.1.0-50-amd64"
INITRD = f"/boot/initrd.img-{VERSION}"
MENU = "/boot/grub/grub.cfg"
MAC = "00:50:56:aa:bb:cc"
GUEST = f"""\
@os deb
@firmware bios
@hardware {{{{"interfaces": [{{{{"mac": "{MAC}", "addresses": ["10.0.2.15"]}}}}]}}}}
@part sda1 type=ext4 uuid=u-root
@system
@kernel {VERSION} initrd={INITRD} {{options}}
@directory /srv
@file /etc/network/interfaces
auto ens192
iface ens192 inet static
    address 10.0.2.15/24
    gateway 10.0.2.2
@file /etc/fstab
/dev/sda1 / ext4 errors=remount-ro 0 1
/dev/sdb1 /srv ext4 defaults 0 2
@file /etc/default/grub
GRUB_CMDLINE_LINUX="quiet"
@file /boot/grub/device.map
(hd0) /dev/sda
(hd1) /dev/sdb
@file {MENU}
menuentry 'Debian' {{{{
    linux /boot/vmlinuz-{VERSION} root=/dev/sda1 ro quiet
    initrd {INITRD}
}}}}
@part sdb1 type=ext4 uuid=u-srv
@file /x
@expect converts
"""
FILES = ("/etc/fstab", "/etc/default/grub", MENU, "/etc/network/interfaces")

# For each target as many sets of choices, one per kind of device, as it takes to have each of its models in one.
ROWS = [
    pytest.param(name, {kind: offered[number % len(offered)].driver for kind, offered in target.models.items()})
    for name, target in TARGETS.items()
    for number in range(max(map(len, target.models.values())))
]


@pytest.fixture
def guest(tmp_path):
    """guest(options) is the guest, whose kernel has these options of @kernel, on its disks."""

    def make(options="xen"):
        return Lab(case.parse(GUEST.format(options=options), "guest", "guest"), tmp_path / "lab")

    return make


def converted(lab, target, *choices):
    """What comes of the conversion of the guest for a target."""
    lab.case.options["target"] = target
    lab.case.choices[:] = choices
    outcome = lab.run()
    assert outcome.is_converted, outcome.crash or outcome.said
    return outcome


def files(lab):
    return {path: lab.disks.read(path, "") for path in FILES}


@pytest.mark.parametrize(("name", "choices"), ROWS)
def test_each_choice_is_accepted_and_the_hardware_has_it_and_a_second_conversion_changes_nothing(guest, name, choices):
    target, lab = TARGETS[name], guest()
    outcome = converted(lab, name, *choices.items())
    found = hardware.from_dict(outcome.hardware)
    chosen = {
        "block": {disk.driver for disk in found.disks},
        "network": {card.driver for card in found.interfaces},
        "graphics": {found.video},
        "console": {found.console},
    }
    assert chosen == {kind: {driver} for kind, driver in choices.items()}
    assert found.machine == target.machine
    assert set(outcome.hardware) >= {"firmware", "machine", "disks", "interfaces", "video", "console"}
    assert [disk.boot_order for disk in found.disks] == [1, 2]
    assert all(disk.bus and disk.name_on_target for disk in found.disks)
    assert [(card.name, card.mac) for card in found.interfaces] == [("ens192", MAC)]
    assert lab.second().changes == []


@pytest.mark.parametrize("name", TARGETS)
def test_the_initrd_holds_what_the_disks_need_and_the_menu_has_the_console(guest, name):
    lab = guest()
    outcome = converted(lab, name)
    found, target = hardware.from_dict(outcome.hardware), TARGETS[name]
    needed = {module for disk in found.disks for module in models.DISKS[disk.driver].modules if module != "sd_mod"}
    said = [change.detail for change in outcome.changes if change.path == INITRD]
    assert said and all(module in said[0] for module in needed)
    menu = lab.disks.read(MENU, "").decode()
    assert f"console={models.CONSOLES[found.console].tty}" in menu and "root=UUID=u-root" in menu
    assert all(argument in menu for argument in target.arguments)


@pytest.mark.parametrize("away", [name for name in TARGETS if name not in ("kvm", "azure")])
def test_the_way_to_a_target_and_back_gives_the_same_files_again(guest, away):
    lab = guest()
    there = converted(lab, "kvm").hardware
    before = files(lab)
    converted(lab, away)
    assert lab.second().changes == []
    assert converted(lab, "kvm").hardware == there
    assert files(lab) == before
    assert lab.second().changes == []


def test_what_azure_asks_of_the_kernel_stays_and_is_asked_for_once(guest):
    lab = guest()
    converted(lab, "azure")
    converted(lab, "kvm")
    converted(lab, "azure")
    assert lab.disks.read(MENU, "").count(b"rootdelay=300") == 1


@pytest.mark.parametrize("options", ["", "bzimage"])
def test_a_kernel_that_xen_cannot_enter_is_refused_for_pv_and_converted_for_hvm(guest, options):
    lab = guest(options)
    lab.case.options["target"] = "xen-pv"
    outcome = lab.run()
    assert not outcome.crash and outcome.error.code == "kernel-not-for-xen"
    assert converted(lab, "xen").hardware["disks"][0]["driver"] == "xen-disk"


@pytest.mark.parametrize(
    ("name", "lacking", "driver"),
    [
        ("kvm", "virtio_blk,virtio_scsi", "ahci"),
        ("kvm", "virtio_blk,virtio_scsi,ahci", "nvme"),
        ("vmware", "vmw_pvscsi", "nvme"),
        ("xen", "xen_blkfront", "ide"),
        ("gcp", "virtio_scsi", "nvme"),
        ("proxmox", "virtio_scsi", "virtio-blk-pci"),
        ("virtualbox", "ahci", "lsi53c1030"),
    ],
)
def test_the_guests_own_kernel_decides_what_is_recommended(guest, name, lacking, driver):
    outcome = converted(guest(f"xen lack={lacking}"), name)
    assert {disk["driver"] for disk in outcome.hardware["disks"]} == {driver}


@pytest.mark.parametrize(("name", "lacking"), [("ec2", "ena"), ("hyperv", "hv_storvsc"), ("xen-pv", "xen_netfront")])
def test_a_guest_that_can_use_nothing_of_a_target_is_refused_with_the_reason(guest, name, lacking):
    lab = guest(f"xen lack={lacking}")
    lab.case.options["target"] = name
    error = lab.run().error
    assert error.code == "no-driver" and f"has no {lacking} module" in error.message
