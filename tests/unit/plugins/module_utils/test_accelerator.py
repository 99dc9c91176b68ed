# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import stat
import sys

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils import accelerator
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError


@pytest.fixture
def emulator(tmp_path, monkeypatch):
    """emulator(code) makes a program of Python code the only QEMU, on a host where /dev/kvm can be opened."""
    monkeypatch.setattr(accelerator.os.path, "exists", lambda path: True)
    monkeypatch.setattr(accelerator.os, "access", lambda path, mode: True)

    def make(code):
        program = tmp_path / "qemu"
        program.write_text("#!%s\nimport os, sys\n%s\n" % (sys.executable, code))
        program.chmod(stat.S_IRWXU)
        monkeypatch.setattr(accelerator, "find_emulator", lambda: str(program))

    return make


def test_kvm_is_chosen_where_a_machine_runs_with_it(emulator):
    emulator("sys.exit(0 if sys.argv[sys.argv.index('-accel') + 1] == 'kvm' else 1)")
    assert accelerator.choose("auto") == ("kvm", None)
    assert accelerator.choose("kvm") == ("kvm", None)


def test_emulation_is_chosen_with_a_warning_where_qemu_aborts_with_kvm(emulator):
    emulator("os.write(2, b'failed to set MSR\\nkvm_buf_set_msrs: Assertion failed\\n'); os.abort()")
    chosen, warning = accelerator.choose("auto")
    assert chosen == "tcg"
    assert warning.endswith("many times slower: kvm_buf_set_msrs: Assertion failed")


def test_a_qemu_that_dies_without_a_word_is_no_working_kvm(emulator):
    emulator("sys.exit(3)")
    assert "QEMU ended with status 3" in accelerator.choose("auto")[1]


def test_a_machine_that_hangs_is_no_working_kvm(emulator, monkeypatch):
    monkeypatch.setattr(accelerator, "_PROBE_TIMEOUT", 0)
    emulator("import time; time.sleep(60)")
    assert "still ran" in accelerator.choose("auto")[1]


def test_kvm_asked_for_and_not_working_is_an_error(emulator):
    emulator("sys.exit(1)")
    with pytest.raises(GuestconvError) as caught:
        accelerator.choose("kvm")
    assert caught.value.code == "kvm-not-usable"


def test_emulation_asked_for_is_not_probed(emulator):
    emulator("sys.exit(0)")
    assert accelerator.choose("tcg") == ("tcg", None)


def test_without_the_device_node_no_machine_is_run(monkeypatch):
    monkeypatch.setattr(accelerator, "find_emulator", lambda: "/no/such/qemu")
    monkeypatch.setattr(accelerator.os.path, "exists", lambda path: False)
    assert accelerator.choose("auto")[1].endswith("there is no /dev/kvm")


def test_a_device_node_that_may_not_be_opened_is_said(emulator, monkeypatch):
    emulator("sys.exit(0)")
    monkeypatch.setattr(accelerator.os, "access", lambda path, mode: False)
    assert accelerator.choose("auto")[1].endswith("this user may not open /dev/kvm")


def test_a_host_without_qemu_is_told_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(accelerator, "_EMULATORS", ("qemu-system-x86_64",))
    with pytest.raises(GuestconvError) as caught:
        accelerator.choose("auto")
    assert caught.value.code == "qemu-not-found"
    assert "qemu-system-x86" in caught.value.hint
