# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a machine ends, by what a stand-in for QEMU reports."""

from __future__ import annotations

import sys

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.model import hardware
from ansible_collections.virttools.guestconv.plugins.module_utils.verify.command_line import Launch
from ansible_collections.virttools.guestconv.plugins.module_utils.verify.console import Console
from ansible_collections.virttools.guestconv.plugins.module_utils.verify.machine import Machine

# It greets, agrees to whatever is asked first, reports its events, and ends when the monitor is closed.
QEMU = """#!{python}
import re, socket, sys
monitor = socket.socket(fileno=int(re.search(r"id=monitor,fd=(\\d+)", " ".join(sys.argv)).group(1)))
monitor.sendall(b'{{"QMP": {{"version": {{}}, "capabilities": []}}}}\\r\\n')
monitor.recv(4096)
monitor.sendall(b'{{"return": {{}}}}\\r\\n')
for event in {events!r}:
    monitor.sendall(b'{{"event": "%s", "data": {{}}}}\\r\\n' % event.encode())
if {stays!r}:
    monitor.recv(4096)
sys.exit("its last words")
"""


@pytest.fixture
def failure_after(tmp_path):
    """failure_after(*events) is the Failure of a machine whose QEMU reports these events, and then ends or stays."""

    def run(*events, stays=True):
        emulator = tmp_path / "qemu"
        emulator.write_text(QEMU.format(python=sys.executable, events=events, stays=stays), encoding="utf-8")
        emulator.chmod(0o755)
        machine = hardware.from_dict({"disks": [{"driver": "virtio-blk-pci"}]})
        launch = Launch(str(emulator), "tcg", 1024, 1, machine, overlays=("/absent",), networks=())
        running = Machine(launch, Console(None), str(tmp_path))
        try:
            while running.failure() is None:
                running.pump(1)
            return running.failure()
        finally:
            running.stop()

    return run


def test_a_disk_that_cannot_be_written_ends_it_with_where_room_is_needed(failure_after):
    failure = failure_after("RESUME", "BLOCK_IO_ERROR")
    assert failure.code == "disk-error"
    assert "workdir" in failure.hint


def test_a_guest_that_switches_itself_off_ends_it(failure_after):
    assert failure_after("RESET", "SHUTDOWN").code == "guest-powered-off"


def test_a_guest_that_restarts_for_ever_ends_it(failure_after):
    assert failure_after(*["RESET"] * 6).code == "guest-restarts"


def test_a_qemu_that_ends_is_reported_with_its_last_words(failure_after):
    failure = failure_after(stays=False)
    assert (failure.code, failure.reason) == ("qemu-failed", "QEMU ended: its last words")
