# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What on a filesystem may be the root of a system: the filesystem itself, and subvolumes of a btrfs.

A subvolume is the root where the kernel's command line selects it (rootflags=), or where it is the default. Many others
look like one: snapshots of the root, and the roots of containers.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable, Iterator, Sequence

from ..guest import Guest
from ..root import GuestRoot
from .graph import TOP_OPTION
from .layers.filesystem import Filesystem
from .layers.subvolume import Subvolume
from .mounts import Mount

# Where programs keep snapshots of roots, and roots of containers, that nothing boots as they are: snapper(8), timeshift,
# machinectl(1), portablectl(1), docker's and podman's drivers for btrfs, LXD and Incus.
_KEPT_BY_PROGRAMS = re.compile(
    r"/(?:\.snapshots/|timeshift-btrfs/|var/lib/(?:machines|portables|docker|containerd|lxc|lxd|incus)/"
    r"|containers/storage/)"
)
# What the appliance's glob takes for more than a name.
_SPECIAL = re.compile(r"[{},\\\n]")
# Subvolumes of a filesystem that are looked into; those near its top come first.
_MOST = 40


def mounts(guest: Guest, filesystem: Filesystem, wanted: str | None) -> Iterator[Mount]:
    """What may be a root on the filesystem, as it is to be mounted: first what a mount without options shows.

    wanted: the name of the root that a person asked for; a subvolume of that name is looked at in any case.
    """
    yield Mount("/", guest.storage.mountable(filesystem, ()))
    subvolumes = guest.storage.subvolumes_of(filesystem)
    possible = [
        each
        for each in sorted(subvolumes, key=lambda each: (each.path.count("/"), each.path))
        if not each.is_default and (each.name == wanted or is_possible(each.path))
    ]
    if possible:
        has_default = any(each.is_default for each in subvolumes)
        guest.mounter.show([Mount("/", filesystem, TOP_OPTION if has_default else "")], read_only=True)
        root = GuestRoot(guest.appliance, filesystem.name, guest)
        for subvolume in _with_directory(root, possible, "etc")[:_MOST]:
            # A path may have commas in it.
            yield Mount("/", subvolume, f"subvolid={subvolume.number}")


def is_possible(path: str) -> bool:
    """Whether a subvolume at path (from the top of its filesystem) may be a root, as far as its place says."""
    return _KEPT_BY_PROGRAMS.search(f"/{path}/") is None


def _with_directory(root: GuestRoot, subvolumes: Iterable[Subvolume], name: str) -> list[Subvolume]:
    """Those of the subvolumes that have a directory of this name, or may have one. root: has their top mounted."""
    patterns = {each: f"/{glob.escape(each.path)}/{name}" for each in subvolumes if not _SPECIAL.search(each.path)}
    there = set(root.glob(*patterns.values()))
    return [each for each in subvolumes if each not in patterns or f"/{each.path}/{name}" in there]


def without_copies(roots: Sequence[GuestRoot], instances: dict[str, str]) -> list[GuestRoot]:
    """Those of the roots on one filesystem that are no snapshots of another of them.

    A snapshot has the fstab of what it was taken of: its line of the root selects that, or its machine is the same.
    What a mount without options shows has been selected as the default, and may be what runs.

    instances: what tells an installation from others, by the names of the roots; "" where that is not known.
    """
    nodes = {root.mount_plan.root.node for root in roots}
    kept = [root for root in roots if not _is_of_another(root, nodes)]
    originals = [root for root in kept if _is_selected(root)]
    known = {instances[root.name] for root in originals} - {""}
    return [root for root in kept if root in originals or instances[root.name] not in known]


def _is_of_another(root: GuestRoot, nodes: set[Filesystem | Subvolume]) -> bool:
    """Whether its fstab says that another one of the nodes is the root."""
    own, claimed = root.mount_plan.root.node, root.mount_plan.claimed
    is_chosen = isinstance(own, Subvolume) and own.is_default
    return claimed is not None and claimed != own and claimed in nodes and not is_chosen


def _is_selected(root: GuestRoot) -> bool:
    """Whether something says that it is a root, and not a snapshot of one: its own fstab, or that it is the default."""
    plan = root.mount_plan
    return plan.claimed == plan.root.node or not plan.root.options
