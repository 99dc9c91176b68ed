# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the aspects' wishes for the kernel's command line come together."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KVM
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection


@pytest.fixture
def plan():
    return Plan(KVM, Selection({"console": {"console": "isa-serial"}}, {}))


@pytest.mark.parametrize(
    "before, after",
    [
        ("root=/dev/sda1 quiet", "root=UUID=x quiet a=1"),
        ("quiet  drop ro", "quiet ro a=1"),
        ("drop", "a=1"),
        ("", "a=1"),
        ("  a=1   quiet ", "  a=1   quiet "),
    ],
)
def test_arguments_are_edited_dropped_and_added(plan, before, after):
    plan.command_line.edits += [
        lambda argument: argument.replace("/dev/sda1", "UUID=x"),
        lambda argument: None if argument == "drop" else argument,
    ]
    plan.command_line.required += ["a=1"]
    edited = plan.command_line.edited(before)
    assert edited == after
    assert plan.command_line.edited(edited) == edited


def test_what_stands_in_another_part_of_the_command_line_is_not_added(plan):
    plan.command_line.required += ["a=1", "b=2"]
    assert plan.command_line.edited("quiet", present=["a=1"]) == "quiet b=2"
    assert plan.command_line.edited("quiet", present=None) == "quiet"


def test_a_removed_device_has_no_model(plan):
    assert plan.model("console", "console").tty == "ttyS0,115200"
    assert plan.model("console", "other") is None
