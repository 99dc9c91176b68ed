# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The trace of an appliance, without one."""

from __future__ import annotations

import json

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.appliance import Appliance
from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.trace import Trace
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError


def test_a_call_is_a_line_with_the_lengths_of_contents_and_of_long_texts(tmp_path):
    path = tmp_path / "trace.json"
    trace = Trace(str(path), pytest.fail)
    trace.write("write", ["/etc/shadow", b"root:secret"], {"flag": True}, 0.12345, None)
    trace.write("command", [["echo", "x" * 201]], {}, 1.0, "command: no such program")
    trace.close()
    assert [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] == [
        {"call": "write", "arguments": ["/etc/shadow", "<11 bytes>"], "options": {"flag": True}, "seconds": 0.123},
        {
            "call": "command",
            "arguments": [["echo", "x" * 200 + "... <201 characters>"]],
            "seconds": 1.0,
            "error": "command: no such program",
        },
    ]


def test_a_trace_that_cannot_be_written_any_more_ends_with_one_warning():
    warnings = []
    trace = Trace("/dev/full", warnings.append)
    for _call in range(2):
        trace.write("mount", ["/dev/sda1", "/"], {}, 0.1, None)
    trace.close()
    assert len(warnings) == 1 and "No space left on device" in warnings[0]


def test_a_trace_that_cannot_be_written_is_refused_before_the_launch(tmp_path, monkeypatch):
    monkeypatch.setattr(Appliance, "_launch", lambda self: pytest.fail("it was launched"))
    with pytest.raises(GuestconvError) as caught:
        with Appliance([], read_only=True, trace=str(tmp_path / "absent" / "trace.json")):
            pass
    assert caught.value.code == "trace-not-writable"


def test_the_end_of_a_trace_is_a_warning_of_the_appliance(monkeypatch):
    monkeypatch.setattr(Appliance, "_launch", lambda self: None)
    with Appliance([], read_only=True, trace="/dev/full") as appliance:
        with pytest.raises(AttributeError):
            appliance.call("nothing", "of libguestfs's")
        assert [warning.partition(",")[0] for warning in appliance.warnings] == ["The trace ends early"]
