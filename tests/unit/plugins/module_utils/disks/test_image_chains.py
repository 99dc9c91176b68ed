# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import struct

import pytest
import yaml

from ansible_collections.virttools.guestconv.plugins.module_utils.disks import backing_chain, images, qemu_img
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.disks.disk_images import (
    create,
    patch,
    refusal,
)


@pytest.fixture
def judged_by_qemu(monkeypatch):
    """The images that qemu-img was asked about, in order."""
    seen, info = [], qemu_img.info
    monkeypatch.setattr(qemu_img, "info", lambda path, image_format: seen.append(path) or info(path, image_format))
    return seen


def test_a_chain_is_followed_as_far_as_it_is_named(tmp_path, judged_by_qemu):
    base = create(tmp_path / "base.qcow2", "qcow2", data=False)
    middle = create(tmp_path / "middle.qcow2", "qcow2", options=["-b", "base.qcow2", "-F", "qcow2"], data=False)
    top = create(tmp_path / "top.qcow2", "qcow2", options=["-b", middle, "-F", "qcow2"], data=False)
    (disk,) = images.disks_from_option([{"path": top, "backing": [middle, base]}])
    assert disk.backing == (middle, base)
    for named, last in (([], top), ([middle], middle)):
        del judged_by_qemu[:]
        error = refusal([{"path": top, "backing": named}])
        assert (error.code, judged_by_qemu[-1]) == ("backing-file-not-named", last)


def test_relative_names_are_resolved_as_qemu_does_against_the_directory_of_the_link(tmp_path):
    for name in ("links", "real"):
        (tmp_path / name).mkdir()
    wrong, right = (create(tmp_path / name / "base", data=False) for name in ("real", "links"))
    create(tmp_path / "real" / "middle.qcow2", "qcow2", options=["-b", "base", "-F", "raw"], data=False)
    (tmp_path / "links" / "middle.qcow2").symlink_to(tmp_path / "real" / "middle.qcow2")
    middle = str(tmp_path / "links" / "middle.qcow2")
    top = create(tmp_path / "top.qcow2", "qcow2", options=["-b", middle, "-F", "qcow2"], data=False)
    assert refusal([{"path": top, "backing": [middle, wrong]}]).code == "backing-file-not-named"
    assert images.disks_from_option([{"path": top, "backing": [middle, right]}])[0].backing == (middle, right)


def chain(directory, count):
    """A chain of this many qcow2 images, from the base up; each names the one below by a relative or absolute path."""
    paths = [create(directory / "0.qcow2", "qcow2", data=False)]
    for number in range(1, count):
        below = paths[-1] if number % 2 else f"{number - 1}.qcow2"
        path = directory / f"{number}.qcow2"
        paths.append(create(path, "qcow2", size="64M", options=["-u", "-b", below, "-F", "qcow2"], data=False))
    return paths


def test_oracle_20_one_answer_names_all_levels_of_a_chain_and_what_it_says_to_do_is_enough(tmp_path, judged_by_qemu):
    *below, top = chain(tmp_path, 5)
    below.reverse()
    error = refusal([top])
    assert error.code == "backing-file-not-named" and judged_by_qemu == [top]
    assert error.extra == {"backing_file": "3.qcow2", "backing_files": below}
    assert all(path in error.message for path in below[1:])
    assert f"{{path: {top}, backing: [{', '.join(below)}]}}" in error.hint
    assert images.disks_from_option([{"path": top, "backing": error.extra["backing_files"]}])[0].backing == tuple(below)
    # Those that were named are named again, in their place.
    error = refusal([{"path": top, "backing": below[:2]}])
    assert error.extra["backing_files"] == below[2:]
    assert f"backing: [{', '.join(below)}]" in error.hint


def test_oracle_20_what_ends_a_chain_that_cannot_be_followed_is_said(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "text").write_text("no image")
    truncated = create(tmp_path / "truncated", "qcow2", data=False)
    os.truncate(truncated, 40)
    for name, said in (
        ("absent", "absent does not exist"),
        ("fifo", "fifo is neither a file nor a block device"),
        (".", "is a directory"),
        ("middle", "middle is in the chain already"),
        ("top", "top is in the chain already"),
        ("truncated", "truncated is damaged"),
        ("json:{}", "json:{} is not a file"),
        ("nbd://127.0.0.1/x", "nbd://127.0.0.1/x is not a file"),
        ("text", ""),
    ):
        middle = create(tmp_path / "middle", "qcow2", options=["-u", "-b", name, "-F", "qcow2"], data=False)
        top = create(tmp_path / "top", "qcow2", options=["-u", "-b", "middle", "-F", "qcow2"], data=False)
        error = refusal([top])
        assert (error.code, error.extra["backing_files"][0]) == ("backing-file-not-named", middle)
        assert said in error.message, error.message
        assert len(error.extra["backing_files"]) == 2
        assert (":" in name) == ("qemu-img convert" in error.hint)


def test_a_chain_without_end_is_listed_as_far_as_people_make_them(tmp_path):
    head = (tmp_path / "head.qcow2", "qcow2")
    create(*head, options=["-u", "-b", "0" * 8, "-F", "qcow2"], data=False)
    image = (tmp_path / "head.qcow2").read_bytes()
    for number in range(200):
        (tmp_path / f"{number:08}").write_bytes(image.replace(b"0" * 8, b"%08d" % (number + 1)))
    assert len(refusal([str(tmp_path / "head.qcow2")]).extra["backing_files"]) == backing_chain.MOST_LEVELS


@pytest.mark.parametrize("name", ["json:{}", "nbd://127.0.0.1/x", "http://127.0.0.1/x", "/etc/passwd"])
def test_backing_files_of_other_protocols_and_of_the_host_are_refused(tmp_path, name):
    path = create(tmp_path / "disk", "qcow2", options=["-u", "-b", name, "-F", "raw"], data=False)
    assert refusal([path]).code == "backing-file-not-named"
    if ":" in name:
        assert refusal([{"path": path, "backing": [str(tmp_path / name)]}]).code == "backing-file-not-named"


def test_a_chain_that_leads_back_is_refused(tmp_path):
    path = create(tmp_path / "disk", "qcow2", options=["-u", "-b", "disk", "-F", "qcow2"], data=False)
    assert refusal([{"path": path, "backing": [path]}]).code == "disk-corrupt"


def test_a_backing_file_of_which_no_format_is_recorded_is_never_guessed_to_be_raw(tmp_path):
    base = create(tmp_path / "base", data=False)
    path = create(tmp_path / "disk", "qcow2", options=["-o", "compat=0.10", "-b", base, "-F", "raw"], data=False)
    with open(path, "r+b") as stream:
        head = stream.read(4096)
        stream.seek(head.index(struct.pack(">I", 0xE2792ACA)))
        stream.write(struct.pack(">I", 0x12345678))  # an extension that readers must ignore
    error = refusal([{"path": path, "backing": [base]}])
    assert error.code == "format-ambiguous" and "rebase" in error.hint


def test_external_data_is_refused_before_qemu_sees_the_image(tmp_path, monkeypatch):
    path = create(tmp_path / "disk", "qcow2", options=["-o", "data_file=%s" % (tmp_path / "data")], data=False)
    monkeypatch.setattr(qemu_img, "run", None)
    assert refusal([path]).code == "external-data-file"


DESCRIPTOR = """# Disk DescriptorFile
version=1
CID=fffffffe
parentCID=ffffffff
createType="monolithicFlat"
%s
"""


@pytest.mark.parametrize(
    "extent",
    [
        'RW 2048 FLAT "/etc/passwd" 0',
        'RW 2048 FLAT "../secret" 0',
        'RW 2048 FLAT "link" 0',
        'RW 2048 SPARSE "../secret"',
        'RW\n2048\n\tFLAT "../secret" 0',
        'RW 2048 FLAT "nbd://127.0.0.1/x" 0',
        'RW 2048 VMFS "../secret',
    ],
)
def test_extents_outside_of_the_directory_are_refused_before_qemu_sees_them(tmp_path, monkeypatch, extent):
    (tmp_path / "vm").mkdir()
    (tmp_path / "secret").write_bytes(b"secret" * 512)
    (tmp_path / "vm" / "link").symlink_to("../secret")
    (tmp_path / "vm" / "disk.vmdk").write_text(DESCRIPTOR % extent)
    monkeypatch.setattr(qemu_img, "run", None)
    assert refusal([str(tmp_path / "vm" / "disk.vmdk")]).code == "extent-outside"


@pytest.mark.parametrize("extent", ['RW %s FLAT "disk-flat.vmdk" 0', 'RW 8 FLAT "disk-flat.vmdk" %s'])
@pytest.mark.parametrize("digits", [19, 5000])
def test_an_extent_of_more_sectors_than_can_be_is_refused(tmp_path, monkeypatch, extent, digits):
    (tmp_path / "disk.vmdk").write_text(DESCRIPTOR % (extent % ("9" * digits)))
    monkeypatch.setattr(qemu_img, "run", None)
    assert refusal([str(tmp_path / "disk.vmdk")]).code == "disk-corrupt"


def test_extents_named_by_an_embedded_descriptor_are_judged_too(tmp_path, monkeypatch):
    (tmp_path / "vm").mkdir()
    path = create(tmp_path / "vm" / "disk.vmdk", "vmdk", data=False)
    patch(path, 12, struct.pack("<Q", 0))  # capacity 0: QEMU takes the extents from the descriptor
    patch(path, 0x200, (DESCRIPTOR % 'RW 2048 FLAT "../secret" 0').encode() + b"\0")
    monkeypatch.setattr(qemu_img, "run", None)
    assert refusal([path]).code == "extent-outside"
    (tmp_path / "vm" / "outer.vmdk").write_text(DESCRIPTOR % 'RW 2048 SPARSE "disk.vmdk"')
    assert refusal([str(tmp_path / "vm" / "outer.vmdk")]).code == "disk-corrupt"


def test_the_parent_of_a_vmdk_must_be_named(tmp_path):
    base = create(tmp_path / "base.vmdk", "vmdk")
    top = create(tmp_path / "top.vmdk", "vmdk", options=["-b", base, "-F", "vmdk"], data=False)
    assert refusal([top]).code == "backing-file-not-named"
    assert images.disks_from_option([{"path": top, "backing": [base]}])[0].backing == (base,)


def test_oracle_20_all_snapshots_of_a_vmdk_are_named_in_one_answer(tmp_path):
    paths = [create(tmp_path / "base.vmdk", "vmdk")]
    for name in ("000001.vmdk", "000002.vmdk"):
        paths.append(create(tmp_path / name, "vmdk", options=["-b", paths[-1], "-F", "vmdk"], data=False))
    *below, top = paths
    error = refusal([top])
    assert error.extra["backing_files"] == below[::-1]
    assert images.disks_from_option([{"path": top, "backing": below}])[0].backing == tuple(below[::-1])


def test_a_name_that_an_image_made_up_stays_one_item_of_what_the_caller_is_advised_to_give(tmp_path):
    name = "a], /etc/shadow}\n"
    top = create(tmp_path / "top", "qcow2", options=["-u", "-b", name, "-F", "qcow2"], data=False)
    error = refusal([top])
    option = yaml.safe_load(error.hint.split("`")[1])
    assert option == {"path": top, "backing": [str(tmp_path / name)]}
    assert "order first" in error.hint and error.message.isprintable()
