# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.sources.kinds import libvirt_domains, libvirt_xml
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.sources.kinds.entries import (
    attached,
    without_facts,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.sources.kinds.markup import markup

FIXTURES = Path(__file__).parent / "fixtures"
QEMU = (FIXTURES / "qemu.xml").read_text(encoding="utf-8")
XEN = (FIXTURES / "xen.xml").read_text(encoding="utf-8")


def parsed(text, **keywords):
    return without_facts(libvirt_xml.parse(text, "/x.xml", **keywords))


def domain(*devices, os="<os><type>hvm</type></os>", more=""):
    return f"<domain type='kvm'><name>a</name>{os}{more}<devices>{''.join(devices)}</devices></domain>"


def disk(source="file='/a.qcow2'", target="dev='vda' bus='virtio'", kind="file", inner=""):
    return f"<disk type='{kind}' device='disk'><source {source}/><target {target}/>{inner}</disk>"


def refusal(text, **keywords):
    with pytest.raises(GuestconvError) as caught:
        parsed(text, **keywords)
    assert caught.value.message and caught.value.path == "/x.xml"
    return caught.value.code


def test_a_domain_of_qemu():
    assert parsed(QEMU) == {
        "name": "web01",
        "disks": [
            # The first in the domain is booted from; by its PCI address it is the second that the guest finds.
            {"path": "/images/web01.qcow2", "format": "qcow2", "device": "vdb"},
            {"path": "/dev/vg/web01", "format": "raw", "device": "vda"},
            {"path": "/images/c.img", "device": "sda"},
            {"path": "/images/a.img", "device": "sdb"},
            {"path": "/images/b.img", "format": "raw", "device": "sdc"},
        ],
        "hardware": {
            "firmware": "uefi",
            "cpus": 2,
            "memory": 4097,
            "interfaces": [
                {"mac": "52:54:00:aa:bb:01", "driver": "virtio-net-pci"},
                {"mac": "52:54:00:aa:bb:02", "driver": "rtl8139"},
            ],
            "disks": [
                {"controller": "virtio-blk-pci", "boot_order": 1, "bus": "virtio", "storage": "/images"},
                {"controller": "virtio-blk-pci", "bus": "virtio", "storage": "/dev/vg"},
                attached("ide", 0, 1, controller="ide", storage="/images"),
                attached("scsi", 0, 3, controller="virtio-scsi-pci", storage="/images"),
                attached("scsi", 1, 0, controller="mptsas1068", storage="/images"),
            ],
        },
        "warnings": [],
    }


def test_a_domain_of_xen_has_the_names_that_xen_gives():
    found = parsed(XEN)
    assert [(one["path"], one["device"]) for one in found["disks"]] == [
        ("/xen/root.img", "xvda"),
        ("/xen/swap.img", "xvdb"),
    ]
    assert found["hardware"] == {
        "cpus": 1,
        "memory": 1024,
        "interfaces": [{"mac": "00:16:3e:00:00:01"}],
        "disks": [{"boot_order": 1, "bus": "xen", "storage": "/xen"}, {"bus": "xen", "storage": "/xen"}],
    }


@pytest.mark.parametrize(
    ("os", "firmware"),
    [
        ("<os firmware='efi'><type>hvm</type></os>", "uefi"),
        ("<os firmware='bios'><type>hvm</type></os>", "bios"),
        ("<os><type>hvm</type><loader readonly='yes' type='pflash'>/x.fd</loader></os>", "uefi"),
        ("<os><type>hvm</type><loader type='rom'>/usr/share/OVMF/OVMF_CODE.fd</loader></os>", "uefi"),
        ("<os><type>hvm</type><loader>/usr/share/seabios/bios.bin</loader></os>", "bios"),
        ("<os><type>hvm</type></os>", "bios"),
        ("<os><type>linux</type></os>", None),
        ("", None),
    ],
)
def test_firmware(os, firmware):
    assert parsed(domain(disk(), os=os))["hardware"].get("firmware") == firmware


@pytest.mark.parametrize(
    ("memory", "mebibytes"),
    [
        ("<memory>1048576</memory>", 1024),
        ("<memory unit='KiB'>1048576</memory>", 1024),
        ("<memory unit='k'>1048576</memory>", 1024),
        ("<memory unit='KB'>1048576</memory>", 1000),
        ("<memory unit='MiB'>512</memory>", 512),
        ("<memory unit='M'>512</memory>", 512),
        ("<memory unit='GiB'>64</memory>", 65536),
        ("<memory unit='GB'>1</memory>", 954),
        ("<memory unit='TiB'>1</memory>", 1048576),
        ("<memory unit='bytes'>1073741824</memory>", 1024),
        ("<memory unit='b'>1</memory>", 1),
        ("<memory unit='cups'>3</memory>", None),
        ("<memory>lots</memory>", None),
        ("", None),
    ],
)
def test_memory_in_whatever_unit_is_mebibytes(memory, mebibytes):
    assert parsed(domain(disk(), more=memory))["hardware"].get("memory") == mebibytes


@pytest.mark.parametrize(
    ("target", "device", "controller"),
    [
        ("dev='vda' bus='virtio'", "vda", "virtio-blk-pci"),
        ("dev='sda' bus='sata'", "sda", "ahci"),
        ("dev='hdc' bus='ide'", "sda", "ide"),
        ("dev='sda' bus='scsi'", "sda", None),
        ("dev='sda' bus='usb'", "sda", None),
        ("dev='vdc'", "vda", "virtio-blk-pci"),
        ("dev='hda'", "sda", "ide"),
        ("dev='xvdf' bus='xen'", "xvdf", None),
        ("dev='nvme0n1' bus='nvme'", "nvme0n1", "nvme"),
    ],
)
def test_how_a_disk_is_attached_says_what_the_guest_calls_it(target, device, controller):
    found = parsed(domain(disk(target=target)))
    assert found["disks"][0]["device"] == device
    assert found["hardware"]["disks"][0].get("controller") == controller


def test_disks_without_an_address_are_in_the_order_of_their_letters():
    targets = ["sdaa", "sdb", "sdz", "sdc"]
    found = parsed(
        domain(
            *(
                disk(f"file='/{name}'", f"dev='{name}' bus='sata'", inner=f"<boot order='{9 - number}'/>")
                for number, name in enumerate(targets)
            )
        )
    )
    assert {one["path"]: one["device"] for one in found["disks"]} == {
        "/sdb": "sda",
        "/sdc": "sdb",
        "/sdz": "sdc",
        "/sdaa": "sdd",
    }
    assert [one["path"] for one in found["disks"]] == ["/sdc", "/sdz", "/sdb", "/sdaa"]
    assert [one["boot_order"] for one in found["hardware"]["disks"]] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("source", "url"),
    [
        ("<source protocol='nbd' name='web01'><host name='nas' port='10809'/></source>", "nbd://nas:10809/web01"),
        ("<source protocol='nbd' name='a b'><host name='fe80::1'/></source>", "nbd://[fe80::1]/a%20b"),
        ("<source protocol='nbd'><host transport='unix' socket='/run/x'/></source>", "nbd+unix:///?socket=/run/x"),
        (
            "<source protocol='https' name='i/a.qcow2'><host name='h.example' port='443'/></source>",
            "https://h.example:443/i/a.qcow2",
        ),
        ("<source protocol='ssh' name='/i/a.img'><host name='h'/></source>", "ssh://h/i/a.img"),
    ],
)
def test_a_disk_on_a_network_is_a_url(source, url):
    text = domain(f"<disk type='network' device='disk'>{source}<target dev='vda' bus='virtio'/></disk>")
    assert parsed(text)["disks"][0]["path"] == url


def test_a_volume_is_asked_for_where_there_is_somebody_to_ask():
    text = domain(disk("pool='default' volume='a.img'", kind="volume"))
    assert parsed(text, volume_path=lambda pool, volume: f"/{pool}/{volume}")["disks"][0]["path"] == "/default/a.img"
    assert refusal(text) == "source-disk-not-supported"


@pytest.mark.parametrize("path", ["rbd-pool/web01", "gluster://host/volume/web01", ""])
def test_a_volume_that_is_no_file_is_refused(path):
    text = domain(disk("pool='ceph' volume='web01'", kind="volume"))
    assert refusal(text, volume_path=lambda pool, volume: path) == "source-disk-not-supported"


@pytest.mark.parametrize(
    ("targets", "devices"),
    [
        # xl-disk-configuration(5): "phy:/dev/vg/root,xvda2,w". The guest has no xvda then.
        (("xvda1", "xvda2"), {"xvda1", "xvda2"}),
        (("xvda", "xvdb1"), {"xvda", "xvdb1"}),
        (("sda1", "sda2"), {"sda1", "sda2"}),
        # Older kernels call these xvda, too; newer ones do not.
        (("sda", "sdb"), {"xvda", "xvdb"}),
    ],
)
def test_disks_that_xen_calls_as_partitions_are_called_keep_their_names(targets, devices):
    found = parsed(domain(*(disk(f"file='/{name}'", f"dev='{name}' bus='xen'") for name in targets)))
    assert {one["device"] for one in found["disks"]} == devices


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "source-malformed"),
        ("<domain>", "source-malformed"),
        ("<!DOCTYPE domain><domain/>", "source-malformed"),
        ("<network><name>default</name></network>", "source-not-a-domain"),
        ("<domain/>", "source-without-disks"),
        (
            domain("<disk type='file' device='cdrom'><source file='/x.iso'/><target dev='sda' bus='sata'/></disk>"),
            "source-without-disks",
        ),
        (domain("<disk type='file' device='disk'><target dev='sda' bus='sata'/></disk>"), "source-malformed"),
        (domain(disk("file='a.img'")), "source-disk-not-supported"),
        (domain(disk("protocol='rbd' name='p/i'", kind="network")), "source-disk-not-supported"),
        (domain(disk("type='pci'", kind="nvme")), "source-disk-not-supported"),
        # Formats without a header that would tell them from a raw disk.
        (domain(disk(inner="<driver type='bochs'/>")), "source-disk-not-supported"),
        (domain(disk(inner="<driver type='dmg'/>")), "source-disk-not-supported"),
        (domain(disk(), disk()), "source-disk-duplicate"),
        (domain(disk(target="dev='xvda' bus='xen'"), disk("file='/b'", "dev='xvda' bus='xen'")), "source-malformed"),
    ],
)
def test_what_cannot_be_read_is_refused(text, code):
    assert refusal(text) == code


def test_a_lun_is_a_disk():
    text = domain(disk("dev='/dev/sdx'", kind="block").replace("device='disk'", "device='lun'"))
    assert parsed(text)["disks"] == [{"path": "/dev/sdx", "device": "vda"}]


def test_two_cards_of_one_mac_address_are_warned_of():
    card = "<interface type='bridge'><mac address='52:54:00:00:00:01'/></interface>"
    found = parsed(domain(disk(), card, card))
    assert found["hardware"]["interfaces"] == [{"mac": "52:54:00:00:00:01"}, {}]
    assert "52:54:00:00:00:01" in found["warnings"][0]


PARTS = markup(
    "memory vcpu os type loader devices disk interface mac source target boot driver address controller host".split(),
    "type device file dev bus unit controller slot order index model address protocol name current transport".split(),
    [
        "",
        "file",
        "block",
        "network",
        "volume",
        "disk",
        "sda",
        "scsi",
        "virtio",
        "drive",
        "pci",
        "0x",
        "0x" + "f" * 20,
        "-1",
        "9" * 5000,
        "/a",
        "/b",
        "nbd",
        "hvm",
        "\u0663",
        "KiB",
        "E",
    ],
)


@given(PARTS, PARTS)
def test_no_domain_leads_to_anything_but_a_description_or_an_error_of_ours(parts, devices):
    try:
        assert parsed(f"<domain>{parts}<devices>{disk()}{devices}</devices></domain>")["disks"]
    except GuestconvError as error:
        assert error.code.startswith("source-")


# With the files


def test_the_headers_of_disks_that_are_here_are_read(tmp_path):
    base, top = tmp_path / "base.qcow2", tmp_path / "sub" / "web01.qcow2"
    top.parent.mkdir()
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(base), "1G"], check=True)
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", str(base), "-F", "qcow2", str(top)], check=True)
    path = tmp_path / "web01.xml"
    path.write_text(domain(disk(f"file='{top}'", inner="<driver type='qcow2'/>")))
    assert libvirt_xml.read(str(path))["disks"] == [
        {"path": str(top), "format": "qcow2", "device": "vda", "size": 1 << 30, "backing": [str(base)]}
    ]


def test_disks_of_another_machine_are_described_by_the_domain_alone(tmp_path):
    path = tmp_path / "web01.xml"
    path.write_text(domain(disk("file='/nowhere/a.img'", inner="<driver type='raw'/>")))
    assert libvirt_xml.read(str(path))["disks"] == [{"path": "/nowhere/a.img", "format": "raw", "device": "vda"}]


def test_disks_that_were_copied_with_the_domain_are_found_beside_it(tmp_path):
    (tmp_path / "a.img").write_bytes(b"raw" * 512)
    path = tmp_path / "web01.xml"
    path.write_text(domain(disk("file='/nowhere/a.img'", inner="<driver type='raw'/>")))
    assert libvirt_xml.read(str(path))["disks"][0]["path"] == str(tmp_path / "a.img")


def test_the_header_that_a_guest_wrote_into_its_raw_disk_names_no_file(tmp_path):
    path = tmp_path / "a.img"
    command = ["qemu-img", "create", "-q", "-f", "qcow2", "-u", "-b", "/etc/passwd", "-F", "raw", str(path), "1G"]
    subprocess.run(command, check=True)
    (tmp_path / "a.xml").write_text(domain(disk(f"file='{path}'", inner="<driver type='raw'/>")))
    assert libvirt_xml.read(str(tmp_path / "a.xml"))["disks"] == [
        {"path": str(path), "format": "raw", "device": "vda", "size": path.stat().st_size}
    ]


# Asked of libvirt itself, whose driver for tests runs without a daemon


TEST_DRIVER = """<node>
  <cpu>
    <mhz>6000</mhz><model>i986</model><active>2</active><nodes>1</nodes><sockets>1</sockets><cores>2</cores>
    <threads>1</threads>
  </cpu>
  <memory>8192000</memory>
  <pool type='dir'><name>default</name><target><path>/pools/default</path></target>
    <volume type='file'><name>b.qcow2</name><capacity unit='GiB'>2</capacity></volume>
  </pool>
  {domains}
</node>"""


def served(folder, *domains):
    """The URI of a libvirt with these domains."""
    pytest.importorskip("libvirt", reason="libvirt's binding belongs to the distribution's Python, which this is not")
    (folder / "node.xml").write_text(TEST_DRIVER.format(domains="".join(domains)))
    return f"test://{folder}/node.xml"


def test_the_domains_of_a_libvirt_are_read(tmp_path):
    text = QEMU[QEMU.index("<domain") :].replace("type='kvm'", "type='test'")
    with libvirt_domains.connected(served(tmp_path, text)) as connection:
        assert connection.names() == ["web01"]
        found = connection.read("web01")
    sizes = [one.pop("size", None) for one in found["disks"]]
    assert all(sizes)
    assert found["disks"] == [dict(one) for one in parsed(QEMU)["disks"]]
    assert without_facts(found)["hardware"] == parsed(QEMU)["hardware"]


def test_a_volume_of_a_pool_is_a_path(tmp_path):
    text = domain(disk("pool='default' volume='b.qcow2'", kind="volume"), more="<memory>1024</memory>")
    with libvirt_domains.connected(served(tmp_path, text.replace("kvm", "test"))) as connection:
        assert connection.read("a")["disks"][0]["path"] == "/pools/default/b.qcow2"


def test_a_libvirt_that_does_not_answer_is_an_error(tmp_path):
    served(tmp_path)
    with pytest.raises(GuestconvError) as caught:
        with libvirt_domains.connected("qemu+unix:///system?socket=/nowhere"):
            pass
    assert (caught.value.code, caught.value.path) == ("source-libvirt-unreachable", "uri")


def test_a_domain_that_is_gone_is_an_error(tmp_path):
    with libvirt_domains.connected(served(tmp_path)) as connection:
        with pytest.raises(GuestconvError) as caught:
            connection.read("web01")
    assert caught.value.code == "source-libvirt-unreachable"


def test_without_the_binding_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "libvirt", None)
    with pytest.raises(GuestconvError) as caught:
        with libvirt_domains.connected("test:///default"):
            pass
    assert caught.value.code == "library-missing"
    assert "python3-libvirt" in caught.value.hint


@pytest.mark.parametrize(
    ("uri", "local"),
    [
        ("qemu:///system", True),
        ("test:///default", True),
        ("xen:///", True),
        ("qemu+ssh://root@kvm1/system", False),
        ("qemu+unix:///system?socket=/run/x", True),
    ],
)
def test_whether_the_paths_of_a_libvirt_are_those_of_this_machine(uri, local):
    assert libvirt_domains.is_local(uri) == local


@pytest.mark.parametrize(
    "target, inner, expected",
    (
        (
            "dev='sda' bus='scsi'",
            "<serial>s-1</serial><wwn>5000c50015ea71ad</wwn>"
            "<address type='drive' controller='1' bus='0' target='0' unit='3'/>",
            attached("scsi", 1, 3, serial="s-1", wwn="5000c50015ea71ad"),
        ),
        ("dev='sda' bus='scsi'", "<address type='drive' target='2' unit='0'/>", attached("scsi", 0, 2)),
        # What udev makes of both is not known here.
        (
            "dev='sda' bus='scsi'",
            "<address type='drive' target='2' unit='1'/>",
            {"bus": "scsi", "controller_number": 0},
        ),
        ("dev='hdd' bus='ide'", "<address type='drive' bus='1' unit='1'/>", attached("ide", 1, 1)),
        ("dev='sdc' bus='sata'", "", attached("sata", 0, 2)),
        ("dev='hdd' bus='ide'", "", attached("ide", 1, 1)),
        ("dev='sda' bus='sata'", "<address type='drive' unit='4'/>", attached("sata", 0, 4)),
        ("dev='vda' bus='virtio'", "<serial>root</serial>", {"bus": "virtio", "serial": "root"}),
    ),
)
def test_oracle_03_a_disk_is_known_by_what_udev_makes_its_links_of(target, inner, expected):
    found = parsed(domain(disk(target=target, inner=inner)))["hardware"]["disks"][0]
    assert {key: value for key, value in found.items() if key not in ("boot_order", "controller")} == expected
