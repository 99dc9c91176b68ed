# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text that a guest writes to its console: kept in bounds, cleaned, and looked at for signs of failure."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Bytes. The guest may write for ever, and is not to fill our memory or the host's disk.
_KEPT = 128 * 1024
_LONGEST_LOG = 16 * 1024 * 1024

# Control sequences (ECMA-48 CSI; OSC with its end; two-character escapes), and control characters but \t and \n.
_CONTROL = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-~]|[\x00-\x08\x0b-\x1f\x7f]"
)
# Menus place the cursor (CSI H) rather than end lines.
_LINE_END = re.compile(r"\r*\n|\r|\x1b\[[0-9;]*[Hf]")

# agetty's, and login's second try; at the start of a line, since log messages mention logins too.
_LOGIN = re.compile(r"^\S+ login:", re.MULTILINE)


@dataclass(frozen=True)
class Symptom:
    """A sign on the console that the guest will not come up by waiting. emulator: it is QEMU's fault, not the guest's."""

    code: str
    pattern: re.Pattern
    reason: str
    hint: str = ""
    emulator: bool = False


def _symptom(code, pattern, reason, hint="", emulator=False):
    return Symptom(code, re.compile(pattern, re.MULTILINE), reason, hint, emulator)


_NO_ROOT = (
    "The initrd lacks the driver of the disk's new bus, or root= names the disk by a name that is gone. Convert the"
    " guest for this hardware first."
)

# In order: the first that matches tells more than the later ones.
SYMPTOMS = (
    # arch/x86/kernel/apic/io_apic.c, check_timer(): under emulation on a busy host the timer's tick comes too late.
    _symptom(
        "emulator-failed",
        r"IO-APIC \+ timer doesn't work",
        "the guest's kernel panicked because the emulated timer was late",
        "This is the emulator's fault, on a busy host. Try again, or where KVM works.",
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
        "Most often a line of /etc/fstab names a disk that is gone.",
    ),
    _symptom(
        "guest-stuck-in-boot-loader",
        r"^grub(?: rescue)?>|Minimal BASH-like line editing is supported",
        "the boot loader (GRUB) did not find its configuration",
    ),
    # OVMF's boot manager, when it has tried everything.
    _symptom(
        "guest-stuck-in-boot-loader",
        r"BdsDxe: No bootable option or device was found|UEFI Interactive Shell",
        "the UEFI firmware found nothing to boot",
        "The guest may lack the fallback loader \\EFI\\BOOT\\BOOTX64.EFI.",
    ),
)


class Console:
    """What came from the guest's console. log: a binary file that gets it all (up to 16 MiB), or None."""

    def __init__(self, log=None):
        self._raw = b""
        self._log = log
        self._logged = 0

    def feed(self, data):
        """Add data (bytes)."""
        self._raw = (self._raw + data)[-_KEPT:]
        if self._log:
            self._log.write(data[: _LONGEST_LOG - self._logged])
            self._log.flush()
            self._logged = min(self._logged + len(data), _LONGEST_LOG)

    def text(self):
        """The last 128 KiB, without control sequences, lines ended by a line feed."""
        text = _LINE_END.sub("\n", self._raw.decode("utf-8", "replace"))
        return _CONTROL.sub("", text)

    def lines(self, count):
        """The last count lines that are not blank."""
        return [line.rstrip() for line in self.text().split("\n") if line.strip()][-count:]

    def symptom(self):
        """The Symptom that the text shows, or None."""
        text = self.text()
        return next((symptom for symptom in SYMPTOMS if symptom.pattern.search(text)), None)

    def asks_for_login(self):
        return bool(_LOGIN.search(self.text()))
