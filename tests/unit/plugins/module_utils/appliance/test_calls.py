# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The typed calls: each is the call of libguestfs of its name, with its arguments in their order."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.calls import Calls

# `shell` is called otherwise in libguestfs.
NAMES = sorted(name for name in vars(Calls) if not name.startswith("_") and name not in ("call", "shell"))


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


def test_a_call_that_is_not_declared_is_an_error():
    with pytest.raises(AttributeError):
        Recorded().mkfs("ext4", "/dev/sda")
