# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The TPM of a machine: by stand-ins for swtpm and QEMU, and by the real ones."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.disks import images
from ansible_collections.virttools.guestconv.plugins.module_utils.model.hardware import Hardware
from ansible_collections.virttools.guestconv.plugins.module_utils.qemu.accelerator import find_emulator
from ansible_collections.virttools.guestconv.plugins.module_utils.verify import tpm, verification
from ansible_collections.virttools.guestconv.plugins.module_utils.verify.command_line import Launch
from ansible_collections.virttools.guestconv.plugins.module_utils.verify.console import Console
from ansible_collections.virttools.guestconv.plugins.module_utils.verify.machine import Machine

# It writes down how it was started, gives these answers, and ends at once, or only when it is killed.
SWTPM = """#!{python}
import json, os, re, signal, socket, sys
with open({started!r}, "w") as file:
    json.dump([sys.argv[1:], os.getcwd(), os.getpid()], file)
channel = socket.socket(fileno=int(re.search(r"clientfd=(\\d+)", " ".join(sys.argv)).group(1)))
for answer in {answers!r}:
    channel.recv(8)
    channel.sendall(answer)
if {stays!r}:
    signal.pause()
sys.exit("Could not open TPM state file:\\nPermission denied")
"""
# It greets, agrees to whatever is asked first, reports that the guest has powered off, and ends when the monitor is closed.
QEMU = """#!{python}
import re, socket, sys
monitor = socket.socket(fileno=int(re.search(r"id=monitor,fd=(\\d+)", " ".join(sys.argv)).group(1)))
monitor.sendall(b'{{"QMP": {{"version": {{}}, "capabilities": []}}}}\\r\\n')
monitor.recv(4096)
monitor.sendall(b'{{"return": {{}}}}\\r\\n{{"event": "SHUTDOWN", "data": {{}}}}\\r\\n')
monitor.recv(4096)
"""
# A module with a machine that has them both.
MODULE = """
import signal, sys
from {room}.model.hardware import Hardware
from {room}.verify import tpm
from {room}.verify.command_line import Launch
from {room}.verify.console import Console
from {room}.verify.machine import Machine

emulator, directory, tpm.PROGRAM = sys.argv[1:]
machine = Machine(Launch(emulator, "tcg", 64, 1, Hardware(disks=(), tpm=True), (), ()), Console(None), directory)
print(machine.warning, flush=True)
signal.pause()
"""
ROOM = tpm.__name__.rpartition(".verify")[0]
WORKS = (bytes(4), bytes(4))
LEFT_OUT = "so the guest is booted without the TPM that `hardware` names"


@pytest.fixture
def swtpm(tmp_path, monkeypatch):
    """swtpm(answers, stays) puts a stand-in in its place; None, nothing. The path is of what it writes down."""

    def make(answers, stays=True):
        started = tmp_path / "started"
        program = tmp_path / "swtpm"
        monkeypatch.setattr(tpm, "PROGRAM", str(program))
        if answers is not None:
            text = SWTPM.format(python=sys.executable, started=str(started), answers=answers, stays=stays)
            program.write_text(text, encoding="utf-8")
            program.chmod(0o755)
        return started

    return make


@pytest.fixture
def emulator(tmp_path):
    program = tmp_path / "qemu"
    program.write_text(QEMU.format(python=sys.executable), encoding="utf-8")
    program.chmod(0o755)
    return str(program)


def start(emulator, directory, **hardware):
    launch = Launch(emulator, "tcg", 64, 1, Hardware(disks=(), **hardware), (), ())
    return Machine(launch, Console(None), str(directory))


def test_the_arguments_of_swtpm():
    assert tpm.command_line("/usr/bin/swtpm", 5) == [
        *["/usr/bin/swtpm", "socket", "--tpm2", "--tpmstate", "dir=."],
        *["--ctrl", "type=unixio,clientfd=5", "--terminate"],
    ]


def test_a_machine_with_a_tpm_has_swtpm_for_as_long_as_it_runs(swtpm, emulator, tmp_path):
    started = swtpm(WORKS)
    machine = start(emulator, tmp_path, tpm=True)
    try:
        arguments, directory, number = json.loads(started.read_text())
        os.kill(number, 0)  # it runs
        assert (machine.warning, directory) == ("", str(tmp_path / "tpm"))
        assert arguments[0] == "socket"
        assert machine.command[-6:-4] == ["-chardev", f"socket,id=tpm,fd={machine.launch.tpm}"]
    finally:
        machine.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


def test_a_machine_without_a_tpm_has_neither_process_nor_arguments(swtpm, emulator, tmp_path):
    started = swtpm(WORKS)
    machine = start(emulator, tmp_path)
    machine.stop()
    assert not started.exists() and not (tmp_path / "tpm").exists()
    assert machine.warning == "" and not [word for word in machine.command[1:] if "tpm" in word]


def test_swtpm_ends_with_the_module_that_is_killed(swtpm, emulator, tmp_path):
    started = swtpm(WORKS)
    command = [sys.executable, "-c", MODULE.format(room=ROOM), emulator, str(tmp_path), tpm.PROGRAM]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout.readline() == b"\n"
    number = os.pidfd_open(json.loads(started.read_text())[2])
    try:
        process.kill()
        process.wait()
        # Readable when the process has ended: pidfd_open(2).
        assert select.select([number], [], [], 600)[0], "swtpm goes on by itself."
    finally:
        process.kill()
        process.stdout.close()
        if not select.select([number], [], [], 0)[0]:
            signal.pidfd_send_signal(number, signal.SIGKILL)
        os.close(number)


@pytest.mark.parametrize(
    "answers, stays, reason",
    [
        (None, False, f"swtpm is not installed on this machine, {LEFT_OUT}."),
        ((), False, f"swtpm did not start, {LEFT_OUT}: Could not open TPM state file: Permission denied"),
        ((bytes(4), b"\0\0\0\x09"), True, f"swtpm did not start, {LEFT_OUT}: it gave no message."),
    ],
)
def test_without_a_swtpm_that_works_the_machine_has_no_tpm_and_a_warning(
    swtpm, emulator, tmp_path, answers, stays, reason
):
    swtpm(answers, stays)
    machine = start(emulator, tmp_path, tpm=True)
    machine.stop()
    assert machine.warning == reason
    assert not [word for word in machine.command[1:] if "tpm" in word]


def test_that_the_tpm_was_left_out_is_a_warning_of_the_result(swtpm, emulator, tmp_path, monkeypatch):
    swtpm(None)
    monkeypatch.setattr(verification.accelerators, "find_emulator", lambda: emulator)
    (tmp_path / "guest.raw").write_bytes(bytes(1024 * 1024))
    disks = images.disks_from_option([{"path": str(tmp_path / "guest.raw"), "format": "raw"}])
    hardware = {"disks": [{"driver": "ahci"}], "console": {"driver": "isa-serial"}, "tpm": True}
    settings = verification.Settings(accelerator="tcg", workdir=str(tmp_path))
    outcome = verification.verify(disks, hardware, None, settings)
    assert outcome.warnings == [f"swtpm is not installed on this machine, {LEFT_OUT}."]


@pytest.mark.skipif(not shutil.which("swtpm"), reason="swtpm is not installed")
@pytest.mark.parametrize("family", ["q35", "pc"])
def test_qemu_has_a_tpm_that_the_real_swtpm_emulates(tmp_path, family):
    directory = tmp_path / ("a, long=path " * 12)
    directory.mkdir()
    machine = start(find_emulator(), directory, machine=family, tpm=True)
    try:
        assert machine.warning == ""
        (found,) = machine._monitor.execute("query-tpm")
        assert (found["model"], found["options"]["type"]) == ("tpm-crb", "emulator")
    finally:
        machine.stop()
    assert "tpm2-00.permall" in os.listdir(directory / "tpm")
