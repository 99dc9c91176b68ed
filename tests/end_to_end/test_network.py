# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests of every way to configure a network, converted and booted on virtio-net-pci and e1000: the network comes back.

A guest with two network cards has one of each model, so that a boot shows both. It announces on its console what became
of the network, once all that starts has started (recipes.py); and each of its static addresses is connected to.
"""

from __future__ import annotations

import copy
import datetime
import hashlib
import json
import shutil
from dataclasses import dataclass, replace

import pytest

from tests.end_to_end import boots
from tests.guests.network_variants import ALONE, VARIANTS, disk
from tests.support_page import BOOTED

KERNEL_DRIVERS = {"virtio-net-pci": "virtio_net", "e1000": "e1000"}
SSH = {"port": 22, "banner": "SSH-"}


def in_one_process(name):
    """A mark for the tests of one guest, so that it is converted and booted once."""
    return pytest.mark.xdist_group(f"network-{name}")


# These differ by a detail from one that script/test boots.
DETAILS = (
    *("ifupdown-hotplug", "ifupdown-logs", "ifupdown-bond-master", "ifupdown-openvswitch", "ifupdown-static"),
    *("networkd-static", "networkd-bond-by-names", "networkd-bond-by-macs"),
    *("networkmanager-bond", "networkmanager-static", "netplan-new-macs", "netplan-by-macs", "netplan-static"),
)


def marks(name, matrix=()):
    """The marks of a guest's tests. matrix: names of those that only script/boot-matrix boots."""
    return [in_one_process(name), *([pytest.mark.matrix] if name in matrix else [])]


# In one order everywhere, by which pytest knows which tests share fixtures.
NAMES = [name for name in VARIANTS if name != ALONE]
GUESTS = [pytest.param(name, marks=marks(name, DETAILS)) for name in NAMES]
# That a guest does not come back by itself is seen of one in script/test.
UNCONVERTED = [pytest.param(name, marks=marks(name, NAMES[1:])) for name in NAMES]


@dataclass(frozen=True)
class Announcement:
    """What a guest said of its network.

    interfaces: {name: [address that is in use]}. gateways: of the default routes.
    macs: {MAC address of the hardware: names of the interfaces that have it, and of the bond or bridge that these are in}.
    drivers: {name of a network card: kernel driver}. members: the network cards in bond0, and the active one of them.
    files: {path of a configuration file: sha256}.
    """

    interfaces: dict
    macs: dict
    gateways: list
    drivers: dict
    members: tuple
    files: dict

    def driver(self, mac):
        """The kernel's driver of the card with this MAC address."""
        (name,) = self.drivers.keys() & set(self.macs[mac])
        return self.drivers[name]

    def at(self, mac):
        """The addresses at which the card with this MAC address is reached."""
        return {address for name in self.macs[mac] for address in self.interfaces[name]}

    def static(self, names):
        """{name: addresses} of the interfaces names, without those that IPv6 makes for itself."""
        return {name: [each for each in self.interfaces[name] if not each.startswith("fe80:")] for name in names}


def announcement(console):
    """The Announcement in the lines of a console."""
    said = {}
    for line in console:
        word, _blank, text = line.partition(" ")
        if word == "announce":
            subject, _blank, value = text.partition(" ")
            said.setdefault(subject, []).append(value)
    assert "end" in said, console
    links = json.loads(said["addresses"][0])
    bridges = dict(line.split(" ") for line in said.get("over", []))
    macs = {}
    for link in links:
        # The members of a bond all have one address, be that of a card or made up; `permaddr` is their own.
        names = [link["ifname"], link.get("master"), bridges.get(link["ifname"])]
        macs.setdefault(link.get("permaddr") or link["address"], []).extend(filter(None, names))
    # A bond of some modes has no active member.
    members, _word, active = said.get("members", [" active"])[0].rpartition(" active")
    return Announcement(
        interfaces={link["ifname"]: _addresses(link) for link in links},
        macs=macs,
        gateways=[route["gateway"] for routes in said["routes"] for route in json.loads(routes)],
        drivers=dict(line.split(" ") for line in said["driver"]),
        members=(sorted(members.split()), active.strip()),
        files={f"/etc/{path}": digest for digest, path in (line.split("  ") for line in said["file"])},
    )


def _addresses(link):
    # An address that is still looked for elsewhere, or was found there, cannot be used.
    return [
        f"{address['local']}/{address['prefixlen']}"
        for address in link["addr_info"]
        if not address.get("tentative") and not address.get("dadfailed")
    ]


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture(scope="module")
def copy_of_variant(scratch):
    """copy_of_variant(name, kind) gives a copy of a guest's image that a test may convert, as an item of disks."""

    def make(name, kind):
        made_once = disk(name)
        path = scratch / f"{name}-{kind}.qcow2"
        shutil.copyfile(made_once["path"], path)
        return {**made_once, "path": str(path)}

    return make


@pytest.fixture(scope="module")
def name(request):
    return request.param


@pytest.fixture(scope="module")
def converted(module, copy_of_variant, name):
    """(The disk, what conversion returned), with the models chosen as a playbook does."""
    source = copy_of_variant(name, "converted")
    return source, convert(module, source, inspect(module, source, name), VARIANTS[name])


def inspect(module, source, name):
    result = module("guestconv_inspect", disks=[source], hardware=VARIANTS[name].hardware)
    assert not result.get("failed"), result
    return result["guest"]


def convert(module, source, guest, variant):
    guest = copy.deepcopy(guest)
    cards = guest["devices"]["network"]
    assert cards.keys() == variant.drivers.keys()
    for identifier, driver in variant.drivers.items():
        cards[identifier].update({"driver": driver, **variant.settings.get(identifier, {})})
    result = module("guestconv_convert", disks=[source], guest=guest)
    assert not result.get("failed"), result
    return result


def boot(module, source, hardware, **expect):
    """The Announcement of the guest on these devices. Waits for the login prompt after it, and what else is given."""
    result = module(
        "guestconv_verify", disks=[source], hardware=hardware, expect={"login": True, **expect}, timeout=1800
    )
    assert result.get("up") is True, json.dumps(result, indent=1)
    return announcement(result["console"])


def supported(name, hardware):
    """Record a row of docs/support.md."""
    boots.record_support(
        {
            "variant": f"network-{name}",
            "guest": "Debian 12",
            "configuration": VARIANTS[name].what,
            "devices": ", ".join(boots.devices({"interfaces": hardware["interfaces"]})),
            "result": BOOTED,
            "date": datetime.date.today().isoformat(),
        }
    )


@pytest.fixture(scope="module")
def machine(converted, name):
    """The hardware that convert returned, as the target has it. Nobody looks at a display here."""
    hardware = converted[1]["hardware"]
    cards = hardware["interfaces"]
    return dict(hardware, video=None, interfaces=cards[::-1] if VARIANTS[name].reversed else cards)


@pytest.fixture(scope="module")
def unconverted(module, copy_of_variant, machine, name):
    """What the guest announced that nobody converted."""
    return boot(module, copy_of_variant(name, "unconverted"), machine)


@pytest.fixture(scope="module")
def booted(module, converted, machine, name):
    """What the converted guest announced; each card with static addresses answered at the first of them."""
    announced = boot(module, converted[0], machine, **SSH)
    supported(name, machine)
    return announced


@pytest.mark.parametrize("name", UNCONVERTED, indirect=True)
def test_unconverted_the_guest_is_not_at_its_addresses_on_the_target(unconverted, machine, name):
    wanted = {card["mac"]: set(card["addresses"]) for card in machine["interfaces"]}
    assert any(wanted.values())
    assert [mac for mac in wanted if wanted[mac] & unconverted.at(mac)] == []


@pytest.mark.parametrize("name", GUESTS, indirect=True)
def test_the_converted_guest_answers_at_its_addresses_on_each_model(converted, booted, name):
    variant = VARIANTS[name]
    cards = converted[1]["hardware"]["interfaces"]
    assert {card["driver"] for card in cards} == {"virtio-net-pci", "e1000"}
    assert [card for card in cards if not set(card["addresses"]) <= booted.at(card["mac"])] == []
    assert booted.gateways == list(variant.gateways)


@pytest.mark.parametrize("name", GUESTS, indirect=True)
def test_oracle_16_17_each_card_has_its_name_and_its_addresses(converted, booted, name):
    variant = VARIANTS[name]
    drivers = {card: KERNEL_DRIVERS[driver] for card, driver in variant.drivers.items()}
    # What no file names has an identifier that is no name: nic0.
    named = {card: driver for card, driver in drivers.items() if not card.startswith("nic")}
    assert booted.drivers == named or not named
    cards = converted[1]["hardware"]["interfaces"]
    assert {card["name"]: booted.driver(card["mac"]) for card in cards} == drivers
    assert booted.static(variant.addresses) == variant.addresses
    active = "".join(variant.members[:1])
    assert booted.members == (sorted(variant.members), active)


@pytest.mark.parametrize("name", GUESTS, indirect=True)
def test_oracle_16_the_configuration_is_the_same_to_the_byte(converted, booted, name):
    assert changed_files(booted, name) == set(VARIANTS[name].edited)
    touched = {change["path"] for change in converted[1]["changes"]}
    assert touched & VARIANTS[name].files.keys() == set(VARIANTS[name].edited)


def changed_files(booted, name):
    """Those of the guest's own files of configuration that are not what they were, by the booted guest's word."""
    files = {path: text for path, text in VARIANTS[name].files.items() if path.startswith("/etc/")}
    return {path for path, text in files.items() if booted.files[path] != sha256(text)}


@pytest.fixture(scope="module")
def inspected_alone(module, copy_of_variant):
    return inspect(module, copy_of_variant(ALONE, "inspected"), ALONE)


@pytest.mark.parametrize(
    "driver",
    [
        pytest.param("virtio-net-pci", marks=in_one_process(ALONE)),
        pytest.param("e1000", marks=[in_one_process(ALONE), pytest.mark.matrix]),
    ],
)
def test_oracle_16_a_lone_card_whose_mac_address_nobody_knows_comes_back(
    module, copy_of_variant, inspected_alone, driver
):
    source = copy_of_variant(ALONE, driver)
    result = convert(module, source, inspected_alone, replace(VARIANTS[ALONE], drivers={"ens192": driver}))
    booted = boot(module, source, dict(result["hardware"], video=None), **SSH)
    supported(ALONE, result["hardware"])
    assert booted.drivers == {"ens192": KERNEL_DRIVERS[driver]}
    assert booted.static(["ens192"]) == {"ens192": ["10.0.2.15/24"]}
    assert changed_files(booted, ALONE) == set()
