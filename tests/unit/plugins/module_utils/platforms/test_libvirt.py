# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import subprocess

import pytest
from lxml import etree

from ansible_collections.virttools.guestconv.plugins.module_utils.devices import models
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.platforms import libvirt
from tests.unit.plugins.module_utils.platforms.samples import card, converted, disk, with_driver

DISK = ["/images/web01.qcow2"]


def domain(hardware=None, name="web01", disks=None, **options):
    """The parsed domain, whose text libvirt's own schema has found valid."""
    text = libvirt.define(hardware or converted(), name, DISK if disks is None else disks, **options)
    command = ["virt-xml-validate", "-", "domain"]
    validated = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert validated.returncode == 0, validated.stderr + text
    return etree.fromstring(text)


def attributes(root, path):
    """The attributes of the elements at path, a dict each."""
    return [dict(element.attrib) for element in root.findall(path)]


def test_a_domain_has_the_name_the_size_and_the_machine():
    root = domain(name="web & <01>", memory=2048, cpus=2)
    assert root.findtext("name") == "web & <01>"
    assert (root.findtext("memory"), root.find("memory").get("unit")) == ("2048", "MiB")
    assert root.findtext("vcpu") == "2"
    assert attributes(root, "os/type") == [{"arch": "x86_64", "machine": "q35"}]


@pytest.mark.parametrize(("domain_type", "processor"), [("kvm", "host-passthrough"), ("qemu", "maximum")])
def test_the_processor_is_the_one_that_verify_boots_with(domain_type, processor):
    root = domain(domain_type=domain_type)
    assert (root.get("type"), root.find("cpu").get("mode")) == (domain_type, processor)


def test_an_emulated_processor_has_no_five_level_page_tables():
    assert attributes(domain(domain_type="qemu"), "cpu/feature") == [{"policy": "disable", "name": "la57"}]
    assert attributes(domain(domain_type="kvm"), "cpu/feature") == []


def test_bios_is_what_a_domain_has_when_nothing_is_said():
    root = domain(converted(firmware="bios"))
    assert root.find("os").attrib == {} and root.find("os/firmware") is None


def test_uefi_is_without_secure_boot():
    root = domain(converted(firmware="uefi"))
    assert root.find("os").get("firmware") == "efi"
    features = {feature["name"]: feature["enabled"] for feature in attributes(root, "os/firmware/feature")}
    assert features == {"secure-boot": "no", "enrolled-keys": "no"}


@pytest.mark.parametrize(
    ("driver", "target", "address"),
    [
        ("virtio-blk-pci", {"dev": "vda", "bus": "virtio"}, []),
        ("virtio-scsi-pci", {"dev": "sda", "bus": "scsi"}, [("0", "0", "0", "0")]),
        ("ahci", {"dev": "sda", "bus": "sata"}, [("0", "0", "0", "0")]),
        ("ide", {"dev": "hda", "bus": "ide"}, [("0", "0", "0", "0")]),
        ("piix3-ide", {"dev": "hda", "bus": "ide"}, [("0", "0", "0", "0")]),
    ],
)
def test_a_disk_is_on_the_bus_that_it_was_converted_for(driver, target, address):
    root = domain(with_driver("block", driver))
    assert attributes(root, "devices/disk/target") == [target]
    assert attributes(root, "devices/disk/boot") == [{"order": "1"}]
    places = attributes(root, "devices/disk/address")
    assert [(each["controller"], each["bus"], each["target"], each["unit"]) for each in places] == address


def test_a_scsi_disk_has_a_virtio_controller():
    controllers = attributes(domain(with_driver("block", "virtio-scsi-pci")), "devices/controller")
    assert controllers == [{"type": "scsi", "index": "0", "model": "virtio-scsi"}]


def test_disks_of_several_buses_have_names_and_places_of_their_own():
    drivers = ["virtio-blk-pci", "virtio-scsi-pci", "ahci", "virtio-scsi-pci", "virtio-blk-pci", "ahci"]
    disks = [disk(driver, f"sd{letter}", order) for order, (letter, driver) in enumerate(zip("abcdef", drivers), 1)]
    root = domain(converted(disks=disks), disks=[f"/images/{letter}.raw" for letter in "abcdef"])
    assert [element.get("dev") for element in root.findall("devices/disk/target")] == [
        "vda", "sda", "sdb", "sdc", "vdb", "sdd"
    ]  # fmt: skip
    places = [(each["target"], each["unit"]) for each in attributes(root, "devices/disk/address")]
    assert places == [("0", "0"), ("0", "0"), ("1", "0"), ("0", "1")]
    assert [element.get("order") for element in root.findall("devices/disk/boot")] == list("123456")


def test_a_full_controller_is_followed_by_another():
    count = 65
    hardware = converted(disks=[disk("virtio-scsi-pci", f"sd{number}") for number in range(count)])
    root = domain(hardware, disks=[f"/images/{number}.raw" for number in range(count)])
    assert [each["index"] for each in attributes(root, "devices/controller")] == ["0", "1"]
    last = attributes(root, "devices/disk/address")[-1]
    assert (last["controller"], last["target"]) == ("1", "0")


@pytest.mark.parametrize(
    ("given", "kind", "source", "image_format"),
    [
        ("/images/a.qcow2", "file", {"file": "/images/a.qcow2"}, "qcow2"),
        ("/images/a.QCOW2", "file", {"file": "/images/a.QCOW2"}, "qcow2"),
        ("/images/a.img", "file", {"file": "/images/a.img"}, "raw"),
        ("/images/a & b.vmdk", "file", {"file": "/images/a & b.vmdk"}, "vmdk"),
        ({"path": "/images/a.raw", "backing": ["/b"], "device": None}, "file", {"file": "/images/a.raw"}, "raw"),
        ({"path": "/images/a", "format": "qcow2"}, "file", {"file": "/images/a"}, "qcow2"),
        ({"path": "/images/a.img", "format": "qcow2"}, "file", {"file": "/images/a.img"}, "qcow2"),
        ("/dev/vg0/web01", "block", {"dev": "/dev/vg0/web01"}, "raw"),
        ({"path": "/dev/vg0/web01", "format": "qcow2"}, "block", {"dev": "/dev/vg0/web01"}, "qcow2"),
    ],
)
def test_a_disk_is_a_file_or_a_block_device_of_a_known_format(given, kind, source, image_format):
    root = domain(disks=[given])
    assert root.find("devices/disk").get("type") == kind
    assert attributes(root, "devices/disk/source") == [source]
    assert attributes(root, "devices/disk/driver") == [{"name": "qemu", "type": image_format}]


@pytest.mark.parametrize(
    ("given", "source", "host", "image_format"),
    [
        ("nbd://ceph1:10810/web01", {"name": "web01"}, {"name": "ceph1", "port": "10810"}, "raw"),
        ("nbd://ceph1/web%2001.qcow2", {"name": "web 01.qcow2"}, {"name": "ceph1", "port": "10809"}, "raw"),
        ("NBD://[::1]/pool/<web01>", {"name": "pool/<web01>"}, {"name": "::1", "port": "10809"}, "raw"),
        ("nbd://192.0.2.1", {}, {"name": "192.0.2.1", "port": "10809"}, "raw"),
        ("nbd+unix:///web01?socket=/run/a+b.sock", {"name": "web01"}, {"transport": "unix", "socket": "/run/a+b.sock"}, "raw"),
        ({"path": "nbd+unix:///?socket=/run/a", "format": "qcow2"}, {}, {"transport": "unix", "socket": "/run/a"}, "qcow2"),
    ],
)  # fmt: skip
def test_a_disk_is_an_export_of_an_nbd_server_which_is_in_no_pool(given, source, host, image_format):
    for options in ({}, {"storage_map": {"default": "fast"}}):
        root = domain(disks=[given], **options)
        assert root.find("devices/disk").get("type") == "network"
        assert attributes(root, "devices/disk/source") == [{"protocol": "nbd", **source}]
        assert attributes(root, "devices/disk/source/host") == [host]
        assert attributes(root, "devices/disk/driver") == [{"name": "qemu", "type": image_format}]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("nbd://ceph_1/web01", "'ceph_1' as the name of a host"),
        ("nbd:///web01", "it names no host"),
        ("nbd://ceph1/web01?tls=1", "without a question mark"),
        ("nbd://ceph1/web%0101", "should be a line of text"),
        ("nbd+unix:///web01?socket=/run/%01", "should be a line of text"),
        ("nbd+unix:///web01", "it should be nbd"),
        ("nbds://ceph1/web01", "is not an absolute path"),
        ("nbd://user:secret@ceph1/web01", "contains a password"),
    ],
)
def test_what_libvirt_cannot_have_as_an_export_is_refused(given, message):
    with pytest.raises(GuestconvError, match=message) as caught:
        libvirt.define(converted(), "web01", [given])
    assert (caught.value.code, caught.value.path) == ("platform-option-invalid", "disks")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "given", ["web01.qcow2", "/images/web01", {"device": "sda"}, {"path": "/images/web01", "format": "docx"}]
)
def test_a_disk_without_place_or_format_is_refused(given):
    with pytest.raises(GuestconvError) as caught:
        libvirt.define(converted(), "web01", [given])
    assert caught.value.code == "platform-option-invalid"


def test_a_network_card_has_its_model_and_address():
    root = domain(converted(interfaces=[card("e1000e", mac="00:50:56:AA:BB:CC"), card("rtl8139", "ens224")]))
    assert attributes(root, "devices/interface/model") == [{"type": "e1000e"}, {"type": "rtl8139"}]
    assert attributes(root, "devices/interface/mac") == [{"address": "00:50:56:aa:bb:cc"}]
    assert attributes(root, "devices/interface/source") == [{"network": "default"}] * 2


def test_cards_are_on_networks_and_bridges():
    cards = [card(name="ens192"), card(name="ens224"), card(name="ens256")]
    options = {"network": {"bridge": "br0"}, "networks": {"ens224": "dmz", "ens256": {"network": "storage"}}}
    root = domain(converted(interfaces=cards), **options)
    assert [each["type"] for each in attributes(root, "devices/interface")] == ["bridge", "network", "network"]
    sources = attributes(root, "devices/interface/source")
    assert sources == [{"bridge": "br0"}, {"network": "dmz"}, {"network": "storage"}]


@pytest.mark.parametrize(
    "network",
    [
        *({"vlan": "7"}, {}, {"bridge": "br0", "network": "dmz"}, "", None, 7),
        *("lan/1", {"bridge": "br 0"}, {"bridge": "br0:1"}, {"bridge": "bridge-of-the-lab"}),
    ],
)
def test_what_is_no_network_is_refused(network):
    with pytest.raises(GuestconvError) as caught:
        libvirt.define(converted(), "web01", DISK, network=network)
    assert (caught.value.code, caught.value.path) == ("platform-option-invalid", "network")


def test_a_serial_console_is_port_0_and_the_console():
    root = domain(converted(console={"driver": "isa-serial"}))
    assert attributes(root, "devices/serial/target") == [{"type": "isa-serial", "port": "0"}]
    assert attributes(root, "devices/console/target") == [{"type": "serial", "port": "0"}]


def test_a_virtio_console_is_no_serial_port():
    root = domain(converted(console={"driver": "virtconsole"}))
    assert root.find("devices/serial") is None
    assert attributes(root, "devices/console/target") == [{"type": "virtio", "port": "0"}]


def test_a_machine_without_console_has_neither():
    root = domain(converted(console=None))
    assert root.find("devices/serial") is None and root.find("devices/console") is None


@pytest.mark.parametrize(("driver", "model"), sorted(models.words("libvirt", "graphics").items()))
def test_a_display_is_the_first_one_and_is_seen_on_the_host_only(driver, model):
    root = domain(with_driver("graphics", driver))
    assert attributes(root, "devices/video/model") == [{"type": model, "primary": "yes"}]
    assert root.find("devices/graphics").get("listen") == "127.0.0.1"


def test_a_machine_without_display_has_none():
    root = domain(converted(video=None))
    assert attributes(root, "devices/video/model") == [{"type": "none"}]
    assert root.find("devices/graphics") is None


def test_a_guest_with_virtio_gets_the_agents_channel_randomness_and_a_balloon():
    root = domain()
    assert attributes(root, "devices/channel/target") == [{"type": "virtio", "name": "org.qemu.guest_agent.0"}]
    assert root.findtext("devices/rng/backend") == "/dev/urandom"
    assert attributes(root, "devices/memballoon") == [{"model": "virtio"}]


def test_the_agent_that_a_guest_is_to_run_has_its_channel_without_any_other_device_of_virtio():
    drivers = {"disks": [disk("ahci")], "interfaces": [card("e1000")], "video": {"driver": "VGA"}}
    root = domain(converted(**drivers, guest_agent=True))
    assert attributes(root, "devices/channel/target") == [{"type": "virtio", "name": "org.qemu.guest_agent.0"}]
    assert root.find("devices/rng") is None


def test_a_guest_without_virtio_gets_no_virtio_device():
    drivers = {"disks": [disk("ahci")], "interfaces": [card("e1000")], "video": {"driver": "VGA"}}
    root = domain(converted(**drivers))
    assert root.find("devices/channel") is None and root.find("devices/rng") is None
    assert attributes(root, "devices/memballoon") == [{"model": "none"}]
    assert "virtio" not in etree.tostring(root, encoding="unicode")


@pytest.mark.parametrize("name", ["", "a/b", "a\nb", "a\x00", None, 7])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(GuestconvError) as caught:
        libvirt.define(converted(), name, DISK)
    assert caught.value.path == "name"


def test_an_unknown_kind_of_domain_is_refused():
    with pytest.raises(GuestconvError) as caught:
        libvirt.define(converted(), "web01", DISK, domain_type="xen")
    assert caught.value.hint == "Allowed: kvm, qemu."


def test_a_controller_without_lxml_is_told_so(monkeypatch):
    monkeypatch.setattr(libvirt, "etree", None)
    with pytest.raises(GuestconvError) as caught:
        libvirt.define(converted(), "web01", DISK)
    assert (caught.value.code, "pip install lxml" in caught.value.hint) == ("library-missing", True)
