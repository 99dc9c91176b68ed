# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guest takes the time from, and only the old hypervisor or cloud offers.

Azure's images have `refclock PHC /dev/ptp_hyperv`. chronyd gives up where it cannot open the device (refclock_phc.c,
phc_initialise()). The images of other clouds name a time server that is reached from within that cloud alone.
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
# Of chrony.conf(5), ntp.conf(5), ntpd.conf(5) of OpenNTPD, and timesyncd.conf(5).
_OF_TIME = re.compile(r"/etc/.*(?:chrony|ntp|timesyncd)")
_SERVERS = re.compile(r"(?im)^[ \t]*(?:(?:servers?|pool|peer)[ \t]+(\S+)|(?:Fallback)?NTP[ \t]*=([^\n]*))")
# Whose the servers are: Amazon's Time Sync Service, Google's, and Oracle's, which is no target.
_OF_CLOUDS = {
    "169.254.169.123": ("aws",),
    "fd00:ec2::123": ("aws",),
    "metadata.google.internal": ("gcp",),
    "169.254.169.254": ("gcp",),
}


def concerns(root: GuestRoot) -> list[Concern]:
    """A concern for each file that has the time taken from a clock, or from servers alone, which the target lacks."""
    hypervisors = root.guest.target.hypervisors
    lacking = {name for name, owners in _OF_CLOUDS.items() if not set(owners).intersection(hypervisors)}
    files = filter(_OF_TIME.match, searched.paths(root) or ())
    named = {path: servers(root.read(path) or "") for path in files}
    without = [_without_server(path, names) for path, names in named.items() if names and lacking.issuperset(names)]
    return _of_devices(root) + without


def servers(text: str) -> list[str]:
    """The time servers that the configuration of a program (text) names."""
    return [name for found in _SERVERS.findall(text) for name in (found[0] or found[1]).split()]


def _without_server(path: str, names: list[str]) -> Concern:
    return Concern(
        "time-server-lost",
        "warning",
        f"{path} has the guest take the time from {', '.join(dict.fromkeys(names))} alone, which only the old cloud's machines "
        "reach. If no other file names a time server, nothing sets the guest's clock on the target.",
        f"Name an NTP server in {path} in the guest.",
    )


def _of_devices(root: GuestRoot) -> list[Concern]:
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
