# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The appliance's launch, without one."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.appliance import appliance as appliances
from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.appliance import Appliance
from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.failures import CallFailed
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError


@pytest.fixture
def launch_error(monkeypatch):
    """launch_error(chosen, fails) is what an Appliance raises on this accelerator. fails: {accelerator: its error}."""

    def attempt(chosen, fails):
        def start(self, accelerator):
            raise fails[accelerator]

        monkeypatch.setattr(appliances.accelerators, "choose", lambda requested, fixed: (chosen, None))
        monkeypatch.setattr(Appliance, "_start", start)
        with pytest.raises(GuestconvError) as caught:
            with Appliance([], read_only=True):
                pass
        return caught.value

    return attempt


@pytest.mark.parametrize("chosen", ["kvm", "tcg"])
def test_an_appliance_that_starts_with_no_accelerator_may_start_later(launch_error, chosen):
    failure = CallFailed("appliance-call-failed", "qemu died")
    error = launch_error(chosen, {"kvm": failure, "tcg": failure})
    assert (error.code, error.retryable) == ("appliance-launch-failed", True)
    assert "qemu died" in error.message and "libguestfs-test-tool" in error.hint


def test_what_stopped_the_launch_from_here_is_reported_as_it_is(launch_error):
    error = launch_error("tcg", {"tcg": GuestconvError("no-space", "It is full.")})
    assert (error.code, error.message) == ("no-space", "It is full.")


def test_where_kvm_looks_well_and_fails_the_appliance_is_emulated_with_one_warning(monkeypatch):
    started = []

    def start(self, accelerator):
        started.append(accelerator)
        if accelerator == "kvm":
            raise CallFailed("appliance-call-failed", "qemu died")

    monkeypatch.setattr(appliances.accelerators, "choose", lambda requested, fixed: ("kvm", None))
    monkeypatch.setattr(Appliance, "_start", start)
    monkeypatch.setattr(Appliance, "call", lambda self, name: {})
    with Appliance([], read_only=True) as appliance:
        assert started == ["kvm", "tcg"]
        assert len(appliance.warnings) == 1 and "is emulated" in appliance.warnings[0]


class _Handle:
    """A libguestfs whose calls succeed."""

    def __init__(self):
        self.called = []

    def list_disk_labels(self):
        self.called.append("list_disk_labels")
        return {}

    def close(self):
        self.called.append("close")


def test_an_appliance_whose_time_is_over_before_its_qemu_is_there_makes_no_call_more(monkeypatch):
    """The time may come to its end while libguestfs still asks programs about QEMU: nothing is killed then."""
    handle = _Handle()

    def start(self, accelerator):
        self._handle = handle
        self._expire()

    monkeypatch.setattr(appliances.accelerators, "choose", lambda requested, fixed: ("tcg", None))
    monkeypatch.setattr(Appliance, "_start", start)
    with pytest.raises(GuestconvError) as caught:
        with Appliance([], read_only=True, timeout=3600):
            pass
    assert caught.value.code == "timeout"
    assert handle.called == ["close"]
