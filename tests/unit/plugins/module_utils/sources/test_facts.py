# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No fact of a source is dropped in silence: each has a cell for each source, is read, and ends somewhere."""

from __future__ import annotations

import json

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.virttools.guestconv.plugins.module_utils.ansible_module.argument_specs import HARDWARE
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.model import document, source_facts
from ansible_collections.virttools.guestconv.plugins.module_utils.model.source_facts import ENDS_IN_NO_CONCERN, FACTS
from ansible_collections.virttools.guestconv.plugins.module_utils.sources import vcenter
from ansible_collections.virttools.guestconv.plugins.module_utils.sources.kinds import (
    libvirt_facts,
    libvirt_xml,
    ovf,
    vmx,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.sources.kinds.facts import Absent
from ansible_collections.virttools.guestconv.plugins.module_utils.texts import hostile_xml
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.sources.fact_samples import (
    DOMAIN,
    OBJECTS,
    OVF,
    SUMMARY,
    SUMMARY_DISKS,
    UUID,
    VMX,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.sources.storage import vmdk
from tests import source_facts as page
from tests.conftest import ROOT
from tests.source_cases import presets

DESCRIPTION = ROOT / "tests/unit/plugins/module_utils/fixtures/description_debian12_vmware.json"


def test_cards_on_one_distributed_switch_are_on_different_networks():
    # As in the sample of vmware.vmware.guest_info.
    cards = [
        {"macaddress": f"00:0c:29:36:63:0{number}", "portgroup_key": key, "summary": summary}
        for number, (key, summary) in enumerate(
            [
                ("dvportgroup-13", "DVSwitch: fea97929-4b2d"),
                ("dvportgroup-14", "DVSwitch: fea97929-4b2d"),
                (None, "VM Network"),
            ]
        )
    ]
    summary = {"hw_name": "web01", "hw_interfaces": ["eth0", "eth1", "eth2"]}
    summary.update((f"hw_eth{number}", card) for number, card in enumerate(cards))
    found = vcenter.hardware(summary)["interfaces"]
    assert [each["network"] for each in found] == ["dvportgroup-13", "dvportgroup-14", "VM Network"]


def test_other_settings_of_a_vmx(tmp_path):
    assert of_vmx(tmp_path)["other_settings"] == [
        "guestinfo.metadata",
        "parallel port LPT1",
        "limits of the disk scsi0:0",
        "sound card",
        "SMBIOS strings of the host",
    ]


def test_other_settings_of_an_ovf():
    properties = "<ProductSection><Property ovf:key='ip'/><Property ovf:key='dns'/></ProductSection>"
    found = ovf.parse(presets.ovf({**OVF, "system": properties}), "/x.ovf")["hardware"]
    assert found["other_settings"] == ["sound card ensoniq1371", "properties of its OVF environment (2)"]


def test_other_settings_of_vcenter_are_those_of_its_devices_and_of_the_vmx():
    config = {**OBJECTS["config"], "extraConfig": [{"key": "smbios.reflectHost", "value": "TRUE"}]}
    assert vcenter.hardware({"config": config})["other_settings"] == ["Sound card", "SMBIOS strings of the host"]
    summary = {**SUMMARY, "advanced_settings": {"smbios.reflectHost": "TRUE"}}
    assert vcenter.hardware(summary)["other_settings"] == ["SMBIOS strings of the host"]


DEVICES = (
    "<disk type='file'><source file='/a'/><target dev='vda' bus='virtio'/><iotune><read_iops_sec>9</read_iops_sec></iotune></disk>"
    "<interface type='bridge'><source bridge='br0'/><mac address='52:54:00:aa:bb:01'/><bandwidth/>"
    "<filterref filter='clean-traffic'/></interface>"
    "<parallel type='pty'/><sound model='ich9'/><watchdog model='itco'/><watchdog model='diag288'/><vsock model='virtio'/>"
    "<shmem name='s0'/><smartcard mode='host'/><crypto model='virtio'/><iommu model='intel'/><panic model='isa'/>"
)
SETTINGS = (
    "<genid/><sysinfo type='smbios'><system><entry name='serial'>x</entry><entry name='uuid'>x</entry></system>"
    "<oemStrings><entry>y</entry></oemStrings></sysinfo>"
    "<q:commandline xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'><q:arg value='-snapshot'/></q:commandline>"
)


def test_other_settings_of_a_domain():
    system = "<type arch='x86_64'>hvm</type><smbios mode='host'/><acpi><table type='slic'>/slic</table></acpi>"
    text = presets.domain({"devices": DEVICES, "os": system, "more": SETTINGS})
    assert libvirt_xml.parse(text, "/x.xml")["hardware"]["other_settings"] == [
        "parallel port (pty)",
        "sound card (ich9)",
        "watchdog (diag288)",
        "vsock (virtio)",
        "shared memory (s0)",
        "smart card reader (host)",
        "cryptographic device (virtio)",
        "IOMMU (intel)",
        "generation ID",
        "SMBIOS strings (system serial, oemStrings)",
        "SMBIOS strings of the host",
        "ACPI table (slic)",
        "arguments of QEMU",
        "limits of the disk vda",
        "limits of the network card 52:54:00:aa:bb:01",
        "filter clean-traffic of the network card 52:54:00:aa:bb:01",
    ]


@pytest.mark.parametrize(
    ("facts", "unknown"),
    [
        ({**OBJECTS, "config": {**OBJECTS["config"], "bootOptions": None}, "snapshot": None}, None),
        ({"config": OBJECTS["config"]}, ["whether it runs", "snapshots"]),
        (
            {**OBJECTS, "config": {"name": "web01", "hardware": {"memoryMB": 2048}}},
            ["all devices", "firmware", "secure boot", "UUIDs", "hot-plug", "advanced settings"],
        ),
    ],
)
def test_properties_that_were_not_asked_of_vcenter_are_not_known(facts, unknown):
    found = vcenter.hardware(facts)
    assert found.get("unknown") == unknown
    codes = [concern.code for concern in source_facts.concerns(found)]
    assert ("machine-not-known" in codes) == bool(unknown)


def test_a_network_of_nsx_has_its_id_and_an_nvdimm_is_left():
    card = {"macAddress": "00:50:56:aa:00:01", "backing": {"opaqueNetworkId": "25c9a00e-dc60"}}
    nvdimm = {
        "_vimtype": "vim.vm.device.VirtualNVDIMM",
        "deviceInfo": {"label": "NVDIMM 1"},
        "backing": {"fileName": "[ds1] web01/web01_1.vmdk"},
    }
    found = vcenter.hardware({"config": {"name": "web01", "hardware": {"device": [card, nvdimm]}}})
    assert [each["network"] for each in found["interfaces"]] == ["25c9a00e-dc60"]
    assert found["passthrough"] == ["NVDIMM 1 with [ds1] web01/web01_1.vmdk"]


def of_vmx(folder):
    (folder / "web01.vmtx").write_text(presets.VMX + VMX)
    (folder / "web01.vmsd").write_text('snapshot.numSnapshots = "2"\n')
    (folder / "web01.vmdk").write_bytes(vmdk() + b'\nddb.uuid = "60 00 C2 9a 1b 2c 3d 4e-5f 60 71 82 93 a4 b5 c6"\n')
    return vmx.read(str(folder / "web01.vmtx"))["hardware"]


def of_domain(folder):
    text = presets.domain(DOMAIN).replace("<domain ", "<domain id='7' ")
    return libvirt_xml.parse(text, "/x.xml")["hardware"]


SAMPLES = {
    "OVF": lambda folder: ovf.parse(presets.ovf(OVF), "/x.ovf")["hardware"],
    "VMX": of_vmx,
    "libvirt XML": of_domain,
    "vCenter": lambda folder: vcenter.hardware(OBJECTS),
}

# Where the sample cannot have the fact along with the others: it is another one's.
ELSEWHERE = {
    ("VMX", "serial number and WWN"): "the descriptor of a VMDK: test_vmx.py",
    ("OVF", "disk mode"): "a type of medium",
    ("VMX", "storage"): "a path on a host of VMware: see below",
}
# VirtualBox's medium is shareable here.
IMMUTABLE = {**OVF, "system": OVF["system"].replace("Shareable", "Immutable")}


@pytest.fixture(params=SAMPLES)
def source(request, tmp_path):
    return request.param, SAMPLES[request.param](tmp_path)


def values(hardware, fact):
    holders = hardware[fact.scope] if fact.scope else [hardware]
    return [holder[key] for holder in holders for key in fact.keys if key in holder]


@pytest.mark.parametrize("reader", page.READERS)
def test_a_reader_has_a_cell_for_each_fact(reader):
    assert list(page.READERS[reader]) == [fact.name for fact in FACTS]
    assert all(page.READERS[reader].values())


def test_what_a_reader_declares_is_read(source):
    name, hardware = source
    missing = [
        fact.name
        for fact in FACTS
        if not isinstance(page.READERS[name][fact.name], Absent)
        and (name, fact.name) not in ELSEWHERE
        and not values(hardware, fact)
    ]
    assert missing == []


def test_what_is_read_is_taken_by_the_modules(source):
    found = ArgumentSpecValidator({"hardware": HARDWARE}).validate({"hardware": source[1]})
    assert found.error_messages == []


def test_each_fact_that_is_read_ends_on_the_target_or_in_its_concern(source):
    _name, hardware = source
    codes = {concern.code for concern in source_facts.concerns(hardware)}
    for fact in FACTS:
        assert fact.end in ENDS_IN_NO_CONCERN or not values(hardware, fact) or fact.end in codes, fact.name


def test_the_facts_of_a_vmx(tmp_path):
    found = of_vmx(tmp_path)
    assert {key: found[key] for key in ("uuid", "sockets", "cores", "numa_nodes", "clock", "snapshots", "state")} == {
        "uuid": UUID,
        "sockets": 1,
        "cores": 2,
        "numa_nodes": 2,
        "clock": "3600",
        "snapshots": 2,
        "state": "suspended",
    }
    assert found["interfaces"] == [
        {"driver": "pcnet", "network": "VLAN 7 web", "connected": False, "pci_slot": 192, "mac_kind": "assigned"}
    ]
    assert found["removable"] == ["floppy drive", "CD-ROM drive with debian.iso"]
    assert (found["disks"][0]["mode"], found["disks"][0]["sharing"]) == ("nonpersistent", "physical bus")


@pytest.mark.parametrize(
    ("vmx_path", "file", "storage"),
    [
        ("/vmfs/volumes/ds1/web01/web01.vmx", "web01.vmdk", "ds1"),
        ("/vmfs/volumes/ds1/web01/web01.vmx", "/vmfs/volumes/ds2/web01.vmdk", "ds2"),
        ("/exports/web01.vmx", "web01.vmdk", None),
    ],
)
def test_the_datastore_is_in_the_path(vmx_path, file, storage):
    settings = {"displayname": "web01", "scsi0:0.present": "TRUE", "scsi0:0.filename": file}
    (disk,) = vmx.describe(settings, vmx_path)["hardware"]["disks"]
    assert disk.get("storage") == storage


@pytest.mark.parametrize(
    ("source", "storage"),
    [
        ("pool='fast' volume='web01.qcow2'", "fast"),
        ("file='[ds1] web01/web01.vmdk'", "ds1"),
        ("dev='/dev/vg/a'", "/dev/vg"),
    ],
)
def test_the_storage_of_a_disk_of_libvirt(source, storage):
    element = hostile_xml.parse(f"<disk><source {source}/></disk>", 1000)
    assert libvirt_facts.of_disk(element)["storage"] == storage


def test_a_lock_next_to_a_vmx_says_that_it_runs(tmp_path):
    (tmp_path / "web01.vmtx.lck").mkdir()
    assert of_vmx(tmp_path)["state"] == "running"


def test_a_medium_of_virtualbox_that_forgets():
    hardware = ovf.parse(presets.ovf(IMMUTABLE), "/x.ovf")["hardware"]
    assert hardware["disks"][0]["mode"] == "nonpersistent"
    (concern,) = [each for each in source_facts.concerns(hardware) if each.code == "disk-mode-changed"]
    assert concern.severity == "warning"


def test_an_independent_disk_is_worth_a_note():
    (concern,) = source_facts.concerns({"disks": [{"mode": "independent"}]})
    assert (concern.code, concern.severity) == ("disk-mode-changed", "info")


@pytest.mark.parametrize(
    "hardware, words",
    [
        ({"disks": [{"wwn": "5000c50015ea71aa"}]}, None),
        ({"disks": [{"wwn": "0x5000c50015ea71aa"}]}, None),
        (
            {"disks": [{}, {"wwn": "6000c29a1b2c3d4e5f60718293a4b5c6"}]},
            "world wide name '6000c29a1b2c3d4e5f60718293a4b5c6' of disk 2",
        ),
        ({"cpus": 4, "sockets": 2, "cores": 2}, None),
        ({"cpus": 4, "sockets": 1, "cores": 2, "threads": 2}, None),
        ({"sockets": 2, "cores": 2}, None),
        ({"cpus": 3, "sockets": 2, "cores": 2}, "topology of 2 sockets, 2 cores (the machine has 3 processors)"),
    ],
)
def test_what_the_target_cannot_have_is_named(hardware, words):
    messages = [each.message for each in source_facts.concerns(hardware) if each.code == "machine-settings-left"]
    assert messages == ([f"Settings of the source that the target does not get: {words}."] if words else [])


def test_a_summary_of_vcenter_says_what_it_lacks():
    hardware = vcenter.hardware({"guests": [SUMMARY]}, SUMMARY_DISKS)
    assert hardware["interfaces"] == [{"mac": "00:50:56:aa:00:01", "network": "VLAN 7 web", "mac_kind": "assigned"}]
    assert hardware["disks"] == [
        {
            "controller": "pvscsi",
            "bus": "scsi",
            "controller_number": 0,
            "unit": 3,
            "sharing": "sharingmultiwriter",
            "storage": "ds1",
        }
    ]
    assert (hardware["sockets"], hardware["numa_nodes"], hardware["state"]) == (2, 4, "off")
    codes = {concern.code for concern in source_facts.concerns(hardware)}
    assert codes == {"machine-not-known", "machine-settings-left", "tpm-left", "disk-shared"}
    assert "disks" not in vcenter.hardware(SUMMARY)


@pytest.mark.parametrize("info", [None, [], {}, {"guests": []}, {"guests": [SUMMARY, SUMMARY]}, "web01"])
def test_what_is_not_one_machine_of_vcenter_is_refused(info):
    with pytest.raises(GuestconvError) as caught:
        vcenter.hardware(info)
    assert caught.value.code == "source-malformed"


@pytest.mark.parametrize("word", ["x86_64", "amd64", "i686", None, ""])
def test_a_pc_is_no_concern(word):
    assert source_facts.concerns({"arch": word}) == []


def test_each_key_is_one_of_the_option(source):
    for fact in FACTS:
        options = HARDWARE["options"]
        options = options[fact.scope]["options"] if fact.scope else options
        assert set(fact.keys) <= set(options)


def test_what_vcenter_returns_is_json():
    assert vcenter.hardware(json.loads(json.dumps(OBJECTS))) == vcenter.hardware(OBJECTS)


def test_the_page_of_sources_is_current():
    assert page.PAGE.read_text(encoding="utf-8") == page.text(), "the facts changed: run script/record-contract"


def test_a_description_with_the_facts_is_the_same_after_xml(source):
    guest = {**json.loads(DESCRIPTION.read_text(encoding="utf-8")), "hardware": source[1]}
    assert document.from_xml(document.to_xml(guest))["hardware"] == source[1]


@pytest.mark.parametrize(
    "info",
    [
        {"hw_name": "a"},
        {"hw_name": "a", "hw_interfaces": None, "tags": "x", "snapshots": None, "advanced_settings": None},
        {"config": {}},
        {"config": {"hardware": None, "extraConfig": [None, {"key": None}]}},
        {"config": {"hardware": {"numCPU": "x", "memoryMB": 1 << 80}}},
    ],
)
def test_what_vcenter_does_not_say_is_not_known(info):
    hardware = vcenter.hardware(info)
    assert "interfaces" not in hardware and "disks" not in hardware
    assert [concern.code for concern in source_facts.concerns(hardware)] == ["machine-not-known"]


def test_a_machine_of_vcenter_without_cards_has_none():
    assert vcenter.hardware({"hw_name": "a", "hw_interfaces": []})["interfaces"] == []
    assert vcenter.hardware({"config": {"hardware": {"device": []}}})["interfaces"] == []


def test_a_deep_tree_of_snapshots_is_counted():
    trees = []
    for _number in range(3000):
        trees = [{"childSnapshotList": trees}]
    assert vcenter.hardware({"config": {}, "snapshot": {"rootSnapshotList": trees}})["snapshots"] == 3000
