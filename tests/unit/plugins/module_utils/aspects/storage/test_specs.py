# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers of devices, and paths of tags."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.storage import specs


@pytest.mark.parametrize(
    "spec, name",
    (
        ("8:0", "/dev/sda"),
        ("8:17", "/dev/sdb1"),
        ("/dev/block/8:17", "/dev/sdb1"),
        ("0811", "/dev/sdb1"),
        ("0x811", "/dev/sdb1"),
        ("65:1", "/dev/sdq1"),
        ("3:65", "/dev/hdb1"),
        ("0302", "/dev/hda2"),
        ("22:1", "/dev/hdc1"),
        ("202:1", "/dev/xvda1"),
        # Numbers that the kernel gives as it comes.
        ("259:1", "259:1"),
        ("253:1", "253:1"),
        ("/dev/sda1", "/dev/sda1"),
        ("UUID=8:1", "UUID=8:1"),
        ("8:1:", "8:1:"),
    ),
)
def test_the_number_of_a_device_is_a_name_of_the_kernels(spec, name):
    assert specs.kernel_name(spec) == name


def test_the_path_of_a_tag_is_udevs():
    assert specs.path("UUID=a-1") == "/dev/disk/by-uuid/a-1"
    assert specs.path("LABEL=a/b\xe4") == "/dev/disk/by-label/a\\x2fb\xe4"
