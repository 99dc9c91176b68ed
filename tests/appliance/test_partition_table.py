# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real filesystem that fills its disk, from the appliance that writes in it to the partition that it is in."""

from __future__ import annotations

import json
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KVM
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.commit import InPlace
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.images import disks_from_option
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.guest import Guest
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage import roots
from ansible_collections.virttools.guestconv.plugins.module_utils.systems import SYSTEMS
from ansible_collections.virttools.guestconv.tests.any_call import Appliance

UUID = "b2b0e4a4-6f1c-4a2e-9d0f-3f8d0c6f6a11"
START = 1 << 20
FILES = {
    "etc/os-release": "ID=debian\nVERSION_ID=12\n",
    "etc/fstab": "/dev/xvda1 / ext4 defaults 0 1\n",
    "boot/vmlinuz-6.1.0": "x" * 300_000,
}


def printed(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout


@pytest.fixture
def disk(tmp_path):
    """The path of a raw disk with the filesystem of a system, and nothing else."""
    for path, text in FILES.items():
        (tmp_path / "tree" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / path).write_text(text)
    path = str(tmp_path / "disk.raw")
    printed("mkfs.ext4", "-q", "-U", UUID, "-d", str(tmp_path / "tree"), path, "64M")
    return path


def test_it_becomes_the_first_partition_with_what_was_written_in_the_appliance(disk):
    with InPlace(disks_from_option([disk]), room=0) as workspace:
        with Appliance(workspace.overlays, read_only=False) as appliance:
            guest = Guest.opened(appliance, workspace.overlays, KVM, {})
            roots.find_transformed(guest, SYSTEMS)
            (root,) = guest.roots
            assert (root.name, root.info["identity"]) == ("/dev/sda1", f"UUID={UUID}")
            with guest.mounted(root, read_only=False):
                root.write("/boot/grub/grub.cfg", "menuentry one {\n}\n", "the menu")
                guest.install_boot_code(root, "sda", b"C" * 440, b"G" * 1000)
            appliance.close()
        (new,) = guest.partitioned.values()
        workspace.require_partitionable(0, new)
        workspace.partition(0, new)
        workspace.commit()
    table = json.loads(printed("sfdisk", "--json", disk))["partitiontable"]
    (partition,) = table["partitions"]
    assert (table["label"], partition["start"], partition["size"], partition["type"]) == ("dos", 2048, 131072, "83")
    with open(disk, "rb") as stream:
        assert stream.read(440) == b"C" * 440
        stream.seek(512)
        assert stream.read(1001) == b"G" * 1000 + b"\0"
    filesystem = f"{disk}?offset={START}"
    assert UUID in printed("dumpe2fs", "-h", filesystem)
    printed("e2fsck", "-fn", filesystem)
    for path, text in (*FILES.items(), ("boot/grub/grub.cfg", "menuentry one {\n}\n")):
        assert printed("debugfs", "-R", f"cat /{path}", filesystem) == text
