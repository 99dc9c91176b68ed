# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The data of a guest on the page: its row, and the details that unfold below it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...texts import disk_urls
from ..outcomes import Outcome, seconds
from . import diffs

_KINDS = ("block", "network", "graphics", "console")


def row(outcome: Outcome) -> dict[str, Any]:
    """The row of the outcome (a dict), a dict of what JSON can hold: all that the table shows, sorts and filters by."""
    return {
        "guest": outcome["guest"],
        "outcome": outcome["outcome"],
        "phase": outcome.get("phase"),
        "code": outcome.get("code"),
        "message": outcome.get("message"),
        "host": outcome.get("conversion_host"),
        "system": _system(outcome.get("info") or {}),
        "hostname": (outcome.get("info") or {}).get("hostname"),
        "seconds": seconds(outcome),
        "phases": [
            {"name": phase["name"], "seconds": phase.get("seconds", 0), "resumed": bool(phase.get("resumed"))}
            for phase in outcome.get("phases") or ()
        ],
        "devices": _devices(outcome.get("devices") or {}),
        "concerns": [[concern.get("severity"), concern.get("code")] for concern in outcome.get("concerns") or ()],
        "check_mode": bool(outcome.get("check_mode")),
    }


def detail(outcome: Outcome, picture: dict[str, Any] | None) -> dict[str, Any]:
    """What unfolds below the row of the outcome (a dict); picture: as pictures.embedded has it, or None."""
    return {
        "hint": outcome.get("hint"),
        "started": outcome["started"],
        "ended": outcome.get("ended"),
        "target": outcome.get("target"),
        "source": _source(outcome.get("source") or {}),
        "disks": outcome.get("disks") or [],
        "warnings": outcome.get("warnings") or [],
        "concerns": outcome.get("concerns") or [],
        "changes": outcome.get("changes") or [],
        "diffs": [diffs.unified(entry) for entry in outcome.get("diff") or ()],
        "hardware": outcome.get("hardware"),
        "screenshot": outcome.get("screenshot"),
        "picture": picture,
    }


def _system(info: Mapping[str, Any]) -> Any:
    return info.get("product_name") or info.get("distribution") or info.get("os")


def _devices(devices: Mapping[str, Any]) -> list[dict[str, Any]]:
    """[{kind, id, before, after, removed}] with the drivers of each device; None is what nobody knows."""
    before, after = _drivers(devices.get("before")), _drivers(devices.get("after"))
    places = sorted({*before, *after}, key=lambda place: (_rank(place[0]), place))
    return [
        {
            "kind": kind,
            "id": name,
            "before": before.get((kind, name)),
            "after": after.get((kind, name)),
            # A device that is no more is one that was deleted; without any, nothing was decided yet.
            "removed": bool(after) and (kind, name) not in after,
        }
        for kind, name in places
    ]


def _rank(kind: str) -> int:
    return _KINDS.index(kind) if kind in _KINDS else len(_KINDS)


def _drivers(kinds: object) -> dict[tuple[str, str], Any]:
    """{(kind, id): driver} of {kind: {id: {driver}}}."""
    return {
        (kind, name): _mapping(device).get("driver")
        for kind, devices in _mapping(kinds).items()
        for name, device in _mapping(devices).items()
    }


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _source(source: Mapping[str, Any]) -> list[list[str]]:
    """What a person wants to know of where the guest came from: [[name, text]]. Credentials are not among it."""
    disks = source.get("disks")
    facts = [(key, source.get(key)) for key in ("type", "path", "uri", "name", "server", "vm")]
    for disk in disks if isinstance(disks, list) else ():
        facts.append(("disk", disk.get("path") if isinstance(disk, dict) else disk))
    # Outcomes of earlier versions have the URLs as they were given.
    return [[key, disk_urls.without_secrets(value)] for key, value in facts if isinstance(value, str) and value]
