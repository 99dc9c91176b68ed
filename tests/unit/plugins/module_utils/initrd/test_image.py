# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole initrds: concatenations, links, limits, builders."""

from __future__ import annotations

import glob
import os

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils import initrd
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.initrd.test_archive import (
    COMPRESSORS,
    DIRECTORY,
    FILE,
    LINK,
    ROOT,
    archive,
    code_of,
    member,
    tool,
)

MICROCODE = archive(
    member("kernel", DIRECTORY),
    member("kernel/x86", DIRECTORY),
    member("kernel/x86/microcode", DIRECTORY),
    member("kernel/x86/microcode/GenuineIntel.bin", FILE, b"m" * 3000),
)


@pytest.mark.parametrize("name", COMPRESSORS)
def test_early_microcode_stands_in_front(name):
    found = initrd.read(MICROCODE + COMPRESSORS[name](ROOT))
    assert "kernel/x86/microcode/GenuineIntel.bin" in found.members and "bin/sh" in found.members
    # Two raw archives are one to the kernel.
    assert [one.compression for one in found.archives] == ([""] if not name else ["", name])


@pytest.mark.parametrize("padding", [0, 4, 512, 513])
def test_zeros_between_archives_are_passed_over(padding):
    data = COMPRESSORS["gzip"](ROOT) + bytes(padding) + COMPRESSORS["xz"](archive(member("late")))
    found = initrd.read(data)
    assert list(found.members)[-1] == "late"
    assert found.archives[1].start == found.archives[0].end + padding


def test_later_archives_override_earlier_ones():
    data = archive(member("a", FILE, b"old"), member("b")) + COMPRESSORS["gzip"](archive(member("a", FILE, b"new!")))
    found = initrd.read(data, ["a"])
    assert found.content("a") == b"new!"
    assert found.members["a"].size == 4


def test_several_archives_in_one_compressed_stream():
    assert "late" in initrd.read(COMPRESSORS["gzip"](ROOT + archive(member("late")))).members


def test_lz4_streams_one_after_the_other_are_one_archive_to_the_kernel():
    found = initrd.read(COMPRESSORS["lz4"](ROOT) + COMPRESSORS["lz4"](archive(member("late"))))
    assert "late" in found.members and len(found.archives) == 1


def test_a_boot_configuration_at_the_end_is_left_out():
    text = b"kernel { loglevel = 3 }\n\0"
    found = initrd.read(ROOT + text + len(text).to_bytes(4, "little") + bytes(4) + b"#BOOTCONFIG\n" + bytes(3))
    assert found.bootconfig and list(found.members) == ["bin", "bin/sh", "init"]


def test_only_wanted_files_are_kept():
    found = initrd.read(archive(member("a", FILE, b"1"), member("b", FILE, b"2")), lambda name: name == "b")
    assert found.content("b") == b"2"
    assert found.content("no/such") is None
    with pytest.raises(KeyError):
        found.content("a")


def test_a_path_is_read(tmp_path):
    (tmp_path / "initrd.img").write_bytes(ROOT)
    assert "init" in initrd.read(str(tmp_path / "initrd.img")).members
    assert code_of(tmp_path / "missing") == "initrd-unreadable"


@pytest.mark.parametrize(
    "path, place",
    [
        ("lib/modules", "usr/lib/modules"),
        ("/lib//modules/./x", "usr/lib/modules/x"),
        ("lib/../lib/x", "usr/lib/x"),
        ("../../lib", "usr/lib"),
        ("away/x", "run/x"),
        ("usr/lib64/x", "usr/lib/x"),
        ("nowhere/x", "nowhere/x"),
    ],
)
def test_paths_are_resolved_through_links(path, place):
    links = (("lib", b"usr/lib"), ("away", b"/run"), ("usr/lib64", b"../lib"))
    found = initrd.read(archive(*(member(name, LINK, target) for name, target in links)))
    assert found.resolve(path) == place


def test_links_that_do_not_end_are_an_error():
    found = initrd.read(archive(member("a", LINK, b"b"), member("b", LINK, b"a"), member("c", LINK, b"c/c/c")))
    for path in ("a", "c"):
        with pytest.raises(GuestconvError) as caught:
            found.resolve(path)
        assert caught.value.code == "initrd-link-loop"


def test_members_behind_a_link_of_the_root_directory_are_found_where_the_kernel_puts_them():
    data = archive(member("lib", LINK, b"usr/lib")) + archive(member("lib/late", FILE, b"text"))
    found = initrd.read(data, ["lib/late"])
    assert "usr/lib/late" in found.members and "lib/late" not in found.members
    assert found.content("lib/late") == b"text"


@pytest.mark.parametrize(
    "limits, code",
    [
        ({"unpacked": 1000}, "initrd-unpacks-too-large"),
        ({"members": 5}, "initrd-too-many-members"),
        ({"archives": 1}, "initrd-too-many-archives"),
        ({"names": 10}, "initrd-names-too-long"),
        ({"content": 6}, "initrd-content-too-large"),
        ({"contents": 8}, "initrd-contents-too-large"),
    ],
)
def test_each_limit_has_its_own_error(limits, code):
    data = COMPRESSORS["gzip"](ROOT) + COMPRESSORS["xz"](ROOT)
    assert initrd.read(data, ["bin/sh"]).members
    assert code_of(data, ["bin/sh"], initrd.Limits(**limits)) == code


@pytest.mark.parametrize("name", sorted(set(COMPRESSORS) - {""}))
def test_a_bomb_is_left_at_the_limit(name):
    bomb = COMPRESSORS[name](archive(member("bomb", FILE, bytes(6 << 20))))
    assert code_of(bomb, (), initrd.Limits(unpacked=4 << 20)) == "initrd-unpacks-too-large"


@pytest.mark.parametrize(
    "names, builder",
    [
        (["conf/initramfs.conf", "scripts/functions"], "initramfs-tools"),
        (["usr/lib/dracut", "usr/lib/dracut/build-parameter.txt"], "dracut"),
        (["lib/dracut"], "dracut"),
        (["buildconfig", "config", "init_functions"], "mkinitcpio"),
        (["init"], "unknown"),
    ],
)
def test_the_builder_is_known_by_what_it_leaves(names, builder):
    assert initrd.read(archive(*map(member, names))).builder == builder


def test_nested_images_are_reported():
    assert initrd.read(archive(member("squash-root.img"))).nested_images == ["squash-root.img"]


@pytest.mark.parametrize(
    "lib, tree",
    [
        ((), "lib/modules/6.1"),
        ((member("lib", DIRECTORY),), "lib/modules/6.1"),
        ((member("lib", LINK, b"usr/lib"),), "usr/lib/modules/6.1"),
        ((member("usr/lib/modules/6.1", DIRECTORY),), "usr/lib/modules/6.1"),
    ],
)
def test_the_module_tree_is_where_kmod_looks(lib, tree):
    assert initrd.read(archive(member("usr", DIRECTORY), *lib)).module_tree("6.1") == tree


def test_modules_are_listed_by_the_names_the_kernel_gives_them():
    tree = "usr/lib/modules/6.1/"
    modules = ("virtio-blk.ko.xz", "a_b.ko", "c.ko.zst", "d.ko.gz", "e.ko", "f.kobold", "ko")
    paths = ["extra/e.ko", "modules.dep"] + ["kernel/" + name for name in modules]
    found = initrd.read(archive(member("lib", LINK, b"usr/lib"), *(member(tree + path) for path in paths)))
    assert found.modules("6.1") == {
        "virtio_blk": "kernel/virtio-blk.ko.xz",
        "a_b": "kernel/a_b.ko",
        "c": "kernel/c.ko.zst",
        "d": "kernel/d.ko.gz",
        "e": "extra/e.ko",
    }


def test_the_initrds_of_this_machine_are_listed_as_its_own_tool_lists_them():
    # update-initramfs writes to a name that ends in .new.
    paths = [path for path in glob.glob("/boot/initrd.img-*") if os.access(path, os.R_OK) and ".new" not in path]
    if not paths:
        pytest.skip("no initrd here")
    listed = tool("lsinitramfs", paths[0]).decode().splitlines()
    assert set(initrd.read(paths[0]).members) >= set(listed) - {"."}
