# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Windows needs of a machine is in the definitions, or is refused by name."""

from __future__ import annotations

import pytest
from lxml import etree

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.model import hardware as machines
from ansible_collections.virttools.guestconv.plugins.module_utils.platforms import kubevirt, libvirt, openstack, proxmox

KEPT = {"driver": "e1000e", "mac": "00:0c:29:f3:ff:de", "subsystem_vendor": "15ad", "subsystem_device": "07d0"}
HYPERV = {"relaxed", "vapic", "vpindex", "runtime", "synic", "stimer", "frequencies", "tlbflush", "ipi"}


def machine(**more):
    return {
        "disks": [{"device": "sda", "driver": "virtio-blk-pci", "boot_order": 1}],
        "interfaces": [{"name": "Ethernet0", "driver": "virtio-net-pci", "mac": "00:0c:29:f3:ff:de"}],
        "windows": "10.0.18362",
        "hyperv": True,
        **more,
    }


def domain(**options):
    more = {"domain_type": options.pop("domain_type", "kvm")}
    return etree.fromstring(libvirt.define(machine(**options), "web01", ["/images/a.qcow2"], **more))


def refused(define, *arguments, **options):
    with pytest.raises(GuestconvError) as caught:
        define(*arguments, **options)
    return caught.value


def test_the_hardware_comes_back_as_it_was_given():
    found = machines.from_dict(machine(interfaces=[KEPT])).as_dict()
    assert (found["windows"], found["hyperv"]) == ("10.0.18362", True)
    assert {key: found["interfaces"][0][key] for key in KEPT} == KEPT
    other = machines.from_dict({"disks": [{"driver": "ahci"}], "interfaces": [{"driver": "e1000e"}]}).as_dict()
    assert not {"windows", "hyperv"} & set(other)
    assert not {"subsystem_vendor", "subsystem_device"} & set(other["interfaces"][0])


@pytest.mark.parametrize(
    "more",
    [
        {"windows": "eleven"},
        {"hyperv": "maybe"},
        {"interfaces": [{"driver": "e1000e", "subsystem_vendor": "15ad"}]},
        {"interfaces": [{"driver": "e1000e", "subsystem_vendor": "15ad", "subsystem_device": "07d0,x"}]},
    ],
)
def test_what_is_no_value_is_refused(more):
    assert refused(machines.from_dict, machine(**more)).code == "hardware-invalid"


def test_libvirt_shows_windows_the_interface_of_hyperv_and_no_other_guest():
    hyperv = {each.tag: dict(each.attrib) for each in domain().find("features/hyperv")}
    assert hyperv["spinlocks"] == {"state": "on", "retries": "8191"}
    assert set(hyperv) == {"spinlocks", *HYPERV}
    assert domain(hyperv=False).find("features/hyperv") is None
    assert domain(domain_type="qemu").find("features/hyperv") is None


def test_libvirt_has_the_clock_of_windows():
    clock = domain(clock="localtime").find("clock")
    assert clock.get("offset") == "localtime"
    assert {each.get("name"): each.get("tickpolicy") or each.get("present") for each in clock} == {
        "rtc": "catchup",
        "pit": "delay",
        "hpet": "no",
        "hypervclock": "yes",
    }
    assert not len(domain(windows="", hyperv=False).find("clock"))


def test_windows_has_its_processors_in_one_socket_unless_the_source_had_more():
    topology = domain(cpus=4).find("cpu/topology")
    assert dict(topology.attrib) == {"sockets": "1", "cores": "4", "threads": "1"}
    assert domain(cpus=4, sockets=2, cores=2).find("cpu/topology").get("sockets") == "2"
    assert domain(cpus=4, windows="", hyperv=False).find("cpu/topology") is None
    assert openstack.define(machine(clock="localtime"))["hw_cpu_max_sockets"] == "1"
    assert "hw_cpu_max_sockets" not in openstack.define(machine(clock="localtime", sockets=2, cores=2))
    assert "hw_cpu_max_sockets" not in openstack.define(machine(windows="", hyperv=False))


def test_a_windows_that_had_a_tpm_has_a_new_one_on_each_platform():
    had = machine(tpm=True)
    assert machines.from_dict(had).as_dict()["tpm"] is True and "tpm" not in machines.from_dict(machine()).as_dict()
    assert domain(tpm=True).find("devices/tpm/backend").get("version") == "2.0"
    vm = kubevirt.define(had, "web01", ["disk"])["spec"]["template"]["spec"]["domain"]
    assert vm["devices"]["tpm"] == {"persistent": True}
    assert openstack.define(had)["hw_tpm_version"] == "2.0"
    options = proxmox.define(had, "web01", ["local-lvm:0"], storage="local-lvm")
    assert options["tpmstate0"] == {"storage": "local-lvm", "version": "2.0"}
    assert domain().find("devices/tpm") is None and "hw_tpm_version" not in openstack.define(machine())


def test_libvirt_overrides_the_subsystem_ids_of_a_card():
    found = domain(interfaces=[{"driver": "virtio-net-pci"}, KEPT])
    assert found.find("devices/interface[2]/alias").get("name") == "ua-nic1"
    (device,) = found.iterfind("{*}override/{*}device")
    assert device.get("alias") == "ua-nic1"
    assert {each.get("name"): each.get("value") for each in device.iterfind("{*}frontend/{*}property")} == {
        "subsys_ven": str(0x15AD),
        "subsys": str(0x07D0),
    }
    assert domain().find("{*}override") is None


def test_libvirt_has_vmxnet3_on_a_port_of_pci_express():
    found = domain(interfaces=[KEPT, {"driver": "vmxnet3"}, {"driver": "vmxnet3"}])
    addresses = [each.get("bus") for each in found.iterfind("devices/interface/address")]
    assert addresses == ["0x01", "0x02"]
    ports = {each.get("index"): each.get("model") for each in found.iterfind("devices/controller[@type='pci']")}
    assert ports == {"0": "pcie-root", "1": "pcie-root-port", "2": "pcie-root-port"}


def test_kubevirt_has_the_interface_of_hyperv_and_the_timers():
    found = kubevirt.define(machine(clock="utc"), "web01", ["disk"])["spec"]["template"]["spec"]["domain"]
    assert found["features"]["hyperv"]["spinlocks"] == {"spinlocks": 8191}
    assert set(found["features"]["hyperv"]) == {"spinlocks", "synictimer", *HYPERV} - {"stimer"}
    assert found["clock"]["utc"] == {}
    assert found["clock"]["timer"]["hyperv"] == {"present": True}
    assert found["clock"]["timer"]["hpet"] == {"present": False}


def test_kubevirt_keeps_system_management_mode_next_to_the_interface_of_hyperv():
    hardware = machine(firmware="uefi")
    found = kubevirt.define(hardware, "web01", ["disk"], secure_boot=True)["spec"]["template"]["spec"]["domain"]
    assert found["features"]["smm"] == {"enabled": True}
    assert "hyperv" in found["features"]


@pytest.mark.parametrize(
    ("define", "arguments"),
    [(kubevirt.define, ("web01", ["disk"])), (openstack.define, ())],
    ids=["kubevirt", "openstack"],
)
def test_where_a_card_cannot_have_other_subsystem_ids_it_is_refused(define, arguments):
    error = refused(define, machine(interfaces=[KEPT]), *arguments)
    assert (error.code, error.path) == ("device-not-offered", "hardware.interfaces[0].subsystem_vendor")


def test_openstack_has_windows_as_its_system_with_the_clock_at_the_local_time():
    assert openstack.define(machine(clock="localtime"))["os_type"] == "windows"
    assert openstack.define(machine(windows="", hyperv=False))["os_type"] == "linux"
    assert refused(openstack.define, machine(clock="utc")).path == "hardware.clock"


@pytest.mark.parametrize(
    ("version", "word"),
    [
        ("6.0.6002", "w2k8"),
        ("6.1.7601", "win7"),
        ("6.3.9600", "win8"),
        ("10.0.17763", "win10"),
        ("10.0.20348", "win11"),
        ("10.0.26100", "win11"),
        ("", "l26"),
    ],
)
def test_proxmox_has_the_system_by_its_version(version, word):
    assert proxmox.define(machine(windows=version), "web01", ["local-lvm:0"])["ostype"] == word


def test_proxmox_has_the_clock_that_windows_knows():
    assert proxmox.define(machine(clock="utc"), "web01", ["local-lvm:0"])["localtime"] is False
    assert proxmox.define(machine(clock="localtime"), "web01", ["local-lvm:0"])["localtime"] is True


def test_proxmox_has_cards_on_the_last_ports_of_pci_express():
    cards = [{"driver": "virtio-net-pci"}, KEPT, {"driver": "vmxnet3"}]
    options = proxmox.define(machine(interfaces=cards), "web01", ["local-lvm:0"])
    assert options["args"].split() == [
        *("-set", "device.net1.bus=ich9-pcie-port-4", "-set", "device.net1.addr=0x0"),
        *("-set", "device.net1.subsys_ven=0x15ad", "-set", "device.net1.subsys=0x07d0"),
        *("-set", "device.net2.bus=ich9-pcie-port-3", "-set", "device.net2.addr=0x0"),
    ]
    assert "args" not in proxmox.define(machine(), "web01", ["local-lvm:0"])


@pytest.mark.parametrize("more", [{"interfaces": [KEPT] * 5}, {"interfaces": [KEPT], "machine": "pc"}])
def test_proxmox_refuses_a_card_without_port(more):
    hardware = machine(disks=[{"driver": "virtio-blk-pci"}], **more)
    assert refused(proxmox.define, hardware, "web01", ["local-lvm:0"]).code == "device-not-offered"
