# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a case: finds the guests that are in a directory, and judges what is said of them."""

from __future__ import annotations

import os
import re

import yaml

from ansible_collections.virttools.guestconv.plugins.module_utils.model import source_facts
from ansible_collections.virttools.guestconv.plugins.module_utils.sources import discovery
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.sources import storage
from tests.source_cases import presets

KEYS = frozenset(("what", "files", "vmx", "domain", "ovf", "ova", "disks", "links", "why", "expect"))
EXPECTED = frozenset(("guests", "errors", "concerns", "silent", "told", "hardware"))


def load(path):
    """The case in the file at path."""
    case = yaml.safe_load(path.read_text("utf-8"))
    unknown = (set(case) - KEYS) | (set(case["expect"]) - EXPECTED)
    assert not unknown, f"{path.name} has unknown keys: {', '.join(sorted(unknown))}"
    return case


def run(case, folder):
    """The discovery.Found in folder, in which the case is placed."""
    disks = case.get("disks") or {}
    disks = disks if isinstance(disks, dict) else dict.fromkeys(disks, {})
    files = {name: _disk(name, **(given or {})) for name, given in disks.items()}
    files.update((name, text.encode()) for name, text in (case.get("files") or {}).items())
    files.update((name, (presets.VMX + text).encode()) for name, text in (case.get("vmx") or {}).items())
    files.update((name, presets.domain(given).encode()) for name, given in (case.get("domain") or {}).items())
    files.update((name, presets.ovf(given)) for name, given in (case.get("ovf") or {}).items())
    files.update((name, presets.ova(given, _disk)) for name, given in (case.get("ova") or {}).items())
    storage.place(folder, {name: data.replace(b"@DIR@", str(folder).encode()) for name, data in files.items()})
    for name, target in (case.get("links") or {}).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).symlink_to(target)
    return discovery.find([str(folder)])


def _disk(name, text=None, **given):
    if text is not None:
        return text.encode()
    kinds = {".vmdk": storage.vmdk, ".qcow2": storage.qcow2}
    return kinds.get(os.path.splitext(name)[1], lambda: b"\xeb\x63" * 512)(**given)


def broken(found, expect):
    """A list of texts: in what is found other than is expected."""
    guests = {
        guest.description["name"]: [
            disk.get("member") or os.path.basename(disk["path"]) for disk in guest.description["disks"]
        ]
        for guest in found.guests
    }
    wrong = _differs("guests", guests, expect["guests"])
    wrong += _differs("errors", sorted(problem.code for problem in found.problems), sorted(expect.get("errors") or ()))
    concerns = [each for guest in found.guests for each in source_facts.concerns(guest.description["hardware"])]
    wrong += _differs("concerns", sorted({each.code for each in concerns}), sorted(expect.get("concerns") or ()))
    messages = [each.message for each in (*found.problems, *concerns)]
    messages += [warning for guest in found.guests for warning in guest.description["warnings"]]
    if expect.get("silent"):
        wrong += _differs("silent", messages, [])
    for pattern in expect.get("told") or ():
        if not any(re.search(pattern, message) for message in messages):
            wrong.append(f"told: {pattern} fits none of {messages}")
    for path, value in (expect.get("hardware") or {}).items():
        wrong += _differs(path, _value(found.guests[0].description["hardware"], path), value)
    return wrong


def _value(hardware, path):
    value = hardware
    for part in path.split("."):
        if isinstance(value, list) and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        else:
            return "absent"
    return value


def _differs(what, found, expected):
    return [] if found == expected else [f"{what}: {found} and not {expected}"]
