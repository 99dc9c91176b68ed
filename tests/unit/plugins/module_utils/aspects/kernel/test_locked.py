# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests whose kernel loads no more modules once they have started."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.kernel import locked
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.kernel.kernels import Kernel
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.kernel.module_tree import ModuleTree
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

SETTING = "kernel.modules_disabled=1\n"
PCI, NET = "virtio_pci", "virtio_net"


def modules_told(files, loadable=(PCI, NET), built_in=()):
    """What the concern says after the driver's beginning; "" where there is none."""
    kernel = Kernel("6.1", ("/initrd",), True, ModuleTree(loadable=frozenset(loadable), built_in=frozenset(built_in)))
    found = locked.concerns(FakeRoot(files), kernel)
    assert [concern.code for concern in found] in ([], ["module-loading-locked"])
    return found[0].message.rpartition("loaded: ")[2] if found else ""


@pytest.mark.parametrize(
    "path, text, is_told",
    [
        ("/etc/sysctl.conf", SETTING, True),
        ("/etc/sysctl.d/a.conf", "-kernel/modules_disabled = 1\n", True),
        ("/etc/sysctl.d/a.conf", "kernel.modules_disabled = 0\n", False),
        ("/etc/sysctl.d/a.conf", f"#{SETTING}", False),
        ("/etc/sysctl.d/a", SETTING, False),
        ("/etc/sysctl.d/below/a.conf", SETTING, False),
        ("/etc/other.conf", SETTING, False),
    ],
)
def test_the_files_are_those_of_sysctl(path, text, is_told):
    assert modules_told({path: text}) == ("virtio_pci, virtio_net for virtio-net-pci." if is_told else "")


@pytest.mark.parametrize(
    "files, built_in, told",
    [
        ({"/etc/modules": "virtio-net\n"}, (), "virtio_pci for virtio-net-pci."),
        ({"/etc/modules-load.d/a.conf": "virtio_net\nvirtio_pci\n"}, (), ""),
        ({}, (PCI,), "virtio_net for virtio-net-pci."),
        ({}, (PCI, NET), ""),
    ],
)
def test_what_is_loaded_early_or_built_in_is_there(files, built_in, told):
    assert modules_told({"/etc/sysctl.conf": SETTING, **files}, built_in=built_in) == told


def test_without_a_driver_there_is_nothing_to_be_loaded():
    assert modules_told({"/etc/sysctl.conf": SETTING}, loadable=()) == ""
