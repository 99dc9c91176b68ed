# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes a disk this disk, and stays when it is converted and its guest runs: numbers and UUIDs at its beginning."""

from __future__ import annotations

import hashlib

# The number of the disk in an MBR and its signature, and the GUID of a GPT. Boot loaders may change the other bytes.
_NUMBER, _SIGNATURE, _GUID = slice(440, 446), slice(510, 512), slice(512 + 56, 512 + 72)
# What begins the second sector with a GPT. With an MBR, GRUB has its code there, which another version changes.
_GPT = b"EFI PART"
# The four entries of an MBR. They identify a disk without a number, although a guest may change its partitions.
_ENTRIES, _ENTRY = slice(446, 510), 16
# What fills a disk without partitions: (place of its magic number, the number, its UUID or serial number). Where several disks
# share a UUID (an array, a Btrfs), it is that of the disk, and not that of all. ext2 to ext4:
# fs/ext4/ext4.h of Linux; XFS: fs/xfs/libxfs/xfs_format.h; Btrfs: struct btrfs_super_block in uapi/linux/btrfs_tree.h;
# LVM: lib/format_text/layout.h of LVM2, of which the label is usually in the second sector; LUKS: its on-disk formats 1 and
# 2; swap: include/linux/swap.h; md of the versions 1.1 and 1.2: uapi/linux/raid/md_p.h. NTFS and FAT: blkid's superblocks.
_FILLING = (
    (1080, b"\x53\xef", slice(1128, 1144)),
    (0, b"XFSB", slice(32, 48)),
    (65600, b"_BHRfS_M", slice(65803, 65819)),
    (512, b"LABELONE", slice(544, 576)),
    (0, b"LUKS\xba\xbe", slice(168, 208)),
    (4086, b"SWAPSPACE2", slice(1036, 1052)),
    (0, b"\xfc\x4e\x2b\xa9", slice(168, 184)),
    (4096, b"\xfc\x4e\x2b\xa9", slice(4264, 4280)),
    (3, b"NTFS    ", slice(72, 80)),
    (82, b"FAT32   ", slice(67, 71)),
    (54, b"FAT16   ", slice(39, 43)),
)


def mark_of(head: bytes) -> str:
    """The checksum of what a disk is known by. "" where it begins with zeroes, so that there is none.

    head: the first MiB of it. What has neither a partition table nor a filesystem that is known here is known by all of
    the head: nothing is taken for it that is not the same.
    """
    if not any(head):
        return ""
    return hashlib.sha256(b"".join(_identity(head))).hexdigest()


def _identity(head: bytes) -> list[bytes]:
    if _is_partitioned(head):
        guid = head[_GUID] if head.startswith(_GPT, 512) else b""
        table = [head[_NUMBER], head[_SIGNATURE], guid]
        return table if any(head[_NUMBER]) or any(guid) else [*table, head[_ENTRIES]]
    for place, magic, identity in _FILLING:
        if head.startswith(magic, place) and any(head[identity]):
            return [magic, head[identity]]
    return [head]


def _is_partitioned(head: bytes) -> bool:
    """Whether this is an MBR with a partition. The boot sector of a filesystem has the same signature, and code or nothing
    where the entries would be: the first byte of each is 0 or 0x80, the fifth the partition's type."""
    entries = [head[start : start + _ENTRY] for start in range(_ENTRIES.start, _ENTRIES.stop, _ENTRY)]
    return (
        head[_SIGNATURE] == b"\x55\xaa"
        and all(entry[0] in (0, 0x80) for entry in entries)
        and any(entry[4] and any(entry[12:]) for entry in entries)
    )
