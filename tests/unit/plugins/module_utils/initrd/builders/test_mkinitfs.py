# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of mkinitfs: a feature of its own."""

from __future__ import annotations

import glob
import os

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.initrd.builders import mkinitfs
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

CONF, LIST = "/etc/mkinitfs/mkinitfs.conf", "/etc/mkinitfs/features.d/guestconv.modules"


@pytest.mark.parametrize(
    "before, after",
    (
        ('features="ata base ext4"\n', 'features="ata base ext4 guestconv"\n'),
        ("features='base'\n", "features='base guestconv'\n"),
        ("features=base\n", 'features="base guestconv"\n'),
        ("# none\n", '# none\nfeatures="base guestconv"\n'),
        ('features="guestconv base"\n', 'features="guestconv base"\n'),
    ),
)
def test_the_feature_is_in_the_list(before, after):
    assert mkinitfs.with_feature(before) == after


def test_the_lists_of_the_feature_find_modules_wherever_they_are(tmp_path):
    root = FakeRoot({CONF: 'features="base"\n'})
    mkinitfs.include(root, ["xen_blkfront", "virtio_blk"], ["/etc/udev/rules.d/70-a.rules"])
    assert root.files["/etc/mkinitfs/features.d/guestconv.files"] == "/etc/udev/rules.d/70-a.rules\n"
    names = (
        "kernel/drivers/block/xen-blkfront.ko.gz",
        "kernel/drivers/block/virtio_blk.ko",
        "kernel/a/b/c/d/virtio_blk.ko",
    )
    for name in names:
        os.makedirs(tmp_path / os.path.dirname(name), exist_ok=True)
        (tmp_path / name).write_text("x")
    lines = [line for line in root.files[LIST].split("\n") if line and not line.startswith("#")]
    found = {path for line in lines for path in glob.glob(line, root_dir=tmp_path)}
    assert found == set(names)
    before = dict(root.files)
    mkinitfs.include(root, ["virtio_blk"], [])
    assert root.files == before
