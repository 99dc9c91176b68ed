# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the appliance runs: its trace, its warnings, and its end when it takes too long."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.appliance import appliance as appliances
from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.calls import Calls
from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.failures import ApplianceError
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.images import disks_from_option
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.qemu import accelerator as accelerators
from ansible_collections.virttools.guestconv.plugins.module_utils.qemu import kvm
from ansible_collections.virttools.guestconv.tests.any_call import Appliance


@pytest.fixture
def disks(tmp_path):
    path = tmp_path / "disk.raw"
    subprocess.run(["qemu-img", "create", "-q", "-f", "raw", str(path), "64M"], check=True)
    return disks_from_option([{"path": str(path), "format": "raw"}])


def test_a_trace_has_each_call_with_its_duration_and_no_contents(disks, tmp_path):
    trace = tmp_path / "trace.json"
    with Appliance(disks, read_only=False, accelerator="tcg", memory=1024, trace=str(trace)) as appliance:
        appliance.mkfs("ext4", appliance.device(0))
        appliance.mount(appliance.device(0), "/")
        appliance.write("/secret", b"password")
        with pytest.raises(ApplianceError):
            appliance.read_file("/absent")
        assert (appliance.launches, appliance.warnings) == (1, [])
        appliance.close()
    lines = [json.loads(line) for line in trace.read_text(encoding="utf-8").splitlines()]
    calls = {line["call"]: line for line in lines}
    assert {"launch", "mkfs", "mount", "write", "read_file", "shutdown"} <= set(calls)
    assert calls["write"]["arguments"] == ["/secret", "<8 bytes>"]
    assert "password" not in trace.read_text(encoding="utf-8")
    assert "absent" in calls["read_file"]["error"] and "error" not in calls["mount"]
    assert all(line["seconds"] >= 0 for line in lines)


@pytest.mark.skipif(accelerators.choose("auto")[0] != "tcg", reason="KVM works here, and the processor is the host's")
def test_an_emulated_processor_lacks_what_emulation_is_slow_by_and_has_what_distributions_demand(appliance):
    flags = appliance.debug("sh", ["grep -m1 ^flags /proc/cpuinfo"]).split()
    assert {"avx2", "bmi2", "fma", "xsave"} <= set(flags)
    assert {"erms", "la57"}.isdisjoint(flags)


def test_the_end_of_a_real_kernel_is_what_shows_that_kvm_works(monkeypatch):
    # Emulated, as KVM may not work here: what is shown is that the kernel's end is recognised.
    monkeypatch.setattr(kvm, "_PROBE_TIMEOUT", 300)
    probed = kvm.probe(accelerators.find_emulator(), "tcg", accelerators.PROCESSORS["tcg"], kvm.find_kernel())
    assert probed == kvm.Probe(None)


def test_an_appliance_that_takes_too_long_is_stopped_and_no_other(disks, appliance):
    with pytest.raises(GuestconvError) as caught:
        with Appliance(disks, read_only=True, accelerator="tcg", timeout=1) as slow:
            while True:  # a machine with KVM may have launched by then
                slow.list_devices()
    assert caught.value.code == "timeout"
    assert "1 seconds" in caught.value.message and caught.value.hint
    assert appliance.device(0) in appliance.list_devices()


# What a write to the overlay meets on a full quota or a broken network file system, by other means.
WRITES_TOO_MUCH = """
import resource, sys
from ansible_collections.virttools.guestconv.tests.any_call import Appliance
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.calls import Calls
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.images import disks_from_option

resource.setrlimit(resource.RLIMIT_FSIZE, (8 << 20, 8 << 20))
try:
    with Appliance(disks_from_option([sys.argv[1]]), read_only=False) as appliance:
        appliance.mkfs("ext4", appliance.device(0))
        appliance.mount(appliance.device(0), "/")
        appliance.fill(1, 64 << 20, "/large")
        appliance.close()
except GuestconvError as error:
    print(error.code, error.message)
"""


def test_a_write_error_that_the_appliance_would_not_notice_ends_it(tmp_path):
    disk = tmp_path / "disk.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(disk), "256M"], check=True)
    said = subprocess.run(
        [sys.executable, "-c", WRITES_TOO_MUCH, str(disk)], check=True, capture_output=True, text=True
    ).stdout
    assert said.startswith("host-io-failed")
    assert str(disk) in said and "File too large" in said


# The firmware runs, and then no kernel: as on a host whose KVM cannot run one. Emulated, so that any machine can do it.
HANGING_QEMU = """#!{python}
import os, sys
vector = sys.argv[1:]
if any("accel=kvm" in argument for argument in vector) and "-kernel" in vector:
    for option in ("-kernel", "-initrd", "-append"):
        at = vector.index(option)
        del vector[at : at + 2]
    vector = [argument.replace("accel=kvm:tcg", "accel=tcg") for argument in vector]
os.execv("{qemu}", ["{qemu}", *vector])
"""


@pytest.fixture
def hanging_kvm(tmp_path, monkeypatch):
    """KVM seems to work, and the appliance's kernel does not start with it. The list gets what is remembered of it."""
    stand_in = tmp_path / "qemu"
    stand_in.write_text(HANGING_QEMU.format(python=sys.executable, qemu=accelerators.find_emulator()))
    stand_in.chmod(0o755)
    remembered = []
    monkeypatch.setenv("LIBGUESTFS_HV", str(stand_in))
    monkeypatch.setattr(appliances.accelerators, "choose", lambda requested, fixed: ("kvm", None))
    monkeypatch.setattr(appliances.accelerators, "kvm_failed", remembered.append)
    monkeypatch.setitem(appliances.SILENCE, "kvm", 5)
    return remembered


def test_an_appliance_that_hangs_with_kvm_is_emulated_with_one_warning_and_that_is_remembered(disks, hanging_kvm):
    with Appliance(disks, read_only=True) as appliance:
        assert appliance.list_devices() == ["/dev/sda"]
        assert (appliance.launches, len(appliance.warnings)) == (1, 1)
        assert "hung while it started with KVM, so it is emulated" in appliance.warnings[0]
    assert hanging_kvm == ["a libguestfs appliance hung on it while it started"]


def test_an_appliance_that_hangs_with_the_kvm_that_was_asked_for_ends_with_its_last_words(disks, hanging_kvm):
    with pytest.raises(GuestconvError) as caught:
        with Appliance(disks, read_only=True, accelerator="kvm"):
            pass
    assert caught.value.code == "appliance-no-progress"
    assert "nothing came from it for 5 seconds" in caught.value.message and "tcg" in caught.value.hint
    assert "the last that it wrote was" in caught.value.message
    assert not hanging_kvm


@pytest.mark.parametrize("memory", [0, 64, -1, 1 << 40])
def test_memory_that_no_appliance_can_have_is_refused(disks, memory):
    with pytest.raises(GuestconvError) as caught:
        with Appliance(disks, read_only=True, memory=memory):
            pass
    assert (caught.value.code, caught.value.path) == ("memory-invalid", "memory")


def test_a_fixed_appliance_is_the_one_that_is_started(disks, tmp_path, appliance):
    # The session's appliance has made libguestfs cache one; libguestfs-make-fixed-appliance(1) copies just these files.
    cached = Path(appliance.get_cachedir(), f".guestfs-{os.geteuid()}", "appliance.d")
    fixed = tmp_path / "fixed"
    fixed.mkdir()
    with pytest.raises(GuestconvError) as caught:
        with Appliance(disks, read_only=True, fixed_appliance=str(fixed)):
            pass
    assert (caught.value.code, caught.value.path) == ("appliance-not-found", "fixed_appliance")
    assert "libguestfs-make-fixed-appliance" in caught.value.hint
    for name in ("kernel", "initrd", "root"):
        (fixed / name).symlink_to(cached / name)
    (fixed / "README.fixed").touch()
    with Appliance(disks, read_only=True, fixed_appliance=str(fixed)) as launched:
        command_lines = [Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8") for pid in _children_of_mine()]
        assert any(f"{fixed}/kernel" in line for line in command_lines), command_lines
        assert launched.list_devices() == ["/dev/sda"]


def _children_of_mine():
    return [pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()]


# `shell` is called otherwise there; test_door.py uses it.
NAMES = sorted(name for name in dir(Calls) if not name.startswith("_") and name not in ("call", "shell"))


@pytest.mark.parametrize("name", NAMES)
def test_libguestfs_has_each_call_that_is_declared_with_these_arguments(name):
    parameters = list(inspect.signature(getattr(Calls, name)).parameters.values())[1:]
    arguments = [each.name for each in parameters if each.kind is not each.KEYWORD_ONLY]
    options = {each.name: True for each in parameters if each.kind is each.KEYWORD_ONLY}
    call = inspect.signature(getattr(appliances.guestfs.GuestFS, name))
    bound = call.bind(None, *arguments, **options).arguments
    assert list(bound.values()) == [None, *arguments, *options.values()]
    assert options.items() <= bound.items()
