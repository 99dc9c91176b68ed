# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices and settings of a source that no target gets are in words, one by one; test_facts.py has those of whole machines."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.model import source_facts
from ansible_collections.virttools.guestconv.plugins.module_utils.sources import vcenter
from ansible_collections.virttools.guestconv.plugins.module_utils.sources.kinds import (
    libvirt_others,
    ovf_others,
    vmx,
    vmx_others,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.texts import hostile_xml


def parsed(text):
    return hostile_xml.parse(text, 1 << 20)


@pytest.mark.parametrize(
    ("inside", "found"),
    [
        ("", []),
        ("<devices><channel><target type='virtio' name='org.qemu.guest_agent.0'/></channel></devices>", []),
        ("<devices><channel><target type='virtio' name='a.app'/></channel></devices>", ["channel a.app"]),
        ("<sysinfo type='smbios'><system><entry name='uuid'>u</entry></system></sysinfo>", []),
        (
            "<sysinfo type='fwcfg'><entry name='opt/com.coreos/config' file='/a.ign'/></sysinfo>",
            ["firmware configuration opt/com.coreos/config"],
        ),
        ("<os><boot dev='network'/><boot dev='hd'/></os>", ["start from the network"]),
        ("<os><boot dev='hd'/><boot dev='network'/></os>", []),
        ("<devices><interface><boot order='1'/></interface></devices>", ["start from the network"]),
        ("<devices><interface><boot order='2'/></interface></devices>", []),
        ("<cpu><feature policy='require' name='vmx'/></cpu>", ["nested virtualization"]),
        ("<cpu><feature name='svm'/></cpu>", ["nested virtualization"]),
        ("<cpu><feature policy='disable' name='svm'/></cpu>", []),
        ("<features><kvm><hidden state='on'/></kvm></features>", ["that the hypervisor is hidden"]),
        ("<devices><interface><mtu size='9000'/></interface></devices>", ["MTU 9000 of the network card 1"]),
        (
            "<cputune><shares>1</shares></cputune><memoryBacking><hugepages/></memoryBacking>",
            ["limits and places on the host (cputune, memoryBacking)"],
        ),
    ],
)
def test_of_a_domain(inside, found):
    assert libvirt_others.settings_of(parsed(f"<domain>{inside}</domain>")) == found


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({}, []),
        ({"sound.present": "FALSE", "sound.virtualdev": "hdaudio"}, []),
        ({"vhv.enable": "TRUE", "mks.enable3d": "TRUE"}, ["nested virtualization", "3D graphics"]),
        ({"tools.synctime": "TRUE"}, ["a clock that is set by the host"]),
        ({"tools.synctime": "FALSE"}, []),
        ({"hypervisor.cpuid.v0": "FALSE"}, ["that the hypervisor is hidden"]),
        ({"bios.bootorder": "ethernet0,hdd"}, ["start from the network"]),
        ({"bios.bootorder": "hdd,ethernet0"}, []),
        (
            {
                "guestinfo.ignition.config.data": "e30=",
                "guestinfo.metadata": "",
                "guestinfo.vmtools.versionstring": "12",
            },
            ["guestinfo.ignition.config.data"],
        ),
        (
            {"sched.cpu.max": "2000", "sched.cpu.min": "0", "sched.mem.max": "unlimited", "sched.mem.minsize": "512"},
            ["sched.cpu.max (2000)"],
        ),
        ({"sched.scsi0:0.throughputcap": "off"}, []),
        ({"cpuid.1.ecx": "----:----:--0-:----", "cpuid.corespersocket": "2"}, ["cpuid.1.ecx"]),
        ({"cpuid.80000001.edx.amd": "-"}, ["cpuid.80000001.edx.amd"]),
        ({"ethernet0.filter4.name": "dvfilter-maclearn"}, ["filter dvfilter-maclearn of a network card"]),
    ],
)
def test_of_a_vmx(settings, found):
    assert vmx_others.settings_of(settings) == found


def test_of_an_ovf():
    system = parsed("<VirtualSystem/>")
    configs = {"nestedHVEnabled": "true", "guestinfo.userdata": "a", "flags.vbsEnabled": "false"}
    configs["tools.syncTimeWithHost"] = "true"
    items = [
        ("4", {"Limit": "1024", "Reservation": "0", "ElementName": "1024MB of memory"}),
        ("3", {"Limit": "-1", "Reservation": "500"}),
        ("10", {}),
    ]
    assert list(ovf_others.settings_of(system, configs, items)) == [
        "limits of 1024MB of memory",
        "limits of resource type 3",
        "nested virtualization",
        "a clock that is set by the host",
        "guestinfo.userdata",
    ]


def test_of_virtualbox():
    machine = (
        "<Machine><Boot><Order position='1' device='Network'/></Boot><AudioAdapter controller='HDA' enabled='true'/>"
        "<LPT><Port enabled='true' path='0x378'/><Port enabled='false'/></LPT><CPU><NestedHWVirt enabled='true'/></CPU>"
        "<NAT><Forwarding name='ssh'/></NAT></Machine>"
    )
    assert list(ovf_others.settings_of_box(parsed(machine))) == [
        "sound card HDA",
        "parallel port 0x378",
        "nested virtualization",
        "forwarded port ssh",
        "start from the network",
    ]
    silent = (
        "<Machine><AudioAdapter controller='AC97' enabled='false'/><Order position='2' device='Network'/></Machine>"
    )
    assert list(ovf_others.settings_of_box(parsed(silent))) == []


def test_of_vcenter():
    config = {
        "name": "web01",
        "nestedHVEnabled": True,
        "tools": {"syncTimeWithHost": True, "afterPowerOn": True},
        "cpuAllocation": {"limit": -1, "reservation": 500},
        "memoryAllocation": {"limit": -1, "reservation": 0},
        "vAppConfig": {"property": [{"id": "hostname"}]},
        "extraConfig": [{"key": "guestinfo.userdata", "value": "I2Nsb3Vk"}],
        "hardware": {"numCPU": 1, "device": []},
    }
    assert vcenter.hardware({"config": config})["other_settings"] == [
        "nested virtualization",
        "a clock that is set by the host",
        "limits of processors",
        "properties of its OVF environment (1)",
        "guestinfo.userdata",
    ]


def test_limits_of_devices_of_vcenter():
    unlimited = {"limit": -1, "reservation": 0, "shares": {"shares": 1000, "level": "normal"}}
    devices = [
        {"_vimtype": "vim.vm.device.VirtualDisk", "storageIOAllocation": {**unlimited, "limit": 500}},
        {"_vimtype": "vim.vm.device.VirtualDisk", "storageIOAllocation": unlimited},
        {
            "_vimtype": "vim.vm.device.VirtualVmxnet3",
            "macAddress": "00:50:56:aa:00:01",
            "deviceInfo": {"label": "Network adapter 1"},
            "resourceAllocation": {**unlimited, "reservation": 100},
        },
        {"_vimtype": "vim.vm.device.VirtualVmxnet3", "macAddress": "00:50:56:aa:00:02", "resourceAllocation": None},
    ]
    config = {"name": "web01", "hardware": {"numCPU": 1, "device": devices}}
    assert vcenter.hardware({"config": config})["other_settings"] == [
        "limits of VirtualDisk",
        "limits of Network adapter 1",
    ]


def test_all_of_them_are_in_the_concern():
    data = b'displayName = "a"\nvhv.enable = "TRUE"\nscsi0:0.present = "TRUE"\nscsi0:0.fileName = "a.vmdk"\n'
    (concern,) = source_facts.concerns(vmx.describe(vmx.parse(data), "/a.vmx")["hardware"])
    assert (concern.code, concern.severity) == ("machine-settings-left", "info")
    assert "nested virtualization" in concern.message
