# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder in the layout of virtio-win's ISO, with small INF files of our own and files that are no drivers.

The INF files have what those of virtio-win 0.1.240 have, as far as the difference matters: which sections and ids there
are, UTF-16 or ASCII, ends of lines, and which files lie next to them.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

_SCSI = ("SCSIAdapter", "{4D36E97B-E325-11CE-BFC1-08002BE10318}")
_NET = ("Net", "{4D36E972-E325-11CE-BFC1-08002BE10318}")
_SYSTEM = ("System", "{4D36E97D-E325-11CE-BFC1-08002BE10318}")
_DISPLAY = ("Display", "{4D36E968-E325-11CE-BFC1-08002BE10318}")


@dataclass(frozen=True)
class Driver:
    """A driver. folder, name: of its directory and its files. ids: (device, subsystem, revision) of each line of its INF.

    start: how it starts. more: {path: text} of further files; where there is no text, a byte pattern is in it.
    """

    folder: str
    name: str
    kind: tuple[str, str]
    ids: tuple[tuple[str, str, str], ...]
    start: int = 3
    bus_type: int = 0
    is_utf16: bool = False
    more: dict[str, str] = field(default_factory=dict)


DRIVERS = (
    Driver(
        "viostor", "viostor", _SCSI, (("1001", "00021AF4", "00"), ("1042", "11001AF4", "01")), 0, 1,
        more={"viostor.pdb": ""},
    ),
    Driver(
        "vioscsi", "vioscsi", _SCSI, (("1004", "00081AF4", "00"), ("1048", "11001AF4", "01")), 0, 0x0A,
        is_utf16=True,
    ),
    Driver(
        "NetKVM", "netkvm", _NET, (("1000", "00011AF4", "00"), ("1041", "11001AF4", "01")),
        more={"netkvmco.exe": "", "vioprot.inf": "[Version]\r\nClass=NetTrans\r\n", "vioprot.sys": "", "vioprot.cat": ""},
    ),
    Driver("Balloon", "balloon", _SYSTEM, (("1002", "00051AF4", "00"), ("1045", "11001AF4", "01")), more={"blnsvr.exe": ""}),
    Driver("vioserial", "vioser", _SYSTEM, (("1003", "00031AF4", "00"), ("1043", "11001AF4", "01"))),
    Driver("viorng", "viorng", _SYSTEM, (("1005", "00041AF4", "00"), ("1044", "11001AF4", "01"))),
    Driver("viogpudo", "viogpudo", _DISPLAY, (("1050", "11001AF4", "01"),)),
)  # fmt: skip

# The folders per driver; viogpudo is for Windows 10 and later only.
FOLDERS = (("w7", "x86"), ("w7", "amd64"), ("w8.1", "amd64"), ("w10", "x86"), ("w10", "amd64"))
_DECORATIONS = {"w7": "6.1", "w8.1": "6.3", "w10": "10.0"}
_ARCHITECTURES = {"x86": "x86", "amd64": "amd64"}

_INF = """\
; {name}.inf, made for a test. No driver belongs to it.
[Version]
Signature="$Windows NT$"
Class={kind[0]}
ClassGUID={kind[1]}
Provider=%VENDOR%
DriverVer=07/12/2023,{os}.101.58.24000
CatalogFile={name}.cat
PnpLockdown=1

[SourceDisksNames]
1 = %DiskId1%,,,""

[SourceDisksFiles]
{name}.sys = 1,,

[DestinationDirs]
{name}_Files_Driver = 12

[Manufacturer]
%VENDOR%   = Models,NT{architecture}{decoration}

[Models.NT{architecture}{decoration}]
{models}
[{name}_Files_Driver]
{name}.sys,,,2

[device_inst.NT]
CopyFiles={name}_Files_Driver

[device_inst.NT.Services]
AddService = {name}, 0x00000002, device_Service_Inst, device_EventLog_Inst

[device_Service_Inst]
DisplayName    = %Device.DeviceDesc%
ServiceType    = %SERVICE_KERNEL_DRIVER%
StartType      = {start}
ErrorControl   = %SERVICE_ERROR_NORMAL%
ServiceBinary  = %12%\\{name}.sys
{more}
[device_EventLog_Inst]
AddReg = device_EventLog_AddReg

[device_EventLog_AddReg]
HKR,,EventMessageFile,%REG_EXPAND_SZ%,"%%SystemRoot%%\\System32\\IoLogMsg.dll"
HKR,,TypesSupported,%REG_DWORD%,7
{registry}
[Strings]
VENDOR = "guestconv's tests"
DiskId1 = "A disk of tests"
Device.DeviceDesc = "A device of tests: {name}"
REG_EXPAND_SZ = 0x00020000
REG_DWORD     = 0x00010001
SERVICE_KERNEL_DRIVER = 1
SERVICE_ERROR_NORMAL  = 1
"""
_OF_BOOT = "LoadOrderGroup = SCSI miniport\nAddReg         = pnpsafe_pci_addreg\n"
_PNP = """
[pnpsafe_pci_addreg]
HKR, "Parameters\\PnpInterface", "5", %REG_DWORD%, 0x00000001
HKR, "Parameters", "BusType", %REG_DWORD%, 0x{bus_type:08X}
"""


def inf(driver, system, architecture):
    """The bytes of the INF of a Driver for a folder of FOLDERS."""
    # As in virtio-win: the first id with the subsystem, the second without, from Windows 7 on.
    models = "".join(
        f"%Device.DeviceDesc% = device_inst, PCI\\VEN_1AF4&DEV_{device}&SUBSYS_{subsystem}&REV_{revision}, "
        f"PCI\\VEN_1AF4&DEV_{device}\n"
        for device, subsystem, revision in driver.ids
    )
    boots = driver.start == 0
    content = _INF.format(
        name=driver.name,
        kind=driver.kind,
        os={"w7": "61", "w8.1": "63", "w10": "100"}[system],
        architecture=_ARCHITECTURES[architecture],
        decoration=".10.0" if system == "w10" else "",
        models=models,
        start="%SERVICE_BOOT_START%" if boots else "3",
        more=_OF_BOOT if boots else "",
        registry=_PNP.format(bus_type=driver.bus_type) if boots else "",
    )
    if boots:
        content += "SERVICE_BOOT_START = 0\n"
    content = content.replace("\n", "\r\n")
    return b"\xff\xfe" + content.encode("utf-16-le") if driver.is_utf16 else content.encode("ascii")


def blob(*words):
    """Bytes of a file that is no driver, different for each use."""
    return b"MZ" + " ".join(words).encode() * 64


def write_folder(directory):
    """Write the folder of virtio-win into a directory, which is made."""
    directory = Path(directory)
    for driver in DRIVERS:
        for system, architecture in FOLDERS:
            if driver.name == "viogpudo" and system != "w10":
                continue
            place = directory / driver.folder / system / architecture
            place.mkdir(parents=True)
            (place / f"{driver.name}.inf").write_bytes(inf(driver, system, architecture))
            for suffix in ("sys", "cat"):
                (place / f"{driver.name}.{suffix}").write_bytes(blob(driver.name, system, architecture, suffix))
            for name, content in driver.more.items():
                (place / name).write_bytes(content.encode() or blob(name, system, architecture))
    (directory / "guest-agent").mkdir()
    (directory / "guest-agent" / "qemu-ga-x86_64.msi").write_bytes(blob("guest agent"))
    (directory / "virtio-win_license.txt").write_text("No driver is here.\r\n", encoding="ascii")


def write_iso(directory, iso):
    """Make the ISO of a folder, as virtio-win's are made: with Joliet and Rock Ridge."""
    command = [
        "xorriso",
        "-as",
        "mkisofs",
        "-quiet",
        "-J",
        "-R",
        "-V",
        "virtio-win-0.1.0",
        "-o",
        str(iso),
        str(directory),
    ]
    subprocess.run(command, check=True, capture_output=True)
