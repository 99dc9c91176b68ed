# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why there is no system on the disks that can be converted: the reason, and not that a search failed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ...errors import GuestconvError
from . import dynamic_disks, encryption, image_based, incomplete
from .graph import Graph
from .layers.filesystem import Filesystem
from .layers.logical_volume import PHYSICAL_VOLUME
from .layers.partition import Partition

if TYPE_CHECKING:
    from ..guest import Guest
    from ..root import GuestRoot

_DISCS = ("iso9660", "udf")
# GRUB's BIOS boot partition, and PowerPC's PReP, in a GPT and in an MBR (UEFI specification, 5.2).
_FOR_BOOT_LOADERS = frozenset(("21686148-6449-6e6f-744e-656564454649", "9e1a2d38-c612-4316-aa26-8b49521e5a8b", "0x41"))

_MOVE = "Move the system to a filesystem that guestconv reads; the README lists which."


def _incomplete(name: str, what: str) -> GuestconvError:
    return GuestconvError(
        "storage-incomplete",
        f"{name} is a part of {what}, of which disks are missing.",
        hint="Give all of the guest's disks.",
    )


def _not_supported(name: str, what: str) -> GuestconvError:
    return GuestconvError("storage-not-supported", f"{name} is {what}, which guestconv does not read.", hint=_MOVE)


def _image(name: str, what: str) -> GuestconvError:
    return GuestconvError(
        "filesystem-read-only",
        f"{name} is {what}, an image that can only be read. A system on it cannot be converted.",
        hint="Use the image that the vendor of the system provides for the target.",
    )


# {blkid's type: (the error, what it is)}, of what a system may be on that is not read.
_Made = Callable[[str, str], GuestconvError]
_UNREAD: Mapping[str, tuple[_Made, str]] = {
    PHYSICAL_VOLUME: (_incomplete, "an LVM volume group"),
    "LVM1_member": (_not_supported, "a physical volume in the format of LVM 1"),
    "zfs_member": (_not_supported, "a part of a ZFS pool"),
    "bcache": (_not_supported, "a device of bcache"),
    "drbd": (_not_supported, "a device of DRBD"),
    "stratis": (_not_supported, "a part of a Stratis pool"),
    "ceph_bluestore": (_not_supported, "a device of Ceph"),
    "VMFS": (_not_supported, "a datastore of VMware"),
    "VMFS_volume_member": (_not_supported, "a datastore of VMware"),
    **{kind: (_image, f"of the type {kind}") for kind in ("squashfs", "erofs", "cramfs", "romfs")},
    **{
        f"{kind}_raid_member": (_not_supported, "a part of a RAID array that firmware assembles")
        for kind in ("isw", "ddf", "lsi_mega", "via", "silicon_medley", "nvidia", "promise_fasttrack", "jmicron")
    },
}


def without_system(guest: Guest, reasons: Sequence[GuestconvError]) -> GuestconvError:
    """The error for disks without a system that can be converted.

    reasons: errors of filesystems that may have one. Of several, the first gives its code, and all are named.
    """
    unread = [*_unread(guest.storage), *_on_dynamic_disks(guest.storage)]
    found = [*image_based.errors(guest), *reasons, *encryption.errors(guest), *unread] or list(_blank(guest))
    if found:
        found[0].add(found[1:])
        return found[0]
    return (
        _other_system(guest)
        or _only_discs(guest.storage)
        or GuestconvError(
            "no-operating-system",
            f"No operating system was found on {', '.join(disk.path for disk in guest.disks)}.{_what_is_there(guest.storage)}",
            hint="Name all of the guest's disks; if a disk is not raw, state its format.",
        )
    )


def not_found(guest: Guest, wanted: str, roots: Sequence[GuestRoot]) -> GuestconvError:
    """The error for the option root, where what it names has no system, or more than one. roots: those that there are."""
    several = [root for root in roots if root.mount_plan.root.filesystem.name == wanted]
    return GuestconvError(
        "root-not-found",
        f"There are several operating systems on {wanted}."
        if len(several) > 1
        else f"There is no operating system on {wanted}.",
        hint="These operating systems are there: " + ", ".join(root.name for root in roots) + "."
        if roots
        else f"No operating system is there.{_what_is_there(guest.storage)}",
        path="root",
    )


def _unread(storage: Graph) -> Iterator[GuestconvError]:
    """An error for what is not whole, and for each device with something that is not read, of which nothing is made."""
    for concern in incomplete.concerns(storage, lambda nodes: False):
        yield GuestconvError(concern.code, concern.message, hint=concern.hint, path="disks")
    for filesystem in storage.filesystems:
        if filesystem.type in _UNREAD and not storage.made_of(filesystem):
            error, what = _UNREAD[filesystem.type]
            yield error(filesystem.name, what)


def _on_dynamic_disks(storage: Graph) -> Iterator[GuestconvError]:
    for disk, what in dynamic_disks.found(storage).items():
        yield GuestconvError(
            "windows-dynamic-disk", f"{disk.name} is {what}, which guestconv does not read.", hint=dynamic_disks.HINT
        )


def _blank(guest: Guest) -> Iterator[GuestconvError]:
    """An error where the disks have neither partitions nor anything that is known."""
    storage = guest.storage
    is_blank = not storage.of_kind(Partition) and not any(each.type for each in storage.filesystems)
    if is_blank and not any(any(disk.boot_sector) for disk in storage.disks):
        yield GuestconvError(
            "disk-blank",
            f"There is nothing on {', '.join(disk.path for disk in guest.disks)}: no partition table and no filesystem.",
            hint="Give the disks that the guest starts from; if a disk is not raw, state its format.",
        )


def _only_discs(storage: Graph) -> GuestconvError | None:
    """The error where nothing but discs are there, as the medium of an installer. With other disks they mean nothing."""
    there = [each for each in storage.filesystems if each.type]
    if not there or any(each.type not in _DISCS for each in there):
        return None
    return _image(there[0].name, f"of the type {there[0].type}")


def _what_is_there(storage: Graph) -> str:
    there = [f"{each.name} ({each.type})" for each in storage.filesystems if each.type]
    unknown = [each.name for each in storage.filesystems if not each.type and _may_hold_a_system(each)]
    named = f" These filesystems are there: {', '.join(there)}." if there else ""
    if not unknown:
        return named
    return (
        f"{named} What is on {', '.join(unknown)} is not known: it may be empty, or encrypted with its header elsewhere or "
        "without any, which guestconv does not open."
    )


def _may_hold_a_system(filesystem: Filesystem) -> bool:
    """Whether it is a partition, and none that is for boot loaders."""
    partition = filesystem.partition
    return partition is not None and partition.type not in _FOR_BOOT_LOADERS


def _other_system(guest: Guest) -> GuestconvError | None:
    """The error that names a system which libguestfs knows and guestconv cannot convert."""
    guest.mounter.show([], read_only=True)
    for device in guest.appliance.inspect_os():
        answers = (
            guest.appliance.inspect_get_product_name(device),
            guest.appliance.inspect_get_distro(device),
            guest.appliance.inspect_get_type(device),
        )
        name = next((each for each in answers if each and each != "unknown"), "unknown")
        return GuestconvError(
            "os-not-supported",
            f"The disks hold an operating system that guestconv cannot convert: {name}.",
            hint="guestconv converts Linux and Windows guests; see the README for which.",
        )
    return None
