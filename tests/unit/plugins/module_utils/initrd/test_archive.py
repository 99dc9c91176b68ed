# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Single archives: cpio members and compressions. Also what the other initrd tests make archives with."""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil
import stat
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils import initrd
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.initrd import compression

DIRECTORY, FILE, LINK = stat.S_IFDIR | 0o755, stat.S_IFREG | 0o644, stat.S_IFLNK | 0o777


def member(name, mode=FILE, body=b"", inode=0, links=1, magic=b"070701"):
    """One newc member, written without the library under test."""
    encoded = name.encode() + b"\0"
    fields = (inode, mode, 0, 0, links, 0, len(body), 0, 0, 0, 0, len(encoded), 0)
    head = magic + b"".join(b"%08x" % field for field in fields) + encoded
    head += bytes(-len(head) % 4)
    return head + body + bytes(-len(body) % 4)


def archive(*members):
    """A newc archive of members, padded to 512 bytes as GNU cpio does."""
    data = b"".join(members) + member("TRAILER!!!", 0)
    return data + bytes(-len(data) % 512)


def tool(*command, data=b""):
    """The output of a host's tool that reads `data`; skips the test where it is not installed."""
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout


COMPRESSORS = {
    "": lambda data: data,
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "bzip2": bz2.compress,
    "xz": lambda data: lzma.compress(data, check=lzma.CHECK_CRC32),
    "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
    "zstd": lambda data: tool("zstd", "-q", "-c", data=data),
    "lz4": lambda data: tool("lz4", "-l", "-q", "-c", data=data),
}
ROOT = archive(member("bin", DIRECTORY), member("bin/sh", FILE, b"#!shell"), member("init", LINK, b"bin/sh"))


def code_of(data, *arguments, **named):
    """The code of the error that reading `data` ends with."""
    with pytest.raises(GuestconvError) as caught:
        initrd.read(data, *arguments, **named)
    return caught.value.code


@pytest.mark.parametrize("name", COMPRESSORS)
def test_each_compression_is_read(name):
    found = initrd.read(COMPRESSORS[name](ROOT), ["bin/sh"])
    assert list(found.members) == ["bin", "bin/sh", "init"]
    assert found.members["bin/sh"] == (FILE, 7, 1, "")
    assert found.members["init"].target == "bin/sh"
    assert found.content("/init") == b"#!shell"
    assert [(one.compression, one.unpacked) for one in found.archives] == [(name, len(ROOT))]


@pytest.mark.parametrize(
    "name, command",
    [
        ("gzip", ("gzip", "-n", "-9", "-c")),
        ("xz", ("xz", "--check=crc32", "--lzma2=dict=1MiB", "-T0", "-c")),
        ("xz", ("xz", "-9", "-c")),
        ("lzma", ("xz", "--format=lzma", "-9", "-c")),
        ("bzip2", ("bzip2", "-c")),
        ("zstd", ("zstd", "-q", "-19", "--no-check", "-c")),
        ("zstd", ("zstd", "-q", "-T0", "--single-thread", "-c")),
        ("lz4", ("lz4", "-l", "-9", "-q", "-c")),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else value,
)
def test_archives_of_the_builders_tools_are_read_up_to_their_ends(name, command):
    # More than one chunk or block: lz4 has 8 MiB in one, the others less than 1 MiB.
    size = (9 if name == "lz4" else 1) << 20
    packed = tool(*command, data=archive(member("zeros", FILE, bytes(size)), member("last")))
    behind = bytes(-len(packed) % 4 + 4) + archive(member("behind"))
    found = initrd.read(packed + behind)
    assert list(found.members) == ["zeros", "last", "behind"]
    assert [one.compression for one in found.archives] == [name, ""]
    assert found.archives[0].end == len(packed)


def test_gnu_cpio_is_read(tmp_path):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "a-file").write_bytes(b"x" * 1001)
    (tmp_path / "link").symlink_to("lib")
    packed = tool("sh", "-c", f"cd '{tmp_path}' && find . | LC_ALL=C sort | cpio --quiet -o -H newc")
    found = initrd.read(packed, ["lib/a-file"])
    assert list(found.members) == ["lib", "lib/a-file", "link"]
    assert found.content("link/a-file") == b"x" * 1001


def test_hard_links_share_the_body_that_gnu_cpio_puts_last():
    links = [member(name, FILE, body, inode=7, links=3) for name, body in (("a", b""), ("b", b""), ("c", b"text"))]
    found = initrd.read(archive(*links), ["a"])
    assert [found.members[name].size for name in "abc"] == [4, 4, 4]
    assert found.content("a") == b"text"


def test_hard_links_share_the_body_that_comes_first():
    links = [member(name, FILE, body, inode=7, links=2) for name, body in (("a", b"text"), ("b", b""))]
    assert initrd.read(archive(*links), ["a", "b"]).content("b") == b"text"


def test_inode_numbers_of_different_archives_are_not_joined():
    data = archive(member("a", FILE, b"one", inode=7, links=2)) + archive(member("b", FILE, b"", inode=7, links=2))
    assert initrd.read(data, ["b"]).content("b") == b""


def test_names_as_archivers_spell_them():
    data = archive(*(member(name) for name in (".", "./a", "/b", "dir/", "x//y/./z", "pad\0\0\0", ".hidden")))
    assert list(initrd.read(data).members) == ["a", "b", "dir", "x/y/z", "pad", ".hidden"]


def test_archives_with_checksums_are_read():
    assert list(initrd.read(archive(member("a", magic=b"070702"))).members) == ["a"]


def test_what_the_kernel_passes_over_is_not_listed():
    data = archive(member("dir", DIRECTORY, b"body"), member("link", LINK, b"x" * 4097), member("a"))
    assert list(initrd.read(data).members) == ["a"]


@pytest.mark.parametrize(
    "data, code",
    [
        (b"", "initrd-unknown-format"),
        (bytes(100), "initrd-unknown-format"),
        (b"MZ unified kernel image", "initrd-unknown-format"),
        (gzip.compress(b"\x53\xef an ext2 file system", mtime=0), "initrd-unknown-format"),
        (b"070707" + bytes(200), "initrd-corrupt"),
        (ROOT[:50], "initrd-truncated"),
        (ROOT[:200], "initrd-truncated"),
        (ROOT + b"junk", "initrd-unknown-format"),
        (ROOT + b"\0" + ROOT, "initrd-corrupt"),
        (gzip.compress(ROOT, mtime=0)[:-30], "initrd-truncated"),
        (gzip.compress(ROOT[:200], mtime=0), "initrd-truncated"),
        (gzip.compress(ROOT, mtime=0)[:20] + b"#" * 50, "initrd-corrupt"),
        (b"\xfd7zXZ\0" + b"#" * 50, "initrd-corrupt"),
        (b"BZh9" + b"#" * 50, "initrd-corrupt"),
        (b"\x89LZO\0\r\n\x1a\n", "initrd-compression-unsupported"),
        (b"\x28\xb5\x2f", "initrd-truncated"),
        (b"\x28\xb5\x2f\x00" + bytes(50), "initrd-corrupt"),
        (b"\x28\xb5\x2f\xfd\x20\x01\xff\xff\xff", "initrd-corrupt"),
        (b"\x02!L\x18\xff\xff\xff\x7f", "initrd-corrupt"),
        (b"\x02!L\x18\x09\0\0\0aaa", "initrd-truncated"),
        (ROOT.replace(b"0000", b"xxxx", 1), "initrd-corrupt"),
        (member("x" * 5000), "initrd-corrupt"),
    ],
)
def test_damaged_and_foreign_files_are_refused(data, code):
    assert code_of(data) == code


@pytest.mark.parametrize("name", ["zstd", "lz4"])
def test_what_the_tool_cannot_unpack_is_an_error(name):
    # At least one of these bytes lies in the compressed text.
    packed = COMPRESSORS[name](archive(member("a", FILE, b"".join(b"%d" % number for number in range(9999)))))
    broken = bytearray(packed)
    broken[40:200] = bytes(byte ^ 0xFF for byte in packed[40:200])
    assert code_of(bytes(broken)) in ("initrd-corrupt", "initrd-unknown-format", "initrd-truncated")


@pytest.mark.parametrize("name", ["zstd", "lz4"])
def test_a_missing_tool_is_named(name, monkeypatch):
    packed = COMPRESSORS[name](ROOT)
    monkeypatch.setattr(compression.shutil, "which", lambda command: None)
    with pytest.raises(GuestconvError) as caught:
        initrd.read(packed)
    assert caught.value.code == "initrd-tool-missing"
    assert f"install the package {name}" in caught.value.hint


@pytest.mark.parametrize("name", ["zstd", "lz4"])
def test_a_tool_that_fails_to_compress_is_reported_with_its_own_words(name, monkeypatch, tmp_path):
    program = tmp_path / name
    program.write_text("#!/bin/sh\necho no memory >&2\nexit 3\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GuestconvError) as caught:
        compression.pack(b"", name)
    assert caught.value.code == "initrd-tool-failed"
    assert f"{name} failed (3): no memory" in caught.value.message


@pytest.mark.parametrize(
    "data",
    [
        b"\x28\xb5\x2f\xfd\x00\x00" + bytes(9000),  # zstd blocks of no bytes
        b"\x02!L\x18" * 3000,  # lz4 with magic numbers only
    ],
    ids=["zstd", "lz4"],
)
def test_blocks_without_content_are_counted(data, monkeypatch):
    monkeypatch.setattr(compression, "_MOST_BLOCKS", 1000)
    assert code_of(data) == "initrd-too-many-blocks"
