# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
r"""Device instance paths, most of PCI devices: by them Windows knows again a device that it has configured. Pure.

Where a function has a PCI Express serial number, the last part of the path is that number, and not the place on the bus.
VMware's vmxnet3 and e1000e make the number of the MAC address, and so do QEMU's. It is what a real hive has for e1000e,
and what QEMU presents (tests/unit/plugins/module_utils/verify/test_pci_identity.py):

    PCI\VEN_8086&DEV_10D3&SUBSYS_07D015AD&REV_00\000C29FFFFF3FFDE00    e1000e, 00:0c:29:f3:ff:de
    PCI\VEN_15AD&DEV_07B0&SUBSYS_07B015AD&REV_01\FF565000BB0895FE00    vmxnet3, 00:50:56:95:08:bb
"""

from __future__ import annotations

import re
from dataclasses import dataclass

VMXNET3 = (0x15AD, 0x07B0)
E1000E = (0x8086, 0x10D3)

# The PCI ids of the cards that QEMU has by these drivers' names, as far as a source may have them as well.
_CARDS = {
    "vmxnet3": (VMXNET3,),
    "e1000e": (E1000E,),
    "e1000": ((0x8086, 0x100E), (0x8086, 0x100F)),
    "rtl8139": ((0x10EC, 0x8139),),
    "virtio-net-pci": ((0x1AF4, 0x1000), (0x1AF4, 0x1041)),
}

_PATH = re.compile(
    r"PCI\\VEN_([0-9A-F]{4})&DEV_([0-9A-F]{4})&SUBSYS_([0-9A-F]{4})([0-9A-F]{4})&REV_([0-9A-F]{2})\\([0-9A-Z_.&]{1,64})",
    re.IGNORECASE,
)
# Cards that a hypervisor emulates, beside those: VMware's, VirtualBox's and QEMU's others, and Hyper-V's legacy one.
_EMULATED = frozenset(
    {*(card for cards in _CARDS.values() for card in cards), (0x1022, 0x2000), (0x1011, 0x0009), (0x10EC, 0x8029)}
)
# Buses of what is made by software, or no card of a machine: teams, tunnels, loopback, Bluetooth.
SOFTWARE = ("ROOT", "SWD", "SW", "BTH", "COMPOSITEBUS")

# Paths on buses that only Hyper-V and Xen have, in characters that a script may have.
_FOREIGN = re.compile(r"(?=.{1,200}\Z)(?:VMBUS|XEN[A-Z]*)(?:\\[A-Z0-9_.&{}#-]+)+", re.IGNORECASE)
# The serial number, and after it the number of the function.
_SERIAL = re.compile(r"([0-9A-F]{16})[0-9A-F]{2}", re.IGNORECASE)


@dataclass(frozen=True)
class PciInstance:
    """An instance path.

    is_first: whether it is of the first function of a device. mac: the MAC address in its serial number, in lower case with
    colons; None without.
    """

    path: str
    vendor: int
    device: int
    subsystem_vendor: int
    subsystem_device: int
    revision: int
    is_first: bool = True
    mac: str | None = None

    @property
    def is_emulated(self) -> bool:
        """Whether it is a card that hypervisors emulate."""
        return (self.vendor, self.device) in _EMULATED

    def is_model(self, driver: str) -> bool:
        """Whether the driver, in QEMU's words, has these vendor and device ids."""
        return (self.vendor, self.device) in _CARDS.get(driver, ())


def is_software(path: str) -> bool:
    """Whether the path is on a bus of what is no card."""
    return path.partition("\\")[0].upper() in SOFTWARE


def is_foreign(path: str) -> bool:
    """Whether the path is of a device that only Hyper-V or Xen has."""
    return _FOREIGN.fullmatch(path) is not None


def is_known(driver: str) -> bool:
    """Whether the ids of the driver's devices are known, in QEMU's words."""
    return driver in _CARDS


def parse(text: str) -> PciInstance | None:
    """The instance path of a PCI device; None for another device, or for what is no path."""
    match = _PATH.fullmatch(text)
    if match is None:
        return None
    vendor, device, subsystem_device, subsystem_vendor, revision = (
        int(match.group(place), 16) for place in range(1, 6)
    )
    mac = _mac(match.group(6), (vendor, device))
    is_first = mac is None or match.group(6).endswith("00")
    return PciInstance(text, vendor, device, subsystem_vendor, subsystem_device, revision, is_first, mac)


def _mac(last: str, card: tuple[int, int]) -> str | None:
    """The MAC address in the last part of a path, for the cards of which it is known how they make it of that.

    The number is the EUI-64 of the MAC address: with ff:ff in the middle for Intel's card, with ff:fe for VMware's,
    which has each half of it in the reverse order of bytes.
    """
    match = _SERIAL.fullmatch(last)
    if match is None:
        return None
    number = bytes.fromhex(match.group(1))
    if card == VMXNET3:
        number, middle = number[3::-1] + number[:3:-1], b"\xff\xfe"
    elif card == E1000E:
        middle = b"\xff\xff"
    else:
        return None
    # Sources: the hives that tests/unit has excerpts of; hw/net/vmxnet3.c (vmxnet3_get_device_serial_num), hw/net/e1000e.c.
    return (number[:3] + number[5:]).hex(":") if number[3:5] == middle else None
