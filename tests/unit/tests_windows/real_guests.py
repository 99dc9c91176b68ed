# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests with the SYSTEM hives of real machines, on the stand-in for the appliance, through the whole engine."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.virttools.guestconv.plugins.module_utils.virtio_win.library import VirtioWin
from tests.guests import windows_hives
from tests.text_guests import case
from tests.text_guests.lab import Lab

SYSTEM = "/Windows/System32/config/SYSTEM"
SOFTWARE = "/Windows/System32/config/SOFTWARE"

# A hive's own disk signature and where it says that C: begins, in sectors; the system partition is before it, or C: is
# the only one.
_CASE = """\
# what: {name}
@firmware bios
@hardware {hardware}
@sector mbr
{boot}
@part {system} type=ntfs uuid=NT-C partuuid={signature}-0{number} start={start}{options}
{active}@file /Windows/System32/ntoskrnl.exe
MZ
@file /Windows/System32/WindowsPowerShell/v1.0/powershell.exe
MZ
@file /Windows/INF/nete1g3e.inf
%e1g% = e1g, PCI\\VEN_8086&DEV_100E, PCI\\VEN_8086&DEV_100F
{drivers}@hive {hive}
[Select]
@hive {software}
[Microsoft]
{more}
{choices}
@expect converts
"""
_BOOT = """\
@part sda1 type=ntfs uuid=NT-BOOT partuuid={signature}-01 start=2048
@vbr windows
@active
@file /bootmgr
BOOTMGR
@hive /Boot/BCD
[Objects]"""
_BOOT_OF_SAME = """\
@vbr windows
@active
@file /bootmgr
BOOTMGR
@hive /Boot/BCD
[Objects]
"""


@dataclass(frozen=True)
class Machine:
    """A machine that a hive is from. signature, start: of C:. version, build: of its Windows. disk, nics: what the source
    reports."""

    name: str
    signature: str
    start: int
    product: str
    version: str | tuple[int, int]
    build: str
    disk: str
    nics: tuple[dict[str, str], ...]


WINDOWS_7 = Machine(
    windows_hives.WINDOWS_7,
    "5cbea03e",
    2048,
    "Windows 7 Professional",
    "6.1",
    "7601",
    "mptsas1068",
    # Which card is at which address is known from the source alone: there is no MAC address in such a hive.
    (
        {"driver": "e1000", "mac": "00:0c:29:71:07:3c"},
        {"driver": "e1000", "mac": "00:0c:29:71:07:46"},
    ),
)
WINDOWS_8 = Machine(
    windows_hives.WINDOWS_8,
    "273e4cfe",
    0x15F00000 // 512,
    "Windows 8.1 Pro",
    "6.3",
    "9600",
    "ahci",
    ({"driver": "e1000", "mac": "08:00:27:12:34:56"},),
)
WINDOWS_10 = Machine(
    windows_hives.WINDOWS_10,
    "df4546ae",
    0x1F500000 // 512,
    "Windows 10 Pro",
    (10, 0),
    "18362",
    "mptsas1068",
    ({"driver": "e1000e", "mac": "00:0c:29:f3:ff:de"},),
)
MACHINES = (WINDOWS_7, WINDOWS_8, WINDOWS_10)


class RealGuest(Lab):
    """A guest with a real hive.

    hive: its SYSTEM hive at the beginning. choices, more: lines of a case: what is chosen (@choose), and what else is on
    the volume of Windows and after it. options: further ones of that volume.
    """

    def __init__(
        self,
        machine: Machine,
        top: Path,
        choices: str = "",
        system: bytes | None = None,
        drivers: VirtioWin | None = None,
        more: str = "",
        options: str = "",
    ) -> None:
        self.machine = machine
        self.hive = windows_hives.system(machine.name) if system is None else system
        self.software = windows_hives.software(machine.name, machine.product, machine.version, machine.build)
        path = top / "case.txt"
        path.write_text(_text(machine, choices, more, options), encoding="utf-8")
        super().__init__(case.read(path), top / "guest")
        self._drivers = drivers
        (self._device,) = [volume.device for volume in self.case.volumes if SYSTEM in volume.files]
        self.disks.write(SYSTEM, self.hive, self._device)
        self.disks.write(SOFTWARE, self.software, self._device)

    def virtio_win(self):
        """See Lab."""
        return self._drivers

    def read(self, path):
        """The bytes of a file now."""
        return self.disks.read(path, self._device)


# Drivers that come with Windows, and VMware's.
_DRIVERS = "disk lsi_sas atapi intelide pciide msahci storahci stornvme e1g60i32 e1g6032e e1i65x64 vmmouse vmci".split()


def _text(machine, choices, more, options):
    alone = machine.start == 2048
    hardware = {"disks": [{"controller": machine.disk}], "interfaces": list(machine.nics)}
    return _CASE.format(
        name=machine.name,
        hardware=json.dumps(hardware),
        boot="" if alone else _BOOT.format(signature=machine.signature),
        system="sda1" if alone else "sda2",
        number=1 if alone else 2,
        signature=machine.signature,
        start=machine.start,
        active=_BOOT_OF_SAME if alone else "",
        drivers="".join(f"@file /Windows/System32/drivers/{name}.sys\nMZ\n" for name in _DRIVERS),
        hive=SYSTEM,
        software=SOFTWARE,
        choices=choices,
        more=more,
        options=options and f" {options}",
    )
