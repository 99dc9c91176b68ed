# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The typed calls: each is the call of libguestfs of its name, with its arguments in their order."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.calls import Calls, mounts
from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.failures import CallFailed

LIBRARY = Path(__file__).parents[5] / "plugins" / "module_utils"
# `shell` has another name in libguestfs.
NAMES = sorted(name for name in dir(Calls) if not name.startswith("_") and name not in ("call", "shell"))


class Recorded(Calls):
    """Records what is called, and answers "answer"."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def call(self, name: str, *arguments: Any, **options: Any) -> Any:
        self.calls.append((name, arguments, options))
        return "answer"


@pytest.mark.parametrize("name", NAMES)
def test_a_method_is_the_call_of_its_name_with_its_arguments_in_their_order(name):
    parameters = list(inspect.signature(getattr(Calls, name)).parameters.values())[1:]
    arguments = [each.name for each in parameters if each.kind is not each.KEYWORD_ONLY]
    options = {each.name: f"option {each.name}" for each in parameters if each.kind is each.KEYWORD_ONLY}
    recorded = Recorded()
    answer = getattr(recorded, name)(*arguments, **options)
    assert recorded.calls == [(name, tuple(arguments), options)]
    returns_something = inspect.signature(getattr(Calls, name)).return_annotation != "None"
    assert answer == ("answer" if returns_something else None)


def test_a_script_is_run_by_the_call_for_debugging():
    recorded = Recorded()
    assert recorded.shell("ls $root") == "answer"
    assert recorded.calls == [("debug", ("sh", ["ls $root"]), {})]


def test_other_rooms_call_libguestfs_by_methods_which_have_types_and_are_held_to_the_real_one():
    by_name = [
        f"{path.name}:{node.lineno}"
        for path in LIBRARY.rglob("*.py")
        if path.relative_to(LIBRARY).parts[0] != "appliance"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("appliance.call")
    ]
    assert by_name == []


def test_a_call_that_is_not_declared_is_an_error():
    with pytest.raises(AttributeError):
        Recorded().mkfs("ext4", "/dev/sda")


class Busy(Recorded):
    """Fails so often with a message, then succeeds."""

    def __init__(self, times: int, message: str) -> None:
        super().__init__()
        self.left, self.message = times, message

    def call(self, name: str, *arguments: Any, **options: Any) -> Any:
        super().call(name, *arguments, **options)
        if self.left:
            self.left -= 1
            raise CallFailed("appliance-call-failed", self.message)


BUSY = "umount_all: umount: /sysroot/dev: umount: /sysroot/dev: target is busy."


@pytest.mark.parametrize("name, arguments", [("umount_all", ()), ("umount", ("/boot",))])
def test_a_mount_that_a_program_is_just_leaving_is_unmounted_when_it_has_ended(monkeypatch, name, arguments):
    pauses: list[float] = []
    monkeypatch.setattr(mounts.time, "sleep", pauses.append)
    busy = Busy(2, BUSY)
    getattr(busy, name)(*arguments)
    assert busy.calls == 3 * [(name, arguments, {})]
    assert len(pauses) == 2


def test_a_mount_that_stays_in_use_is_an_error_after_some_tries(monkeypatch):
    monkeypatch.setattr(mounts.time, "sleep", lambda seconds: None)
    busy = Busy(1000, BUSY)
    with pytest.raises(CallFailed, match="busy"):
        busy.umount_all()
    assert 5 < len(busy.calls) < 60


def test_another_failure_is_not_tried_again():
    busy = Busy(1000, "umount_all: umount: /sysroot: not mounted.")
    with pytest.raises(CallFailed, match="not mounted"):
        busy.umount_all()
    assert len(busy.calls) == 1
