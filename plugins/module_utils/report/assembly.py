# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outcome of one guest, put together from what the modules returned in the phases of its migration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import in_text
from ..texts import disk_urls
from .outcomes import CONVERTED, FAILED, PHASES, SKIPPED

# What is kept as a phase returned it. Of several phases that return it, the last one counts.
_KEPT = ("hardware", "disks", "changes", "diff")


def outcome(
    phases: Mapping[str, Any],
    guest: str,
    started: str,
    ended: str,
    failure: Mapping[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """The outcome of a guest, as outcomes.parse takes it.

    phases: {name of a phase: the registered result of its module, or None for one that was not begun}.
    guest: its name. started, ended: in ISO 8601. failure: what ended the work, as Ansible's `ansible_failed_result`
    is, or None. more: further keys of an outcome, as conversion_host and screenshot.
    """
    begun = [(name, phases[name]) for name in PHASES if phases.get(name) and not phases[name].get("skipped")]
    result: dict[str, Any] = {
        "guest": guest,
        "outcome": FAILED if failure else CONVERTED if "convert" in dict(begun) else SKIPPED,
        "started": started,
        "ended": ended,
        "phase": begun[-1][0] if begun else None,
        "phases": [_phase(name, returned) for name, returned in begun],
        "warnings": [text for _name, returned in begun for text in returned.get("warnings") or ()],
        # What is recorded is passed around, and kept.
        **{key: disk_urls.without_secrets(value) if key == "source" else value for key, value in more.items()},
    }
    for _name, returned in begun:
        result.update({key: returned[key] for key in _KEPT if key in returned})
        # verify, and a failure, have none.
        if isinstance(returned.get("guest"), dict):
            result.update(_of_description(returned["guest"]))
    result["disks"] = [disk["path"] if isinstance(disk, dict) else disk for disk in result.get("disks") or ()]
    if failure:
        result.update(_of_failure(failure))
    return result


def _phase(name: str, returned: Mapping[str, Any]) -> dict[str, Any]:
    phase = {"name": name, "seconds": _seconds(returned), "resumed": bool(returned.get("resumed"))}
    copied = returned.get("copied")
    # Of an overlay, and of disks that were there, nothing is copied.
    return {**phase, "bytes": copied} if isinstance(copied, int) and copied > 0 else phase


def _seconds(returned: Mapping[str, Any]) -> float:
    if "seconds" in returned:
        return round(float(returned["seconds"]), 1)
    steps = (returned.get("timeline") or {}).get("steps") or ()
    return round(sum(float(step["seconds"]) for step in steps), 1)


def _of_description(guest: Mapping[str, Any]) -> dict[str, Any]:
    def drivers(kinds: Mapping[str, Any]) -> dict[str, Any]:
        return {
            kind: {name: {"driver": device.get("driver")} for name, device in devices.items()}
            for kind, devices in kinds.items()
        }

    roots = [root["info"] for root in guest["roots"].values()]
    # What is installed would make a report of 1,000 guests too large to open.
    info = {key: value for key, value in roots[0].items() if key != "applications"} if roots else {}
    return {
        "target": guest["target"],
        "info": info,
        "concerns": guest["concerns"],
        "devices": {"before": drivers(guest["current"]), "after": drivers(guest["devices"])},
    }


def _of_failure(failure: Mapping[str, Any]) -> dict[str, Any]:
    raised = None if failure.get("code") else in_text.from_text(str(failure.get("msg")))
    if raised:
        return {"code": raised.code, "message": raised.message, "hint": raised.hint}
    found = {
        "code": failure.get("code") or "task-failed",
        "message": str(failure.get("msg") or "A task failed without giving a reason."),
        "hint": str(failure.get("hint") or ""),
    }
    if failure.get("concerns"):
        found["concerns"] = failure["concerns"]
    return found
