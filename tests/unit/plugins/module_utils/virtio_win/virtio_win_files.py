# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A virtio-win of the tests: its layout, with small INF files, and files that are no drivers in the place of drivers."""

from __future__ import annotations

import struct

from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.texts import inf_files

# What the versions of Windows are called in INF files.
_DECORATIONS = {"2k8": "6.0", "w7": "6.1", "2k8R2": "6.1", "w8": "6.2", "2k12": "6.2", "w8.1": "6.3", "2k12R2": "6.3"}
_SECTOR = 2048


def driver(name, text):
    """{name of a file: its bytes} of one driver."""
    files = {f"{name}.{ending}": f"{name}.{ending} of a test".encode() for ending in ("sys", "cat", "pdb")}
    return {f"{name}.inf": text.replace("\n", "\r\n").encode(), **files}


def drivers(system="w10", arch="amd64"):
    """{driver: {name of a file: its bytes}} for one system."""
    decoration = f"NT{arch}.{_DECORATIONS.get(system, '10.0')}"
    general = system != "2k8"
    display = {"device": "DEV_1050", "modern": "DEV_1050&SUBSYS_11001AF4&REV_01", "class_name": "Display"}
    return {
        "viostor": driver("viostor", inf_files.storage("viostor", decoration, general=general)),
        "vioscsi": driver("vioscsi", inf_files.storage("vioscsi", decoration, general=general)),
        "NetKVM": driver("netkvm", inf_files.other("netkvm", decoration)),
        "viogpudo": driver("viogpudo", inf_files.other("viogpudo", decoration, **display)),
        "sriov": {"vioprot.inf": b"[Version]\r\n"},
    }


def tree(systems=("w10",), arch="amd64"):
    """{path: bytes} of the ISO's layout."""
    return {
        f"{name}/{system}/{arch}/{file}": content
        for system in systems
        for name, files in drivers(system, arch).items()
        for file, content in files.items()
    }


def unpacked(directory, files):
    """The directory, with these files written below it; its path."""
    for path, content in files.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_bytes(content)
    return str(directory)


def image(files, joliet=True, rock_ridge=False):
    """The bytes of an ISO image with these files. Without joliet and rock_ridge its names are in capital letters."""
    directories = sorted({"", *("/".join(path.split("/")[:n]) for path in files for n in range(path.count("/") + 1))})
    extents, position = {}, 20
    for path in directories:
        entries = len([each for each in (*directories, *files) if each and each.rpartition("/")[0] == path])
        extents[path] = position, (entries // 10 + 1) * _SECTOR
        position += entries // 10 + 1
    for path, content in files.items():
        extents[path] = position, len(content)
        position += -(-len(content) // _SECTOR)
    data = bytearray(position * _SECTOR)

    def record(path, name, system_use=b""):
        extent, size = extents[path]
        body = struct.pack("<BIxxxxIxxxx7xBxx4xB", 0, extent, size, 0 if path in files else 2, len(name)) + name
        body += bytes((len(body) + 1) % 2) + system_use
        return bytes([len(body) + 1]) + body

    for path in directories:
        extent, place, rest = extents[path][0], extents[path][0] * _SECTOR, _SECTOR
        records = [record(path, b"\0"), record(path, b"\1")]
        for each in sorted((*directories, *files)):
            if each and each.rpartition("/")[0] == path:
                name = each.rpartition("/")[2]
                raw = name.encode("utf-16-be") if joliet else (name.upper() + (";1" if each in files else "")).encode()
                real = b"NM" + bytes([5 + len(name), 1, 0]) + name.encode() if rock_ridge else b""
                records.append(record(each, raw, real))
        for each in records:
            if len(each) > rest:
                extent, rest = extent + 1, _SECTOR
                place = extent * _SECTOR
            data[place : place + len(each)] = each
            place, rest = place + len(each), rest - len(each)
    for path, content in files.items():
        start = extents[path][0] * _SECTOR
        data[start : start + len(content)] = content
    for number, kind in enumerate((1, 2, 255) if joliet else (1, 255), 16):
        descriptor = bytearray(_SECTOR)
        descriptor[0:7] = bytes([kind]) + b"CD001\1"
        descriptor[156:190] = record("", b"\0").ljust(34, b"\0")
        descriptor[88:91] = b"%/E" if kind == 2 else b"\0\0\0"
        data[number * _SECTOR : (number + 1) * _SECTOR] = descriptor
    return bytes(data)
