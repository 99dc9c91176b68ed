# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kdump's initrd, which is made for the old hardware, is named."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.kernel import kdump
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot, menu

EL = "/boot/initramfs-3.10.0-1160.el7.x86_64kdump.img"


def concerns(files, command_line="root=UUID=u crashkernel=auto"):
    root = FakeRoot(files)
    root.boot_menu = menu(command_line)
    return kdump.concerns(root)


@pytest.mark.parametrize(
    "path",
    [
        EL,
        "/var/lib/kdump/initramfs-5.14.0-1.el9.x86_64kdump.img",
        "/var/lib/kdump/initrd.img-6.1.0-50-amd64",
        "/boot/initrd-4.12.14-122-default-kdump",
        "/var/lib/kdump/initrd",
    ],
)
def test_each_distributions_initrd_is_named(path):
    (concern,) = concerns({path: "x"})
    assert (concern.code, concern.severity) == ("kdump-not-prepared", "warning")
    assert path in concern.message


def test_without_memory_for_it_there_is_no_kdump():
    assert concerns({EL: "x"}, "root=UUID=u quiet") == []
    assert concerns({"/boot/initramfs-3.10.0-1160.el7.x86_64.img": "x"}) == []


def test_a_service_that_makes_it_again_needs_no_help():
    files = {EL: "x", "/usr/bin/kdumpctl": "check_drivers_modified()\n{\n}\n", "/etc/kdump.conf": "path /var/crash\n"}
    assert concerns(files) == []
    assert concerns({**files, "/usr/bin/kdumpctl": "check_fs_modified()\n{\n}\n"}) != []
    assert concerns({**files, "/etc/kdump.conf": "force_no_rebuild 1\n"}) != []
    assert concerns({**files, "/etc/kdump.conf": "#force_no_rebuild 1\n"}) == []


def test_of_many_files_the_first_are_named():
    (concern,) = concerns({f"/var/lib/kdump/initrd.img-6.1.0-{number}": "x" for number in range(10, 30)})
    assert "initrd.img-6.1.0-19, and 10 more." in concern.message
