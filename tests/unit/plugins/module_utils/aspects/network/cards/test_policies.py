# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policies of a NIC, in every format: its configuration under another name, and DHCP for a static address."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import network
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network import configuration
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.assembly import nics_of
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.texts import sections, stanzas, yaml_text
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.network.network_rewritings import (
    DYNAMIC,
    ETC,
    MAC,
    RENAMED,
    SUSE,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot, menu

KEYFILES = "/etc/NetworkManager/system-connections"
LIBRARY = {"/usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-252.so": ""}


def guest(files, hardware=None):
    boot_menu = menu("")
    return FakeRoot({**LIBRARY, **files}, boot_menu=boot_menu, hardware=hardware or {"interfaces": [{"mac": MAC}]})


def convert(root, others=None, **settings):
    """Convert with these settings for ens192; others: {NIC: its settings}, for the others."""
    found = network.inspect(root).devices["network"]
    drivers = {"network": dict.fromkeys(found, "virtio-net-pci")}
    of_network = {"ens192": settings, **(others or {})}
    selection = SimpleNamespace(drivers=drivers, removed={}, settings={"network": of_network})
    conversion = Plan(root.guest.target, selection)
    network.convert(root, conversion)
    return conversion


@pytest.mark.parametrize("before, after", RENAMED)
def test_a_renamed_nic_is_renamed_wherever_it_is_named(before, after):
    root = guest(before)
    hardware = convert(root, policy="rename", name="enp1s0").hardware.interfaces
    written = {path: text for path, text in root.files.items() if path not in LIBRARY and "guestconv" not in path}
    assert written == after
    assert hardware[0]["name"] == "enp1s0"
    assert "enp1s0" in [nic.name for nic in nics_of(configuration.read(root).settings)]


@pytest.mark.parametrize("path, before, after", DYNAMIC)
def test_a_nic_with_dhcp_has_no_static_address(path, before, after):
    root = guest({path: before})
    interface, *_others = convert(root, policy="dhcp").hardware.interfaces
    assert root.files[path] == after
    assert (interface["name"], interface["addresses"], interface["gateway"]) == ("ens192", [], None)
    found = network.inspect(root).devices["network"]["ens192"]
    assert (found["method"], found["addresses"]) == ("dhcp", [])
    convert(root, policy="dhcp")
    assert root.files[path] == after


def test_a_name_that_was_bound_is_bound_anew():
    link = "/etc/systemd/network/50-lan.link"
    rules = "/etc/udev/rules.d/70-persistent-net.rules"
    root = guest(
        {
            "/etc/network/interfaces": "iface ens192 inet dhcp\n",
            link: f"[Match]\nMACAddress={MAC}\n[Link]\nName=ens192\nMTUBytes=9000\n",
        }
    )
    convert(root, policy="rename", name="lan0")
    assert root.files[link] == f"[Match]\nMACAddress={MAC}\n[Link]\nName=lan0\nMTUBytes=9000\n"
    rule = f'DRIVERS=="?*", ATTR{{address}}=="{MAC}", NAME="%s"\n'
    root = guest({"/etc/network/interfaces": "iface ens192 inet dhcp\n", rules: rule % "ens192"})
    convert(root, policy="rename", name="lan0")
    assert root.files[rules] == rule % "lan0"


def test_our_own_binding_follows_the_name_and_so_does_the_command_line():
    root = guest({"/etc/network/interfaces": "iface ens192 inet dhcp\n"})
    convert(root)
    conversion = convert(root, policy="rename", name="lan0")
    links = [path for path in root.files if path.endswith(".link")]
    assert links == ["/etc/systemd/network/10-guestconv-lan0.link"]
    assert conversion.command_line.edited("quiet ip=ens192:dhcp") == "quiet ip=lan0:dhcp"


def test_suses_default_route_goes_with_the_static_address():
    files = {
        f"{SUSE}/ifcfg-ens192": "IPADDR='10.0.2.15/24'\n",
        f"{SUSE}/routes": "default 10.0.2.2\n10.0.0.0/8 10.0.2.9\n",
    }
    root = guest(files)
    convert(root, policy="dhcp")
    assert root.files[f"{SUSE}/routes"] == "#default 10.0.2.2\n10.0.0.0/8 10.0.2.9\n"


def test_red_hats_alias_goes_with_the_static_address():
    files = {
        f"{ETC}/ifcfg-ens192": "IPADDR=10.0.2.15\n",
        f"{ETC}/ifcfg-ens192:1": "DEVICE=ens192:1\nIPADDR=10.0.2.16\n",
    }
    root = guest(files)
    convert(root, policy="dhcp")
    assert f"{ETC}/ifcfg-ens192:1" not in root.files


def test_the_distributions_file_of_networkds_is_changed_in_etc():
    root = guest({"/usr/lib/systemd/network/a.network": "[Match]\nName=ens192\n[Network]\nAddress=10.0.2.15/24\n"})
    convert(root, policy="dhcp")
    assert "DHCP=yes" in root.files["/etc/systemd/network/a.network"]
    assert "DHCP" not in root.files["/usr/lib/systemd/network/a.network"]


@pytest.mark.parametrize(
    "settings, path",
    [
        ({"policy": "guess"}, "policy"),
        ({"policy": "static"}, "addresses"),
        ({"policy": "rename"}, "name"),
        ({"policy": "rename", "name": "much-too-long-a-name"}, "name"),
        ({"policy": "rename", "name": "a/b"}, "name"),
        # Names that udev gives no card.
        ({"policy": "rename", "name": "all"}, "name"),
        ({"policy": "rename", "name": "5"}, "name"),
        ({"policy": "rename", "name": "eth%d"}, "name"),
        ({"policy": "rename", "name": "länge"}, "name"),
        ({"policy": "rename", "name": "lan#0"}, "name"),
        ({"policy": "rename", "name": 7}, "name"),
        ({"policy": "dhcp", "name": "lan0"}, "name"),
        ({"name": "lan0"}, "name"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_path(settings, path):
    root = guest({"/etc/network/interfaces": "iface ens192 inet dhcp\n"})
    with pytest.raises(GuestconvError) as error:
        convert(root, **settings)
    assert (error.value.code, error.value.path) == ("policy-malformed", f"guest.devices.network.ens192.{path}")
    assert root.changes() == []


@pytest.mark.parametrize("before, after", RENAMED)
def test_a_second_conversion_by_the_new_name_changes_nothing(before, after):
    root = guest(before)
    first = convert(root, policy="rename", name="enp1s0").hardware
    files = dict(root.files)
    again = convert(root, others={"enp1s0": {"policy": "rename", "name": "enp1s0"}})
    assert root.files == files
    assert again.hardware == first


def test_a_file_that_is_called_after_its_nic_is_moved_with_all_that_it_has():
    root = guest({f"{ETC}/ifcfg-ens192": "IPADDR=10.0.2.15\n", f"{ETC}/route-ens192": "default via 10.0.2.2\n"})
    convert(root, policy="rename", name="enp1s0")
    assert root.renamed == [
        (f"{ETC}/ifcfg-ens192", f"{ETC}/ifcfg-enp1s0"),
        (f"{ETC}/route-ens192", f"{ETC}/route-enp1s0"),
    ]
    root = guest({f"{SUSE}/ifcfg-ens192": "", f"{SUSE}/ifroute-ens192": "default 10.0.2.2\n"})
    convert(root, policy="rename", name="enp1s0")
    assert [new for _old, new in root.renamed] == [f"{SUSE}/ifcfg-enp1s0", f"{SUSE}/ifroute-enp1s0"]


@pytest.mark.parametrize("directory", [ETC, SUSE])
def test_two_nics_can_exchange_their_names(directory):
    files = {f"{directory}/ifcfg-ens192": "IPADDR=10.0.2.15/24\n", f"{directory}/ifcfg-ens224": "IPADDR=10.0.3.15/24\n"}
    other = "00:50:56:aa:bb:cd"
    hardware = {"interfaces": [{"mac": MAC, "addresses": ["10.0.2.15"]}, {"mac": other, "addresses": ["10.0.3.15"]}]}
    root = guest(files, hardware)
    swap = {"ens224": {"policy": "rename", "name": "ens192"}}
    interfaces = convert(root, others=swap, policy="rename", name="ens224").hardware.interfaces
    assert {nic["name"]: nic["mac"] for nic in interfaces} == {"ens224": MAC, "ens192": other}
    assert root.files[f"{directory}/ifcfg-ens224"] == "IPADDR=10.0.2.15/24\n"
    assert root.files[f"{directory}/ifcfg-ens192"] == "IPADDR=10.0.3.15/24\n"
    assert not [path for path in root.files if path.endswith(".guestconv")]


def test_a_name_that_another_nic_has_is_refused():
    files = {"/etc/network/interfaces": "iface ens192 inet dhcp\niface ens224 inet dhcp\n"}
    hardware = {"interfaces": [{"mac": MAC}, {"mac": "00:50:56:aa:bb:cd"}]}
    root = guest(files, hardware)
    with pytest.raises(GuestconvError) as error:
        convert(root, policy="rename", name="ens224")
    assert (error.value.code, error.value.path) == ("policy-malformed", "guest.devices.network.ens192.name")
    assert root.changes() == []


@pytest.mark.parametrize(
    "text, settings",
    [
        ("iface office inet static\n address 10.0.2.15/24\niface ens192 inherits office\n", {"policy": "dhcp"}),
        ("auto ens224=x ens192=x\niface x inet static\n address 10.0.2.15/24\n", {"policy": "dhcp"}),
    ],
)
def test_a_policy_that_cannot_be_carried_out_is_an_error_that_names_the_file(text, settings):
    hardware = {"interfaces": [{"mac": MAC}, {"mac": "00:50:56:aa:bb:cd"}]}
    root = guest({"/etc/network/interfaces": text}, hardware)
    with pytest.raises(GuestconvError) as error:
        convert(root, **settings)
    assert error.value.code == "policy-not-possible"
    assert "/etc/network/interfaces would still configure ens192 with 10.0.2.15/24." in error.value.message


def test_a_conversion_parses_no_text_twice(monkeypatch):
    """However many of the formats' functions look at a file: they share what was made of its text."""
    parsed = []

    def noting(function):
        return lambda text, *arguments, **options: parsed.append(text) or function(text, *arguments, **options)

    monkeypatch.setattr(yaml_text, "_first", noting(yaml_text._first))
    monkeypatch.setattr(stanzas, "_lines", noting(stanzas._lines))
    monkeypatch.setattr(sections, "_lines", noting(sections._lines))
    files = {
        "/etc/netplan/once.yaml": "network: {ethernets: {ens192: {addresses: [10.0.2.15/24]}}} # Once.\n",
        "/etc/network/interfaces": "# Once.\niface ens192 inet static\n  address 10.0.2.15/24\n",
        "/etc/systemd/network/once.network": "[Match]\nName=ens192\n[Network]\nAddress=10.0.2.15/24\n# Once.\n",
        f"{KEYFILES}/once": "# Once.\n[connection]\ntype=ethernet\ninterface-name=ens192\n[ipv4]\nmethod=manual\n",
    }
    convert(guest(files), policy="rename", name="enp1s0")
    assert {text: parsed.count(text) for text in files.values()} == dict.fromkeys(files.values(), 1)
