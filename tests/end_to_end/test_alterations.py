# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same guest, converted for other devices than the recommended ones: each choice has its consequences."""

from __future__ import annotations

import copy

import pytest
from lxml import etree

from tests.end_to_end.conftest import digest, looked_into

SSH = {"port": 22, "banner": "SSH-"}


@pytest.fixture(scope="module")
def disk(copy_of):
    return copy_of("debian12-vmware", "altered")


@pytest.fixture(scope="module")
def inspected(module, disk):
    return module("guestconv_inspect", disks=[str(disk)])


def altered(guest, **drivers):
    guest = copy.deepcopy(guest)
    for kind, driver in drivers.items():
        for device in guest["devices"][kind].values():
            device["driver"] = driver
    return guest


@pytest.mark.parametrize(
    "drivers",
    [
        {"block": "virtio-scsi-pci", "network": "e1000", "console": "virtconsole"},
        pytest.param({"block": "ahci", "network": "e1000e", "graphics": "VGA"}, marks=pytest.mark.matrix),
    ],
    ids=lambda drivers: "-".join(drivers.values()),
)
def test_oracle_22_the_guest_boots_on_the_devices_that_were_chosen(module, copy_of, inspected, drivers):
    disk = copy_of("debian12-vmware", "-".join(drivers.values()))
    guest = altered(inspected["guest"], **drivers)
    converted = module("guestconv_convert", disks=[str(disk)], guest=guest)
    assert not converted.get("failed"), converted
    assert converted["hardware"]["disks"][0]["driver"] == drivers["block"]
    assert converted["hardware"]["interfaces"][0]["driver"] == drivers["network"]
    assert {
        kind: device["driver"] for kind, devices in converted["guest"]["devices"].items() for device in devices.values()
    } == {kind: device["driver"] for kind, devices in guest["devices"].items() for device in devices.values()}
    result = module("guestconv_verify", disks=[str(disk)], hardware=converted["hardware"], expect=SSH)
    assert result.get("up") is True, result


def test_a_deleted_device_is_unconfigured_and_the_document_does_as_the_dict(module, copy_of, inspected):
    document = etree.fromstring(inspected["xml"].encode())
    for kind in ("network", "console"):
        for element in document.findall(f"devices/{kind}"):
            element.getparent().remove(element)
    document.find("devices/block").set("driver", "virtio-scsi-pci")
    xml = etree.tostring(document, encoding="unicode")
    disk = copy_of("debian12-vmware", "deleted")
    converted = module("guestconv_convert", disks=[str(disk)], guest=xml)
    assert not converted.get("failed"), converted
    assert converted["hardware"]["interfaces"] == []
    assert converted["hardware"]["console"] is None
    assert converted["hardware"]["disks"][0]["driver"] == "virtio-scsi-pci"
    with looked_into(disk) as root:
        interfaces = root.read("/etc/network/interfaces")
        menu = root.read("/boot/grub/grub.cfg")
    assert [line for line in interfaces.splitlines() if "ens192" in line and not line.lstrip().startswith("#")] == []
    assert "console=ttyS" not in menu


@pytest.mark.parametrize(
    "path, value, code, named",
    [
        (("devices", "network", "ens192", "driver"), "vmxnet3", "driver-not-available", "virtio-net-pci"),
        (("devices", "network", "ens193"), {"driver": "e1000"}, "description-unknown-key", "ens192"),
        (("devices", "block", "sda", "bus"), "sata", "description-unknown-key", "driver"),
        (("current", "network", "ens192", "name"), "eth0", "description-changed", "ens192"),
        (("target",), "vmware", "description-changed", "kvm"),
        (("fingerprint",), "sha256:" + "0" * 64, "description-of-another-guest", "other disks"),
    ],
    ids=lambda value: value if isinstance(value, str) else ".".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_had_is_refused_before_anything_is_touched(module, disk, inspected, path, value, code, named):
    before = digest(disk)
    guest = copy.deepcopy(inspected["guest"])
    node = guest
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    result = module("guestconv_convert", disks=[str(disk)], guest=guest)
    assert result["failed"] is True
    assert result["code"] == code, result
    assert result["path"] == "guest." + ".".join(path)
    assert named in result["msg"]
    assert digest(disk) == before
