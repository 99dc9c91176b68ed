# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a disk on a volume is known by, as the programs that make filesystems and partition tables write it."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.sources.volume_mark import mark_of

HEAD = 1 << 20
_LUKS = ("cryptsetup", "luksFormat", "-q", "--key-file", "/etc/hostname", "--pbkdf-force-iterations", "1000")
FILLING = {
    "ext4": ("mkfs.ext4", "-q", "-F"),
    "xfs": ("mkfs.xfs", "-q", "-f"),
    "btrfs": ("mkfs.btrfs", "-q", "-f"),
    "swap": ("mkswap",),
    "luks1": (*_LUKS, "--type", "luks1"),
    "luks2": (*_LUKS, "--type", "luks2", "--pbkdf", "pbkdf2"),
    "fat32": ("mkfs.vfat", "-F", "32", "-I"),
    "fat16": ("mkfs.vfat", "-F", "16", "-I"),
}
TABLES = ("label: dos\n,,L\n", "label: gpt\n,,L\n")


def made(path, command, script=None):
    """The first MiB of a disk that a command was run on."""
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not packaged for this system: EL has no Btrfs.")
    with open(path, "wb") as stream:
        stream.truncate(512 << 20)
    subprocess.run([*command, str(path)], check=True, capture_output=True, input=script, text=True, timeout=600)
    return head_of(path)


def head_of(path):
    with open(path, "rb") as stream:
        return stream.read(HEAD)


def with_bytes(head, places):
    """The head with other bytes. places: {offset: bytes}."""
    changed = bytearray(head)
    for start, data in places.items():
        changed[start : start + len(data)] = data
    return bytes(changed)


@pytest.mark.parametrize("name", FILLING)
def test_a_filesystem_that_fills_the_disk_is_known_by_its_identity_alone(tmp_path, name):
    first, second = (made(tmp_path / "disk", FILLING[name]) for _time in range(2))
    assert mark_of(first) != mark_of(second)
    # All that is written to it leaves its identity: here a byte at the end of what is read.
    assert mark_of(with_bytes(first, {1048575: b"\x01" if not first[-1] else b"\0"})) == mark_of(first)


@pytest.mark.parametrize("script", TABLES)
def test_a_partition_table_is_known_by_its_number_whatever_boots(tmp_path, script):
    first, second = (made(tmp_path / "disk", ("sfdisk", "-q"), script) for _time in range(2))
    assert mark_of(first) != mark_of(second)
    # A boot loader in the first sector and after the table, as GRUB has it, or the rest of a filesystem that was there.
    ext4 = made(tmp_path / "disk", FILLING["ext4"])
    booting = with_bytes(first, {0: b"\xeb\x63" * 200, 34000: b"GRUB", 1080: ext4[1080:1144]})
    assert mark_of(booting) == mark_of(first)


def test_a_partition_table_of_an_mbr_is_known_whatever_version_of_grub_is_after_it(tmp_path):
    first = made(tmp_path / "disk", ("sfdisk", "-q"), TABLES[0])
    assert {mark_of(with_bytes(first, {512: code * 512})) for code in (b"\xfb", b"\xfc")} == {mark_of(first)}


def test_a_table_without_a_number_is_known_by_its_partitions(tmp_path):
    numberless = [
        with_bytes(made(tmp_path / "disk", ("sfdisk", "-q"), f"label: dos\n,{size},L\n"), {440: bytes(6)})
        for size in ("100M", "200M")
    ]
    assert mark_of(numberless[0]) != mark_of(numberless[1])
    # GRUB is where a GPT would be.
    booting = with_bytes(numberless[0], {0: b"\xeb\x63", 512: b"\x52\xe8\x28\x01" * 128})
    assert mark_of(booting) == mark_of(numberless[0])


def test_each_disk_of_a_filesystem_on_several_disks_is_known_by_itself(tmp_path):
    with open(tmp_path / "other", "wb") as stream:
        stream.truncate(512 << 20)
    first = made(tmp_path / "disk", (*FILLING["btrfs"], str(tmp_path / "other")))
    second = head_of(tmp_path / "other")
    assert first[65568:65584] == second[65568:65584]
    assert mark_of(first) != mark_of(second)


@pytest.mark.parametrize(
    "place, magic, identity",
    [
        (512, b"LABELONE", 544),
        # All disks of an array have the same UUID at 16; this one is the disk's.
        (0, b"\xfc\x4e\x2b\xa9", 168),
        (4096, b"\xfc\x4e\x2b\xa9", 4264),
        (3, b"NTFS    ", 72),
    ],
)
def test_a_disk_of_lvm_of_an_array_or_of_ntfs_is_known_by_its_number(place, magic, identity):
    heads = [with_bytes(bytes(HEAD), {510: b"\x55\xaa", place: magic, identity: number * 8}) for number in (b"a", b"b")]
    assert mark_of(heads[0]) != mark_of(heads[1])
    assert mark_of(with_bytes(heads[0], {9000: b"metadata"})) == mark_of(heads[0])


def test_what_is_not_known_is_known_by_all_of_it_and_nothing_by_nothing():
    assert mark_of(bytes(HEAD)) == mark_of(b"") == ""
    unknown = os.urandom(HEAD)
    assert mark_of(unknown) != mark_of(with_bytes(unknown, {1000000: bytes([unknown[1000000] ^ 1])}))
