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
    lines = [(on_target(line.strip(), names) or line) if line.startswith("/") else line for line in text.split("\n")]
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
    return set(_renamed(found, names)) == set(found) or device_map.are_of_target(disks, names, meant)


def is_lasting(found: Sequence[str], names: Mapping[str, str], meant: Collection[str]) -> bool:
    """Whether the next conversion would let these names be as this one renames them, and not rename them again."""
    return is_of_target(_renamed(found, names), names, meant)


def _renamed(found: Sequence[str], names: Mapping[str, str]) -> list[str]:
    return [on_target(name, names) or name for name in found]


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
