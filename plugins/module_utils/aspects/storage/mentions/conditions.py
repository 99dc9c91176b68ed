# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""systemd's units that start on other machines alone: what they mount or run is missing on the target.

Sources: systemd.unit(5), ConditionVirtualization=; systemd, src/core/load-fragment.c
(config_parse_unit_condition_string), src/shared/condition.c (condition_test_virtualization, condition_test_list).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from ....devices.targets import Target
from ....model.concerns import Concern
from ....texts import sections

_KINDS = ("Condition", "Assert")
_KEY = re.compile(rf"({'|'.join(_KINDS)})[A-Z][A-Za-z0-9]*")
_MACHINE = "Virtualization"
_VALUE = re.compile(r"(?P<trigger>\|?)\s*(?P<negated>!?)\s*(?P<machine>\S*)")
# What systemd-detect-virt(1) prints in virtual machines, less what stands for any other.
_MACHINES = frozenset(
    ("acrn", "amazon", "apple", "bhyve", "google", "kvm", "microsoft", "oracle", "parallels", "powervm", "qemu", "qnx")
    + ("sre", "uml", "vmware", "xen", "zvm")
)
_MOST = 10


def concerns(texts: Mapping[str, str], target: Target) -> list[Concern]:
    """One concern that lists the units (texts, by their paths) which the target keeps from starting."""
    asked = {path: condition for path, text in texts.items() for condition in lost(text, target.detected_as)[:1]}
    if not asked or not target.detected_as:
        return []
    units = ", ".join(f"{path} ({condition})" for path, condition in list(asked.items())[:_MOST])
    more = f", and {len(asked) - _MOST} more" if len(asked) > _MOST else ""
    return [
        Concern(
            "unit-for-another-machine",
            "warning",
            f"systemd starts these units on another hypervisor's machines alone, and passes over them on the target: {units}"
            f"{more}. What they mount, start or set is missing there.",
            "Remove the condition in the guest where it needs the unit on the target. If not, nothing needs to be done.",
        )
    ]


def lost(text: str, detected_as: Collection[str]) -> list[str]:
    """The conditions of a unit (text) that hold on another virtual machine, and not on the target's.

    detected_as: what systemd-detect-virt(1) may print on the target. Of conditions that begin with `|` one must hold; an
    empty value takes back all of its kind.
    """
    found = []
    for kind in _KINDS:
        conditions = list(_conditions(text, kind))
        triggers = [each for each in conditions if each.value.startswith("|")]
        found += [each for each in conditions if each not in triggers and _is_lost(each, detected_as)]
        if all(_is_lost(each, detected_as) for each in triggers):
            found += triggers
    return [f"{each.key}={each.value}" for each in found]


def _conditions(text: str, kind: str) -> list[sections.Entry]:
    """The conditions of a kind that count."""
    found: list[sections.Entry] = []
    for entry in sections.parse(text, continued=True):
        if entry.section == "Unit" and _KEY.fullmatch(entry.key) and entry.key.startswith(kind):
            found = [*found, entry] if entry.value else []
    return found


def _is_lost(condition: sections.Entry, detected_as: Collection[str]) -> bool:
    value = _VALUE.match(condition.value)
    if value is None or not condition.key.endswith(_MACHINE):
        return False
    is_target = value["machine"] in detected_as
    return is_target if value["negated"] else not is_target and value["machine"] in _MACHINES
