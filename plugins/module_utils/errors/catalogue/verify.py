# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Codes about the trial boot."""

from __future__ import annotations

from .declaration import Subject, error

SUBJECT = Subject(
    "The trial boot",
    "`guestconv_verify` boots the guest on a throwaway overlay. These are the reasons why it did not come up, or "
    "could not be tried. `console` and `screenshot` in the result show how far it came.",
    (
        error(
            "expectation-impossible",
            "The option `expect` asks for something that this hardware cannot show.",
            "Give `hardware.console` a driver or `hardware.interfaces` an address, or expect something else.",
        ),
        error(
            "hardware-not-emulated",
            "QEMU cannot start a machine with this hardware: the guest was converted for devices that only another "
            "hypervisor has, such as those of Xen, Hyper-V or EC2.",
            "Boot the guest on its target instead. In a fleet, such a guest is not booted, and the report says so.",
        ),
        error(
            "uefi-firmware-not-found",
            "The guest boots by UEFI, and the machine has no UEFI firmware for QEMU.",
            "Install ovmf (Debian, Ubuntu), edk2-ovmf (Enterprise Linux, Fedora, Arch) or qemu-ovmf-x86_64 (SUSE).",
        ),
        error(
            "qemu-failed",
            "QEMU did not start, or ended while the guest was running.",
            "The message has QEMU's own words. This QEMU may lack a device model that `hardware` names.",
        ),
        error(
            "emulator-failed",
            "The kernel of the guest stopped because of a fault of the emulator, which happens on a busy machine.",
            "Try again, or run on a machine where KVM works.",
            retryable=True,
        ),
        error(
            "disk-error",
            "A disk of the guest could not be read or written during the trial boot.",
            "Check that `workdir` has room: it holds what the guest writes until the guest is stopped.",
        ),
        error(
            "guest-no-kernel",
            "The machine stayed in its firmware or boot loader: no kernel started.",
            "See `screenshot`: a boot menu may wait for a key. On a slow machine increase `timeout`.",
            retryable=True,
        ),
        error(
            "guest-stuck-in-boot-loader",
            "The firmware found nothing to boot, or the boot loader did not find its configuration.",
            "Check `boot_order` in `hardware.disks`, and whether the guest boots by BIOS or by UEFI.",
        ),
        error(
            "guest-stuck-in-initramfs",
            "The initramfs did not find the root filesystem.",
            "Convert the guest for this hardware first: the initrd lacks the driver of the disk, or `root=` uses a "
            "name that no longer exists.",
        ),
        error(
            "guest-panicked",
            "The kernel of the guest panicked.",
            "See `console` for the reason. Most often the root filesystem was not found, and the guest must be "
            "converted for this hardware first.",
        ),
        error(
            "guest-in-emergency-mode",
            "The guest stopped in emergency mode after its root filesystem was mounted.",
            "Most often a line of /etc/fstab names a disk that no longer exists. See `console`.",
        ),
        error(
            "guest-powered-off",
            "The guest switched itself off during the trial boot.",
            "See `console` for the reason.",
        ),
        error(
            "guest-restarts",
            "The guest restarts again and again.",
            "See `console` for what it reports before it restarts.",
        ),
        error(
            "guest-not-up",
            "The guest did not show within `timeout` what `expect` asks for.",
            "See `console` and `screenshot` for how far it came. An emulated guest may need a longer `timeout`.",
            retryable=True,
        ),
    ),
)
