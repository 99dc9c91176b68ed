# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drivers that the guest is told not to load."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.kernel import blocked
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.kernel.kernels import Kernel
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.kernel.module_tree import ModuleTree
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KVM
from ansible_collections.virttools.guestconv.plugins.module_utils.texts import modprobe
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot, menu

BLK = KVM.model("block", "virtio-blk-pci")


@pytest.mark.parametrize(
    "text, names",
    [
        ("blacklist virtio-net\n", {"virtio_net"}),
        ("  blacklist\tahci # no SATA\n", {"ahci"}),
        (
            "install nvme /bin/true\ninstall e1000 /usr/bin/false\ninstall xen_blkfront :\n",
            {"nvme", "e1000", "xen_blkfront"},
        ),
        ("install nvme \\\n  /bin/false\n", {"nvme"}),
        # Microsoft's services for Linux: it is loaded where their own driver finds no device.
        ("install ata_piix { /sbin/modprobe hv_storvsc 2>&1 || /sbin/modprobe --ignore-install ata_piix; }\n", set()),
        ("# blacklist ahci\noptions nvme a=1\nblacklist\ninstall a\n", set()),
    ],
)
def test_what_modprobe_does_not_load_for_a_device(text, names):
    assert modprobe.blocked(text) == names


@pytest.mark.parametrize("key", ["modprobe.blacklist", "module_blacklist", "rd.driver.blacklist", "blacklist"])
def test_what_the_kernels_command_line_keeps_from_being_loaded(key):
    assert modprobe.blocked_by_arguments(f'quiet {key}=virtio-blk,,nvme "root=a b"') == {"virtio_blk", "nvme"}
    assert modprobe.blocked_by_arguments(f"{key} not{key}=nvme") == set()


FILES = {
    "/etc/modprobe.d/a.conf": "blacklist virtio_blk\n",
    "/etc/modprobe.d/a.conf.bak": "blacklist ahci\n",
    "/etc/modprobe.conf": "blacklist e1000e\n",
}


@pytest.mark.parametrize("can_search", [True, False])
def test_the_places_are_told(can_search):
    root = FakeRoot(dict(FILES), boot_menu=menu("root=/dev/sda1 module_blacklist=nvme"))
    if not can_search:
        root.files_with = lambda directory, expression: None
    assert blocked.found(root) == {
        "virtio_blk": "/etc/modprobe.d/a.conf",
        "e1000e": "/etc/modprobe.conf",
        "nvme": "the kernel's command line",
    }


def test_what_is_built_in_cannot_be_kept_out():
    places = {"virtio_blk": "/etc/modprobe.d/a.conf"}
    assert "keeps virtio_blk" in blocked.reason(Kernel("6.1", (), True), BLK, places)
    built_in = Kernel("6.1", (), True, ModuleTree(built_in=frozenset(("virtio_blk",))))
    assert blocked.reason(built_in, BLK, places) == ""
