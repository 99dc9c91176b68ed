# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine as the properties of an OpenStack image, which Nova's libvirt driver heeds."""

from __future__ import annotations

from ..errors import GuestconvError
from . import request

PLATFORM = "OpenStack"

DISKS = {
    "virtio-blk-pci": {"hw_disk_bus": "virtio"},
    "virtio-scsi-pci": {"hw_disk_bus": "scsi", "hw_scsi_model": "virtio-scsi"},
    "ahci": {"hw_disk_bus": "sata"},
    "ide": {"hw_disk_bus": "ide"},
    "piix3-ide": {"hw_disk_bus": "ide"},
}

INTERFACES = {
    "virtio-net-pci": "virtio",
    "e1000e": "e1000e",
    "e1000": "e1000",
    "rtl8139": "rtl8139",
    "vmxnet3": "vmxnet3",
    "pcnet": "pcnet",
}

VIDEO = {
    "virtio-vga": "virtio",
    "qxl-vga": "qxl",
    "VGA": "vga",
    "cirrus-vga": "cirrus",
    "vmware-svga": "vmvga",
    "bochs-display": "bochs",
}

# Nova gives every x86 machine a serial port, and no other console.
CONSOLES = {"isa-serial": True}

OPERATING_SYSTEMS = ("linux", "windows")


def image_properties(hardware, os_type="linux", guest_agent=False):
    """The properties ({name: string}) of an image for hardware (a dict, as convert returns it).

    Args: os_type: linux or windows; guest_agent: whether the guest runs QEMU's, so that Nova talks to it.
    Raises GuestconvError: `hardware-invalid`, `platform-option-invalid`, `device-not-offered`, `drivers-differ`.
    """
    wanted = request.machine(hardware).hardware
    properties = {
        "hw_firmware_type": wanted.firmware,
        "hw_machine_type": wanted.machine,
        "os_type": request.one_of(os_type, OPERATING_SYSTEMS, "os_type"),
        "hw_qemu_guest_agent": "yes" if request.flag(guest_agent, "guest_agent") else "no",
        "hw_video_model": "none",
    }
    properties.update(_same(DISKS, [(request.disk_title(disk), disk.driver) for disk in wanted.disks]))
    if wanted.interfaces:
        cards = [(request.interface_title(card), card.driver) for card in wanted.interfaces]
        properties["hw_vif_model"] = _same(INTERFACES, cards)
    if wanted.video:
        properties["hw_video_model"] = request.word(VIDEO, wanted.video, "display", PLATFORM)
    if wanted.console:
        request.word(CONSOLES, wanted.console, "console", PLATFORM)
    if wanted.firmware == "uefi":
        properties["os_secure_boot"] = "disabled"
    return properties


def _same(words, devices):
    """OpenStack's word for the one driver of devices ([(title, driver)])."""
    found = [request.word(words, driver, title, PLATFORM) for title, driver in devices]
    for (title, driver), word in zip(devices, found):
        if word != found[0]:
            raise GuestconvError(
                "drivers-differ",
                "%s has a %s, and %s a %s: an image has one for all of them." % (*devices[0], title, driver),
                hint="Convert the guest with the same driver for both.",
            )
    return found[0]
