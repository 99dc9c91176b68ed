# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine as the properties of an OpenStack image, which Nova's libvirt driver heeds."""

from __future__ import annotations

from typing import Any

from ..devices import models
from ..errors import GuestconvError
from ..model.hardware import Hardware
from ..model.kept import Kept
from . import request
from .vocabulary import Vocabulary

FILTER = "openstack_image_properties"
WORDS = Vocabulary("openstack", "OpenStack")

OPERATING_SYSTEMS = ("linux", "windows")


def define(
    hardware: Any, os_type: Any = None, guest_agent: Any = False, secure_boot: Any = False, tpm: Any = False
) -> dict[str, str]:
    """The properties ({name: string}) of an image for hardware (a dict, as convert returns it).

    Args: os_type: linux or windows; by default what hardware knows; guest_agent: whether the guest runs QEMU's, so that Nova talks to it;
    secure_boot; tpm: a new and empty one.
    Raises GuestconvError: `hardware-invalid`, `platform-option-invalid`, `device-not-offered`, `drivers-differ`.
    """
    wanted = request.machine(hardware).hardware
    os_type = ("windows" if wanted.windows else "linux") if os_type is None else os_type
    request.refuse_subsystems(wanted, WORDS.name)
    properties = {
        "hw_firmware_type": wanted.firmware,
        "hw_machine_type": wanted.machine,
        "os_type": request.one_of(os_type, OPERATING_SYSTEMS, "os_type"),
        "hw_qemu_guest_agent": "yes" if request.flag(guest_agent, "guest_agent") or wanted.guest_agent else "no",
        "hw_video_model": "none",
    }
    disks = [(request.disk_title(disk), disk.driver) for disk in wanted.disks]
    bus, controller = _same("block", disks), WORDS.controller(disks[0][1])
    properties["hw_disk_bus"] = bus
    if controller:
        properties["hw_scsi_model"] = controller
    if wanted.interfaces:
        cards = [(request.interface_title(card), card.driver) for card in wanted.interfaces]
        properties["hw_vif_model"] = _same("network", cards)
    if wanted.video:
        properties["hw_video_model"] = WORDS.word("graphics", wanted.video, "display")
    if wanted.console:
        # Nova gives every x86 machine a serial port, and no other console.
        WORDS.word("console", wanted.console, "console")
    properties.update(_kept(wanted.kept))
    _refuse_others(wanted, "localtime" if properties["os_type"] == "windows" else "utc")
    if wanted.firmware == "uefi":
        properties["os_secure_boot"] = "required" if request.secure_boot(secure_boot, wanted) else "disabled"
    else:
        request.secure_boot(secure_boot, wanted)
    if request.flag(tpm, "tpm"):
        properties.update(hw_tpm_version="2.0", hw_tpm_model="tpm-crb")
    return properties


def _kept(kept: Kept) -> dict[str, str]:
    """What Nova takes of the source's topology and clock; it gives each machine a UUID of its own."""
    properties = {}
    for key, word in (("sockets", "hw_cpu_sockets"), ("cores", "hw_cpu_cores"), ("threads", "hw_cpu_threads")):
        if getattr(kept, key):
            properties[word] = str(getattr(kept, key))
    return properties


def _refuse_others(hardware: Hardware, clock: str) -> None:
    """Refuse what the properties of an image cannot say.

    clock: what Nova has a clock at, which depends on os_type alone (LibvirtDriver._set_clock in nova/virt/libvirt).
    """
    wrong = [
        (f"{request.interface_title(card)} is not connected", "connected", "its port with admin_state_up: false")
        for card in hardware.interfaces
        if card.connected is False
    ]
    drivers = [*(disk.driver for disk in hardware.disks), *(card.driver for card in hardware.interfaces)]
    if hardware.is_transitional and hardware.family == "q35" and any(map(models.is_virtio, drivers)):
        wrong.append(
            (
                "a kernel of the guest needs transitional virtio devices, and Nova's on q35 are modern",
                "virtio",
                "the guest with other drivers, or with the machine type pc",
            )
        )
    if hardware.kept.clock not in ("", clock):
        wrong.append((f"the clock is at {hardware.kept.clock}", "clock", f"the guest with a clock at {clock}"))
    for what, key, instead in wrong:
        raise GuestconvError(
            "device-not-offered",
            f"hardware: {what}, which an image of OpenStack cannot say.",
            hint=f"Create {instead}, and remove `{key}` from the hardware.",
            path=f"hardware.{key}",
        )


def _same(kind: str, devices: list[tuple[str, str]]) -> str:
    """OpenStack's word for the one driver of devices ([(title, driver)])."""
    found = [WORDS.word(kind, driver, title) for title, driver in devices]
    for (title, driver), word in zip(devices, found):
        if word != found[0]:
            raise GuestconvError(
                "drivers-differ",
                f"{devices[0][0]} has {devices[0][1]}, and {title} has {driver}: an image has one for all of them.",
                hint="Convert the guest with the same driver for both.",
            )
    return found[0]
