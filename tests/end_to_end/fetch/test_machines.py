# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.sources.kinds import libvirt_domains, libvirt_xml
from tests.sources.guests import DOMAIN, PASSWORD, disks, fetch, is_same, notes, refusal, visible
from tests.sources.servers import fake_nbdkit, nbd_export


@pytest.mark.parametrize(("name", "options"), [("disk.raw", {"format": "raw"}), ("disk.vmdk", {}), ("disk.qcow2", {})])
def test_a_disk_of_another_machine_comes_by_ssh(ssh, exports, raw, tmp_path, name, options):
    source = disks(
        {"path": f"ssh://{ssh.host}{exports}/{name}", **options}, identity=ssh.identity, known_hosts=ssh.known_hosts
    )
    result = fetch(source, tmp_path / "to")
    assert is_same(result["disks"][0], raw)
    # However many slices it takes.
    assert ssh.connections == 1
    assert fetch(source, tmp_path / "to")["changed"] is False


def test_a_host_whose_key_is_not_known_is_not_asked(ssh, exports, tmp_path):
    Path(ssh.known_hosts).write_text("")
    source = disks(f"ssh://{ssh.host}{exports}/disk.raw", identity=ssh.identity, known_hosts=ssh.known_hosts)
    error = refusal(source, tmp_path / "to")
    assert (error.code, error.path) == ("source-unreachable", "source.disks[0]")
    assert "known" in error.message


def test_the_disks_of_a_libvirt_elsewhere_come_by_ssh(ssh, exports, raw, tmp_path, monkeypatch):
    class Elsewhere:
        def __init__(self, uri):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *exception):
            pass

        def is_running(self, name):
            return False

        def read(self, name):
            return libvirt_xml.parse(DOMAIN.format(path=exports / "disk.qcow2", format="qcow2"), name)

    # There is no libvirtd here that SSH could lead to: what it says is given, and the disk comes by SSH.
    monkeypatch.setattr(libvirt_domains, "connected", Elsewhere)
    source = {
        "type": "libvirt",
        "uri": f"qemu+ssh://{ssh.host}/system",
        "name": "app01",
        "identity": ssh.identity,
        "known_hosts": ssh.known_hosts,
    }
    result = fetch(source, tmp_path / "to")
    assert is_same(result["disks"][0], raw) and "backing" not in result["disks"][0]


def test_an_nbd_export_is_taken_for_what_the_guest_sees(exports, raw, tmp_path):
    with nbd_export(exports / "disk.qcow2", "qcow2", tmp_path, "web01") as socket:
        source = disks(f"nbd+unix:///web01?socket={socket}")
        result = fetch(source, tmp_path / "to")
        assert is_same(result["disks"][0], raw)
        assert visible(tmp_path / "to") == ["web01.qcow2"]
        assert fetch(source, tmp_path / "to")["changed"] is False
        assert refusal(disks(f"nbd+unix:///other?socket={socket}"), tmp_path / "to").code == "source-unreachable"
    with nbd_export(exports / "disk.qcow2", "raw", tmp_path) as socket:
        entry = {"path": f"nbd+unix:///?socket={socket}", "format": "qcow2"}
        assert is_same(fetch(disks(entry), tmp_path / "file", name="web01")["disks"][0], raw)


def test_vmware_is_asked_by_nbdkits_plugin_with_the_password_in_memory(raw, tmp_path, monkeypatch):
    # The plugin needs VMware's library. This stands in for both: it notes what it was given, and reads the secret.
    stand_in = f"""
if "vddk" in arguments:
    at = arguments.index("vddk")
    settings = dict(one.split("=", 1) for one in arguments[at + 1:])
    with open(settings["password"][1:]) as secret, open({str(tmp_path / "secret")!r}, "w") as stream:
        stream.write(settings["password"][0] + secret.read())
    arguments[at:] = ["file", "file={raw}"]
"""
    calls = fake_nbdkit(tmp_path, monkeypatch, stand_in)
    source = {
        "type": "vddk",
        "server": "vc.example.com",
        "user": "me@vsphere.local",
        "thumbprint": "00:11",
        "vm": "vm-7",
        "libdir": "/opt/vddk",
        "disks": ["[ds 1] web01/web01.vmdk"],
    }
    result = fetch(source, tmp_path / "to", password=PASSWORD)
    assert is_same(result["disks"][0], raw)
    assert visible(tmp_path / "to") == ["web01.qcow2"]
    call = next(call for call in calls() if "vddk" in call)
    assert {
        "--readonly",
        "--exit-with-parent",
        "--filter=cacheextents",
        "--filter=retry",
        "libdir=/opt/vddk",
        "server=vc.example.com",
        "user=me@vsphere.local",
        "thumbprint=00:11",
        "vm=moref=vm-7",
        "file=[ds 1] web01/web01.vmdk",
    } <= set(call)
    assert (tmp_path / "secret").read_text() == "+" + PASSWORD
    assert PASSWORD not in json.dumps([calls(), result, notes(tmp_path / "to")])


def test_without_vmwares_plugin_it_is_said_what_is_missing(tmp_path):
    plugins = subprocess.run(["nbdkit", "vddk", "--dump-plugin"], capture_output=True, check=False)
    if plugins.returncode == 0:
        pytest.skip("this nbdkit has the plugin")
    source = {
        "type": "vddk",
        "server": "vc",
        "user": "me",
        "thumbprint": "00",
        "vm": "vm-7",
        "disks": ["[ds] a/a.vmdk"],
    }
    error = refusal(source, tmp_path / "to", password=PASSWORD)
    assert error.code == "nbdkit-failed" and "vddk" in error.message
