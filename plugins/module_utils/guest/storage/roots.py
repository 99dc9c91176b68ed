# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The search for operating systems on a guest's filesystems.

libguestfs's inspect_os knows every system but costs about as much as the launch. Nearly every guest is recognized by
far less: a filesystem with an os-release. inspect_os is asked where that finds nothing, and only for the error.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...errors import GuestconvError
from ..guest import Guest
from ..root import GuestRoot
from ..system import DetectableSystem
from .layers.filesystem import Filesystem
from .mounter import MountError
from .mounts import Mount, MountPlan


def find(guest: Guest, systems: Iterable[DetectableSystem], wanted: str | None = None) -> None:
    """Find the operating systems of these kinds, which become guest.roots; only the one called wanted, when that is given.

    A filesystem that cannot be mounted does not keep the others from being converted; the first root says that it was
    not searched. Raises GuestconvError when there is none that can be converted, with a code that says what there is
    instead.
    """
    roots: list[GuestRoot] = []
    # Why there is no system on filesystems that may have one.
    reasons: list[GuestconvError] = []
    for filesystem in guest.storage.filesystems:
        possible = [system for system in systems if filesystem.type in system.ROOT_FILESYSTEMS]
        if possible and wanted in (None, filesystem.name):
            try:
                root = _look_at(guest, filesystem, possible, reasons)
            except MountError as error:
                reasons.append(error)
            else:
                roots += [root] if root else []
    if not roots:
        raise _no_root(guest, wanted, reasons)
    roots[0].not_searched = [reason.failed for reason in reasons if isinstance(reason, MountError)]
    guest.roots = roots
    guest.announce_transforms()


def find_transformed(guest: Guest, systems: Sequence[DetectableSystem], wanted: str | None = None) -> None:
    """As find(); then have the guest as it is with its transforms applied, which give roots other names."""
    find(guest, systems, wanted)
    if not guest.transform:
        return
    names = [each.name for each in guest.storage.filesystems]
    announced = guest.transform
    guest.apply_transforms()
    # They keep the order. A root in a subvolume has its filesystem's name, and "[".
    for before, filesystem in zip(names, guest.storage.filesystems):
        if wanted is not None and wanted.partition("[")[0] == before:
            wanted = filesystem.name + wanted[len(before) :]
            break
    find(guest, systems, wanted)
    guest.transform = announced


def _look_at(
    guest: Guest, filesystem: Filesystem, systems: Iterable[DetectableSystem], reasons: list[GuestconvError]
) -> GuestRoot | None:
    """The system of one of these kinds whose root filesystem this is; None when there is none on it."""
    for system in systems:
        guest.mounter.show([Mount("/", filesystem)], read_only=True)
        root = GuestRoot(guest.appliance, filesystem.name, guest)
        plan = system.mounts(root, filesystem)
        if plan is None:
            continue
        root.mount_plan = plan
        if plan.only("/usr", "/var"):
            guest.mounter.show(plan.only("/", "/usr", "/var"), read_only=True)
        if system.detect(root):
            root.info = {
                **system.facts(root),
                "mountpoints": plan.mountpoints,
                "identity": filesystem.identity or None,
            }
            return root
        reasons += _without_usr(filesystem, plan)
    return None


def _without_usr(filesystem: Filesystem, plan: MountPlan) -> list[GuestconvError]:
    return [
        GuestconvError(
            "mount-source-missing",
            f"The system on {filesystem.name} has its /usr on {entry.spec}, which is not on the disks.",
            hint="Give all of the guest's disks.",
            path="disks",
        )
        for entry in plan.missing
        if entry.path == "/usr"
    ]


def _no_root(guest: Guest, wanted: str | None, reasons: list[GuestconvError]) -> GuestconvError:
    filesystems = guest.storage.filesystems
    if reasons:
        return reasons[0]
    if wanted is not None:
        return GuestconvError(
            "root-not-found",
            f"There is no operating system on {wanted}.",
            hint="These filesystems are there: " + ", ".join(each.name for each in filesystems) + ".",
            path="root",
        )
    encrypted = next((each.name for each in filesystems if each.type == "crypto_LUKS"), None)
    if encrypted:
        return GuestconvError(
            "disk-encrypted",
            f"{encrypted} is encrypted with LUKS, and guestconv cannot open it yet.",
            hint="Decrypt the disk in the guest before it moves.",
        )
    return _other_system(guest) or GuestconvError(
        "no-operating-system",
        f"No operating system was found on {', '.join(disk.path for disk in guest.disks)}.",
        hint="Name all of the guest's disks; if a disk is not raw, state its format.",
    )


def _other_system(guest: Guest) -> GuestconvError | None:
    """The error that names a system which libguestfs knows and guestconv cannot convert."""
    guest.mounter.show([], read_only=True)
    for device in guest.appliance.inspect_os():
        product = guest.appliance.inspect_get_product_name(device)
        name = guest.appliance.inspect_get_distro(device) if product == "unknown" else product
        return GuestconvError(
            "os-not-supported",
            f"The disks hold an operating system that guestconv cannot convert: {name}.",
            hint="guestconv converts Linux guests; see the README for which.",
        )
    return None
