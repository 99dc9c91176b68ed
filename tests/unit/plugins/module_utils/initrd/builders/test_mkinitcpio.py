# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of mkinitcpio: bash arrays and old strings, drop-ins, and what presets name."""

from __future__ import annotations

import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.initrd.builders import mkinitcpio
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

MODULES = ["virtio_pci", "virtio_blk"]
WITH = mkinitcpio.with_added


@pytest.mark.parametrize(
    "before, after",
    (
        ("MODULES=()\n", "MODULES=(virtio_pci virtio_blk)\n"),
        ("MODULES=(vmw_pvscsi)\n", "MODULES=(virtio_pci virtio_blk vmw_pvscsi)\n"),
        ('MODULES=""\n', 'MODULES="virtio_pci virtio_blk"\n'),
        ("MODULES='ext4'", "MODULES='virtio_pci virtio_blk ext4'"),
        ("MODULES=\n", 'MODULES="virtio_pci virtio_blk"\n'),
        ("MODULES=ext4\n", 'MODULES="virtio_pci virtio_blk ext4"\n'),
        ("#MODULES=(a)\n", "#MODULES=(a)\nMODULES=(virtio_pci virtio_blk)\n"),
        ("# none", "# none\nMODULES=(virtio_pci virtio_blk)\n"),
        ("MODULES=(a) # b\nMODULES+=(c)\n", "MODULES=(a) # b\nMODULES+=(virtio_pci virtio_blk c)\n"),
        (
            "MODULES=(\n  vmxnet3 # virtio_pci\n)\n",
            "MODULES=(virtio_pci virtio_blk\n  vmxnet3 # virtio_pci\n)\n",
        ),
        ("MODULES=(virtio-pci virtio_blk?)\n", "MODULES=(virtio-pci virtio_blk?)\n"),
        ("MODULES=(virtio_pci)\nHOOKS=(base udev)\n", "MODULES=(virtio_blk virtio_pci)\nHOOKS=(base udev)\n"),
    ),
)
def test_modules_are_added_where_bash_reads_them(before, after):
    assert WITH(before, MODULES) == after
    assert WITH(after, MODULES) == after


@pytest.mark.parametrize("before", ("MODULES=()\n", "MODULES=(a)\nMODULES+=(b)\n", "MODULES=(\n a # c\n)\n", ""))
def test_bash_reads_what_was_written(before):
    script = WITH(before, MODULES) + '\nprintf "%s\\n" "${MODULES[@]}"'
    printed = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert {"virtio_pci", "virtio_blk"} <= set(printed)


def test_files_are_added_to_their_own_list():
    after = WITH("MODULES=()\nFILES=(/etc/a)\n", [], ["/etc/udev/rules.d/70-b.rules"])
    assert after == "MODULES=()\nFILES=(/etc/udev/rules.d/70-b.rules /etc/a)\n"


def test_every_configuration_that_may_be_in_force_is_edited():
    root = FakeRoot(
        {
            "/etc/mkinitcpio.conf": "MODULES=()\n",
            "/etc/mkinitcpio.conf.d/a.conf": "MODULES=(btrfs)\n",
            "/etc/mkinitcpio.conf.d/b.conf": "MODULES+=(xfs)\n",
            "/etc/mkinitcpio.conf.d/c.conf": "COMPRESSION=xz\n",
            "/etc/lts.conf": "HOOKS=(base)\n",
            "/etc/mkinitcpio.d/linux-lts.preset": "ALL_config='/etc/lts.conf'\n#default_config=\"/etc/gone.conf\"\n",
        }
    )
    mkinitcpio.include(root, MODULES, [])
    assert root.files["/etc/mkinitcpio.conf"] == "MODULES=(virtio_pci virtio_blk)\n"
    assert root.files["/etc/mkinitcpio.conf.d/a.conf"] == "MODULES=(virtio_pci virtio_blk btrfs)\n"
    assert root.files["/etc/mkinitcpio.conf.d/b.conf"] == "MODULES+=(xfs)\n"
    assert root.files["/etc/mkinitcpio.conf.d/c.conf"] == "COMPRESSION=xz\n"
    assert root.files["/etc/lts.conf"] == "HOOKS=(base)\nMODULES=(virtio_pci virtio_blk)\n"
    assert "/etc/gone.conf" not in root.files


def test_without_udev_an_initrd_loads_its_list_alone():
    assert mkinitcpio.loads_added({"usr/lib/systemd/systemd": 1})
    assert not mkinitcpio.loads_added({"buildconfig": 1, "usr/bin/busybox": 1})


def test_the_hook_autodetect_does_not_see_the_appliance():
    assert mkinitcpio.command("/boot/initramfs-linux.img", "6.12.1-arch1-1")[-2:] == ["-S", "autodetect"]
