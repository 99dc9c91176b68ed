# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.sources.kinds import ovf
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.sources.kinds.entries import (
    attached,
    without_facts,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.sources.kinds.markup import markup

FIXTURES = Path(__file__).parent / "fixtures"
GIB = 1 << 30


def fixture(name):
    return (FIXTURES / name).read_bytes()


VSPHERE = fixture("vsphere.ovf")
VIRTUALBOX = fixture("virtualbox.ovf")


def parsed(data):
    return without_facts(ovf.parse(data, "/x.ovf"))


def refusal(data):
    with pytest.raises(GuestconvError) as caught:
        parsed(data)
    assert caught.value.message and caught.value.path == "/x.ovf"
    return caught.value.code


def changed(data, *pairs):
    for old, new in pairs:
        assert old in data
        data = data.replace(old, new)
    return data


def test_an_export_of_vsphere():
    assert parsed(VSPHERE) == {
        "name": "web 01",
        "disks": [
            # The second controller's disk is the one that is booted from; it is sdb all the same.
            {"path": "web%2001-disk2.vmdk", "format": "vmdk", "device": "sdb", "size": 2 * GIB},
            {"path": "web%2001-disk1.vmdk", "format": "vmdk", "device": "sda", "size": 16 * GIB},
        ],
        "hardware": {
            "firmware": "uefi",
            "cpus": 4,
            "memory": 8192,
            "interfaces": [{"mac": "00:50:56:aa:bb:cc", "driver": "vmxnet3"}],
            "disks": [
                attached("scsi", 1, 0, controller="mptsas1068", boot_order=1),
                attached("scsi", 0, 0, controller="pvscsi"),
            ],
        },
        "warnings": [],
    }


def test_an_export_of_virtualbox_has_its_mac_addresses_in_virtualboxs_own_description():
    assert parsed(VIRTUALBOX) == {
        "name": "files",
        "disks": [{"path": "files-disk001.vmdk", "format": "vmdk", "device": "sda", "size": 8 * GIB}],
        "hardware": {
            "firmware": "bios",
            "cpus": 2,
            "memory": 2048,
            "interfaces": [{"mac": "08:00:27:4b:dd:31", "driver": "e1000"}],
            "disks": [attached("sata", 0, 0, controller="ahci", serial="VB1df03ad7-a5f7d2d1")],
        },
        "warnings": [],
    }


def test_ovf_2_has_items_of_their_own_for_disks_and_network_cards():
    found = parsed(fixture("virtualbox-2.0.ovf"))
    assert [(disk["path"], disk["device"], disk["format"]) for disk in found["disks"]] == [
        ("mail-disk001.vmdk", "sda", "vmdk"),
        ("mail-disk002.vhd", "sdb", "vpc"),
    ]
    assert found["hardware"] == {
        "firmware": "uefi",
        "cpus": 1,
        "memory": 512,
        "interfaces": [{"mac": "08:00:27:a1:e6:15", "driver": "pcnet"}],
        "disks": [attached("ide", 0, 0, controller="ide"), attached("ide", 1, 1, controller="ide")],
    }


def test_an_export_of_ovirt_says_by_attributes_of_its_own_how_a_disk_is_attached():
    found = parsed(fixture("ovirt.ovf"))
    assert found["disks"] == [{"path": "6f4a6c05", "format": "raw", "device": "sda", "size": 20 * GIB}]
    assert found["hardware"] == {
        "cpus": 1,
        "memory": 1024,
        "interfaces": [{"mac": "56:6f:1a:2b:00:01", "driver": "virtio-net-pci"}],
        "disks": [{"controller": "virtio-scsi-pci", "boot_order": 1, "bus": "scsi"}],
    }


@pytest.mark.parametrize(
    ("subtype", "bus", "controller"),
    [
        (b"lsilogic", "sda", "lsi53c895a"),
        (b"lsilogicsas", "sda", "mptsas1068"),
        (b"VirtualSCSI", "sda", "pvscsi"),
        (b"buslogic", "sda", None),
        (b"virtio lsilogic", "sda", "lsi53c895a"),
        (b"", "sda", "lsi53c895a"),
    ],
)
def test_a_scsi_controller_is_named_as_qemu_does(subtype, bus, controller):
    found = parsed(changed(VSPHERE, (b"VirtualSCSI", subtype)))
    assert found["disks"][1]["device"] == bus
    assert found["hardware"]["disks"][1].get("controller") == controller


@pytest.mark.parametrize(
    ("subtype", "device", "controller"),
    [
        (b"vmware.nvme.controller", "nvme0n1", "nvme"),
        (b"NVMe", "nvme0n1", "nvme"),
        (b"vmware.sata.ahci", "sda", "ahci"),
        (b"AHCI", "sda", "ahci"),
    ],
)
def test_another_storage_controller_is_sata_or_nvme(subtype, device, controller):
    found = parsed(changed(VIRTUALBOX, (b"AHCI</rasd", subtype + b"</rasd")))
    assert found["disks"][0]["device"] == device
    assert [one["controller"] for one in found["hardware"]["disks"]] == [controller]


@pytest.mark.parametrize(
    ("unit", "quantity", "mebibytes"),
    [
        (b"byte * 2^20", b"8192", 8192),
        (b"byte*2^30", b"8", 8192),
        (b"byte * 1024", b"4096", 4),
        (b"byte", b"1048577", 2),
        (b"MegaBytes", b"512", 512),
        (b"MB", b"512", 512),
        (b"GiB", b"2", 2048),
        (b"byte * 10^6", b"1000", 954),
        (b"", b"512", 512),
        (b"parsec", b"512", 512),
        (b"byte * 2^20", b"much", None),
    ],
)
def test_memory_in_whatever_unit_is_mebibytes(unit, quantity, mebibytes):
    found = parsed(
        changed(
            VSPHERE,
            (b"<rasd:AllocationUnits>byte * 2^20<", b"<rasd:AllocationUnits>" + unit + b"<"),
            (b"<rasd:VirtualQuantity>8192<", b"<rasd:VirtualQuantity>" + quantity + b"<"),
        )
    )
    assert found["hardware"].get("memory") == mebibytes


@pytest.mark.parametrize(
    ("capacity", "unit", "size"),
    [
        (b"16", b"byte * 2^30", 16 * GIB),
        (b"17179869184", b"byte", 16 * GIB),
        (b"${disk}", b"byte", None),
    ],
)
def test_the_size_of_a_disk(capacity, unit, size):
    found = parsed(
        changed(
            VSPHERE,
            (
                b'capacity="16" ovf:capacityAllocationUnits="byte * 2^30"',
                b'capacity="' + capacity + b'" ovf:capacityAllocationUnits="' + unit + b'"',
            ),
        )
    )
    assert found["disks"][1].get("size") == size


@pytest.mark.parametrize(("value", "firmware"), [(b"efi", "uefi"), (b"EFI", "uefi"), (b"bios", "bios")])
@pytest.mark.parametrize("element", [b"vmw:Config", b"vmw:ExtraConfig"])
def test_firmware_is_a_setting_of_vmwares(element, value, firmware):
    data = changed(
        VSPHERE,
        (
            b'<vmw:Config ovf:required="false" vmw:key="firmware" vmw:value="efi"/>',
            b"<" + element + b' vmw:key="firmware" vmw:value="' + value + b'"/>',
        ),
    )
    assert parsed(data)["hardware"]["firmware"] == firmware


def test_firmware_that_nobody_says_is_unknown():
    assert "firmware" not in parsed(changed(VSPHERE, (b'vmw:key="firmware"', b'vmw:key="other"')))["hardware"]


def test_of_several_configurations_it_is_the_default_one():
    sections = (
        b'<DeploymentOptionSection><Configuration ovf:id="small"/>'
        b'<Configuration ovf:id="large" ovf:default="true"/></DeploymentOptionSection><DiskSection>'
    )
    memory = (
        b'<Item ovf:configuration="%s"><rasd:ResourceType>4</rasd:ResourceType>'
        b"<rasd:VirtualQuantity>%d</rasd:VirtualQuantity></Item>"
    )
    first = b"<Item>\n        <rasd:AllocationUnits>hertz"
    data = changed(
        VSPHERE,
        (b"<DiskSection>", sections),
        (first, memory % (b"small", 1024) + memory % (b"large medium", 2048) + first),
    )
    assert parsed(data)["hardware"]["memory"] == 2048


def test_an_item_that_bounds_another_is_no_device():
    first = b"<Item>\n        <rasd:AllocationUnits>hertz"
    bound = (
        b'<Item ovf:bound="min"><rasd:ResourceType>3</rasd:ResourceType>'
        b"<rasd:VirtualQuantity>1</rasd:VirtualQuantity></Item>"
    )
    assert parsed(changed(VSPHERE, (first, bound + first)))["hardware"]["cpus"] == 4


def test_a_network_card_without_mac_address_is_one_all_the_same():
    found = parsed(changed(VSPHERE, (b"00:50:56:AA:BB:CC", b"auto")))
    assert found["hardware"]["interfaces"] == [{"driver": "vmxnet3"}]


def test_an_empty_disk_is_left_out_with_a_warning():
    found = parsed(changed(VSPHERE, (b'ovf:fileRef="file2"', b"")))
    assert [disk["device"] for disk in found["disks"]] == ["sda"]
    assert found["warnings"] == ["Hard Disk 2 was left out: it is empty and has no file."]


def test_a_disk_of_a_file_without_a_description_is_one():
    found = parsed(changed(VSPHERE, (b"ovf:/disk/vmdisk2", b"ovf:/file/file2")))
    assert found["disks"][0] == {"path": "web%2001-disk2.vmdk", "device": "sdb"}


def test_a_virtual_system_may_be_the_only_one_of_a_collection():
    data = changed(
        VSPHERE,
        (b"<VirtualSystem ", b'<VirtualSystemCollection ovf:id="vapp"><VirtualSystem '),
        (b"</VirtualSystem>", b"</VirtualSystem></VirtualSystemCollection>"),
    )
    assert parsed(data)["name"] == "web 01"


TWO_SYSTEMS = changed(VIRTUALBOX, (b"</VirtualSystem>", b'</VirtualSystem><VirtualSystem ovf:id="b"/>'))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "source-malformed"),
        (b"<Envelope/>", "source-malformed"),
        (b"\xff\xfe<\0", "source-malformed"),
        (VSPHERE[:-40], "source-malformed"),
        (
            changed(
                VSPHERE, (b"http://schemas.dmtf.org/ovf/envelope/1", b"http://www.vmware.com/schema/ovf/1/envelope")
            ),
            "source-malformed",
        ),
        (changed(VSPHERE, (b"<References>", b"<!DOCTYPE x><References>")), "source-malformed"),
        (changed(VSPHERE, (b"VirtualHardwareSection>", b"SomethingElse>")), "source-malformed"),
        (changed(VSPHERE, (b'ovf:fileRef="file1"', b'ovf:fileRef="file9"')), "source-malformed"),
        (changed(VSPHERE, (b"ovf:/disk/vmdisk1", b"ovf:/disk/vmdisk9")), "source-malformed"),
        (changed(VSPHERE, (b"<rasd:ResourceType>17<", b"<rasd:ResourceType>99<")), "source-without-disks"),
        (changed(VSPHERE, (b"vmdisk2</rasd", b"vmdisk1</rasd")), "source-disk-duplicate"),
        (changed(VSPHERE, (b'ovf:id="file1"', b'ovf:id="file1" ovf:chunkSize="2147483648"')), "source-not-supported"),
        (changed(VSPHERE, (b'ovf:id="file1"', b'ovf:id="file1" ovf:compression="bzip2"')), "source-not-supported"),
        (TWO_SYSTEMS, "source-several-guests"),
        (b"<a>" * 100000, "source-malformed"),
        (b"<Envelope>" + b" " * (4 << 20) + b"</Envelope>", "source-malformed"),
    ],
)
def test_what_cannot_be_read_is_refused(data, code):
    assert refusal(data) == code


def test_one_machine_of_several_is_named_by_its_id_or_its_name():
    second = VIRTUALBOX[VIRTUALBOX.index(b"<VirtualSystem") : VIRTUALBOX.index(b"</VirtualSystem>") + 16]
    both = changed(
        VIRTUALBOX,
        (b"</VirtualSystem>", b"</VirtualSystem>" + re.sub(rb'ovf:id="[^"]*"', b'ovf:id="b"', second, count=1)),
    )
    found = ovf.parse(both, "/x.ovf", "b")
    assert (found["name"], found["disks"]) == ("b", ovf.parse(VIRTUALBOX, "/x.ovf")["disks"])
    for vm, words in ((None, "contains 2 virtual machines: "), ("c", "none of them is called 'c': ")):
        with pytest.raises(GuestconvError) as caught:
            ovf.parse(both, "/x.ovf", vm)
        assert caught.value.code == "source-several-guests" and words in caught.value.message
        assert caught.value.message.endswith(", b.")


def test_an_entity_is_never_expanded():
    bomb = b'<!DOCTYPE E [<!ENTITY a "aaaa"><!ENTITY b SYSTEM "file:///etc/passwd">]>'
    assert refusal(changed(VSPHERE, (b"<Envelope ", bomb + b"<Envelope "), (b"<Name>web 01", b"<Name>&b;"))) == (
        "source-malformed"
    )


PARTS = markup(
    [
        "Item",
        "StorageItem",
        "VirtualSystem",
        "VirtualHardwareSection",
        "Disk",
        "File",
        "Machine",
        "ResourceType",
        "HostResource",
        "Parent",
        "Adapter",
        "Configuration",
        "Firmware",
        "Name",
        "AllocationUnits",
        "VirtualQuantity",
    ],
    [
        "id",
        "href",
        "diskId",
        "fileRef",
        "capacity",
        "capacityAllocationUnits",
        "instanceId",
        "enabled",
        "slot",
        "MACAddress",
    ],
    ["", "17", "6", "4", "20", "ovf:/disk/d", "/file/f", "f", "d", "9" * 400, "-1", "\u0663", "byte * 9999^99"],
)


@given(PARTS, PARTS)
def test_no_envelope_leads_to_anything_but_a_description_or_an_error_of_ours(items, parts):
    item = "<Item><ResourceType>17</ResourceType><HostResource>ovf:/file/f</HostResource></Item>"
    envelope = (
        '<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1">'
        '<References><File id="f" href="x"/></References>'
        f"<VirtualSystem><VirtualHardwareSection>{item}{items}</VirtualHardwareSection></VirtualSystem>{parts}"
        "</Envelope>"
    )
    try:
        assert parsed(envelope.encode())["disks"]
    except GuestconvError as error:
        assert error.code.startswith("source-")


@given(st.integers(0, len(VSPHERE) - 1), st.binary(min_size=1, max_size=3))
def test_no_damage_to_an_envelope_leads_to_a_traceback(at, junk):
    try:
        parsed(VSPHERE[:at] + junk + VSPHERE[at + len(junk) :])
    except GuestconvError as error:
        assert error.code.startswith("source-")


def of_xenserver(unit, settings=""):
    return (
        "<Envelope xmlns='http://schemas.dmtf.org/ovf/envelope/1'><References><File id='f' href='a.vhd'/></References>"
        "<DiskSection><Disk diskId='d' fileRef='f' "
        "format='http://www.microsoft.com/technet/virtualserver/downloads/vhdspec.mspx'/></DiskSection>"
        "<VirtualSystem id='web01'><VirtualHardwareSection><Item><ResourceType>19</ResourceType>"
        f"<AddressOnParent>{unit}</AddressOnParent><HostResource>ovf:/disk/d</HostResource></Item>{settings}"
        "</VirtualHardwareSection></VirtualSystem></Envelope>"
    )


@pytest.mark.parametrize(("unit", "device"), [("0", "xvda"), ("3", "xvdd"), ("26", "xvda"), ("", "xvda")])
def test_disks_of_xenserver_are_called_by_their_numbers(unit, device):
    (found,) = ovf.parse(of_xenserver(unit), "/x.ovf")["disks"]
    assert (found["device"], found["format"]) == (device, "vpc")


@pytest.mark.parametrize(
    ("name", "value", "fact"),
    [
        ("HVM_boot_params", "order=cdn;firmware=uefi", ("firmware", "uefi")),
        ("HVM_boot_policy", "BIOS order", ("firmware", "bios")),
        ("PV_bootloader", "pygrub", ("firmware", None)),
        ("PV_kernel", "/boot/vmlinuz", ("host_kernel", "/boot/vmlinuz")),
        ("platform", "viridian=true;timeoffset=3600;", ("clock", "3600")),
        ("platform", "timeoffset=0", ("clock", None)),
        ("platform", "timeoffset", ("clock", None)),
        ("platform", "vtpm=true", ("tpm", True)),
        ("platform", "secureboot=auto", ("secure_boot", None)),
        ("vgpu", "", ("passthrough", ["GPU"])),
        ("vgpu", "GPU_types={};VGPU_type_model_name=GRID K100;", ("passthrough", ["GRID K100"])),
    ],
)
def test_settings_of_xenserver(name, value, fact):
    setting = "<VirtualSystemOtherConfigurationData Name='%s'><Value>%s</Value></VirtualSystemOtherConfigurationData>"
    found = ovf.parse(of_xenserver("0", setting % (name, value)), "/x.ovf")
    assert found["hardware"].get(fact[0]) == fact[1]


def test_each_gpu_of_xenserver_is_passed_through():
    setting = (
        "<VirtualSystemOtherConfigurationData Name='vgpu'><Value>VGPU_type_model_name=%s;</Value>"
        "</VirtualSystemOtherConfigurationData>"
    )
    settings = "".join(setting % model for model in ("GRID K100", "GRID K200", ""))
    found = ovf.parse(of_xenserver("0", settings), "/x.ovf")
    assert found["hardware"]["passthrough"] == ["GRID K100", "GRID K200", "GPU"]
