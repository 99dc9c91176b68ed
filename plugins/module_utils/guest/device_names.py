# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of disks, partitions and volumes below /dev: which of them the hardware gave, and what they mean. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection

# Names that depend on the hardware: the kernel's, and udev's links that are made of serial numbers and PCI paths.
# The device mapper's and LVM's links in by-id are made of what stands on the disks; but multipath's ids are the disk's
# own (util-linux, lvm2: 13-dm-disk.rules, 69-dm-lvm.rules; mdadm: 63-md-raid-arrays.rules).
# multipathd's maps are called by their number, or by the disk's world wide name; kpartx puts nothing, p or -part between
# that and the number of a partition (multipath.conf(5), kpartx(8)).
_MULTIPATH_NAME = r"(?:mpath[a-z]{1,4}|3[0-9a-f]{16}(?:[0-9a-f]{16})?)(?:(?:p|-part)?\d{1,3})?(?![\w.+-])"
_FROM_THE_DISKS = rf"dm-name-(?!{_MULTIPATH_NAME})|dm-uuid-(?!(?:part\d+-)?mpath-)|md-name-|md-uuid-|lvm-pv-uuid-"
_OF_HARDWARE = re.compile(
    r"/dev/(?:(?:sd|hd|vd|xvd)[a-z]+\d*|nvme\d+n\d+(?:p\d+)?"
    # Rules of Azure's agent and of cloud-init make their links of places that only Azure has.
    # What iSCSI is called after, the target has as well.
    rf"|mapper/{_MULTIPATH_NAME}|disk/by-path/(?!ip-).+|disk/by-diskseq/.+|disk/by-id/(?!{_FROM_THE_DISKS}).+"
    r"|disk/(?:azure|cloud)/.+)$"
)
# fstab(5) names a link in by-id so, too (util-linux 2.36).
_ID = "ID="
_MULTIPATH = re.compile(
    r"/dev/(?:mapper/|disk/by-id/dm-name-)(?P<name>mpath[a-z]{1,4}?|3[0-9a-f]{16}(?:[0-9a-f]{16})?)"
    r"(?:(?:p|-part)?(?P<number>\d{1,3}))?\Z"
)
_MULTIPATH_UUID = re.compile(r"/dev/disk/by-id/dm-uuid-(?:part(?P<number>\d{1,3})-)?mpath-(?P<name>.+)\Z")

# A line that is no comment; Debian's installer names disks so in comments.
_LINE = re.compile(r"(?m)^[ \t]*(?![#\s]).*$")
_NAME = re.compile(r"(?:/dev/|(?<![^\s\"'])ID=)[^\s\"',;]+")
_PARTITION_LINK = re.compile(
    rf"/dev/disk/(?P<kind>by-path/|by-id/(?!{_FROM_THE_DISKS})[^-]+(?=-)|azure/(?=root))(?P<disk>.+)"
    r"-part(?P<number>\d+)$"
)

# blkid -o export, whose output the appliance gives, writes a blank as "\ " (misc-utils/blkid.c: safe_print), and a byte
# that is not printable as \xHH; udev, \xHH for both.
_ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|([0-3][0-7]{2})|(.))", re.DOTALL)
_HIGH = re.compile(rb"M-(?:\^([@-_?])|\\(.)|([^\\^]))", re.DOTALL)

# How disks are attached that a virtual machine's own are not: by USB, FireWire, iSCSI, and Fibre Channel (systemd,
# src/udev/udev-builtin-path_id.c).
_ELSEWHERE = re.compile(r"(?:\A|[-/])(?:usb|ieee1394|iscsi|fc|zfcp)-|/by-path/ip-")

# Links that a guest uses. No guest has more; to compare each of a hostile one's with all others would take hours.
MOST_LINKS = 1000


def is_of_hardware(name: str) -> bool:
    """Whether name (/dev/...) was given by the hardware, so that it means something else, or nothing, on another."""
    return _OF_HARDWARE.match(path_of_id(name)) is not None


def path_of_id(name: str) -> str:
    """udev's link for a tag that is made of one (ID=scsi-0QEMU_...); other names as they are."""
    return "/dev/disk/by-id/" + name[len(_ID) :].strip("\"'") if name.startswith(_ID) else name


def link_of_multipath(name: str) -> str:
    """udev's link by id of the disk or partition that name, which is one of multipathd's or kpartx's, is made of; else name.

    A map that is called by its number alone (mpatha) has a link of its own kind.
    """
    found = _MULTIPATH_UUID.match(name) or _MULTIPATH.match(name)
    if not found:
        return name
    kind = "mpath" if found["name"].startswith("mpath") else "scsi"
    return f"/dev/disk/by-id/{kind}-{found['name']}" + (f"-part{found['number']}" if found["number"] else "")


def of_hardware(text: str) -> set[str]:
    """The names (set) that the hardware gave, in those lines of text that are no comments."""
    names = (name for line in _LINE.findall(text) for name in _NAME.findall(line))
    return {name for name in names if is_of_hardware(name)}


def partition_on_only_disk(name: str, links: Collection[str]) -> str | None:
    """The number (str) of the partition that udev's link name means in a guest that has one disk; None if in doubt.

    links: the other names that the guest uses. Where those link to another disk in the same way, a disk is missing.
    """
    link = _PARTITION_LINK.match(path_of_id(name))
    if not link or _ELSEWHERE.search(name) or "usb" in name or len(links) > MOST_LINKS:
        return None
    others = filter(None, map(_PARTITION_LINK.match, map(path_of_id, links)))
    if any(other["kind"] == link["kind"] and other["disk"] != link["disk"] for other in others):
        return None
    return link["number"]


def partition(disk: str, number: str) -> str:
    """The kernel's name of a partition of disk ("sda", "/dev/vda"); of the disk itself, where number (str) is ""."""
    # The kernel puts a p between when the disk's name ends with a digit (block/partitions/core.c): nvme0n1p1.
    return disk + ("p" if number and disk[-1].isdigit() else "") + number


def of_filled_disk(disk: str) -> frozenset[str]:
    """What Xen may call a disk without partition table that is given as disk ("/dev/sda"): by which driver, and whether
    as a partition, is up to the configuration of the virtual machine.
    """
    found = re.match(r"/dev/(?:sd|hd|vd|xvd)([a-z]+)(\d*)\Z", disk)
    if not found:
        return frozenset()
    letters, number = found.groups()
    numbers = [number] if number else ["", "1"]
    return frozenset(f"/dev/{prefix}{letters}{each}" for prefix in ("sd", "hd", "vd", "xvd") for each in numbers)


def logical_volume(name: str) -> str:
    """/dev/VG/LV for /dev/mapper/VG-LV, in which the device mapper doubles the hyphens of both names; else name."""
    mapped = re.match(r"/dev/(?:mapper/|disk/by-id/dm-name-)(.*[^-])-([^-].*)", name, re.DOTALL)
    if not mapped:
        return name
    return "/dev/" + "/".join(part.replace("--", "-") for part in mapped.groups())


def logical_volume_uuid(name: str) -> str | None:
    """The UUID, without hyphens, of the logical volume that udev's link name is made of; None for other names.

    lvm2, lib/activate/dev_manager.c: "LVM-", the volume group's UUID, the volume's. Ubuntu's installer names so.
    """
    link = re.match(r"/dev/disk/by-id/dm-uuid-LVM-\w{32}(\w{32})$", name)
    return link.group(1) if link else None


def printed_by_blkid(value: str) -> str:
    """A value as it is, of what blkid printed of it.

    Where its locale knows no such character, it writes a byte from 128 on as M- and what is left of it without the
    highest bit, of which it writes a control character as ^ and a letter (misc-utils/blkid.c: safe_print, util-linux
    2.38). A label may have such letters too: the bytes that they would be are hardly ever UTF-8.
    """

    def byte(match: re.Match[bytes]) -> bytes:
        control, escaped, plain = match.groups()
        low = control[0] ^ 0x40 if control else (escaped or plain)[0]
        return bytes([low | 0x80])

    content = value.encode("utf-8", "surrogateescape")
    found = _HIGH.sub(byte, content)
    if found != content:
        try:
            return unescaped(found.decode())
        except UnicodeDecodeError:
            pass
    return unescaped(value)


def unescaped(value: str) -> str:
    """A value as it is, of what blkid or udev printed of it."""

    def character(match: re.Match[bytes]) -> bytes:
        hexadecimal, octal, other = match.groups()
        return other if other else bytes([int(hexadecimal, 16) if hexadecimal else int(octal, 8)])

    content = _ESCAPE.sub(character, value.encode("utf-8", "surrogateescape"))
    return content.decode("utf-8", "surrogateescape")


def bare_uuid(uuid: str) -> str:
    """A UUID of LVM without hyphens: blkid and LVM write them, or not."""
    return uuid.replace("-", "")
