# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MAC addresses, and where each was learnt: that decides how far it can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class Origin(Enum):
    """What a MAC address is known from.

    FILE: a file of the guest, which knows the hardware by it. TRACE: a file that a former run left, such as a lease;
    the NIC may have had another address since. CONFIGURATION: it wants the NIC to have this address, whatever the
    hardware has. HARDWARE: the caller. GENERATED: it was made up, for the target to give it to the NIC.
    """

    FILE = "file"
    TRACE = "trace"
    CONFIGURATION = "configuration"
    HARDWARE = "hardware"
    GENERATED = "generated"


@dataclass(frozen=True)
class MacSource:
    """Where a MAC address was learnt. file: the file that says it, for FILE and TRACE."""

    origin: Origin
    file: str = ""

    def fact(self) -> str:
        """The source as it stands in current.network.<identifier>.mac_learnt_from."""
        return self.file or self.origin.value


CONFIGURATION = MacSource(Origin.CONFIGURATION)
HARDWARE = MacSource(Origin.HARDWARE)
GENERATED = MacSource(Origin.GENERATED)


class KnownMac(NamedTuple):
    """A MAC address, in lower case with colons, and its source."""

    mac: str
    source: MacSource


def bound_by(mac: str, file: str) -> KnownMac:
    """The address by which file knows the hardware."""
    return KnownMac(mac, MacSource(Origin.FILE, file))


def traced_in(mac: str, file: str) -> KnownMac:
    """The address that a former run left in file."""
    return KnownMac(mac, MacSource(Origin.TRACE, file))
