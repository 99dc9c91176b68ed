# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.sources import discovery
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.sources.storage import (
    FIXTURES,
    GIB,
    domain,
    ova,
    place,
    qcow2,
    vmdk,
    vmx,
)

RAW = b"\xeb\x63" * 512


def found(folder, *paths, **keywords):
    """({name: source}, [code of each problem]) in folder, or at paths below it. Paths are shown as below folder."""
    result = discovery.find([os.path.join(folder, path) for path in paths or ("",)], **keywords)

    def shown(value):
        if isinstance(value, dict):
            return {key: shown(item) for key, item in value.items()}
        if isinstance(value, list):
            return [shown(item) for item in value]
        return value.replace(str(folder) + "/", "") if isinstance(value, str) else value

    names = [guest.description["name"] for guest in result.guests]
    assert len(set(names)) == len(names)
    return {guest.description["name"]: shown(guest.source) for guest in result.guests}, [
        problem.code for problem in result.problems
    ]


def disks(*entries):
    return {"type": "disks", "disks": list(entries)}


def disk(path, image_format="qcow2", device="sda", **more):
    return {"path": path, "format": image_format, "device": device, **more}


def test_every_kind_of_source_is_found(tmp_path):
    place(
        tmp_path,
        {
            "plain.qcow2": qcow2(),
            "appliance.ova": ova(),
            "ovf/web.ovf": (FIXTURES / "virtualbox-2.0.ovf").read_bytes(),
            "ovf/mail-disk001.vmdk": vmdk(),
            "ovf/mail-disk002.vhd": b"conectix" + bytes(504),
            "vmware/vm.vmx": vmx("vm", "vm.vmdk"),
            "vmware/vm.vmdk": vmdk(extents=["vm-flat.vmdk"]),
            "vmware/vm-flat.vmdk": RAW,
            "vmware/vm-000001.vmdk": vmdk(parent="vm.vmdk"),
            "libvirt/db.xml": domain("db", tmp_path / "libvirt" / "pool" / "db.img"),
            "libvirt/pool/db.img": qcow2(),
            "readme.txt": b"hello",
        },
    )
    assert found(tmp_path) == (
        {
            "plain": disks(disk("plain.qcow2")),
            "files": {"type": "ova", "path": "appliance.ova"},
            "mail": {"type": "ovf", "path": "ovf/web.ovf"},
            "vm": {"type": "vmx", "path": "vmware/vm.vmx"},
            "db": {"type": "libvirt", "path": "libvirt/db.xml"},
        },
        [],
    )


def test_disks_of_every_format_are_guests(tmp_path):
    place(
        tmp_path,
        {
            "a.qcow2": qcow2(),
            "b.vmdk": vmdk(),
            "c.raw": RAW,
            "d.img": RAW,
            "e.img": qcow2(),
            "f.vdi": bytes(64) + b"\x7f\x10\xda\xbe" + bytes(444),
            "g.vhd": b"conectix" + bytes(504),
        },
    )
    guests, problems = found(tmp_path)
    assert {name: source["disks"][0]["format"] for name, source in guests.items()} == {
        "a": "qcow2",
        "b": "vmdk",
        "c": "raw",
        "d": "raw",
        "e": "qcow2",
        "f": "vdi",
        "g": "vpc",
    }
    assert problems == []


def test_several_disks_of_one_guest(tmp_path):
    place(
        tmp_path,
        {
            "web-disk1.qcow2": qcow2(2 * GIB),
            "web-disk2.qcow2": qcow2(3 * GIB),
            "db/vdb.raw": RAW,
            "db/vda.qcow2": qcow2(),
        },
    )
    assert found(tmp_path) == (
        {
            "web": disks(disk("web-disk1.qcow2"), disk("web-disk2.qcow2", device="sdb")),
            "db": disks(disk("db/vda.qcow2", device="vda"), disk("db/vdb.raw", "raw", "vdb")),
        },
        [],
    )
    (guest,) = discovery.find([str(tmp_path)], recursive=False).guests
    assert [one["size"] for one in guest.description["disks"]] == [2 * GIB, 3 * GIB]


def test_the_files_of_a_vmdk_are_one_disk(tmp_path):
    place(
        tmp_path,
        {
            "a.vmdk": vmdk(extents=["a-s001.vmdk", "a-s002.vmdk"]),
            "a-s001.vmdk": vmdk(),
            "a-s002.vmdk": vmdk(),
            "a-ctk.vmdk": b"\xbe\xba\xfe\xca",
            "b.vmdk": vmdk(extents=["b-flat.vmdk"]),
            "b-flat.vmdk": RAW,
            "b-000001.vmdk": vmdk(extents=["b-000001-delta.vmdk"], parent="b.vmdk"),
            "b-000001-delta.vmdk": b"COWD" + bytes(508),
        },
    )
    assert found(tmp_path) == (
        {
            "a": disks(disk("a.vmdk", "vmdk")),
            "b": disks(disk("b-000001.vmdk", "vmdk", backing=["b.vmdk"])),
        },
        [],
    )


def test_what_stands_below_other_disks_is_no_guest(tmp_path):
    place(
        tmp_path,
        {"golden.qcow2": qcow2(), "a.qcow2": qcow2(backing="golden.qcow2"), "b.qcow2": qcow2(backing="golden.qcow2")},
    )
    assert found(tmp_path) == (
        {
            "a": disks(disk("a.qcow2", backing=["golden.qcow2"])),
            "b": disks(disk("b.qcow2", backing=["golden.qcow2"])),
        },
        [],
    )


def test_a_guest_cannot_hide_another_by_the_header_that_it_wrote(tmp_path):
    place(
        tmp_path,
        {"mine.img": qcow2(backing="yours.qcow2"), "mine2.raw": qcow2(backing="yours.qcow2"), "yours.qcow2": qcow2()},
    )
    assert found(tmp_path)[0] == {
        "mine": disks(disk("mine.img")),
        "mine2": disks(disk("mine2.raw", "raw")),
        "yours": disks(disk("yours.qcow2")),
    }


def test_a_description_elsewhere_owns_its_disks(tmp_path):
    place(
        tmp_path,
        {
            "images/web.qcow2": qcow2(),
            "images/db.qcow2": qcow2(),
            "xml/web.xml": domain("web", tmp_path / "images" / "web.qcow2"),
        },
    )
    assert sorted(found(tmp_path)[0]) == ["db", "web"]


def test_the_disks_of_guests_that_are_known_already_are_none(tmp_path):
    place(tmp_path, {"web.qcow2": qcow2(), "db.qcow2": qcow2()})
    known = discovery.Guest({}, "", {"disks": [{"path": str(tmp_path / "web.qcow2"), "format": "qcow2"}]})
    assert list(found(tmp_path, known=[known])[0]) == ["db"]


def test_snapshots_that_a_vmx_does_not_use_are_no_guests(tmp_path):
    place(
        tmp_path,
        {
            "vm.vmx": vmx("vm", "vm-000001.vmdk"),
            "vm.vmdk": vmdk(),
            "vm-000001.vmdk": vmdk(parent="vm.vmdk"),
            "vm-000002.vmdk": vmdk(parent="vm.vmdk"),
        },
    )
    assert found(tmp_path) == ({"vm": {"type": "vmx", "path": "vm.vmx"}}, [])


# What cannot be read


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"bad.ova": b"hello"}, "source-malformed"),
        ({"bad.ovf": b"<Envelope/>", "bad-disk1.vmdk": vmdk()}, "source-malformed"),
        ({"bad.vmx": vmx("bad", "gone.vmdk"), "bad.vmdk": vmdk()}, "source-disk-missing"),
        ({"bad.qcow2": b"hello"}, "source-disk-format"),
        ({"bad.qcow2": b""}, "source-disk-damaged"),
        ({"bad-flat.vmdk": RAW}, "source-disk-format"),
        ({"bad.vmdk": vmdk(extents=["gone.vmdk"])}, "source-disk-missing"),
        ({"bad.img": b"\x1f\x8b\x08" + bytes(100)}, "source-disk-format"),
        ({"bad.qcow2": qcow2(), "bad.vmdk": vmdk()}, "source-disk-duplicate"),
        ({"bad-000001.vmdk": vmdk(), "bad-000002.vmdk": vmdk()}, "source-disk-duplicate"),
        ({"bad-disk1.qcow2": qcow2(), "bad-disk2.qcow2": b""}, "source-disk-damaged"),
        ({"bad\udcff.qcow2": qcow2()}, "source-not-supported"),
    ],
)
def test_one_broken_guest_hides_no_other(tmp_path, files, code):
    place(tmp_path, {"good.raw": RAW, **files})
    assert found(tmp_path) == ({"good": disks(disk("good.raw", "raw"))}, [code])


def test_xml_that_is_no_domain_is_passed_over_unless_it_was_named(tmp_path):
    place(tmp_path, {"pom.xml": b"<project/>", "bad.xml": b"<domain>"})
    assert found(tmp_path) == ({}, ["source-malformed"])
    assert found(tmp_path, "pom.xml") == ({}, ["source-not-a-domain"])


def test_a_path_where_nothing_is_is_a_problem(tmp_path):
    place(tmp_path, {"a.txt": b""})
    assert found(tmp_path, "gone", "*.ova") == ({}, ["source-not-found"] * 2)
    assert found(tmp_path, "a.txt") == ({}, ["source-not-supported"])


# Where to look


TREE = {
    "a.qcow2": qcow2(),
    "sub/b.qcow2": qcow2(),
    "sub/deep/c.qcow2": qcow2(),
    ".snapshot/d.qcow2": qcow2(),
    ".hidden.qcow2": qcow2(),
}


@pytest.mark.parametrize(
    ("paths", "keywords", "names"),
    [
        ([""], {}, "a b c"),
        ([""], {"recursive": False}, "a"),
        (["sub"], {}, "b c"),
        (["a.qcow2"], {}, "a"),
        (["*.qcow2"], {}, "a"),
        (["**/c.qcow2"], {}, "c"),
        (["sub", "sub/b.qcow2", ""], {}, "a b c"),
        ([".hidden.qcow2"], {}, ".hidden"),
        ([""], {"exclude": ["sub"]}, "a"),
        ([""], {"exclude": ["*/deep/*"]}, "a b"),
        ([""], {"exclude": ["a.*", "c*"]}, "b"),
    ],
)
def test_where_is_looked(tmp_path, paths, keywords, names):
    place(tmp_path, TREE)
    guests, problems = found(tmp_path, *paths, **keywords)
    assert (" ".join(sorted(guests)), problems) == (names, [])


def test_a_directory_that_a_pattern_found_may_be_a_guest(tmp_path):
    place(tmp_path, {"web01/web01.qcow2": qcow2(), "web01/data.qcow2": qcow2()})
    assert list(found(tmp_path, "*")[0]) == ["web01"]


def test_links_to_disks_are_followed_and_links_to_directories_are_not(tmp_path):
    place(tmp_path / "store", {"a.qcow2": qcow2(), "more/b.qcow2": qcow2()})
    here = tmp_path / "here"
    here.mkdir()
    (here / "a.qcow2").symlink_to(tmp_path / "store" / "a.qcow2")
    (here / "more").symlink_to(tmp_path / "store" / "more")
    assert found(here) == ({"a": disks(disk("a.qcow2"))}, [])
