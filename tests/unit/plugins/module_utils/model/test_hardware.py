# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.devices import models, targets
from ansible_collections.virttools.guestconv.plugins.module_utils.disks import images
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.model import hardware
from ansible_collections.virttools.guestconv.plugins.module_utils.verify import verification

# As guestconv_convert returns it.
CONVERTED = {
    "firmware": "uefi",
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
            "slot": None,
        }
    ],
    "video": {"driver": "virtio-vga"},
    "console": {"driver": "isa-serial"},
}


def test_what_convert_returns_comes_back_the_same():
    assert hardware.from_dict(CONVERTED).as_dict() == CONVERTED


def test_the_size_of_the_machine_comes_back_where_it_is_known():
    sized = dict(CONVERTED, cpus=4, memory=65536)
    assert hardware.from_dict(sized).as_dict() == sized
    assert hardware.from_dict(dict(sized, cpus=None, memory="65536")).as_dict() == dict(CONVERTED, memory=65536)


def test_the_agent_that_is_to_run_comes_back():
    asked = dict(CONVERTED, guest_agent=True)
    assert hardware.from_dict(asked).as_dict() == asked
    assert hardware.from_dict(dict(asked, guest_agent=False)).as_dict() == CONVERTED


def test_all_but_the_disks_has_a_default():
    found = hardware.from_dict({"disks": [{"driver": "ahci"}], "video": None, "interfaces": None})
    assert (found.firmware, found.machine, found.interfaces) == ("bios", "q35", ())
    assert (found.video, found.console, found.disks[0].boot_order) == (None, None, None)


def test_numbers_that_templating_made_strings_of_are_numbers():
    found = hardware.from_dict({"disks": [{"driver": "ahci", "boot_order": "2"}]})
    assert found.disks[0].boot_order == 2


@pytest.mark.parametrize(
    "path, change",
    [
        ("hardware.disks", {"disks": []}),
        ("hardware.disks", {"disks": "sda"}),
        ("hardware.disks[0]", {"disks": ["sda"]}),
        ("hardware.disks[0].driver", {"disks": [{"driver": "floppy"}]}),
        ("hardware.disks[0].driver", {"disks": [{"driver": ["ahci"]}]}),
        ("hardware.disks[0].driver", {"disks": [{"driver": "piix3-ide"}]}),
        ("hardware.disks[1].boot_order", {"disks": [{"driver": "ahci"}, {"driver": "ahci", "boot_order": 0}]}),
        (
            "hardware.disks[1].boot_order",
            {"disks": [{"driver": "ahci", "boot_order": 1}, {"driver": "ahci", "boot_order": 1}]},
        ),
        ("hardware.disks[1].device", {"disks": [{"driver": "ahci", "device": "sda"}] * 2}),
        ("hardware.disks[0].size", {"disks": [{"driver": "ahci", "size": 1}]}),
        ("hardware.firmware", {"firmware": "coreboot"}),
        ("hardware.machine", {"machine": "q35,kernel=/etc/shadow"}),
        ("hardware.machine", {"machine": ["q35"]}),
        ("hardware.tpm", {"tpm": {}}),
        ("hardware.cpus", {"cpus": 0}),
        ("hardware.guest_agent", {"guest_agent": "no"}),
        ("hardware.memory", {"memory": "64 GiB"}),
        ("hardware.video.driver", {"video": {"driver": "voodoo"}}),
        ("hardware.video", {"video": "VGA"}),
        ("hardware.console.driver", {"console": {"driver": "sclpconsole"}}),
        ("hardware.interfaces[0].driver", {"interfaces": [{}]}),
        ("hardware.interfaces[0].mac", {"interfaces": [{"driver": "e1000", "mac": "52:54:00:00:00:00,romfile=/x"}]}),
        ("hardware.interfaces[0].mac", {"interfaces": [{"driver": "e1000", "mac": "01:00:5e:00:00:01"}]}),
        ("hardware.interfaces[0].addresses[0]", {"interfaces": [{"driver": "e1000", "addresses": ["300.0.0.1/8"]}]}),
        ("hardware.interfaces[0].addresses", {"interfaces": [{"driver": "e1000", "addresses": "10.0.0.1"}]}),
        ("hardware.interfaces[0].gateway", {"interfaces": [{"driver": "e1000", "gateway": "router"}]}),
        ("hardware.interfaces[0].slot", {"interfaces": [{"driver": "e1000", "slot": 8192}]}),
        ("hardware.interfaces[0].slot", {"machine": "pc", "interfaces": [{"driver": "e1000", "slot": 3}]}),
    ],
)
def test_what_is_not_understood_is_an_error_that_says_where(path, change):
    with pytest.raises(GuestconvError) as caught:
        hardware.from_dict({"disks": [{"driver": "ahci"}], **change})
    assert (caught.value.code, caught.value.path) == ("hardware-invalid", path)


def test_a_description_in_the_place_of_hardware_is_told_from_a_misspelt_key():
    with pytest.raises(GuestconvError) as caught:
        hardware.from_dict({"schema": 1, "devices": {}})
    assert (caught.value.code, caught.value.path) == ("hardware-invalid", "hardware")
    assert "guestconv_convert returns" in caught.value.message


@pytest.mark.parametrize(
    "machine, family", [("pc", "pc"), ("pc-i440fx-7.2", "pc"), ("q35", "q35"), ("pc-q35-7.2", "q35")]
)
def test_the_family_of_a_machine(machine, family):
    assert hardware.from_dict({"disks": [{"driver": "ahci"}], "machine": machine}).family == family


@pytest.mark.parametrize("target", targets.TARGETS.values(), ids=lambda target: target.name)
def test_every_model_of_every_target_can_be_booted(target):
    known = {"block": models.DISKS, "network": models.INTERFACES, "graphics": models.VIDEO, "console": models.CONSOLES}
    for kind, catalogue in target.models.items():
        assert {model.driver for model in catalogue} <= set(known[kind])


def test_a_disk_that_the_hardware_does_not_have_is_not_attached():
    wanted = hardware.from_dict({"disks": [{"driver": "ahci", "device": "sdc"}, {"driver": "ahci", "device": "sda"}]})
    disks = [images.Disk(f"/{name}", "raw", name, 512) for name in ("sda", "sdb", "sdc")]
    assert [disk.device for disk in verification._attached(disks, wanted)] == ["sdc", "sda"]


def test_without_names_in_the_hardware_the_disks_are_attached_in_their_order():
    wanted = hardware.from_dict({"disks": [{"driver": "ahci"}, {"driver": "ahci"}]})
    disks = [images.Disk(f"/{name}", "raw", name, 512) for name in ("sda", "sdb")]
    assert verification._attached(disks, wanted) == disks
