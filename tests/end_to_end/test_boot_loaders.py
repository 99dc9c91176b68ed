# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests of every boot loader, converted, looked into and booted. Each has two kernels, and boots the older one.

A guest announces on its console what was booted (boot_loaders.py), and answers at its own static address. script/test
checks one of each kind on the disk and boots some; script/boot-matrix has all, also on other devices and as they came.
"""

from __future__ import annotations

import copy
import datetime
import functools
import re
import shutil

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils import initrd
from tests import support_page
from tests.end_to_end import boots
from tests.end_to_end.conftest import digest, looked_into
from tests.guests.boot_variants import FALLBACK, VARIANTS, disk

SSH = {"port": 22, "banner": "SSH-"}
MAC = "00:50:56:aa:bb:cc"
SOURCE = {"interfaces": [{"mac": MAC, "addresses": ["10.0.2.15"]}]}

# Which of them script/test boots: an entry that is a file of its own, and a boot loader that is in a partition.
BOOTED = ("grub2-bls", "extlinux")
# Which of them it looks at on the disk.
LOOKED_AT = (*BOOTED, "grub2-index", "grub-legacy", "systemd-boot-no-fallback", "uki", "uki-lacking")
OLDER = "6.1."
PACKAGES = {
    "grub2": "grub-pc",
    "extlinux": "extlinux",
    "systemd-boot": "systemd-boot-efi",
    "unified-kernel-image": "systemd-boot-efi",
}
SYSTEMD_BOOT = "/usr/lib/systemd/boot/efi/systemd-bootx64.efi"

LAYOUTS = {"mbr": "MBR", "gpt": "GPT", "none": "no partition table"}
OTHER_DEVICES = {"block": {"sda": "ahci"}, "network": {"ens192": "e1000e"}}
ADDRESS = {"name": "ens192", "mac": MAC, "addresses": ["10.0.2.15/24"], "gateway": "10.0.2.2"}


def of_guests(choose, matrix=lambda name: name not in LOOKED_AT):
    """The guests that choose(variant) chooses as the parameter name. matrix(name): whether only script/boot-matrix has it."""
    marks = {
        name: [pytest.mark.xdist_group(f"loaders-{name}"), *([pytest.mark.matrix] if matrix(name) else [])]
        for name in VARIANTS
    }
    chosen = [pytest.param(name, marks=marks[name]) for name, variant in VARIANTS.items() if choose(variant)]
    return pytest.mark.parametrize("name", chosen)


convertible = of_guests(lambda variant: not variant.refused)


@pytest.fixture(scope="module")
def copy_of_variant(scratch):
    """copy_of_variant(name, kind) gives a copy of a guest's image that a test may convert, as an item of disks."""

    def make(name, kind):
        made_once = disk(name)
        path = scratch / f"{name}-{kind}.qcow2"
        shutil.copyfile(made_once["path"], path)
        return {**made_once, "path": str(path)}

    return make


class Converted:
    """A guest that was converted once, for all tests of it. source: its disk. result: what the conversion returned."""

    def __init__(self, module, source):
        self.source = source
        self.result = module("guestconv_convert", disks=[source], hardware=SOURCE)
        assert not self.result.get("failed"), self.result


@pytest.fixture(scope="module")
def conversion(module, copy_of_variant):
    """conversion(name) is the Converted guest. Not a fixture with a parameter: each test has other guests as these."""
    return functools.cache(lambda name: Converted(module, copy_of_variant(name, "converted")))


@pytest.fixture
def converted(conversion, name):
    return conversion(name).result


@pytest.fixture
def source(conversion, name):
    return conversion(name).source


def convert_for(module, source, guest, drivers):
    """Convert with these drivers, {kind: {device: driver}}. What is returned."""
    guest = copy.deepcopy(guest)
    for kind, chosen in drivers.items():
        for identifier, driver in chosen.items():
            guest["devices"][kind][identifier]["driver"] = driver
    result = module("guestconv_convert", disks=[source], guest=guest)
    assert not result.get("failed"), result
    return result


class Looked:
    """What is on a disk.

    loader: the version of the boot loader. versions: of the kernels. texts: {path: text} of the menu and its sources. initrds: {path: initrd.Initrd}.
    fallback: the program that UEFI starts by itself, or None. programs: {path: content} of those that are in the base.
    """

    def __init__(self, source, scratch, variant):
        with looked_into(source) as root:
            self.versions = root.list("/usr/lib/modules")
            self.texts = {path: root.read(path) for pattern in variant.texts for path in root.glob(pattern)}
            self.fstab = root.read("/etc/fstab")
            self.fallback = root.read_bytes(FALLBACK) if root.exists(FALLBACK) else None
            self.systemd_boot = root.read_bytes(SYSTEMD_BOOT)
            self.initrds = {}
            for path in root.glob(variant.initrds):
                root.download(path, str(scratch / "initrd"))
                self.initrds[path] = initrd.read(str(scratch / "initrd"))
            self.loader = loader_version(variant, root.read("/var/lib/dpkg/status"))
            self.leftovers = root.glob("/boot/*guestconv*") + root.glob("/boot/*/*guestconv*")


def loader_version(variant, status):
    """The version of the boot loader. status: dpkg's."""
    if variant.files:
        return variant.files().version
    (version,) = re.findall(rf"^Package: {PACKAGES[variant.loader]}\n(?:.+\n)*?Version: (.+)$", status, re.MULTILINE)
    return version


@pytest.fixture(scope="module")
def look_into(conversion, scratch):
    """look_into(name) is what is on the disk of the converted guest, looked at once."""
    return functools.cache(lambda name: Looked(conversion(name).source, scratch, VARIANTS[name]))


@pytest.fixture
def looked(look_into, name):
    return look_into(name)


def by_default(result):
    """(The versions of all kernels, those that boot by default), by a description."""
    (root,) = result["guest"]["roots"].values()
    kernels = {kernel["version"]: kernel["default"] for kernel in root["kernels"]}
    return list(kernels), [version for version, default in kernels.items() if default]


@convertible
def test_inspection_names_the_loader_and_the_kernel_that_boots_by_default(converted, name):
    variant = VARIANTS[name]
    boot = converted["guest"]["boot"]
    assert boot["firmware"] == variant.firmware
    if variant.is_transformed:
        assert boot["loaders"] == {}
        assert [(each["name"], each["disk"]) for each in converted["guest"]["transform"]] == [
            ("partition-table", "sda")
        ]
    else:
        assert boot["loaders"] == {"sda": {"type": variant.firmware, "name": variant.loader}}
        assert converted["guest"]["transform"] == []
    versions, default = by_default(converted)
    assert len(versions) == variant.kernels
    assert len(default) == 1 and default[0].startswith(variant.kernel)


@convertible
def test_oracle_05_06_no_name_of_the_old_disk_is_left_in_the_menu_or_its_sources(looked, name):
    assert [path for path, text in looked.texts.items() if "/dev/sd" in text] == []
    assert "/dev/sd" not in looked.fstab and "/dev/xvd" not in looked.fstab
    # Each command line, wherever it is written, has the root by its UUID.
    lines = [line for text in looked.texts.values() for line in text.splitlines() if " ro " in line]
    assert [line for line in lines if "root=UUID=" not in line] == []
    assert len(lines) >= VARIANTS[name].kernels or not VARIANTS[name].texts


@of_guests(lambda variant: variant.kernels == 2)
def test_oracle_09_12_the_initrd_of_every_kernel_holds_the_targets_driver(looked):
    found = {
        version: read.modules(version)
        for path, read in looked.initrds.items()
        for version in looked.versions
        if path.endswith(version)
    }
    assert sorted(found) == sorted(looked.versions)
    # virtio_pci is built into the newer kernel.
    assert [version for version, modules in found.items() if "virtio_blk" not in modules] == []
    assert looked.leftovers == []


@of_guests(lambda variant: variant.firmware == "uefi" and not variant.refused)
def test_oracle_19_the_firmware_finds_the_loader_by_itself(looked, name):
    assert looked.fallback
    if VARIANTS[name].loader == "systemd-boot":
        assert looked.fallback == looked.systemd_boot


@of_guests(lambda variant: not variant.starts and variant.firmware == "uefi")
def test_oracle_19_the_fallback_is_made_by_conversion(converted):
    assert ("created", FALLBACK) in [(change["action"], change["path"]) for change in converted["changes"]]


@of_guests(lambda variant: variant.kernels == 1 and not variant.refused)
def test_oracle_10_what_is_complete_is_not_changed(converted):
    assert [change["path"] for change in converted["changes"] if change["path"].startswith("/boot/efi/EFI/")] == []


@convertible
def test_oracle_11_24_a_second_conversion_changes_nothing_and_the_default_stays(
    module, source, converted, looked, name
):
    before = digest(source["path"])
    again = module("guestconv_convert", disks=[source], hardware=SOURCE)
    assert (again["changed"], again["changes"], again["diff"]) == (False, [], [])
    assert digest(source["path"]) == before
    assert by_default(again) == by_default(converted)
    supported(name, looked, converted["hardware"], by_default(again)[1][0], support_page.CHECKED)


@of_guests(lambda variant: variant.refused)
def test_a_guest_that_cannot_be_prepared_is_refused_with_its_code(module, copy_of_variant, name):
    source = copy_of_variant(name, "refused")
    before = digest(source["path"])
    result = module("guestconv_convert", disks=[source], hardware=SOURCE)
    assert result.get("failed") and result["code"] == VARIANTS[name].refused, result
    assert digest(source["path"]) == before


def booted(module, source, hardware, **expect):
    """{subject: words} of what the guest announced. Waits for the login prompt after it, and what else is given."""
    # Nobody looks at a display here.
    hardware = {**hardware, "video": None}
    result = module("guestconv_verify", disks=[source], hardware=hardware, expect={"login": True, **expect})
    assert result.get("up") is True, result
    return boots.announced(result["console"])


def supported(name, looked, hardware, kernel, result):
    """Record a row of docs/support.md."""
    variant = VARIANTS[name]
    row = {
        "variant": name,
        "guest": "Debian 12",
        "loader": f"{variant.title} {looked.loader}",
        "menu": variant.menu,
        "firmware": variant.firmware.upper(),
        "layout": LAYOUTS[variant.layout] + (", MBR made" if variant.is_transformed else ""),
        "kernel": kernel,
        "devices": ", ".join(boots.devices({**hardware, "video": None, "console": None})),
        "result": result,
        "date": datetime.date.today().isoformat(),
    }
    boots.record_support(row)


def on_source(variant):
    """The machine that the guest comes from: of its disks, one that this firmware has a driver for.

    The network card is the same, and not in the same slot: it is not called ens192, and has no address.
    """
    return {
        "firmware": variant.firmware,
        "machine": "q35",
        "disks": [{"device": "sda", "driver": "pvscsi" if variant.firmware == "bios" else "ahci", "boot_order": 1}],
        "interfaces": [{"driver": "vmxnet3", **ADDRESS}],
        "console": {"driver": "isa-serial"},
    }


@of_guests(lambda variant: variant.starts, lambda name: True)
def test_before_conversion_it_boots_on_the_machine_that_it_comes_from(module, copy_of_variant, name):
    said = booted(module, copy_of_variant(name, "unconverted"), on_source(VARIANTS[name]))
    assert said["kernel"].startswith(OLDER)
    assert said["root"] == ("/dev/sda" if VARIANTS[name].layout == "none" else "/dev/sda1")


def check(said, name, looked, hardware, disk_on_target):
    """That what the guest announced is right, which becomes a row of docs/support.md."""
    variant = VARIANTS[name]
    assert said["kernel"].startswith(variant.kernel)
    assert "root=UUID=" in said["arguments"] and "/dev/sd" not in said["arguments"]
    assert said["root"] == disk_on_target + ("" if variant.layout == "none" and variant.starts else "1")
    supported(name, looked, hardware, said["kernel"], support_page.BOOTED)


@of_guests(lambda variant: not variant.refused, lambda name: name not in BOOTED)
def test_oracle_11_19_it_boots_the_same_kernel_on_virtio_and_answers_at_its_own_address(
    module, source, converted, looked, name
):
    hardware = converted["hardware"]
    assert [disk["driver"] for disk in hardware["disks"]] == ["virtio-blk-pci"]
    said = booted(module, source, hardware, **SSH)
    check(said, name, looked, hardware, "/dev/vda")


@of_guests(lambda variant: not variant.refused, lambda name: True)
def test_it_boots_the_same_kernel_on_other_devices(module, copy_of_variant, looked, name):
    other = copy_of_variant(name, "other")
    guest = module("guestconv_inspect", disks=[other], hardware=SOURCE)["guest"]
    result = convert_for(module, other, guest, OTHER_DEVICES)
    said = booted(module, other, result["hardware"], **SSH)
    check(said, name, looked, result["hardware"], "/dev/sda")
