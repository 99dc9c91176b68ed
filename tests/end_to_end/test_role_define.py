# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role define, for libvirt: with community.libvirt and libvirt's daemon. test_roles.py has the other platforms."""

from __future__ import annotations

import json
import os

import pytest
from lxml import etree

from ansible_collections.virttools.guestconv.plugins.module_utils.platforms import libvirt
from tests.end_to_end import libvirt_host
from tests.end_to_end.conftest import CACHE, own_ansible_playbook

KNOWN = {"name": "ens192", "driver": "e1000", "mac": "00:50:56:aa:bb:cc", "addresses": [], "gateway": None}
UNKNOWN = {"name": "ens224", "driver": "virtio-net-pci", "mac": None, "addresses": [], "gateway": None}
HARDWARE = {
    "firmware": "bios",
    "machine": "q35",
    "disks": [
        {"device": "sda", "driver": "virtio-blk-pci", "bus": "virtio", "boot_order": 1, "name_on_target": "/dev/vda"}
    ],
    "interfaces": [KNOWN, UNKNOWN],
    "video": {"driver": "VGA"},
    "console": {"driver": "isa-serial"},
}
DISKS = [{"path": "/srv/images/web01.qcow2", "format": "qcow2"}]
OPTIONS = {"domain_type": "qemu", "memory": 512, "cpus": 1, "network": {"bridge": "guests"}}


def play(directory, hardware):
    """A play that defines the guest with this hardware, and adds to the file of the runs."""
    return {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {
            # libvirt's binding is the distribution's.
            "ansible_python_interpreter": "/usr/bin/python3",
            "define_platform": "libvirt",
            "define_name": "web01",
            "define_hardware": hardware,
            "define_disks": DISKS,
            "define_options": OPTIONS,
        },
        "tasks": [
            {"name": "Define it", "ansible.builtin.include_role": {"name": "virttools.guestconv.define"}},
            {
                "name": "Ask libvirt for it",
                "community.libvirt.virt": {"command": "get_xml", "name": "web01"},
                "register": "had",
            },
            {
                "name": "Know what this run did",
                "ansible.builtin.set_fact": {
                    "runs": "{{ runs | default([]) + [{'changed': define_result.changed, 'xml': had.get_xml}] }}"
                },
            },
            {
                "name": "Keep it",
                "ansible.builtin.copy": {
                    "content": "{{ runs | to_json }}",
                    "dest": str(directory / "runs.json"),
                    "mode": "0600",
                },
            },
        ],
    }


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Of three runs whether the role changed something, and the domain's XML then. The last has other hardware."""
    if os.geteuid() != 0:
        pytest.skip("libvirt's daemon, in namespaces of its own, needs root")
    directory = tmp_path_factory.mktemp("libvirt")
    other = dict(HARDWARE, video={"driver": "virtio-vga"})
    playbook = directory / "playbook.yml"
    playbook.write_text(json.dumps([play(directory, each) for each in (HARDWARE, HARDWARE, other)]), encoding="utf-8")
    collections = "ANSIBLE_COLLECTIONS_PATH={}:{}".format(os.environ["ANSIBLE_COLLECTIONS_PATH"], CACHE / "community")
    command = ["env", collections, own_ansible_playbook(), str(playbook)]
    ended = libvirt_host.run(directory, command)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return json.loads((directory / "runs.json").read_text(encoding="utf-8"))


def is_part(wanted, actual):
    """Whether an element has all that is in another: its tag, text, attributes, and elements."""
    return (
        wanted.tag == actual.tag
        and (wanted.text or "").strip() == (actual.text or "").strip()
        and wanted.attrib.items() <= actual.attrib.items()
        and all(any(is_part(each, other) for other in actual) for each in wanted)
    )


def macs(xml):
    return [each.get("address") for each in etree.fromstring(xml).iterfind("devices/interface/mac")]


def test_libvirt_has_the_domain_that_the_filter_makes(runs):
    wanted = etree.fromstring(libvirt.define(HARDWARE, "web01", DISKS, **OPTIONS))
    defined = etree.fromstring(runs[0]["xml"])
    assert runs[0]["changed"]
    assert defined.findtext("name") == "web01"
    assert defined.findtext("memory") == str(OPTIONS["memory"] * 1024)
    for device in wanted.find("devices"):
        assert any(is_part(device, each) for each in defined.find("devices")), etree.tostring(device)


def test_a_domain_that_is_defined_is_left_alone_though_libvirt_chose_a_mac_address(runs):
    assert not runs[1]["changed"]
    assert runs[1]["xml"] == runs[0]["xml"]
    assert macs(runs[0]["xml"])[0] == KNOWN["mac"] != macs(runs[0]["xml"])[1]


def test_other_hardware_changes_the_domain_and_no_mac_address(runs):
    assert runs[2]["changed"]
    assert etree.fromstring(runs[2]["xml"]).find("devices/video/model").get("type") == "virtio"
    assert macs(runs[2]["xml"]) == macs(runs[0]["xml"])
