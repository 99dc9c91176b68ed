# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine as the properties of an OpenStack image, which Nova's libvirt driver heeds."""

from __future__ import annotations

from typing import Any

from ..devices import models
from ..errors import GuestconvError
from ..model.hardware import Hardware, Interface
from ..model.kept import Kept
from . import request
from .vocabulary import Vocabulary

FILTER = "openstack_image_properties"
WORDS = Vocabulary("openstack", "OpenStack")

# Neutron has 255 for the name of a port, of which the name of the card and a dash are a part (16 in Linux).
_LONGEST_NAME = 255 - 17

OPERATING_SYSTEMS = ("linux", "windows")


def define(
    hardware: Any,
    os_type: Any = "linux",
    guest_agent: Any = False,
    secure_boot: Any = False,
    tpm: Any = False,
    storage_map: Any = None,
    ports: Any = False,
) -> dict[str, str]:
    """The properties ({name: string}) of an image for hardware (a dict, as convert returns it).

    Args: os_type: linux or windows, which it is in any case for hardware of Windows; guest_agent: whether the guest runs
    QEMU's, so that Nova talks to it; secure_boot; tpm: a new and empty one; storage_map: what the source calls its
    storages, with types of volumes. That of the disk that boots is in the properties; ports: whether the ports of the
    server have the state of the links.
    Raises GuestconvError: `hardware-invalid`, `platform-option-invalid`, `device-not-offered`, `drivers-differ`,
    `names-unmapped`.
    """
    wanted = request.machine(hardware).hardware
    os_type = "windows" if wanted.windows else os_type
    request.refuse_subsystems(wanted, WORDS.name)
    properties = {
        "hw_firmware_type": wanted.firmware,
        "hw_machine_type": wanted.machine,
        "os_type": request.one_of(os_type, OPERATING_SYSTEMS, "os_type"),
        "hw_qemu_guest_agent": "yes" if request.flag(guest_agent, "guest_agent") or wanted.guest_agent else "no",
        **_devices(wanted),
        **_kept(wanted.kept),
    }
    if wanted.windows and not any(name in properties for name in ("hw_cpu_sockets", "hw_cpu_cores")):
        # Nova prefers sockets, of which Windows for desktops uses no more than two.
        properties["hw_cpu_max_sockets"] = "1"
    _refuse_others(wanted, request.flag(ports, "ports"), properties["os_type"])
    is_secure = request.secure_boot(secure_boot, wanted)
    if wanted.firmware == "uefi":
        properties["os_secure_boot"] = "required" if is_secure else "disabled"
    if request.has_tpm(tpm, wanted):
        properties.update(hw_tpm_version="2.0", hw_tpm_model="tpm-crb")
    # Each image is one disk; this one is of the disk that boots.
    first = min(wanted.disks, key=lambda disk: (disk.boot_order is None, disk.boot_order or 0))
    (volume_type,) = request.storages([first], storage_map)
    if volume_type is not None:
        # Cinder takes it when a volume is created from the image without a type (CreateVolume in cinder.volume.flows.api).
        properties["cinder_img_volume_type"] = check_storage(volume_type)
    return properties


def _devices(hardware: Hardware) -> dict[str, str]:
    disks = [(request.disk_title(disk), disk.driver) for disk in hardware.disks]
    properties = {"hw_video_model": "none", "hw_disk_bus": _same("block", disks)}
    controller = WORDS.controller(disks[0][1])
    if controller:
        properties["hw_scsi_model"] = controller
    if hardware.interfaces:
        cards = [(request.interface_title(card), card.driver) for card in hardware.interfaces]
        properties["hw_vif_model"] = _same("network", cards)
    if hardware.video:
        properties["hw_video_model"] = WORDS.word("graphics", hardware.video, "display")
    if hardware.console:
        # Nova gives every x86 machine a serial port, and no other console.
        WORDS.word("console", hardware.console, "console")
    return properties


def server_ports(
    hardware: Any, name: Any, network: Any = None, networks: Any = None, network_map: Any = None
) -> list[dict[str, Any]]:
    """The options of openstack.cloud.port for each card of hardware (a dict, as convert returns it).

    Args: name: of the server; network: of the cards; networks: {a card's name or MAC address: network}; network_map: what
    the source calls its networks, with networks.
    Raises GuestconvError: `hardware-invalid`, `platform-option-invalid`, `names-unmapped`.
    """
    interfaces = request.machine(hardware).hardware.interfaces
    server = check_name(name)
    plugs = request.networks(interfaces, network, networks, network_map)
    for card, plug in zip(interfaces, plugs):
        if plug is None:
            hint = "Give network='vlan7', or the network of this card in `networks`."
            raise request.invalid("network", f"The {request.interface_title(card)} needs a network.", hint)
    return [
        _port(index, card, server, check_network(plug)) for index, (card, plug) in enumerate(zip(interfaces, plugs))
    ]


def _port(index: int, card: Interface, server: str, network: str) -> dict[str, Any]:
    port: dict[str, Any] = {"name": f"{server}-{card.name or index}", "network": network}
    if card.mac:
        port["mac_address"] = card.mac.lower()
    if card.addresses:
        port["fixed_ips"] = [{"ip_address": address.partition("/")[0]} for address in card.addresses]
    if card.connected is False:
        port["admin_state_up"] = False
    return port


def check_name(value: Any) -> str:
    """The name of a server, with which those of its ports begin."""
    name = request.text(value, "name")
    if len(name) > _LONGEST_NAME:
        raise request.invalid("name", f"The name of a server has at most {_LONGEST_NAME} characters.")
    return name


def check_network(value: Any) -> str:
    """The network of Neutron that a value of network_map names."""
    return request.named(value, "network", ("network",))["network"]


def check_export(unused: Any) -> None:
    """Refuse it: an image is uploaded from a file or a block device."""
    raise request.no_export(WORDS.name, has_volumes=False)


def check_storage(value: Any) -> str:
    """The type of Cinder's volumes that a value of storage_map names."""
    return request.named(value, "storage", ("volume_type",))["volume_type"]


def _kept(kept: Kept) -> dict[str, str]:
    """What Nova takes of the source's topology and clock; it gives each machine a UUID of its own."""
    properties = {}
    for key, word in (("sockets", "hw_cpu_sockets"), ("cores", "hw_cpu_cores"), ("threads", "hw_cpu_threads")):
        if getattr(kept, key):
            properties[word] = str(getattr(kept, key))
    return properties


def _refuse_others(hardware: Hardware, has_ports: bool, os_type: str) -> None:
    """Refuse what the properties of an image cannot say. has_ports: whether the state of links is in server_ports()."""
    for index, card in enumerate(hardware.interfaces):
        if card.connected is False and not has_ports:
            raise _not_offered(
                f"interfaces[{index}].connected",
                f"{request.interface_title(card)} is not connected",
                "Create its port by the filter openstack_ports, and set `ports` to true.",
            )
    drivers = [*(disk.driver for disk in hardware.disks), *(card.driver for card in hardware.interfaces)]
    if hardware.is_transitional and hardware.family == "q35" and any(map(models.is_virtio, drivers)):
        raise _not_offered(
            "virtio",
            "a kernel of the guest needs transitional virtio devices, and Nova's on q35 are modern",
            "Convert the guest with other drivers, or for the machine type pc.",
        )
    # Nova has the clock of Windows in local time (LibvirtDriver._set_clock).
    if hardware.kept.clock not in ("", "localtime" if os_type == "windows" else "utc"):
        raise _not_offered(
            "clock",
            f"the clock is at {hardware.kept.clock}",
            "Remove `clock` from the hardware, and set the clock of the guest accordingly.",
        )


def _not_offered(key: str, what: str, hint: str) -> GuestconvError:
    path = f"hardware.{key}"
    return GuestconvError(
        "device-not-offered", f"{path}: {what}, which an image of OpenStack cannot have.", hint=hint, path=path
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
