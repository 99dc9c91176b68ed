# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a machine keeps of its source is in the definitions, or is refused by name."""

from __future__ import annotations

import pytest
from lxml import etree

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.model import hardware as machines
from ansible_collections.virttools.guestconv.plugins.module_utils.model import source_facts
from ansible_collections.virttools.guestconv.plugins.module_utils.platforms import kubevirt, libvirt, openstack, proxmox

UUID = "564d1234-abcd-ef00-1122-334455667788"


def machine(**more):
    card = {
        "name": "ens192",
        "driver": "virtio-net-pci",
        "mac": "00:50:56:aa:00:01",
        "network": "VLAN 7",
        "connected": False,
    }
    return {
        "firmware": "bios",
        "machine": "q35",
        "cpus": 4,
        "memory": 2048,
        "disks": [
            {"device": "sda", "driver": "virtio-blk-pci", "boot_order": 1, "serial": "VB1df03ad7-a5f7d2d1"},
            {"device": "sdb", "driver": "virtio-scsi-pci", "wwn": "5000c50015ea71aa"},
        ],
        "interfaces": [card],
        "uuid": UUID,
        "instance_uuid": UUID,
        "sockets": 2,
        "cores": 2,
        "clock": "utc",
        "guest_id": "debian12_64Guest",
        "annotation": "of the web team",
        "tags": ["Web Team", "prod"],
        **more,
    }


def test_the_hardware_comes_back_as_it_was_given():
    found = machines.from_dict(machine()).as_dict()
    for key in source_facts.CARRIED:
        assert found.get(key) == machine().get(key), key
    assert found["disks"][0]["serial"] == "VB1df03ad7-a5f7d2d1" and "serial" not in found["disks"][1]
    assert (found["interfaces"][0]["network"], found["interfaces"][0]["connected"]) == ("VLAN 7", False)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("uuid", "x"),
        ("clock", "mars"),
        ("sockets", "two"),
        ("cores", 0.5),
        ("tags", "web"),
        ("instance_uuid", "1" * 36),
    ],
)
def test_what_a_machine_cannot_keep_is_refused(key, value):
    with pytest.raises(GuestconvError) as caught:
        machines.from_dict(machine(**{key: value}))
    assert (caught.value.code, caught.value.path) == ("hardware-invalid", f"hardware.{key}")


def test_a_serial_number_that_would_be_another_option_is_refused():
    wrong = machine()
    wrong["disks"][0]["serial"] = "a,b"
    with pytest.raises(GuestconvError) as caught:
        machines.from_dict(wrong)
    assert caught.value.path == "hardware.disks[0].serial"


def test_libvirt():
    root = etree.fromstring(libvirt.define(machine(clock="-3600"), "web01", ["/a.qcow2", "/b.qcow2"]))
    assert root.findtext("uuid") == UUID
    assert root.findtext("description") == "of the web team"
    assert dict(root.find("cpu/topology").attrib) == {"sockets": "2", "cores": "2", "threads": "1"}
    assert dict(root.find("clock").attrib) == {"offset": "variable", "adjustment": "-3600", "basis": "utc"}
    assert root.find("devices/interface/link").get("state") == "down"
    disks = root.findall("devices/disk")
    assert disks[0].findtext("serial") == "VB1df03ad7-a5f7d2d1" and disks[1].findtext("wwn") == "5000c50015ea71aa"


def test_kubevirt():
    spec = kubevirt.define(machine(clock="60"), "web01", ["a", "b"])["spec"]["template"]["spec"]["domain"]
    assert spec["firmware"]["uuid"] == UUID
    assert spec["cpu"] == {"sockets": 2, "cores": 2, "threads": 1}
    assert spec["clock"]["utc"] == {"offsetSeconds": 60}
    assert spec["devices"]["interfaces"][0]["state"] == "down"
    assert spec["devices"]["disks"][0]["serial"] == "VB1df03ad7-a5f7d2d1"
    assert kubevirt.define(machine(), "web01", ["a", "b"])["metadata"]["annotations"] == {
        "description": "of the web team"
    }


def test_proxmox():
    found = proxmox.define(machine(clock="localtime"), "web01", ["local-lvm:vm-1-disk-0", "local-lvm:vm-1-disk-1"])
    assert (found["sockets"], found["cores"], found["localtime"]) == (2, 2, True)
    assert found["smbios"] == f"uuid={UUID}"
    assert found["description"] == "of the web team" and found["tags"] == ["web-team", "prod"]
    assert found["net"]["net0"].endswith(",link_down=1")
    assert found["virtio"]["virtio0"].endswith(",serial=VB1df03ad7-a5f7d2d1")
    assert found["scsi"]["scsi0"] == "local-lvm:vm-1-disk-1,wwn=0x5000c50015ea71aa"


def test_openstack_takes_the_topology():
    card = {"driver": "virtio-net-pci"}
    disks = [{"driver": "virtio-blk-pci"}]
    found = openstack.define(machine(interfaces=[card], disks=disks))
    assert (found["hw_cpu_sockets"], found["hw_cpu_cores"]) == ("2", "2")


@pytest.mark.parametrize(
    ("define", "path"),
    [
        (lambda: openstack.define(machine(disks=[{"driver": "virtio-blk-pci"}])), "hardware.interfaces[0].connected"),
        (lambda: proxmox.define(machine(annotation="x" * 8193), "web01", ["a:b", "a:c"]), "hardware.annotation"),
        (
            lambda: openstack.define(machine(disks=[{"driver": "virtio-blk-pci"}], interfaces=[], clock="localtime")),
            "hardware.clock",
        ),
        (lambda: kubevirt.define(machine(clock="localtime"), "web01", ["a", "b"]), "hardware.clock"),
        (lambda: proxmox.define(machine(clock="60"), "web01", ["a:b", "a:c"]), "hardware.clock"),
    ],
)
def test_what_a_platform_cannot_have_is_refused_by_name(define, path):
    with pytest.raises(GuestconvError) as caught:
        define()
    assert (caught.value.code, caught.value.path) == ("device-not-offered", path)


def test_a_topology_that_does_not_make_the_processors_is_left_out():
    root = etree.fromstring(libvirt.define(machine(), "web01", ["/a.qcow2", "/b.qcow2"], cpus=3))
    assert root.findtext("vcpu") == "3" and root.find("cpu/topology") is None


@pytest.mark.parametrize("name", ["web_01", "-web", "web..a", "a b"])
def test_a_name_that_proxmox_refuses_is_refused(name):
    with pytest.raises(GuestconvError) as caught:
        proxmox.define(machine(), name, ["a:b", "a:c"])
    assert (caught.value.code, caught.value.path) == ("platform-option-invalid", "name")


@pytest.mark.parametrize("name", ["web01", "web01.example.com"])
def test_a_name_that_kubernetes_takes_is_taken(name):
    assert kubevirt.define(machine(), name, ["a", "b"])["metadata"]["name"] == name


def uefi(**more):
    return machine(firmware="uefi", interfaces=[], disks=[{"driver": "virtio-blk-pci"}], **more)


def test_secure_boot_and_a_tpm_are_defined_where_they_are_asked_for():
    asked = {"secure_boot": True, "tpm": True}
    root = etree.fromstring(libvirt.define(uefi(), "web01", ["/a.qcow2"], **asked))
    assert {each.get("enabled") for each in root.findall("os/firmware/feature")} == {"yes"}
    assert root.find("features/smm").get("state") == "on" and root.find("devices/tpm/backend").get("version") == "2.0"
    domain = kubevirt.define(uefi(), "web01", ["a"], **asked)["spec"]["template"]["spec"]["domain"]
    assert domain["firmware"]["bootloader"] == {"efi": {"secureBoot": True}}
    assert domain["features"]["smm"]["enabled"] and domain["devices"]["tpm"] == {"persistent": True}
    properties = openstack.define(uefi(), **asked)
    assert (properties["os_secure_boot"], properties["hw_tpm_version"]) == ("required", "2.0")
    options = proxmox.define(uefi(), "web01", ["a:b"], storage="local-lvm", **asked)
    assert options["efidisk0"]["pre_enrolled_keys"] and options["tpmstate0"] == {
        "storage": "local-lvm",
        "version": "2.0",
    }


@pytest.mark.parametrize(
    "define",
    [
        lambda hardware, **more: libvirt.define(hardware, "web01", ["/a.qcow2"], **more),
        lambda hardware, **more: kubevirt.define(hardware, "web01", ["a"], **more),
        openstack.define,
        lambda hardware, **more: proxmox.define(hardware, "web01", ["a:b"], **more),
    ],
)
def test_secure_boot_of_a_bios_is_refused(define):
    with pytest.raises(GuestconvError) as caught:
        define({**uefi(), "firmware": "bios"}, secure_boot=True)
    assert (caught.value.code, caught.value.path) == ("platform-option-invalid", "secure_boot")


def test_the_state_of_a_tpm_needs_a_storage_of_proxmox():
    with pytest.raises(GuestconvError) as caught:
        proxmox.define({**uefi(), "firmware": "bios"}, "web01", ["a:b"], tpm=True)
    assert caught.value.path == "storage"


def test_a_guest_from_before_virtio_1_gets_the_devices_that_verify_boots_it_with():
    root = etree.fromstring(
        libvirt.define(machine(virtio="transitional", guest_agent=True), "web01", ["/a.qcow2", "/b.qcow2"])
    )
    disks, (card,) = root.findall("devices/disk"), root.findall("devices/interface/model")
    word = "virtio-transitional"
    assert (disks[0].get("model"), disks[1].get("model"), card.get("type")) == (word, None, word)
    assert {each.get("type"): each.get("model") for each in root.findall("devices/controller")} == {
        "scsi": word,
        "virtio-serial": word,
    }
    assert root.find("devices/rng").get("model") == root.find("devices/memballoon").get("model") == word
    domain = kubevirt.define(machine(virtio="transitional"), "web01", ["a", "b"])["spec"]["template"]["spec"]["domain"]
    assert domain["devices"]["useVirtioTransitional"] is True
    asked = {"disks": [{"driver": "virtio-blk-pci"}], "interfaces": [], "virtio": "transitional"}
    with pytest.raises(GuestconvError) as caught:
        openstack.define(machine(**asked))
    assert (caught.value.code, caught.value.path) == ("device-not-offered", "hardware.virtio")
    assert openstack.define(machine(**asked, machine="pc"))["hw_machine_type"] == "pc"


def test_a_guest_of_today_has_modern_devices():
    assert "transitional" not in libvirt.define(machine(), "web01", ["/a.qcow2", "/b.qcow2"])
    assert machines.from_dict(machine()).as_dict().get("virtio") is None
