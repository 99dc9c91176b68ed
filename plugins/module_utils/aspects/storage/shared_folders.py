# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders of the machine that the old hypervisor runs on, which fstab mounts: on the target nobody shares them.

VMware's installer writes such a line by itself (vmware-config-tools.pl, "Beginning of the block added by the VMware
software"), without nofail: it is of local-fs.target, without which systemd stops for an administrator.
"""

from __future__ import annotations

from functools import partial

from ...guest.root import GuestRoot
from ...model.concerns import Concern
from ...texts import fstab, tables
from ...texts.fstab import Entry
from .. import inits

# VMware's, VirtualBox's, Parallels' and QEMU's.
_TYPES = ("vmhgfs", "fuse.vmhgfs-fuse", "vboxsf", "prl_fs", "fuse.prl_fsd", "virtiofs")
_NAMES = (".host:", "vmhgfs-fuse#", "vmhgfs-fuse")
# 9p is also a protocol of networks; these are its transports between a guest and its hypervisor (net/9p/trans_*.c).
_TRANSPORTS = frozenset(("trans=virtio", "trans=xen"))
_OPTIONS = 3
# Upstart's program for fstab in Ubuntu, until 14.04. It waits for what mounts in vain until somebody presses a key, nofail or
# not, unless this option says otherwise, and takes it off before it mounts (mountall.c, tag_mount(), run_mount()).
_MOUNTALL, _MOUNTALL_GOES_ON = "/sbin/mountall", "nobootwait"


def is_folder(entry: Entry) -> bool:
    """Whether a line of fstab mounts such a folder."""
    is_by_9p = entry.type == "9p" and not _TRANSPORTS.isdisjoint(entry.options)
    return entry.is_mount and (entry.type in _TYPES or is_by_9p or entry.spec.startswith(_NAMES))


def concern(root: GuestRoot, entry: Entry) -> Concern:
    """The concern about a line that mounts one."""
    ends = "The guest starts without it."
    added = _added(root, entry)
    if added:
        ends = f"Conversion adds {added} to its options, without which the guest would stop for an administrator."
    return Concern(
        "mount-source-missing",
        "warning",
        f"/etc/fstab mounts {entry.spec} at {entry.path}, a folder that the old hypervisor shares with the guest. {ends}",
        "Remove the line in the guest, or share the folder with the guest on the target, too.",
    )


def convert(root: GuestRoot) -> None:
    """Have the guest start without them."""
    text = root.read("/etc/fstab")
    if text is not None and any(map(is_folder, fstab.parse(text))):
        detail = "the guest starts without the folders that the old hypervisor shares"
        root.write("/etc/fstab", tables.edited(text, partial(_not_waited_for, root)), detail)


def _added(root: GuestRoot, entry: Entry) -> str:
    """The options that a line lacks, with which the guest starts without what it mounts; "" where it does anyway."""
    by_mountall = root.info["init"] is None and entry.is_tried and root.is_file(_MOUNTALL)
    lacks = [_MOUNTALL_GOES_ON] if by_mountall and _MOUNTALL_GOES_ON not in entry.options else []
    return ",".join([*(["nofail"] if inits.stops(root, entry) else []), *lacks])


def _not_waited_for(root: GuestRoot, row: tables.Row) -> str:
    entry = fstab.entry(row)
    added = _added(root, entry) if entry and is_folder(entry) else ""
    if not added:
        return row.line
    # The last of several options counts.
    if len(row.fields) > _OPTIONS:
        return row.with_field(_OPTIONS, f"{row.fields[_OPTIONS]},{added}")
    return f"{row.line.rstrip()} {added}" if len(row.fields) == _OPTIONS else row.line
