# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The maps of a fleet: which entry a name gets, what is checked before anything moves, and what platforms make of it."""

from __future__ import annotations

import pytest
from lxml import etree

from ansible_collections.virttools.guestconv.plugins.filter.map_problems import map_problems
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.model import target_hardware
from ansible_collections.virttools.guestconv.plugins.module_utils.platforms import (
    fleet,
    kubevirt,
    libvirt,
    maps,
    openstack,
    proxmox,
    registry,
)
from tests.unit.plugins.module_utils.platforms.samples import converted, disk

MAP = {
    "VLAN 7 web": "exact",
    "VLAN 7 [prod]": "brackets",
    "VLAN 7*": "seven",
    "VLAN*": "vlan",
    "VLAN ?": "one letter",
    "*": "star",
    7: "number",
    "default": "rest",
}


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("VLAN 7 web", "exact"),
        ("VLAN 7 [prod]", "brackets"),
        ("VLAN 7 db", "seven"),
        ("VLAN 7", "seven"),
        ("VLAN 8", "one letter"),
        ("VLAN 80", "vlan"),
        ("dmz", "star"),
        ("vlan 7", "star"),
        ("7", "number"),
        ("", "rest"),
    ],
)
def test_the_name_itself_comes_first_then_the_pattern_with_most_letters_then_default(name, found):
    assert maps.parse(MAP, "network_map").find(name) == found


def test_without_a_pattern_or_default_there_is_no_entry():
    found = maps.parse({"lan*": "a"}, "network_map")
    assert found.find("dmz") is None and found.find("") is None
    assert maps.parse({"default": "a"}, "network_map").find("dmz") == "a"


@pytest.mark.parametrize("nothing", [None, {}, ""])
def test_no_map_is_no_map(nothing):
    assert maps.parse(nothing, "network_map") is None


@pytest.mark.parametrize("wrong", [["lan"], "lan", {"lan": None}])
def test_what_is_no_map_is_refused(wrong):
    with pytest.raises(GuestconvError) as caught:
        maps.parse(wrong, "network_map")
    assert (caught.value.code, caught.value.path) == ("platform-option-invalid", "network_map")


def variables(networks=None, storages=None, platform="libvirt", hardware=None, **more):
    known = {"interfaces": [{"mac": "00:50:56:AA:00:01", "network": "VLAN 7"}], "disks": [{"storage": "ds1"}]}
    return {
        "guestconv_platform": platform,
        "guestconv_hardware": known if hardware is None else hardware,
        **({} if networks is None else {"guestconv_networks": networks}),
        **({} if storages is None else {"guestconv_storages": storages}),
        **more,
    }


def test_all_names_without_an_entry_are_one_error_with_the_guests():
    hosts = {
        "web01": variables({"dmz": "a"}, {"ds1": "fast"}),
        "web02": variables({"dmz": "a"}, {"ds2": "fast"}),
        "db01": variables({"dmz": {"colour": "red"}}, hardware={"interfaces": [{}, {"network": "dmz"}]}),
        "other": variables(),
        "disks": variables(None, {"ds*": "fast"}, hardware={}),
        # A source that cannot be read: what somebody else knows of it counts, and what nobody knows is no name.
        "lost": variables({"dmz": "a"}, guestconv_is_unread=True),
        "gone": variables({"dmz": "a"}, {"ds1": "fast"}, hardware={}, guestconv_is_unread=True),
    }
    assert map_problems(list(hosts), hosts) == (
        "names-unmapped: The maps have no entry for: network 'VLAN 7' (web01, web02, lost); storage 'ds1' (web02); "
        "a network that the source has no name for (db01); a storage that the source has no name for (disks). "
        "guestconv_networks, 'dmz': network: {'colour': 'red'} is not a network here (db01). "
        "Add the names or patterns of them to the map, or the key `default`."
    )


def test_maps_that_have_everything_are_no_problem():
    hosts = {
        "web01": variables({"VLAN*": {"bridge": "br7", "vlan": 7}}, {"default": {"pool": "fast"}}),
        "web02": variables({"dmz": "a"}, guestconv_platform_options={"networks": {"00:50:56:aa:00:01": "b"}}),
        "none": variables({"VLAN 7": "a"}, platform="none"),
        "empty": variables({"dmz": "a"}, hardware={"interfaces": []}),
    }
    assert map_problems(list(hosts), hosts) == ""


def test_a_value_that_the_platform_does_not_take_is_found_though_every_name_has_one():
    hosts = {"web01": variables({"VLAN 7": {"bridge": "br7"}}, platform="kubevirt"), "web02": variables("br7")}
    found = map_problems(list(hosts), hosts)
    assert found.startswith(
        "platform-option-invalid: guestconv_networks, 'VLAN 7': network: {'bridge': 'br7'} is not a network here (web01). "
        "guestconv_networks: This should be a dictionary, with a value for each name (web02)."
    )


def test_a_name_that_the_platform_does_not_take_is_found_before_anything_moves():
    hosts = {
        "Web_01": variables(platform="kubevirt"),
        "Web_02": variables(platform="kubevirt", define_name="web-02"),
        "Web_03": variables(platform="none"),
        "Web_04": variables({"VLAN 8": "lan"}, platform="proxmox"),
    }
    found = map_problems(list(hosts), hosts)
    assert found.startswith("names-unmapped: The maps have no entry for: network 'VLAN 7' (Web_04). ")
    assert "name: 'Web_01' is not a valid Kubernetes name. " in found and "For example: web-01 (Web_01)." in found
    assert "'Web_04' is not a valid name of a machine" in found and "Web_02" not in found and "Web_03" not in found


EXPORTS = ["nbd://ceph1:10809/web01", "nbd+unix:///data?socket=/run/web01.sock"]


@pytest.mark.parametrize("platform", ["kubevirt", "openstack", "proxmox"])
@pytest.mark.parametrize("volumes", [EXPORTS, EXPORTS[0], ["/dev/vg/web01", EXPORTS[1]]])
def test_an_export_that_the_platform_cannot_have_as_a_disk_is_found_before_anything_moves(platform, volumes):
    named = variables(platform=platform, guestconv_volumes=volumes)
    hosts = {
        "web01": named,
        "web02": {**named, "guestconv_networks": {"default": "vmbr0"}},
        "web03": variables(platform=platform, guestconv_volumes=["/dev/vg/web03"]),
        "web04": variables(platform="none", guestconv_volumes=volumes),
        "web05": variables(guestconv_volumes=volumes),
        "web06": variables(platform=platform),
    }
    found = map_problems(list(hosts), hosts)
    name = registry.by_key(platform).WORDS.name
    assert found.startswith(
        f"platform-option-invalid: guestconv_volumes: disks: {name} cannot use an NBD export as a disk. Write the disks to "
        "block devices or files"
    )
    assert "(web01, web02). " in found and not any(f"web0{number}" in found for number in (3, 4, 5, 6))


@pytest.mark.parametrize("platform", ["kubevirt", "proxmox"])
@pytest.mark.parametrize(
    "named",
    [
        {"guestconv_platform_options": {"volumes": ["web01-root", "web01-data"]}},
        {"define_disks": ["/images/web01.raw", "/images/data.raw"]},
    ],
)
def test_an_export_is_no_disk_of_a_machine_whose_definition_names_others(platform, named):
    hosts = {"web01": variables(platform=platform, guestconv_volumes=EXPORTS, **named)}
    assert map_problems(list(hosts), hosts) == ""


def test_an_export_that_libvirt_cannot_reach_is_found_before_anything_moves():
    hosts = {"web01": variables(guestconv_volumes=["nbd://ceph_1/a"]), "web02": variables(guestconv_volumes=[7, None])}
    assert map_problems(list(hosts), hosts).startswith(
        "platform-option-invalid: guestconv_volumes: disks: libvirt does not take 'ceph_1' as the name of a host (web01). "
    )


LAN, DMZ = {"network": "lan"}, {"network": "dmz"}


@pytest.mark.parametrize(
    ("cards", "apart", "is_found"),
    [
        ([LAN, DMZ], {}, True),
        ([LAN, DMZ], {"ens192": "a"}, True),
        ([LAN, DMZ, {**LAN, "mac": "00:50:56:AA:00:01"}], {"00:50:56:aa:00:01": "a", "ens224": "b"}, True),
        ([LAN, {**LAN, "connected": False}], {}, True),
        ([LAN, DMZ], {"ens192": "a", "ens224": "b"}, False),
        ([LAN, LAN], {}, False),
        ([LAN, {**DMZ, "mac": "00:50:56:AA:00:01"}], {}, False),
        ([{**LAN, "mac": "00:50:56:AA:00:01"}, {**DMZ, "mac": "00:50:56:AA:00:02"}], {}, False),
        ([LAN], {}, False),
    ],
)
def test_cards_of_which_it_is_not_known_which_is_on_which_network_need_the_default(cards, apart, is_found):
    hosts = {
        "web01": variables(
            {"lan": "a", "dmz": "b"}, hardware={"interfaces": cards}, guestconv_platform_options={"networks": apart}
        ),
        "web02": variables({"lan": "a", "default": "b"}, hardware={"interfaces": cards}),
    }
    found = map_problems(list(hosts), hosts)
    networks = ", ".join(dict.fromkeys(repr(card["network"]) for card in cards if "mac" not in card))
    expected = (
        "names-unmapped: The maps have no entry for: network cards without a MAC address (on the source: "
        f"{networks}), which get the key `default` (web01). "
    )
    assert found.startswith(expected) if is_found else found == ""


def test_the_default_that_is_asked_for_early_is_what_the_definition_needs():
    cards = target_hardware.of_source(converted()["interfaces"], {"interfaces": [LAN, DMZ]})
    with pytest.raises(GuestconvError) as caught:
        libvirt.define(converted(interfaces=cards), "web01", ["/a.raw"], network_map={"lan": "a", "dmz": "b"})
    assert caught.value.code == "names-unmapped"
    assert libvirt.define(converted(interfaces=cards), "web01", ["/a.raw"], network_map={"lan": "a", "default": "b"})


@pytest.mark.parametrize(
    ("key", "networks", "storages"),
    [
        (
            "libvirt",
            ["lan", {"network": "lan"}, {"bridge": "br7", "vlan": 7}, {"bridge": "br7", "vlan": "7"}],
            ["fast", {"pool": "fast"}],
        ),
        ("kubevirt", ["pod", "vlan7", "vms/vlan7", {"network": "vms/vlan7"}], ["fast", {"storage_class": "fast.ssd"}]),
        ("openstack", ["lan", {"network": "lan"}], ["ssd", {"volume_type": "ssd"}]),
        ("proxmox", ["vmbr0,tag=7", {"bridge": "vmbr0", "vlan": 7}], ["local-lvm", {"storage": "local-lvm"}]),
    ],
)
def test_each_platform_takes_its_own_values(key, networks, storages):
    platform = registry.by_key(key)
    assert all(platform.check_network(value) for value in networks)
    assert len({platform.check_storage(value) for value in storages if value in ("fast", {"pool": "fast"})}) < 2
    assert all(isinstance(platform.check_storage(value), str) for value in storages)


@pytest.mark.parametrize(
    ("key", "networks", "storages"),
    [
        ("libvirt", [{"vlan": 7}, {"bridge": "a", "vlan": 4095}, {"bridge": "a", "vlan": "x"}], [{"storage": "a"}, 7]),
        ("kubevirt", [{"bridge": "br7"}, "VLAN 7", "a/b/c", "A/b"], [{"pool": "a"}, "Fast"]),
        ("openstack", [{"bridge": "br7"}, 7], [{"storage": "a"}, {}]),
        ("proxmox", [{"vlan": 7}, {"network": "lan"}], [{"pool": "a"}, "a", "1fast", "fast pool"]),
    ],
)
def test_each_platform_refuses_the_values_of_others(key, networks, storages):
    platform = registry.by_key(key)
    for judge, values in ((platform.check_network, networks), (platform.check_storage, storages)):
        for value in values:
            with pytest.raises(GuestconvError) as caught:
                judge(value)
            assert caught.value.code == "platform-option-invalid", value


def mapped_hardware():
    disks = [{**disk(boot_order=1), "storage": "ds1"}, {**disk(device="sdb", boot_order=2), "storage": "ds2"}]
    cards = [
        {"name": "ens192", "driver": "virtio-net-pci", "mac": "00:50:56:aa:00:01", "network": "VLAN 7"},
        {
            "name": "ens224",
            "driver": "virtio-net-pci",
            "mac": "00:50:56:aa:00:02",
            "network": "dmz",
            "connected": False,
        },
        {"name": "ens256", "driver": "virtio-net-pci", "mac": "00:50:56:aa:00:03", "addresses": ["10.0.2.15/24"]},
    ]
    return converted(disks=disks, interfaces=cards)


def test_a_domain_has_the_bridges_and_pools_of_the_maps():
    xml = libvirt.define(
        mapped_hardware(),
        "web01",
        ["/images/a.qcow2", "/images/b.raw"],
        networks={"ens256": "lan"},
        network_map={"VLAN*": {"bridge": "br7", "vlan": 7}, "dmz": "dmz"},
        storage_map={"ds1": "fast", "default": {"pool": "slow"}},
    )
    devices = etree.fromstring(xml).find("devices")
    assert [dict(each.find("source").attrib) for each in devices.iterfind("interface")] == [
        {"bridge": "br7"},
        {"network": "dmz"},
        {"network": "lan"},
    ]
    assert [each.get("id") for each in devices.iterfind("interface/vlan/tag")] == ["7"]
    assert [(each.get("type"), dict(each.find("source").attrib)) for each in devices.iterfind("disk")] == [
        ("volume", {"pool": "fast", "volume": "a.qcow2"}),
        ("volume", {"pool": "slow", "volume": "b.raw"}),
    ]


def test_a_network_without_an_entry_is_refused_when_a_guest_is_defined():
    with pytest.raises(
        GuestconvError, match="network_map has no entry for the network of network card ens224, 'dmz'"
    ) as it:
        libvirt.define(mapped_hardware(), "web01", ["/a.raw", "/b.raw"], network_map={"VLAN 7": "lan"})
    assert it.value.code == "names-unmapped"


def test_a_manifest_has_the_networks_and_the_storage_classes_of_the_maps():
    found = kubevirt.define(
        mapped_hardware(),
        "web01",
        [{"data_volume": "web01-root", "size": "20Gi"}, "web01-data"],
        network_map={"default": "vms/vlan7"},
        storage_map={"*": "fast"},
    )["spec"]
    assert [each["multus"]["networkName"] for each in found["template"]["spec"]["networks"]] == ["vms/vlan7"] * 3
    # The claim exists, with a class of its own.
    assert found["dataVolumeTemplates"] == [
        {
            "metadata": {"name": "web01-root"},
            "spec": {
                "source": {"upload": {}},
                "storage": {"storageClassName": "fast", "resources": {"requests": {"storage": "20Gi"}}},
            },
        }
    ]
    with pytest.raises(GuestconvError) as caught:
        kubevirt.define(
            mapped_hardware(), "a", [{"data_volume": "b"}, "c"], network="a", storage_map={"*": {"storage_class": "d"}}
        )
    assert caught.value.path == "volumes[0].size"


def test_an_image_has_the_type_of_volume_of_the_disk_that_boots():
    hardware = converted(
        disks=[{**disk(boot_order=2), "storage": "slow"}, {**disk(device="sdb", boot_order=1), "storage": "ds1"}]
    )
    assert openstack.define(hardware, storage_map={"ds1": "ssd", "slow": "hdd"})["cinder_img_volume_type"] == "ssd"
    assert "cinder_img_volume_type" not in openstack.define(hardware)


def test_the_ports_of_a_server_have_what_an_image_cannot_have():
    hardware = mapped_hardware()
    with pytest.raises(GuestconvError, match="not connected"):
        openstack.define(hardware)
    assert openstack.define(hardware, ports=True)["hw_vif_model"] == "virtio"
    assert openstack.server_ports(
        hardware, "web01", "lan", network_map={"VLAN 7": {"network": "web"}, "*": "lan", "default": "x"}
    ) == [
        {"name": "web01-ens192", "network": "web", "mac_address": "00:50:56:aa:00:01"},
        {"name": "web01-ens224", "network": "lan", "mac_address": "00:50:56:aa:00:02", "admin_state_up": False},
        {
            "name": "web01-ens256",
            "network": "x",
            "mac_address": "00:50:56:aa:00:03",
            "fixed_ips": [{"ip_address": "10.0.2.15"}],
        },
    ]


def test_a_machine_of_proxmox_imports_its_disks_to_the_storages_of_the_map():
    found = proxmox.define(
        {**mapped_hardware(), "firmware": "uefi"},
        "web01",
        disks=["/images/a.qcow2", {"path": "/images/b.raw", "format": "raw"}],
        network_map={"default": {"bridge": "vmbr0", "vlan": 7}},
        storage_map={"ds1": "fast", "ds2": {"storage": "slow"}},
    )
    assert found["virtio"] == {
        "virtio0": "fast:0,import-from=/images/a.qcow2",
        "virtio1": "slow:0,import-from=/images/b.raw",
    }
    assert found["net"]["net0"] == "virtio=00:50:56:AA:00:01,bridge=vmbr0,tag=7"
    assert found["efidisk0"]["storage"] == "fast"


@pytest.mark.parametrize(
    "options",
    [
        {"disks": None},
        {"disks": ["/a.raw", "/b.raw"]},
        {"disks": ["a.raw", "b.raw"], "storage": "fast"},
        {"disks": ["/a,b", "/c"], "storage": "fast"},
    ],
)
def test_disks_to_import_need_paths_and_storages(options):
    with pytest.raises(GuestconvError) as caught:
        proxmox.define(mapped_hardware(), "web01", **options)
    assert caught.value.code == "platform-option-invalid"


def test_a_guest_without_maps_is_not_looked_at():
    assert fleet.check([fleet.Guest("web01", {"interfaces": [{"network": "VLAN 7"}]})]) is None


@pytest.mark.parametrize(
    "hardware",
    ["x", ["x"], {"interfaces": "x", "disks": 7}, {"interfaces": ["x"], "disks": [None]}, {"interfaces": {"lan": 1}}],
)
def test_hardware_of_another_form_is_left_to_inspect_which_says_what_is_wrong(hardware):
    hosts = {
        "web01": variables({"default": "lan"}, {"default": "fast"}, hardware=hardware, guestconv_platform_options="x")
    }
    assert map_problems(list(hosts), hosts) == ""


def test_a_network_whose_name_is_a_number_is_found():
    known = {"interfaces": [{"network": 7}]}
    assert map_problems(["web01"], {"web01": variables({7: "lan"}, hardware=known)}) == ""
    assert "network '7' (web01)" in map_problems(["web01"], {"web01": variables({8: "lan"}, hardware=known)})


@pytest.mark.parametrize("name", [7, "", ["web01"]])
def test_a_name_that_is_no_text_is_found_before_anything_moves(name):
    found = map_problems(["web01"], {"web01": variables(define_name=name)})
    assert found.startswith(f"platform-option-invalid: name: {name!r} should be a line of text")


def test_a_card_without_a_network_is_named_by_the_error():
    with pytest.raises(GuestconvError) as caught:
        libvirt.define(converted(), "web01", ["/images/web01.raw"], network_map={"dmz": "a"})
    assert caught.value.message == (
        "network_map has no entry for the network of network card ens192, which has no name on the source."
    )
