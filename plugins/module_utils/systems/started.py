# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of several systems something starts: a chroot, the root of a container or an old system on a data disk is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..guest import entries
from ..guest.boot_menu import Entry
from ..guest.guest import Guest
from ..guest.root import GuestRoot
from ..guest.storage.graph import Graph
from ..guest.storage.mounts import is_tag
from ..model import target_hardware
from ..model.concerns import Concern
from ..model.description import Findings

_WINDOWS = "windows"


@dataclass(frozen=True)
class Signs:
    """What a root has. may_have_menu: that it has a boot menu, be it one that was not understood.

    starts: the names of the roots that the boot configuration of a Windows starts; none where it names no partition.
    """

    has_kernel: bool = False
    may_have_menu: bool = False
    starts: frozenset[str] = frozenset()


def not_started(guest: Guest, signs: Mapping[str, Signs]) -> list[GuestRoot]:
    """The roots that no boot menu starts, after all were inspected.

    None where no menu starts a system that is on the disk that boots: any root may be what starts. Of the others, one
    that has a kernel stays where its menu may be one that was not read: it has files of one, on that disk; or it lacks
    its /boot.

    Args: signs: by the names of the roots.
    """
    if len(guest.roots) < 2:
        return []
    order = target_hardware.boot_order([disk.device for disk in guest.disks], guest.hardware)
    data = [*_on_data_disks(guest, signs, order[0]), *_not_named(guest, signs, order[0])]
    started = [root for root in guest.roots if root not in data and _is_started(root, guest)]
    if not any(order[0] in _disks(root, guest.storage) for root in started):
        return data

    def may_start(root: GuestRoot) -> bool:
        found = signs.get(root.name, Signs())
        is_unread = found.may_have_menu and order[0] in _disks(root, guest.storage)
        return not root.boot_menu.entries and found.has_kernel and (is_unread or _lacks_boot(root))

    return [root for root in guest.roots if root in data or (root not in started and not may_start(root))]


def _on_data_disks(guest: Guest, signs: Mapping[str, Signs], first: str) -> list[GuestRoot]:
    """The roots that have nothing on the disk that boots (first), where another kind of system boots from that.

    A disk with Windows that a Linux guest was given has a boot manager of its own, and so the other way round.
    """
    here = [root for root in guest.roots if first in _disks(root, guest.storage)]
    booting = [root for root in here if _is_started(root, guest) or signs.get(root.name, Signs()).may_have_menu]
    kinds = {root.info["os"] for root in booting}
    return [root for root in guest.roots if kinds and root not in here and root.info["os"] not in kinds]


def _not_named(guest: Guest, signs: Mapping[str, Signs], first: str) -> list[GuestRoot]:
    """The roots with a Windows that the boot manager of the Windows on the disk that boots (first) does not start."""
    here = [root for root in guest.roots if first in _disks(root, guest.storage)]
    named = frozenset().union(*(signs.get(root.name, Signs()).starts for root in here))
    return [root for root in guest.roots if named and root.info["os"] == _WINDOWS and root.name not in named]


def by_others(root: GuestRoot) -> list[Entry]:
    """The entries of other roots' menus that start root, if it has no menu of its own. All were inspected."""
    others = [each for each in root.guest.roots if each is not root and not each.started_by]
    if root.boot_menu.entries and not root.started_by:
        return []
    return [entry for other in others for entry in other.boot_menu.entries if entries.starts(entry, root)]


def not_prepared(roots: Sequence[GuestRoot], findings: Mapping[str, Sequence[Findings]]) -> dict[str, str]:
    """{root: why} of those with a Windows that cannot be converted, next to a system of another kind, which then is alone.

    roots: those that something starts.
    """
    kinds = {root.info["os"] for root in roots}
    errors = {
        root.name: [each.message for one in findings[root.name] for each in one.concerns if each.severity == "error"]
        for root in roots
        if root.info["os"] == _WINDOWS and len(kinds) > 1
    }
    return {name: " ".join(messages) for name, messages in errors.items() if messages}


def dual_boot(guest: Guest) -> list[Concern]:
    """What a person should know of a guest with systems of several kinds, of which each is converted; it may be nothing."""
    kinds = {root.info["os"] for root in guest.roots}
    if len(kinds) < 2:
        return []
    listed = ", ".join(f"{root.name} ({root.info.get('product_name') or root.info['os']})" for root in guest.roots)
    return [
        Concern(
            "dual-boot",
            "info",
            f"The guest starts several systems: {listed}. All are converted, for the same devices. With BIOS, what starts by "
            "default stays as it is. With UEFI, a new machine does not have the old boot entries, and starts the boot loader "
            "of Linux.",
            "If only one of them is in use, convert it alone with the option `root`. Windows and Linux may take the "
            "machine's clock differently; see the documentation of Windows guests.",
        )
    ]


def concern(root: GuestRoot) -> Concern:
    """What a person should know of a root that nothing starts."""
    if root.info["os"] == _WINDOWS:
        return windows(root.name, "The disk that the guest boots from does not start it.")
    name = root.info.get("product_name") or root.info.get("distribution") or root.info["os"]
    return Concern(
        "system-not-started",
        "info",
        f"{root.name} has a system ({name}) that no boot menu starts. It is not converted, and stays as it is.",
        "Nothing needs to be done for a chroot, the root of a container, or an old system. If the guest starts it, have "
        f"its boot menu name it, or convert it alone with `root: {root.name}`.",
    )


def windows(name: str, why: str) -> Concern:
    """What a person should know of a Windows next to a system that is converted, which is not. why: a sentence."""
    return Concern(
        "windows-not-prepared",
        "warning",
        f"{name} has Windows, which is not prepared for the target: it may not start there, or have no network. {why}",
        "Nothing needs to be done if Windows is not used there. If it is, remove the cause, or convert it alone with "
        f"`root: {name}`.",
    )


def _is_started(root: GuestRoot, guest: Guest) -> bool:
    """Whether an entry of any menu has it as its root, or an entry of its own menu does not say what its root is.

    A copy of a system has a menu too, but one that starts the original, or what is gone. root= that names a UUID or
    label which is on no disk does not mean root, whereas a path may.
    """
    if any(entries.starts(entry, root) for other in guest.roots for entry in other.boot_menu.entries):
        return True
    return any(not entries.named(entry, guest.storage) and not is_tag(entry.root) for entry in root.boot_menu.entries)


def _disks(root: GuestRoot, storage: Graph) -> frozenset[str]:
    """The ids of the disks that a root has filesystems on."""
    return frozenset().union(*(storage.disks_of(mount.filesystem) for mount in root.mount_plan.mounts))


def _lacks_boot(root: GuestRoot) -> bool:
    return any(entry.path == "/boot" for entry in root.mount_plan.missing)
