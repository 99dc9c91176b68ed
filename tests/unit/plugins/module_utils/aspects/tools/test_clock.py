# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clock of the old hypervisor, without which chronyd does not start."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.tools import clock
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot


@pytest.mark.parametrize(
    "text, found",
    [
        ("refclock PHC /dev/ptp_hyperv poll 3 dpoll -2 offset 0 stratum 2\n", ["/dev/ptp_hyperv"]),
        ("server a\n  RefClock phc\t/dev/ptp_kvm:extpps\n", ["/dev/ptp_kvm"]),
        ("# refclock PHC /dev/ptp_hyperv\n!refclock PHC /dev/ptp_hyperv\nrefclock PHC /dev/ptp0\n", []),
        ("refclock SHM 0\n", []),
    ],
)
def test_only_the_clocks_of_hypervisors_count(text, found):
    assert clock.clocks(text) == found


def test_the_clock_of_the_target_stays():
    root = FakeRoot(
        {"/etc/chrony.conf": "refclock PHC /dev/ptp_hyperv\n", "/etc/chrony.d/a": "refclock PHC /dev/ptp_kvm\n"}
    )
    (concern,) = clock.concerns(root)
    assert (concern.code, concern.severity) == ("clock-source-lost", "warning")
    assert "/etc/chrony.conf" in concern.message and "/dev/ptp_hyperv" in concern.message


@pytest.mark.parametrize(
    "text, found",
    [
        ("server 169.254.169.123 prefer iburst\n pool a.example\n", ["169.254.169.123", "a.example"]),
        ("[Time]\nNTP=a b\nFallbackNTP = c\n#NTP=d\n", ["a", "b", "c"]),
        ("# server a\n!server b\nserverless c\nserver\nNTP=\n", []),
    ],
)
def test_the_time_servers_of_each_program(text, found):
    assert clock.servers(text) == found


def test_time_servers_of_the_old_cloud_alone_are_a_concern():
    cloud = "server 169.254.169.123 iburst\n"
    root = FakeRoot({"/etc/chrony.conf": cloud, "/etc/ntp.conf": f"{cloud}server a.example\n", "/etc/other": cloud})
    (concern,) = clock.concerns(root)
    assert (concern.code, concern.severity) == ("time-server-lost", "warning")
    assert concern.message.startswith("/etc/chrony.conf has")
