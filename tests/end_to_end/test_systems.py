# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests of other releases, initrds' builders, inits and kernels, converted for every set of devices and booted there.

A guest announces on its console what was booted (tests/guests/systems.py), and answers at its own static address. All of
this is script/boot-matrix's.
"""

from __future__ import annotations

import copy
import datetime
import re
import shutil

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.disks.images import disks_from_option
from ansible_collections.virttools.guestconv.plugins.module_utils.packages.rpm import Rpm
from ansible_collections.virttools.guestconv.tests.any_call import Appliance
from tests import support_page
from tests.end_to_end import boots
from tests.end_to_end.conftest import looked_into
from tests.guests import el_standin, suse_standin
from tests.guests.systems import SYSTEMS, disk

MAC = "00:50:56:aa:bb:cc"
SOURCE = {"interfaces": [{"mac": MAC, "addresses": ["10.0.2.15"]}]}

# Sets of devices: (target, driver of disks, driver of network cards, the disk's name there).
DEVICES = {
    "virtio": ("kvm", "virtio-blk-pci", "virtio-net-pci", "vda"),
    "scsi": ("kvm", "virtio-scsi-pci", "virtio-net-pci", "sda"),
    "nvme": ("kvm", "nvme", "virtio-net-pci", "nvme0n1p"),
    "sata": ("kvm", "ahci", "e1000e", "sda"),
    "vmware": ("vmware", "pvscsi", "vmxnet3", "sda"),
}


def group(name):
    """A mark for the tests of one guest, which is made once."""
    return pytest.mark.xdist_group(f"systems-{name}")


def of_guests():
    """Every guest on every set of devices that it is to boot on, as the parameters name and devices."""
    chosen = [
        pytest.param(name, devices, marks=[pytest.mark.matrix, group(name)])
        for name, system in SYSTEMS.items()
        for devices in system.devices
    ]
    return pytest.mark.parametrize("name, devices", chosen)


@pytest.fixture
def copy_of_system(scratch):
    """copy_of_system(name) gives a copy of a guest's image, which goes with the test."""
    copies = []

    def make(name):
        path = scratch / f"system-{name}.qcow2"
        shutil.copyfile(disk(name), path)
        copies.append(path)
        return path

    yield make
    for path in copies:
        path.unlink()


def convert(module, source, devices):
    """Convert for these devices (a key of DEVICES). What is returned."""
    target, block, network, _name = DEVICES[devices]
    options = {"hardware": SOURCE, "target": target}
    # Those that are recommended need no choice.
    if devices not in ("virtio", "vmware"):
        inspected = module("guestconv_inspect", disks=[str(source)], **options)
        assert not inspected.get("failed"), (inspected.get("msg"), inspected)
        guest = copy.deepcopy(inspected["guest"])
        for kind, driver in (("block", block), ("network", network)):
            for device in guest["devices"][kind].values():
                device["driver"] = driver
        options = {"guest": guest}
    result = module("guestconv_convert", disks=[str(source)], **options)
    assert not result.get("failed"), (result.get("msg"), result)
    hardware = result["hardware"]
    assert {device["driver"] for device in hardware["disks"]} == {block}
    assert {device["driver"] for device in hardware["interfaces"]} == {network}
    return result


def booted(module, source, name, hardware):
    """{subject: words} of what the guest announced. Waits for the login prompt after it, and for an answer."""
    port, banner = SYSTEMS[name].answers
    result = module(
        "guestconv_verify",
        disks=[str(source)],
        # Nobody looks at a display here, and the menu is in text mode.
        hardware={**hardware, "video": None},
        expect={"login": True, "port": port, "banner": banner},
        timeout=1800,
    )
    assert result.get("up") is True, (result.get("msg"), result)
    return boots.announced(result["console"])


def check(said, name, devices):
    """That what the guest announced is right."""
    system = SYSTEMS[name]
    _target, _block, network, disk_name = DEVICES[devices]
    # Of a btrfs the subvolume stands in brackets.
    assert said["root"].partition("[")[0] == (system.root or f"/dev/{disk_name}{system.partition}")
    # Where udev is slow, on a busy machine that emulates, the card has its name only after the announcement. That it has
    # it then shows the answer at the address, which nothing but ens192 has.
    assert said["card"] in ("", network.removesuffix("-pci").replace("-", "_"))
    assert said["init"] == system.init.title
    assert said.get("failed", "") == ""
    assert f"root={system.root or 'UUID='}" in said["arguments"] and "/dev/sd" not in said["arguments"]


def check_tools(result, name, devices):
    """That of the hypervisors' tools those went that are not the target's, and nothing else (oracle 14 and 15)."""
    system = SYSTEMS[name]
    is_home = DEVICES[devices][0] == "vmware"
    details = [change["detail"] for change in result["changes"] if change["aspect"] == "hypervisor_tools"]
    removed = {
        package
        for detail in details
        if detail.startswith("removed ")
        for package in re.split(", | and ", detail.removeprefix("removed "))
    }
    assert removed == set(system.removed) - ({"open-vm-tools"} if is_home else set()), details
    assert {tools for tools, action in result["guest"]["tools"].items() if action == "disable"} == set(system.disabled)


def supported(said, name, hardware):
    """Record a row of docs/support.md."""
    system = SYSTEMS[name]
    boots.record_support(
        {
            "variant": f"system-{name}",
            "guest": system.guest,
            "initrd": system.initrd.title,
            "init": system.init.title,
            "network": system.network.title,
            "tools": ", ".join(system.tools),
            "kernel": said["kernel"],
            "devices": ", ".join(boots.devices({**hardware, "video": None, "console": None})),
            "result": support_page.BOOTED,
            "date": datetime.date.today().isoformat(),
        }
    )


@of_guests()
def test_oracle_01_09_14_15_16_17_it_boots_on_these_devices_and_answers_at_its_own_address(
    module, copy_of_system, name, devices
):
    source = copy_of_system(name)
    result = convert(module, source, devices)
    check_tools(result, name, devices)
    hardware = result["hardware"]
    said = booted(module, source, name, hardware)
    check(said, name, devices)
    supported(said, name, hardware)


# Of open-vm-tools: some of its files, and the links by which it is enabled, which its script before removal takes away.
TOOLS = {"/usr/bin/vmtoolsd", "/usr/lib/systemd/system/open-vm-tools.service", "/etc/vmware-tools/tools.conf"}
ENABLED = {
    "/etc/systemd/system/vmtoolsd.service",
    "/etc/systemd/system/multi-user.target.wants/open-vm-tools.service",
}


def of_tools(source):
    """(What a disk has of TOOLS and ENABLED, the names of the packages in rpm's database)."""
    with looked_into(source) as root:
        return {path for path in TOOLS | ENABLED if root.glob(path)}, {
            each["name"] for each in Rpm(root).applications()
        }


@pytest.mark.matrix
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=group(name)) for name in (el_standin.NAME, suse_standin.NAME)]
)
def test_oracle_14_rpm_itself_removes_the_files_of_the_tools_and_runs_their_script(module, copy_of_system, name):
    source = copy_of_system(name)
    files, packages = of_tools(source)
    assert files == TOOLS | ENABLED
    result = convert(module, source, "virtio")
    check_tools(result, name, "virtio")
    assert of_tools(source) == (set(), packages - {"open-vm-tools"})


@pytest.mark.matrix
@group("debian13")
def test_oracle_14_tools_on_hold_stay_and_do_not_start(module, copy_of_system):
    source = copy_of_system("debian13")
    with Appliance(disks_from_option([str(source)]), read_only=False) as appliance:
        appliance.mount(f"{appliance.device(0)}1", "/")
        appliance.command(["apt-mark", "hold", "open-vm-tools"])
        appliance.umount_all()
        appliance.close()
    result = convert(module, source, "virtio")
    assert [change for change in result["changes"] if change["detail"].startswith("removed ")] == []
    (stays,) = [each["message"] for each in result["guest"]["concerns"] if each["code"] == "vmware-tools-needed"]
    assert "open-vm-tools" in stays and "on hold" in stays
    with Appliance(disks_from_option([str(source)]), read_only=True) as appliance:
        appliance.mount_ro(f"{appliance.device(0)}1", "/")
        status = appliance.command(["dpkg-query", "-W", "-f", "${Status}", "open-vm-tools"])
        units = [f"/etc/systemd/system/{name}.service" for name in ("open-vm-tools", "vgauth")]
        masks = [appliance.readlink(unit) for unit in units]
        appliance.close()
    assert status == "hold ok installed"
    assert masks == ["/dev/null", "/dev/null"]
    said = booted(module, source, "debian13", result["hardware"])
    check(said, "debian13", "virtio")
