# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Debian 12 guest on the devices of several targets: NVMe, a bus per disk, those of VirtualBox and Google Compute Engine
that QEMU has, and VMware's, there and back again.

The guest comes up only if all that its fstab names is there, and answers at its own static address. script/boot-matrix
alone has all of this.
"""

from __future__ import annotations

import copy
import datetime
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.disks.images import disks_from_option
from ansible_collections.virttools.guestconv.tests.any_call import Appliance
from tests import support_page
from tests.end_to_end import boots

pytestmark = [pytest.mark.matrix, pytest.mark.xdist_group("targets")]

SSH = {"port": 22, "banner": "SSH-"}
MAC = "00:50:56:aa:bb:cc"
SOURCE = {"interfaces": [{"mac": MAC, "addresses": ["10.0.2.15"]}]}
# What the rows of docs/support.md are about.
VARIANTS = ("devices", "mixed-buses", "kvm-vmware", "kvm-vmware-kvm", "virtualbox", "gcp")
DATA = "3e1f2a60-5d0c-4f7b-9d6e-0a1b2c3d4e5f"


def convert(module, disks, target="kvm", **drivers):
    """Convert disks for these drivers, {kind: driver or {device: driver}}, or as recommended. What is returned."""
    if not drivers:
        result = module("guestconv_convert", disks=disks, hardware=SOURCE, target=target)
        assert not result.get("failed"), result
        return result
    inspected = module("guestconv_inspect", disks=disks, hardware=SOURCE, target=target)
    assert not inspected.get("failed"), inspected
    guest = copy.deepcopy(inspected["guest"])
    for kind, chosen in drivers.items():
        for device, settings in guest["devices"][kind].items():
            settings["driver"] = chosen[device] if isinstance(chosen, dict) else chosen
    result = module("guestconv_convert", disks=disks, guest=guest)
    assert not result.get("failed"), result
    return result


def boot(module, disks, variant, result, layout="MBR"):
    """Boot the converted guest, wait for SSH at its address, and record that as a row of docs/support.md."""
    assert variant in VARIANTS
    # With its display, which its menu in a graphics mode needs (boot-menu-needs-display).
    hardware = result["hardware"]
    said = module("guestconv_verify", disks=disks, hardware=hardware, expect=SSH, timeout=1800)
    assert said.get("up") is True, said
    (root,) = result["guest"]["roots"].values()
    boots.record_support(
        {
            "variant": f"target-{variant}",
            "guest": "Debian 12",
            "loader": "GRUB 2",
            "menu": "grub.cfg",
            "firmware": "BIOS",
            "layout": layout,
            "kernel": next(kernel["version"] for kernel in root["kernels"] if kernel["default"]),
            "devices": ", ".join(boots.devices({**hardware, "video": None, "console": None})),
            "result": support_page.BOOTED,
            "date": datetime.date.today().isoformat(),
        }
    )


@pytest.fixture
def disks(copy_of, request):
    """A copy of the guest's disk, in a list, which goes with the test."""
    path = copy_of("debian12-vmware", request.node.name.partition("[")[0])
    yield [str(path)]
    path.unlink()


@pytest.fixture
def two_disks(disks, scratch):
    """The guest with a second disk, which its fstab names as the kernel did, and without which it does not come up."""
    path = scratch / "data.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(path), "256M"], check=True)
    both = [*disks, str(path)]
    with Appliance(disks_from_option(both), read_only=False) as appliance:
        first, second = appliance.list_devices()
        appliance.mkfs("ext4", second)
        appliance.set_uuid(second, DATA)
        appliance.mount(f"{first}1", "/")
        appliance.mkdir_p("/data")
        appliance.write_append("/etc/fstab", b"/dev/sdb /data ext4 defaults 0 2\n")
        appliance.umount_all()
    yield both
    path.unlink()


@pytest.mark.parametrize(("block", "network"), [("nvme", "virtio-net-pci"), ("ahci", "e1000e")])
def test_it_boots_on_qemus_other_devices(module, disks, block, network):
    result = convert(module, disks, block=block, network=network)
    (disk,) = result["hardware"]["disks"]
    assert (disk["driver"], disk["name_on_target"]) == (block, {"nvme": "/dev/nvme0n1", "ahci": "/dev/sda"}[block])
    boot(module, disks, "devices", result)


def test_it_boots_with_each_disk_on_a_bus_of_its_own(module, two_disks):
    result = convert(module, two_disks, block={"sda": "nvme", "sdb": "ahci"}, network="virtio-net-pci")
    names = {disk["device"]: disk["name_on_target"] for disk in result["hardware"]["disks"]}
    assert names == {"sda": "/dev/nvme0n1", "sdb": "/dev/sda"}
    boot(module, two_disks, "mixed-buses", result, "MBR; a disk without partition table")


@pytest.mark.parametrize(
    ("target", "block", "network"), [("virtualbox", "ahci", "e1000"), ("gcp", "virtio-scsi-pci", "virtio-net-pci")]
)
def test_it_boots_on_what_is_recommended_for_other_hypervisors_where_qemu_has_it(module, disks, target, block, network):
    result = convert(module, disks, target=target)
    hardware = result["hardware"]
    assert hardware["machine"] == "pc"
    assert [disk["driver"] for disk in hardware["disks"]] == [block]
    assert [card["driver"] for card in hardware["interfaces"]] == [network]
    boot(module, disks, target, result)


def test_the_round_trip_to_vmware_and_back_boots_at_both_ends(module, disks):
    there = convert(module, disks)["hardware"]
    assert there["disks"][0]["driver"] == "virtio-blk-pci"
    vmware = convert(module, disks, target="vmware")
    assert (vmware["hardware"]["disks"][0]["driver"], vmware["hardware"]["machine"]) == ("pvscsi", "pc")
    assert vmware["hardware"]["interfaces"][0]["driver"] == "vmxnet3"
    boot(module, disks, "kvm-vmware", vmware)
    back = convert(module, disks)
    assert back["hardware"] == there
    boot(module, disks, "kvm-vmware-kvm", back)
