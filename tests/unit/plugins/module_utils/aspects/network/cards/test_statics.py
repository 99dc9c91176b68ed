# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policy `static`: what can be asked for, and what is said of it. What becomes of files: tests/network_guests."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network import configuration
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.assembly import nics_of
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.statics import Static
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.formats import (
    kernel_arguments,
    static_interfaces,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.network.cards.test_policies import (
    convert,
    guest,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

INTERFACES = "/etc/network/interfaces"
STANZA = "iface ens192 inet static\n  address 10.0.2.15/24\n  gateway 10.0.2.2\n"
ADDRESS = "10.1.2.3/24"


@pytest.mark.parametrize(
    "settings, key",
    [
        ({}, "addresses"),
        ({"addresses": []}, "addresses"),
        ({"addresses": ""}, "addresses"),
        ({"addresses": [7]}, "addresses"),
        ({"addresses": {"a": ADDRESS}}, "addresses"),
        ({"addresses": "10.1.2.3"}, "addresses"),
        ({"addresses": "10.1.2.3/33"}, "addresses"),
        ({"addresses": "10.1.2.3/0.0.0.255"}, "addresses"),
        ({"addresses": "10.1.2.0/24"}, "addresses"),
        ({"addresses": "10.1.2.255/24"}, "addresses"),
        ({"addresses": "127.0.0.1/8"}, "addresses"),
        ({"addresses": "224.0.0.1/4"}, "addresses"),
        ({"addresses": "fe80::1/64"}, "addresses"),
        ({"addresses": "2001:db8::/64"}, "addresses"),
        ({"addresses": "::ffff:10.1.2.3/120"}, "addresses"),
        ({"addresses": "2001:db8::5%eth0/64"}, "addresses"),
        ({"addresses": [ADDRESS, "10.1.2.3/16"]}, "addresses"),
        ({"addresses": f"{ADDRESS}\n  up reboot"}, "addresses"),
        ({"addresses": ADDRESS, "gateway": "10.1.3.1"}, "gateway"),
        ({"addresses": ADDRESS, "gateway": "10.1.2.3"}, "gateway"),
        ({"addresses": ADDRESS, "gateway": "fe80::1"}, "gateway"),
        ({"addresses": ADDRESS, "gateway": []}, "gateway"),
        ({"addresses": ADDRESS, "gateway": "router"}, "gateway"),
        ({"addresses": ADDRESS, "gateway": ["10.1.2.1", "10.1.2.2"]}, "gateway"),
        ({"addresses": ADDRESS, "dns": "dns.example.com"}, "dns"),
        ({"addresses": ADDRESS, "dns": "2001:db8::53"}, "dns"),
        ({"addresses": ADDRESS, "dns": []}, "dns"),
        ({"addresses": ADDRESS, "name": "lan0"}, "name"),
        ({"addresses": ADDRESS, "policy": "dhcp"}, "addresses"),
        ({"gateway": "10.1.2.1", "policy": "keep"}, "gateway"),
        ({"dns": "10.1.2.1", "policy": "dhcp"}, "dns"),
    ],
)
def test_what_is_no_static_address_is_refused_with_its_path_before_anything_is_touched(settings, key):
    root = guest({INTERFACES: STANZA})
    with pytest.raises(GuestconvError) as error:
        convert(root, **{"policy": "static", **settings})
    assert (error.value.code, error.value.path) == ("policy-malformed", f"guest.devices.network.ens192.{key}")
    assert "must be" in error.value.message
    assert root.changes() == []


@pytest.mark.parametrize("other", [{}, {"policy": "static", "addresses": "10.1.2.3/16"}])
def test_an_address_that_another_nic_has_is_refused(other):
    root = guest(
        {INTERFACES: STANZA + "iface ens224 inet static\n  address 10.1.2.3/24\n"},
        {
            "interfaces": [
                {"mac": "00:50:56:aa:bb:cc", "addresses": ["10.0.2.15"]},
                {"mac": "00:50:56:aa:bb:cd", "addresses": ["10.1.2.3"]},
            ]
        },
    )
    with pytest.raises(GuestconvError) as error:
        convert(root, policy="static", addresses=ADDRESS, others={"ens224": other})
    assert error.value.code == "policy-malformed"
    assert error.value.path.endswith(".addresses")
    assert root.changes() == []


def test_a_text_is_as_good_as_a_list_and_the_hardware_says_it():
    texts = guest({INTERFACES: STANZA})
    lists = guest({INTERFACES: STANZA})
    of_texts = convert(texts, policy="static", addresses=ADDRESS, gateway="10.1.2.1").hardware
    of_lists = convert(lists, policy="static", addresses=[ADDRESS], gateway=["10.1.2.1"]).hardware
    assert texts.files == lists.files
    assert of_texts == of_lists
    (interface,) = of_texts.interfaces
    assert (interface["addresses"], interface["gateway"]) == ([ADDRESS], "10.1.2.1")


def test_a_second_conversion_changes_nothing():
    root = guest({INTERFACES: STANZA, "/etc/resolv.conf": "nameserver 10.0.2.3\n"})
    chosen = {"policy": "static", "addresses": [ADDRESS, "10.1.2.4/24"], "gateway": "10.1.2.1", "dns": "10.1.2.53"}
    convert(root, **chosen)
    files = dict(root.files)
    convert(root, **chosen)
    assert root.files == files
    (nic,) = nics_of(configuration.read(root).settings)
    assert (nic.addresses, nic.gateways) == ((ADDRESS, "10.1.2.4/24"), ("10.1.2.1",))


def test_files_that_mention_the_old_address_or_gateway_are_one_concern():
    files = {
        INTERFACES: f"auto ens192\n{STANZA}",
        "/etc/hosts": "127.0.0.1 localhost\n10.0.2.15 web01\n",
        "/etc/app.conf": "; 10.0.2.15\nrouter = 10.0.2.2\nother = 10.0.2.25\n",
        "/etc/copy.conf.bak": "10.0.2.15\n",
    }
    root = guest(files)
    (concern,) = convert(root, policy="static", addresses=ADDRESS).concerns
    assert (concern.code, concern.severity) == ("nic-address-used-elsewhere", "warning")
    assert concern.message.startswith("/etc/app.conf:2, /etc/hosts:2 still mention 10.0.2.15, 10.0.2.2,")
    assert {path: root.files[path] for path in files if path != INTERFACES} == {
        path: text for path, text in files.items() if path != INTERFACES
    }


def test_what_nothing_mentions_is_no_concern():
    files = {INTERFACES: f"auto ens192\n{STANZA}"}
    assert convert(guest(files), policy="static", addresses=ADDRESS).concerns == []


@pytest.mark.parametrize(
    "argument, after",
    [
        ("ip=ens192:dhcp", "ip=10.1.2.3::10.1.2.1:255.255.255.0::ens192:none:10.1.2.53"),
        (
            "ip=10.0.2.15::10.0.2.2:255.255.255.0:web:ens192:off",
            "ip=10.1.2.3::10.1.2.1:255.255.255.0:web:ens192:none:10.1.2.53",
        ),
        ("ip=10.0.2.15::10.0.2.2:24::ens192:none:10.0.2.3", "ip=10.1.2.3::10.1.2.1:24::ens192:none:10.1.2.53"),
        ("ip=[2001:db8:1::5]::[fe80::2]:64::ens192:none", "ip=[2001:db8::5]::[fe80::1]:64::ens192:none:10.1.2.53"),
        ("ip=ens224:dhcp", "ip=ens224:dhcp"),
        ("ip=dhcp", "ip=dhcp"),
        ("quiet", "quiet"),
    ],
)
def test_an_argument_of_the_kernels_has_the_new_address(argument, after):
    static = Static((ADDRESS, "2001:db8::5/64"), ("10.1.2.1", "fe80::1"), ("10.1.2.53",))
    assert kernel_arguments.edited(argument, static={"ens192": static}) == after


def test_resolv_conf_keeps_all_else():
    text = "# by hand\nsearch example.com\n nameserver 10.0.2.3\noptions timeout:1\nnameserver 10.0.2.4"
    assert static_interfaces.with_name_servers(text, ["10.1.2.53"]) == (
        "# by hand\nsearch example.com\nnameserver 10.1.2.53\noptions timeout:1\n#nameserver 10.0.2.4"
    )


def test_a_link_as_resolv_conf_is_not_written():
    root = FakeRoot(
        {INTERFACES: STANZA, "/run/resolv.conf": "nameserver 10.0.2.3\n"},
        links={"/etc/resolv.conf": "/run/resolv.conf"},
        hardware={"interfaces": [{"mac": "00:50:56:aa:bb:cc"}]},
    )
    with pytest.raises(GuestconvError) as error:
        convert(root, policy="static", addresses=ADDRESS, dns="10.1.2.53")
    assert (error.value.code, error.value.path) == ("policy-not-possible", "guest.devices.network.ens192.dns")


def test_what_cloud_init_stored_stays_json():
    stored = "/var/lib/cloud/instance/network-config.json"
    network = {
        "version": 1,
        "config": [{"type": "physical", "name": "ens192", "subnets": [{"type": "dhcp4"}, {"type": "dhcp6"}]}],
    }
    root = guest({stored: json.dumps(network)})
    convert(root, policy="static", addresses=ADDRESS, gateway="10.1.2.1", dns="10.1.2.53")
    (item,) = json.loads(root.files[stored])["config"]
    assert item["subnets"] == [
        {"type": "static", "address": ADDRESS, "gateway": "10.1.2.1", "dns_nameservers": ["10.1.2.53"]},
        {"type": "dhcp6"},
    ]


def test_the_example_in_the_readme_gives_the_card_its_addresses():
    text = Path(__file__).parents[7].joinpath("README.md").read_text("utf-8")
    (example,) = [each for each in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if "policy: static" in each]
    ((task,),) = [yaml.safe_load(example)]
    settings = task["vars"]["moved"]["devices"]["network"]["ens192"]
    root = guest({INTERFACES: STANZA, "/etc/resolv.conf": "nameserver 10.0.2.3\n"})
    (interface,) = convert(root, **settings).hardware.interfaces
    assert interface["addresses"] == settings["addresses"]
    assert interface["gateway"] == settings["gateway"][0]
    assert root.files["/etc/resolv.conf"] == "nameserver 10.1.2.53\n"
