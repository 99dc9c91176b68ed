# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small INF files with what drivers of virtio-win have: written for the tests, and no driver goes with them."""

from __future__ import annotations

_STORAGE = """\
; A driver of a test.
[Version]
Signature="$Windows NT$"
Class=SCSIAdapter
ClassGUID={{4D36E97B-E325-11CE-BFC1-08002BE10318}}
Provider=%Vendor%
DriverVer = {date},{version}
CatalogFile={name}.cat ; its signatures

[Manufacturer]
%VENDOR%   = Models,{decoration}

[Models.{decoration}]
{models}
[inst]
CopyFiles=files

[inst.Services]
AddService = {name}, 0x00000002 , service, log

[service]
ServiceType    = %kernel%
StartType      = %AT_BOOT%
ErrorControl   = 1
ServiceBinary  = %12%\\{name}.sys
LoadOrderGroup = SCSI miniport
AddReg         = numbers

[numbers]
HKR, "Parameters\\PnpInterface", "5", %DWORD%, 0x00000001
HKR, "Parameters", "BusType", %DWORD%, {bus_type}
HKR, "Parameters", Text, 0, "not a number"

[Strings]
vendor = "A Vendor, Inc."
desc = "A ""{name}"" controller"
DWORD = 0x00010001
kernel = 1
at_boot = 0
"""

_OTHER = """\
[version]
Class = {class_name}
ClassGUID = {guid}
CatalogFile = {name}.cat
DriverVer = 07/21/2023,100.93.104.24000
Provider = %v%
[Manufacturer]
%v% = Models, {decoration}
[Models.{decoration}]
%d% = inst, {first}, {second}
[inst.Services]
AddService = {name}, 2, service
[service]
ServiceType = 1
StartType = 3
ErrorControl = 1
ServiceBinary = %12%\\{name}.sys
[Strings]
v = "A Vendor, Inc."
d = "{name}"
"""

BLOCK_IDS = ("VEN_1AF4&DEV_1001", "SUBSYS_00021AF4"), ("VEN_1AF4&DEV_1042", "SUBSYS_11001AF4")
SCSI_IDS = ("VEN_1AF4&DEV_1004", "SUBSYS_00081AF4"), ("VEN_1AF4&DEV_1048", "SUBSYS_11001AF4")


def storage(name="viostor", decoration="NTamd64.10.0", date="07/21/2023", version="100.93.104.24000", general=True):
    """The text of the INF of a storage driver. general: whether it has the ids without subsystem, too."""
    models = ""
    for revision, (device, subsystem) in enumerate(SCSI_IDS if name == "vioscsi" else BLOCK_IDS):
        exact = f"PCI\\{device}&{subsystem}&REV_0{revision}"
        models += f"%desc% = inst, {exact}" + (f", PCI\\{device}" if general else "") + "\n"
    bus_type = "0x0000000A" if name == "vioscsi" else "1"
    return _STORAGE.format(
        name=name, decoration=decoration, date=date, version=version, models=models, bus_type=bus_type
    )


def other(name="netkvm", decoration="NTamd64.10.0", device="DEV_1000", modern="DEV_1041", class_name="Net"):
    """The text of the INF of a driver that is not needed for booting."""
    guid = {"Net": "{4d36e972-e325-11ce-bfc1-08002be10318}", "Display": "{4d36e968-e325-11ce-bfc1-08002be10318}"}
    return _OTHER.format(
        name=name,
        decoration=decoration,
        class_name=class_name,
        guid=guid[class_name],
        first=f"PCI\\VEN_1AF4&{device}",
        second=f"PCI\\VEN_1AF4&{modern}",
    )
