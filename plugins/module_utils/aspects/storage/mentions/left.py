# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files in /etc that name disks, and are left as they are: what for, and whether there is another name, is not known.

They are told together, as what to look through once the guest is moved.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from ....guest import device_names
from ....guest.root import GuestRoot
from ....model.concerns import Concern
from ... import searched
from ...boot.loaders.grub2 import defaults
from ...plan import Plan
from ..names import Names
from . import units

# Where /etc cannot be searched: of monitoring and tuning that the target's disks do not know, of storage that is set up
# once, and scripts.
_FILES = (
    "/etc/smartd.conf",
    "/etc/smartmontools/smartd.conf",
    "/etc/default/smartmontools",
    "/etc/sysconfig/smartmontools",
    "/etc/hdparm.conf",
    "/etc/hddtemp.db",
    "/etc/default/hddtemp",
    "/etc/sysconfig/docker-storage",
    "/etc/sysconfig/docker-storage-setup",
    "/etc/docker/daemon.json",
    "/etc/containers/storage.conf",
    "/etc/sysconfig/oracleasm",
    "/etc/multipath.conf",
    "/etc/multipath/*",
    "/etc/drbd.conf",
    "/etc/drbd.d/*",
    "/etc/rc.local",
    "/etc/rc.d/rc.local",
    "/etc/init.d/boot.local",
    "/etc/crontab",
    "/etc/cron.d/*",
    "/etc/tmpfiles.d/*.conf",
)
# What others edit or judge, and what only remembers (LVM's archive, policies of security).
_NOT_TOLD = re.compile(
    r"/etc/(?:fstab|crypttab|mtab|blkid|lvm/|sysconfig/grub\Z|default/grub_installdevice\Z"
    r"|kernel/(?!(?:pre|post)(?:inst|rm)\.d/|install\.d/)|grub|lilo\.conf|zipl\.conf|extlinux|syslinux"
    r"|initramfs-tools/(?!hooks/|scripts/)|dracut\.conf|udev/rules\.d/|mdadm|kdump\.conf|auto\.|autofs/"
    r"|sysconfig/rawdevices|uswsusp\.conf|suspend\.conf|selinux/|apparmor|ssl/"
    # What boot loaders' menus, and command lines, are made from is edited with them.
    r"|default/extlinux|update-extlinux\.conf|sysconfig/bootloader|sdboot-manage\.conf|systemd/ukify\.conf|cmdline\.d/"
    r")|/(?:etc|usr/local/lib)/systemd/system/.*\.(?:mount|swap|automount|target)(?:\Z|\.d/)"
    r"|(?:/usr)?/lib/systemd/system/[^/]*\.(?:mount|swap)\Z"
)
_EDITED = ("/etc/fstab", "/etc/crypttab")
_MOST_FILES = 20
_MOST_NAMES = 4
# Longer texts are data.
_LONGEST = 64 * 1024

# /sys/block/sda/queue/scheduler tunes a disk.
_NAME = re.compile(r"/dev/[a-zA-Z0-9/_.:+@-]+|/sys/(?:class/)?block/[a-zA-Z0-9]+")
_OF_KERNEL = re.compile(r"\A/sys/(?:class/)?block/")
_END_COMMENT = re.compile(r"\s#(?:\s|\Z).*")

# What may follow on a name, and is no part of it.
_AFTER_A_NAME = ".:-"
_COMMENTS = ("#", ";", "//", "!", "--", "dnl ")


@dataclass(frozen=True)
class Searched:
    """What the search found: it takes long, and conversion changes nothing there."""

    texts: dict[str, str]


def texts(root: GuestRoot) -> dict[str, str]:
    """All of /etc that has such a name on a line that is no comment; without a search what is likely to.

    A root is searched once.
    """
    with suppress(KeyError):
        return root.recall(Searched).texts
    paths = searched.paths(root)
    if paths is None:
        there: dict[str, str | None] = {**root.texts(_FILES), **units.of_kinds(root, (".service",))}
    else:
        there = {path: root.read(path) for path in paths if not _NOT_TOLD.match(path) and not _is_void(root, path)}
    # Where one of these is a link, what it leads to is edited.
    edited = {root.real_path(path) for path in _EDITED} if there else set()
    found = {
        path: defaults.unedited(text) if defaults.is_read(path) else text
        for path, text in there.items()
        if text is not None and len(text) <= _LONGEST and path not in edited
    }
    root.remember(Searched(found))
    return found


def _is_void(root: GuestRoot, path: str) -> bool:
    return units.is_of_package(path) and units.is_replaced(root, path)


def concerns(root: GuestRoot, texts: Mapping[str, str], names: Names, disks: Mapping[str, str]) -> list[Concern]:
    """One concern that lists the files, with the names that do not hold on the target."""
    found = {path: list(_lost(text, names, disks)) for path, text in texts.items()}
    told = [f"{path} ({', '.join(lost[:_MOST_NAMES])})" for path, lost in found.items() if lost]
    incomplete = searched.concerns(root)
    if not told:
        return incomplete
    more = len(told) - _MOST_FILES
    return [
        *incomplete,
        Concern(
            "device-name-left",
            "warning",
            "These files name disks by names that the old hardware gave them, and conversion does not change them: "
            + ", ".join(told[:_MOST_FILES])
            + (f", and {more} more." if more > 0 else "."),
            "Look through them before or after the move. Links such as /dev/disk/by-uuid/... hold on any hardware.",
        ),
    ]


def convert(root: GuestRoot, texts: Mapping[str, str], plan: Plan, names: Names, removed: Collection[str]) -> None:
    """Nothing: they stay."""


def _lost(text: str, names: Names, disks: Mapping[str, str]) -> Iterator[str]:
    """The names in text, on lines that are no comments, of disks that are called otherwise on the target."""
    found = [
        name.rstrip(_AFTER_A_NAME)
        for line in text.split("\n")
        if not line.lstrip().startswith(_COMMENTS)
        for name in _NAME.findall(_END_COMMENT.sub("", line))
    ]
    for name in dict.fromkeys(found):
        device = _OF_KERNEL.sub("/dev/", name)
        target = names.on_target(device, disks)
        is_link = target is None and device_names.is_of_hardware(name) and name.startswith("/dev/disk/")
        if is_link or target not in (None, device):
            yield name
