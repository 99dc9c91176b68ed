# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A QEMU that runs: a real one, without disks."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys

from ansible_collections.virttools.guestconv.plugins.module_utils.verify import machine

# What it was given to inherit ends with the last process that has it.
PROGRAM = """
import sys, time
from {room}.model.hardware import Hardware
from {room}.verify.command_line import Launch
from {room}.verify.console import Console
from {room}.verify.machine import Machine

machine = Machine(Launch("qemu-system-x86_64", "tcg", 64, 1, Hardware(disks=()), (), ()), Console(None), sys.argv[1])
print(machine._process.pid, flush=True)
time.sleep(3600)
"""
ROOM = machine.__name__.rpartition(".verify")[0]


def test_qemu_ends_with_the_module_that_is_killed(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(room=ROOM), str(tmp_path)], stdout=subprocess.PIPE, start_new_session=True
    )
    qemu = os.pidfd_open(int(process.stdout.readline()))
    try:
        assert not select.select([qemu], [], [], 0)[0]  # it runs
        process.kill()
        process.wait()
        # Readable when the process has ended: pidfd_open(2).
        assert select.select([qemu], [], [], 600)[0], "QEMU goes on by itself."
    finally:
        process.kill()
        process.stdout.close()
        if not select.select([qemu], [], [], 0)[0]:
            signal.pidfd_send_signal(qemu, signal.SIGKILL)
        os.close(qemu)
