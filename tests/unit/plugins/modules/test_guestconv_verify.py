# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args

from ansible_collections.virttools.guestconv.plugins.module_utils.ansible_module import argument_specs
from ansible_collections.virttools.guestconv.plugins.module_utils.commands import verify as command
from ansible_collections.virttools.guestconv.plugins.module_utils.model import hardware
from ansible_collections.virttools.guestconv.plugins.module_utils.verify import verification
from ansible_collections.virttools.guestconv.plugins.module_utils.verify.machine import Failure
from ansible_collections.virttools.guestconv.plugins.modules import guestconv_verify

HARDWARE = {"disks": [{"driver": "virtio-blk-pci", "boot_order": 1}], "console": {"driver": "isa-serial"}}


@pytest.fixture
def verified(monkeypatch):
    """verified(failure) makes every boot end so; the list that it returns gets what each was started with."""
    calls = []

    def make(failure=None):
        def verify(*arguments):
            calls.append(arguments)
            return verification.Outcome({}, "tcg", ["KVM does not work here"], failure, seconds=3.5, attempts=1)

        monkeypatch.setattr(command.images, "disks_from_option", lambda disks, names: [*disks, names])
        monkeypatch.setattr(command.journal, "pending", lambda disks: None)
        monkeypatch.setattr(command.verification, "verify", verify)
        return calls

    return make


def run(capsys, arguments):
    """The module's result, from what it prints."""
    with patch_module_args(arguments), pytest.raises(SystemExit):
        guestconv_verify.main()
    return json.loads(capsys.readouterr().out)


def test_all_that_conversion_says_of_a_machine_is_taken(verified, capsys):
    calls = verified()
    known = {
        "uuid": "420d4f2e-0000-4000-8000-000000000001",
        "instance_uuid": "500d4f2e-0000-4000-8000-000000000001",
        "sockets": 1,
        "cores": 2,
        "threads": 1,
        "clock": "3600",
        "guest_id": "debian12-64",
        "annotation": "the shop",
        "tags": ["shop"],
        "cpus": 2,
        "memory": 2048,
        "guest_agent": True,
        "virtio": "transitional",
        "hyperv": True,
        "windows": "10.0.18362",
        "tpm": True,
        "firmware": "bios",
        "machine": "q35",
        "interfaces": [],
        "video": {"driver": "VGA"},
    }
    converted = {**HARDWARE, **known}
    run(capsys, {"disks": ["/web01.qcow2"], "hardware": converted})
    assert calls[0][1] == converted
    assert set(hardware.from_dict(converted).as_dict()) == set(converted)


@pytest.mark.parametrize(
    "places, names",
    [
        ([{"driver": "ahci", "device": "vda"}], ["vda"]),
        ([{"driver": "ahci", "device": "vda"}, {"driver": "ahci", "device": "vdb"}], None),
        ([{"driver": "ahci"}], None),
        ([{"driver": "ahci", "device": 5}], None),
    ],
)
def test_the_disks_have_the_names_by_which_the_guest_was_converted(verified, capsys, places, names):
    calls = verified()
    run(capsys, {"disks": ["/web01.qcow2"], "hardware": {"disks": places}})
    assert calls[0][0] == ["/web01.qcow2", names]


def test_a_guest_that_came_up_is_a_success_without_change(verified, capsys):
    verified()
    result = run(capsys, {"disks": ["/web01.qcow2"], "hardware": HARDWARE})
    assert (result["up"], result["changed"], result["reason"], result["seconds"]) == (True, False, "", 3.5)
    assert "code" not in result
    assert "failed" not in result


def test_a_guest_that_did_not_come_up_is_a_failure_with_the_same_values(verified, capsys):
    verified(Failure("guest-stuck-in-initramfs", "the initramfs did not find the root filesystem", "Convert it."))
    result = run(capsys, {"disks": ["/web01.qcow2"], "hardware": HARDWARE})
    assert result["failed"] is True
    assert (result["up"], result["code"], result["hint"]) == (False, "guest-stuck-in-initramfs", "Convert it.")
    assert result["msg"] == "The guest did not come up: the initramfs did not find the root filesystem."
    assert (result["attempts"], result["accelerator"]) == (1, "tcg")


def test_the_guest_is_booted_in_check_mode_too(verified, capsys):
    calls = verified()
    run(capsys, {"disks": ["/web01.qcow2"], "hardware": HARDWARE, "_ansible_check_mode": True})
    assert len(calls) == 1


def test_the_options_reach_the_boot(verified, capsys):
    calls = verified()
    options = {"timeout": 60, "memory": 2048, "cpus": 2, "accelerator": "kvm", "screenshot": "/a.png", "workdir": "/b"}
    expect = {"login": True}
    run(capsys, dict({"disks": ["/web01.qcow2"], "hardware": HARDWARE, "expect": expect}, **options))
    disks, hardware, expected, settings, _begin = calls[0]
    assert disks == ["/web01.qcow2", None]
    assert (hardware["disks"], hardware["firmware"], hardware["machine"]) == (HARDWARE["disks"], "bios", "q35")
    assert expected == {"port": None, "banner": None, "login": True, "agent": None}
    assert settings == verification.Settings(**options)


def test_the_guest_is_not_booted_with_the_memory_that_it_is_to_have(verified, capsys):
    calls = verified()
    run(capsys, {"disks": ["/web01.qcow2"], "hardware": dict(HARDWARE, cpus=32, memory=65536)})
    _disks, hardware, _expected, settings, *_more = calls[0]
    assert (hardware["cpus"], hardware["memory"]) == (32, 65536)
    assert (settings.cpus, settings.memory) == (1, 1024)


def test_hardware_without_disks_is_refused(verified, capsys):
    verified()
    result = run(capsys, {"disks": ["/web01.qcow2"], "hardware": {}})
    assert result["failed"] is True
    assert "disks" in result["msg"]


def test_every_example_is_accepted_by_the_module(verified, capsys):
    verified()
    tasks = yaml.safe_load(guestconv_verify.EXAMPLES)
    for task in tasks:
        arguments = task["virttools.guestconv.guestconv_verify"]
        if isinstance(arguments["hardware"], str):
            # What the template would have given.
            arguments["hardware"] = HARDWARE
        assert run(capsys, arguments)["up"] is True


def test_every_value_that_is_returned_is_documented(verified, capsys):
    verified(Failure("guest-panicked", "the guest's kernel panicked"))
    result = run(capsys, {"disks": ["/web01.qcow2"], "hardware": HARDWARE})
    documented = set(yaml.safe_load(guestconv_verify.RETURN))
    # What the action plugin adds.
    assert set(result) - {"failed", "msg", "invocation", "exception"} == documented - {"resumed"}
    assert "deprecations" not in result


def test_the_documented_options_are_those_of_the_module():
    documented = yaml.safe_load(guestconv_verify.DOCUMENTATION)["options"]
    assert set(documented) | {"disks", *argument_specs.PROGRESS} == set(guestconv_verify.ARGUMENT_SPEC)
    for name, option in documented.items():
        assert option.get("default") == guestconv_verify.ARGUMENT_SPEC[name].get("default")


def test_disks_whose_commit_was_interrupted_are_booted_as_they_will_be(verified, capsys, monkeypatch):
    calls = verified()
    pending = SimpleNamespace(as_converted=lambda: ["/finished/overlay.qcow2"])
    monkeypatch.setattr(command.journal, "pending", lambda disks: pending)
    run(capsys, {"disks": ["/web01.qcow2"], "hardware": HARDWARE})
    assert calls[0][0] == ["/finished/overlay.qcow2"]
