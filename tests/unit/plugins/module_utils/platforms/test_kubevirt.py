# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import copy
import re

import jsonschema
import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.devices import models
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.platforms import kubevirt
from tests import schemas
from tests.unit.plugins.module_utils.platforms.samples import card, converted, disk, with_driver

VOLUMES = ["web01-root"]


@pytest.fixture(scope="module", name="schema")
def published_schema():
    """KubeVirt's own, which takes a moment to load."""
    return schemas.kubevirt_virtual_machine()


@pytest.fixture(name="manifest")
def valid_manifest(schema):
    """manifest(...): what virtual_machine returns, which KubeVirt's own schema has found valid."""

    def make(hardware=None, name="web01", volumes=None, **options):
        made = kubevirt.define(hardware or converted(), name, VOLUMES if volumes is None else volumes, **options)
        # Not jsonschema.validate: it would check the schema each time.
        jsonschema.Draft7Validator(schema).validate(made)
        return made

    return make


def spec(manifest):
    """What is said of the instance."""
    return manifest["spec"]["template"]["spec"]


def test_a_manifest_is_a_stopped_virtual_machine(manifest):
    made = manifest(namespace="vms")
    assert (made["apiVersion"], made["kind"]) == ("kubevirt.io/v1", "VirtualMachine")
    assert made["metadata"] == {"name": "web01", "namespace": "vms"}
    assert made["spec"]["runStrategy"] == "Halted"


def test_a_manifest_has_no_namespace_that_nobody_gave(manifest):
    assert manifest()["metadata"] == {"name": "web01"}


def test_the_schema_refuses_a_key_that_kubevirt_does_not_know(schema, manifest):
    made = copy.deepcopy(manifest())
    spec(made)["domain"]["devices"]["disks"][0]["boot_order"] = 1
    with pytest.raises(jsonschema.ValidationError, match="boot_order"):
        jsonschema.Draft7Validator(schema).validate(made)


def test_the_size_is_said_of_the_domain(manifest):
    domain = spec(manifest(memory=2048, cpus=2))["domain"]
    assert (domain["memory"], domain["cpu"]) == ({"guest": "2048Mi"}, {"cores": 2})


@pytest.mark.parametrize(("firmware", "bootloader"), [("bios", {"bios": {}}), ("uefi", {"efi": {"secureBoot": False}})])
def test_the_firmware_is_said_and_without_secure_boot(manifest, firmware, bootloader):
    assert spec(manifest(converted(firmware=firmware)))["domain"]["firmware"] == {"bootloader": bootloader}


@pytest.mark.parametrize(("driver", "bus"), sorted(models.words("kubevirt", "block").items()))
def test_a_disk_is_on_the_bus_that_it_was_converted_for(manifest, schema, driver, bus):
    made = spec(manifest(with_driver("block", driver)))
    assert made["domain"]["devices"]["disks"] == [{"name": "disk0", "disk": {"bus": bus}, "bootOrder": 1}]
    assert bus in words_of(schema, "disks", "disk", "bus")


@pytest.mark.parametrize(("driver", "model"), sorted(models.words("kubevirt", "network").items()))
def test_a_network_card_has_the_model_that_it_was_converted_for(manifest, schema, driver, model):
    (interface,) = spec(manifest(with_driver("network", driver)))["domain"]["devices"]["interfaces"]
    assert interface == {"name": "nic0", "model": model, "macAddress": "00:50:56:aa:bb:cc", "masquerade": {}}
    assert model in words_of(schema, "interfaces", "model")


def words_of(schema, *place):
    """The words in what KubeVirt's schema says of a device's property: its values are only told there."""
    place = ["spec", "template", "spec", "domain", "devices", *place]
    for key in place:
        schema = schema.get("items", schema)["properties"][key]
    return re.findall(r"\w+", schema["description"])


def test_volumes_are_claims_or_data_volumes(manifest):
    hardware = converted(disks=[disk(device="sda", boot_order=1), disk("ahci", "sdb")])
    made = spec(manifest(hardware, volumes=[{"data_volume": "web01-root"}, "web01-data"]))
    assert made["volumes"] == [
        {"name": "disk0", "dataVolume": {"name": "web01-root"}},
        {"name": "disk1", "persistentVolumeClaim": {"claimName": "web01-data"}},
    ]
    assert [each["name"] for each in made["domain"]["devices"]["disks"]] == ["disk0", "disk1"]


@pytest.mark.parametrize("volume", [{"claim": "a", "data_volume": "b"}, {"device": "sda"}])
def test_a_volume_is_one_of_both(volume):
    with pytest.raises(GuestconvError) as caught:
        kubevirt.define(converted(), "web01", [volume])
    assert caught.value.path == "volumes[0]"


def test_cards_on_other_networks_are_bridged_by_multus(manifest):
    cards = [card(name="ens192"), card(name="ens224")]
    made = spec(manifest(converted(interfaces=cards), networks={"ens224": "default/vlan7"}))
    assert made["networks"] == [
        {"name": "nic0", "pod": {}},
        {"name": "nic1", "multus": {"networkName": "default/vlan7"}},
    ]
    first, second = made["domain"]["devices"]["interfaces"]
    assert "masquerade" in first and "bridge" in second


def test_two_cards_on_the_pods_network_are_refused():
    with pytest.raises(GuestconvError) as caught:
        kubevirt.define(converted(interfaces=[card(), card(name="ens224")]), "web01", VOLUMES)
    assert (caught.value.code, caught.value.path) == ("platform-option-invalid", "networks")


def test_a_guest_without_cards_has_no_network(manifest):
    made = spec(manifest(converted(interfaces=[])))
    assert made["networks"] == [] and made["domain"]["devices"]["autoattachPodInterface"] is False


@pytest.mark.parametrize(
    ("kind", "key"), [("video", "autoattachGraphicsDevice"), ("console", "autoattachSerialConsole")]
)
def test_a_device_that_was_removed_is_not_added(manifest, kind, key):
    assert spec(manifest())["domain"]["devices"][key] is True
    assert spec(manifest(converted(**{kind: None})))["domain"]["devices"][key] is False


@pytest.mark.parametrize(("driver", "model"), sorted(models.words("kubevirt", "graphics").items()))
def test_a_displays_model_is_said_when_the_cluster_takes_it(manifest, driver, model):
    hardware = with_driver("graphics", driver)
    assert "video" not in spec(manifest(hardware))["domain"]["devices"]
    assert spec(manifest(hardware, video_config=True))["domain"]["devices"]["video"] == {"type": model}


def test_a_guest_without_virtio_gets_no_balloon_and_no_randomness(manifest):
    assert spec(manifest())["domain"]["devices"]["rng"] == {}
    drivers = {"disks": [disk("ahci")], "interfaces": [card("e1000")], "video": {"driver": "VGA"}}
    devices = spec(manifest(converted(**drivers)))["domain"]["devices"]
    assert "rng" not in devices and devices["autoattachMemBalloon"] is False


def test_a_machine_type_that_kubevirt_lacks_is_refused():
    with pytest.raises(GuestconvError) as caught:
        kubevirt.define(converted(machine="pc"), "web01", VOLUMES)
    assert (caught.value.code, caught.value.path) == ("device-not-offered", "hardware.machine")


@pytest.mark.parametrize("name", ["Web01", "web_01", "web01..org", "-web", "web-", "a" * 64, "", None])
def test_what_is_no_name_for_kubernetes_is_refused(name):
    with pytest.raises(GuestconvError) as caught:
        kubevirt.define(converted(), name, VOLUMES)
    assert caught.value.path == "name"


def test_an_unknown_run_strategy_is_refused():
    with pytest.raises(GuestconvError) as caught:
        kubevirt.define(converted(), "web01", VOLUMES, run_strategy="now")
    assert caught.value.path == "run_strategy"


def test_what_windows_needs_is_in_the_schema(manifest):
    made = manifest(converted(windows="10.0.18362", hyperv=True, clock="utc"))
    assert "hyperv" in made["spec"]["template"]["spec"]["domain"]["features"]
