# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One launched appliance for all tests of a session: a launch costs some 20 s under emulation."""

from __future__ import annotations

import posixpath
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import TARGETS
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.images import disks_from_option
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.boot_menu import BootMenu
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.guest import Guest
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.root import GuestRoot
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.mounts import Mount, MountPlan
from ansible_collections.virttools.guestconv.tests.any_call import Appliance
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import NotOnDisks
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import graph


@pytest.fixture(scope="session")
def appliance(tmp_path_factory):
    """A launched appliance with a disk of one ext4 filesystem, mounted at /, and two disks with nothing on them."""
    directory = tmp_path_factory.mktemp("appliance")
    paths = [str(directory / name) for name in ("disk.qcow2", "second.qcow2", "third.qcow2")]
    for path in paths:
        # xfs wants 300 MB.
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", path, "512M"], check=True)
    with Appliance(disks_from_option(paths), read_only=False) as launched:
        launched.mkfs("ext4", launched.device(0))
        # What a root that is stated is on (storage_nodes.device).
        launched.shell(
            f"mkdir /dev/appliance && ln -s {launched.name_in_shell(launched.device(0))} /dev/appliance/sda1"
        )
        launched.mount(launched.device(0), "/")
        yield launched


@pytest.fixture
def make_root(appliance):
    """make_root({path: text}) gives a mounted GuestRoot that has just these files."""
    made = []

    def make(files, info=None, boot_menu=None, target="kvm", hardware=None, disks=(), filesystems=()):
        for name in appliance.ls("/"):
            if name != "lost+found":
                appliance.rm_rf(f"/{name}")
        for path, text in files.items():
            appliance.mkdir_p(posixpath.dirname(path))
            appliance.write(path, text if isinstance(text, bytes) else text.encode())
        # A guest whose filesystems are stated instead of found.
        storage = graph(filesystems, [disk.device for disk in disks])
        guest = Guest(appliance, list(disks), TARGETS[target], hardware or {}, storage)
        root = GuestRoot(appliance, "/dev/sda1", guest)
        root.info = {
            "init": "systemd",
            "os": "linux",
            "package_format": "deb",
            "mountpoints": {"/": "/dev/sda1"},
            **(info or {}),
        }
        root.boot_menu = boot_menu or BootMenu()
        own = storage.filesystem(root.name)
        root.mount_plan = MountPlan((Mount("/", own),)) if own else NotOnDisks()
        made.append(root)
        return root

    yield make
    for root in made:
        root.close()
