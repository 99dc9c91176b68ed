# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine that guestconv_verify boots is the machine that is defined: libvirt's command line for QEMU and ours."""

from __future__ import annotations

import json
import os
import re
import shlex

import pytest
from lxml import etree

from ansible_collections.virttools.guestconv.plugins.module_utils.model import hardware
from ansible_collections.virttools.guestconv.plugins.module_utils.platforms import libvirt
from ansible_collections.virttools.guestconv.plugins.module_utils.verify.command_line import Launch, command_line
from ansible_collections.virttools.guestconv.plugins.module_utils.verify.network import user_networks
from tests.end_to_end import libvirt_host
from tests.unit.plugins.module_utils.platforms.samples import card, converted, disk

MACS = [f"00:50:56:aa:bb:{number:02x}" for number in range(4)]
HARDWARE = {
    "virtio": converted(
        disks=[disk(boot_order=2), disk(device="sdb", boot_order=1)],
        interfaces=[card(mac=MACS[0]), card(name="ens224", mac=MACS[1])],
        console={"driver": "virtconsole"},
    ),
    "transitional": converted(
        disks=[disk(boot_order=1)], interfaces=[card(mac=MACS[0])], virtio="transitional", console=None
    ),
    "mixed": converted(
        disks=[disk("virtio-scsi-pci", boot_order=1), disk("ahci", "sdb", 2), disk("virtio-scsi-pci", "sdc", 3)],
        interfaces=[
            card("e1000e", mac=MACS[0]),
            card("e1000", "ens224", MACS[1]),
            card("vmxnet3", "ens225", MACS[2]),
            card("virtio-net-pci", "ens256", MACS[3]),
        ],
        video={"driver": "VGA"},
    ),
    "pc": converted(
        disks=[
            disk("ide", boot_order=1),
            disk("ide", "sdb", 2),
            disk("ide", "sdc", 3),
            disk(device="sdd", boot_order=4),
        ],
        interfaces=[card("rtl8139", mac=MACS[0]), card(name="ens224", mac=MACS[1])],
        machine="pc",
        video={"driver": "cirrus-vga"},
    ),
}
# What both machines have, and one has for its own purposes.
OWN = {"virtserialport", "virtio-serial-pci", "virtio-balloon-pci", "virtio-rng-pci", "usb-tablet", "qemu-xhci"}
OWN |= {"piix3-usb-uhci", "isa-serial", "virtconsole"}
BRIDGES = ("pcie-root-port", "pcie-pci-bridge")
# Where a device is: on the root bus, or on a bridge for PCI, which is all the same to virtio; or at a port.
PLACES = {"pcie.0": "PCI", "pci.0": "PCI", None: "PCI", "pcie-pci-bridge": "PCI", "pcie-root-port": "Express"}


def devices(arguments):
    """The devices of a command line (dicts of their properties), in order."""
    found = []
    for name, value in zip(arguments, arguments[1:]):
        if name == "-device":
            if value.startswith("{"):
                found.append(json.loads(value))
            else:
                driver, *properties = value.split(",")
                found.append({"driver": driver, **dict(each.split("=", 1) for each in properties)})
    return found


def of_interest(arguments):
    """(drivers of disks and their controllers, cards, video) with what a guest sees of them, each in the guest's order."""
    every = devices(arguments)
    bridges = {each["id"]: each["driver"] for each in every if each["driver"] in BRIDGES}
    disks, cards, others = [], [], []
    for each in every:
        driver = each["driver"].removesuffix("-transitional")
        if driver in OWN or driver in BRIDGES:
            continue
        place = each.get("bus")
        place = PLACES.get(bridges.get(place, place), "a controller")
        if "drive" in each:
            address = [str(each[key]) for key in ("channel", "scsi-id", "lun", "unit") if key in each]
            # libvirt calls controllers scsi0, ide.0.
            bus = re.sub(r"^.*?(\d*)\.0$", r"\1", each["bus"]) if "scsi-id" in each else None
            bus = each["bus"] if driver == "ide-hd" else bus
            disks.append((int(each["bootindex"]), driver, place, bus, address))
        elif "netdev" in each:
            cards.append((each["mac"], driver, place))
        else:
            others.append((driver, place))
    # Cards are in the guest's order by their places: that of the ports, then that of the slots on a bridge.
    return sorted(disks), cards, sorted(others)


def ours(given):
    found = hardware.from_dict(given)
    launch = Launch(
        emulator="/usr/bin/qemu-system-x86_64",
        accelerator="tcg",
        memory=1024,
        cpus=1,
        hardware=found,
        overlays=tuple(f"/{index}.qcow2" for index in range(len(found.disks))),
        networks=tuple(user_networks(found.interfaces)),
        console=3,
    )
    return command_line(launch)


def libvirts(directory, given):
    images = [f"/images/{index}.raw" for index in range(len(given["disks"]))]
    xml = libvirt.define(given, "web01", images, network={"bridge": "guests"}, domain_type="qemu")
    (directory / "domain.xml").write_text(xml, encoding="utf-8")
    virsh = "virsh -q -c qemu:///system"
    script = f"{virsh} define --validate domain.xml; {virsh} domxml-to-native qemu-argv --domain web01; {virsh} dumpxml web01"
    ended = libvirt_host.run(directory, ["sh", "-ec", f"cd {directory}; {script}"])
    assert ended.returncode == 0, ended.stderr
    _defined, _blank, answer = ended.stdout.partition("LC_ALL")
    line, start, document = answer.partition("<domain")
    return shlex.split(line), etree.fromstring(start + document)


def places(domain):
    """Where the cards of a domain (a <domain> as libvirt has it) are: the command line that virsh shows has other places."""
    models = {each.get("index"): each.get("model") for each in domain.iterfind("devices/controller[@type='pci']")}
    found = []
    for each in domain.iterfind("devices/interface"):
        model = models[str(int(each.find("address").get("bus"), 16))]
        found.append((each.find("mac").get("address"), "Express" if model == "pcie-root-port" else "PCI"))
    return found


def option(arguments, name):
    return next(value for key, value in zip(arguments, arguments[1:]) if key == name)


@pytest.mark.skipif(os.geteuid() != 0, reason="libvirt's daemon, in namespaces of its own, needs root")
@pytest.mark.parametrize("name", HARDWARE)
def test_libvirt_starts_the_machine_that_was_booted(tmp_path, name):
    booted = ours(HARDWARE[name])
    defined, domain = libvirts(tmp_path, HARDWARE[name])
    disks, cards, others = of_interest(booted)
    assert (disks, others) == of_interest(defined)[::2]
    assert [card[:2] for card in cards] == [card[:2] for card in of_interest(defined)[1]]
    assert [(mac, place) for mac, _driver, place in cards] == places(domain)
    family = {"q35": "pc-q35-", "pc": "pc-i440fx-"}[option(booted, "-machine")]
    assert option(defined, "-machine").startswith(family)
    # erms is a matter of emulation's speed alone.
    assert option(booted, "-cpu").replace(",erms=off", "") == option(defined, "-cpu")
    assert option(booted, "-rtc") == option(defined, "-rtc")


def test_the_comparison_sees_what_kernels_before_linux_4_would_miss():
    modern, transitional = ours(HARDWARE["virtio"]), ours({**HARDWARE["virtio"], "virtio": "transitional"})
    assert of_interest(modern) != of_interest(transitional)
