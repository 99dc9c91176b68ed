# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.verify import symptoms
from ansible_collections.virttools.guestconv.plugins.module_utils.verify.display import text_of


@pytest.mark.parametrize(
    "text, code",
    [
        # Debian 12, initramfs-tools.
        (
            "Gave up waiting for root file system device.  Common problems:\n - Boot args (cat /proc/cmdline)\n"
            "ALERT!  /dev/sda1 does not exist.  Dropping to a shell!\n",
            "guest-stuck-in-initramfs",
        ),
        ("BusyBox v1.35.0 built-in shell (ash)\n\n(initramfs) ", "guest-stuck-in-initramfs"),
        # dracut 057.
        (
            'Generating "/run/initramfs/rdsosreport.txt"\n\nEntering emergency mode. Exit the shell to continue.\n',
            "guest-stuck-in-initramfs",
        ),
        (
            "[    2.1] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n",
            "guest-panicked",
        ),
        ("[    2.1] Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b\n", "guest-panicked"),
        (
            "[    0.4] Kernel panic - not syncing: IO-APIC + timer doesn't work!  Boot with apic=debug\n",
            "emulator-failed",
        ),
        (
            'You are in emergency mode. After logging in, type "journalctl -xb" to view\nsystem logs\n'
            "Give root password for maintenance\n(or press Control-D to continue): ",
            "guest-in-emergency-mode",
        ),
        ("error: no such device: 0815.\nEntering rescue mode...\ngrub rescue> ", "guest-stuck-in-boot-loader"),
        ("Boot failed: not a bootable disk\n\nNo bootable device.\n", "guest-stuck-in-boot-loader"),
        ("BdsDxe: No bootable option or device was found.\n", "guest-stuck-in-boot-loader"),
    ],
)
def test_signs_of_failure_are_seen(text, code):
    symptom, line = symptoms.find(text)
    assert symptom.code == code
    assert line in text


@pytest.mark.parametrize(
    "text",
    [
        "[    0.3] ..MP-BIOS bug: 8254 timer not connected to IO-APIC\n",
        "[    0.0] Kernel command line: BOOT_IMAGE=/vmlinuz root=UUID=0815 ro panic=30\n",
        "Begin: Running /scripts/init-premount ... done.\nweb01 login: ",
        "[  OK  ] Reached target rescue.target\n",
    ],
)
def test_a_boot_that_goes_on_shows_none(text):
    assert symptoms.find(text) is None


def test_the_line_that_shows_it_is_given():
    text = "Begin: Waiting ... done.\n  ALERT!  /dev/sda1 does not exist.  Dropping to a shell!\n(initramfs) "
    assert symptoms.find(text)[1] == "ALERT!  /dev/sda1 does not exist.  Dropping to a shell!"
    assert len(symptoms.find("Kernel panic - not syncing: " + "x" * 1000)[1]) == 200


def screen(*rows):
    """The memory of a VGA in text mode that shows rows, on a screen that has lines yet to be written."""
    text = "".join(row.ljust(80) for row in rows) + "\0" * 800
    return b"".join(bytes([character, 7]) for character in text.encode("cp437"))


def test_a_symptom_on_the_display_is_seen_across_the_end_of_a_row():
    long = "[    9.123456] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000009"
    assert symptoms.find(text_of(screen("one", long[:80], long[80:], "two")))[1] == long


def test_the_rows_of_the_display_are_lines():
    lines = text_of(screen("GRUB loading.", "", "grub rescue> _")).split("\n")
    assert lines[:3] == ["GRUB loading.", "", "grub rescue> _"]
    assert not any(lines[3:])
