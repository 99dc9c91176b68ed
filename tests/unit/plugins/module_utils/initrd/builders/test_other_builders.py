# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configurations of dracut, SUSE's and Red Hat's mkinitrd, make-initrd and genkernel."""

from __future__ import annotations

import re
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils import initrd
from ansible_collections.virttools.guestconv.plugins.module_utils.initrd import builders
from ansible_collections.virttools.guestconv.plugins.module_utils.initrd.builders import (
    dracut,
    genkernel,
    make_initrd,
    red_hat_mkinitrd,
    suse_mkinitrd,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils import complete_guest
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

MODULES = ["virtio_pci", "virtio_blk"]


@pytest.mark.parametrize(
    "before, after",
    (
        ('omit_drivers+=" virtio_blk nouveau "\n', 'omit_drivers+="  nouveau "\n'),
        ("omit_drivers='virtio-blk'\n", "omit_drivers=''\n"),
        ('omit_drivers+=" virtio.* vmw_pvscsi "\n', 'omit_drivers+="  vmw_pvscsi "\n'),
        ("omit_drivers=virtio_net\n", "omit_drivers=virtio_net\n"),
        ('#omit_drivers+=" virtio_blk "\n', '#omit_drivers+=" virtio_blk "\n'),
        ('omit_drivers+=" a " # virtio_blk\n', 'omit_drivers+=" a " # virtio_blk\n'),
    ),
)
def test_dracut_leaves_no_module_out_that_the_target_needs(before, after):
    assert dracut.without_omitted(before, MODULES) == after
    root = FakeRoot({"/etc/dracut.conf.d/a.conf": before})
    dracut.include(root, MODULES, [])
    assert root.files["/etc/dracut.conf.d/a.conf"] == after


def test_dracut_of_el_6_is_known_by_its_library():
    assert builders.made_by({"lib/dracut-lib.sh", "init", "pre-udev"}) == "dracut"
    assert builders.is_installed(dracut, {"/sbin/dracut"}.__contains__)


@pytest.mark.parametrize(
    "before, after",
    (
        ('INITRD_MODULES="vmw_pvscsi ext3"\n', 'INITRD_MODULES="vmw_pvscsi ext3 virtio_pci virtio_blk"\n'),
        ('INITRD_MODULES="virtio-pci"\n', 'INITRD_MODULES="virtio-pci virtio_blk"\n'),
        ('INITRD_MODULES="-virtio_blk a"\n', 'INITRD_MODULES="a virtio_pci virtio_blk"\n'),
        ("# a\n", '# a\nINITRD_MODULES="virtio_pci virtio_blk"\n'),
        ('INITRD_MODULES="virtio_blk virtio_pci"\n', 'INITRD_MODULES="virtio_blk virtio_pci"\n'),
    ),
)
def test_suse_s_list_of_modules(before, after):
    assert suse_mkinitrd.with_modules(before, MODULES) == after
    assert suse_mkinitrd.with_modules(after, MODULES) == after


@pytest.mark.parametrize(
    "before, after",
    (
        ("", "alias scsi_hostadapter virtio_pci\nalias scsi_hostadapter1 virtio_blk\n"),
        (
            "alias eth0 pcnet32\nalias scsi_hostadapter mptbase\nalias scsi_hostadapter1 mptspi",
            "alias eth0 pcnet32\nalias scsi_hostadapter mptbase\nalias scsi_hostadapter1 mptspi\n"
            "alias scsi_hostadapter2 virtio_pci\nalias scsi_hostadapter3 virtio_blk\n",
        ),
    ),
)
def test_red_hat_s_aliases(before, after):
    assert red_hat_mkinitrd.with_adapters(before, MODULES) == after
    assert red_hat_mkinitrd.with_adapters(after, MODULES) == after


def test_make_initrd_has_the_modules_in_every_image():
    root = FakeRoot({"/etc/initrd.mk": "AUTODETECT = all\n", "/etc/initrd.mk.d/rescue.mk": "FEATURES = rescue\\\n"})
    make_initrd.include(root, MODULES, ["/etc/a"])
    added = "FEATURES += add-modules\nMODULES_TRY_ADD += virtio_pci virtio_blk\nPUT_FILES += /etc/a\n"
    assert root.files["/etc/initrd.mk"] == "AUTODETECT = all\n" + added
    assert root.files["/etc/initrd.mk.d/rescue.mk"] == "FEATURES = rescue\\\n\n" + added
    assert make_initrd.with_added(root.files["/etc/initrd.mk"], MODULES, ["/etc/a"]) == root.files["/etc/initrd.mk"]


def test_genkernel_keeps_what_a_group_has_already():
    text = genkernel.with_modules('AMODULES_BLOCK="nvme"\n', MODULES)
    printed = subprocess.run(
        ["bash", "-c", text + 'echo "$AMODULES_BLOCK"'], capture_output=True, text=True, check=True
    )
    assert printed.stdout == "nvme virtio_pci virtio_blk\n"
    assert genkernel.with_modules(text, MODULES) == text


def test_those_that_load_a_list_are_told_from_those_with_udev():
    assert not red_hat_mkinitrd.loads_added({"bin/nash", "init"})
    assert genkernel.loads_added({"etc/initrd.scripts", "usr/bin/udevadm"})
    assert not genkernel.loads_added({"etc/initrd.scripts"})
    assert suse_mkinitrd.loads_added({"run_all.sh"})


def test_an_initrd_of_dracut_does_not_wait_for_a_device_that_the_old_hardware_named():
    hook = r"lib/dracut/hooks/initqueue/finished/devexists-\x2fdev\x2fsda1.sh"
    unit = "etc/systemd/system/dev-sda1.device.d/timeout.conf"
    kept = r"etc/systemd/system/dev-disk-by\x2duuid-u\x2d1.device.d/timeout.conf"
    timeout = b"[Unit]\nJobTimeoutSec=infinity\nJobRunningTimeoutSec=infinity\n"
    contents = {"usr/lib/dracut/a": b"", hook: b'[ -e "/dev/sda1" ]\n', unit: timeout, kept: timeout}
    empty = initrd.Initrd({}, {}, [initrd.image.Archive(0, 0, "", 0)], 0, False)
    files = [initrd.File(path, 0o644, content) for path, content in contents.items()]
    root = complete_guest.make({complete_guest.INITRD: initrd.supplement(empty, files)})
    complete_guest.converted(root)
    after = initrd.read(root.files[complete_guest.INITRD], lambda name: name in contents)
    assert after.content(hook) == b'[ -e "/dev/disk/by-uuid/u-1" ]\n'
    assert after.content(unit) == b"[Unit]\nJobTimeoutSec=1\nJobRunningTimeoutSec=1\n"
    assert after.content(kept) == timeout
    before = root.files[complete_guest.INITRD]
    complete_guest.converted(root)
    assert root.files[complete_guest.INITRD] == before


@pytest.mark.parametrize(
    "name, is_of_hardware",
    (
        (r"dev-disk-by\x2dpath-pci\x2d0000:03:00.0\x2dscsi\x2d0:0:0:0\x2dpart2", True),
        (r"dev-disk-by\x2did-scsi\x2d36000c29", True),
        (r"dev-disk-by\x2did-dm\x2dname\x2drhel\x2droot", False),
        ("dev-nvme0n1p3", True),
        (r"dev-mapper-rhel\x2droot", False),
    ),
)
def test_units_of_devices_that_hardware_named_are_told_by_their_names(name, is_of_hardware):
    path = f"etc/systemd/system/{name}.device.d/timeout.conf"
    assert bool(re.fullmatch(dracut.COPIES, path)) is is_of_hardware
