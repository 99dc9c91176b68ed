# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The description: what comes of the aspects' findings."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KINDS, VMWARE
from ansible_collections.virttools.guestconv.plugins.module_utils.model import description
from ansible_collections.virttools.guestconv.plugins.module_utils.model.concerns import Concern
from ansible_collections.virttools.guestconv.plugins.module_utils.model.description import Findings
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.model.descriptions import (
    USABLE,
    described,
    guest,
    usable,
)


def test_the_first_driver_that_the_guest_can_use_is_recommended():
    found = described()
    assert found["devices"]["network"] == {"ens192": {"driver": "virtio-net-pci"}}
    assert found["devices"]["block"]["sdb"] == {"driver": "virtio-blk-pci"}
    assert found["choices"]["graphics"]["video0"] == {"driver": ["virtio-vga", "VGA"]}
    assert found["unavailable"]["graphics"]["video0"] == {"qxl-vga": "kernel 6.1 has no qxl module"}
    assert found["convertible"] is True


def test_every_root_must_be_able_to_use_a_driver():
    devices = {"network": {"eth0": {}}}
    findings = {
        "/dev/sda1": [Findings(devices=devices, usable=usable(virtio_net_pci="no virtio_net"))],
        "/dev/sda2": [Findings(devices=devices, usable=usable(e1000e="no e1000e"))],
    }
    found = description.describe(guest("/dev/sda1", "/dev/sda2"), findings)
    assert found["choices"]["network"]["eth0"]["driver"] == ["e1000", "rtl8139"]
    assert set(found["unavailable"]["network"]["eth0"]) == {"virtio-net-pci", "e1000e"}


def test_a_guest_that_can_drive_no_disk_is_not_convertible():
    nothing = dict.fromkeys(USABLE["block"], "no module")
    findings = Findings(devices={"block": {"sda": {}}}, usable={**USABLE, "block": nothing})
    found = description.describe(guest(), {"/dev/sda1": [findings]})
    assert found["convertible"] is False
    assert [concern["code"] for concern in found["concerns"]] == ["no-driver"]
    assert found["devices"]["block"]["sda"]["driver"] is None


@pytest.mark.parametrize(
    ("reasons", "name"),
    [
        ({}, "/dev/vda"),
        ({"virtio-blk-pci": "no module"}, "/dev/sda"),
        (dict.fromkeys(USABLE["block"], "no module"), None),
    ],
)
def test_a_disks_name_on_the_target_is_that_with_the_driver_which_is_recommended(reasons, name):
    names = {driver: "/dev/vda" if driver == "virtio-blk-pci" else "/dev/sda" for driver in USABLE["block"]}
    disks = {"sda": {"name_on_target": names}, "sdb": {"name_on_target": None}}
    findings = Findings(devices={"block": disks}, usable={**USABLE, "block": {**USABLE["block"], **reasons}})
    found = description.describe(guest(), {"/dev/sda1": [findings]})
    assert [disk["name_on_target"] for disk in found["current"]["block"].values()] == [name, None]


def test_a_warning_leaves_a_guest_convertible_and_an_error_does_not():
    assert described(concerns=[Concern("some-code", "warning", "m", "h")])["convertible"] is True
    assert described(concerns=[Concern("some-code", "error", "m", "h")])["convertible"] is False


def test_a_concern_that_inspection_has_reported_is_not_added_by_conversion():
    known, new = Concern("some-code", "warning", "m", "h"), Concern("some-code", "warning", "other", "h")
    found = described(concerns=[known])
    description.add_concerns(found, [known, new, new])
    assert [each["message"] for each in found["concerns"] if each["code"] == "some-code"] == ["m", "other"]
    assert description.altered_keys(found) == frozenset()


def test_another_target_has_its_own_choices():
    findings = Findings(
        devices={"network": {"ens192": {}}},
        usable={kind: {model.driver: "" for model in VMWARE.models[kind]} for kind in KINDS},
    )
    found = description.describe(guest(target=VMWARE), {"/dev/sda1": [findings]})
    assert found["devices"]["network"]["ens192"]["driver"] == "vmxnet3"


def test_what_a_guest_says_in_other_bytes_than_utf8_is_described_so_that_json_can_carry_it():
    said = b"web\xff".decode("utf-8", "surrogateescape")
    found = described(info={"hostname": said})
    assert found["roots"]["/dev/sda1"]["info"]["hostname"] == "web\ufffd"
    assert found["checksum"] == description.checksum(found)


def test_what_is_read_only_has_a_checksum_for_each_key():
    found = described()
    assert set(found["checksums"]) == set(found) - {"devices", "tools", "checksum", "checksums"}
    assert description.altered_keys(found) == frozenset()
    assert description.altered_keys({**found, "boot": {}, "target": "vmware"}) == {"boot", "target"}
    assert description.altered_keys({**found, "devices": {}}) == frozenset()
