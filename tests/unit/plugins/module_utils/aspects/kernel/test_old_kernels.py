# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernels from before virtio 1.0, and from before depmod listed what is built in."""

from __future__ import annotations

import gzip
import lzma

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.kernel import (
    kernel_config,
    kernel_image,
    module_tree,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import TARGETS
from ansible_collections.virttools.guestconv.plugins.module_utils.initrd import KernelModules
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils import complete_guest
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

VIRTIO = "kernel/drivers/virtio/virtio_pci.ko"
NEW = b"\x7fELF parm=force_legacy:Force legacy mode for transitional virtio 1 devices"


def tree(version, dep, files=None):
    path = f"/lib/modules/{version}"
    there = {f"{path}/modules.dep": dep, f"{path}/modules.builtin": "", **(files or {})}
    return module_tree.read(FakeRoot(there), path)


@pytest.mark.parametrize(
    "version, suffix, content, is_old",
    (
        ("2.6.32-754.el6.x86_64", "", b"\x7fELF", True),
        ("3.0.101-63-default", "", b"\x7fELF", True),
        ("3.10.0-229.el7.x86_64", "", b"\x7fELF", True),
        ("3.10.0-1160.el7.x86_64", ".xz", lzma.compress(NEW), False),
        ("3.10.0-1160.el7.x86_64", "", NEW, False),
        # Where the version says it, the module is not read.
        ("4.18.0-553.el8_10.x86_64", ".xz", b"", False),
        ("10.0.1", "", b"", False),
    ),
)
def test_virtio_1_is_shown_by_the_version_or_by_the_module(version, suffix, content, is_old):
    found = tree(version, f"{VIRTIO}{suffix}:\n", {f"/lib/modules/{version}/{VIRTIO}{suffix}": content})
    assert found.has_old_virtio is is_old and "virtio_pci" in found.loadable


def test_what_is_built_into_an_old_kernel_shows_nothing_and_without_it_there_is_nothing_to_show():
    version = "3.13.0-170-generic"
    assert tree(version, "", {f"/lib/modules/{version}/modules.builtin": f"{VIRTIO}\n"}).has_old_virtio
    assert not tree(version, "kernel/drivers/ata/ahci.ko:\n").has_old_virtio


def test_without_a_list_of_what_is_built_in_the_configuration_shows_it():
    version = "2.6.18-419.el5"
    config = "CONFIG_SERIAL_8250=y\nCONFIG_BLK_DEV_SD=m\n# CONFIG_NVME is not set\nCONFIG_SATA_AHCI=y\n"
    path = f"/lib/modules/{version}"
    root = FakeRoot({f"{path}/modules.dep": "", f"/boot/config-{version}": config})
    assert module_tree.read(root, path).built_in == {"8250", "ahci"}
    assert module_tree.read(FakeRoot({f"{path}/modules.dep": ""}), path).built_in == frozenset()
    assert kernel_config.built_in("") == frozenset()


def test_each_module_that_a_device_needs_has_its_symbol():
    models = (model for target in TARGETS.values() for rows in target.models.values() for model in rows)
    text = "".join(f"CONFIG_{symbol}=y\n" for symbol in kernel_config._SYMBOLS.values())
    assert {name for model in models for name in model.modules} - kernel_config.built_in(text) == set()


@pytest.mark.parametrize(
    "head, is_for_xen",
    (
        (b"\x1f\x8b" + bytes(0x300), True),
        (b"\x7fELF" + bytes(0x300), True),
        (complete_guest.bzimage("6.1"), False),
        (b"", False),
        (b"kernel", False),
    ),
)
def test_a_kernel_for_x86_without_its_header_is_for_xen_alone(head, is_for_xen):
    assert kernel_image.is_without_boot_header(head) is is_for_xen


def test_a_guest_whose_default_kernel_is_for_xen_alone_is_refused():
    packed = gzip.compress(f"\x7fELF Linux version {complete_guest.VERSION} (a@b)".encode())
    root = complete_guest.make({complete_guest.KERNEL: packed}, info={"arch": "x86_64"})
    found = [each["code"] for each in complete_guest.inspected(root)["concerns"] if each["severity"] == "error"]
    assert found == ["kernel-for-xen-only"]
    # Kernels of other architectures are packed so.
    arm = complete_guest.make({complete_guest.KERNEL: packed}, info={"arch": "aarch64"})
    assert not any(each["severity"] == "error" for each in complete_guest.inspected(arm)["concerns"])


def test_paths_of_an_old_depmod_are_from_the_root_of_the_filesystem():
    old = "/lib/modules/2.6.18-419.el5/kernel/drivers/"
    modules = KernelModules(f"{old}scsi/sd_mod.ko: {old}scsi/scsi_mod.ko\n{old}scsi/scsi_mod.ko:\n")
    assert modules.missing(["sd_mod"], ()) == ["kernel/drivers/scsi/scsi_mod.ko", "kernel/drivers/scsi/sd_mod.ko"]
