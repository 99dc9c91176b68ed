# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Systems that are images: which an update replaces as a whole, and in which a changed file is lost or not accepted.

Their system is read-only, verified (dm-verity), or made of files elsewhere on the disk, so there is no root to convert,
and the vendors have an image for each hypervisor. They are known by their partitions, or by directories on a filesystem.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...errors import GuestconvError
from ..root import GuestRoot
from .diagnosis import MountError
from .graph import Graph
from .layers.partition import Partition
from .mounts import Mount

if TYPE_CHECKING:
    from ..guest import Guest

HINT = "Install the image that the vendor of the system provides for the target, and bring its configuration and data over."

# (labels of partitions or filesystems that all are there, what it is), as the systems' own sources name them.
_BY_LABELS = (
    # flatcar/scripts, build_library/disk_layout.json.
    (("USR-A", "OEM", "ROOT"), "Flatcar Container Linux or CoreOS Container Linux"),
    # bottlerocket, packages/release and tools/rpm2img.
    (("BOTTLEROCKET-ROOT-A",), "Bottlerocket"),
    # talos, pkg/machinery/constants.
    (("META", "STATE", "EPHEMERAL"), "Talos Linux"),
    # Chromium OS, disk_layout_v2.json, which Google's Container-Optimized OS has too.
    (("ROOT-A", "KERN-A", "STATE"), "Container-Optimized OS or Chromium OS"),
    (("rootfs-A", "efi-A", "var-A"), "SteamOS"),
    # snapd, gadget.yaml of pc-gadget. With encryption, ubuntu-data is ubuntu-data-enc.
    (("ubuntu-seed", "ubuntu-boot"), "Ubuntu Core, or an Ubuntu whose kernel is a snap"),
    # rancher/elemental-toolkit, pkg/constants.
    (("COS_STATE", "COS_PERSISTENT"), "Elemental or Kairos"),
    (("hassos-data", "hassos-overlay"), "Home Assistant OS"),
)
# Types of partitions (UAPI, Discoverable Partitions Specification): root and /usr that are verified, on x86-64 and ARM.
_VERIFIED = frozenset(
    (
        "2c7357ed-ebd2-46d9-aec1-23d437ec2bf5",
        "77ff5f63-e7b6-4633-acf4-1565b864c0e6",
        "df3300ce-d69f-4c92-978c-9bfb0f38d820",
        "6e11a4e7-fbca-4ded-b9e9-e1a512bb664e",
    )
)
# (pattern of a path on a filesystem, what it is).
_BY_PATHS = (
    # ostree(1): a deployment is below /ostree/deploy, and has no place of its own on the disk.
    ("/ostree/repo", "a system of OSTree, rpm-ostree or bootc"),
    ("/*/ostree/repo", "a system of OSTree, rpm-ostree or bootc"),
    ("/system-data/var/lib/snapd", "Ubuntu Core"),
    # live-boot(7): VyOS has a directory for each image in /boot.
    ("/live/*.squashfs", "a live system, of which a squashfs is the root"),
    ("/boot/*/*.squashfs", "a live system, of which a squashfs is the root"),
    # mkinitfs, initramfs-init: the modules of an Alpine that runs from memory.
    ("/boot/modloop-*", "an Alpine Linux that runs from memory (diskless)"),
)
# Types of filesystems that are looked into.
_MAY_HAVE_ONE = frozenset(("ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "vfat"))


def by_partitions(storage: Graph) -> str | None:
    """What image-based system the disks have, by their partitions; None where they do not tell."""
    partitions = storage.of_kind(Partition)
    labels = {each.label for each in partitions} | {each.label for each in storage.filesystems}
    for needed, what in _BY_LABELS:
        if labels.issuperset(needed):
            return what
    if any(each.type in _VERIFIED for each in partitions):
        return "a system whose root or /usr is verified (dm-verity)"
    return None


def error(where: str, what: str) -> GuestconvError:
    """The error for such a system. where: the name of its filesystem, or of its disk."""
    return GuestconvError(
        "system-image-based",
        f"{where} has {what}. Such a system is only replaced as a whole, and guestconv does not change it.",
        hint=HINT,
    )


def errors(guest: Guest) -> Iterator[GuestconvError]:
    """An error for the image-based system on the disks, if there is one, where no system was found."""
    what = by_partitions(guest.storage)
    if what:
        yield error(guest.disks[0].path, what)
        return
    for filesystem in guest.storage.filesystems:
        if filesystem.type not in _MAY_HAVE_ONE:
            continue
        try:
            guest.mounter.show([Mount("/", filesystem)], read_only=True)
        except MountError:
            continue
        root = GuestRoot(guest.appliance, filesystem.name, guest)
        for pattern, what in _BY_PATHS:
            if root.glob(pattern):
                yield error(filesystem.name, what)
                return
