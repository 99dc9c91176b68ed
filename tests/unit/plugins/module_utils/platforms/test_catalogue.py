# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every driver that a guest can be converted for is had from each platform, or a clear error says that it is not."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.devices import models, targets
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.platforms import (
    kubevirt,
    libvirt,
    openstack,
    proxmox,
)
from tests.unit.plugins.module_utils.platforms.samples import converted, disk, with_driver

PLATFORMS = {
    "libvirt": lambda hardware: libvirt.define(hardware, "web01", ["/images/web01.qcow2"]),
    "kubevirt": lambda hardware: kubevirt.define(hardware, "web01", ["web01"]),
    "openstack": openstack.define,
    "proxmox": lambda hardware: proxmox.define(hardware, "web01", ["local-lvm:vm-100-disk-0"]),
}

KVM = [(kind, model.driver) for kind in targets.KVM.models for model in targets.KVM.all_models(kind)]

# What convert can choose for KVM, and a platform cannot give.
NOT_OFFERED = {
    ("libvirt", "nvme"),
    ("kubevirt", "nvme"),
    ("kubevirt", "vmxnet3"),
    ("kubevirt", "mptsas1068"),
    ("proxmox", "mptsas1068"),
    ("libvirt", "pvscsi"),
    ("openstack", "pvscsi"),
    ("kubevirt", "pvscsi"),
    ("openstack", "nvme"),
    ("proxmox", "nvme"),
    ("kubevirt", "qxl-vga"),
    ("kubevirt", "virtconsole"),
    ("openstack", "virtconsole"),
    ("proxmox", "virtconsole"),
}

# What a machine of guestconv_verify's can have besides.
OTHERS = [
    (kind, driver)
    for kind, drivers in {
        "block": models.DISKS,
        "network": models.INTERFACES,
        "graphics": models.VIDEO,
        "console": models.CONSOLES,
    }.items()
    for driver in drivers
    if (kind, driver) not in KVM
]


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize(("kind", "driver"), KVM)
def test_a_driver_of_the_kvm_target_is_had_or_refused_by_name(platform, kind, driver):
    if (platform, driver) in NOT_OFFERED:
        with pytest.raises(GuestconvError) as caught:
            PLATFORMS[platform](with_driver(kind, driver))
        assert caught.value.code == "device-not-offered"
        assert driver in caught.value.message
        for offered in caught.value.hint.split(": ")[1].rstrip(".").split(" or "):
            assert PLATFORMS[platform](with_driver(kind, offered))
    else:
        assert PLATFORMS[platform](with_driver(kind, driver))


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize(("kind", "driver"), OTHERS)
def test_any_other_driver_is_had_or_refused_too(platform, kind, driver):
    try:
        assert PLATFORMS[platform](with_driver(kind, driver))
    except GuestconvError as error:
        assert error.code == "device-not-offered"


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("firmware", ["bios", "uefi"])
def test_every_firmware_is_had(platform, firmware):
    if platform == "proxmox" and firmware == "uefi":
        with pytest.raises(GuestconvError) as caught:
            PLATFORMS[platform](converted(firmware=firmware))
        assert caught.value.path == "storage"
    else:
        assert PLATFORMS[platform](converted(firmware=firmware))


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_machine_without_display_console_and_network_is_had(platform):
    assert PLATFORMS[platform]({"disks": [disk()]})


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("hardware", [None, [], {}, {"disks": [{"driver": "floppy"}]}, {"disks": [{}], "tpm": {}}])
def test_what_is_no_hardware_is_refused(platform, hardware):
    with pytest.raises(GuestconvError) as caught:
        PLATFORMS[platform](hardware)
    assert caught.value.code == "hardware-invalid"
