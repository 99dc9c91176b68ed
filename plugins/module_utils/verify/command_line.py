# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""QEMU's command line for a machine: a pure function of what the machine is to be."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..devices import hyperv, models
from ..devices.model import Attachment
from ..model.first_boot import VERIFY_TAG
from ..model.hardware import Hardware, Interface
from ..model.kept import WWN
from ..qemu.accelerator import PROCESSORS
from .firmware import Firmware
from .network import UserNetwork

# As platforms/libvirt.py has it, where hv-time is the timer hypervclock.
_HYPERV = (*(f"hv-{name}" for name in hyperv.FEATURES), f"hv-spinlocks={hyperv.SPINLOCK_RETRIES:#x}", "hv-time")

# A console on the controller of virtio's serial ports.
_VIRTIO_SERIAL = "virtconsole"

# QEMU's devices for disks that can have a world wide name.
_WITH_WWN = ("scsi-hd", "ide-hd")


@dataclass(frozen=True)
class Launch:
    """All that goes into a machine's command line.

    overlays: the paths of throwaway qcow2 files, one per disk of hardware, in order.
    networks: one per interface of hardware, in order.
    guest_port: the port of the guest that is watched, or None; host_ports: per interface, the port of 127.0.0.1
    that leads there.
    firmware: for UEFI; None for BIOS, which QEMU has built in.
    monitor, console, agent: the file descriptors of open sockets, which QEMU inherits: QMP, the console's text, and the
    guest agent's channel. None for a machine without. tpm: that of the control channel of swtpm, or None for no TPM.
    """

    emulator: str
    accelerator: str
    memory: int
    cpus: int
    hardware: Hardware
    overlays: tuple[str, ...]
    networks: tuple[UserNetwork, ...]
    guest_port: int | None = None
    host_ports: tuple[int, ...] = ()
    firmware: Firmware | None = None
    monitor: int | None = None
    console: int | None = None
    agent: int | None = None
    tpm: int | None = None


def command_line(launch: Launch) -> list[str]:
    """The argument vector that starts launch. The machine stays, halted, when the guest powers off (-no-shutdown)."""
    hardware = launch.hardware
    vector = [launch.emulator, "-name", "guestconv-verify", "-nodefaults", "-no-user-config", "-display", "none"]
    vector += ["-no-shutdown", "-accel", launch.accelerator, "-cpu", _processor(launch)]
    vector += ["-m", str(launch.memory), "-smp", str(launch.cpus)]
    vector += ["-rtc", f"base={'localtime' if hardware.kept.clock == 'localtime' else 'utc'}"]
    if hardware.kept.uuid:
        vector += ["-uuid", hardware.kept.uuid]
    # By which the guest knows that this boot does not count (aspects/first_boot).
    vector += ["-smbios", f"type=3,asset={VERIFY_TAG}"]
    vector += _machine(hardware, launch.firmware)
    vector += _socket("monitor", launch.monitor) + ["-mon", "chardev=monitor,mode=control"]
    if any(card.slot is not None for card in hardware.interfaces):
        # A port's number names the card only where pciehp serves the port. By default (QEMU 6.1 and up) ACPI does.
        vector += ["-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"]
    ports = _Ports(hardware)
    cards = [_network_card(index, card, ports) for index, card in enumerate(hardware.interfaces)]
    disks = _disks(hardware, launch.overlays, ports)
    characters = _characters(hardware.console, launch, ports)
    vector += ports.devices + disks
    for index, card_devices in enumerate(cards):
        vector += ["-netdev", _netdev(index, launch)] + card_devices
    if hardware.video:
        vector += ["-device", hardware.video]
    return vector + characters + _tpm(launch.tpm)


class _Ports:
    """The ports of PCI Express, one for each virtio device and each card of PCI Express, as libvirt and KubeVirt have them.

    There, a virtio device has the interface of virtio 1.0 alone (virtio_pci_realize() in QEMU's hw/virtio/virtio-pci.c). A
    guest that needs the older one has its devices on the root bus, as it has them on a bridge for PCI on its target.
    """

    def __init__(self, hardware: Hardware) -> None:
        self.devices: list[str] = []
        self._family = hardware.family
        self._is_modern = not hardware.is_transitional
        self._before = len(hardware.interfaces)

    def bus(self, driver: str) -> list[str]:
        """["bus=..."], for the properties of a device of that driver, at a new port; [] for one on the root bus."""
        is_express = driver in models.EXPRESS_CARDS or (self._is_modern and models.is_virtio(driver))
        if self._family != "q35" or not is_express:
            return []
        number = len(self.devices) // 2
        # From the slot 2 on, eight to a slot, as libvirt has them: the slots of the root bus are few.
        place = f"multifunction=on,addr=0x{2 + number // 8:x}.0x{number % 8:x}"
        # Cards behind a port of their own have the chassis from 1 on.
        chassis = self._before + number + 1
        self.devices += ["-device", f"pcie-root-port,id=port{number},chassis={chassis},{place}"]
        return [f"bus=port{number}"]


def _processor(launch: Launch) -> str:
    """The processor, with Hyper-V's interface where Windows is to have it and the accelerator can offer it."""
    processor = PROCESSORS[launch.accelerator]
    if launch.hardware.hyperv and launch.accelerator == "kvm":
        return ",".join((processor, *_HYPERV))
    return processor


def _machine(hardware: Hardware, firmware: Firmware | None) -> list[str]:
    if firmware is None:
        return ["-machine", hardware.machine]
    code = {"driver": firmware.format, "file": {"driver": "file", "filename": firmware.code}, "read-only": True}
    variables = {"driver": firmware.format, "file": {"driver": "file", "filename": firmware.variables}}
    machine = ["-machine", hardware.machine + ",pflash0=firmware-code,pflash1=firmware-variables"]
    return machine + _block("firmware-code", code) + _block("firmware-variables", variables)


def _block(name: str, description: dict[str, Any]) -> list[str]:
    # As JSON, since a path may hold a comma.
    return ["-blockdev", json.dumps(dict(description, **{"node-name": name}), sort_keys=True)]


def _disks(hardware: Hardware, overlays: Sequence[str], ports: _Ports) -> list[str]:
    """Each disk on a controller of its model. When one is full, the next is added."""
    vector = []
    counts: dict[str, int] = {}
    for index, (disk, overlay) in enumerate(zip(hardware.disks, overlays)):
        model = models.attachment(disk.driver)
        unit = counts.get(disk.driver, 0)
        counts[disk.driver] = unit + 1
        name = f"disk{index}"
        # The overlay dies with the machine, so it need never reach the host's disk.
        file = {"driver": "file", "filename": overlay}
        vector += _block(name, {"driver": "qcow2", "file": file, "cache": {"no-flush": True}})
        properties = [model.device, "drive=" + name]
        if model.capacity:
            controller, new = _controller(disk.driver, model, unit, hardware.family, ports)
            vector += new
            unit %= model.capacity
            place = {"controller": controller, "unit": unit, "channel": unit // 2, "place": unit % 2}
            properties.append(model.address.format(**place))
        else:
            properties += ports.bus(disk.driver)
        if disk.serial or model.needs_serial:
            properties.append("serial=" + (disk.serial or name))
        wwn = WWN.fullmatch(disk.wwn)
        if wwn and model.device in _WITH_WWN:
            properties.append("wwn=0x" + wwn.group(1))
        if disk.boot_order:
            properties.append(f"bootindex={disk.boot_order}")
        vector += ["-device", ",".join(properties)]
    return vector


def _controller(driver: str, model: Attachment, unit: int, family: str, ports: _Ports) -> tuple[str, list[str]]:
    """The id of the controller for the disk number unit of its model, and the arguments that make a new one."""
    number, place = divmod(unit, model.capacity)
    if number == 0 and family in model.built_in:
        return model.built_in[family], []
    name = f"{driver}-{number}"
    return name, ["-device", ",".join([f"{model.controller},id={name}", *ports.bus(driver)])] if place == 0 else []


def _netdev(index: int, launch: Launch) -> str:
    """An isolated network: restrict=on lets nothing out, and leaves the forwarded port."""
    network = launch.networks[index]
    options = ["user", f"id=net{index}", "restrict=on", "ipv6=off"]
    options += [f"net={network.network}", f"host={network.host}"]
    options += [f"dns={network.dns}", f"dhcpstart={network.dhcp_start}"]
    if launch.guest_port:
        options.append(f"hostfwd=tcp:127.0.0.1:{launch.host_ports[index]}-{network.guest}:{launch.guest_port}")
    return ",".join(options)


def _network_card(index: int, card: Interface, ports: _Ports) -> list[str]:
    # No network boot: not every host has the ROMs, and a guest without boot loader would stay in them.
    properties = [card.driver, f"netdev=net{index}", "romfile="]
    if card.mac:
        properties.append("mac=" + card.mac)
    if card.subsystem:
        properties += [f"subsys_ven=0x{card.subsystem[0]:04x}", f"subsys=0x{card.subsystem[1]:04x}"]
    if card.slot is None:
        return ["-device", ",".join(properties + ports.bus(card.driver))]
    # The guest names a card ens<slot> after the slot of the port above it.
    port = f"pcie-root-port,id=slot{card.slot},chassis={index + 1},slot={card.slot}"
    return ["-device", port, "-device", ",".join(properties + [f"bus=slot{card.slot}"])]


def _characters(console: str | None, launch: Launch, ports: _Ports) -> list[str]:
    """The console and the guest agent's channel, and the virtio-serial controller where one of them needs it."""
    vector = []
    if models.is_virtio(console) or launch.agent is not None:
        vector += ["-device", ",".join(["virtio-serial-pci", *ports.bus(_VIRTIO_SERIAL)])]
    if console:
        vector += _socket("console", launch.console) + ["-device", console + ",chardev=console"]
    if launch.agent is not None:
        vector += _socket("agent", launch.agent)
        vector += ["-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0"]
    return vector


def _tpm(channel: int | None) -> list[str]:
    """The TPM of the definitions for libvirt (platforms/libvirt.py), which both families of machines can have."""
    if channel is None:
        return []
    return _socket("tpm", channel) + ["-tpmdev", "emulator,id=tpm,chardev=tpm", "-device", "tpm-crb,tpmdev=tpm"]


def _socket(name: str, descriptor: int | None) -> list[str]:
    return ["-chardev", f"socket,id={name},fd={descriptor}"]
