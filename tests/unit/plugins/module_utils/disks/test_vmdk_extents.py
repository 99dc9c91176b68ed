# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VMDKs that QEMU would read otherwise than VMware: extents that it leaves out, and snapshots of another state."""

from __future__ import annotations

import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.disks import disk_files, images
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError

FLAT = 'RW 2048 FLAT "web01-flat.vmdk" 0'


def descriptor(*extents, cid="12345678", parent="ffffffff", hint=""):
    head = ["# Disk DescriptorFile", "version=1", f"CID={cid}", f"parentCID={parent}", 'createType="monolithicFlat"']
    return "\n".join([*head, *([f'parentFileNameHint="{hint}"'] if hint else []), *extents, ""])


@pytest.mark.parametrize("unread", ["RW 2048 ZERO", 'RDONLY 2048 FLAT "web01-flat.vmdk" 0', "NOACCESS 63 ZERO"])
def test_an_extent_that_qemu_leaves_out_is_refused(tmp_path, unread):
    (tmp_path / "web01-flat.vmdk").write_bytes(bytes(1 << 20))
    path = tmp_path / "web01.vmdk"
    path.write_text(descriptor(FLAT))
    assert images.disks_from_option([str(path)])[0].virtual_size == disk_files.examine(str(path)).size == 1 << 20
    path.write_text(descriptor(unread, FLAT))
    with pytest.raises(GuestconvError, match="an extent that QEMU leaves out") as caught:
        images.disks_from_option([str(path)])
    assert caught.value.code == "disk-format-unknown"
    with pytest.raises(GuestconvError, match="an extent that QEMU leaves out") as caught:
        disk_files.examine(str(path))
    assert caught.value.code == "source-disk-not-supported"


def test_of_a_long_line_only_the_beginning_is_shown(tmp_path):
    path = tmp_path / "web01.vmdk"
    path.write_text(descriptor(f"RDONLY{' ' * 5000}2048 FLAT", FLAT))
    with pytest.raises(GuestconvError, match="an extent that QEMU leaves out") as caught:
        disk_files.examine(str(path))
    assert len(caught.value.message) < 400


def test_a_snapshot_of_another_state_of_the_disk_is_refused(tmp_path):
    base, snapshot = tmp_path / "web01.vmdk", tmp_path / "web01-000001.vmdk"
    subprocess.run(["qemu-img", "create", "-q", "-f", "vmdk", base, "1M"], check=True)
    subprocess.run(["qemu-img", "create", "-q", "-f", "vmdk", "-b", base, "-F", "vmdk", snapshot], check=True)
    option = [{"path": str(snapshot), "backing": str(base)}]
    assert images.disks_from_option(option)[0].backing == (str(base),)
    # The first write changes the CID.
    subprocess.run(["qemu-io", "-f", "vmdk", "-c", "write 0 512", base], check=True, capture_output=True)
    with pytest.raises(GuestconvError, match="was changed, or replaced by another state") as caught:
        images.disks_from_option(option)
    assert caught.value.code == "disk-corrupt"
    read = subprocess.run(
        ["qemu-io", "-r", "-f", "vmdk", "-c", "read 512k 512", snapshot], check=False, capture_output=True, text=True
    )
    assert "read failed" in read.stdout + read.stderr
