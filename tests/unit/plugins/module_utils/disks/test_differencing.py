# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The headers are those of VirtualBox's VDIHEADER1, Microsoft's Virtual Hard Disk Image Format Specification, and QEMU's."""

from __future__ import annotations

import struct
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.disks import differencing, disk_files, images
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError

GUID = "BAA8A125-E1F5-4203-AE2F-B99A5AEEDF44"
DISK, SNAPSHOT = b"\x01" * 16, b"\x02" * 16


def vdi(uuid=DISK, below=None):
    head = bytearray(1024)
    struct.pack_into("<II", head, 64, 0xBEDA107F, 0x10001)
    struct.pack_into("<I", head, 76, 1 if below is None else 4)
    struct.pack_into("<Q", head, 368, 1 << 30)
    head[392:408] = uuid
    head[424:440] = below or bytes(16)
    return bytes(head)


def vhd(parent=None):
    footer = bytearray(512)
    struct.pack_into(">8s", footer, 0, b"conectix")
    struct.pack_into(">Q", footer, 16, 512)
    struct.pack_into(">Q", footer, 48, 1 << 30)
    struct.pack_into(">I", footer, 60, 3 if parent is None else 4)
    name = (parent or "").encode("utf-16-be")
    return bytes(footer) + (bytes(64) + name).ljust(1024, b"\0") + bytes(footer)


def vmdk(image=1, below=0, cid="ffffffff", hint=""):
    lines = ["# Disk DescriptorFile", "version=1", "CID=5428e012", f"parentCID={cid}", 'createType="monolithicSparse"']
    lines += [
        f'ddb.uuid.{key}="{number:08x}-0000-0000-0000-000000000000"'
        for key, number in (("image", image), ("parent", below))
    ]
    lines += [f'parentFileNameHint="{hint}"'] * bool(hint)
    header = struct.pack("<4sIIQQQQ", b"KDMV", 1, 3, 1 << 21, 128, 1, 20).ljust(512, b"\0")
    return header + "\n".join(lines).encode().ljust(512 * 20, b"\0")


def place(folder, files):
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    return differencing.later_states(str(folder), [name for name in files if "/" not in name])


@pytest.mark.parametrize(
    ("files", "later"),
    [
        ({"web01.vhdx": b"", "db01.vhdx": b"", f"web01_{GUID}.avhdx": b""}, {"web01.vhdx": f"web01_{GUID}.avhdx"}),
        ({"WEB01.VHD": b"", f"web01_{GUID.lower()}.avhd": b""}, {"WEB01.VHD": f"web01_{GUID.lower()}.avhd"}),
        # Of another disk, another kind, or no checkpoint by its name.
        ({"web.vhdx": b"", f"web01_{GUID}.avhdx": b""}, {}),
        ({"web01.vhd": b"", f"web01_{GUID}.avhdx": b""}, {}),
        ({"web01.vhdx": b"", f"web01_{GUID}.vhdx": b"", "web01_old.avhdx": b""}, {}),
        ({"web01.vhd": vhd(), "child.vhd": vhd("D:\\VMs\\Web01.vhd")}, {"web01.vhd": "child.vhd"}),
        ({"web01.vhd": vhd(), "other.vhd": vhd()}, {}),
        ({"web01.vdi": vdi(), "Snapshots/{1}.vdi": vdi(SNAPSHOT, DISK)}, {"web01.vdi": "Snapshots/{1}.vdi"}),
        ({"web01.vdi": vdi(), "later.vdi": vdi(SNAPSHOT, DISK)}, {"web01.vdi": "later.vdi"}),
        ({"web01.vdi": vdi(), "Snapshots/{1}.vdi": vdi(SNAPSHOT, SNAPSHOT)}, {}),
        ({"web01.vmdk": vmdk(), "Snapshots/{2}.vmdk": vmdk(2, 1)}, {"web01.vmdk": "Snapshots/{2}.vmdk"}),
        ({"web01.vmdk": vmdk(), "db01.vmdk": vmdk(2), "cut.vmdk": b"KDMV"}, {}),
        ({"web01.vhd": vhd(), "Snapshots/{3}.vhd": vhd("web01.vhd")}, {"web01.vhd": "Snapshots/{3}.vhd"}),
        ({"web01.vdi": b"<<< cut off", "db01.qcow2": b""}, {}),
    ],
)
def test_a_disk_with_a_checkpoint_or_snapshot_is_not_what_the_guest_has(tmp_path, files, later):
    assert place(tmp_path, files) == {name: str(tmp_path / path) for name, path in later.items()}


@pytest.mark.parametrize(
    ("name", "content", "is_differencing"),
    [
        ("a.vdi", vdi(SNAPSHOT, DISK), True),
        ("a.vdi", vdi(), False),
        ("a.vhd", vhd("b.vhd"), True),
        ("a.vmdk", vmdk(), False),
        ("a.vmdk", vmdk(2, 1), True),
        ("a.vmdk", vmdk(2, 0, "5428e012"), True),
        ("a.vhd", vhd(), False),
    ],
)
def test_a_differencing_image_is_no_disk(tmp_path, name, content, is_differencing):
    (tmp_path / name).write_bytes(content)
    if not is_differencing:
        assert disk_files.examine(str(tmp_path / name)).size == 1 << 30
        return
    with pytest.raises(GuestconvError, match="is a differencing image") as caught:
        disk_files.examine(str(tmp_path / name))
    assert caught.value.code == "source-disk-not-supported"


def test_a_vmdk_that_does_not_name_the_disk_below_it_is_not_opened(tmp_path):
    (tmp_path / "a.vmdk").write_bytes(vmdk(2, 1))
    with pytest.raises(GuestconvError, match="QEMU would read zeroes in place of that") as caught:
        images.disks_from_option([str(tmp_path / "a.vmdk")])
    assert caught.value.code == "disk-format-unknown"
    # With a name, it is a chain as any other.
    (tmp_path / "a.vmdk").write_bytes(vmdk(2, 1, "5428e012", "base.vmdk"))
    with (tmp_path / "a.vmdk").open("rb") as stream:
        assert not differencing.is_differencing(stream, "vmdk")


def test_a_vhdx_of_qemu_has_no_parent_until_its_header_says_so(tmp_path):
    path = tmp_path / "web01.vhdx"
    subprocess.run(["qemu-img", "create", "-q", "-f", "vhdx", path, "64M"], check=True)
    assert disk_files.examine(str(path)).size == 64 << 20
    data = bytearray(path.read_bytes())
    # The item of the parameters: the size of a block (8 MiB by default of this size), and its flags.
    at = data.find(struct.pack("<II", 8 << 20, 0), 1 << 20)
    assert at > 0
    struct.pack_into("<I", data, at + 4, 2)
    path.write_bytes(data)
    with path.open("rb") as stream:
        assert differencing.is_differencing(stream, "vhdx")
