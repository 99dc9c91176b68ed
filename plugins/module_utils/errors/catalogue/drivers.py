# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drivers for Windows: those that the guest has, and those of virtio-win."""

from __future__ import annotations

from .declaration import Subject, error

SUBJECT = Subject(
    "Drivers for Windows",
    "Windows needs a driver for each device of the target. It has some, and virtio-win has those for virtio devices.",
    (
        error(
            "virtio-win-not-usable",
            "The option `virtio_win` names something that is no virtio-win: there is no such file or directory, it is "
            "damaged, or it has no drivers.",
            "Give the path of the ISO image of the virtio-win project, or of the directory that it was unpacked to, on the "
            "conversion host.",
        ),
    ),
)
