# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import gzip
import os
import subprocess

import pytest

from tests.sources.guests import DOMAIN, MEBIBYTE, archive, fetch, is_same, package, raw_disk, refusal, visible

TEST_DRIVER = "http://libvirt.org/schemas/domain/test/1.0"
# virDomainState.
RUN_STATES = {"running": 1, "shutoff": 5}


@pytest.fixture
def files(exports):
    """The files of an OVF package."""
    return package(exports / "disk.vmdk", 64 * MEBIBYTE)


def test_an_ova_is_copied_from_where_its_disk_is_in_it(files, raw, tmp_path):
    source = {"type": "ova", "path": archive(files, tmp_path / "web.ova")}
    result = fetch(source, tmp_path / "to")
    assert is_same(result["disks"][0], raw)
    assert result["name"] == "web01" and visible(tmp_path / "to") == ["web01.qcow2"]
    place = {"bus": "scsi", "controller_number": 0, "unit": 0}
    assert result["hardware"]["cpus"] == 2 and result["hardware"]["disks"] == [{"controller": "pvscsi", **place}]
    assert "checksums" in [step["step"] for step in result["timeline"]["steps"]]
    assert fetch(source, tmp_path / "to")["changed"] is False


def test_a_disk_in_an_ova_that_is_no_vmdk_is_taken_out_and_judged_first(files, exports, raw, tmp_path):
    del files["vm.mf"]
    files["disk.vmdk"] = (exports / "disk.qcow2").read_bytes()
    result = fetch({"type": "ova", "path": archive(files, tmp_path / "web.ova")}, tmp_path / "to", format="raw")
    assert is_same(result["disks"][0], raw)
    secret = raw_disk(tmp_path / "secret", size=1, spans=[(0, 1)])
    command = ["qemu-img", "create", "-q", "-f", "qcow2", "-b", secret, "-F", "raw", str(tmp_path / "x")]
    subprocess.run(command, check=True)
    files["disk.vmdk"] = (tmp_path / "x").read_bytes()
    error = refusal({"type": "ova", "path": archive(files, tmp_path / "evil.ova")}, tmp_path / "evil")
    assert error.code == "backing-file-not-named"


def test_an_ova_with_a_wrong_checksum_is_refused_before_anything_is_there(files, tmp_path):
    files["disk.vmdk"] = files["disk.vmdk"][:-1] + b"\1"
    error = refusal({"type": "ova", "path": archive(files, tmp_path / "web.ova")}, tmp_path / "to")
    assert error.code == "source-checksum-mismatch"
    assert not os.listdir(tmp_path / "to")


def test_an_ova_that_is_cut_off_is_refused(files, tmp_path):
    path = archive(files, tmp_path / "web.ova")
    os.truncate(path, os.path.getsize(path) - 2 * MEBIBYTE)
    assert refusal({"type": "ova", "path": path}, tmp_path / "to").code == "source-malformed"


def test_a_disk_that_was_cut_off_before_it_was_packed_is_refused(files, tmp_path):
    del files["vm.mf"]
    files["disk.vmdk"] = files["disk.vmdk"][: 4 * MEBIBYTE]
    error = refusal({"type": "ova", "path": archive(files, tmp_path / "web.ova")}, tmp_path / "to")
    assert (error.code, error.path) == ("source-disk-damaged", "source.disks[0]")


def test_an_ova_without_manifest_is_copied_with_a_warning(files, raw, tmp_path):
    del files["vm.mf"]
    result = fetch({"type": "ova", "path": archive(files, tmp_path / "web.ova")}, tmp_path / "to")
    assert is_same(result["disks"][0], raw)
    assert any("no manifest" in warning for warning in result["warnings"])


def test_a_disk_in_an_ova_that_names_a_file_of_this_machine_is_refused(files, tmp_path):
    secret = raw_disk(tmp_path / "secret", size=1, spans=[(0, 1)])
    files["disk.vmdk"] = (
        (
            f"# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType="
            f'"monolithicFlat"\nRW 2048 FLAT "{secret}" 0\n'
        )
        .encode()
        .ljust(4096, b"\0")
    )
    del files["vm.mf"]
    error = refusal({"type": "ova", "path": archive(files, tmp_path / "web.ova")}, tmp_path / "to")
    assert error.code == "source-hostile"
    assert not os.listdir(tmp_path / "to")


def test_the_name_of_a_guest_is_no_way_out_of_the_directory(exports, tmp_path):
    name = "../../etc/cron.d/x&#10;; rm -rf ~"
    files = package(exports / "disk.vmdk", 64 * MEBIBYTE, name)
    result = fetch({"type": "ova", "path": archive(files, tmp_path / "web.ova")}, tmp_path / "to")
    assert visible(tmp_path / "to") == ["etc-cron.d-x---rm--rf.qcow2"]
    assert result["name"].startswith("../../etc/cron.d/x")


@pytest.mark.parametrize("in_archive", [True, False])
def test_a_compressed_disk_of_a_package_is_unpacked_on_the_way(exports, raw, tmp_path, in_archive):
    files = package(exports / "disk.vmdk", 64 * MEBIBYTE)
    del files["vm.mf"]
    compressed = b'ovf:href="disk.vmdk.gz" ovf:compression="gzip"'
    files["vm.ovf"] = files["vm.ovf"].replace(b'ovf:href="disk.vmdk"', compressed)
    files["disk.vmdk.gz"] = gzip.compress(files.pop("disk.vmdk"), 1)
    if in_archive:
        source = {"type": "ova", "path": archive(files, tmp_path / "web.ova")}
    else:
        for name, data in files.items():
            (tmp_path / name).write_bytes(data)
        source = {"type": "ovf", "path": str(tmp_path / "vm.ovf")}
    result = fetch(source, tmp_path / "to")
    assert is_same(result["disks"][0], raw)
    assert sorted(os.listdir(tmp_path / "to" / ".guestconv-fetch-web01")) == ["fetch.json", "lock"]


def test_an_ovf_and_a_vmx_get_overlays_of_the_disks_beside_them(files, exports, raw, tmp_path):
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "vm.vmx").write_text(
        'displayName = "web02"\nconfig.version = "8"\nscsi0.virtualDev = "pvscsi"\nscsi0.present = "TRUE"\n'
        'scsi0:0.fileName = "disk.vmdk"\nscsi0:0.present = "TRUE"\n'
    )
    for kind in ("ovf", "vmx"):
        result = fetch({"type": kind, "path": str(tmp_path / f"vm.{kind}")}, tmp_path / kind)
        assert result["disks"][0]["backing"] == [str(tmp_path / "disk.vmdk")]
        assert is_same(result["disks"][0], raw)
        assert result["hardware"]["disks"][0]["controller"] == "pvscsi"
    (tmp_path / "disk.vmdk").write_bytes(files["disk.vmdk"][:-1] + b"\1")
    error = refusal({"type": "ovf", "path": str(tmp_path / "vm.ovf")}, tmp_path / "other")
    assert error.code == "source-checksum-mismatch"


def test_a_domain_is_fetched_by_its_xml_and_by_its_libvirt_when_it_is_off(exports, raw, tmp_path):
    pytest.importorskip("libvirt", reason="libvirt's Python binding belongs to the distribution's Python")
    domain = DOMAIN.format(path=exports / "disk.qcow2", format="qcow2")
    (tmp_path / "app01.xml").write_text(domain)
    sources = {"xml": {"type": "libvirt", "path": str(tmp_path / "app01.xml")}}
    for state in ("shutoff", "running"):
        node = f"<node>{domain}</node>".replace("<domain type", f'<domain xmlns:test="{TEST_DRIVER}" type').replace(
            "<name>", f"<test:runstate>{RUN_STATES[state]}</test:runstate><name>"
        )
        (tmp_path / f"{state}.xml").write_text(node)
        sources[state] = {"type": "libvirt", "uri": f"test://{tmp_path}/{state}.xml", "name": "app01"}
    for name in ("xml", "shutoff"):
        result = fetch(sources[name], tmp_path / name)
        assert is_same(result["disks"][0], raw)
        assert result["disks"][0]["device"] == "vda"
        assert (result["name"], result["hardware"]["cpus"], result["hardware"]["memory"]) == ("app01", 3, 512)
    assert refusal(sources["running"], tmp_path / "running").code == "disk-in-use"
