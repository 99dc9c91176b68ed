# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NICs on the kernel's command line."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import network
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network import kernel_arguments
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.fake_root import FakeRoot

MAC, NEW_MAC = "00:50:56:aa:bb:cc", "52:54:00:00:00:01"


@pytest.mark.parametrize(
    "argument, mac",
    [
        (f"ifname=ens192:{MAC.upper()}", MAC),
        ("ifname=ens192:00:50:56:aa:bb", None),
        ("ifname=ens192", None),
        (f"xifname=ens192:{MAC}", None),
    ],
)
def test_ifname_binds_a_name(argument, mac):
    found = kernel_arguments.macs(["quiet", argument])
    assert found == ({"ens192": (mac, kernel_arguments.SOURCE)} if mac else {})


@pytest.mark.parametrize(
    "argument, used",
    [
        ("ip=10.0.2.15::10.0.2.2:255.255.255.0:web01:ens192:none", True),
        ("ip=ens192:dhcp", True),
        ("bond=bond0:ens224,ens192:mode=1", True),
        ("vlan=office:ens192", True),
        ("ip=dhcp", False),
        ("ip=ens1920:dhcp", False),
        ("root=ens192", False),
    ],
)
def test_names_that_the_initrd_uses(argument, used):
    assert kernel_arguments.used_names([argument], ["ens192"]) == (["ens192"] if used else [])


@pytest.mark.parametrize(
    "argument, after",
    [
        (f"ifname=ens192:{MAC}", f"ifname=ens192:{NEW_MAC}"),
        ("BOOTIF=01-00-50-56-aa-bb-cc", "BOOTIF=01-52:54:00:00:00:01".replace(":", "-")),
        (f"ip=ens192:dhcp::{MAC}", f"ip=ens192:dhcp::{MAC}"),
        ("quiet", "quiet"),
    ],
)
def test_a_new_mac_is_followed(argument, after):
    assert kernel_arguments.with_new_macs(argument, {MAC: NEW_MAC}) == after


@pytest.mark.parametrize(
    "argument, after",
    [
        ("ip=ens192:dhcp", "ip=enp1s0:dhcp"),
        ("vlan=ens192.5:ens192", "vlan=enp1s0.5:enp1s0"),
        ("bond=bond0:ens192,ens1920", "bond=bond0:enp1s0,ens1920"),
        ("root=ens192", "root=ens192"),
    ],
)
def test_a_new_name_is_followed(argument, after):
    assert kernel_arguments.with_new_names(argument, {"ens192": "enp1s0"}) == after


def test_a_name_in_the_initrd_is_a_concern_unless_it_is_bound_there():
    files = {"/etc/network/interfaces": "iface ens192 inet dhcp\n"}
    facts = {"bootloader": SimpleNamespace(arguments=["ip=ens192:dhcp"])}
    (concern,) = network.inspect(FakeRoot(files, facts=facts)).concerns
    assert concern.code == "nic-named-in-initrd"
    facts["bootloader"].arguments.append(f"ifname=ens192:{MAC}")
    findings = network.inspect(FakeRoot(files, facts=facts))
    assert findings.concerns == []
    assert findings.devices["network"]["ens192"]["mac"] == MAC
