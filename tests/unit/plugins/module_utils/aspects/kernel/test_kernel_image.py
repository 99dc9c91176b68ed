# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The version of a kernel: that in its file, or what else tells which modules are its own."""

from __future__ import annotations

import gzip
import io
import lzma
import struct

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import kernel
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders.grub2 import Entry
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.kernel import kernel_image
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.kernel.kernel_guests import (
    make_root,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.complete_guest import bzimage


@pytest.mark.parametrize(
    "text, expected",
    [
        (b"6.1.0-50-amd64 (debian-kernel@lists.debian.org) #1 SMP", "6.1.0-50-amd64"),
        (b"6.12.1-arch1-1", "6.12.1-arch1-1"),
        (b"", None),
    ],
)
def test_a_kernels_version_is_that_in_its_header(text, expected):
    assert kernel_image.release(bzimage(text.decode())) == expected


@pytest.mark.parametrize(
    "place, content",
    [
        (slice(0x1FE, 0x200), b"\0\0"),
        (slice(0x202, 0x206), b"HdrX"),
        (slice(0x20E, 0x210), b"\0\0"),
        (slice(0x20E, 0x210), b"\xff\xff"),
    ],
    ids=["no boot sector", "no header", "no version", "a version elsewhere"],
)
def test_what_is_no_kernel_of_x86_has_no_version(place, content):
    head = bytearray(bzimage("6.1 a"))
    head[place] = content
    assert kernel_image.release(bytes(head)) is None
    assert kernel_image.release(b"") is None


def version_of(name, versions=("6.12.1-arch1-1",), content=None, arguments="root=/dev/sda1", said=None):
    root = make_root(versions, [Entry(f"/boot/{name}", (), arguments, version=said)])
    root.files[f"/boot/{name}"] = bzimage("6.12.1-arch1-1 #1") if content is None else content
    return kernel.inspect(root).kernels[0]["version"]


@pytest.mark.parametrize("name", ["vmlinuz-linux", "vmlinuz-lts", "kernel", "bzImage"])
def test_oracle_12_a_kernel_is_known_by_its_header_whatever_its_file_is_called(name):
    assert version_of(name) == "6.12.1-arch1-1"
    assert version_of(name, ("6.12.1-arch1-1", "5.4.0-lts")) == "6.12.1-arch1-1"


def test_the_name_of_a_kernels_file_does_not_count_where_its_header_has_a_version():
    root = make_root(("6.1.0-1", "6.1.0-2"), [Entry("/boot/vmlinuz-6.1.0-1", (), "root=/dev/sda1")])
    root.files["/boot/vmlinuz-6.1.0-1"] = bzimage("6.1.0-2 #1")
    assert kernel.inspect(root).kernels[0]["version"] == "6.1.0-2"


def test_a_kernel_without_such_a_header_has_the_only_modules_there_are():
    assert version_of("vmlinuz-linux", content=b"MZ an arm64 kernel") == "6.12.1-arch1-1"
    # Memory tests boot no root.
    assert version_of("memtest", content=b"\0", arguments="") == "memtest"


def test_of_several_directories_of_modules_a_kernel_without_a_header_has_the_one_it_is_called_after():
    versions = ("6.1.0-1-arm64", "6.1.0-2-arm64")
    entries = [Entry("/vmlinuz", (), "root=/dev/sda1")]
    root = make_root(versions, entries)
    root.links["/vmlinuz"] = "boot/vmlinuz-6.1.0-1-arm64"
    root.files["/boot/vmlinuz-6.1.0-1-arm64"] = b"MZ"
    assert kernel.inspect(root).kernels[0]["version"] == "6.1.0-1-arm64"


@pytest.mark.parametrize(
    "name, said",
    (
        ("linux", "6.1.0-2-arm64"),
        ("0123456789abcdef/6.1.0-2-arm64/linux", None),
        # What the file is called after is nearer to it than what an entry says.
        ("vmlinuz-6.1.0-2-arm64", "6.1.0-1-arm64"),
    ),
)
def test_a_kernel_without_a_header_is_known_by_its_entry_or_its_path(name, said):
    versions = ("6.1.0-1-arm64", "6.1.0-2-arm64", "6.1.0-3-arm64")
    assert version_of(name, versions, b"MZ", said=said) == "6.1.0-2-arm64"


BANNER = b"Linux version 6.1.0-2-arm64 (a@b) (gcc) #1 SMP\n\0"
ARM64 = bytes(0x38) + b"ARM\x64" + bytes(1 << 20) + BANNER
LZMA = lzma.compress(BANNER * 99, lzma.FORMAT_ALONE)


def zboot(kind, payload):
    """An image for EFI that unpacks itself (zboot-header.S)."""
    head = b"MZ\0\0zimg" + struct.pack("<II", 0x1000, len(payload)) + bytes(8) + kind
    return head.ljust(0x38, b"\0") + b"\xcd\x23\x82\x81" + bytes(0x1000 - 0x3C) + payload + bytes(99)


def s390(pointer):
    head = b"\0\x08\0\0\x80" + bytes(0x10423) + pointer.to_bytes(8, "big")
    return head.ljust(0x11000, b"\0") + b"6.1.0-2-arm64 (a@b) #1\0"


@pytest.mark.parametrize(
    "content, expected",
    (
        (ARM64, "6.1.0-2-arm64"),
        (gzip.compress(ARM64), "6.1.0-2-arm64"),
        (gzip.compress(ARM64)[:-2000], None),
        (zboot(b"gzip", gzip.compress(ARM64)), "6.1.0-2-arm64"),
        (zboot(b"lzma", LZMA), "6.1.0-2-arm64"),
        (zboot(b"xzkern", lzma.compress(BANNER, check=lzma.CHECK_CRC32)), "6.1.0-2-arm64"),
        (zboot(b"lz4", b"x"), None),
        (zboot(b"gzip", b"x"), None),
        (b"\x7fELF" + bytes(1 << 20) + BANNER, "6.1.0-2-arm64"),
        # The end of one piece, and the beginning of the next.
        (b"\x7fELF" + bytes((1 << 20) - 20) + BANNER, "6.1.0-2-arm64"),
        (b"\x7fELF" + bytes(5000), None),
        (s390(0x11000), "6.1.0-2-arm64"),
        (s390(0), None),
        (s390(1 << 60), None),
        (b"MZ" + bytes(5000) + BANNER, None),
    ),
    ids=(
        "arm64 gzip cut-off zboot-gzip zboot-lzma zboot-xz zboot-lz4 zboot-junk elf elf-over-two-pieces elf-without s390 "
        "s390-without s390-far-away efi"
    ).split(),
)
def test_other_machines_kernels_are_known_by_what_is_in_them(content, expected):
    versions = ("6.1.0-1-arm64", "6.1.0-2-arm64")
    assert version_of("Image", versions, content) == (expected or "Image")


def test_a_kernel_that_is_too_large_is_not_searched(monkeypatch):
    monkeypatch.setattr(kernel_image, "LARGEST", 1 << 20)
    assert kernel_image.release_in(io.BytesIO(ARM64)) is None
    assert kernel_image.release_in(io.BytesIO(gzip.compress(bytes(3 << 20) + BANNER))) is None
