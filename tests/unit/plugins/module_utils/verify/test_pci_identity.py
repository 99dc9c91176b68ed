# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""By what QEMU's network cards are known to Windows, as guestconv_verify and the definitions start them.

The paths are those of VMware guests: e1000e's is in a hive of ../shared/hives, vmxnet3's in inventories next to its MAC
address. QEMU is asked; no guest runs.
"""

from __future__ import annotations

import shutil
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.model import hardware as machines
from ansible_collections.virttools.guestconv.plugins.module_utils.platforms import proxmox
from ansible_collections.virttools.guestconv.plugins.module_utils.verify import command_line, network
from tests import qtest

EMULATOR = shutil.which("qemu-system-x86_64") or shutil.which("qemu-kvm") or "/usr/libexec/qemu-kvm"
E1000E = r"PCI\VEN_8086&DEV_10D3&SUBSYS_07D015AD&REV_00\000C29FFFFF3FFDE00"
VMXNET3 = r"PCI\VEN_15AD&DEV_07B0&SUBSYS_07B015AD&REV_01\FF565000BB0895FE00"
CARDS = [
    {"driver": "vmxnet3", "mac": "00:50:56:95:08:bb"},
    {"driver": "e1000e", "mac": "00:0c:29:f3:ff:de", "subsystem_vendor": "15ad", "subsystem_device": "07d0"},
]
HARDWARE = {"disks": [{"driver": "ahci"}], "interfaces": CARDS, "windows": "10.0.18362", "hyperv": True}

# What q35 has of buses on Proxmox VE (pve-q35-4.0.cfg of qemu-server): network cards are on pci.0, which has no Express.
PROXMOX = [
    *("-device", "pcie-root-port,id=ich9-pcie-port-1,bus=pcie.0,addr=1c.0,multifunction=on,port=1,chassis=1"),
    *("-device", "pcie-root-port,id=ich9-pcie-port-2,bus=pcie.0,addr=1c.1,multifunction=on,port=2,chassis=2"),
    *("-device", "pcie-root-port,id=ich9-pcie-port-3,bus=pcie.0,addr=1c.2,multifunction=on,port=3,chassis=3"),
    *("-device", "pcie-root-port,id=ich9-pcie-port-4,bus=pcie.0,addr=1c.3,multifunction=on,port=4,chassis=4"),
    *("-device", "i82801b11-bridge,id=pcidmi,bus=pcie.0,addr=1e.0"),
    *("-device", "pci-bridge,id=pci.0,bus=pcidmi,addr=1.0,chassis_nr=1"),
]


def has(device):
    """Whether the emulator has a device: that of Enterprise Linux has no vmxnet3."""
    return any(f'name "{device}"' in line for line in _devices())


def _devices():
    listed = subprocess.run([EMULATOR, "-device", "help"], capture_output=True, text=True, check=False)
    return listed.stdout.splitlines()


@pytest.fixture(autouse=True)
def emulator():
    if not shutil.which(EMULATOR) or not has("vmxnet3"):
        pytest.skip("this QEMU has no vmxnet3")


def test_verify_starts_the_cards_that_windows_had():
    hardware = machines.from_dict(HARDWARE)
    launch = command_line.Launch(
        EMULATOR, "tcg", 512, 1, hardware, ("/dev/null",), tuple(network.user_networks(hardware.interfaces))
    )
    vector = command_line.command_line(launch)
    pairs = [pair for pair in zip(vector, vector[1:]) if pair[0] in ("-machine", "-device", "-netdev")]
    cards = [word for pair in pairs if "drive=" not in pair[1] for word in pair]
    assert qtest.instance_paths(EMULATOR, cards) == [VMXNET3, E1000E]


def test_the_arguments_of_proxmox_put_the_cards_where_they_have_a_serial_number():
    cards = [
        *("-device", f"vmxnet3,mac={CARDS[0]['mac']},bus=pci.0,addr=0x12,id=net0,romfile="),
        *("-device", f"e1000e,mac={CARDS[1]['mac']},bus=pci.0,addr=0x13,id=net1,romfile="),
    ]
    options = proxmox.define(HARDWARE, name="web01", volumes=["local-lvm:0"])
    machine = ["-machine", "q35", *PROXMOX, *cards]
    without = qtest.instance_paths(EMULATOR, machine)
    assert VMXNET3 not in without and E1000E not in without
    assert sorted(qtest.instance_paths(EMULATOR, [*machine, *options["args"].split()])) == sorted([VMXNET3, E1000E])
