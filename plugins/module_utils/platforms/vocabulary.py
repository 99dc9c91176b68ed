# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A platform's words for the devices that it offers."""

from __future__ import annotations

from dataclasses import dataclass

from ..devices import models
from ..errors import GuestconvError


@dataclass(frozen=True)
class Vocabulary:
    """The words of one platform, which are in the rows of devices/models.py.

    key: the platform there. name: what people call it.
    """

    key: str
    name: str

    def word(self, kind: str, driver: str, device: str) -> str:
        """The word for a driver. device: what has it, for people: "network card ens192".

        Raises GuestconvError `device-not-offered`.
        """
        words = models.words(self.key, kind)
        if driver in words:
            return words[driver]
        raise GuestconvError(
            "device-not-offered",
            f"{device}: {self.name} does not offer {driver}.",
            hint=f"Convert the guest with another driver for it: {' or '.join(words)}.",
        )

    def controller(self, driver: str) -> str | None:
        """The word for the model of a disk's SCSI controller; None for a disk without one."""
        return models.DISKS[driver].controllers.get(self.key)
