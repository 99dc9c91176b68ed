# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a case: inspects and converts the network of a guest that consists of a few files, and judges the outcome."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import yaml

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import network
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot, menu

KEYS = frozenset(
    ("what", "files", "links", "hardware", "arguments", "target", "settings", "removed", "why", "source", "expect")
    # What the shared cases say to their readers.
    + ("expected", "today", "kind")
)
SYSTEM = {
    "/usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-252.so": "",
    "/usr/lib/udev/rules.d/80-net-setup-link.rules": "",
}
_BOUND = re.compile(r"/etc/systemd/network/10-guestconv-(.+)\.link")


@dataclass
class Outcome:
    """What came of a case. nics: {identifier: facts}. files: {path: text} after the conversion. error: or None."""

    root: FakeRoot
    nics: dict = field(default_factory=dict)
    concerns: list = field(default_factory=list)
    hardware: dict = field(default_factory=dict)
    bound: dict = field(default_factory=dict)
    error: GuestconvError | None = None


def load(path):
    """The case in the file at path."""
    case = yaml.safe_load(path.read_text("utf-8"))
    unknown = set(case) - KEYS
    assert not unknown, f"{path.name} has unknown keys: {', '.join(sorted(unknown))}"
    return case


def run(case):
    """The Outcome of inspecting and converting the guest of the case."""
    has_systemd = any("/libsystemd-shared-" in path for path in case["files"])
    system = {path: text for path, text in SYSTEM.items() if not (has_systemd and "/libsystemd-shared-" in path)}
    root = FakeRoot(
        {**system, **case["files"]},
        boot_menu=menu(" ".join(case.get("arguments") or [])),
        hardware=case.get("hardware"),
        links=case.get("links"),
        info={"arch": "x86_64"},
        target=case.get("target", "kvm"),
    )
    outcome = Outcome(root)
    try:
        found = network.inspect(root)
        outcome.nics, outcome.concerns = found.devices["network"], found.concerns
        removed = case.get("removed") or []
        recommended = root.guest.target.models["network"][0].driver
        drivers = {each: recommended for each in outcome.nics if each not in removed}
        settings = {"network": case.get("settings") or {}}
        plan = Plan(root.guest.target, Selection({"network": drivers}, {"network": removed}, settings))
        network.convert(root, plan)
        outcome.hardware = {each["name"]: each for each in plan.hardware.interfaces}
        outcome.concerns = [*outcome.concerns, *plan.concerns]
    except GuestconvError as error:
        outcome.error = error
    for path, text in root.files.items():
        bound = _BOUND.fullmatch(path)
        if bound:
            outcome.bound[bound[1]] = re.search(r"^(?:MACAddress|Driver)=(.*)", text, re.MULTILINE)[1]
    return outcome


def broken(outcome, expect):
    """A list of texts: in what the outcome is not as expected."""
    wrong = []
    if (outcome.error.code if outcome.error else None) != expect.get("error"):
        wrong.append(f"error: {outcome.error!r}")
    judges = {
        "nics": lambda value: _compared(outcome.nics, value),
        "concerns": lambda value: _differs(sorted({each.code for each in outcome.concerns}), sorted(value)),
        "told": lambda value: [
            text for text in value if not any(re.search(text, each.message) for each in outcome.concerns)
        ],
        "bound": lambda value: _differs(outcome.bound, value),
        "hardware": lambda value: _compared(outcome.hardware, value),
        "has": lambda value: _searched(outcome.root, value, True),
        "not": lambda value: _searched(outcome.root, value, False),
        "gone": lambda value: [path for path in value if outcome.root.exists(path)],
        "error": lambda value: [],
    }
    for key, value in expect.items():
        wrong += [f"{key}: {each}" for each in judges[key](value)]
    return wrong


def _differs(found, expected):
    return [] if found == expected else [f"{found} and not {expected}"]


def _compared(found, expected):
    """In what the dicts found differ from those expected: in their keys, or in a value that is expected."""
    wrong = _differs(list(found), list(expected))
    for name, facts in expected.items():
        for key, value in (facts or {}).items():
            there = found.get(name, {}).get(key)
            if key == "used_by":
                there = {upper["name"]: upper["addresses"] for upper in there or []}
            wrong += [f"{name}.{key} {each}" for each in _differs(there, value)]
    return wrong


def _searched(root, expected, is_there):
    return [
        f"{path}: {pattern} in {root.read(path)!r}"
        for path, patterns in expected.items()
        for pattern in patterns
        if bool(re.search(pattern, root.read(path) or "", re.MULTILINE)) != is_there
    ]
