# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Codes about Windows."""

from __future__ import annotations

from .declaration import Subject, concern, error

_CHECK = "Start Windows on its old hypervisor, run `chkdsk` and `sfc /scannow` there, and shut it down."
_FINISH = "Start the guest on its old hypervisor, let it finish, and shut it down with `shutdown /s /t 0`."

SUBJECT = Subject(
    "Windows",
    "What guestconv found in a Windows guest, or cannot do in it.",
    (
        concern(
            "registry-malformed",
            "error",
            "A file of the Windows registry is missing or cannot be read, or is larger than any that Windows makes.",
            _CHECK,
        ),
        error(
            "registry-not-written",
            "A file of the Windows registry cannot be altered or written.",
            _CHECK,
        ),
        concern(
            "registry-dirty",
            "error",
            "A file of the Windows registry is not complete: Windows was not shut down, and has more in its log files. A "
            "conversion would lose that.",
            "Start Windows once on its old hypervisor, and shut it down with `shutdown /s /t 0`. A copy that was made of the "
            "disk of a running guest cannot be converted.",
        ),
        concern(
            "windows-volume-dirty",
            "error warning",
            "A volume of Windows is marked as dirty: it was not unmounted cleanly, or is damaged. Or the journal of the "
            "volume with Windows has writes that are not done yet. The severity is `error` for the volume with Windows.",
            "Start Windows on its old hypervisor, let it check the volume (`chkdsk /f`), and shut it down.",
        ),
        concern(
            "windows-version-not-supported",
            "error",
            "The version of Windows is not known, or guestconv does not convert it, or not for this processor.",
            "The README lists the versions that are supported.",
        ),
        concern(
            "windows-version-untested",
            "warning",
            "guestconv was not tested with this version of Windows. It is converted as the nearest version that is known.",
            "Start the converted guest once before the old one is deleted.",
        ),
        concern(
            "windows-bitlocker",
            "warning",
            "A volume next to that with Windows is encrypted with BitLocker. On the new hardware, Windows may ask for its "
            "recovery key. A system volume with BitLocker is refused with `disk-encrypted`.",
            "Have the recovery key at hand, or decrypt the volume in the guest (`manage-bde -off`) before it moves. To "
            "suspend BitLocker is not enough.",
        ),
        concern(
            "windows-dynamic-disk",
            "error warning",
            "A disk is a dynamic disk of Windows, or a member of a pool of Storage Spaces. guestconv does not look into "
            "these. The severity is `error` for a disk with the system.",
            "Copy the system to a basic disk before the guest moves. Move all disks of the guest together.",
        ),
        concern(
            "windows-update-pending",
            "error warning",
            "Windows completes an update, or the installation of a feature, at its next start. The severity is `error` if it "
            "replaces files of the system then.",
            _FINISH,
        ),
        concern(
            "windows-setup-pending",
            "error info",
            "The setup of Windows, or an upgrade, is in progress. The severity is `info` for an image that sysprep made.",
            _FINISH,
        ),
        concern(
            "windows-renames-pending",
            "info",
            "Windows replaces or removes files at its next start, as many installers have it do.",
            "Nothing needs to be done.",
        ),
        concern(
            "windows-boot-execute",
            "warning",
            "Windows runs a program at its next start before anything else: a check of a volume, or a program of another "
            "vendor.",
            "See whether the program can run on other hardware.",
        ),
        concern(
            "windows-driver-policy",
            "warning",
            "A policy restricts which devices may be installed in Windows.",
            "Lift the policy before the guest moves, or allow the classes of the new devices.",
        ),
        concern(
            "windows-antivirus",
            "warning",
            "Windows has programs that may block new drivers, or the script of the first boot.",
            "If the converted guest does not start, or has no network, turn them off before the guest moves.",
        ),
        concern(
            "windows-safe-mode",
            "warning",
            "Windows starts in safe mode, by its boot configuration. The script of the first boot does not run there.",
            "Turn safe mode off before the guest moves: `bcdedit /deletevalue {default} safeboot`.",
        ),
        concern(
            "windows-boot-entry",
            "warning",
            "The boot manager of Windows starts something else than a Windows on the disks that were given: a partition of "
            "another disk, a virtual disk in a file, or the recovery environment.",
            "Give all disks of the guest, or correct the boot configuration on the old hypervisor (`bcdedit`).",
        ),
        concern(
            "windows-serial-port-taken",
            "info",
            "The Emergency Management Services or the kernel debugger of Windows may use the first serial port, to which the "
            "first boot writes its log.",
            "For `guestconv_verify`, expect something else of the guest, such as an open port.",
        ),
        concern(
            "windows-first-boot-limited",
            "warning",
            "Windows is of an edition that does not run all that the script of the first boot needs.",
            "Configure the guest by hand on the target, or choose devices that the guest has today.",
        ),
        concern(
            "windows-fallback-foreign",
            "warning",
            "The program that UEFI starts on a new machine is not the boot manager of Windows. It stays.",
            "If Windows is to start by default, choose it in the menu of that program, or replace the file by the boot "
            "manager of Windows before the guest moves.",
        ),
    ),
)
