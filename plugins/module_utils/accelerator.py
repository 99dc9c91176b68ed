# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chooses how QEMU runs a machine: KVM where it works, else emulation (TCG)."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError

ACCELERATORS = ("auto", "kvm", "tcg")

# EL's qemu-kvm is not in PATH.
_EMULATORS = ("qemu-system-x86_64", "qemu-kvm", "/usr/libexec/qemu-kvm")

# The processor that goes with each accelerator. `max` has all that TCG can emulate (EL9 wants x86-64-v2), less the
# five-level page tables, which libguestfs turns off too: firmware and kernels from before them hang there. And less
# erms, which no x86-64-v1 to v4 demands: with it kernels and C libraries copy by `rep movsb`, which TCG does byte by
# byte. An appliance takes a tenth less without.
PROCESSORS = {"kvm": "host", "tcg": "max,la57=off,erms=off"}

# A firmware that resets the machine through the keyboard controller: mov al,0xfe; out 0x64,al; hlt; jmp to the hlt.
# The processor's first instruction is 16 bytes before the end.
_FIRMWARE_SIZE = 65536
_RESET_CODE = bytes.fromhex("b0fee664f4ebfd")

# Seconds. A working KVM takes a tenth of one.
_PROBE_TIMEOUT = 30


def find_emulator():
    """The path of QEMU's x86 emulator. Raises GuestconvError `qemu-not-found`."""
    for name in _EMULATORS:
        path = shutil.which(name)
        if path:
            return path
    raise GuestconvError(
        "qemu-not-found",
        "There is no QEMU for x86 here.",
        hint="Install qemu-system-x86 (Debian, Ubuntu, SUSE) or qemu-kvm (EL, Fedora).",
    )


def choose(requested):
    """The accelerator to run a machine with, and a warning for the user or None.

    requested: "auto", "kvm" or "tcg". Raises GuestconvError `kvm-not-usable` when "kvm" is asked for and does not work,
    and `qemu-not-found`.
    """
    if requested == "tcg":
        return "tcg", None
    why_not = _why_no_kvm(find_emulator())
    if why_not is None:
        return "kvm", None
    if requested == "kvm":
        raise GuestconvError("kvm-not-usable", "KVM does not work here: " + why_not, hint="Use the accelerator `auto`.")
    return "tcg", "KVM does not work here, so the machine is emulated, which is many times slower: " + why_not


def _why_no_kvm(emulator):
    """Why KVM cannot be used, or None when it can.

    The device node says little: on some hosts it opens and makes virtual machines, and QEMU aborts when it sets up the
    host's processor (`kvm_buf_set_msrs: Assertion`). So a machine is really run, with a firmware that ends it at once.
    """
    if not os.path.exists("/dev/kvm"):
        return "there is no /dev/kvm"
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "this user may not open /dev/kvm"
    with tempfile.NamedTemporaryFile(prefix="guestconv-kvm-probe-") as firmware:
        firmware.write((bytes(_FIRMWARE_SIZE - 16) + _RESET_CODE).ljust(_FIRMWARE_SIZE, b"\0"))
        firmware.flush()
        return _run_probe(_probe_command(emulator, firmware.name))


def _probe_command(emulator, firmware):
    """A machine that has KVM and firmware (a path), and which exits with 0 when the firmware resets it."""
    machine = ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-machine", "q35", "-m", "16"]
    return [emulator] + machine + ["-accel", "kvm", "-cpu", PROCESSORS["kvm"], "-bios", firmware]


def _run_probe(command):
    """None when command ends well, else the last that it said."""
    try:
        ended = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_PROBE_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        return "a machine that should end at once still ran after %d seconds" % _PROBE_TIMEOUT
    if ended.returncode == 0:
        return None
    lines = ended.stderr.strip().splitlines()
    return lines[-1] if lines else "QEMU ended with status %d" % ended.returncode
