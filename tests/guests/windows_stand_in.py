# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks with what a Windows 10 1903 from VMware has on them that matters to a conversion. They cannot boot.

The SYSTEM hive is a real one (windows_hives.py), and the partitions are where its MountedDevices says. Its network card
was configured by DHCP; here it has a static address, as a server has. Nothing in the files is a program or a driver.

    /usr/bin/python3 -m tests.guests.windows_stand_in     # prints the paths: with BIOS, with UEFI, virtio-win's folder
"""

from __future__ import annotations

import functools
import hashlib
import io
import os
import struct
import tarfile
from pathlib import Path

from ansible_collections.virttools.guestconv.plugins.module_utils.disks.images import disks_from_option
from ansible_collections.virttools.guestconv.tests.any_call import Appliance
from tests.guests import windows_drivers, windows_hives
from tests.guests.build import made_once, scratch_beside
from tests.guests.errors import run
from tests.guests.windows_hives import MULTI, number, text, texts

_HERE = Path(__file__).resolve().parent
_SECTOR = 512
_MIB = 1 << 20

# Where the hive's MountedDevices says that E: (which has the boot manager) and C: are, on the disk of this signature.
SIGNATURE = bytes.fromhex("ae4645df")
BOOT_START, SYSTEM_START = 0x100000, 0x1F500000
_SIZE = SYSTEM_START + 400 * _MIB
# The GUID of the system's partition where there is a GPT, and as Windows writes it: the first three fields are reversed.
SYSTEM_GUID = "3F2504E0-4F89-11D3-9A0C-0305E82C3301"
_SYSTEM_GUID = struct.pack("<IHH", 0x3F2504E0, 0x4F89, 0x11D3) + bytes.fromhex("9A0C0305E82C3301")
_ESP, _RESERVED, _DATA = (
    "C12A7328-F81F-11D2-BA4B-00A0C93EC93B",
    "E3C9E316-0B5C-4DB8-817D-F92DF00215AE",
    "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7",
)

# As docs/support.json calls it.
VARIANT = "windows-10-stand-in"

# Its network card: the instance that Windows knows it by has the MAC address in it.
GUID = "{5f3f359e-9d52-4566-9bec-37efdfb25abe}"
MAC = "00:0c:29:f3:ff:de"
ADDRESS, GATEWAY, NAME_SERVERS = "192.0.2.15", "192.0.2.1", "192.0.2.53,192.0.2.54"
HOST = "DESKTOP-2KGM189"

# What the boot manager starts, and the element of it that can keep an emulated display dark (virt-v2v deletes it).
_BOOT_MANAGER = "Objects\\{9dea862c-5cdd-4e70-acc1-f32b344d4795}"
_LOADER = "{9f25ee7a-e7b7-11db-94b5-f7e662935912}"
GRAPHICS_MODE_DISABLED = f"Objects\\{_LOADER}\\Elements\\16000046"

_DRIVERS = "disk partmgr volmgr lsi_sas storahci atapi intelide stornvme e1i65x64 vmmouse vmusbmouse vmci vsock".split()

# As Windows spells them, which is not all of one kind.
_WINDOWS = "Windows/System32"


@functools.cache
def system_hive(uefi=False):
    """The bytes of the SYSTEM hive of the stand-in."""
    interface = f"ControlSet001\\Services\\Tcpip\\Parameters\\Interfaces\\{GUID}"
    keys = {
        interface: {
            "EnableDHCP": number(0),
            "IPAddress": texts(ADDRESS),
            "SubnetMask": texts("255.255.255.0"),
            "DefaultGateway": texts(GATEWAY),
            "NameServer": text(NAME_SERVERS),
        },
        # It was copied from a running Windows, with renamings that an installation had left for the next boot.
        "ControlSet001\\Control\\Session Manager": {"PendingFileRenameOperations": (MULTI, b"\0\0")},
    }
    if uefi:
        keys["MountedDevices"] = {"\\DosDevices\\C:": (windows_hives.BINARY, b"DMIO:ID:" + _SYSTEM_GUID)}
    return windows_hives.changed(windows_hives.system(windows_hives.WINDOWS_10), keys)


def software_hive():
    """The bytes of its SOFTWARE hive."""
    return windows_hives.software(windows_hives.WINDOWS_10, "Windows 10 Pro", (10, 0), "18362")


def _bcd():
    elements = f"Objects\\{_LOADER}\\Elements"
    return windows_hives.made(
        {
            "Description": {"KeyName": text("BCD00000000")},
            f"{_BOOT_MANAGER}\\Elements\\23000003": {"Element": text(_LOADER)},
            f"{elements}\\12000002": {"Element": text("\\Windows\\system32\\winload.exe")},
            f"{elements}\\16000046": {"Element": (windows_hives.BINARY, b"\1")},
        }
    )


def program(*words):
    """Bytes that file(1), and so libguestfs, takes for a console program for x86-64."""
    header = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x40)
    coff = struct.pack("<4sHHIIIHH", b"PE\0\0", 0x8664, 1, 0, 0, 0, 240, 0x22)
    optional = struct.pack("<H", 0x20B).ljust(68, b"\0") + struct.pack("<H", 3)
    return header + coff + optional.ljust(240, b"\0") + " ".join(words).encode() * 32


def system_files(uefi=False):
    """{path: bytes} of the filesystem C:."""
    files = {
        f"{_WINDOWS}/config/SYSTEM": system_hive(uefi),
        # In another letter case than usual, which is the same to Windows.
        f"{_WINDOWS}/config/Software": software_hive(),
        f"{_WINDOWS}/config/DRIVERS": windows_hives.made({"DriverDatabase": {"Version": number(0x0A000000)}}),
        f"{_WINDOWS}/config/SAM": windows_hives.made({"SAM": {}}),
        f"{_WINDOWS}/cmd.exe": program("cmd"),
        f"{_WINDOWS}/ntoskrnl.exe": program("kernel"),
        f"{_WINDOWS}/winload.exe": program("winload"),
        f"{_WINDOWS}/DriverStore/FileRepository/lsi_sas.inf_amd64_74bb5e3e01cfd526/lsi_sas.sys": program("lsi_sas"),
        "Windows/explorer.exe": program("explorer"),
        "Windows/INF/lsi_sas.inf": b"[Version]\r\n",
        "Program Files/VMware/VMware Tools/vmtoolsd.exe": program("vmtoolsd"),
        "ProgramData/desktop.ini": b"\r\n",
        "Program Files (x86)/desktop.ini": b"\r\n",
        "Users/Public/desktop.ini": b"\r\n",
        "pagefile.sys": bytes(4096),
    }
    files |= {f"{_WINDOWS}/drivers/{name}.sys": program(name) for name in _DRIVERS}
    return files


def _boot_files():
    return {"bootmgr": windows_drivers.blob("bootmgr"), "Boot/BCD": _bcd()}


def _esp_files():
    return {"EFI/Microsoft/Boot/bootmgfw.efi": program("bootmgfw"), "EFI/Microsoft/Boot/BCD": _bcd()}


def bios():
    """The path of the qcow2 image with an MBR. It is shared: work on a copy."""
    return _disks() / "bios.qcow2"


def uefi():
    """The path of the qcow2 image with a GPT and an EFI system partition."""
    return _disks() / "uefi.qcow2"


def virtio_win():
    """The path of a folder like virtio-win's, and that of its ISO: nothing is written to them."""
    name = f"virtio-win-{_key('windows_drivers.py')}"
    return made_once(name, _make_folder), made_once(f"{name}.iso", _make_iso)


def _make_folder(path):
    with scratch_beside(path) as scratch:
        windows_drivers.write_folder(Path(scratch, "folder"))
        Path(scratch, "folder").rename(path)


def _make_iso(path):
    with scratch_beside(path) as scratch:
        windows_drivers.write_folder(Path(scratch, "folder"))
        windows_drivers.write_iso(Path(scratch, "folder"), Path(scratch, "iso"))
        Path(scratch, "iso").rename(path)


def _disks():
    key = _key("windows_hives.py", "windows_drivers.py", "windows_stand_in.py")
    return made_once(f"windows-10-{key}", _make_disks)


def _key(*sources):
    return hashlib.sha256(b"".join((_HERE / source).read_bytes() for source in sources)).hexdigest()[:12]


def _make_disks(path):
    with scratch_beside(path) as scratch:
        disks = {name: Path(scratch, f"{name}.raw") for name in ("bios", "uefi")}
        for disk in disks.values():
            with open(disk, "wb") as file:
                os.truncate(file.fileno(), _SIZE)
        options = [{"path": str(disk), "format": "raw"} for disk in disks.values()]
        with Appliance(disks_from_option(options), read_only=False) as appliance:
            _write_bios(appliance, appliance.device(0), Path(scratch))
            _write_uefi(appliance, appliance.device(1), Path(scratch))
            appliance.close()
        made = Path(scratch, "made")
        made.mkdir()
        for name, disk in disks.items():
            run(["qemu-img", "convert", "-c", "-f", "raw", "-O", "qcow2", disk, made / f"{name}.qcow2"])
        made.rename(path)


def _write_bios(appliance, device, scratch):
    appliance.part_init(device, "mbr")
    for start, end in ((BOOT_START, SYSTEM_START), (SYSTEM_START, _SIZE)):
        appliance.part_add(device, "primary", start // _SECTOR, end // _SECTOR - 1)
    for partition in (1, 2):
        appliance.part_set_mbr_id(device, partition, 0x07)
    appliance.part_set_bootable(device, 1, True)
    appliance.pwrite_device(device, SIGNATURE, 0x1B8)
    _fill(appliance, scratch, f"{device}1", "ntfs", "System Reserved", _boot_files())
    _fill(appliance, scratch, f"{device}2", "ntfs", None, system_files())


def _write_uefi(appliance, device, scratch):
    appliance.part_init(device, "gpt")
    ends = (BOOT_START, 100 * _MIB, 116 * _MIB, _SIZE - _MIB)
    for partition, kind in enumerate((_ESP, _RESERVED, _DATA), 1):
        appliance.part_add(device, "primary", ends[partition - 1] // _SECTOR, ends[partition] // _SECTOR - 1)
        appliance.part_set_gpt_type(device, partition, kind)
    appliance.part_set_gpt_guid(device, 3, SYSTEM_GUID)
    _fill(appliance, scratch, f"{device}1", "vfat", None, _esp_files())
    _fill(appliance, scratch, f"{device}3", "ntfs", None, system_files(uefi=True))


def _fill(appliance, scratch, partition, kind, label, files):
    archive = scratch / "files.tar"
    with tarfile.open(archive, "w") as tar:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    appliance.mkfs(kind, partition, **({"label": label} if label else {}))
    appliance.mount(partition, "/")
    appliance.tar_in(str(archive), "/")
    appliance.umount_all()


if __name__ == "__main__":
    print(bios(), uefi(), *virtio_win(), sep="\n")
