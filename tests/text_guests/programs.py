# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernels and EFI programs: files that are told by what is in them.

They start nothing, but have what real ones are told by, at the places where the packages of Debian 12 have it
(systemd-boot-efi, shim-signed, grub-efi-amd64-bin, refind).
"""

from __future__ import annotations

import gzip
import struct
from collections.abc import Mapping
from typing import Callable

from tests.text_guests import initrds

# The PE format: {machine: (its number, whether it has 64 bits)}.
MACHINES = {"x86_64": (0x8664, True), "aarch64": (0xAA64, True), "i386": (0x014C, False)}
_PE = 0x80
_ALIGNMENT = 0x200
_PAGE = 0x1000
_EFI_APPLICATION = 10
_CERTIFICATES = 4
_DIRECTORIES = 16

# The types of what is appended to GRUB's core (include/grub/kernel.h).
_ELF, _CONFIG, _PREFIX = 0, 2, 3

_SBAT = b"sbat,1,SBAT Version,sbat,1,https://github.com/rhboot/shim/blob/main/SBAT.md\n"

OPTIONS = ("machine", "signed", "prefix", "config", "version", "cmdline", "osrel", "builder", "modules")


def bzimage(version: str) -> bytes:
    """A kernel for x86 whose header has that version (Linux, Documentation/arch/x86/boot.rst)."""
    head = bytearray(0x1000)
    head[0x1F1], head[0x1FE:0x200], head[0x202:0x206] = 7, b"\x55\xaa", b"HdrS"
    head[0x206:0x208] = (0x20F).to_bytes(2, "little")
    text = f"{version} (builder@host) #1 SMP".encode()
    head[0x20E:0x210] = (0x400).to_bytes(2, "little")
    head[0x600 : 0x600 + len(text)] = text
    return bytes(head)


def xen_kernel(version: str) -> bytes:
    """A kernel for x86 that Xen also starts without hardware: its packed ELF file has the note XEN_ELFNOTE_ENTRY."""
    note = struct.pack("<III4sQ", 4, 8, 1, b"Xen", 0xFFFFFFFF82C02340)
    payload = gzip.compress(b"\x7fELF" + bytes(60) + note, mtime=0)
    head = bytearray(bzimage(version))
    head[0x248:0x250] = struct.pack("<II", 0, len(payload))
    return bytes(head) + payload


def efi(kind: str, options: Mapping[str, str]) -> bytes:
    """An EFI program. kind: one of KINDS. options: see README.md, @efi. Raises ValueError."""
    machine = options.get("machine", "x86_64")
    if machine not in MACHINES:
        raise ValueError(f"{machine} is no machine. Known are: {', '.join(MACHINES)}.")
    return _portable_executable(KINDS[kind](options), machine, "signed" in options)


def _portable_executable(sections: Mapping[str, bytes], machine: str, is_signed: bool) -> bytes:
    number, has_64_bits = MACHINES[machine]
    directories = 112 if has_64_bits else 96
    optional = bytearray(directories + 8 * _DIRECTORIES)
    optional[0:2] = (0x20B if has_64_bits else 0x10B).to_bytes(2, "little")
    struct.pack_into("<II", optional, 32, _PAGE, _ALIGNMENT)
    struct.pack_into("<H", optional, 68, _EFI_APPLICATION)
    struct.pack_into("<I", optional, directories - 4, _DIRECTORIES)
    start = _aligned(_PE + 24 + len(optional) + 40 * len(sections))
    table, body, address = b"", b"", _PAGE
    for name, content in sections.items():
        padded = content.ljust(_aligned(len(content)), b"\0")
        place = struct.pack("<IIII", len(content), address, len(padded), start + len(body))
        address += _aligned(len(content), _PAGE)
        table += name.encode().ljust(8, b"\0") + place + bytes(12) + struct.pack("<I", 0x40000040)
        body += padded
    certificate = struct.pack("<IHH", 16, 0x200, 2) + b"PKCS#7.." if is_signed else b""
    if certificate:
        struct.pack_into("<II", optional, directories + 8 * _CERTIFICATES, start + len(body), len(certificate))
    head = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", _PE)
    header = struct.pack("<HHIIIHH", number, len(sections), 0, 0, 0, len(optional), 0x22E)
    return (head.ljust(_PE, b"\0") + b"PE\0\0" + header + optional + table).ljust(start, b"\0") + body + certificate


def _aligned(size: int, alignment: int = _ALIGNMENT) -> int:
    return -(-size // alignment) * alignment


def _grub(options: Mapping[str, str]) -> dict[str, bytes]:
    parts = [(_ELF, b"\x7fELF\0GNU GRUB  version %s\02.06\0prefix\0config_file\0configfile\0")]
    if options.get("config"):
        parts.append((_CONFIG, options["config"].encode()))
    parts.append((_PREFIX, options.get("prefix", "/EFI/debian").encode()))
    modules = b""
    for kind, content in parts:
        padded = content + bytes(8 - len(content) % 8)
        modules += struct.pack("<II", kind, 8 + len(padded)) + padded
    return {
        ".text": b"\xcc",
        ".data": b"couldn't find a valid Exiting GRUB won't free all memory.\n\0",
        "mods": struct.pack("<4sIQQ", b"mimg", 0, 24, 24 + len(modules)) + modules,
        ".sbat": _SBAT + b"grub,5,Free Software Foundation,grub,2.06,https://www.gnu.org/software/grub/\n",
    }


def _shim(_options: Mapping[str, str]) -> dict[str, bytes]:
    return {
        ".text": "\\\\grubx64.efi\0Failed to get load options\0".encode("utf-16-le"),
        "/14": b"UEFI SHIM\n$Version: 16.1 $\n$BuildMachine: buildhost $\n",
        ".sbat": _SBAT + b"shim,4,UEFI shim,shim,1,https://github.com/rhboot/shim\n",
    }


def _systemd_boot(_options: Mapping[str, str]) -> dict[str, bytes]:
    return {
        ".text": b"\xcc",
        ".sdmagic": b"#### LoaderInfo: systemd-boot 252.39-1~deb12u2 ####\0",
        ".sbat": _SBAT + b"systemd,1,The systemd Developers,systemd,252,https://systemd.io/\n",
        ".osrel": b'ID=systemd-boot\nVERSION="252.39-1~deb12u2"\nNAME="systemd-boot 252.39-1~deb12u2"\n\0',
    }


def _refind(_options: Mapping[str, str]) -> dict[str, bytes]:
    return {".text": "Installing rEFInd to an ESP\0".encode("utf-16-le"), ".data": b"AboutrEFInd\0"}


def _windows(_options: Mapping[str, str]) -> dict[str, bytes]:
    return {".text": "Windows Boot Manager\0".encode("utf-16-le"), ".rdata": b"RSDS\0bootmgfw.pdb\0"}


def _unified_kernel_image(options: Mapping[str, str]) -> dict[str, bytes]:
    version = options.get("version")
    if not version:
        raise ValueError("A unified kernel image needs version=.")
    builder = options.get("builder", "dracut")
    initrds.check_builder(builder)
    return {
        ".text": b"\xcc",
        ".sdmagic": b"#### LoaderInfo: systemd-stub 252.39-1~deb12u2 ####\0",
        ".sbat": _SBAT + b"systemd,1,The systemd Developers,systemd,252,https://systemd.io/\n",
        ".osrel": options.get("osrel", "ID=debian;VERSION_ID=12").replace(";", "\n").encode() + b"\n",
        ".cmdline": options.get("cmdline", "").encode(),
        ".uname": version.encode(),
        ".initrd": initrds.initrd(version, builder, tuple(filter(None, options.get("modules", "").split(",")))),
        ".linux": bzimage(version),
    }


KINDS: dict[str, Callable[[Mapping[str, str]], dict[str, bytes]]] = {
    "grub": _grub,
    "shim": _shim,
    "systemd-boot": _systemd_boot,
    "refind": _refind,
    "windows": _windows,
    "uki": _unified_kernel_image,
}
