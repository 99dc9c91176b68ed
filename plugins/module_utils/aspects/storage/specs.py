# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the kernel and initrds name devices, beyond what fstab(5) has: numbers, offsets, prefixes of UUIDs.

Source: Linux, block/early-lookup.c (init/do_mounts.c before 6.5); dracut's parse-block.sh and label_uuid_to_dev().
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...devices.letters import letters
from ...guest import device_names
from ...guest.storage.graph import SELECTING, TOP
from ...guest.storage.layers.filesystem import Filesystem
from ...guest.storage.layers.logical_volume import LogicalVolume
from ...guest.storage.layers.partition import Partition
from ...guest.storage.layers.subvolume import Subvolume
from .names import Names

# 8:1, and the same in hexadecimal: 801, 0801 (init/do_mounts.c).
_DECIMAL = re.compile(r"(?:/dev/block/)?(\d{1,9}):(\d{1,9})")
_HEXADECIMAL = re.compile(r"(?:0x)?([0-9A-Fa-f]{3,8})")
_OFFSET = re.compile(r"PARTUUID=([^/]+)/PARTNROFF=([-+]?\d{1,9})")
_ANY_CASE = re.compile(r"(?i)(?:PARTUUID|UUID)(?==)")

# What udev writes as \\xHH in a link (systemd, src/basic/devnum-util.c, src/shared/udev-util.c: encode_devnode_name).
_ODD = re.compile(r"[\x00-\x7f](?<![A-Za-z0-9#+\-.:=@_])")

# {major: (name, minors of each disk, number of the major's first disk)} (Documentation/admin-guide/devices.txt).
_SCSI_MAJORS = (8, *range(65, 72), *range(128, 136))
_DISKS = {
    **{major: ("sd", 16, 16 * number) for number, major in enumerate(_SCSI_MAJORS)},
    **{major: ("hd", 64, 2 * number) for number, major in enumerate((3, 22, 33, 34, 56, 57, 88, 89, 90, 91))},
    202: ("xvd", 16, 0),
}


def kernel_name(spec: str) -> str:
    """The kernel's name (/dev/sda1) of a device that spec names by number; spec itself in all other cases."""
    decimal, hexadecimal = _DECIMAL.fullmatch(spec), _HEXADECIMAL.fullmatch(spec)
    if decimal:
        major, minor = int(decimal[1]), int(decimal[2])
    elif hexadecimal:
        # new_decode_dev() of include/linux/kdev_t.h.
        number = int(hexadecimal[1], 16)
        major, minor = (number & 0xFFF00) >> 8, (number & 0xFF) | ((number >> 12) & 0xFFF00)
    else:
        return spec
    if major not in _DISKS:
        return spec
    name, minors, first = _DISKS[major]
    disk, partition = divmod(minor, minors)
    return f"/dev/{name}{letters(first + disk)}{partition or ''}"


def is_of_hardware(spec: str) -> bool:
    """Whether spec means something else, or nothing, on other hardware."""
    return device_names.is_of_hardware(kernel_name(spec))


def filesystems(names: Names, spec: str) -> list[Filesystem]:
    """The filesystems, swap spaces and members of other layers that spec names."""
    for spelling in _spellings(spec):
        found = names.filesystems(spelling)
        if found:
            return found
    offset = _OFFSET.fullmatch(spec)
    return _after(names, offset[1], int(offset[2])) if offset else []


def stable(names: Names, spec: str) -> str | None:
    """How spec, which the hardware gave, is said on any; None where it is not the hardware's, or cannot be said."""
    return names.stable(kernel_name(spec)) if is_of_hardware(spec) else None


def path(tag: str) -> str:
    """The path that udev makes of a tag: /dev/disk/by-uuid/... of UUID=..."""
    key, _equals, value = tag.partition("=")
    return f"/dev/disk/by-{key.lower()}/{_ODD.sub(_escaped, value)}"


def stable_path(names: Names, name: str) -> str | None:
    """As stable, as a path (udev's link), for files in which a tag would not do."""
    tag = names.stable(name) if device_names.is_of_hardware(name) else None
    return path(tag) if tag else None


def volumes(names: Names, name: str) -> list[LogicalVolume]:
    """The logical volume that name (VG/LV, /dev/VG/LV) names."""
    path = name if name.startswith("/dev/") else f"/dev/{name}"
    return [volume for volume in names.storage.of_kind(LogicalVolume) if volume.is_called(path)]


def volumes_of_group(names: Names, name: str) -> list[LogicalVolume]:
    """The logical volumes in the volume group of that name."""
    return [volume for volume in names.storage.of_kind(LogicalVolume) if volume.name.split("/")[2:3] == [name]]


def encrypted(names: Names, uuid: str) -> list[Filesystem]:
    """The devices that are encrypted with LUKS, and have this UUID or one with these digits in it."""
    return _with_uuid(names, "crypto_LUKS", uuid)


def partitions(names: Names, uuid: str) -> list[Partition]:
    """The partitions that have this UUID in the partition table."""
    return [each for each in names.storage.partitions if each.uuid.lower() == uuid.lower()]


def members_of_array(names: Names, uuid: str) -> list[Filesystem]:
    """The devices that an array (md) of this UUID is made of."""
    return _with_uuid(names, "linux_raid_member", uuid)


def members_of_pool(names: Names, dataset: str) -> list[Filesystem]:
    """The devices that the ZFS pool of this dataset (POOL/...) is made of, of which blkid has the name as label."""
    pool = dataset.partition("/")[0]
    return [each for each in names.storage.filesystems if each.type == "zfs_member" and each.label == pool]


def lost_subvolumes(filesystem: Filesystem, names: Names, options: str) -> list[str]:
    """Those of the options of a mount of filesystem (btrfs) that select a subvolume which is not there."""
    there = [each for each in names.storage.of_kind(Subvolume) if each.filesystem == filesystem]
    selecting = [option for option in options.split(",") if option.startswith(SELECTING)]
    # Where none is known, they could not be read.
    return [
        option
        for option in (selecting if there else ())
        if not TOP.fullmatch(option) and not any(each.is_selected_by(option) for each in there)
    ]


def _with_uuid(names: Names, kind: str, uuid: str) -> list[Filesystem]:
    """The devices of this type (blkid's) whose UUID has uuid in it, hyphens, colons and case aside.

    dracut compares with *UUID* (parse-crypt.sh); mdadm writes colons where blkid writes hyphens.
    """
    wanted = _digits(uuid)
    found = [each for each in names.storage.filesystems if each.type == kind]
    return [each for each in found if wanted and wanted in _digits(each.uuid)]


def _escaped(match: re.Match[str]) -> str:
    return f"\\x{ord(match[0]):02x}"


def _digits(uuid: str) -> str:
    return re.sub(r"[^0-9a-f]", "", uuid.lower())


def _spellings(spec: str) -> Iterator[str]:
    """spec in each of the ways in which the graph may know it."""
    yield kernel_name(spec)
    tag, equals, value = spec.partition("=")
    if equals and not spec.startswith("/"):
        # dracut makes udev's link of it, in which a blank may be written as \x20 already.
        yield f"{tag}={device_names.unescaped(value)}"
        if _ANY_CASE.match(spec):
            # The kernel compares without regard to case, and dracut makes it small letters.
            yield f"{tag}={value.lower()}"
            yield f"{tag}={value.upper()}"


def _after(names: Names, partuuid: str, offset: int) -> list[Filesystem]:
    """The filesystems on the partition that many numbers after the one of this PARTUUID."""
    partitions = names.storage.partitions
    known = [each for each in partitions if each.uuid.lower() == partuuid.lower()]
    found = [each for one in known for each in partitions if each.disk == one.disk]
    wanted = {(one.disk.name, one.number + offset) for one in known}
    return [
        filesystem
        for partition in dict.fromkeys(found)
        if (partition.disk.name, partition.number) in wanted
        for filesystem in names.filesystems(partition.name)
    ]
