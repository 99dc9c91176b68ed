# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import jsonschema
import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.devices import models
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.platforms import openstack
from tests import schemas
from tests.unit.plugins.module_utils.platforms.samples import card, converted, disk, with_driver

# Nova heeds it (nova.objects.fields.SecureBoot: required, disabled, optional), and Glance defines it nowhere.
UNDEFINED = {"os_secure_boot": {"type": "string", "enum": ["required", "disabled", "optional"]}}


@pytest.fixture(scope="module", name="definitions")
def published_definitions():
    """Glance's own."""
    return {**schemas.glance_image_properties(), **UNDEFINED}


@pytest.fixture(name="properties")
def valid_properties(definitions):
    """properties(...): what image_properties returns, each of which Glance's own definition has found valid."""

    def make(hardware=None, **options):
        made = openstack.define(hardware or converted(), **options)
        for name, value in made.items():
            jsonschema.validate(value, definitions[name])
        return made

    return make


def test_an_image_has_the_machine_that_the_guest_was_converted_for(properties):
    assert properties() == {
        "hw_disk_bus": "virtio",
        "hw_firmware_type": "bios",
        "hw_machine_type": "q35",
        "hw_qemu_guest_agent": "no",
        "hw_video_model": "virtio",
        "hw_vif_model": "virtio",
        "os_type": "linux",
    }


def test_glance_refuses_a_value_that_it_does_not_know(definitions):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate("virtio-net-pci", definitions["hw_vif_model"])


@pytest.mark.parametrize(("driver", "bus"), sorted(models.words("openstack", "block").items()))
def test_a_disk_is_on_the_bus_that_it_was_converted_for(properties, driver, bus):
    found = properties(with_driver("block", driver))
    assert found["hw_disk_bus"] == bus
    assert found.get("hw_scsi_model") == {"virtio-scsi-pci": "virtio-scsi", "mptsas1068": "lsisas1068"}.get(driver)


@pytest.mark.parametrize(("driver", "model"), sorted(models.words("openstack", "network").items()))
def test_a_network_card_has_the_model_that_it_was_converted_for(properties, driver, model):
    assert properties(with_driver("network", driver))["hw_vif_model"] == model


@pytest.mark.parametrize(("driver", "model"), sorted(models.words("openstack", "graphics").items()))
def test_a_display_has_the_model_that_it_was_converted_for(properties, driver, model):
    assert properties(with_driver("graphics", driver))["hw_video_model"] == model


def test_a_machine_without_display_and_network_has_none(properties):
    found = properties(converted(video=None, interfaces=[]))
    assert found["hw_video_model"] == "none" and "hw_vif_model" not in found


def test_uefi_is_without_secure_boot(properties):
    found = properties(converted(firmware="uefi"))
    assert (found["hw_firmware_type"], found["os_secure_boot"]) == ("uefi", "disabled")


def test_the_operating_system_and_its_agent_are_said(properties):
    found = properties(os_type="windows", guest_agent=True)
    assert (found["os_type"], found["hw_qemu_guest_agent"]) == ("windows", "yes")
    assert properties(converted(guest_agent=True))["hw_qemu_guest_agent"] == "yes"


def test_devices_of_one_driver_are_one_property(properties):
    hardware = converted(disks=[disk(), disk(device="sdb")], interfaces=[card("e1000"), card("e1000", "ens224")])
    found = properties(hardware)
    assert (found["hw_disk_bus"], found["hw_vif_model"]) == ("virtio", "e1000")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"interfaces": [card("virtio-net-pci"), card("e1000", "ens224")]}, ("ens192", "ens224", "e1000")),
        ({"disks": [disk("virtio-blk-pci"), disk("ahci", "sdb")]}, ("sda", "sdb", "ahci")),
    ],
)
def test_devices_of_several_drivers_are_refused_for_an_image_has_one(changes, named):
    with pytest.raises(GuestconvError) as caught:
        openstack.define(converted(**changes))
    assert caught.value.code == "drivers-differ"
    assert all(word in caught.value.message for word in named)


@pytest.mark.parametrize("option", [{"os_type": "solaris"}, {"guest_agent": "yes"}])
def test_an_option_that_is_not_understood_is_refused(option):
    with pytest.raises(GuestconvError) as caught:
        openstack.define(converted(), **option)
    assert [caught.value.path] == list(option)


def test_a_port_without_a_network_is_refused_by_the_name_of_its_card():
    with pytest.raises(GuestconvError) as caught:
        openstack.server_ports(converted(), "web01")
    assert (caught.value.code, caught.value.path) == ("platform-option-invalid", "network")
    assert caught.value.message == "network: The network card ens192 needs a network."
