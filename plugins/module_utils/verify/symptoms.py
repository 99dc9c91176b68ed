# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signs that a guest will not come up, on its console and display."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Characters of the line that shows the symptom.
_LONGEST_LINE = 200


@dataclass(frozen=True)
class Symptom:
    """A sign in the guest's output that waiting longer does not help.

    code, reason, hint: as in Failure. emulator: it is QEMU's fault, not the guest's.
    """

    code: str
    pattern: re.Pattern[str]
    reason: str
    hint: str = ""
    emulator: bool = False


def _symptom(code: str, pattern: str, reason: str, hint: str = "", emulator: bool = False) -> Symptom:
    return Symptom(code, re.compile(pattern, re.MULTILINE), reason, hint, emulator)


_NO_ROOT = (
    "The initrd lacks the driver of the disk's new bus, or root= refers to the disk by a name that no longer exists. Convert the"
    " guest for this hardware first."
)

_NO_LOADER = "Check boot_order of hardware.disks, and whether the guest boots by BIOS or by UEFI."

# In order: the first that matches is more specific than the later ones.
SYMPTOMS = (
    # arch/x86/kernel/apic/io_apic.c, check_timer(): under emulation on a busy host the timer's tick comes too late.
    _symptom(
        "emulator-failed",
        r"IO-APIC \+ timer doesn't work",
        "the guest's kernel panicked because the emulated timer was late",
        "The emulator is at fault, on a busy host. Try again, or use a host with KVM.",
        emulator=True,
    ),
    # Debian's and Ubuntu's initramfs-tools, scripts/functions: panic().
    _symptom(
        "guest-stuck-in-initramfs",
        r"ALERT!.{0,400}does not exist|^\(initramfs\)",
        "the initramfs did not find the root filesystem",
        _NO_ROOT,
    ),
    # dracut's emergency shell (EL, Fedora, SUSE): modules.d/99base and 98dracut-systemd.
    _symptom(
        "guest-stuck-in-initramfs",
        r"rdsosreport\.txt|^dracut:/#|Entering (?:dracut )?emergency mode\. Exit the shell",
        "the initramfs (dracut) did not find the root filesystem",
        _NO_ROOT,
    ),
    _symptom(
        "guest-panicked",
        r"Kernel panic - not syncing: VFS: Unable to mount root fs",
        "the guest's kernel did not find the root filesystem",
        _NO_ROOT,
    ),
    _symptom("guest-panicked", r"Kernel panic - not syncing", "the guest's kernel panicked", "See `console`."),
    # systemd's emergency.target, in the root filesystem: most often an fstab line names a disk that is gone.
    _symptom(
        "guest-in-emergency-mode",
        r"You are in (?:emergency|rescue) mode|for (?:maintenance|system maintenance)$",
        "the guest's root filesystem is mounted, but the guest stopped in emergency mode",
        "Most often a line of /etc/fstab refers to a disk that no longer exists.",
    ),
    _symptom(
        "guest-stuck-in-boot-loader",
        r"^grub(?: rescue)?>|Minimal BASH-like line editing is supported",
        "the boot loader (GRUB) did not find its configuration",
    ),
    # SeaBIOS, boot.c, boot_fail().
    _symptom("guest-stuck-in-boot-loader", r"No bootable device\.", "the BIOS found nothing to boot", _NO_LOADER),
    # OVMF's boot manager, when it has tried everything.
    _symptom(
        "guest-stuck-in-boot-loader",
        r"BdsDxe: No bootable option or device was found|UEFI Interactive Shell",
        "the UEFI firmware found nothing to boot",
        "The guest may lack the fallback loader \\EFI\\BOOT\\BOOTX64.EFI.",
    ),
)


def find(text: str) -> tuple[Symptom, str] | None:
    """The first Symptom that text shows and the line that shows it, or None."""
    for symptom in SYMPTOMS:
        match = symptom.pattern.search(text)
        if match:
            start = text.rfind("\n", 0, match.start()) + 1
            return symptom, text[start:].split("\n", 1)[0].strip()[:_LONGEST_LINE]
    return None
