# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drivers for Windows: those that the guest has, and those of virtio-win."""

from __future__ import annotations

from .declaration import Subject, concern, error

SUBJECT = Subject(
    "Drivers for Windows",
    "Windows needs a driver for each device of the target. It has some, and virtio-win has those for virtio devices.",
    (
        error(
            "virtio-win-not-usable",
            "The option `virtio_win` names something that is no virtio-win: there is no such file or directory, it is "
            "damaged, or it has no drivers. Or it is an ISO image, and the program `bsdtar` is not installed.",
            "Give the path of the ISO image of the virtio-win project, or of the directory that it was unpacked to, on the "
            "conversion host. For an ISO image, install `libarchive-tools` (Debian, Ubuntu) or `bsdtar` (Fedora, EL, SUSE) "
            "there.",
        ),
        concern(
            "virtio-win-not-given",
            "info",
            "The guest is Windows, and the option `virtio_win` is not set. Only devices for which Windows has a driver are "
            "choices.",
            "Set `virtio_win` to the path of virtio-win.iso, for devices that are faster.",
        ),
        concern(
            "virtio-win-without-release",
            "warning",
            "The virtio-win that the option `virtio_win` names has no drivers for this version of Windows or its "
            "architecture.",
            "Use a virtio-win that has them: older ones have those for older versions of Windows.",
        ),
        concern(
            "windows-sha2-missing",
            "warning",
            "Windows 7 or Server 2008 R2 lacks the update by which it checks signatures with SHA-256, and the drivers of "
            "virtio-win have such signatures. Windows may not start.",
            "Install KB4474419 in the guest before it moves, or choose devices that it has drivers for.",
        ),
        concern(
            "windows-publisher-trusted",
            "info",
            "Windows asks a person before it installs drivers that Microsoft did not sign, as those of virtio-win for Windows "
            "7 and Server 2008 R2. So that it does not ask, the first boot adds their publisher to those that Windows trusts, and "
            "removes it when the drivers are installed, if it was not trusted before.",
            "If it must not be trusted even for that time, use a virtio-win that Microsoft signed for this Windows.",
        ),
        concern(
            "windows-drivers-secure-boot",
            "warning",
            "The source has Secure Boot, with which Windows loads only drivers that Microsoft signed. Servers load only "
            "those that it certified, which those of the virtio-win project are not.",
            "Use the virtio-win of Red Hat Enterprise Linux, or leave Secure Boot off on the target.",
        ),
    ),
)
