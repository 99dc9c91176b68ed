# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Debian 12 guest whose initrd is complete, and whose network card is named by a rule for VMware's driver."""

from __future__ import annotations

import hashlib

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.disks.images import disks_from_option
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.reading import READ_LIMIT
from ansible_collections.virttools.guestconv.tests.any_call import Appliance
from tests.end_to_end.conftest import digest, looked_into

RULES = "/etc/udev/rules.d/70-persistent-net.rules"
HARDWARE = {"firmware": "bios", "interfaces": [{"mac": "00:50:56:AA:BB:CC", "addresses": ["10.0.2.15"]}]}


def initrd_of(root):
    """sha256 of the initrd of the only kernel."""
    path = root.glob("/boot/initrd.img-*")[0]
    return hashlib.sha256(root.read_bytes(path, limit=1 << 30)).hexdigest()


@pytest.fixture(scope="module")
def disk(copy_of):
    return copy_of("debian12-vmware-modern", "modern")


@pytest.fixture(scope="module")
def before(disk):
    with looked_into(disk) as root:
        return {
            "initrd": initrd_of(root),
            "rules": root.read(RULES),
            "interfaces": root.read("/etc/network/interfaces"),
        }


@pytest.fixture(scope="module")
def converted(module, disk, before, scratch):
    """Inspected and converted in one call, to a copy."""
    destination = scratch / "converted"
    destination.mkdir()
    untouched = digest(disk)
    result = module("guestconv_convert", disks=[str(disk)], hardware=HARDWARE, dest=str(destination))
    assert digest(disk) == untouched
    assert not result.get("failed"), result
    return result


def test_inspecting_and_converting_in_one_call_costs_one_launch(converted):
    assert converted["timeline"]["launches"] == 1


def test_dest_gets_the_converted_disk_under_its_name(converted, scratch):
    assert converted["disks"] == [str(scratch / "converted" / "modern.qcow2")]
    assert converted["changed"] is True
    assert [path.name for path in (scratch / "converted").iterdir()] == ["modern.qcow2"]


def test_oracle_10_16_17_the_initrd_is_the_same_and_the_rule_fits_the_new_card(converted, before):
    with looked_into(converted["disks"][0]) as root:
        after = {
            "initrd": initrd_of(root),
            "rules": root.read(RULES),
            "interfaces": root.read("/etc/network/interfaces"),
        }
    assert after["interfaces"] == before["interfaces"]
    assert 'DRIVERS=="vmxnet3"' in before["rules"] and 'DRIVERS=="vmxnet3"' not in after["rules"]
    assert 'ATTR{address}=="00:50:56:aa:bb:cc"' in after["rules"] and 'NAME="ens192"' in after["rules"]
    # The initrd has a copy of the rules: only that is appended, if it is there.
    appended = [change["detail"] for change in converted["changes"] if change["aspect"] == "kernel"]
    assert after["initrd"] == before["initrd"] or appended == ["supplemented with its configuration"]


def test_the_cards_address_is_that_of_the_source(converted):
    (card,) = converted["hardware"]["interfaces"]
    assert (card["name"], card["mac"]) == ("ens192", "00:50:56:aa:bb:cc")


def test_the_converted_guest_boots_and_answers_at_its_own_address(module, converted):
    result = module(
        "guestconv_verify",
        disks=converted["disks"],
        hardware=converted["hardware"],
        expect={"port": 22, "banner": "SSH-"},
    )
    assert result.get("up") is True, result


def test_the_choices_of_another_target_come_of_the_same_evidence(module, disk):
    guest = module("guestconv_inspect", disks=[str(disk)], target="vmware", hardware=HARDWARE)["guest"]
    assert guest["devices"]["network"]["ens192"]["driver"] == "vmxnet3"
    assert guest["choices"]["block"]["sda"]["driver"] == ["pvscsi", "nvme", "mptsas1068", "ahci"]
    assert guest["hardware"] == HARDWARE


def test_oracle_23_a_failure_in_the_middle_leaves_the_disk_as_it_was(module, copy_of):
    disk = copy_of("debian12-vmware-modern", "oversized")
    with Appliance(disks_from_option([str(disk)]), read_only=False) as appliance:
        appliance.mount(appliance.device(0) + "1", "/")
        # It is read when most of the conversion is done.
        appliance.truncate_size("/etc/default/grub", READ_LIMIT + 1)
        appliance.close()
    before = digest(disk)
    result = module("guestconv_convert", disks=[str(disk)])
    assert result["failed"] is True
    assert result["code"] == "guest-file-too-large"
    assert "/etc/default/grub on /dev/sda1" in result["msg"]
    assert digest(disk) == before
    assert [path.name for path in disk.parent.glob(".*")] == []
