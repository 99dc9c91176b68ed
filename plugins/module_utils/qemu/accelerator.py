# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chooses how QEMU runs a machine: KVM where it works, else emulation (TCG)."""

from __future__ import annotations

import shutil

from ..errors import GuestconvError
from . import kvm

ACCELERATORS = ("auto", "kvm", "tcg")

# EL's qemu-kvm is not in PATH.
_EMULATORS = ("qemu-system-x86_64", "qemu-kvm", "/usr/libexec/qemu-kvm")

# The processor that goes with each accelerator. `max` has all that TCG can emulate (EL9 wants x86-64-v2), less the
# five-level page tables, which libguestfs turns off too: firmware and kernels from before them hang there. And less
# erms, which no x86-64-v1 to v4 demands: with it kernels and C libraries copy by `rep movsb`, which TCG does byte by
# byte. An appliance takes a tenth less without.
PROCESSORS = {"kvm": "host", "tcg": "max,la57=off,erms=off"}


def find_emulator() -> str:
    """The path of QEMU's x86 emulator. Raises GuestconvError `qemu-not-found`."""
    for name in _EMULATORS:
        path = shutil.which(name)
        if path:
            return path
    raise GuestconvError(
        "qemu-not-found",
        "QEMU for x86 is not installed on this machine.",
        hint="Install qemu-system-x86 (Debian, Ubuntu, SUSE) or qemu-kvm (EL, Fedora).",
    )


def choose(requested: str, fixed_appliance: str | None = None) -> tuple[str, str | None]:
    """The accelerator to run a machine with, and a warning for the user or None.

    requested: "auto", "kvm" or "tcg". fixed_appliance: a directory whose kernel serves to test KVM with, or None.
    Raises GuestconvError `kvm-not-usable` when "kvm" is asked for and does not work, and `qemu-not-found`.
    """
    if requested == "tcg":
        return "tcg", None
    why_not = kvm.why_not(find_emulator(), PROCESSORS["kvm"], fixed_appliance)
    if why_not is None:
        return "kvm", None
    if requested == "kvm":
        raise GuestconvError(
            "kvm-not-usable",
            f"KVM does not work on this machine: {why_not}.",
            hint="Use the accelerator `auto` or `tcg`, or repair KVM. In a virtual machine, the host must enable nested virtualization.",
        )
    return "tcg", f"KVM does not work on this machine, so QEMU emulates, which is many times slower: {why_not}."


def kvm_failed(reason: str) -> None:
    """Remember that a machine hung with KVM though a kernel had started on it, so that the next one is emulated.

    reason: as kvm.why_not() gives one: no full stop.
    """
    kvm.remember_failure(find_emulator(), reason)
