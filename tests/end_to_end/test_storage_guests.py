# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests whose disks have every layout, converted and booted on two sets of devices.

A guest announces on its console what was booted and mounted (storage_guest.py), and answers at its own static address.
script/test converts and boots one that has most of the layers; script/boot-matrix has all, also as they came.
"""

from __future__ import annotations

import copy
import datetime
import functools
import re
import shutil

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.devices.letters import letters
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.images import disks_from_option
from ansible_collections.virttools.guestconv.tests.any_call import Appliance
from tests import support_page
from tests.end_to_end import boots, typing_machine
from tests.end_to_end.conftest import digest
from tests.guests.storage_guest import HOST
from tests.guests.storage_layouts import SECOND_ENTRY, SECOND_HOST
from tests.guests.storage_variants import VARIANTS, disks

SSH = {"port": 22, "banner": "SSH-"}
MAC = "00:50:56:aa:bb:cc"
INTERFACES = {"interfaces": [{"mac": MAC, "addresses": ["10.0.2.15"]}]}
ADDRESS = {"name": "ens192", "mac": MAC, "addresses": ["10.0.2.15/24"], "gateway": "10.0.2.2"}

# The one that script/test converts and boots.
BOOTED = ("luks-on-md",)
OTHER_DEVICES = {"block": "virtio-scsi-pci", "network": "e1000e"}
# What no file that names disks may have after the conversion.
OLD_NAMES = re.compile(r"/dev/sd[a-z]|/dev/disk/by-id/")


def of_guests(choose=lambda variant: True, matrix=lambda name: name not in BOOTED):
    """The guests that choose(variant) chooses as the parameter name. matrix(name): whether only script/boot-matrix has it."""
    marks = {
        name: [pytest.mark.xdist_group(f"storage-{name}"), *([pytest.mark.matrix] if matrix(name) else [])]
        for name in VARIANTS
    }
    chosen = [pytest.param(name, marks=marks[name]) for name, variant in VARIANTS.items() if choose(variant)]
    return pytest.mark.parametrize("name", chosen)


only_in_matrix = of_guests(matrix=lambda name: True)


def of_variant(name):
    """The options of the modules for a guest."""
    variant = VARIANTS[name]
    keys = {"keys": [dict(key) for key in variant.keys]} if variant.keys else {}
    return {"hardware": {**INTERFACES, **variant.hardware}, **keys}


@pytest.fixture(scope="module")
def copy_of_guest(scratch):
    """copy_of_guest(name, kind) gives copies of a guest's images that a test may convert, as the option disks."""

    def make(name, kind):
        directory = scratch / f"{name}-{kind}"
        directory.mkdir()
        return [shutil.copy(image, directory) for image in disks(name)]

    return make


@pytest.fixture(scope="module")
def conversion(module, copy_of_guest):
    """conversion(name) is (the disks of a guest, what their conversion for the recommended devices returned)."""

    @functools.cache
    def convert(name):
        source = copy_of_guest(name, "converted")
        result = module("guestconv_convert", disks=source, **of_variant(name))
        assert not result.get("failed"), result
        return source, result

    return convert


def convert_for(module, source, name, **drivers):
    """Convert with these drivers for all devices of a kind ({kind: driver}). What is returned."""
    inspected = module("guestconv_inspect", disks=source, **of_variant(name))
    assert not inspected.get("failed"), inspected
    guest = copy.deepcopy(inspected["guest"])
    for kind, driver in drivers.items():
        for device in guest["devices"][kind].values():
            device["driver"] = driver
    keys = {key: value for key, value in of_variant(name).items() if key == "keys"}
    result = module("guestconv_convert", disks=source, guest=guest, **keys)
    assert not result.get("failed"), result
    return result


def booted(module, name, source, hardware):
    """{subject: words} of what the guest announced: it waits for that, and for SSH at the guest's own address."""
    # Nobody looks at a display here.
    options = {"disks": source, "hardware": {**hardware, "video": None}, "expect": {"login": True, **SSH}}
    typed = VARIANTS[name].typed
    result = typing_machine.boot(options, typed) if typed else module("guestconv_verify", timeout=1800, **options)
    assert result.get("up") is True, result
    return boots.announced(result["console"])


def check(said, name):
    """That all of the guest's storage is there."""
    variant = VARIANTS[name]
    assert said["mounts"].split() == list(variant.mounts)
    assert said["swaps"] == str(variant.swaps)
    assert said["arrays"].split() == ["[UU]"] * variant.arrays
    if variant.root:
        assert said["root"] == variant.root


def supported(said, name, hardware):
    """Record a row of docs/support.md."""
    boots.record_support(
        {
            "variant": f"storage-{name}-{hardware['firmware']}",
            "guest": "Debian 12",
            "loader": f"GRUB 2 {said['loader']}",
            "menu": "grub.cfg",
            "firmware": hardware["firmware"].upper(),
            "layout": VARIANTS[name].layout,
            "kernel": said["kernel"],
            "devices": ", ".join(dict.fromkeys(boots.devices({**hardware, "video": None, "console": None}))),
            "result": support_page.BOOTED,
            "date": datetime.date.today().isoformat(),
        }
    )


def on_source(name):
    """The machine that the guest comes from. All is as it was there."""
    count = len(VARIANTS[name].sizes)
    return {
        "firmware": "bios",
        "machine": "q35",
        "disks": [
            {"device": f"sd{letters(index)}", "driver": "pvscsi", "boot_order": index + 1} for index in range(count)
        ],
        "interfaces": [{"driver": "vmxnet3", **ADDRESS, "slot": 192}],
        "console": {"driver": "isa-serial"},
    }


@of_guests(lambda variant: variant.starts, matrix=lambda name: True)
def test_before_conversion_it_boots_on_the_machine_that_it_comes_from(module, copy_of_guest, name):
    said = booted(module, name, copy_of_guest(name, "unconverted"), on_source(name))
    check(said, name)


@of_guests()
def test_its_systems_are_found_and_no_snapshot_is_one(conversion, name):
    _source, result = conversion(name)
    assert sorted(result["guest"]["roots"]) == list(VARIANTS[name].roots)
    assert {change["root"] for change in result["changes"]} == set(VARIANTS[name].roots)


@of_guests()
def test_oracle_03_04_no_name_of_the_old_disks_is_left(conversion, name):
    _source, result = conversion(name)
    changed = [entry["after"] for entry in result["diff"]]
    lines = [line for text in changed for line in text.splitlines() if not line.lstrip().startswith("#")]
    assert [line for line in lines if OLD_NAMES.search(line)] == []
    assert lines


@of_guests()
def test_oracle_24_a_second_conversion_changes_nothing(module, conversion, name):
    source, _result = conversion(name)
    before = [digest(path) for path in source]
    again = module("guestconv_convert", disks=source, **of_variant(name))
    assert not again.get("failed"), again
    assert again["changed"] is False, again["changes"]
    assert [digest(path) for path in source] == before


@of_guests()
def test_it_boots_on_virtio_and_answers_at_its_own_address(module, conversion, name):
    source, result = conversion(name)
    hardware = result["hardware"]
    assert {disk["driver"] for disk in hardware["disks"]} == {"virtio-blk-pci"}
    said = booted(module, name, source, hardware)
    check(said, name)
    assert said["host"] == HOST
    supported(said, name, hardware)


@only_in_matrix
def test_it_boots_on_other_devices(module, copy_of_guest, name):
    other = copy_of_guest(name, "other")
    hardware = convert_for(module, other, name, **OTHER_DEVICES)["hardware"]
    said = booted(module, name, other, hardware)
    check(said, name)
    supported(said, name, hardware)


@pytest.mark.matrix
@pytest.mark.xdist_group("storage-gpt")
def test_a_guest_with_a_boot_loader_for_either_firmware_boots_with_uefi_too(module, copy_of_guest):
    source = copy_of_guest("gpt", "uefi")
    options = of_variant("gpt")
    options["hardware"]["firmware"] = "uefi"
    result = module("guestconv_convert", disks=source, **options)
    assert not result.get("failed"), result
    hardware = result["hardware"]
    assert hardware["firmware"] == "uefi"
    said = booted(module, "gpt", source, hardware)
    check(said, "gpt")
    supported(said, "gpt", hardware)


@pytest.mark.matrix
@pytest.mark.xdist_group("storage-two-systems")
def test_the_second_systems_entry_boots_the_second_system(module, conversion, scratch):
    source, result = conversion("two-systems")
    chosen = scratch / "second.qcow2"
    shutil.copy(source[0], chosen)
    with Appliance(disks_from_option([str(chosen)]), read_only=False) as appliance:
        appliance.mount(f"{appliance.device(0)}1", "/")
        # As grub-reboot(8) asks for it.
        appliance.command(["grub-editenv", "/boot/grub/grubenv", "set", f"next_entry={SECOND_ENTRY}"])
        appliance.close()
    said = booted(module, "two-systems", [str(chosen)], result["hardware"])
    assert said["host"] == SECOND_HOST
    check(said, "two-systems")
