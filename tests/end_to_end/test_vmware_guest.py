# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Debian 12 guest from VMware, whose initrd lacks virtio: inspected, converted, booted, converted again."""

from __future__ import annotations

import json
import re

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import boot
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import TARGETS
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from tests.end_to_end.conftest import digest, looked_into

# What KVM's virtual machine would be, had nobody converted the guest.
KVM_HARDWARE = {
    "firmware": "bios",
    "machine": "q35",
    "disks": [{"device": "sda", "driver": "virtio-blk-pci", "boot_order": 1}],
    "interfaces": [
        {
            "name": "ens192",
            "driver": "virtio-net-pci",
            "mac": None,
            "addresses": ["10.0.2.15/24"],
            "gateway": "10.0.2.2",
        }
    ],
    "video": {"driver": "virtio-vga"},
    "console": {"driver": "isa-serial"},
}
SSH = {"port": 22, "banner": "SSH-"}


@pytest.fixture(scope="module")
def disk(copy_of):
    return copy_of("debian12-vmware", "vmware")


@pytest.fixture(scope="module")
def inspected(module, disk):
    before = digest(disk)
    result = module("guestconv_inspect", disks=[str(disk)], applications=True)
    assert digest(disk) == before
    return result


@pytest.fixture(scope="module")
def foreseen(module, disk, inspected):
    """What check mode says of the conversion; the disk is as before."""
    before = digest(disk)
    result = module("guestconv_convert", check=True, disks=[str(disk)], guest=inspected["guest"])
    assert digest(disk) == before
    return result


@pytest.fixture(scope="module")
def converted(module, disk, inspected, foreseen):
    """The conversion itself, with all that was recommended."""
    return module("guestconv_convert", disks=[str(disk)], guest=inspected["guest"])


def test_before_conversion_the_guest_does_not_come_up_on_kvm(module, copy_of):
    disk = copy_of("debian12-vmware", "unconverted")
    result = module("guestconv_verify", disks=[str(disk)], hardware=KVM_HARDWARE, expect=SSH)
    assert result["failed"] and result.get("up") is False, result
    assert result["code"] == "guest-stuck-in-initramfs"


def test_inspection_tells_the_guest_and_what_it_could_use(inspected):
    assert not inspected.get("failed"), inspected
    guest = inspected["guest"]
    root = guest["roots"]["/dev/sda1"]
    info = root["info"]
    assert info["hostname"] == "web01"
    assert (info["os"], info["distribution"], info["arch"]) == ("linux", "debian", "x86_64")
    assert info["version"] == {"major": 12, "minor": None}
    assert (info["package_format"], info["package_management"], info["init"]) == ("deb", "apt", "systemd")
    assert info["source"] == "vmware"
    assert guest["tools"] == {"vmware": "remove", "remove_dependencies": False}
    (left,) = [each["message"] for each in guest["concerns"] if each["code"] == "tools-dependencies"]
    assert "libmspack0" in left and "libxmlsec1-openssl" in left
    assert info["mountpoints"] == {"/": "/dev/sda1"}
    assert "open-vm-tools" in [package["name"] for package in info["applications"]]
    assert [kernel["default"] for kernel in root["kernels"]] == [True]
    assert root["kernels"][0]["drivers"]["virtio-blk-pci"] is True
    assert guest["boot"] == {"firmware": "bios", "loaders": {"sda": {"type": "bios", "name": "grub2"}}}
    assert guest["convertible"] is True
    assert guest["choices"]["network"]["ens192"]["driver"][0] == "virtio-net-pci"
    assert {"e1000", "e1000e"} <= set(guest["choices"]["network"]["ens192"]["driver"])
    assert guest["choices"]["block"]["sda"]["driver"] == ["virtio-blk-pci", "virtio-scsi-pci", "ahci", "nvme"]
    assert guest["current"]["network"]["ens192"]["addresses"] == ["10.0.2.15/24"]
    assert guest["current"]["block"]["sda"]["name_on_target"] == "/dev/vda"
    assert '<network id="ens192"' in inspected["xml"]


def test_inspection_costs_one_launch(inspected):
    assert inspected["timeline"]["launches"] == 1


def test_check_mode_tells_what_conversion_does(foreseen, converted):
    assert foreseen["changed"] is True
    assert foreseen["changes"] == converted["changes"]
    assert foreseen["diff"] == converted["diff"]


def test_conversion_costs_one_launch_and_says_what_it_did(converted):
    assert not converted.get("failed"), converted
    assert converted["changed"] is True
    assert converted["timeline"]["launches"] == 1
    changed = {(change["aspect"], change["path"]) for change in converted["changes"]}
    assert {
        ("storage", "/etc/fstab"),
        ("bootloader", "/boot/grub/grub.cfg"),
        ("bootloader", "/etc/default/grub"),
        ("bootloader", "/boot/grub/device.map"),
        ("graphics", "/etc/X11/xorg.conf"),
        ("kernel", "/etc/initramfs-tools/modules"),
    } <= changed
    assert all(change["root"] == "/dev/sda1" and change["detail"] for change in converted["changes"])
    assert "/etc/network/interfaces" not in json.dumps(converted["changes"])


def test_the_hardware_is_what_was_chosen(converted):
    hardware = converted["hardware"]
    assert (hardware["firmware"], hardware["machine"]) == ("bios", "q35")
    assert [disk["driver"] for disk in hardware["disks"]] == ["virtio-blk-pci"]
    assert [(nic["name"], nic["driver"]) for nic in hardware["interfaces"]] == [("ens192", "virtio-net-pci")]
    assert hardware["video"] == {"driver": "virtio-vga"}
    assert hardware["console"] == {"driver": "isa-serial"}


def test_oracle_24_a_second_conversion_changes_nothing(module, disk, inspected, converted):
    before = digest(disk)
    second = module("guestconv_convert", disks=[str(disk)], guest=inspected["guest"])
    assert second["changed"] is False, second
    assert second["changes"] == [] and second["diff"] == []
    assert digest(disk) == before
    assert [path.name for path in disk.parent.glob(".*")] == []
    assert second["timeline"]["commands"] == 0


def test_check_mode_with_dest_names_the_copies_and_makes_none(module, disk, converted, tmp_path):
    result = module("guestconv_convert", check=True, disks=[str(disk)], dest=str(tmp_path), dest_format="raw")
    assert result["disks"] == [str(tmp_path / f"{disk.stem}.raw")], result
    assert result["changed"] is True and result["changes"] == []
    assert list(tmp_path.iterdir()) == []


def code_without_display(root):
    """The code by which a machine without a display is refused for the boot menu of a root; None where it is not.

    The root is mounted read-only: it is refused before anything is written.
    """
    boot.inspect(root)
    try:
        boot.convert(root, Plan(TARGETS["kvm"], Selection(drivers={"graphics": {}}, removed={"graphics": ["video0"]})))
    except GuestconvError as error:
        return error.code
    return None


def test_oracle_05_09_14_16_17_what_is_true_of_the_converted_guest(disk, inspected, converted):
    with looked_into(disk) as root:
        # Debian's own grub-mkconfig made its menu, which is in a graphics mode.
        without_display = code_without_display(root)
        fstab = [line for line in root.read("/etc/fstab").splitlines() if not line.startswith("#")]
        menu = root.read("/boot/grub/grub.cfg")
        source = root.read("/etc/default/grub")
        texts = {path: root.read(path) for path in ("/boot/grub/device.map", "/etc/initramfs-tools/conf.d/resume")}
        modules = root.read("/etc/initramfs-tools/modules").split()
        packages = root.read("/var/lib/dpkg/status")
        display = root.read("/etc/X11/xorg.conf") or ""
        links = [root.read(path) for path in root.glob("/etc/systemd/network/*.link")]
        leftovers = root.glob("/etc/*guestconv*") + root.glob("/etc/*/*.augsave") + root.glob("/boot/*guestconv*")
    assert "/dev/sd" not in "\n".join(fstab)
    linux = [line for line in menu.splitlines() if line.split()[:1] == ["linux"]]
    assert linux and all("root=UUID=" in line and "/dev/sd" not in line for line in linux)
    assert "resume=UUID=" in source and "/dev/sd" not in source
    assert "GRUB_DISABLE_LINUX_UUID=false" in source
    assert "/dev/vda" in texts["/boot/grub/device.map"]
    assert texts["/etc/initramfs-tools/conf.d/resume"].startswith("RESUME=UUID=")
    assert {"virtio_pci", "virtio_blk"} <= set(modules)
    was_installed = {each["name"] for each in inspected["guest"]["roots"]["/dev/sda1"]["info"]["applications"]}
    stanzas = [stanza for stanza in packages.split("\n\n") if "\nStatus: install ok installed\n" in stanza]
    is_installed = {re.match("Package: (.+)", stanza)[1] for stanza in stanzas}
    assert was_installed - is_installed == {"open-vm-tools"}
    assert is_installed <= was_installed
    assert 'Driver "vmware"' not in " ".join(display.split())
    assert any("Name=ens192" in link for link in links)
    assert leftovers == []
    assert without_display == "boot-menu-needs-display"


def test_the_converted_guest_boots_and_answers_at_its_own_address(module, disk, converted, scratch):
    before = digest(disk)
    result = module(
        "guestconv_verify",
        disks=[str(disk)],
        hardware=converted["hardware"],
        # Also on the console that was chosen: the login prompt is read there.
        expect={**SSH, "login": True},
        screenshot=str(scratch / "screen.png"),
    )
    assert result.get("up") is True, result
    assert result["changed"] is False and result["reason"] == "" and result["seconds"] > 0
    assert any("web01 login:" in line for line in result["console"])
    assert (scratch / "screen.png").read_bytes().startswith(b"\x89PNG")
    assert digest(disk) == before
