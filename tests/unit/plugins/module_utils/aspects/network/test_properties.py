# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for any text in a file of network configuration: no crash, and no change of what is not understood."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.assembly import nics_of
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.macs import HARDWARE
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.nics import Nic
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.formats import (
    cloud_init,
    ifcfg_redhat,
    ifcfg_suse,
    interfaces,
    kernel_arguments,
    keyfiles,
    netplan,
    networkd,
    wicked,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.names import (
    in_initrd,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.texts import sections
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils import hostile_texts
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot, menu

MAC, NEW_MAC, ABSENT = "00:50:56:aa:bb:cc", "52:54:00:aa:00:01", "00:50:56:00:00:09"

# Per format: its file, and the words that its texts are made of, beside any others.
FORMATS = {
    interfaces: (
        "/etc/network/interfaces",
        [
            "auto ",
            "iface ",
            "eth0 ",
            "inet ",
            "static",
            " address 10.0.0.1/8",
            "mapping ",
            "map ",
            "source ",
            "mac/",
            "\\",
        ],
    ),
    netplan: (
        "/etc/netplan/a.yaml",
        [
            "network:",
            " ethernets:",
            "  eth0: ",
            "{}",
            "[",
            "]",
            "{",
            "}",
            "match: ",
            "macaddress: ",
            "addresses: ",
            "- ",
            "&a ",
            "*a",
            '"',
            "'",
            "  bonds: {b: {interfaces: [eth0]}}",
            "routes: [{to: default, via: 10.0.0.1}]",
            "|",
            "? ",
        ],
    ),
    networkd: (
        "/etc/systemd/network/a.network",
        [
            "[Match]",
            "Name=eth0",
            "MACAddress=",
            "[Network]",
            "Address=10.0.0.1/8",
            "Bond=b",
            "Gateway=",
            "\\",
            "[Route]",
        ],
    ),
    keyfiles: (
        "/etc/NetworkManager/system-connections/a",
        [
            "[connection]",
            "type=ethernet",
            "uuid=u",
            "interface-name=eth0",
            "master=u",
            "[ethernet]",
            "mac-address=",
            "[ipv4]",
            "address1=10.0.0.1/8,10.0.0.2",
            "[vlan]",
            "parent=",
            "0;80;86;170;187;204;",
            ";",
        ],
    ),
    ifcfg_redhat: (
        "/etc/sysconfig/network-scripts/ifcfg-eth0",
        [
            "DEVICE=",
            "eth0",
            "HWADDR=",
            "IPADDR=10.0.0.1",
            "PREFIX=",
            "NETMASK=",
            "'",
            '"',
            "$'",
            "\\",
            ";",
            "TYPE=Vlan",
        ],
    ),
    ifcfg_suse: (
        "/etc/sysconfig/network/ifcfg-eth0",
        [
            "IPADDR=",
            "'10.0.0.1/8'",
            "BONDING_SLAVE_0=",
            "BRIDGE_PORTS='eth0 eth1'",
            "'",
            '"',
            "ETHERDEVICE=",
            "eth1",
            "\\",
        ],
    ),
    cloud_init: (
        "/etc/cloud/cloud.cfg.d/a.cfg",
        [
            "network: ",
            "{version: 1, ",
            "version: 2",
            " config: ",
            "[{type: physical, ",
            "name: eth0, ",
            "mac_address: ",
            "}]",
            "}",
            "subnets: [{type: static, address: 10.0.0.1/8}], ",
            "- type: bond",
            "  bond_interfaces: [eth0]",
        ],
    ),
    wicked: (
        "/etc/wicked/ifconfig/a.xml",
        [
            "<interface>",
            "</interface>",
            "<name>eth0</name>",
            "<name namespace='ethernet'><permanent-address>",
            "</permanent-address></name>",
            "<ipv4:static>",
            "</ipv4:static>",
            "<address><local>10.0.0.1/8</local></address>",
            "<route/>",
            "<bond><slaves><slave><device>eth0</device></slave></slaves></bond>",
            "<ipv4:dhcp/>",
            "<!--",
            "-->",
            "/>",
        ],
    ),
}


def texts(words=()):
    return hostile_texts.texts(*words, MAC, MAC.upper(), "eth0", "eth1")


def quietly(function, *arguments):
    """Call function; a GuestconvError over a malformed file is an answer too."""
    try:
        return function(*arguments)
    except GuestconvError as error:
        assert error.code == "network-configuration-malformed"
        return []


def nothing_changes_without_cause(kind, path, text):
    root = FakeRoot({path: text})
    for nic in nics_of(quietly(kind.read, root)):
        assert nic.name is None or nic.name.strip()
    quietly(kind.unconfigure, root, [Nic("absent", "absent", ABSENT, HARDWARE)])
    quietly(kind.replace_macs, root, {ABSENT: NEW_MAC})
    quietly(kind.rename, root, {"absent": "present"})
    quietly(kind.use_dhcp, root, [Nic("absent", "absent", ABSENT, HARDWARE)])
    assert root.files == {path: text} and root.changes() == []


def a_new_mac_changes_nothing_but_the_old_one_and_can_be_taken_back(kind, path, text):
    root = FakeRoot({path: text})
    quietly(kind.replace_macs, root, {MAC: NEW_MAC})
    assert len(root.files[path].split("\n")) == len(text.split("\n"))
    quietly(kind.replace_macs, root, {NEW_MAC: MAC})
    assert root.files == {path: text} or NEW_MAC in text.lower()


def unconfiguring_takes_nothing_away_but_lines_that_it_marks(kind, path, text):
    root = FakeRoot({path: text})
    nic = [Nic("eth0", "eth0", MAC, HARDWARE)]
    quietly(kind.unconfigure, root, nic)
    once = dict(root.files)
    quietly(kind.unconfigure, root, nic)
    assert root.files == once
    if path in once:
        assert len(once[path].split("\n")) == len(text.split("\n"))


def policies_are_applied_only_once(kind, path, text):
    root = FakeRoot({path: text})
    nic = Nic("eth0", "eth0", MAC, HARDWARE, configured_by=((path, kind.KIND),))
    quietly(kind.use_dhcp, root, [nic])
    once = dict(root.files)
    quietly(kind.use_dhcp, root, [nic])
    assert root.files == once
    quietly(kind.rename, root, {"eth0": "enp1s0"})
    once = dict(root.files)
    quietly(kind.rename, root, {"eth0": "enp1s0"})
    assert root.files == once


PROPERTIES = (
    nothing_changes_without_cause,
    a_new_mac_changes_nothing_but_the_old_one_and_can_be_taken_back,
    unconfiguring_takes_nothing_away_but_lines_that_it_marks,
    policies_are_applied_only_once,
)
# Texts with which one of them did not hold once.
FOUND = ((interfaces, "\\\n\r\n"),)


def name_of(item):
    return item.__name__.rpartition(".")[2] if hasattr(item, "__name__") else "text"


@pytest.mark.parametrize("holds", PROPERTIES, ids=name_of)
@pytest.mark.parametrize("kind", FORMATS, ids=name_of)
@given(data=st.data())
def test_of_any_text(kind, holds, data):
    path, words = FORMATS[kind]
    holds(kind, path, data.draw(texts(words)))


@pytest.mark.parametrize("holds", PROPERTIES, ids=name_of)
@pytest.mark.parametrize("kind, text", FOUND, ids=name_of)
def test_of_texts_that_were_found(kind, text, holds):
    holds(kind, FORMATS[kind][0], text)


@given(texts(["[a]", "k=v", "\\", ";"]), st.booleans())
def test_entries_lie_where_they_say(text, continued):
    entries = sections.parse(text, continued)
    assert sections.edited(text, entries, lambda value: value) == text
    for entry in entries:
        assert text[entry.line : entry.start - 1].strip() == entry.key


@given(texts(["IP=", "DEVICE=", "kernel_cmdline+=", '"', "'", "ip=eth0:dhcp", "#"]))
def test_configuration_of_initrds_is_edited_without_crash_and_only_once(text):
    paths = ("/etc/initramfs-tools/initramfs.conf", "/etc/dracut.conf")
    root = FakeRoot(dict.fromkeys(paths, text), boot_menu=menu(""))
    in_initrd.uses_network(root)
    for names in ({"absent": "present"}, {"eth0": "enp1s0"}, {"eth0": "enp1s0"}):
        before = dict(root.files)
        change = partial(kernel_arguments.edited, names=names)
        in_initrd.edit_configuration(root, Plan(root.guest.target, None), change, names)
        assert names == {"eth0": "enp1s0"} or root.files == before
    assert root.files == before
