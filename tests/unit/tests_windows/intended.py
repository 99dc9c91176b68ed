# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a conversion is meant to change in a hive: written by hand, from how Windows finds the driver of its boot disk.

Each function returns {(path, name): (value before, value after)} as tests.hive_readers.differences() does, in one letter
case of paths and names.
"""

from __future__ import annotations

import datetime
import struct

from tests.guests.windows_hives import BINARY, DWORD, EXPAND, MULTI, NONE, STRING

SET = "controlset001"
SERVICES = f"{SET}\\services"
DATABASE = "driverdatabase"
CLASS = "{4D36E97B-E325-11CE-BFC1-08002BE10318}"
# The class of disk controllers as Windows writes a GUID: the first three fields are reversed.
_CLASS_BYTES = struct.pack("<IHH", 0x4D36E97B, 0xE325, 0x11CE) + bytes.fromhex("BFC108002BE10318")

# (device, subsystem, revision) of both generations of virtio.
BLOCK = (("1001", "00021AF4", "00"), ("1042", "11001AF4", "01"))
SCSI = (("1004", "00081AF4", "00"), ("1048", "11001AF4", "01"))


def wide(text):
    return text.encode("utf-16-le") + b"\0\0"


def string(text):
    return STRING, wide(text)


def dword(number):
    return DWORD, struct.pack("<I", number)


def multi(*texts):
    return MULTI, b"".join(map(wide, texts)) + b"\0\0"


def made(path, values):
    """A key that was not there, with those values."""
    return {(path, None): (None, True), **{(path, name): (None, value) for name, value in values.items()}}


def ids(devices):
    """(id, whether it is the first of its line) of devices, in all spellings that the hive needs."""
    for device, subsystem, revision in devices:
        general = f"ven_1af4&dev_{device}"
        yield f"{general}&subsys_{subsystem.lower()}&rev_{revision}", True
        yield general, False
        # The compatible id, which virt-v2v relies on.
        yield f"{general}&rev_{revision}", True


def service(name, bus_type):
    """The service of a driver of virtio-win."""
    path = f"{SERVICES}\\{name}"
    own = {
        "type": dword(1),
        "start": dword(0),
        "errorcontrol": dword(1),
        "group": string("SCSI miniport"),
        "tag": dword(0x21),
        "imagepath": (EXPAND, wide(f"system32\\drivers\\{name}.sys")),
        "owners": multi(f"{name}.inf"),
    }
    return {
        **made(path, own),
        **made(f"{path}\\parameters", {"bustype": dword(bus_type)}),
        **made(f"{path}\\parameters\\pnpinterface", {"5": dword(1)}),
    }


def critical_devices(name, devices):
    """How Windows 7 finds the driver."""
    found = {}
    for each, _is_first in ids(devices):
        path = f"{SET}\\control\\criticaldevicedatabase\\pci#{each}"
        found.update(made(path, {"service": string(name), "classguid": string(CLASS)}))
    return found


def driver_database(name, devices, package, version):
    """How Windows 8 and later find it. version: (date, four numbers) of DriverVer."""
    inf = f"{name}.inf"
    found = {
        (f"{DATABASE}\\deviceids\\{CLASS.lower()}", inf): (None, (NONE, b"")),
        **made(
            f"{DATABASE}\\driverinffiles\\{inf}",
            {"": multi(package), "active": string(package), "configurations": multi("device_inst")},
        ),
    }
    for each, is_first in ids(devices):
        rank = b"\1\xff\0\0" if is_first else b"\2\xff\0\0"
        found.update(made(f"{DATABASE}\\deviceids\\pci\\{each}", {inf: (BINARY, rank)}))
    path = f"{DATABASE}\\driverpackages\\{package}"
    found.update(
        made(
            path,
            {
                "": string(inf),
                "version": (BINARY, version_value(*version)),
                "catalog": string(f"{name}.cat"),
                "provider": string("guestconv's tests"),
            },
        )
    )
    found.update(made(f"{path}\\configurations", {}))
    found.update(made(f"{path}\\configurations\\device_inst", {"configflags": dword(0), "service": string(name)}))
    found.update(made(f"{path}\\descriptors", {}))
    found.update(made(f"{path}\\descriptors\\pci", {}))
    for each, _is_first in ids(devices):
        values = {
            "configuration": string("device_inst"),
            "description": string(f"A device of tests: {name}"),
            "manufacturer": string("guestconv's tests"),
        }
        found.update(made(f"{path}\\descriptors\\pci\\{each}", values))
    return found


def version_value(date, numbers):
    """The value Version of a package: 48 bytes, as that of VMware's pvscsi in a real hive has them."""
    ticks = int((date - datetime.datetime(1601, 1, 1)).total_seconds()) * 10_000_000
    major, minor, build, revision = numbers
    head = b"\0\xff\x09\0" + bytes(4) + _CLASS_BYTES + struct.pack("<Q", ticks)
    return head + struct.pack("<4H", revision, build, minor, major) + bytes(8)


def turned_off(**before):
    """Services that do not start any more. before: how each started."""
    return {(f"{SERVICES}\\{name.lower()}", "start"): (dword(start), dword(4)) for name, start in before.items()}


def gateways(*addresses):
    """The persistent routes by gateways, which the first boot sets for the cards of another model."""
    path = f"{SET}\\services\\tcpip\\parameters\\persistentroutes"
    return {(path, f"0.0.0.0,0.0.0.0,{address},-1"): ((1, b""), None) for address in addresses}


def first_boot(restored=None):
    """The service that runs the script of the first boot. restored: {value: number} that the script sets back."""
    path = f"{SERVICES}\\guestconv"
    cmd = "%SystemRoot%\\System32\\cmd.exe /d /c"
    command = f'{cmd} start "" {cmd} %SystemRoot%\\Guestconv\\firstboot.cmd'
    own = {
        "type": dword(0x10),
        "start": dword(2),
        "errorcontrol": dword(0),
        "objectname": string("LocalSystem"),
        "imagepath": (EXPAND, wide(command)),
        "displayname": string("First boot on the new hypervisor (guestconv)"),
    }
    kept = {"control\\crashcontrol\\autoreboot": dword(1), **(restored or {})}
    return {
        **made(path, own),
        **made(f"{path}\\restore", kept),
        (f"{SET}\\control\\crashcontrol", "autoreboot"): (dword(1), dword(0)),
    }
