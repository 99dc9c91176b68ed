# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import io
import os
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virttools.guestconv.plugins.module_utils.disks import disk_files
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.formats import probe
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.formats.reading import BadHeader
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError

MIB = 1 << 20
# A size of VHD is one of cylinders, heads and sectors: QEMU takes the next of these, unless it is told not to.
KINDS = {
    "raw": ("raw",),
    "qcow2": ("qcow2",),
    "vdi": ("vdi",),
    "vdi-static": ("vdi", "-o", "static=on"),
    "vhdx": ("vhdx",),
    "vpc": ("vpc", "-o", "force_size=on"),
    "vpc-fixed": ("vpc", "-o", "force_size=on,subformat=fixed"),
    "vmdk": ("vmdk",),
    "vmdk-flat": ("vmdk", "-o", "subformat=monolithicFlat"),
    "vmdk-split": ("vmdk", "-o", "subformat=twoGbMaxExtentSparse"),
    "vmdk-stream": ("vmdk", "-o", "subformat=streamOptimized"),
}


@pytest.fixture(scope="module", params=KINDS)
def image(request, tmp_path_factory):
    image_format, *options = KINDS[request.param]
    path = tmp_path_factory.mktemp("image") / f"disk.{image_format}"
    subprocess.run(["qemu-img", "create", "-q", "-f", image_format, *options, str(path), "48M"], check=True)
    return image_format, str(path)


def create(path, *options, size="1G"):
    subprocess.run(["qemu-img", "create", "-q", *options, str(path), size], check=True)
    return str(path)


def refusal(path, *arguments, **keywords):
    with pytest.raises(GuestconvError) as caught:
        disk_files.examine(str(path), *arguments, **keywords)
    assert caught.value.message and caught.value.path
    return caught.value.code


def test_the_format_and_the_size_of_a_disk_are_told_from_its_header(image):
    image_format, path = image
    found = disk_files.examine(path)
    assert (found.format, found.size) == (image_format, 48 * MIB)


@given(at=st.integers(0, 1 << 20), junk=st.binary(min_size=1, max_size=64))
def test_no_damage_to_a_header_leads_to_a_traceback(image, at, junk):
    image_format, path = image
    with open(path, "rb") as stream:
        data = stream.read(2 << 20)
    # The headers are at the beginning, except VHDX's tables.
    at = at % 4096 if image_format != "vhdx" else 192 * 1024 + at % 4096
    data = data[:at] + junk + data[at + len(junk) :]
    try:
        assert probe.virtual_size(io.BytesIO(data), len(data), image_format) >= 0
    except BadHeader as error:
        assert str(error)


@pytest.mark.parametrize("offset", [1 << 62, (1 << 64) - 1])
def test_a_header_that_points_out_of_every_file_is_a_damaged_one(tmp_path, offset):
    path = create(tmp_path / "a.qcow2", "-f", "qcow2")
    with open(path, "r+b") as stream:
        stream.seek(8)
        stream.write(offset.to_bytes(8, "big") + (20).to_bytes(4, "big"))
    assert refusal(path) == "source-disk-damaged"


# What stands below


def test_the_backing_files_in_the_same_directory_are_named(tmp_path):
    create(tmp_path / "a.qcow2", "-f", "qcow2")
    create(tmp_path / "b.qcow2", "-f", "qcow2", "-b", "a.qcow2", "-F", "qcow2")
    path = create(tmp_path / "c.qcow2", "-f", "qcow2", "-b", "b.qcow2", "-F", "qcow2")
    assert disk_files.examine(path, "qcow2").backing == (str(tmp_path / "b.qcow2"), str(tmp_path / "a.qcow2"))


def test_a_backing_file_elsewhere_is_named_only_when_the_hypervisor_itself_says_so(tmp_path):
    (tmp_path / "sub").mkdir()
    base = create(tmp_path / "a.raw", "-f", "raw")
    path = create(tmp_path / "sub" / "b.qcow2", "-f", "qcow2", "-b", base, "-F", "raw")
    assert disk_files.examine(path, "qcow2").backing == ()
    assert disk_files.examine(path, "qcow2", elsewhere=True).backing == (base,)


def test_the_backing_file_of_what_may_be_a_raw_disk_is_never_named(tmp_path):
    create(tmp_path / "other.qcow2", "-f", "qcow2")
    path = create(tmp_path / "a.img", "-f", "qcow2", "-b", "other.qcow2", "-F", "qcow2")
    assert disk_files.examine(path).backing == ()
    raw = disk_files.examine(path, "raw")
    assert (raw.format, raw.size, raw.backing) == ("raw", os.path.getsize(path), ())


def test_the_header_of_a_raw_backing_file_names_nothing(tmp_path):
    create(tmp_path / "other.raw", "-f", "raw")
    create(tmp_path / "base.raw", "-f", "qcow2", "-b", "other.raw", "-F", "raw")
    path = create(tmp_path / "a.qcow2", "-f", "qcow2", "-b", "base.raw", "-F", "raw")
    assert disk_files.examine(path, "qcow2").backing == (str(tmp_path / "base.raw"),)


@pytest.mark.parametrize("name", ["nbd://host/x", "json:{}"])
def test_a_backing_file_that_is_none_is_not_named(tmp_path, name):
    path = create(tmp_path / "a.qcow2", "-f", "qcow2", "-u", "-b", name, "-F", "raw")
    assert disk_files.examine(path, "qcow2", elsewhere=True).backing == ()


def test_a_missing_backing_file_is_an_error(tmp_path):
    path = create(tmp_path / "a.qcow2", "-f", "qcow2", "-u", "-b", "gone.qcow2", "-F", "qcow2")
    assert refusal(path, "qcow2") == "source-disk-missing"


def test_a_chain_that_leads_back_is_an_error(tmp_path):
    create(tmp_path / "a.qcow2", "-f", "qcow2", "-u", "-b", "b.qcow2", "-F", "qcow2")
    path = create(tmp_path / "b.qcow2", "-f", "qcow2", "-u", "-b", "a.qcow2", "-F", "qcow2")
    assert refusal(path, "qcow2") == "source-disk-damaged"


def test_the_extents_of_a_vmdk_are_named_with_those_below_it(tmp_path):
    base = create(tmp_path / "a.vmdk", "-f", "vmdk", "-o", "subformat=monolithicFlat")
    # QEMU makes no sparse disk above a flat one.
    text = (tmp_path / "a.vmdk").read_text().replace("a-flat.vmdk", "b-delta.vmdk")
    (tmp_path / "b.vmdk").write_text(text.replace("# Extent", 'parentFileNameHint="a.vmdk"\n# Extent'))
    (tmp_path / "b-delta.vmdk").write_bytes(b"COWD")
    found = disk_files.examine(str(tmp_path / "b.vmdk"), "vmdk")
    assert found.backing == (base,)
    assert found.extents == (str(tmp_path / "b-delta.vmdk"), str(tmp_path / "a-flat.vmdk"))


def test_a_missing_extent_is_an_error(tmp_path):
    path = create(tmp_path / "a.vmdk", "-f", "vmdk", "-o", "subformat=monolithicFlat")
    os.remove(tmp_path / "a-flat.vmdk")
    assert refusal(path) == "source-disk-missing"


# What is no disk


def test_a_flat_extent_without_its_descriptor_says_what_is_missing(tmp_path):
    (tmp_path / "a-flat.vmdk").write_bytes(b"\xeb\x63" * 512)
    with pytest.raises(GuestconvError) as caught:
        disk_files.examine(str(tmp_path / "a-flat.vmdk"), "vmdk")
    assert caught.value.code == "source-disk-format"
    assert "descriptor" in caught.value.hint


@pytest.mark.parametrize(
    ("data", "stated", "code"),
    [
        (b"", None, "source-disk-damaged"),
        (b"QFI\xfb\0\0\0\3", "qcow2", "source-disk-damaged"),
        (b"hello", "qcow2", "source-disk-format"),
        (b"\x1f\x8b\x08" + bytes(100), None, "source-disk-format"),
        (b"PK\x03\x04" + bytes(100), "vmdk", "source-disk-format"),
    ],
)
def test_a_file_that_is_no_disk_is_an_error(tmp_path, data, stated, code):
    (tmp_path / "x").write_bytes(data)
    assert refusal(tmp_path / "x", stated) == code


def test_what_is_no_file_is_an_error(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "gone") == "source-disk-missing"
    assert refusal(tmp_path / "pipe") == "source-disk-unreadable"
    assert refusal(tmp_path) == "source-disk-unreadable"
    assert refusal(tmp_path / ("x" * 300)) == "source-disk-unreadable"


def test_what_a_disk_is_made_of_is_known_also_where_a_part_of_it_is_missing(tmp_path):
    descriptor = '# Disk DescriptorFile\nversion=1\nRW 8 SPARSE "a-s001.vmdk"\nRW 8 SPARSE "A-S002.vmdk"\n'
    (tmp_path / "a.vmdk").write_text(descriptor + 'parentFileNameHint="b.vmdk"\n')
    (tmp_path / "a-s002.vmdk").write_bytes(b"KDMV")
    (tmp_path / "b.vmdk").write_text('version=1\nRW 8 FLAT "nbd:x" 0\nparentFileNameHint="a.vmdk"\n')
    found = [os.path.basename(path) for path in disk_files.made_of(str(tmp_path / "a.vmdk"), "vmdk")]
    assert found == ["a.vmdk", "a-s001.vmdk", "a-s002.vmdk", "b.vmdk"]


@pytest.mark.parametrize(("stated", "files"), [("qcow2", 2), (None, 1), ("raw", 1)])
def test_what_a_guest_may_have_written_names_no_parts(tmp_path, stated, files):
    path = create(tmp_path / "a.img", "-f", "qcow2", "-u", "-b", "/etc/passwd", "-F", "raw")
    assert len(list(disk_files.made_of(path, stated))) == files


@pytest.mark.parametrize(
    ("there", "found"), [(["web01.vmdk"], "web01.vmdk"), (["web01.vmdk", "WEB01.vmdk"], ""), (["web02.vmdk"], "")]
)
def test_a_file_of_a_name_in_another_case_is_named_where_there_is_one(tmp_path, there, found):
    for name in there:
        (tmp_path / name).touch()
    other = disk_files.in_other_case(str(tmp_path / "Web01.vmdk"))
    assert os.path.basename(other) == found
    with pytest.raises(GuestconvError) as caught:
        disk_files.examine(str(tmp_path / "Web01.vmdk"))
    assert ("Rename" in caught.value.hint) == bool(found)


def test_the_files_of_a_disk_are_looked_for_with_each_directory_listed_once(tmp_path, monkeypatch):
    names = [f"{'./' * (number % 3)}{place}web01-s{number:03}.vmdk" for number in range(50) for place in ("", "a/../")]
    extents = "".join(f'RW 8 SPARSE "{name}"\n' for name in names)
    (tmp_path / "web01.vmdk").write_text(f"# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\n{extents}")
    listed, listdir = [], os.listdir
    monkeypatch.setattr(os, "listdir", lambda folder: listed.append(folder) or listdir(folder))
    assert len(list(disk_files.made_of(str(tmp_path / "web01.vmdk"), "vmdk"))) == 1 + len(names)
    assert listed == [str(tmp_path)]


def test_there_is_no_file_in_a_directory_that_is_none(tmp_path):
    assert disk_files.in_other_case(str(tmp_path / "a" / "Web01.vmdk")) == ""
    assert disk_files.in_other_case("\0/x") == ""
