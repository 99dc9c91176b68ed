# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.model import hardware
from ansible_collections.virttools.guestconv.plugins.module_utils.qemu.accelerator import PROCESSORS
from ansible_collections.virttools.guestconv.plugins.module_utils.verify.command_line import Launch, command_line
from ansible_collections.virttools.guestconv.plugins.module_utils.verify.firmware import Firmware
from ansible_collections.virttools.guestconv.plugins.module_utils.verify.network import user_networks


def vector(machine, **more):
    """The command line for machine (a dict, as convert returns it)."""
    found = hardware.from_dict(machine)
    values = dict(
        emulator="/usr/bin/qemu-system-x86_64",
        accelerator="tcg",
        memory=1024,
        cpus=2,
        hardware=found,
        overlays=tuple("/work, dir/disk%d.qcow2" % index for index in range(len(found.disks))),
        networks=tuple(user_networks(found.interfaces)),
        guest_port=22,
        host_ports=tuple(40000 + index for index in range(len(found.interfaces))),
        monitor=3,
        console=4 if found.console else None,
    )
    return command_line(Launch(**dict(values, **more)))


def option(arguments, name):
    """The values of the option name, in order."""
    return [value for key, value in zip(arguments, arguments[1:]) if key == name]


def disks(*drivers, **more):
    return dict({"disks": [{"driver": driver} for driver in drivers]}, **more)


def test_the_whole_command_line_of_a_small_machine():
    card = {"driver": "virtio-net-pci", "mac": "00:50:56:aa:bb:cc", "addresses": ["10.0.2.15/24"]}
    machine = {
        "disks": [{"driver": "virtio-blk-pci", "boot_order": 1}],
        "interfaces": [dict(card, gateway="10.0.2.2")],
        "video": {"driver": "virtio-vga"},
        "console": {"driver": "isa-serial"},
    }
    block = {
        "cache": {"no-flush": True},
        "driver": "qcow2",
        "file": {"driver": "file", "filename": "/work, dir/disk0.qcow2"},
        "node-name": "disk0",
    }
    network = "net=10.0.0.0/20,host=10.0.2.2,dns=10.0.0.1,dhcpstart=10.0.0.16,hostfwd=tcp:127.0.0.1:40000-10.0.2.15:22"
    assert vector(machine) == [
        *["/usr/bin/qemu-system-x86_64", "-name", "guestconv-verify", "-nodefaults", "-no-user-config"],
        *["-display", "none", "-no-shutdown", "-accel", "tcg", "-cpu", PROCESSORS["tcg"]],
        *["-m", "1024", "-smp", "2", "-rtc", "base=utc", "-smbios", "type=3,asset=guestconv-verify"],
        *["-machine", "q35"],
        *["-chardev", "socket,id=monitor,fd=3", "-mon", "chardev=monitor,mode=control"],
        *["-device", "pcie-root-port,id=port0,chassis=2,multifunction=on,addr=0x2.0x0"],
        *["-device", "pcie-root-port,id=port1,chassis=3,multifunction=on,addr=0x2.0x1"],
        *[
            "-blockdev",
            json.dumps(block, sort_keys=True),
            "-device",
            "virtio-blk-pci,drive=disk0,bus=port1,bootindex=1",
        ],
        *["-netdev", "user,id=net0,restrict=on,ipv6=off," + network],
        *["-device", "virtio-net-pci,netdev=net0,romfile=,mac=00:50:56:aa:bb:cc,bus=port0"],
        *["-device", "virtio-vga"],
        *["-chardev", "socket,id=console,fd=4", "-device", "isa-serial,chardev=console"],
    ]


@pytest.mark.parametrize(
    "machine, devices",
    [
        (
            disks("virtio-blk-pci", "nvme", machine="pc"),
            ["virtio-blk-pci,drive=disk0", "nvme,drive=disk1,serial=disk1"],
        ),
        (
            disks("virtio-scsi-pci", "virtio-scsi-pci"),
            [
                "pcie-root-port,id=port0,chassis=1,multifunction=on,addr=0x2.0x0",
                "virtio-scsi-pci,id=virtio-scsi-pci-0,bus=port0",
                "scsi-hd,drive=disk0,bus=virtio-scsi-pci-0.0,channel=0,scsi-id=0,lun=0",
                "scsi-hd,drive=disk1,bus=virtio-scsi-pci-0.0,channel=0,scsi-id=1,lun=0",
            ],
        ),
        (disks("ahci", "ahci"), ["ide-hd,drive=disk0,bus=ide.0", "ide-hd,drive=disk1,bus=ide.1"]),
        (disks("ahci", machine="pc"), ["ahci,id=ahci-0", "ide-hd,drive=disk0,bus=ahci-0.0"]),
        (
            disks("piix3-ide", "piix3-ide", "piix3-ide", machine="pc"),
            [
                "ide-hd,drive=disk0,bus=ide.0,unit=0",
                "ide-hd,drive=disk1,bus=ide.0,unit=1",
                "ide-hd,drive=disk2,bus=ide.1,unit=0",
            ],
        ),
    ],
)
def test_disks_are_attached_by_their_model(machine, devices):
    assert option(vector(machine), "-device") == devices


@pytest.mark.parametrize("driver, capacity", [("ahci", 6), ("lsi53c895a", 7), ("mptsas1068", 8), ("pvscsi", 64)])
def test_a_full_controller_is_followed_by_another(driver, capacity):
    devices = option(vector(disks(*[driver] * (capacity + 1))), "-device")
    assert devices[-2] == f"{driver},id={driver}-1"
    assert f"bus={driver}-1.0" in devices[-1]


def test_disks_of_different_models_have_their_own_controllers():
    devices = option(vector(disks("pvscsi", "ahci", "pvscsi")), "-device")
    assert [device for device in devices if ",drive=" not in device] == ["pvscsi,id=pvscsi-0"]
    assert devices[-1] == "scsi-hd,drive=disk2,bus=pvscsi-0.0,channel=0,scsi-id=1,lun=0"


def test_a_card_with_a_slot_is_behind_a_port_of_that_number():
    machine = disks("ahci", interfaces=[{"driver": "vmxnet3", "slot": 192}, {"driver": "vmxnet3", "slot": 224}])
    assert option(vector(machine), "-global") == ["ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"]
    assert option(vector(machine), "-device")[1:] == [
        "pcie-root-port,id=slot192,chassis=1,slot=192",
        "vmxnet3,netdev=net0,romfile=,bus=slot192",
        "pcie-root-port,id=slot224,chassis=2,slot=224",
        "vmxnet3,netdev=net1,romfile=,bus=slot224",
    ]


def test_virtio_that_must_be_transitional_is_on_the_root_bus():
    machine = disks("virtio-blk-pci", interfaces=[{"driver": "virtio-net-pci"}], virtio="transitional")
    assert option(vector(machine), "-device") == ["virtio-blk-pci,drive=disk0", "virtio-net-pci,netdev=net0,romfile="]


def test_many_virtio_devices_share_slots_of_the_root_bus():
    devices = option(vector(disks(*["virtio-blk-pci"] * 9)), "-device")
    assert [device.rpartition(",")[2] for device in devices[7:9]] == ["addr=0x2.0x7", "addr=0x3.0x0"]
    assert devices[-1] == "virtio-blk-pci,drive=disk8,bus=port8"


def test_every_network_is_isolated_and_nothing_is_forwarded_unless_a_port_is_expected():
    machine = disks("ahci", interfaces=[{"driver": "e1000"}, {"driver": "e1000", "addresses": ["10.0.2.9/24"]}])
    networks = option(vector(machine, guest_port=None), "-netdev")
    assert len(networks) == 2
    for network in networks:
        assert "restrict=on" in network
        assert "hostfwd" not in network


def test_a_machine_without_display_and_console_has_none():
    assert option(vector(disks("ahci")), "-device") == ["ide-hd,drive=disk0,bus=ide.0"]


@pytest.mark.parametrize("console", ["isa-serial", "virtconsole"])
def test_console_and_guest_agent_share_one_controller(console):
    devices = option(vector(disks("ahci", console={"driver": console}), agent=5), "-device")
    assert devices.count("virtio-serial-pci,bus=port0") == 1
    assert devices[-1] == "virtserialport,chardev=agent,name=org.qemu.guest_agent.0"
    assert console + ",chardev=console" in devices


@pytest.mark.parametrize("machine", ["q35", "pc"])
def test_a_tpm_is_behind_the_socket_of_swtpm_and_is_the_last_device(machine):
    without = vector(disks("virtio-blk-pci", machine=machine, tpm=True))
    assert vector(disks("virtio-blk-pci", machine=machine, tpm=True), tpm=9) == [
        *without,
        *["-chardev", "socket,id=tpm,fd=9", "-tpmdev", "emulator,id=tpm,chardev=tpm", "-device", "tpm-crb,tpmdev=tpm"],
    ]
    assert without == vector(disks("virtio-blk-pci", machine=machine))


def test_uefi_has_its_code_read_only_and_its_variables_writable():
    firmware = Firmware("/usr/share/OVMF/OVMF_CODE.fd", "/tmp/a,b/variables", "raw")
    arguments = vector(disks("ahci", firmware="uefi"), firmware=firmware)
    assert option(arguments, "-machine") == ["q35,pflash0=firmware-code,pflash1=firmware-variables"]
    code, variables = [json.loads(block) for block in option(arguments, "-blockdev")[:2]]
    assert (code["file"]["filename"], code["read-only"]) == (firmware.code, True)
    assert (variables["file"]["filename"], "read-only" in variables) == (firmware.variables, False)


def test_the_processor_goes_with_the_accelerator():
    assert option(vector(disks("ahci"), accelerator="kvm"), "-cpu") == ["host"]


def test_what_the_machine_keeps_of_its_source_is_what_the_guest_sees():
    identity = "564d1234-abcd-ef00-1122-334455667788"
    disk = {"driver": "virtio-blk-pci", "serial": "S1"}
    arguments = vector({"disks": [disk], "uuid": identity, "clock": "localtime"})
    assert option(arguments, "-uuid") == [identity] and option(arguments, "-rtc") == ["base=localtime"]
    assert any(argument.startswith("virtio-blk-pci,") and "serial=S1" in argument for argument in arguments)


@pytest.mark.parametrize("driver", ["virtio-scsi-pci", "ahci", "virtio-blk-pci"])
@pytest.mark.parametrize("wwn", ["5000c50015ea71aa", "6000c29a1b2c3d4e5f60718293a4b5c6"])
def test_a_disk_has_the_world_wide_name_that_qemu_can_give_it(driver, wwn):
    arguments = vector({"disks": [{"driver": driver, "wwn": wwn}]})
    expected = driver != "virtio-blk-pci" and len(wwn) == 16
    assert any(argument.endswith(f",wwn=0x{wwn}") for argument in arguments) == expected


def test_windows_sees_the_interface_of_hyperv_where_kvm_offers_it():
    machine = disks("ahci", windows="10.0.18362", hyperv=True)
    assert option(vector(machine, accelerator="kvm"), "-cpu")[0].startswith("host,hv-relaxed,")
    assert {"hv-spinlocks=0x1fff", "hv-time", "hv-stimer", "hv-ipi"} < set(
        option(vector(machine, accelerator="kvm"), "-cpu")[0].split(",")
    )
    assert option(vector(machine), "-cpu") == [PROCESSORS["tcg"]]
    assert option(vector(disks("ahci"), accelerator="kvm"), "-cpu") == ["host"]


def test_a_card_has_the_subsystem_ids_that_windows_knows():
    card = {"driver": "e1000e", "mac": "00:0c:29:f3:ff:de", "subsystem_vendor": "15ad", "subsystem_device": "07d0"}
    found = [device for device in option(vector(disks("ahci", interfaces=[card])), "-device") if "e1000e" in device]
    assert found[0].startswith("e1000e,netdev=net0,romfile=,mac=00:0c:29:f3:ff:de,subsys_ven=0x15ad,subsys=0x07d0")
