# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which modules a supplement holds, and the indexes that kmod inside finds them by."""

from __future__ import annotations

import gzip
import lzma
import os
import shutil
import struct
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virttools.guestconv.plugins.module_utils import initrd
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.initrd import kernel_modules
from ansible_collections.virttools.guestconv.plugins.module_utils.initrd.module_index import binary_index
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.initrd.test_archive import (
    DIRECTORY,
    FILE,
    LINK,
    archive,
    member,
    tool,
)

DEP = """\
kernel/virtio/virtio_ring.ko.xz:
kernel/virtio/virtio.ko.xz: kernel/virtio/virtio_ring.ko.xz
kernel/block/virtio_blk.ko.xz: kernel/virtio/virtio.ko.xz kernel/virtio/virtio_ring.ko.xz
kernel/net/virtio-net.ko.xz: kernel/virtio/virtio.ko.xz kernel/virtio/virtio_ring.ko.xz
kernel/fs/ext4.ko.xz: kernel/fs/jbd2.ko.xz
kernel/fs/jbd2.ko.xz:
kernel/crypto/crc32c-intel.ko.xz:
kernel/crypto/crc32c_generic.ko.xz:
"""
SOFTDEP = """\
# Soft dependencies extracted from modules themselves.
softdep ext4 pre: crc32c
softdep virtio_net post: no_such_module ext4
softdep jbd2 pre: ext4
"""
ALIAS = "alias crc32c crc32c_intel\nalias crc32c crc32c_generic\nalias pci:* virtio_net\n"
BUILTIN = "kernel/drivers/ata/ahci.ko\n"
KERNEL = initrd.KernelModules(DEP, SOFTDEP, BUILTIN, ALIAS)


def entries(index, offset=None, key=b""):
    """All (key, value) of a binary index, read as libkmod reads it."""
    offset = struct.unpack_from(">I", index, 8)[0] if offset is None else offset
    flags, at = offset >> 28, offset & 0x0FFFFFFF
    if flags & 8:
        end = index.index(0, at)
        key, at = key + index[at:end], end + 1
    children = ()
    if flags & 2:
        first, last = index[at : at + 2]
        children = list(enumerate(struct.unpack_from(f">{last - first + 1}I", index, at + 2), first))
        at += 2 + 4 * len(children)
    if flags & 4:
        count, _priority = struct.unpack_from(">II", index, at)
        assert count == 1
        yield key.decode(), index[at + 8 : index.index(0, at + 8)].decode()
    for character, child in children:
        if child:
            yield from entries(index, child, key + bytes([character]))


@pytest.mark.parametrize(
    "path, name",
    [
        ("kernel/a-b_c.ko", "a_b_c"),
        ("a.ko.gz", "a"),
        ("x/a.ko.xz", "a"),
        ("x/a.ko.zst", "a"),
        ("x/a.ko.bz2", None),
        ("x/ako", None),
        ("x/.ko", None),
        ("modules.dep", None),
    ],
)
def test_module_names(path, name):
    assert initrd.module_name(path) == name


@pytest.mark.parametrize(
    "wanted, present, paths",
    [
        (["virtio_blk"], [], ["virtio/virtio_ring", "virtio/virtio", "block/virtio_blk"]),
        (["virtio-blk"], ["virtio", "virtio_ring"], ["block/virtio_blk"]),
        (["virtio_blk"], ["virtio_blk", "virtio", "virtio_ring"], []),
        (["virtio_blk"], ["virtio_blk"], ["virtio/virtio_ring", "virtio/virtio"]),
        (["ahci"], [], []),
        (["ext4"], [], ["crypto/crc32c-intel", "crypto/crc32c_generic", "fs/jbd2", "fs/ext4"]),
        (
            ["virtio_net"],
            ["virtio", "virtio_ring", "jbd2", "crc32c_intel"],
            ["net/virtio-net", "crypto/crc32c_generic", "fs/ext4"],
        ),
        ([], [], []),
    ],
)
def test_missing_modules_come_with_what_they_need(wanted, present, paths):
    assert KERNEL.missing(wanted, present) == [f"kernel/{path}.ko.xz" for path in paths]


def test_a_module_that_the_kernel_lacks_is_an_error():
    with pytest.raises(GuestconvError) as caught:
        KERNEL.missing(["virtio_scsi"], [])
    assert caught.value.code == "module-not-found"
    assert "virtio_scsi" in caught.value.message


def test_strange_index_files_are_not_trusted():
    dep = "a.ko: a.ko b.ko c\nno colon\n:\nb.ko: a.ko\n"
    kernel = initrd.KernelModules(dep, "softdep\nsoftdep a pre: b a post: b\n")
    assert sorted(kernel.missing(["a"], [])) == ["a.ko", "b.ko"]


def test_the_dependency_file_fits_the_initrd():
    paths = {"virtio": "kernel/virtio/virtio.ko", "virtio_blk": "kernel/block/virtio_blk.ko.xz"}
    files = KERNEL.dependency_files(paths)
    assert files["modules.dep"].decode().splitlines() == [
        "kernel/virtio/virtio.ko: kernel/virtio/virtio_ring.ko.xz",
        "kernel/block/virtio_blk.ko.xz: kernel/virtio/virtio.ko kernel/virtio/virtio_ring.ko.xz",
    ]
    assert dict(entries(files["modules.dep.bin"])) == {
        initrd.module_name(line.split(":")[0]): line for line in files["modules.dep"].decode().splitlines()
    }


def test_modules_of_another_kernel_are_not_mixed():
    with pytest.raises(GuestconvError) as caught:
        KERNEL.dependency_files({"vanished": "kernel/vanished.ko"})
    assert caught.value.code == "initrd-modules-differ"


@given(st.dictionaries(st.text("ab_\x7f", min_size=1, max_size=6), st.text("xyz/: ", max_size=9), max_size=30))
def test_an_index_holds_what_was_put_in(values):
    assert dict(entries(binary_index(values))) == values


@pytest.mark.parametrize("key, value", [("ä", "x"), ("a", "ö"), ("a\0", "x"), ("", "x"), ("a" * 200, "x")])
def test_an_index_takes_only_what_depmod_writes(key, value):
    with pytest.raises(GuestconvError) as caught:
        binary_index({key: value})
    assert caught.value.code == "modules-dep-invalid"


def supplemented(contents, indexes=None):
    """The files of a supplement to an initrd that has virtio_ring, unpacked, and a link for /lib."""
    image = initrd.read(
        archive(
            member("lib", LINK, b"usr/lib"),
            member("usr/lib/modules/6.1", DIRECTORY),
            member("usr/lib/modules/6.1/kernel/virtio/virtio_ring.ko", FILE, b"ring"),
        )
    )
    files = initrd.module_files(image, "6.1", KERNEL, contents, indexes or {})
    return {file.path: file.content for file in files}


def test_modules_are_added_uncompressed_with_their_indexes():
    contents = {
        "kernel/virtio/virtio.ko.xz": lzma.compress(b"virtio"),
        "kernel/crypto/crc32c_generic.ko.gz": gzip.compress(b"crc"),
    }
    files = supplemented(contents, {"modules.alias": b"text"})
    tree = "usr/lib/modules/6.1/"
    dep = files.pop(tree + "modules.dep").decode().splitlines()
    assert dep == [
        "kernel/virtio/virtio_ring.ko:",
        "kernel/virtio/virtio.ko: kernel/virtio/virtio_ring.ko",
        "kernel/crypto/crc32c_generic.ko:",
    ]
    assert files.pop(tree + "modules.dep.bin")
    assert files == {
        tree + "kernel/virtio/virtio.ko": b"virtio",
        tree + "kernel/crypto/crc32c_generic.ko": b"crc",
        tree + "modules.alias": b"text",
    }


def test_modules_compressed_with_zstd_are_unpacked():
    files = supplemented({"kernel/virtio/virtio.ko.zst": tool("zstd", "-q", "-c", data=b"virtio")})
    assert files["usr/lib/modules/6.1/kernel/virtio/virtio.ko"] == b"virtio"


@pytest.mark.parametrize(
    "content",
    [
        b"not xz",
        lzma.compress(b"cut off")[:-9],
        lzma.compress(bytes(2 << 20), preset=0),
    ],
    ids=["damaged", "cut off", "huge"],
)
def test_a_damaged_module_is_an_error(content, monkeypatch):
    monkeypatch.setattr(kernel_modules, "_LARGEST_MODULE", 1 << 20)
    with pytest.raises(GuestconvError) as caught:
        supplemented({"kernel/virtio/virtio.ko.xz": content})
    assert caught.value.code == "module-corrupt"


def test_kmod_finds_the_modules_by_the_indexes(tmp_path):
    if not shutil.which("modprobe"):
        pytest.skip("kmod is not installed")
    contents = {"kernel/virtio/virtio.ko.xz": lzma.compress(b"v"), "kernel/block/virtio_blk.ko.xz": lzma.compress(b"b")}
    for path, content in supplemented(contents, {"modules.softdep": SOFTDEP.encode()}).items():
        place = tmp_path / path.replace("usr/", "", 1)
        os.makedirs(place.parent, exist_ok=True)
        place.write_bytes(content)
    (tmp_path / "lib/modules/6.1/kernel/virtio/virtio_ring.ko").write_bytes(b"r")
    command = ["modprobe", "-d", str(tmp_path), "-S", "6.1", "--show-depends", "virtio_blk"]
    shown = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.decode().split()
    loaded = [os.path.basename(word) for word in shown if word.endswith(".ko")]
    assert loaded == ["virtio_ring.ko", "virtio.ko", "virtio_blk.ko"]
