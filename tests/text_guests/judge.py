# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what came of a case is what it expects."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from ansible_collections.virttools.guestconv.plugins.module_utils import initrd
from tests.text_guests.lab import Lab
from tests.text_guests.model import Expectation, Term


def broken(lab: Lab) -> list[Expectation]:
    """The expectations of the lab's case that do not hold, after it was run."""
    return [each for each in lab.case.expectations if not _holds(each, lab)]


def _holds(expectation: Expectation, lab: Lab) -> bool:
    # What crashed is never right.
    return not lab.outcome.crash and any(
        all(_JUDGES[term.key](lab, term) for term in alternative) for alternative in expectation.alternatives
    )


def _place(where: str) -> tuple[str, str]:
    """The path and the device of [DEVICE:]PATH, "" for no device."""
    device, _colon, path = where.rpartition(":")
    return path, device


def _is_refused(lab: Lab, term: Term) -> bool:
    error = lab.outcome.error
    return error is not None and (not term.value or error.code in term.value.split(","))


def _matches(lab: Lab, term: Term) -> bool:
    data = lab.disks.read(*_place(term.value))
    return data is not None and _has_line(term.pattern, data.decode("utf-8", "surrogateescape"))


def _has_line(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.MULTILINE) is not None


def _holds_names(lab: Lab, term: Term) -> bool:
    data = lab.disks.read(*_place(term.value))
    return data is not None and _has_line(term.pattern, "\n".join(initrd.read(data).members))


def _is_same(lab: Lab, term: Term) -> bool:
    before = lab.disks.read_before(*_place(term.value))
    return before is not None and before == lab.disks.read(*_place(term.value))


def _is_protected(lab: Lab, term: Term) -> bool:
    return bool(lab.disks.attributes(*_place(term.value)))


def _has_label(lab: Lab, term: Term) -> bool:
    return lab.outcome.error is None and _has_line(term.pattern, lab.disks.label(*_place(term.value)))


def _has_default(lab: Lab, term: Term) -> bool:
    kernels = (kernel for root in lab.outcome.description.get("roots", {}).values() for kernel in root["kernels"])
    return any(kernel["default"] and kernel["version"] == term.value for kernel in kernels)


def _has_driver(lab: Lab, term: Term) -> bool:
    devices = lab.outcome.description.get("devices", {}).get(term.value, {})
    return any(re.fullmatch(term.pattern, device["driver"]) for device in devices.values())


def _lacks_driver(lab: Lab, term: Term) -> bool:
    reasons = lab.outcome.description.get("unavailable", {}).values()
    found = [
        why
        for devices in reasons
        for drivers in devices.values()
        for driver, why in drivers.items()
        if driver == term.value
    ]
    return any(re.search(term.pattern, why) for why in found)


def _has_loader(lab: Lab, term: Term) -> bool:
    loaders = lab.outcome.description.get("boot", {}).get("loaders", {})
    return any(loader["name"] == term.value for loader in loaders.values())


def _has_source(lab: Lab, term: Term) -> bool:
    roots = lab.outcome.description.get("roots", {})
    return any(root["info"].get("source") == term.value for root in roots.values())


def _is_idempotent(lab: Lab, _term: Term) -> bool:
    return lab.outcome.is_converted and lab.second().is_converted and not lab.second().changes


_JUDGES: dict[str, Callable[[Lab, Term], bool]] = {
    "converts": lambda lab, term: lab.outcome.error is None,
    "refused": _is_refused,
    "told": lambda lab, term: re.search(term.pattern, lab.outcome.said) is not None,
    "silent": lambda lab, term: not lab.outcome.said,
    "has": lambda lab, term: lab.outcome.error is None and _matches(lab, term),
    "not": lambda lab, term: lab.outcome.error is None and not _matches(lab, term),
    "holds": lambda lab, term: lab.outcome.error is None and _holds_names(lab, term),
    "label": _has_label,
    "same": _is_same,
    "protected": _is_protected,
    "default": _has_default,
    "driver": _has_driver,
    "unavailable": _lacks_driver,
    "roots": lambda lab, term: list(lab.outcome.description.get("roots", {})) == term.value.split(","),
    "loader": _has_loader,
    "source": _has_source,
    "ran": lambda lab, term: any(re.search(term.pattern, " ".join(argv)) for argv in lab.outcome.ran),
    "changed": lambda lab, term: any(
        re.search(term.pattern, f"{change.action} {change.path}") for change in lab.outcome.changes
    ),
    "hardware": lambda lab, term: re.search(term.pattern, json.dumps(lab.outcome.hardware, sort_keys=True)) is not None,
    "idempotent": _is_idempotent,
}
