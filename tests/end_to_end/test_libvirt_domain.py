# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A converted guest as a domain of libvirt's: defined, started, and reached over a bridge."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.platforms import libvirt
from tests.end_to_end import libvirt_host

MAC = "00:50:56:aa:bb:cc"


@pytest.mark.skipif(os.geteuid() != 0, reason="it makes a bridge, which needs root")
def test_a_converted_guest_is_started_by_libvirt_and_reached_at_its_static_address(copy_of, module, tmp_path):
    disk = copy_of("debian12-vmware", "libvirt")
    converted = module("guestconv_convert", disks=[str(disk)], hardware={"interfaces": [{"mac": MAC}]})
    assert converted["changed"]
    domain = libvirt.define(
        converted["hardware"],
        "web01",
        converted["disks"],
        network={"bridge": libvirt_host.BRIDGE},
        domain_type="qemu",
    )
    line = libvirt_host.answer(tmp_path, domain, address="10.0.2.2/24", guest="10.0.2.15", port=22, seconds=900)
    assert line.startswith("SSH-2.0-")


# The machine starts, and its processor does not: QEMU says which devices it has, and which disks it has opened.
_DEVICES = """
ip link add guests type bridge && ip link set guests up && ip link set lo up &&
qemu-nbd --fork --persistent -f raw -b 127.0.0.1 -p 10810 -x 'web 01' "$2" &&
qemu-nbd --fork --persistent -f raw -k /run/data.sock -x data "$3" &&
virsh -q define --validate "$1" >&2 && virsh -q start --paused web01 >&2 &&
virsh -q qemu-monitor-command web01 --hmp 'info qtree' &&
virsh -q qemu-monitor-command web01 --hmp 'info block' && virsh -q destroy web01 >&2
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="it makes a bridge, which needs root")
def test_libvirt_has_the_cards_by_which_windows_finds_its_configuration_again_and_disks_that_are_exports(tmp_path):
    disk, definition = tmp_path / "disk.qcow2", tmp_path / "domain.xml"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(disk), "1M"], check=True)
    exported = [tmp_path / "web.raw", tmp_path / "data.raw"]
    for path in exported:
        path.write_bytes(bytes(1 << 20))
    hardware = {
        "disks": [{"driver": "ahci"}, {"driver": "ahci"}, {"driver": "ahci"}],
        "interfaces": [
            {"driver": "vmxnet3", "mac": "00:50:56:95:08:bb"},
            {
                "driver": "e1000e",
                "mac": "00:0c:29:f3:ff:de",
                "subsystem_vendor": "15ad",
                "subsystem_device": "07d0",
            },
        ],
        "windows": "10.0.18362",
        "hyperv": True,
        "clock": "localtime",
    }
    network = {"bridge": libvirt_host.BRIDGE}
    disks = [str(disk), "nbd://127.0.0.1:10810/web%2001", "nbd+unix:///data?socket=/run/data.sock"]
    definition.write_text(
        libvirt.define(hardware, "web01", disks, network=network, domain_type="qemu"), encoding="utf-8"
    )
    ended = libvirt_host.run(tmp_path, ["sh", "-c", _DEVICES, "sh", str(definition), *map(str, exported)])
    assert ended.returncode == 0, ended.stderr
    for driver in ("vmxnet3", "e1000e"):
        # There, it has the serial number that is made of its MAC address (test_pci_identity.py).
        assert re.search(rf"type PCIE\n\s+dev: {driver},", ended.stdout), ended.stdout
    assert re.search(r"subsys_ven = 5549 .*\n\s+subsys = 2000 ", ended.stdout), ended.stdout
    # The names that QEMU gives what it has connected to (block/nbd.c).
    for name in ("nbd://127.0.0.1:10810/web 01", "nbd+unix:///data?socket=/run/data.sock"):
        assert f"{name} (raw)" in ended.stdout, ended.stdout
