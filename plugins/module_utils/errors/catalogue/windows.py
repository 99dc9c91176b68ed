# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Codes about Windows."""

from __future__ import annotations

from .declaration import Subject, error

SUBJECT = Subject(
    "Windows",
    "What guestconv found in a Windows guest, or cannot do in it.",
    (
        error(
            "registry-malformed",
            "A file of the Windows registry cannot be read, or is larger than any that Windows makes.",
            "Start Windows on its old hypervisor, run `chkdsk` and `sfc /scannow` there, and shut it down.",
        ),
        error(
            "registry-not-written",
            "A file of the Windows registry cannot be altered or written.",
            "Start Windows on its old hypervisor, run `chkdsk` and `sfc /scannow` there, and shut it down.",
        ),
    ),
)
