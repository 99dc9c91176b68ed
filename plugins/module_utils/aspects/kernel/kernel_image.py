# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The version of a kernel, as the kernel's own file says it. Pure.

Sources: Linux, Documentation/arch/x86/boot.rst (the real-mode kernel header of a bzImage),
Documentation/arch/arm64/booting.rst, drivers/firmware/efi/libstub/zboot-header.S, arch/s390/boot/head.S, and
init/version-timestamp.c, which every kernel has "Linux version ..." from.
"""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from ...errors import GuestconvError
from ...initrd import compression

# The real-mode part, which has the version: a boot sector and at most 64 sectors of setup code.
HEAD = 65 * 512

# No kernel is as large, packed or not.
LARGEST = 256 << 20

_SETUP_SECTORS = 0x1F1
_BOOT_FLAG = slice(0x1FE, 0x200)
_MAGIC = slice(0x202, 0x206)
_POINTER = slice(0x20E, 0x210)
# The second byte of the protocol's version, which is 2.08 where the header has the place of the payload.
_PROTOCOL = 0x206
_PAYLOAD, _PAYLOAD_SIZE = slice(0x248, 0x24C), slice(0x24C, 0x250)
# The head of an ELF note: sizes of name and address (of 4 or 8 bytes), type 1, name.
_XEN_ENTRY = re.compile(rb"\x04\0\0\0[\x04\x08]\0\0\0\x01\0\0\0Xen\0")
_LONGEST_NOTE = 16

_BANNER = re.compile(rb"Linux version ([\x21-\x7e]{1,128}) \(")
_LONGEST_BANNER = 160
_BLOCK = 1 << 20

_GZIP, _ELF = b"\x1f\x8b", b"\x7fELF"
# What an image for EFI has at 0x38: arm64's, RISC-V's, and that of zboot and LoongArch.
_OF_EFI = (b"ARM\x64", b"RSC\x05", b"\xcd\x23\x82\x81")
_ZBOOT = slice(0x04, 0x08)
_COMPRESSIONS = {b"gzip": "gzip", b"xz": "xz", b"xzkern": "xz", b"lzma": "lzma", b"zstd": "zstd", b"zstd22": "zstd"}
# The first words of the program that starts s390's, and where the pointer to its version is (since 5.2).
_S390 = b"\x00\x08\x00\x00\x80"
_S390_VERSION = 0x10428


def release(head: bytes) -> str | None:
    """The version, as `uname -r` prints it, of the kernel whose file begins with head.

    None where it is not a bzImage, or has no version. "6.1.0-50-amd64 (debian-kernel@lists.debian.org) #1 SMP ..." is
    what stands there, 0x200 bytes after the place that the header points to; it must be within the setup code.
    """
    if head[_BOOT_FLAG] != b"\x55\xaa" or head[_MAGIC] != b"HdrS":
        return None
    pointer = int.from_bytes(head[_POINTER], "little")
    # For historical reasons 0 means 4.
    sectors = head[_SETUP_SECTORS] or 4
    if not 0 < pointer < 0x200 * sectors:
        return None
    return _first_word(head[pointer + 0x200 :])


def has_xen_entry(stream: BinaryIO) -> bool | None:
    """Whether the kernel that is the whole of stream can be started as a paravirtualized machine of Xen (PV).

    Such a kernel says where Xen enters it, in a note of its ELF file (XEN_ELFNOTE_ENTRY in xen/include/public/elfnote.h,
    arch/x86/xen/xen-head.S: with CONFIG_XEN_PV). Xen's domain builder looks for it in what a bzImage has packed, whose
    place is in the header (boot.rst: payload_offset and payload_length). None where that cannot be unpacked here.
    """
    head = stream.read(HEAD)
    if stream.seek(0, io.SEEK_END) > LARGEST:
        return None
    stream.seek(0)
    if head.startswith(_ELF):
        return _has_note(iter(lambda: stream.read(_BLOCK), b""))
    if len(head) <= _PROTOCOL or head[_BOOT_FLAG] != b"\x55\xaa" or head[_MAGIC] != b"HdrS" or head[_PROTOCOL] < 8:
        return None
    start = 0x200 * ((head[_SETUP_SECTORS] or 4) + 1) + int.from_bytes(head[_PAYLOAD], "little")
    end = start + int.from_bytes(head[_PAYLOAD_SIZE], "little")
    stream.seek(start)
    name = compression.compression_of(stream.read(16))
    pieces = _Counted(_unpacked(stream, start, end, name)) if name else _Counted(iter(()))
    found = _has_note(pieces)
    return found if found or pieces.count else None


class _Counted:
    """Pieces of a kernel, of which it is known whether there were any."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self.count = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self.count += len(piece)
            yield piece


def _has_note(pieces: Iterable[bytes]) -> bool:
    before, count = b"", 0
    for piece in pieces:
        if _XEN_ENTRY.search(before + piece):
            return True
        before, count = (before + piece)[-_LONGEST_NOTE:], count + len(piece)
        if count > LARGEST:
            break
    return False


def is_without_header(head: bytes) -> bool:
    """Whether a file that begins with head may be a kernel that has its version in its body alone."""
    return head.startswith((_GZIP, _ELF, _S390)) or head[0x38:0x3C] in _OF_EFI


def is_without_boot_header(head: bytes) -> bool:
    """Whether a file that begins with head is a kernel for x86 without the header by which firmware's loaders boot one.

    GRUB, SYSLINUX and the firmware's EFI need that header (boot.rst). Kernels of XenLinux (kernel-xen of Enterprise Linux 5
    and SLES 10 and 11, Ubuntu's -ec2), which run on a paravirtual Xen machine alone, are a vmlinux, mostly packed.
    """
    has_header = head[_BOOT_FLAG] == b"\x55\xaa" and head[_MAGIC] == b"HdrS"
    return not has_header and head.startswith((_GZIP, _ELF))


def release_in(stream: BinaryIO) -> str | None:
    """The version of the kernel that is the whole of stream, and of which is_without_header is true; None without one."""
    head = stream.read(HEAD)
    size = stream.seek(0, io.SEEK_END)
    if size > LARGEST:
        return None
    if head.startswith(_S390):
        return _of_s390(stream)
    start, end, name = 0, size, ""
    if head.startswith(_GZIP):
        name = "gzip"
    elif head[_ZBOOT] == b"zimg":
        start = int.from_bytes(head[0x08:0x0C], "little")
        end = min(size, start + int.from_bytes(head[0x0C:0x10], "little"))
        name = _COMPRESSIONS.get(head[0x18:0x38].partition(b"\0")[0], "")
    stream.seek(0)
    return _banner(_unpacked(stream, start, end, name) if name else iter(lambda: stream.read(_BLOCK), b""))


def _unpacked(stream: BinaryIO, start: int, end: int, name: str) -> Iterator[bytes]:
    """The pieces of what is compressed between these places in stream, as far as it can be unpacked here."""
    source = compression.Source(stream, end)
    source.seek(min(start, end))
    with contextlib.suppress(GuestconvError), contextlib.closing(compression.unpack(source, name)) as pieces:
        yield from pieces


def _banner(pieces: Iterable[bytes]) -> str | None:
    before, count = b"", 0
    for piece in pieces:
        found = _BANNER.search(before + piece)
        if found:
            return found[1].decode("ascii")
        before, count = (before + piece)[-_LONGEST_BANNER:], count + len(piece)
        if count > LARGEST:
            return None
    return None


def _of_s390(stream: BinaryIO) -> str | None:
    stream.seek(_S390_VERSION)
    pointer = int.from_bytes(stream.read(8), "big")
    if not 0 < pointer < LARGEST:
        return None
    stream.seek(pointer)
    return _first_word(stream.read(_LONGEST_BANNER))


def _first_word(text: bytes) -> str | None:
    return next(iter(text.partition(b"\0")[0].decode("ascii", "replace").split()), None)
