# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The disks and partitions that GRUB is installed to again: what names them, and what they are called on the target.

SUSE has a list of them, by which update-bootloader runs grub2-install for each that is there, and fails for others
(grub2/install of perl-Bootloader). Debian has the answers in debconf.py. /etc/sysconfig/bootloader, which says for SUSE
which boot loader there is, is about no hardware, and has no arguments of the kernel with GRUB 2.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from .....guest import device_names
from .....guest.root import GuestRoot
from .....model.concerns import Concern
from .. import device_map

if TYPE_CHECKING:
    from ....plan import Plan

_LIST = "/etc/default/grub_installdevice"

# Of udev's links below by-id and by-path these are not made of the hardware.
_LASTING = re.compile(r"/dev/disk/by-id/(?:dm-|md-|lvm-)")
_BY_HARDWARE = re.compile(r"/dev/disk/by-(?:id|path)/.+?(?:-part(?P<partition>\d+))?")
_KERNELS_NAME = re.compile(r"/dev/(?:sd|hd|vd|xvd|nvme)\w+")


def convert(root: GuestRoot, plan: Plan, starting: Collection[str]) -> None:
    """Have update-bootloader install GRUB to the disks of the target. starting: the disks with GRUB in their boot sectors."""
    text = root.read(_LIST) if root.info["package_format"] == "rpm" else None
    if text is None:
        return
    new = edit_list(text, plan.disk_names, starting)
    root.write(_LIST, new, "update-bootloader installs GRUB to the disks of the target")
    left = [name for name in _names(new) if on_target(name, plan.disk_names) is None]
    plan.concerns += [_left(root, left)] if left else []


def edit_list(text: str, names: Mapping[str, str], starting: Collection[str]) -> str:
    """text of SUSE's list with the disks named as on the target. What cannot be resolved stays.

    names: plan.Plan.disk_names. starting: the disks with GRUB in their boot sectors.
    """
    found = _names(text)
    if is_of_target(found, names, starting) or not is_lasting(found, names, starting):
        return text
    lines: list[str] = []
    seen: set[str] = set()
    for line in text.split("\n"):
        new = renamed([line.strip()], names, starting) if line.startswith("/") else [line]
        lines += [line] if new == [line.strip()] else [each for each in new if each not in seen]
        seen.update(new)
    return "\n".join(lines)


def _names(text: str) -> list[str]:
    # "activate" and "generic_mbr" are no paths.
    return [line.strip() for line in text.split("\n") if line.startswith("/")]


def _left(root: GuestRoot, names: Sequence[str]) -> Concern:
    return Concern(
        "device-name-left",
        "warning",
        f"{_LIST} on {root.name} names {', '.join(names)}, and which disk that is on the target is not known. The guest "
        "boots; upgrades of GRUB would not install it there.",
        "Name the disk that the guest boots from in that file, or run `yast bootloader` in the guest after the move.",
    )


def is_of_target(found: Sequence[str], names: Mapping[str, str], meant: Collection[str]) -> bool:
    """Whether these names are those on the target, from an earlier conversion. meant: as of device_map.are_of_target.

    So are those of all disks of several that exchange their names: only their order would change.
    """
    called = {disk for each in names for disk in (f"/dev/{each}", names[each])}
    disks = [next((disk for disk in called if _partition_of(disk, name) is not None), name) for name in found]
    return set(renamed(found, names, meant)) == set(found) or device_map.are_of_target(disks, names, meant)


def is_lasting(found: Sequence[str], names: Mapping[str, str], meant: Collection[str]) -> bool:
    """Whether the next conversion would let these names be as this one renames them, and not rename them again."""
    return is_of_target(renamed(found, names, meant), names, meant)


def renamed(found: Sequence[str], names: Mapping[str, str], meant: Collection[str]) -> list[str]:
    """The names on the target, each once. What cannot be resolved stays.

    meant: the disks (their ids) on which GRUB is. A disk of several that is named by what its old hardware gave is one of
    them, or had GRUB no more: without a name that is there grub-pc asks for one, and where nobody is there to answer, the
    upgrade fails ("You must correct your GRUB install devices before proceeding", its postinst).
    """
    new: list[str] = []
    for name in found:
        known = on_target(name, names)
        is_lost_disk = known is None and _is_disk_by_hardware(name)
        new += [names[disk] for disk in meant if disk in names] if is_lost_disk and meant else [known or name]
    return list(dict.fromkeys(new))


def _is_disk_by_hardware(name: str) -> bool:
    found = None if _LASTING.match(name) else _BY_HARDWARE.fullmatch(name)
    return found is not None and found["partition"] is None


def _partition_of(disk: str, name: str) -> str | None:
    """The number of the partition of disk (/dev/sda) that name is; "" for the disk itself, None for another name."""
    found = re.fullmatch(rf"{re.escape(disk)}(?:{'p' if disk[-1].isdigit() else ''}(?P<number>\d+))?", name)
    return (found["number"] or "") if found else None


def on_target(name: str, names: Mapping[str, str]) -> str | None:
    """The name on the target of a disk or partition; None where it is not known which one is meant.

    A link of udev's that is made of the old disk's serial number can be resolved only where there is one disk.
    """
    by_hardware = None if _LASTING.match(name) else _BY_HARDWARE.fullmatch(name)
    if by_hardware:
        if len(names) != 1:
            return None
        return device_names.partition(next(iter(names.values())), by_hardware["partition"] or "")
    for old, new in [*((f"/dev/{old}", new) for old, new in names.items()), *((new, new) for new in names.values())]:
        number = _partition_of(old, name)
        if number is not None:
            return device_names.partition(new, number)
    return None if _KERNELS_NAME.fullmatch(name) else name
