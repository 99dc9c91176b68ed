# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.sources.kinds import manifest, ova, ovf

VIRTUALBOX = (Path(__file__).parent / "fixtures" / "virtualbox.ovf").read_bytes()
OVIRT = (Path(__file__).parent / "fixtures" / "ovirt.ovf").read_bytes()
GIB = 1 << 30


@pytest.fixture(scope="module")
def vmdk(tmp_path_factory):
    """A stream-optimized VMDK of 8 GiB with two sectors that are not zero, as exports have it."""
    folder = tmp_path_factory.mktemp("vmdk")
    raw, disk = folder / "disk.raw", folder / "disk.vmdk"
    with open(raw, "wb") as stream:
        stream.truncate(8 * GIB)
        stream.write(b"guest" * 200)
    command = ["qemu-img", "convert", "-O", "vmdk", "-o", "subformat=streamOptimized", str(raw), str(disk)]
    subprocess.run(command, check=True)
    return disk.read_bytes()


def entry(name, data=b"", **fields):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in fields.items():
        setattr(info, key, value)
    return info, data


def archive(folder, *entries, tar_format=tarfile.USTAR_FORMAT):
    path = str(folder / "x.ova")
    with tarfile.open(path, "w", format=tar_format) as stream:
        for info, data in entries:
            stream.addfile(info, io.BytesIO(data))
    return path


def listing(files, algorithm="SHA256", form="{0}({1})= {2}\n"):
    digests = ((name, hashlib.new(algorithm.lower(), data).hexdigest()) for name, data in files.items())
    return "".join(form.format(algorithm, name, digest) for name, digest in digests).encode()


def package(vmdk, **changes):
    files = {"files.ovf": VIRTUALBOX, "files-disk001.vmdk": vmdk}
    files.update(changes)
    return files


def refusal(call, *arguments):
    with pytest.raises(GuestconvError) as caught:
        call(*arguments)
    assert caught.value.message and caught.value.path
    return caught.value.code


def test_an_ova_is_described_with_the_place_of_each_disk_in_it(tmp_path, vmdk):
    path = archive(tmp_path, *(entry(name, data) for name, data in package(vmdk).items()))
    found = ova.read(path)
    assert found["name"] == "files"
    (disk,) = found["disks"]
    assert disk.pop("offset") % 512 == 0
    assert disk == {
        "path": path,
        "member": "files-disk001.vmdk",
        "length": len(vmdk),
        "format": "vmdk",
        "device": "sda",
        "size": 8 * GIB,
    }
    assert found["warnings"] == []


def test_qemu_reads_a_disk_in_place_at_its_offset(tmp_path, vmdk):
    path = archive(tmp_path, *(entry(name, data) for name, data in package(vmdk).items()))
    (disk,) = ova.read(path)["disks"]
    window = {"driver": "raw", "offset": disk["offset"], "size": disk["length"]}
    node = {"driver": disk["format"], "file": {**window, "file": {"driver": "file", "filename": path}}}
    copy = tmp_path / "copy.raw"
    subprocess.run(["qemu-img", "convert", "-O", "raw", "json:" + json.dumps(node), str(copy)], check=True)
    with open(copy, "rb") as stream:
        assert stream.read(1100) == b"guest" * 200 + bytes(100)
        assert stream.seek(0, os.SEEK_END) == 8 * GIB


@pytest.mark.parametrize("tar_format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_kind_of_tar_is_read(tmp_path, vmdk, tar_format):
    name = "a" * (90 if tar_format == tarfile.USTAR_FORMAT else 120) + ".ovf"
    path = archive(
        tmp_path,
        entry("./x", type=tarfile.DIRTYPE),
        entry("x/" + "._files.ovf", b"macOS"),
        entry("./x/" + name, VIRTUALBOX),
        entry("x/files-disk001.vmdk", vmdk),
        tar_format=tar_format,
    )
    assert ova.read(path)["disks"][0]["member"] == "x/files-disk001.vmdk"


def test_a_name_may_be_percent_encoded_in_the_descriptor(tmp_path, vmdk):
    data = VIRTUALBOX.replace(b'"files-disk001.vmdk"', b'"files%20disk.vmdk"')
    path = archive(tmp_path, entry("files.ovf", data), entry("files disk.vmdk", vmdk))
    assert ova.read(path)["disks"][0]["member"] == "files disk.vmdk"


def test_the_header_of_a_disk_and_not_the_descriptor_says_its_format(tmp_path):
    qcow2 = tmp_path / "disk.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(qcow2), "1G"], check=True)
    path = archive(tmp_path, entry("a.ovf", VIRTUALBOX), entry("files-disk001.vmdk", qcow2.read_bytes()))
    (disk,) = ova.read(path)["disks"]
    assert (disk["format"], disk["size"]) == ("qcow2", GIB)


def test_a_header_in_a_raw_disk_is_the_guests_and_says_nothing(tmp_path):
    qcow2 = tmp_path / "disk.qcow2"
    command = ["qemu-img", "create", "-q", "-f", "qcow2", "-u", "-b", "/etc/shadow", "-F", "raw", str(qcow2), "1G"]
    subprocess.run(command, check=True)
    data = qcow2.read_bytes()
    path = archive(tmp_path, entry("a.ovf", OVIRT), entry("6f4a6c05", data))
    (disk,) = ova.read(path)["disks"]
    assert (disk["format"], disk["size"]) == ("raw", len(data))


def test_a_compressed_disk_is_said_to_be_so_and_not_looked_into(tmp_path):
    data = VIRTUALBOX.replace(b'ovf:href="files-disk001.vmdk"', b'ovf:href="d.gz" ovf:compression="gzip"')
    path = archive(tmp_path, entry("a.ovf", data), entry("d.gz", b"\x1f\x8b\x08"))
    (disk,) = ova.read(path)["disks"]
    assert (disk["compression"], disk["format"], disk["size"]) == ("gzip", "vmdk", 8 * GIB)


# Checksums


@pytest.mark.parametrize("algorithm", ["SHA1", "SHA256", "SHA512"])
@pytest.mark.parametrize("form", ["{0}({1})= {2}\n", "{0} ({1}) = {2}\r\n", "{0}({1})={2}\n\n"])
def test_checksums_are_verified_whatever_the_producer(tmp_path, vmdk, algorithm, form):
    files = package(vmdk)
    read = []
    path = archive(
        tmp_path,
        *(entry(name, data) for name, data in files.items()),
        entry("files.mf", listing(files, algorithm, form)),
        entry("files.cert", b"-----BEGIN"),
    )
    assert ova.verify(path, read.append) == ["files.ovf", "files-disk001.vmdk"]
    assert sum(read) == sum(map(len, files.values()))


def test_a_damaged_disk_is_found_by_its_checksum_and_by_no_mere_look_at_it(tmp_path, vmdk):
    files = package(vmdk)
    damaged = dict(files, **{"files-disk001.vmdk": vmdk[:-1] + b"!"})
    path = archive(tmp_path, *(entry(name, data) for name, data in damaged.items()), entry("files.mf", listing(files)))
    assert ova.read(path)["disks"]
    with pytest.raises(GuestconvError) as caught:
        ova.verify(path)
    assert caught.value.code == "source-checksum-mismatch"
    assert caught.value.extra["file"] == "files-disk001.vmdk"
    assert caught.value.extra["found"] == hashlib.sha256(damaged["files-disk001.vmdk"]).hexdigest()


def test_a_changed_descriptor_is_found_at_once(tmp_path, vmdk):
    files = package(vmdk)
    path = archive(
        tmp_path,
        entry("files.ovf", VIRTUALBOX.replace(b"2048", b"4096")),
        entry("files-disk001.vmdk", vmdk),
        entry("files.mf", listing(files)),
    )
    assert refusal(ova.read, path) == "source-checksum-mismatch"


def test_without_a_manifest_nothing_is_verified(tmp_path, vmdk):
    path = archive(tmp_path, *(entry(name, data) for name, data in package(vmdk).items()))
    assert ova.verify(path) == []


def test_a_disk_that_the_manifest_passes_over_is_warned_of(tmp_path, vmdk):
    path = archive(
        tmp_path,
        *(entry(name, data) for name, data in package(vmdk).items()),
        entry("files.mf", listing({"files.ovf": VIRTUALBOX})),
    )
    assert ova.read(path)["warnings"] == ["The manifest has no checksum for files-disk001.vmdk."]


def test_a_manifest_that_lists_what_is_not_there_is_an_error(tmp_path, vmdk):
    path = archive(
        tmp_path,
        *(entry(name, data) for name, data in package(vmdk).items()),
        entry("files.mf", listing({"gone.vmdk": b""})),
    )
    assert refusal(ova.verify, path) == "source-malformed"


@pytest.mark.parametrize("line", [b"MD5(a)= d41d8cd98f00b204e9800998ecf8427e", b"SHA1(a)= 1234"])
def test_a_manifest_that_is_none_is_an_error(line):
    assert refusal(manifest.parse, line, "/x.mf") == "source-malformed"


@pytest.mark.parametrize("line", [b"hello", b"\xff\0", b"# made by hand"])
def test_a_line_of_a_manifest_that_is_no_checksum_is_passed_over(line):
    assert manifest.parse(line + b"\nSHA1(a)= " + b"0" * 40, "/x.mf") == {"a": ("sha1", "0" * 40)}


@given(st.binary(max_size=200))
def test_no_manifest_leads_to_a_traceback(data):
    try:
        assert isinstance(manifest.parse(data, "/x.mf"), dict)
    except GuestconvError as error:
        assert error.code == "source-malformed"


# Hostile archives


DISK = ("files-disk001.vmdk", b"KDMV" + bytes(508))


@pytest.mark.parametrize(
    ("info", "code"),
    [
        (entry("../../etc/cron.d/x", b"x"), "source-hostile"),
        (entry("/etc/cron.d/x", b"x"), "source-hostile"),
        (entry("a/../../x", b"x"), "source-hostile"),
        (entry("link", type=tarfile.SYMTYPE, linkname="/etc/shadow"), "source-hostile"),
        (entry("link", type=tarfile.LNKTYPE, linkname="files.ovf"), "source-hostile"),
        (entry("null", type=tarfile.CHRTYPE, devmajor=1, devminor=3), "source-hostile"),
        (entry("disk", type=tarfile.BLKTYPE, devmajor=8), "source-hostile"),
        (entry("pipe", type=tarfile.FIFOTYPE), "source-hostile"),
        (entry("files.ovf", b"<Envelope/>"), "source-hostile"),
        (entry("second.ovf", b"<Envelope/>"), "source-malformed"),
    ],
)
def test_what_no_export_has_is_refused(tmp_path, info, code):
    path = archive(tmp_path, entry("files.ovf", VIRTUALBOX), entry(*DISK), info)
    assert refusal(ova.read, path) == code


@pytest.mark.parametrize(
    "reference", [b"../x.vmdk", b"/etc/shadow", b"%2e%2e/x", b"http://example.com/d.vmdk", b"gone.vmdk", b""]
)
def test_a_reference_out_of_the_archive_finds_nothing(tmp_path, reference):
    data = VIRTUALBOX.replace(b"files-disk001.vmdk", reference)
    path = archive(tmp_path, entry("files.ovf", data), entry(*DISK))
    assert refusal(ova.read, path) == "source-disk-missing"


def test_a_descriptor_of_gigabytes_is_not_read(tmp_path):
    path = archive(tmp_path, entry("files.ovf", bytes(5 << 20)))
    assert refusal(ova.read, path) == "source-too-large"


def test_an_extended_header_of_megabytes_is_not_read(tmp_path):
    info, data = entry("files.ovf", VIRTUALBOX, pax_headers={"comment": "x" * (2 << 20)})
    path = archive(tmp_path, (info, data), tar_format=tarfile.PAX_FORMAT)
    assert refusal(ova.read, path) == "source-hostile"


def test_an_archive_that_never_ends_ends(tmp_path):
    info, data = entry("files.ovf", VIRTUALBOX, pax_headers={"size": "-2048"})
    path = archive(tmp_path, (info, data), tar_format=tarfile.PAX_FORMAT)
    assert refusal(ova.read, path) in ("source-hostile", "source-malformed")


def test_a_thousand_files_are_enough(tmp_path):
    path = archive(tmp_path, *(entry(str(number)) for number in range(1001)))
    assert refusal(ova.read, path) == "source-malformed"


def test_a_truncated_archive_is_told_from_its_headers(tmp_path, vmdk):
    path = archive(tmp_path, *(entry(name, data) for name, data in package(vmdk).items()))
    os.truncate(path, os.path.getsize(path) - len(vmdk) // 2 - 20480)
    assert refusal(ova.read, path) == "source-malformed"


@pytest.mark.parametrize("data", [b"", b"hello", bytes(1024)])
def test_what_is_no_archive_is_said_to_be_none(tmp_path, data):
    path = tmp_path / "x.ova"
    path.write_bytes(data)
    assert refusal(ova.read, str(path)) == "source-malformed"


def test_a_path_where_no_file_is_has_an_error_of_its_own(tmp_path):
    assert refusal(ova.read, str(tmp_path / "x.ova")) == "source-not-found"
    assert refusal(ova.read, str(tmp_path)) == "source-not-readable"
    os.mkfifo(tmp_path / "pipe.ova")
    assert refusal(ova.read, str(tmp_path / "pipe.ova")) == "source-not-readable"


@pytest.mark.parametrize("disk", [b"", b"PK\x03\x04", b"no disk at all", b"KDMV"])
def test_a_disk_that_is_none_is_an_error(tmp_path, disk):
    path = archive(tmp_path, entry("files.ovf", VIRTUALBOX), entry("files-disk001.vmdk", disk))
    assert refusal(ova.read, path) in ("source-disk-damaged", "source-disk-format")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    path = archive(
        tmp_path_factory.mktemp("small"), entry("files.ovf", VIRTUALBOX), entry(*DISK), tar_format=tarfile.PAX_FORMAT
    )
    return path, Path(path).read_bytes()


@given(at=st.integers(0, 15000), junk=st.binary(min_size=1, max_size=600), whole=st.booleans())
def test_no_damage_to_an_archive_leads_to_a_traceback(small, at, junk, whole):
    path, data = small
    changed = path + ".changed"
    Path(changed).write_bytes(data[:at] + junk + (data[at + len(junk) :] if whole else b""))
    for read in (ova.read, ova.verify):
        try:
            read(changed)
        except GuestconvError as error:
            assert error.code.startswith("source-")


# The same, unpacked


def unpacked(folder, files):
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return str(folder / "files.ovf")


def test_an_ovf_is_described_with_the_files_beside_it(tmp_path, vmdk):
    path = unpacked(tmp_path, package(vmdk))
    assert ovf.read(path)["disks"] == [
        {"path": str(tmp_path / "files-disk001.vmdk"), "format": "vmdk", "device": "sda", "size": 8 * GIB}
    ]


def test_the_checksums_of_an_ovf_are_those_of_the_files_beside_it(tmp_path, vmdk):
    files = package(vmdk)
    path = unpacked(tmp_path, files)
    assert ovf.verify(path) == []
    (tmp_path / "files.mf").write_bytes(listing(files))
    assert ovf.verify(path) == list(files)
    (tmp_path / "files-disk001.vmdk").write_bytes(vmdk + b"!")
    assert refusal(ovf.verify, path) == "source-checksum-mismatch"


@pytest.mark.parametrize("reference", [b"../x.vmdk", b"/etc/shadow", b"%2e%2e/x", b"http://example.com/d.vmdk", b""])
def test_a_reference_out_of_the_folder_is_refused(tmp_path, vmdk, reference):
    path = unpacked(tmp_path, package(vmdk, **{"files.ovf": VIRTUALBOX.replace(b"files-disk001.vmdk", reference)}))
    assert refusal(ovf.read, path) == "source-hostile"


def test_a_manifest_does_not_reach_out_of_the_folder(tmp_path, vmdk):
    path = unpacked(tmp_path, package(vmdk))
    (tmp_path / "files.mf").write_bytes(listing({"../../etc/shadow": b""}))
    assert refusal(ovf.verify, path) == "source-hostile"


def test_a_disk_that_is_not_beside_its_ovf_is_missing(tmp_path):
    assert refusal(ovf.read, unpacked(tmp_path, {"files.ovf": VIRTUALBOX})) == "source-disk-missing"
