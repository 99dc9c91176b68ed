# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A guest whose initrd configures its network card by name (ip=): after conversion it does so on the target's hardware.

The initrd is booted by itself. It is given a script more, which says what became of the network, and ends the machine.
"""

from __future__ import annotations

import re
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils import initrd
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.images import disks_from_option
from ansible_collections.virttools.guestconv.tests.any_call import Appliance
from tests.end_to_end import direct_boot
from tests.guests.build import guest as built_guest
from tests.guests.recipes import RECIPES

GUEST = "debian12-vmware"
ROOT = RECIPES[GUEST].disk.partitions[0]
MENU = "/boot/grub/grub.cfg"
STATUS, HELD = "/var/lib/dpkg/status", "open-vm-tools"
ARGUMENT = "ip=10.0.2.15::10.0.2.2:255.255.255.0::ens192:off"
NETWORK_CARD = ["-netdev", "user,id=user", "-device", "virtio-net-pci,netdev=user"]

ORDER = "scripts/init-premount/ORDER"
SCRIPT = "scripts/init-premount/announce"
# initramfs-tools' configure_networking waits three minutes for a network card that is not there.
ANNOUNCE = b"""#!/bin/sh
. /scripts/functions
for nic in /sys/class/net/*; do echo "announce nic ${nic##*/}"; done
[ -e /sys/class/net/ens192 ] && configure_networking && echo "announce address $IPV4ADDR"
echo o > /proc/sysrq-trigger
sleep 60
"""


def announced(directory, disk):
    """{subject: [what was said of it]} by the initrd in a copy of the guest's /boot."""
    (kernel,) = directory.glob("boot/vmlinuz-*")
    (path,) = directory.glob("boot/initrd.img-*")
    found = initrd.read(str(path), wanted=[ORDER])
    order = (found.content(ORDER) or b"") + f'/{SCRIPT} "$@"\n'.encode()
    script = [initrd.File(ORDER, 0o644, order), initrd.File(SCRIPT, 0o755, ANNOUNCE)]
    with path.open("ab") as file:
        file.write(initrd.supplement(found, script))
    console = direct_boot.boot(kernel, path, ARGUMENT, disk, "virtio-blk-pci", NETWORK_CARD)
    said = {}
    for subject, value in re.findall(r"\bannounce (\w+) (\S+)", console):
        said.setdefault(subject, []).append(value)
    return said


@pytest.fixture(scope="module")
def disk(scratch):
    path = scratch / "names-in-initrd.raw"
    subprocess.run(["qemu-img", "convert", "-O", "raw", built_guest(GUEST), path], check=True)
    with Appliance(disks_from_option([{"path": str(path), "format": "raw"}]), read_only=False) as appliance:
        appliance.mount(f"{appliance.device(0)}1", "/")
        menu = appliance.read_file(MENU).decode()
        # As `dpkg --set-selections` does it.
        status = appliance.read_file(STATUS).decode()
        held = status.replace(f"Package: {HELD}\nStatus: install ", f"Package: {HELD}\nStatus: hold ")
        assert held != status
        appliance.write(STATUS, held.encode())
        appliance.write(MENU, re.sub(r"(\slinux\s+/boot/vmlinuz\S+)", rf"\1 {ARGUMENT}", menu).encode())
        appliance.close()
    return path


@pytest.fixture(scope="module")
def converted(module, disk, scratch):
    """(What conversion returned, the directory with a copy of /boot as it is then)."""
    result = module("guestconv_convert", disks=[{"path": str(disk), "format": "raw"}])
    assert not result.get("failed"), result
    direct_boot.copy_of_directory(disk, ROOT, "/boot", scratch / "names-after")
    return result, scratch / "names-after"


def test_before_conversion_the_initrd_does_not_know_the_targets_network_card(disk, scratch):
    direct_boot.copy_of_directory(disk, ROOT, "/boot", scratch / "names-before")
    said = announced(scratch / "names-before", disk)
    assert said == {"nic": ["lo"]}


def test_the_initrd_gets_the_driver_and_what_names_the_network_card(converted, disk):
    result, directory = converted
    (card,) = result["hardware"]["interfaces"]
    assert (card["name"], card["driver"]) == ("ens192", "virtio-net-pci")
    said = announced(directory, disk)
    assert sorted(said["nic"]) == ["ens192", "lo"]
    assert said["address"] == ["10.0.2.15"]


def test_oracle_14_tools_on_hold_stay_and_are_turned_off(converted):
    result, _directory = converted
    details = [change["detail"] for change in result["changes"] if change["aspect"] == "hypervisor_tools"]
    assert details and not any("removed" in detail for detail in details)
    (concern,) = [each for each in result["guest"]["concerns"] if each["code"] == "vmware-tools-needed"]
    assert HELD in concern["message"] and "it is on hold" in concern["message"]


def test_a_second_conversion_finds_nothing_to_do(module, converted, disk):
    result = module("guestconv_convert", disks=[{"path": str(disk), "format": "raw"}], guest=converted[0]["guest"])
    assert result.get("changed") is False, result
