# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The selection: what a caller may make of a description."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KINDS, KVM
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.model import description, selection
from ansible_collections.virttools.guestconv.plugins.module_utils.model.description import Findings
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.model.descriptions import (
    USABLE,
    described,
    guest,
    usable,
)


def altered(path, value, of=None):
    """A copy of a description with the value at path (keys with dots between) replaced, None to delete it."""
    copied = copy.deepcopy(of or described())
    *parents, last = path.split(".")
    node = copied
    for key in parents:
        node = node[key]
    if value is None:
        del node[last]
    else:
        node[last] = value
    return copied


def refusal(asked, found=None):
    with pytest.raises(GuestconvError) as caught:
        selection.check(asked)
        selection.select(asked, found or described())
    return caught.value


def test_the_recommendation_as_it_is_selects_everything():
    selected = selection.select(described(), described())
    assert selected.drivers["block"] == {"sda": "virtio-blk-pci", "sdb": "virtio-blk-pci"}
    assert selected.removed == {kind: [] for kind in KINDS}


def test_the_whole_result_of_inspect_is_refused_and_the_hint_says_what_to_pass():
    with pytest.raises(GuestconvError, match="is not part of a description") as caught:
        selection.check({"changed": False, "guest": described(), "xml": ""})
    assert "Pass its key guest" in caught.value.hint
    assert refusal({**described(), "other": 1}).hint == ""


def test_oracle_22_a_choice_is_selected_and_a_deleted_device_removed():
    asked = altered("devices.network.ens192", {"driver": "e1000"})
    asked = altered("devices.block.sdb", None, of=asked)
    selected = selection.select(asked, described())
    assert selected.drivers["network"] == {"ens192": "e1000"}
    assert selected.removed["block"] == ["sdb"]


@pytest.mark.parametrize(
    "path, value, code, named",
    [
        ("devices.network.ens192", {"driver": "pcnet"}, "driver-not-available", "virtio-net-pci, e1000e"),
        ("devices.graphics.video0", {"driver": "qxl-vga"}, "driver-not-available", "no qxl module"),
        ("devices.network.ens192", {}, "driver-not-available", "Allowed are"),
        ("devices.network.ens192", {"driver": ["e1000"]}, "driver-not-available", "Allowed are"),
        ("devices.network.eth9", {"driver": "e1000"}, "description-unknown-key", "ens192"),
        ("devices.sound", {}, "description-unknown-key", "network, block"),
        ("devices.network.ens192", {"driver": "e1000", "speed": 1}, "description-unknown-key", "driver"),
        ("devices.network.ens192", "e1000", "description-malformed", "must be a dict"),
        ("devices.network", [], "description-malformed", "must be a dict"),
        ("devices", [], "description-malformed", "must be a dict"),
        ("other", 1, "description-unknown-key", "fingerprint"),
        ("boot", None, "description-incomplete", "combine"),
        ("schema", 99, "description-schema", "99"),
        ("target", "xen", "description-changed", "kvm"),
        ("target", "vmware", "description-changed", "allowed is: kvm."),
        ("target", ["kvm"], "description-changed", "kvm"),
        ("hardware", {"memory": 4096}, "description-changed", "guestconv_inspect was given"),
        ("roots", 5, "description-changed", "hostname"),
        ("current", [], "description-changed", "ens192"),
        ("convertible", False, "description-changed", "True"),
        ("checksum", "sha256:0", "description-changed", "sha256:"),
        ("current.block.sda.size", 11, "description-changed", "10"),
        ("current.block.sda.serial", 11, "description-changed", "not there"),
        ("choices.network.ens192.driver", ["pcnet"], "description-changed", "virtio-net-pci"),
    ],
)
def test_what_cannot_be_is_refused_with_its_path_and_what_could_be(path, value, code, named):
    error = refusal(altered(path, value))
    assert error.code == code
    assert error.path.startswith(f"guest.{path}")
    assert error.path in error.message
    assert named in error.message + error.hint


@pytest.mark.parametrize("asked", [[], "text", 3, None])
def test_what_is_no_dict_is_refused(asked):
    assert refusal(asked).code == "description-malformed"


def test_another_guests_description_is_refused():
    with pytest.raises(GuestconvError) as caught:
        selection.check_fingerprint(described(), ("sha256:" + "1" * 64, "sha256:" + "2" * 64))
    assert caught.value.code == "description-of-another-guest"
    assert caught.value.path == "guest.fingerprint"


def test_a_description_from_before_the_guest_changed_is_still_good():
    found = altered("current.network.ens192.mac", "00:50:56:aa:bb:cc")
    description.sign(found)
    assert selection.select(described(), found).drivers["network"] == {"ens192": "virtio-net-pci"}


def test_what_a_caller_says_of_a_network_card_reaches_the_aspect():
    asked = altered("devices.network.ens192", {"driver": "e1000", "policy": "dhcp"})
    assert selection.select(asked, described()).settings["network"] == {"ens192": {"driver": "e1000", "policy": "dhcp"}}


A, B = "00:50:56:aa:00:0a", "00:50:56:aa:00:0b"


def with_cards(cards, **settings):
    """The description of a guest with these NICs, {name: MAC address}; settings: {name: what the caller says of it}."""
    devices = {"network": {name: {"name": name, "mac": mac} for name, mac in cards.items()}}
    found = description.describe(guest(), {"/dev/sda1": [Findings(devices=devices, usable=usable())]})
    for name, of_card in settings.items():
        found["devices"]["network"][name].update(of_card)
    return found


def to(name):
    return {"policy": "rename", "name": name}


@pytest.mark.parametrize(
    "before, settings, after, present",
    [
        ({"ens192": None}, {"ens192": to("lan0")}, {"ens192": None}, {"ens192": "lan0"}),
        ({"ens192": None}, {"ens192": to("lan0")}, {"lan0": None}, {"lan0": "lan0"}),
        # The MAC address is another one on the target.
        ({"ens192": A}, {"ens192": to("lan0")}, {"lan0": B}, {"lan0": "lan0"}),
        # They exchange their names, or are to.
        ({"x": A, "y": B}, {"x": to("y"), "y": to("x")}, {"x": A, "y": B}, {"x": "y", "y": "x"}),
        ({"x": A, "y": B}, {"x": to("y"), "y": to("x")}, {"x": B, "y": A}, {"y": "y", "x": "x"}),
        # Each takes the name of the next.
        (
            {"eth0": A, "eth1": B},
            {"eth0": to("eth1"), "eth1": to("eth2")},
            {"eth1": A, "eth2": B},
            {"eth1": "eth1", "eth2": "eth2"},
        ),
    ],
)
def test_a_description_from_before_a_renaming_is_still_good(before, settings, after, present):
    selected = selection.select(with_cards(before, **settings), with_cards(after))
    assert {name: each["name"] for name, each in selected.settings["network"].items()} == present
    assert set(selected.drivers["network"]) == set(present)
    assert selected.removed["network"] == []


@pytest.mark.parametrize(
    "before, settings, after",
    [
        ({"ens192": A}, {}, {"lan0": A}),
        ({"ens192": A}, {"ens192": to("lan0")}, {"ens224": A}),
        # Both MAC addresses are other ones, so that nobody knows which of the two this one was.
        ({"x": A, "y": B}, {"x": to("y"), "y": to("x")}, {"x": "02:00:00:00:00:01", "y": "02:00:00:00:00:02"}),
    ],
)
def test_a_description_that_does_not_fit_any_more_says_to_inspect_again(before, settings, after):
    error = refusal(with_cards(before, **settings), with_cards(after))
    assert error.code == "description-outdated"
    assert "Inspect the guest again" in error.hint


def test_a_description_of_a_guest_that_could_not_be_converted_may_be_tried_again():
    reasons = {kind: dict.fromkeys(USABLE[kind], "kernel 2.4 has none") for kind in KINDS}
    findings = Findings(devices={"block": {"sda": {"size": 10}}}, usable=reasons)
    asked = description.describe(guest(), {"/dev/sda1": [findings]})
    assert not asked["convertible"]
    assert selection.check(asked) == KVM


@pytest.mark.parametrize(
    "blocks, names",
    [
        ({"sda": {"position": 1}, "vdb": {"position": 0}}, ["vdb", "sda"]),
        ({"sda": {}}, None),
        ({"sda": None}, None),
        ({"sda": {"position": 0}, "sdb": {"position": "1"}}, None),
        ({}, None),
        (None, None),
        ([], None),
    ],
)
def test_the_disks_have_the_names_of_the_description_if_it_has_them(blocks, names):
    assert selection.disk_names({"current": {"block": blocks}}) == names


@pytest.mark.parametrize(
    "roots, root",
    [
        ({"/dev/sda1": {}}, "/dev/sda1"),
        ({"/dev/sda9": {}}, None),
        ({"/dev/sda1": {}, "/dev/sda2": {}}, None),
        (None, None),
        ([["/dev/sda1"]], None),
    ],
)
def test_a_description_of_one_root_narrows_the_conversion_to_it(roots, root):
    assert selection.only_root({"roots": roots}, {"/dev/sda1": "UUID=u-1", "/dev/sda2": ""}) == root


@pytest.mark.parametrize(
    "filesystems, root",
    [
        ({"/dev/sda": "UUID=u-1"}, "/dev/sda"),
        ({"/dev/sda1": "UUID=u-1"}, "/dev/sda1"),
        ({"/dev/sda1": "UUID=u-1", "/dev/sda": "UUID=u-1"}, "/dev/sda"),
        ({"/dev/sda1": "UUID=u-1", "/dev/sdb1": "UUID=u-1"}, None),
        ({"/dev/sda": "UUID=u-2", "/dev/sdb1": ""}, None),
    ],
)
def test_the_root_of_a_description_is_found_by_its_identity_when_it_has_another_name(filesystems, root):
    assert selection.only_root({"roots": {"/dev/sda": {"info": {"identity": "UUID=u-1"}}}}, filesystems) == root


def without_checksums(found):
    """The description as earlier versions wrote it."""
    earlier = {key: value for key, value in found.items() if key != "checksums"}
    return {**earlier, "checksum": description.checksum(earlier)}


def test_a_description_of_an_earlier_version_is_still_good():
    asked = without_checksums(described())
    assert selection.check(asked) == KVM
    assert selection.select(asked, described()).drivers["network"] == {"ens192": "virtio-net-pci"}


def test_an_alteration_of_a_description_of_an_earlier_version_is_refused():
    asked = altered("current.block.sda.size", 11, of=without_checksums(described()))
    error = refusal(asked)
    assert (error.code, error.path) == ("description-changed", "guest.current.block.sda.size")
    # What is found goes by the hardware that the description has.
    asked = altered("hardware", {"memory": 4096}, of=without_checksums(described()))
    error = refusal(asked, altered("hardware", {"memory": 4096}))
    assert (error.code, error.path) == ("description-changed", "guest.hardware")


@pytest.mark.parametrize(
    "path, value",
    [
        ("checksums", {}),
        ("checksums", 7),
        ("checksums", None),
        ("checksums.roots", "sha256:0"),
        ("checksum", "sha256:0"),
    ],
)
def test_altered_checksums_are_refused(path, value):
    error = refusal(altered(path, value))
    assert error.code == "description-changed"
    assert error.path.startswith(f"guest.{path}")


def test_checksums_that_were_taken_out_are_refused():
    asked = {key: value for key, value in described().items() if key != "checksums"}
    error = refusal(asked)
    assert (error.code, error.path) == ("description-changed", "guest.checksums")


def test_an_alteration_is_named_even_where_the_guest_has_changed_elsewhere_since_it_was_inspected():
    found = altered("boot.firmware", "uefi")
    found["current"]["network"]["ens192"]["mac"] = "00:50:56:aa:bb:cc"
    description.sign(found)
    error = refusal(altered("roots./dev/sda1.info.hostname", "db01"), found)
    assert (error.code, error.path) == ("description-changed", "guest.roots./dev/sda1.info.hostname")


def test_an_alteration_that_the_guest_has_come_to_fit_is_refused():
    found = altered("boot.firmware", "uefi")
    description.sign(found)
    error = refusal(altered("boot.firmware", "uefi"), found)
    assert (error.code, error.path) == ("description-changed", "guest.boot")


def test_a_renaming_to_a_name_that_no_other_card_has_and_that_the_card_is_gone_from_is_outdated():
    asked = with_cards({"ens192": A}, ens192={"policy": "rename", "name": "ens192"})
    assert refusal(asked, with_cards({"lan0": B})).code == "description-outdated"
