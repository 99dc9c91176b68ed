# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""LVM's volumes, as far as the guest's files and a removed disk make it necessary to ask for them.

Nothing is asked of the appliance before it is needed: each call starts a program there.
"""

from __future__ import annotations


class Volumes:
    """The logical volumes among filesystems (guest.Filesystem)."""

    def __init__(self, appliance, filesystems):
        self._appliance = appliance
        self._volumes = [filesystem for filesystem in filesystems if not filesystem.disk]
        # blkid and LVM write the UUID of a physical volume with hyphens, or without.
        self._disks = {_bare(each.uuid): each.disk for each in filesystems if each.type == "LVM2_member"}
        self._disks_of_groups = {}
        self._known = None

    def by_uuid(self, uuid):
        """The volume (guest.Filesystem) with the UUID, which has no hyphens; None when there is none."""
        if self._known is None:
            self._known = self._appliance.lvs_full()
        names = {volume["lv_name"] for volume in self._known if _bare(volume["lv_uuid"]) == uuid}
        found = [volume for volume in self._volumes if volume.name.rpartition("/")[2] in names]
        if len(found) > 1:
            # Each volume group has a volume of that name, and lvs_full does not say whose is whose.
            found = [volume for volume in found if _bare(self._appliance.lvuuid(volume.device)) == uuid]
        return found[0] if found else None

    def disks(self, volume):
        """The guest's names of the disks (frozenset) that the volume group of the volume is on."""
        group = volume.name.split("/")[2]
        if group not in self._disks_of_groups:
            disks = frozenset(self._disks.values())
            if len(disks) > 1:
                members = [_bare(uuid) for uuid in self._appliance.vgpvuuids(group)]
                disks = frozenset(self._disks[uuid] for uuid in members if uuid in self._disks)
            self._disks_of_groups[group] = disks
        return self._disks_of_groups[group]


def _bare(uuid):
    return uuid.replace("-", "")
