# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Boots a kernel and an initrd without boot loader, and reads files of a disk without the appliance: seconds each."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ansible_collections.virttools.guestconv.plugins.module_utils.qemu.accelerator import (
    PROCESSORS,
    choose,
    find_emulator,
)

# Seconds. A boot takes ten to thirty where it is emulated; a machine that hangs would take for ever.
_CEILING = 600

_CONSOLE = "console=ttyS0"

# Left to itself the kernel panics where the emulator is too slow for its test ("IO-APIC + timer doesn't work"). Guests
# of KVM leave the test out by themselves.
_NO_TIMER_TEST = "no_timer_check"

_CONTROLLERS = {
    "virtio-blk-pci": ["-device", "virtio-blk-pci,drive=disk"],
    "virtio-scsi-pci": ["-device", "virtio-scsi-pci", "-device", "scsi-hd,drive=disk"],
}


def boot(kernel, initrd, arguments, disk, driver, devices=()):
    """What the machine says on its serial console until it turns itself off, or reboots.

    kernel, initrd: paths. arguments: the kernel's. disk: the path of a raw image; it stays as it is. driver: by which
    that is attached. devices: further arguments of QEMU's.
    """
    accelerator, _why = choose("auto")
    command = [find_emulator(), "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-machine", "q35"]
    command += ["-accel", accelerator, "-cpu", PROCESSORS[accelerator], "-m", "512", "-serial", "stdio"]
    command += ["-drive", f"file={disk},format=raw,if=none,id=disk,snapshot=on", *_CONTROLLERS[driver]]
    command += devices
    command += ["-kernel", str(kernel), "-initrd", str(initrd)]
    command += ["-append", f"{arguments} {_CONSOLE} {_NO_TIMER_TEST}"]
    try:
        ended = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, errors="replace", check=False, timeout=_CEILING
        )
    except subprocess.TimeoutExpired as error:
        raise AssertionError(f"the machine still runs after {_CEILING} s:\n{error.stdout}") from None
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def copy_of_directory(disk, partition, path, destination):
    """Copy a directory with all that is in it, off an ext4 filesystem that is not in use, to the directory destination.

    disk: the path of a raw image. partition: recipes.Partition.
    """
    Path(destination).mkdir()
    _debugfs(disk, partition, f"rdump {path} {destination}")


def content(disk, partition, path):
    """The text of a file, as above; "" when there is none."""
    return _debugfs(disk, partition, f"cat {path}")


def _debugfs(disk, partition, request):
    filesystem = f"{disk}?offset={partition.start << 20}"
    return subprocess.run(["debugfs", "-R", request, filesystem], capture_output=True, text=True, check=True).stdout
