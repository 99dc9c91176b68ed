# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What LVM reports of volume groups and logical volumes. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...texts import untrusted_json
from .. import device_names

# lvmreport(7). The scripts are for the appliance's shell.
VOLUMES = (
    "lvm lvs --reportformat json -o"
    " vg_name,vg_uuid,vg_partial,lv_name,lv_uuid,lv_role,lv_active,lv_skip_activation,origin 2>/dev/null"
)
MEMBERS = "lvm pvs --reportformat json -o vg_uuid,pv_uuid,pv_missing 2>/dev/null"

_PUBLIC, _SNAPSHOT = "public", "snapshot"


@dataclass(frozen=True)
class Volume:
    """A logical volume. uuid: without hyphens. group, group_uuid: the name and UUID of its volume group.

    is_active: there is a device. is_skipped: it is not activated unless somebody insists, as snapshots of thin volumes
    are. is_snapshot: it is a copy of another. is_partial: its group lacks physical volumes.
    """

    group: str
    group_uuid: str
    name: str
    uuid: str
    is_active: bool = True
    is_skipped: bool = False
    is_snapshot: bool = False
    is_partial: bool = False

    @property
    def path(self) -> str:
        """/dev/VG/LV, which the guest calls it too."""
        return f"/dev/{self.group}/{self.name}"


@dataclass(frozen=True)
class Member:
    """A physical volume of a group. uuid: as LVM writes it, with hyphens. is_missing: it is on none of the disks."""

    group_uuid: str
    uuid: str
    is_missing: bool = False


def volumes(text: str) -> list[Volume]:
    """The volumes in what VOLUMES printed, by name, less those that LVM itself works with (pools, metadata, images)."""
    found = [
        Volume(
            row["vg_name"],
            row["vg_uuid"],
            row["lv_name"],
            device_names.bare_uuid(row["lv_uuid"]),
            row["lv_active"] != "",
            row["lv_skip_activation"] != "",
            _SNAPSHOT in row["lv_role"].split(",") and row["origin"] != "",
            row["vg_partial"] != "",
        )
        for row in _rows(text, "lv", ("vg_partial", "lv_active", "lv_skip_activation", "lv_role", "origin"))
        if row.get("lv_name") and row.get("vg_name") and _PUBLIC in row["lv_role"].split(",")
    ]
    return sorted(found, key=lambda each: (each.path, each.group_uuid))


def members(text: str) -> list[Member]:
    """The physical volumes in what MEMBERS printed that belong to a group."""
    rows = _rows(text, "pv", ("pv_uuid", "pv_missing"))
    return [Member(row["vg_uuid"], row["pv_uuid"], row["pv_missing"] != "") for row in rows if row.get("vg_uuid")]


def _rows(text: str, kind: str, fields: tuple[str, ...]) -> list[dict[str, str]]:
    """The rows of a report, of which each has these fields as text; empty for what is no report."""
    try:
        report = untrusted_json.loads(text)
    except ValueError:
        return []
    return [
        {**dict.fromkeys((*fields, "vg_uuid", "lv_uuid"), ""), **row}
        for each in _list(report, "report")
        for row in _list(each, kind)
        if isinstance(row, dict) and all(isinstance(value, str) for value in row.values())
    ]


def _list(value: Any, key: str) -> list[Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []
