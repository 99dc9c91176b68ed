# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A place where guests are kept, made of the smallest files that have the headers of disks."""

from __future__ import annotations

import io
import struct
import tarfile
from pathlib import Path

FIXTURES = Path(__file__).parent / "kinds" / "fixtures"
GIB = 1 << 30


def qcow2(size=GIB, backing=""):
    """A qcow2 header (docs/interop/qcow2.txt of QEMU) with the name of a qcow2 backing file."""
    extension = struct.pack(">II8s", 0xE2792ACA, 5, b"qcow2") if backing else b""
    name_at = 104 + len(extension) + 8
    header = struct.pack(
        ">4sIQIIQIIQQIIQQQQII",
        b"QFI\xfb",
        3,
        name_at if backing else 0,
        len(backing),
        16,
        size,
        0,
        1,
        3 << 16,
        1 << 16,
        1,
        0,
        0,
        0,
        0,
        0,
        4,
        104,
    )
    return header + extension + bytes(8) + backing.encode()


def vmdk(size=GIB, extents=(), parent=""):
    """A VMDK's descriptor with these extents; a sparse VMDK's header without."""
    if not extents:
        header = struct.pack("<4sIIQ", b"KDMV", 1, 3, size // 512).ljust(512, b"\0")
        return header + f'parentFileNameHint="{parent}"'.encode()
    lines = [f'RW {size // 512 // len(extents)} VMFS "{name}" 0' for name in extents]
    return "\n".join(["# Disk DescriptorFile", "version=1", f'parentFileNameHint="{parent}"', *lines]).encode()


def ova(descriptor="virtualbox.ovf", disk="files-disk001.vmdk", name=None):
    """An OVA of a fixture with one disk; name: of the guest, instead of the fixture's."""
    data = (FIXTURES / descriptor).read_bytes()
    if name is not None:
        data = data.replace(b'VirtualSystem ovf:id="files"', b'VirtualSystem ovf:id="%s"' % name.encode())
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for member, content in (("x.ovf", data), (disk, vmdk())):
            info = tarfile.TarInfo(member)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def vmx(name, disk):
    """A VMX of a guest with one disk."""
    lines = 'guestOS = "other"', f'displayName = "{name}"', f'scsi0:0.fileName = "{disk}"', 'scsi0:0.present = "TRUE"'
    return "\n".join(lines).encode()


def domain(name, disk, image_format="qcow2"):
    """The XML of a domain of QEMU with one disk."""
    return (
        f"<domain type='kvm'><name>{name}</name><memory unit='MiB'>512</memory><vcpu>2</vcpu>"
        "<os><type>hvm</type></os>"
        f"<devices><disk type='file' device='disk'><driver type='{image_format}'/><source file='{disk}'/>"
        "<target dev='vda' bus='virtio'/></disk></devices></domain>"
    ).encode()


def place(folder, files):
    """Write files, {path below folder: bytes}. Returns folder."""
    for name, data in files.items():
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder
