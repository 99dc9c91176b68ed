# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guests of test_fleet.py, as an inventory: six that are well, of six layouts, and two broken on purpose."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

from tests.end_to_end import direct_boot
from tests.guests import network_variants
from tests.guests.build import guest as built_guest
from tests.guests.network_variants import VARIANTS
from tests.guests.recipes import RECIPES

# Guests that are whole disks in a directory, where the inventory plugin finds them: {name: what it is a copy of}.
WHOLE = {"web01": "debian12-vmware", "web02": "debian12-vmware-modern"}

# Overlays of one image, whose network is configured in different ways. test_network.py boots the other ways.
OVERLAYS = ("ifupdown-logs", "netplan-new-macs", "networkd")

# It has an initrd of dracut's and no network.
DRACUT = "dracut"

GOOD = (*WHOLE, DRACUT, *OVERLAYS)

# The one is converted well, and hangs when it is booted. The conversion of the other stops at a file of its own.
HANGING, OVERSIZED = BROKEN = ("hanging", "oversized")

# As they are begun: the one that hangs has others after it.
GUESTS = (*GOOD[:4], *BROKEN, *GOOD[4:])

# {machine that converts: how many modules run there at once}. It is the guests' names that say where each goes.
SLOTS = {"conv1": 1, "conv2": 2}

# They are to boot from virtio-scsi, by the policy of their group.
SCSI = ("networkd", DRACUT)

_ROOTS = {name: RECIPES[name].disk.partitions[0] for name in (network_variants.BASE, "debian12-initrds")}
_GRUB_DEFAULTS = "/etc/default/grub"
_INIT = "/usr/sbin/init"

# ansible-core's strategies look for results every millisecond, which takes a tenth of a core as long as a run lasts.
_CONFIGURATION = "[defaults]\ninternal_poll_interval = 0.05\n"
_MENU = "/boot/grub/grub.cfg"


def make(place):
    """Make the fleet in the directory place: disks/, two inventories (hosts.json, disks.guests.yml), ansible.cfg."""
    disks = place / "disks"
    disks.mkdir(parents=True)
    for name, guest in WHOLE.items():
        shutil.copyfile(built_guest(guest), disks / f"{name}.qcow2")
    _make_dracut(disks / f"{DRACUT}.raw")
    base = built_guest(network_variants.BASE)
    for name in BROKEN:
        _raw(base, disks / f"{name}.raw")
    _write(disks / f"{OVERSIZED}.raw", network_variants.BASE, _GRUB_DEFAULTS, "# more than is read\n" * 500_000)
    # By the kernel's word the guest is up: it is init that does nothing, for ever.
    _write(disks / f"{HANGING}.raw", network_variants.BASE, _INIT, "#!/bin/sh\nexec sleep infinity\n", 0o755)
    (place / "hosts.json").write_text(json.dumps(_inventory(place)), encoding="utf-8")
    plugin = {"plugin": "virttools.guestconv.guests", "paths": [str(disks)]}
    (place / "disks.guests.yml").write_text(json.dumps(plugin), encoding="utf-8")
    (place / "ansible.cfg").write_text(_CONFIGURATION, encoding="utf-8")


def mend(disk):
    """Give the raw disk of the guest OVERSIZED a file that can be read."""
    _write(disk, network_variants.BASE, _GRUB_DEFAULTS, "GRUB_TIMEOUT=0\n")


def _make_dracut(disk):
    """The guest with initrds of all kinds, of which its boot menu keeps the first: to convert all is another test's."""
    _raw(built_guest("debian12-initrds"), disk)
    menu = direct_boot.content(disk, _ROOTS["debian12-initrds"], _MENU)
    one = re.sub(r"^menuentry '/boot/initrd-.*?^}\n", "", menu, flags=re.MULTILINE | re.DOTALL)
    _write(disk, "debian12-initrds", _MENU, one, 0o600)


def _raw(source, target):
    subprocess.run(["qemu-img", "convert", "-O", "raw", source, target], check=True)


def _write(disk, recipe, path, text, mode=0o644):
    """Replace a file of a raw disk that is not in use; far quicker than with the appliance."""
    file = disk.with_suffix(".file")
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    filesystem = f"{disk}?offset={_ROOTS[recipe].start << 20}"
    subprocess.run(
        ["debugfs", "-w", "-f", "-", filesystem],
        input=f"rm {path}\nwrite {file} {path}\n",
        text=True,
        check=True,
        capture_output=True,
    )
    file.unlink()
    assert direct_boot.content(disk, _ROOTS[recipe], path) == text


def _inventory(place):
    """What cannot be found out: the machines that convert, the policy by layers, and the guests that are overlays."""
    hosts = {name: {} for name in GUESTS}
    for name in OVERLAYS:
        hosts[name] = {
            "guestconv_source": {"type": "disks", "disks": [network_variants.disk(name)]},
            "guestconv_hardware": VARIANTS[name].hardware,
            "guestconv_devices_host": {
                "network": {card: {"driver": driver} for card, driver in VARIANTS[name].drivers.items()}
            },
            "fetch_mode": "overlay",
        }
    hosts["web02"]["guestconv_devices_host"] = {"network": {"*": {"driver": "e1000"}}}
    for name in (DRACUT, HANGING):
        hosts[name]["fetch_mode"] = "overlay"
    # So that it can be mended where it is.
    hosts[OVERSIZED]["fetch_format"] = "raw"
    # However long it had, it would hang. It is tried once, since a guest that is late is worth a second try.
    hosts[HANGING].update(guestconv_verify_timeout=60, verify_retries=0)
    return {
        "all": {
            "hosts": hosts,
            "children": {
                "guestconv_conversion_hosts": {"hosts": {name: _machine(place, name) for name in SLOTS}},
                "scsi": {
                    "hosts": dict.fromkeys(SCSI, {}),
                    "vars": {"guestconv_devices_group": {"block": {"*": {"driver": "virtio-scsi-pci"}}}},
                },
            },
            "vars": {
                "guestconv_images": str(place / "images"),
                "guestconv_directory": str(place / "run"),
                "guestconv_verify_timeout": 1800,
                "guestconv_devices_all": {"graphics": {"*": {"driver": ["qxl-vga", "VGA"]}}},
            },
        }
    }


def _machine(place, name):
    """This one, by the name of a machine that converts."""
    return {
        "ansible_connection": "local",
        # It has the binding, which a Python that Ansible finds need not have.
        "ansible_python_interpreter": "/usr/bin/python3",
        "guestconv_slots": {"count": SLOTS[name], "directory": str(place / "slots" / name)},
    }
