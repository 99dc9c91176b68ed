# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each way in which KVM works or fails, with a stand-in for QEMU: so the tests pass on any machine."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.qemu import accelerator, kvm

WORKS = r"print('[    0.5] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)')"
ABORTS = r"os.write(2, b'failed to set MSR\nkvm_buf_set_msrs: Assertion failed\n'); os.abort()"
HANGS = "print('Booting from ROM..', flush=True); import time; time.sleep(600)"


@pytest.fixture
def host(tmp_path, monkeypatch):
    """A host where the device node of KVM can be opened, with a kernel, where nothing is remembered yet."""
    device, kernel = tmp_path / "kvm", tmp_path / "vmlinuz-6.1"
    device.touch()
    kernel.write_bytes(bytes(0x202) + b"HdrS")
    monkeypatch.setattr(kvm, "DEVICE", str(device))
    monkeypatch.setattr(kvm, "_KERNELS", (str(tmp_path / "vmlinuz-*"),))
    monkeypatch.setattr(kvm, "_MEMORY", str(tmp_path / "memory"))
    monkeypatch.setattr(kvm, "_PROBE_TIMEOUT", 600)
    monkeypatch.delenv("SUPERMIN_KERNEL", raising=False)
    monkeypatch.delenv("LIBGUESTFS_PATH", raising=False)
    return tmp_path


@pytest.fixture
def emulator(host, monkeypatch):
    """emulator(code) makes a program of Python code the only QEMU; it returns a list of the runs that there were."""

    def make(code):
        program, runs = host / "qemu", host / "runs"
        runs.write_text("")
        program.write_text(
            f"#!{sys.executable}\nimport os, sys\nopen({str(runs)!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')\n{code}\n"
        )
        program.chmod(stat.S_IRWXU)
        monkeypatch.setattr(accelerator, "find_emulator", lambda: str(program))
        return lambda: runs.read_text().splitlines()

    return make


def test_kvm_is_chosen_where_a_kernel_starts_on_it(emulator, host):
    runs = emulator(WORKS)
    assert accelerator.choose("auto") == ("kvm", None)
    assert accelerator.choose("kvm") == ("kvm", None)
    assert len(runs()) == 1  # it is remembered
    assert f"-accel kvm -cpu host -serial stdio -kernel {host}/vmlinuz-6.1" in runs()[0]


def test_emulation_is_chosen_with_a_warning_where_qemu_aborts_with_kvm(emulator):
    runs = emulator(ABORTS)
    for _time in range(2):
        chosen, warning = accelerator.choose("auto")
        assert chosen == "tcg"
        assert warning.endswith("many times slower: kvm_buf_set_msrs: Assertion failed.")
    assert len(runs()) == 2  # that shows at once, and may be gone the next time


def test_a_qemu_that_dies_without_a_word_is_no_working_kvm(emulator):
    emulator("sys.exit(3)")
    assert "QEMU ended with status 3 before a kernel ran" in accelerator.choose("auto")[1]


def test_a_machine_that_only_runs_its_firmware_is_no_working_kvm_and_is_not_waited_for_again(emulator, monkeypatch):
    runs = emulator(HANGS)

    class Popen(subprocess.Popen):
        """Its time begins when the program runs."""

        def communicate(self, input=None, timeout=None):
            while not runs():
                time.sleep(0.01)
            return super().communicate(input, timeout)

    monkeypatch.setattr(kvm, "_PROBE_TIMEOUT", 1)
    monkeypatch.setattr(kvm.subprocess, "Popen", Popen)
    for _time in range(2):
        assert "a Linux kernel did not start on it within 1 seconds" in accelerator.choose("auto")[1]
    assert len(runs()) == 1


def test_a_kernel_that_panics_before_it_looks_for_a_root_is_no_working_kvm(emulator):
    emulator('print("Kernel panic - not syncing: IO-APIC + timer doesn\'t work!")')
    assert accelerator.choose("auto")[0] == "tcg"


def test_kvm_asked_for_and_not_working_is_an_error_with_the_reason(emulator):
    emulator(ABORTS)
    with pytest.raises(GuestconvError) as caught:
        accelerator.choose("kvm")
    assert caught.value.code == "kvm-not-usable"
    assert "Assertion failed" in caught.value.message and "tcg" in caught.value.hint


def test_emulation_asked_for_is_not_probed(emulator):
    runs = emulator(WORKS)
    assert accelerator.choose("tcg") == ("tcg", None)
    assert not runs()


def test_without_the_device_node_no_machine_is_run(emulator, monkeypatch):
    runs = emulator(WORKS)
    monkeypatch.setattr(kvm, "DEVICE", "/no/such/kvm")
    assert accelerator.choose("auto")[1].endswith("there is no /no/such/kvm.")
    assert not runs()


def test_a_device_node_that_may_not_be_opened_is_reported(emulator, monkeypatch):
    emulator(WORKS)
    monkeypatch.setattr(kvm.os, "access", lambda path, mode: False)
    assert "this user may not open" in accelerator.choose("auto")[1]


def test_a_host_without_a_kernel_cannot_show_that_kvm_works(emulator, host):
    emulator(WORKS)
    (host / "vmlinuz-6.1").write_bytes(b"not a kernel")
    chosen, warning = accelerator.choose("auto")
    assert chosen == "tcg" and "there is no readable Linux kernel" in warning


def test_the_kernel_of_a_fixed_appliance_is_the_first_choice(emulator, host):
    emulator(WORKS)
    for name in ("fixed", "path"):
        (host / name).mkdir()
        (host / name / "kernel").write_bytes(bytes(0x202) + b"HdrS")
    assert kvm.find_kernel(str(host / "fixed")) == str(host / "fixed" / "kernel")
    assert kvm.find_kernel() == str(host / "vmlinuz-6.1")


def test_the_kernel_that_libguestfs_is_told_to_use_is_the_one_that_is_tried(host, monkeypatch):
    for name in ("one", "two"):
        (host / name).write_bytes(bytes(0x202) + b"HdrS")
    monkeypatch.setenv("SUPERMIN_KERNEL", str(host / "one"))
    assert kvm.find_kernel() == str(host / "one")
    (host / "kernel").write_bytes(bytes(0x202) + b"HdrS")
    monkeypatch.setenv("LIBGUESTFS_PATH", f"/nowhere:{host}")
    assert kvm.find_kernel() == str(host / "kernel")


def remembered(host):
    return host / f"memory-{os.geteuid()}" / "kvm.json"


@pytest.mark.parametrize("key, value", [("boot", "another"), ("kernel", "6.0"), ("modules", []), ("qemu", [])])
def test_an_answer_of_another_boot_kernel_module_or_qemu_does_not_hold(emulator, host, key, value):
    runs = emulator(WORKS)
    accelerator.choose("auto")
    answer = json.loads(remembered(host).read_text())
    answer["host"][key] = ["kvm_x"] if value == answer["host"][key] else value
    remembered(host).write_text(json.dumps(answer))
    accelerator.choose("auto")
    assert len(runs()) == 2


def test_a_failure_is_forgotten_after_an_hour_and_success_is_not(emulator, host):
    runs = emulator(WORKS)
    kvm.remember_failure(accelerator.find_emulator(), "an appliance hung")
    assert "an appliance hung" in accelerator.choose("auto")[1]
    for reason in ("an appliance hung", None):
        answer = json.loads(remembered(host).read_text())
        remembered(host).write_text(json.dumps(dict(answer, reason=reason, time=answer["time"] - 3601)))
        assert accelerator.choose("auto") == ("kvm", None)
    assert len(runs()) == 1


@pytest.mark.parametrize("text", ["", "[]", "{", '{"host": 1, "time": "x", "reason": 2}', "\0"])
def test_a_damaged_answer_is_none(emulator, host, text):
    runs = emulator(WORKS)
    remembered(host).parent.mkdir(mode=0o700)
    remembered(host).write_text(text)
    assert accelerator.choose("auto") == ("kvm", None)
    assert len(runs()) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
@pytest.mark.parametrize("change", [lambda path: os.chown(path, 65534, 65534), lambda path: path.chmod(0o777)])
def test_an_answer_that_another_user_could_have_written_is_not_read(emulator, host, change):
    runs = emulator(WORKS)
    accelerator.choose("auto")
    change(remembered(host).parent)
    for _time in range(2):
        assert accelerator.choose("auto") == ("kvm", None)
    assert len(runs()) == 3


def test_a_host_without_qemu_is_told_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(accelerator, "_EMULATORS", ("qemu-system-x86_64",))
    with pytest.raises(GuestconvError) as caught:
        accelerator.choose("auto")
    assert caught.value.code == "qemu-not-found"
    assert "qemu-system-x86" in caught.value.hint


def test_the_modules_of_kvm_that_are_loaded_are_part_of_what_an_answer_holds_for(emulator, host):
    emulator(WORKS)
    accelerator.choose("auto")
    known = json.loads(remembered(host).read_text())["host"]
    assert known["modules"] == sorted(path.name for path in Path("/sys/module").glob("kvm*"))
