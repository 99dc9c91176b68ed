# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clock of a hypervisor, from which chronyd takes the time: without its device chronyd does not start.

Azure's images have `refclock PHC /dev/ptp_hyperv`. chronyd gives up where it cannot open the device (refclock_phc.c,
phc_initialise()).
"""

from __future__ import annotations

import re

from ...guest.root import GuestRoot
from ...model.concerns import Concern
from .. import searched

# Its files, and those that they include.
_FILES = re.compile(r"/etc/.*chrony")
# Whose the clocks are.
_CLOCKS = {"/dev/ptp_hyperv": ("hyperv", "azure"), "/dev/ptp_kvm": ("kvm",)}
# chrony.conf(5); directives are in any case.
_TAKEN = re.compile(r"(?im)^[ \t]*refclock[ \t]+PHC[ \t]+(/dev/ptp_[a-z]+)\b")


def concerns(root: GuestRoot) -> list[Concern]:
    """A concern for each file that has chronyd take the time from a clock which the target lacks."""
    hypervisors = root.guest.target.hypervisors
    gone = [name for name, owners in _CLOCKS.items() if not set(owners).intersection(hypervisors)]
    paths = filter(_FILES.match, searched.paths(root) or ())
    found = [(path, name) for path in paths for name in clocks(root.read(path) or "") if name in gone]
    return [_concern(path, name) for path, name in dict(found).items()]


def clocks(text: str) -> list[str]:
    """The devices from which a chrony.conf(5) has the time taken, of those that hypervisors offer."""
    return _TAKEN.findall(text)


def _concern(path: str, name: str) -> Concern:
    return Concern(
        "clock-source-lost",
        "warning",
        f"{path} has chronyd take the time from {name}, a clock that only the old hypervisor offers. Without it chronyd does "
        "not start on the target, and nothing sets the guest's clock.",
        f"Remove the line with {name} in the guest, and name an NTP server in its place.",
    )
