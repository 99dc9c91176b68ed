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
from . import candidates, encryption, refusal
from .diagnosis import MountError
from .graph import is_in_snapshot
from .layers.filesystem import Filesystem
from .mounts import Mount, MountPlan


def find(guest: Guest, systems: Sequence[DetectableSystem], wanted: str | None = None) -> None:
    """Find the operating systems of these kinds, which become guest.roots; only the one called wanted, when that is given.

    A filesystem that cannot be mounted does not keep the others from being converted; the first root says that it was
    not searched. Raises GuestconvError when there is none that can be converted, with a code that says what there is
    instead.
    """
    encryption.prepare(guest, lambda: _all(guest, systems))
    _find(guest, systems, wanted)


def _find(guest: Guest, systems: Sequence[DetectableSystem], wanted: str | None) -> None:
    """See find(). What encrypted devices are called is known."""
    # Why there is no system on filesystems that may have one.
    reasons: list[GuestconvError] = []
    roots = [
        root
        for filesystem in guest.storage.of_kind(Filesystem)
        if wanted is None or _is_meant(guest, filesystem, wanted)
        for root in (
            _in_snapshot(guest, filesystem, systems)
            if wanted is None and is_in_snapshot(filesystem)
            else _on(guest, filesystem, systems, wanted, reasons)
        )
    ]
    named = [root for root in roots if wanted in (root.name, root.mount_plan.root.node.name)]
    # A device names the only system that is on it, in whatever subvolume; a subvolume names itself alone.
    roots = named if named or "[" in (wanted or "") else roots
    if wanted is not None and (len(roots) > 1 or not (roots or reasons)):
        raise refusal.not_found(guest, wanted, roots or _all(guest, systems))
    if not roots:
        raise refusal.without_system(guest, reasons)
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
    _find(guest, systems, wanted)
    guest.transform = announced


def _is_meant(guest: Guest, filesystem: Filesystem, wanted: str) -> bool:
    """Whether wanted names the filesystem, or a subvolume of it ("/dev/sda2[/@]")."""
    device = wanted.partition("[")[0]
    return device == filesystem.name or filesystem in guest.storage.filesystems_called(device)


def _all(guest: Guest, systems: Sequence[DetectableSystem]) -> list[GuestRoot]:
    """All systems that there are."""
    return [root for each in guest.storage.filesystems for root in _on(guest, each, systems, None, [])]


def _in_snapshot(guest: Guest, filesystem: Filesystem, systems: Sequence[DetectableSystem]) -> list[GuestRoot]:
    """The systems on a snapshot of a logical volume that are no copy of what it was taken of.

    Their fstab has the snapshot itself as the root, as oVirt Node's, which is a snapshot of an image (imgbased).
    """
    found = _on(guest, filesystem, systems, None, [])
    return [root for root in found if root.mount_plan.claimed == root.mount_plan.root.node]


def _on(
    guest: Guest,
    filesystem: Filesystem,
    systems: Sequence[DetectableSystem],
    wanted: str | None,
    reasons: list[GuestconvError],
) -> list[GuestRoot]:
    """The systems on a filesystem, less snapshots of them; the one called wanted, if that is one of its subvolumes."""
    possible = [system for system in systems if filesystem.type in system.ROOT_FILESYSTEMS]
    found: list[GuestRoot] = []
    instances: dict[str, str] = {}
    try:
        for mount in candidates.mounts(guest, filesystem, wanted) if possible else ():
            for system in possible:
                root = _look_at(guest, mount, system, reasons)
                if root is not None:
                    found.append(root)
                    instances[root.name] = root.instance
                    break
    except MountError as error:
        reasons.append(error)
    asked_for = [root for root in found if wanted == root.mount_plan.root.node.name]
    return asked_for or candidates.without_copies(found, instances)


def _look_at(guest: Guest, mount: Mount, system: DetectableSystem, reasons: list[GuestconvError]) -> GuestRoot | None:
    """The system of this kind whose root is what is mounted so; None when there is none."""
    guest.mounter.show([mount], read_only=True)
    # What a mount without options shows is called as its filesystem.
    named = mount.node if mount.options else mount.filesystem
    root = GuestRoot(guest.appliance, named.name, guest)
    try:
        return _found(root, mount, system, reasons)
    finally:
        root.release()


def _found(root: GuestRoot, mount: Mount, system: DetectableSystem, reasons: list[GuestconvError]) -> GuestRoot | None:
    """root, which is mounted alone, where it is the root of a system of this kind, with what is known of it."""
    guest = root.guest
    named = mount.node if mount.options else mount.filesystem
    plan = system.mounts(root, mount)
    if plan is None:
        return None
    root.mount_plan = plan
    if plan.only("/usr", "/var"):
        guest.mounter.show(plan.only("/", "/usr", "/var"), read_only=True)
    if not system.detect(root):
        reasons += _without_usr(root, plan)
        return None
    root.info = {
        **system.facts(root),
        "mountpoints": plan.mountpoints,
        "identity": named.identity or None,
    }
    root.instance = system.instance(root)
    return root


def _without_usr(root: GuestRoot, plan: MountPlan) -> Iterable[GuestconvError]:
    return [
        GuestconvError(
            "mount-source-missing",
            f"The system on {root.name} has its /usr on {entry.spec}, which is not on the disks.",
            hint="Give all of the guest's disks.",
            path="disks",
        )
        for entry in plan.missing
        if entry.path == "/usr"
    ]
