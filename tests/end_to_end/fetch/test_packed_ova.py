# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OVAs that somebody compressed, and the hostile ones among them."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tarfile
import zipfile

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.disks import room
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.sources.kinds import packed_ova
from tests.sources.guests import ENVELOPE, MEBIBYTE, fetch, is_same, raw_disk, refusal, stream_optimized
from tests.sources.volumes import OLD, Export, old_data, states_in

KINDS = ("gz", "xz", "bz2", "zip")


def packed(path, kind, members):
    """An archive of {name: bytes} at path, in their order. Returns the source that it is."""
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in members.items():
                archive.writestr(name, data)
    else:
        with tarfile.open(path, f"w:{kind}") as archive:
            for name, data in members.items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
    return {"type": "ova", "path": str(path)}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A small disk, as archives take their time: the path of the raw one, and its VMDK's bytes."""
    folder = tmp_path_factory.mktemp("small")
    disk = raw_disk(folder / "disk.raw", size=8, spans=[(0, 1), (5, 1)])
    stream_optimized(disk, folder / "disk.vmdk")
    return disk, (folder / "disk.vmdk").read_bytes()


@pytest.fixture
def raw(small):
    """The disk as the guest sees it."""
    return small[0]


@pytest.fixture
def members(small):
    """The members of an OVA with one disk."""
    envelope, disk = ENVELOPE.format(size=8 * MEBIBYTE, name="web01").encode(), small[1]
    listing = "".join(
        f"SHA256({name})= {hashlib.sha256(data).hexdigest()}\n"
        for name, data in (("web01.ovf", envelope), ("disk.vmdk", disk))
    )
    return {"web01.ovf": envelope, "web01.mf": listing.encode(), "disk.vmdk": disk}


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_unpacked_once_and_its_disk_copied(tmp_path, raw, members, kind):
    source = packed(tmp_path / "web01.ova", kind, members)
    result = fetch(source, tmp_path / "to")
    assert result["name"] == "web01" and result["hardware"]["cpus"] == 2
    assert is_same(result["disks"][0], raw)
    assert [step["step"] for step in result["timeline"]["steps"]] == ["metadata", "open", "unpack", "copy"]
    assert not any("manifest" in warning for warning in result["warnings"])
    (notes,) = [name for name in os.listdir(tmp_path / "to") if name.startswith(".")]
    assert "unpacked" not in os.listdir(tmp_path / "to" / notes)
    again = fetch(source, tmp_path / "to")
    assert (again["changed"], again["disks"]) == (False, result["disks"])
    assert [step["step"] for step in again["timeline"]["steps"]] == ["metadata", "open"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_manifest_may_list_what_is_no_disk(tmp_path, raw, members, kind):
    listed = f"SHA256(web01.nvram)= {hashlib.sha256(b'x').hexdigest()}\n".encode()
    members.update({"web01.nvram": b"x", "web01.mf": members["web01.mf"] + listed})
    result = fetch(packed(tmp_path / "web01.ova", kind, members), tmp_path / "to")
    assert is_same(result["disks"][0], raw)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("others", [{}, {"a disk.vmdk": b"another"}])
def test_a_disk_is_found_by_its_name_in_a_url(tmp_path, raw, members, kind, others):
    """As in an OVA that is not packed: by the name as it stands there, else by what it stands for."""
    name = "a%20disk.vmdk" if others else "a disk.vmdk"
    envelope = members["web01.ovf"].replace(b'"disk.vmdk"', b'"a%20disk.vmdk"')
    source = packed(tmp_path / "web01.ova", kind, {"web01.ovf": envelope, **others, name: members["disk.vmdk"]})
    assert is_same(fetch(source, tmp_path / "to")["disks"][0], raw)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["../disk.vmdk", "..%2Fdisk.vmdk", "%2e%2e/disk.vmdk"])
def test_a_reference_that_leads_out_of_it_finds_no_file(tmp_path, members, kind, name):
    members["web01.ovf"] = members["web01.ovf"].replace(b'"disk.vmdk"', f'"{name}"'.encode())
    notes = tmp_path / "to" / ".guestconv-fetch-web01"
    for place in (notes, notes / "unpacked"):
        place.mkdir(parents=True)
        (place / "disk.vmdk").write_bytes(members["disk.vmdk"])
    assert refusal(packed(tmp_path / "web01.ova", kind, members), tmp_path / "to").code == "source-disk-missing"


@pytest.mark.parametrize("name", ["PKI.ovf", "BZh.ovf"])
def test_an_ova_is_not_taken_for_packed_by_the_name_of_its_descriptor(tmp_path, raw, members, name):
    with tarfile.open(tmp_path / "web01.ova", "w") as archive:
        for member, data in ((name, members["web01.ovf"]), ("disk.vmdk", members["disk.vmdk"])):
            info = tarfile.TarInfo(member)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    result = fetch({"type": "ova", "path": str(tmp_path / "web01.ova")}, tmp_path / "to")
    assert is_same(result["disks"][0], raw)


def test_a_method_of_zip_that_takes_gigabytes_of_memory_is_refused(tmp_path, members):
    with zipfile.ZipFile(tmp_path / "web01.ova", "w", zipfile.ZIP_LZMA) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    source = {"type": "ova", "path": str(tmp_path / "web01.ova")}
    assert refusal(source, tmp_path / "to").code == "source-not-supported"


@pytest.mark.parametrize("kind", KINDS)
def test_check_mode_unpacks_nothing(tmp_path, members, kind):
    source = packed(tmp_path / "web01.ova", kind, members)
    assert fetch(source, tmp_path / "to", check_mode=True)["changed"] and not os.path.exists(tmp_path / "to")


@pytest.mark.parametrize("said", [f"{9 * MEBIBYTE}", "${size}"])
def test_a_volume_need_not_have_the_size_that_the_envelope_says(tmp_path, raw, members, said, monkeypatch):
    states_in(tmp_path, monkeypatch)
    members["web01.ovf"] = members["web01.ovf"].replace(f'"{8 * MEBIBYTE}"'.encode(), f'"{said}"'.encode())
    del members["web01.mf"]
    source = packed(tmp_path / "web01.ova", "gz", members)
    with Export(old_data(tmp_path / "small", 7), tmp_path) as export:
        assert refusal(source, export.url).code == "dest-too-small"
    assert set((tmp_path / "small").read_bytes()) == set(OLD)
    with Export(old_data(tmp_path / "below", 8), tmp_path) as export:
        (size,) = fetch(source, export.url, check_mode=True)["sizes"]
        assert size == {"device": "sda", "size": 9 * MEBIBYTE if said.isdigit() else None, "allocated": None}
        (disk,) = fetch(source, export.url)["disks"]
    assert disk["path"] == export.url and is_same({"path": str(tmp_path / "below"), "format": "raw"}, raw)


@pytest.mark.parametrize("kind", KINDS)
def test_another_checksum_is_an_error(tmp_path, members, kind):
    members["disk.vmdk"] = members["disk.vmdk"][:-1] + b"!"
    assert refusal(packed(tmp_path / "web01.ova", kind, members), tmp_path / "to").code == "source-checksum-mismatch"


@pytest.mark.parametrize("kind", KINDS)
def test_what_does_not_fit_is_not_written(tmp_path, members, kind, monkeypatch):
    monkeypatch.setattr(room, "free_bytes", lambda directory: MEBIBYTE)
    source = packed(tmp_path / "web01.ova", kind, members)
    error = refusal(source, tmp_path / "to")
    assert error.code == "no-space" and error.extra["needed"] == len(members["disk.vmdk"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_disk_that_is_not_in_it_is_missed_and_half_an_archive_is_damaged(tmp_path, members, kind):
    source = packed(tmp_path / "whole.ova", kind, members)
    half = (tmp_path / "whole.ova").read_bytes()
    (tmp_path / "half.ova").write_bytes(half[: len(half) // 2])
    assert refusal({"type": "ova", "path": str(tmp_path / "half.ova")}, tmp_path / "half").code == "source-malformed"
    del members["disk.vmdk"]
    source = packed(tmp_path / "web01.ova", kind, members)
    assert refusal(source, tmp_path / "to").code == "source-disk-missing"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "a/../../evil"])
def test_a_name_that_leads_out_of_it_is_refused(tmp_path, members, kind, name):
    source = packed(tmp_path / "web01.ova", kind, {name: b"x", **members})
    assert refusal(source, tmp_path / "to").code == "source-hostile"


def test_links_and_devices_are_refused(tmp_path, members):
    with tarfile.open(tmp_path / "link.ova", "w:gz") as archive:
        link = tarfile.TarInfo("web01.ovf")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    assert refusal({"type": "ova", "path": str(tmp_path / "link.ova")}, tmp_path / "to").code == "source-hostile"
    with zipfile.ZipFile(tmp_path / "zip.ova", "w") as archive:
        info = zipfile.ZipInfo("disk.vmdk")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
        archive.writestr("web01.ovf", members["web01.ovf"])
    assert refusal({"type": "ova", "path": str(tmp_path / "zip.ova")}, tmp_path / "to").code == "source-hostile"


@pytest.mark.parametrize("kind", KINDS)
def test_a_bomb_is_not_unpacked_to_find_the_descriptor(tmp_path, members, kind, monkeypatch):
    monkeypatch.setattr(packed_ova, "_MAX_BEFORE", MEBIBYTE)
    source = packed(tmp_path / "web01.ova", kind, {"bomb": bytes(4 * MEBIBYTE), **members})
    if kind == "zip":
        # It has a directory, so that nothing but the descriptor is unpacked.
        assert fetch(source, tmp_path / "to", check_mode=True)["changed"]
    else:
        assert refusal(source, tmp_path / "to").code == "source-malformed"


@pytest.mark.parametrize("kind", KINDS)
def test_what_nobody_asked_for_is_limited(tmp_path, members, kind, monkeypatch):
    monkeypatch.setattr(packed_ova, "_MAX_SKIPPED", MEBIBYTE)
    ovf = {"web01.ovf": members.pop("web01.ovf")}
    source = packed(tmp_path / "web01.ova", kind, {**ovf, "bomb": bytes(4 * MEBIBYTE), **members})
    assert refusal(source, tmp_path / "to").code == "source-hostile"


def test_a_header_that_fills_the_memory_is_refused(tmp_path):
    with tarfile.open(tmp_path / "web01.ova", "w:gz", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo("web01.ovf")
        info.pax_headers = {"comment": "x" * (2 * MEBIBYTE)}
        archive.addfile(info)
    assert refusal({"type": "ova", "path": str(tmp_path / "web01.ova")}, tmp_path / "to").code == "source-hostile"


def test_an_overlay_of_what_is_unpacked_is_refused_and_what_was_unpacked_is_used_again(tmp_path, members, monkeypatch):
    source = packed(tmp_path / "web01.ova", "gz", members)
    assert refusal(source, tmp_path / "to", mode="overlay").code == "overlay-not-possible"
    calls = []
    real = packed_ova.unpack

    def unpack(*arguments):
        calls.append(arguments)
        return real(*arguments)

    monkeypatch.setattr(packed_ova, "unpack", unpack)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.rename", _fails)
        with pytest.raises(GuestconvError):
            fetch(source, tmp_path / "to")
    fetch(source, tmp_path / "to")
    assert len(calls) == 1


def _fails(source, target):
    if target.endswith(".qcow2"):
        raise OSError(5, "no")
    os.replace(source, target)
