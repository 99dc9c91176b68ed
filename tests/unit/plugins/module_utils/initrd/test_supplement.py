# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Supplements: what is appended is found again, by the library and by the tools, and destroys nothing."""

from __future__ import annotations

import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virttools.guestconv.plugins.module_utils import initrd
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.initrd.test_archive import (
    COMPRESSORS,
    DIRECTORY,
    FILE,
    LINK,
    ROOT,
    archive,
    member,
    tool,
)

USR_MERGED = archive(
    member("lib", LINK, b"usr/lib"),
    member("usr", DIRECTORY),
    member("usr/lib", DIRECTORY),
    member("usr/lib/old", FILE, b"old", inode=5, links=1),
)
NEW = [initrd.File("lib/modules/6.1/kernel/a.ko", 0o600, b"module"), initrd.File("/lib/old", 0o644, b"new")]
APPENDABLE = sorted(set(COMPRESSORS) - {"lzma"})


def refusal(data, files):
    """The code of the error that supplementing `data` ends with."""
    with pytest.raises(GuestconvError) as caught:
        initrd.supplement(initrd.read(data), files)
    return caught.value.code


@pytest.mark.parametrize("name", APPENDABLE)
def test_a_supplement_is_found_again(name):
    image = COMPRESSORS[name](USR_MERGED)
    for _run in range(2):
        found = initrd.read(image)
        image += initrd.supplement(found, NEW)
    again = initrd.read(image, lambda path: True)
    assert again.content("lib/modules/6.1/kernel/a.ko") == b"module"
    assert again.content("usr/lib/old") == b"new"
    assert again.members["usr/lib/modules/6.1/kernel/a.ko"].mode == stat.S_IFREG | 0o600
    assert again.members["lib"].target == "usr/lib"
    assert {one.compression for one in again.archives} == {name}


@pytest.mark.parametrize(
    "name, command",
    [
        ("gzip", ("gzip", "-d", "-c")),
        ("bzip2", ("bzip2", "-d", "-c")),
        ("xz", ("xz", "-d", "-c")),
        ("zstd", ("zstd", "-d", "-q", "-c")),
        ("lz4", ("lz4", "-d", "-q", "-c")),
    ],
)
def test_the_guests_own_tools_still_unpack_the_whole_file(name, command):
    image = COMPRESSORS[name](USR_MERGED)
    whole = tool(*command, data=image + initrd.supplement(initrd.read(image), NEW))
    assert whole.startswith(USR_MERGED) and len(whole) > len(USR_MERGED)
    assert initrd.read(whole, ["usr/lib/old"]).content("lib/old") == b"new"


def test_gnu_cpio_reads_a_supplement():
    added = initrd.supplement(initrd.read(USR_MERGED), NEW)
    assert tool("cpio", "--quiet", "-t", data=added).decode().splitlines() == [
        "usr/lib/modules",
        "usr/lib/modules/6.1",
        "usr/lib/modules/6.1/kernel",
        "usr/lib/modules/6.1/kernel/a.ko",
        "usr/lib/old",
    ]


def test_only_missing_directories_are_made_and_no_link_is_replaced():
    image = USR_MERGED + initrd.supplement(initrd.read(USR_MERGED), NEW)
    assert initrd.read(image).members["lib"].mode == LINK
    added = initrd.supplement(initrd.read(image), [initrd.File("lib/modules/6.1/b", 0o644, b"")])
    assert list(initrd.read(added).members) == ["usr/lib/modules/6.1/b"]


def test_a_supplement_is_deterministic_and_belongs_to_root_in_1970():
    image = initrd.read(ROOT)
    files = [initrd.File("b", 0o644, b"2"), initrd.File("a", 0o644, b"1")]
    added = initrd.supplement(image, files)
    assert added == initrd.supplement(image, files[::-1])
    inode, mode, uid, gid, links, mtime, size = 1, 0o100644, 0, 0, 1, 0, 1
    assert added.startswith(b"070701" + b"%08X" * 7 % (inode, mode, uid, gid, links, mtime, size))


def test_no_files_need_no_supplement():
    assert initrd.supplement(initrd.read(ROOT), []) == b""


def test_an_archive_that_does_not_end_at_a_multiple_of_4_is_padded():
    image = ROOT + b"\0"
    added = initrd.supplement(initrd.read(image), NEW)
    assert added.startswith(bytes(3) + b"070701")
    assert initrd.read(image + added, ["lib/old"]).content("lib/old") == b"new"


def test_lz4_members_are_aligned_across_streams():
    odd = ROOT + b"\0"  # unpacked, not a multiple of 4
    image = COMPRESSORS["lz4"](odd)
    assert "lib/old" in initrd.read(image + initrd.supplement(initrd.read(image), NEW)).members


def test_a_hard_linked_file_is_unlinked_before_it_is_written():
    # Else the kernel would write the new bytes into "other" as well.
    links = (member("index", FILE, b"", inode=9, links=2), member("other", FILE, b"same", inode=9, links=2))
    image = archive(*links)
    added = initrd.supplement(initrd.read(image), [initrd.File("index", 0o644, b"new")])
    assert [line[-5:] for line in tool("cpio", "--quiet", "-t", data=added).decode().splitlines()] == ["index", "index"]
    assert added[14:22] == b"%08X" % LINK
    again = initrd.read(image + added, ["index", "other"])
    assert (again.content("index"), again.content("other")) == (b"new", b"same")


@pytest.mark.parametrize(
    "data",
    [
        COMPRESSORS["lzma"](ROOT),
        ROOT + b"x" + (1).to_bytes(4, "little") + bytes(4) + b"#BOOTCONFIG\n",
    ],
    ids=["lzma", "bootconfig"],
)
def test_where_the_kernel_would_not_look_nothing_is_appended(data):
    assert refusal(data, NEW) == "initrd-not-appendable"


def test_nothing_is_appended_behind_padded_lz4():
    assert refusal(COMPRESSORS["lz4"](ROOT) + bytes(8), NEW) == "initrd-not-appendable"


@pytest.mark.parametrize(
    "path, code",
    [
        ("", "initrd-path-invalid"),
        ("/", "initrd-path-invalid"),
        (".", "initrd-path-conflict"),
        ("a/../b", "initrd-path-invalid"),
        ("a\0b", "initrd-path-invalid"),
        ("a/", "initrd-path-invalid"),
        ("a" * 2000, "initrd-path-invalid"),
        ("bin", "initrd-path-conflict"),
        ("bin/sh/x", "initrd-path-conflict"),
        ("init/x", "initrd-path-conflict"),
    ],
)
def test_impossible_paths_are_refused(path, code):
    assert refusal(ROOT, [initrd.File(path, 0o644, b"")]) == code


@pytest.mark.parametrize("paths", [("a", "/a"), ("a", "a/b"), ("bin/sh", "init")])
def test_files_in_each_others_way_are_refused(paths):
    assert refusal(ROOT, [initrd.File(path, 0o644, b"") for path in paths]) == "initrd-path-conflict"


names = st.lists(st.sampled_from(["a", "b", "ä", "lib", "usr", "x" * 40]), min_size=1, max_size=4).map("/".join)


@given(
    files=st.dictionaries(names, st.binary(max_size=300), min_size=1, max_size=6),
    name=st.sampled_from(["", "gzip", "xz", "bzip2"]),
    padding=st.integers(0, 9),
)
def test_whatever_is_added_is_there_afterwards(files, name, padding):
    image = COMPRESSORS[name](USR_MERGED) + bytes(padding)
    try:
        added = initrd.supplement(initrd.read(image), [initrd.File(*item) for item in with_mode(files)])
    except GuestconvError as error:
        assert error.code == "initrd-path-conflict"
        return
    again = initrd.read(image + added, lambda path: True)
    assert {path: again.content(path) for path in files} == files
    assert again.members["lib"].target == "usr/lib"


def with_mode(files):
    """The arguments of File for {path: content}."""
    return [(path, 0o644, content) for path, content in files.items()]


@given(
    st.binary(max_size=400)
    | st.tuples(st.integers(0, len(ROOT)), st.binary(min_size=1, max_size=20)).map(
        lambda change: ROOT[: change[0]] + change[1] + ROOT[change[0] + len(change[1]) :]
    )
)
def test_any_bytes_are_read_or_refused(data):
    try:
        found = initrd.read(data, lambda path: True)
    except GuestconvError as error:
        assert error.code.startswith("initrd-")
    else:
        assert found.builder == "unknown"
        assert isinstance(found.modules("6.1"), dict)


@given(
    st.sampled_from(["gzip", "bzip2", "xz", "lzma", "zstd", "lz4"]),
    st.floats(0, 1),
    st.binary(min_size=1, max_size=8),
)
def test_damaged_archives_are_read_or_refused(name, where, change):
    packed = COMPRESSORS[name](ROOT)
    at = int(where * len(packed))
    try:
        initrd.read(packed[:at] + change + packed[at + len(change) :], (), initrd.Limits(unpacked=8 << 20))
    except GuestconvError as error:
        assert error.code.startswith("initrd-")
