# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What LVM prints of volumes and groups that a test states (lvmreport(7), --reportformat json)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Volume:
    """A logical volume. path: /dev/VG/LV. origin: of what it is a snapshot. group_uuid: by default the group's name."""

    path: str
    uuid: str = ""
    is_active: bool = True
    is_skipped: bool = False
    origin: str = ""
    is_partial: bool = False
    group_uuid: str = ""
    role: str = "public"

    @property
    def group(self) -> str:
        """The name of its volume group."""
        return self.path.split("/")[2]


def volumes(found: Iterable[Volume]) -> str:
    """What `lvs` prints."""
    rows = [
        {
            "vg_name": each.group,
            "vg_uuid": each.group_uuid or each.group,
            "vg_partial": "partial" if each.is_partial else "",
            "lv_name": each.path.split("/")[3],
            "lv_uuid": each.uuid,
            "lv_role": f"{each.role},snapshot" if each.origin else each.role,
            "lv_active": "active" if each.is_active else "",
            "lv_skip_activation": "skip activation" if each.is_skipped else "",
            "origin": each.origin,
        }
        for each in found
    ]
    return json.dumps({"report": [{"lv": rows}]})


def members(groups: Mapping[str, Iterable[str]], missing: Iterable[str] = ()) -> str:
    """What `pvs` prints of {UUID of a group: UUIDs of its physical volumes}. missing: those that are on no disk."""
    lost = frozenset(missing)
    rows = [
        {"vg_uuid": group, "pv_uuid": uuid, "pv_missing": "missing" if uuid in lost else ""}
        for group, uuids in groups.items()
        for uuid in uuids
    ]
    return json.dumps({"report": [{"pv": rows}]})
