# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.commands import fetch
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.sources import finding, request
from ansible_collections.virttools.guestconv.plugins.module_utils.sources.kinds import libvirt
from ansible_collections.virttools.guestconv.plugins.module_utils.sources.places import (
    local,
    nbd,
    packages,
    registry,
    vddk,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.texts import disk_urls

VDDK = {"type": "vddk", "server": "vc", "user": "me", "thumbprint": "00:11", "vm": "vm-7", "disks": ["[ds] a/a.vmdk"]}


def one(disk):
    return {"type": "disks", "disks": [disk]}


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ({}, "source.type"),
        ({"type": "floppy"}, "source.type"),
        ({"type": "disks"}, "source.disks"),
        ({"type": "disks", "disks": []}, "source.disks"),
        ({"type": "disks", "disks": "/a"}, "source.disks"),
        ({"type": "disks", "disks": ["/a"], "colour": "red"}, "source.colour"),
        ({"type": "disks", "disks": ["/a"], "password": "x"}, "source.password"),
        ({"type": "disks", "disks": ["/a"], "cafile": "ca.pem"}, "source.cafile"),
        (one("a.qcow2"), "source.disks[0].path"),
        (one(7), "source.disks[0]"),
        (one({}), "source.disks[0].path"),
        (one({"path": ""}), "source.disks[0].path"),
        (one({"path": "/a\0b"}), "source.disks[0].path"),
        (one({"path": "/a\nb"}), "source.disks[0].path"),
        (one({"path": "/a", "size": 3}), "source.disks[0].size"),
        (one({"path": "/a", "format": "iso"}), "source.disks[0].format"),
        (one({"path": "/a", "device": "../sda"}), "source.disks[0].device"),
        (one({"path": "/a", "backing": "/b"}), "source.disks[0].backing"),
        (one({"path": "https://host/a", "backing": ["/b"]}), "source.disks[0].backing"),
        (one({"path": "ftp://host/a"}), "source.disks[0].path"),
        (one({"path": "json:{}"}), "source.disks[0].path"),
        (
            {"type": "disks", "disks": [{"path": "/a", "device": "sda"}, {"path": "/b", "device": "sda"}]},
            "source.disks[1].device",
        ),
        ({"type": "ova"}, "source.path"),
        ({"type": "ova", "path": "web.ova"}, "source.path"),
        ({"type": "ova", "path": ["/a"]}, "source.path"),
        ({"type": "libvirt"}, "source"),
        ({"type": "libvirt", "path": "/a.xml", "uri": "qemu:///system", "name": "a"}, "source"),
        ({"type": "libvirt", "uri": "qemu:///system"}, "source.name"),
        ({"type": "libvirt", "path": "/a.xml", "name": "a"}, "source.name"),
        ({key: value for key, value in VDDK.items() if key != "thumbprint"}, "source.thumbprint"),
        (dict(VDDK, disks=[{"path": "[ds] a/a.vmdk", "format": "vmdk"}]), "source.disks[0].format"),
        (dict(VDDK, vm=7), "source.vm"),
    ],
)
def test_a_mistake_in_a_source_is_told_with_its_place(source, path):
    with pytest.raises(GuestconvError) as caught:
        request.parse(source)
    assert caught.value.path == path
    assert caught.value.code in ("source-invalid", "source-url-not-supported")


def test_a_disk_is_named_once(tmp_path):
    disk, other = tmp_path / "web01.raw", tmp_path / "other.raw"
    disk.write_bytes(bytes(512))
    other.write_bytes(bytes(512))
    (tmp_path / "link.raw").symlink_to(disk)
    url = "https://images.example.com/web01.raw"
    assert request.parse({"type": "disks", "disks": [str(disk), str(other), url, "/gone/a", "/gone/b"]})
    for twice in ([disk, disk], [disk, tmp_path / "link.raw"], ["/gone/a", "/gone/./a"], [url, url]):
        with pytest.raises(GuestconvError, match=r"source.disks\[2\]: .* is source.disks\[1\], too") as caught:
            request.parse({"type": "disks", "disks": [str(other), *map(str, twice)]})
        assert (caught.value.code, caught.value.path) == ("source-disk-duplicate", "source.disks[2].path")


def test_a_disk_with_a_checkpoint_is_fetched_with_a_warning(tmp_path):
    disk, later = tmp_path / "web01.vhdx", tmp_path / "web01_BAA8A125-E1F5-4203-AE2F-B99A5AEEDF44.avhdx"
    disk.write_bytes(b"")
    asked = request.parse(one(str(disk)))
    assert finding.describe(asked)["warnings"] == []
    later.write_bytes(b"")
    (warning,) = finding.describe(asked)["warnings"]
    assert warning == (
        f"{disk} is not what the guest has now: what was written since a checkpoint or snapshot is in {later}."
    )


def test_a_password_that_ends_a_line_is_refused_and_none_is_shown():
    with pytest.raises(GuestconvError) as caught:
        request.parse(one("/a"), "secret\n")
    assert caught.value.path == "password" and "secret" not in caught.value.message
    assert "secret" not in repr(request.parse(one("/a"), "secret"))


@pytest.mark.parametrize(
    "text",
    [
        "https://",
        "https:///a",
        "https://host",
        "https://host/",
        "https://-o/a",
        "https://host:x/a",
        "https://host/a#b",
        "ssh://host/a%00b",
        "ssh://ho st/a",
        "https://[::1/a",
        "nbd+unix://host/a?socket=/s",
        "nbd+unix:///a?socket=s",
        "nbd+unix:///a",
        "nbd+unix:///a?socket=/s&tls-certificates=/c",
        "nbd://host/a?tls-certificates=/c",
        "nbd://me@host/a",
        "nbds://host/a",
        "http://host/a",
        "file:///etc/passwd",
    ],
)
def test_what_is_no_url_of_a_disk_is_refused(text):
    with pytest.raises(GuestconvError) as caught:
        registry.parse_url(text)
    assert caught.value.code in ("source-url-invalid", "source-url-not-supported")


def test_a_url_with_a_password_is_refused_without_repeating_it():
    with pytest.raises(GuestconvError) as caught:
        disk_urls.parse("https://me:secret@host/a")
    assert "secret" not in caught.value.message and "password" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "host", "port", "user", "path"),
    [
        ("https://host/a%20b.qcow2?x=1", "host", None, None, "/a b.qcow2"),
        ("ssh://me@host:2222/srv/a", "host", 2222, "me", "/srv/a"),
        ("ssh://[fe80::1]/a", "fe80::1", None, None, "/a"),
        ("nbd://host", "host", 10809, None, ""),
        ("nbd://host:99/web01", "host", 99, None, "/web01"),
    ],
)
def test_a_url_is_taken_apart(text, host, port, user, path):
    url = disk_urls.parse(text)
    assert (url.host, url.port, url.user, url.path) == (host, port, user, path)
    assert "?" not in url.shown


def test_the_url_of_a_file_elsewhere_leads_to_it():
    text = disk_urls.of_file("fe80::1", 22, "a@b", "/srv/a b?.img")
    url = disk_urls.parse(text)
    assert (url.host, url.port, url.user, url.path) == ("fe80::1", 22, "a@b", "/srv/a b?.img")


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("web01", "web01"),
        ("Büro 1", "Büro-1"),
        ("../../etc/passwd", "etc-passwd"),
        (".hidden", "hidden"),
        ("-rf", "rf"),
        ("a\n/\0b", "a---b"),
        ("...", "guest"),
        ("", "guest"),
        ("x" * 300, "x" * 50),
    ],
)
def test_files_are_called_after_the_guest_whatever_it_is_called(name, stem):
    assert finding.file_stem(name) == stem


def described(*disks):
    return finding.describe(request.parse({"type": "disks", "disks": list(disks)}))


def test_disks_without_a_name_get_those_that_are_free():
    found = described("/a.raw", {"path": "/b.raw", "device": "sda"}, "/c.raw")
    assert [disk["device"] for disk in found["disks"]] == ["sdb", "sda", "sdc"]
    assert found["name"] == "a"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("https://host/x/web01.qcow2?token=a/b.c", "web01"),
        ("nbd://host/web02", "web02"),
        ("/srv/web03.tar.qcow2", "web03.tar"),
    ],
)
def test_a_guest_of_disks_is_called_after_the_first(path, name):
    assert described(path)["name"] == name


def planned(disks, **options):
    asked = request.parse({"type": "disks", "disks": disks})
    return fetch.plan(asked, finding.describe(asked)["disks"], "web01", **options)


def test_local_files_get_overlays_and_what_is_elsewhere_copies():
    tasks = planned(["/a.vmdk", "https://host/b.qcow2", "ssh://host/c", "nbd://host/d"])
    assert [(task.mode, task.name) for task in tasks] == [
        ("overlay", "web01-sda.qcow2"),
        ("copy", "web01-sdb.qcow2"),
        ("copy", "web01-sdc.qcow2"),
        ("copy", "web01-sdd.qcow2"),
    ]


def test_a_raw_disk_is_a_copy():
    (task,) = planned(["/a.vmdk"], image_format="raw")
    assert (task.mode, task.name) == ("copy", "web01.raw")


@pytest.mark.parametrize(
    ("disk", "image_format", "path"),
    [
        ("https://host/a", "qcow2", "mode"),
        ("/a.raw", "raw", "format"),
    ],
)
def test_an_overlay_that_cannot_be_is_refused(disk, image_format, path):
    with pytest.raises(GuestconvError) as caught:
        planned([disk], mode="overlay", image_format=image_format)
    assert (caught.value.code, caught.value.path) == ("overlay-not-possible", path)


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        ({"path": "/a.raw"}, local.LocalImage),
        ({"path": "/a.ova", "member": "a.vmdk", "offset": 512, "length": 512, "format": "vmdk"}, packages.Member),
        ({"path": "/a.ova", "member": "a.vmdk", "offset": 512, "length": 512, "compression": "gzip"}, packages.Packed),
        ({"path": "/a.vmdk.gz", "compression": "gzip"}, packages.Packed),
        ({"path": "nbd+unix:///a?socket=/s"}, nbd.Nbd),
    ],
)
def test_each_kind_of_place_is_told_by_its_entry(entry, kind):
    assert isinstance(registry.place_of(entry, request.parse(one("/a.raw"))), kind)


def test_what_vmware_calls_a_disk_is_no_url_and_no_path():
    asked = request.parse(VDDK)
    assert isinstance(registry.place_of(asked.disks[0], asked), vddk.Vddk)


def test_a_disk_of_a_libvirt_that_no_ssh_leads_to_is_refused(monkeypatch):
    class Connection:
        def __enter__(self):
            return self

        def __exit__(self, *exception):
            pass

        def is_running(self, name):
            return False

        def read(self, name):
            return {"name": name, "disks": [{"path": "/srv/a.raw", "device": "vda"}], "hardware": {}, "warnings": []}

    monkeypatch.setattr(libvirt.libvirt_domains, "connected", lambda uri: Connection())
    found = finding.describe(request.parse({"type": "libvirt", "uri": "qemu+ssh://me@kvm1:2222/system", "name": "a"}))
    assert found["disks"][0]["path"] == "ssh://me@kvm1:2222/srv/a.raw"
    found = finding.describe(request.parse({"type": "libvirt", "uri": "qemu:///system", "name": "a"}))
    assert found["disks"][0]["path"] == "/srv/a.raw"
    with pytest.raises(GuestconvError) as caught:
        finding.describe(request.parse({"type": "libvirt", "uri": "qemu+tls://kvm1/system", "name": "a"}))
    assert caught.value.path == "source.uri"
