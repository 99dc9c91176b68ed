# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""udev's rules and systemd's .link files: what they do with a NIC on the target, and what is made of them."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.macs import HARDWARE, bound_by
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.nics import Nic
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.names import link_files, udev_rules

MAC = "00:50:56:aa:bb:cc"
KNOWN = Nic("ens192", "ens192", MAC, HARDWARE)
UNKNOWN = Nic("ens192", "ens192")
FILE = "/etc/udev/rules.d/70-persistent-net.rules"

# As Debian's generator wrote it, but for the driver.
RULE = (
    "# PCI device 0x15ad:0x07b0 (vmxnet3)\n"
    'SUBSYSTEM=="net", ACTION=="add", DRIVERS=="%s", ATTR{address}=="00:50:56:aa:bb:cc", ATTR{dev_id}=="0x0", '
    'ATTR{type}=="1", KERNEL=="eth*", NAME="ens192"\n'
)


def named(rule, nic=KNOWN, alone=True):
    return udev_rules.names_it(udev_rules.by_name([rule]).get(nic.name, ()), nic, alone)


def test_oracle_17_a_rule_that_asks_for_the_old_driver_matches_the_new_nic():
    widened = udev_rules.widened(RULE % "vmxnet3", [KNOWN], True)
    assert widened == RULE % "?*"
    assert udev_rules.widened(widened, [KNOWN], True) == widened
    assert not named(RULE % "vmxnet3")
    assert named(widened)


@pytest.mark.parametrize(
    "asked, nic, now",
    [
        ('KERNELS=="0000:0b:00.0"', KNOWN, f'DRIVERS=="?*", ATTR{{address}}=="{MAC}"'),
        ('KERNELS=="0000:0b:00.0"', UNKNOWN, 'DRIVERS=="?*"'),
        ('ENV{ID_PATH}=="pci-0000:0b:00.0"', KNOWN, f'DRIVERS=="?*", ATTR{{address}}=="{MAC}"'),
        ('DRIVERS=="?*", KERNELS=="0000:0b:00.0"', UNKNOWN, 'DRIVERS=="?*"'),
        ('KERNELS=="0000:0b:00.0",DRIVERS=="?*"', UNKNOWN, 'DRIVERS=="?*"'),
        ('DRIVERS=="vmxnet3", KERNELS=="0000:0b:00.0", ATTRS{vendor}=="0x15ad"', UNKNOWN, 'DRIVERS=="?*"'),
        (f'ATTR{{address}}=="{MAC}", ATTRS{{device}}=="0x07b0"', KNOWN, f'ATTR{{address}}=="{MAC}", DRIVERS=="?*"'),
        ('DRIVER=="vmxnet3" , \\\n  KERNELS=="0000:0b:00.0", \\\n', UNKNOWN, 'DRIVERS=="?*" , \\\n  \\\n'),
    ],
)
def test_what_only_the_source_has_is_not_asked_for(asked, nic, now):
    rule = 'ACTION=="add", SUBSYSTEM=="net", %s, NAME="ens192", GOTO="end" '
    widened = udev_rules.widened(rule % asked, [nic], True)
    assert widened == rule % now
    assert named(widened, nic)


@pytest.mark.parametrize(
    "rule",
    [
        'SUBSYSTEM=="net", DRIVERS=="vmxnet3", NAME="ens224"\n',
        'SUBSYSTEM=="net", DRIVERS=="vmxnet3", ATTR{address}=="00:50:56:00:00:01", NAME="ens192"\n',
        '#SUBSYSTEM=="net", DRIVERS=="vmxnet3", NAME="ens192"\n',
        'SUBSYSTEM=="net", NAME=="ens192", DRIVERS=="vmxnet3", RUN+="/bin/true"\n',
        'SUBSYSTEM=="net", DRIVERS!="vmxnet3", NAME="ens192"\n',
        'SUBSYSTEM=="net", KERNELS=="eth*", NAME="ens192"\n',
    ],
)
def test_other_rules_stay(rule):
    assert udev_rules.widened(rule, [KNOWN], True) == rule


def test_a_rule_is_not_widened_to_match_other_nics_too():
    rule = 'SUBSYSTEM=="net", DRIVERS=="vmxnet3", NAME="ens192"\n'
    assert udev_rules.widened(rule, [UNKNOWN, Nic("b", "b")], False) == rule


@pytest.mark.parametrize(
    "rule, alone, expected",
    [
        (f'ATTR{{address}}=="{MAC}", NAME="ens192"', False, True),
        (f'ATTR{{address}}=="{MAC}", NAME:="ens192"', True, True),
        (f'ATTR{{address}}=="{MAC.upper()}", NAME="ens192"', True, False),
        (f'ATTR{{address}}=="{MAC}", KERNEL=="ens33", NAME="ens192"', True, False),
        (f'ATTR{{address}}=="{MAC}", KERNEL=="en*|eth*", NAME="ens192"', True, True),
        ('DRIVERS=="?*", NAME="ens192"', True, True),
        ('DRIVERS=="?*", NAME="ens192"', False, False),
        ('DRIVERS=="?*", NAME="ens33"', True, False),
    ],
)
def test_a_rule_names_a_nic_when_it_matches_on_the_target(rule, alone, expected):
    assert named(rule, KNOWN, alone) is expected


def test_macs_are_learnt_from_rules():
    texts = {FILE: RULE % "vmxnet3" + '#ATTR{address}=="00:50:56:00:00:01", NAME="eth9"\n'}
    assert udev_rules.macs(texts) == {"ens192": bound_by(MAC, FILE)}


def test_rules_of_a_nic_that_goes_become_comments():
    text = 'A=="1", NAME="ens192"\nA=="2", \\\n NAME="ens192"\nA=="3", NAME="ens1"\n'
    gone = '#A=="1", NAME="ens192"\n#A=="2", \\\n# NAME="ens192"\nA=="3", NAME="ens1"\n'
    assert udev_rules.without(text, ["ens192"]) == gone
    assert udev_rules.without(gone, ["ens192"]) == gone


@pytest.mark.parametrize("nic, alone", [(KNOWN, False), (UNKNOWN, True)])
def test_our_rule_names_the_nic(nic, alone):
    text = udev_rules.text_for(nic, "virtio_net")
    assert ("virtio_net" in text) is (nic is UNKNOWN)
    if nic is KNOWN:
        assert named(text, nic, alone)
        assert udev_rules.macs({FILE: text}) == {"ens192": bound_by(MAC, FILE)}


def link(match, settings="Name=ens192", name="50-user"):
    return link_files.parse(f"/etc/systemd/network/{name}.link", f"[Match]\n{match}\n\n[Link]\n{settings}\n")


def test_our_link_binds_to_the_mac_of_hardware_only():
    text = link_files.text_for(KNOWN, "virtio_net")
    assert "[Match]\nMACAddress=00:50:56:aa:bb:cc\nPath=*\n\n[Link]\nName=ens192\n" in text
    assert link_files.claim_on(KNOWN, link_files.Links([link_files.parse("/x.link", text)]), "e1000") == "named"


def test_our_link_binds_to_the_driver_while_no_mac_is_known():
    text = link_files.text_for(UNKNOWN, "virtio_net")
    assert "[Match]\nDriver=virtio_net\n\n[Link]\nName=ens192\n" in text
    assert link_files.claim_on(UNKNOWN, link_files.Links([link_files.parse("/x.link", text)]), "virtio_net") == "named"


@pytest.mark.parametrize(
    "links, outcome",
    [
        ([], "free"),
        ([link("MACAddress=00-50-56-AA-BB-CC")], "named"),
        ([link("PermanentMACAddress=00:50:56:aa:bb:cc 00:50:56:00:00:01\nType=ether")], "named"),
        ([link("OriginalName=*")], "named"),
        ([link("Driver=virtio*")], "named"),
        ([link("Driver=vmxnet3")], "free"),
        ([link("MACAddress=00:50:56:00:00:01\nPath=pci-0000:0b:00.0")], "free"),
        ([link("Type=wlan")], "free"),
        ([link("OriginalName=*", "NamePolicy=path\nName=ens192")], "claimed"),
        ([link("OriginalName=*", "NamePolicy=\nName=ens192")], "named"),
        ([link("MACAddress=00:50:56:aa:bb:cc", "MTUBytes=9000")], "claimed"),
        ([link("Driver=!vmxnet3", "MTUBytes=9000")], "claimed"),
        ([link("Path=pci-0000:0b:00.0")], "claimed"),
        ([link("# none", "MTUBytes=9000")], "claimed"),
        ([link("OriginalName=*", "MTUBytes=9000"), link("OriginalName=*", name="10-user")], "named"),
        ([link("OriginalName=*", "MTUBytes=9000", "05-user"), link("OriginalName=*")], "claimed"),
        ([link("Driver=vmxnet3", "MTUBytes=9000", "05-user"), link("OriginalName=*")], "named"),
    ],
)
def test_the_first_link_that_fits_decides(links, outcome):
    assert link_files.claim_on(KNOWN, link_files.Links(links), "virtio_net") == outcome


def test_a_link_by_mac_may_fit_while_no_mac_is_known():
    assert (
        link_files.claim_on(UNKNOWN, link_files.Links([link("MACAddress=00:50:56:aa:bb:cc")]), "virtio_net")
        == "claimed"
    )


def test_macs_are_learnt_from_links():
    links = [link("MACAddress=00:50:56:AA:BB:CC"), link("MACAddress=00:50:56:00:00:01 00:50:56:00:00:02", "Name=b")]
    assert link_files.macs(links) == {"ens192": bound_by(MAC, "/etc/systemd/network/50-user.link")}
