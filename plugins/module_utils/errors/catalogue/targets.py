# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Codes about defining a guest on a platform, and about its hardware."""

from __future__ import annotations

from .declaration import Subject, concern, error

SUBJECT = Subject(
    "Defining the guest on its target",
    "The filters turn the `hardware` that a conversion returns into what a platform takes.",
    (
        error(
            "hardware-invalid",
            "`hardware` is not what a conversion returns: a key or a value of it is not valid.",
            "Pass the `hardware` that `guestconv_convert` returned. If it was altered, correct the value that `path` "
            "names.",
        ),
        concern(
            "firmware-not-offered",
            "error",
            "The guest boots by a firmware that the machines of the target do not have.",
            "Choose another target, or make the guest boot by the other firmware before it moves.",
        ),
        error(
            "device-not-offered",
            "The platform does not offer a device that the guest was converted for.",
            "Convert the guest with one of the drivers that the hint lists.",
        ),
        error(
            "drivers-differ",
            "The platform has one setting for all devices of a kind, and different drivers were chosen for them.",
            "Choose the same driver for all of them.",
        ),
        error(
            "platform-option-invalid",
            "An option of the filter is not valid, or does not fit this guest's hardware.",
            "Correct the option that `path` names.",
        ),
    ),
)
