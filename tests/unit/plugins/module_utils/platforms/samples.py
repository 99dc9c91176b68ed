# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hardware for the tests of all platforms."""

from __future__ import annotations

import copy

# As guestconv_convert returns it.
CONVERTED = {
    "firmware": "bios",
    "machine": "q35",
    "disks": [
        {
            "device": "sda",
            "driver": "virtio-blk-pci",
            "bus": "virtio",
            "boot_order": 1,
            "name_on_target": "/dev/vda",
        }
    ],
    "interfaces": [
        {
            "name": "ens192",
            "driver": "virtio-net-pci",
            "mac": "00:50:56:aa:bb:cc",
            "addresses": ["10.0.2.15/24"],
            "gateway": "10.0.2.2",
        }
    ],
    "video": {"driver": "virtio-vga"},
    "console": {"driver": "isa-serial"},
}


def converted(**changes):
    """CONVERTED with other values for some keys."""
    return {**copy.deepcopy(CONVERTED), **changes}


def disk(driver="virtio-blk-pci", device="sda", boot_order=None):
    """A disk of hardware."""
    return {"driver": driver, "device": device, "boot_order": boot_order}


def card(driver="virtio-net-pci", name="ens192", mac=None):
    """A network card of hardware."""
    return {"driver": driver, "name": name, "mac": mac}


def with_driver(kind, driver):
    """Hardware whose device of kind (of the catalogue) has driver."""
    if kind == "block":
        # The machines with IDE are others.
        machine = "pc" if driver in ("ide", "piix3-ide") else "q35"
        return converted(disks=[disk(driver, boot_order=1)], machine=machine)
    if kind == "network":
        return converted(interfaces=[card(driver, mac="00:50:56:aa:bb:cc")])
    return converted(**{{"graphics": "video", "console": "console"}[kind]: {"driver": driver}})
