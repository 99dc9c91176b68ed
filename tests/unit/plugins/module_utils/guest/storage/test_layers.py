# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every layer must do, and that a new one needs no more than its class and its line in the registry."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage import discovery, layers, roots
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.answers import Answers
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.graph import Graph
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.keyring import Key, Keyring
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.layers import LAYERS
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.layers.filesystem import Filesystem
from ansible_collections.virttools.guestconv.plugins.module_utils.systems import SYSTEMS
from ansible_collections.virttools.guestconv.tests.text_guests import arrays
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.stand_in_appliance import (
    StandInAppliance,
    opened,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import image


@dataclass(frozen=True)
class Mirror:
    """RAID as a driver of its own might make it, in short: a device made of all members that have its UUID."""

    IS_DEVICE: ClassVar[bool] = True

    device: str
    name: str
    parents: tuple
    uuid: str
    tags: ClassVar[dict] = {}

    @property
    def identity(self):
        return f"MIRROR={self.uuid}"

    def is_called(self, path):
        return path in (self.name, f"/dev/disk/by-id/mirror-{self.uuid}")

    @classmethod
    def discover(cls, answers, graph, fresh):
        members = {}
        for node in fresh:
            if isinstance(node, Filesystem) and node.type == "mirror_member":
                members.setdefault(node.uuid, []).append(node)
        for number, (uuid, parts) in enumerate(members.items()):
            yield cls(f"/dev/mirror{number}", f"/dev/mirror{number}", tuple(parts), uuid)


# A guest that has a node of every layer that is registered, the mirror too.
MEMBER = {"TYPE": "mirror_member", "UUID": "m-1"}
ARRAY = arrays.Array("0123456789abcdef" * 2, label="web:0")
DIVIDED = arrays.Array("fedcba9876543210" * 2, label="web:data", total=1, in_use=(0,))
TAGS = {
    "/dev/sda1": {"TYPE": "ext4", "UUID": "u-1", "PART_ENTRY_UUID": "p-1"},
    "/dev/sda2": MEMBER,
    "/dev/sdb": MEMBER,
    "/dev/sda3": {"TYPE": "LVM2_member", "UUID": "pv"},
    "/dev/sda4": arrays.blkid(ARRAY),
    "/dev/sda5": arrays.blkid(ARRAY),
    "/dev/mirror0": {"TYPE": "ext4", "UUID": "u-md"},
    "/dev/md127": {"TYPE": "xfs", "UUID": "u-array"},
    "/dev/md126": {"PTTYPE": "gpt"},
    "/dev/md126p1": {"TYPE": "ext4", "UUID": "u-inside", "PART_ENTRY_UUID": "p-inside", "PART_ENTRY_NAME": "inside"},
    "/dev/sda7": arrays.blkid(DIVIDED),
    "/dev/vg/srv": {"TYPE": "btrfs", "UUID": "u-b", "UUID_SUB": "s"},
    "/dev/sda6": {"TYPE": "crypto_LUKS", "UUID": "u-luks"},
    "/dev/mapper/guestconva": {"TYPE": "ext4", "UUID": "u-secret"},
}
FILES = {
    "/dev/mirror0": {"/etc/os-release": "ID=debian\n", "/etc/fstab": "/dev/sda1 /boot ext4 ro 0 0\n", "/boot/": ""}
}


def answers():
    stand_in = appliance()
    return Answers(stand_in, [image("sda"), image("sdb")], Keyring(stand_in, [Key(b"secret", "keys[0]")]))


def appliance():
    return StandInAppliance(
        TAGS,
        volumes={"/dev/vg/srv": "b" * 32},
        members={"vg": ["pv"]},
        subvolumes={"/dev/vg/srv": [(256, "@srv")]},
        files=FILES,
        arrays={"/dev/md127": ("/dev/sda4", "/dev/sda5"), "/dev/md126": ("/dev/sda7",)},
        data={
            **{(f"/dev/sda{4 + role}", arrays.SIZE): arrays.superblock(ARRAY, role) for role in (0, 1)},
            ("/dev/sda7", arrays.SIZE): arrays.superblock(DIVIDED, 0),
        },
        keys={"/dev/sda6": "secret"},
    )


@pytest.fixture
def graph(monkeypatch):
    monkeypatch.setattr(layers, "LAYERS", (*LAYERS, Mirror))
    return discovery.discover(answers())


@pytest.mark.parametrize("layer", [*LAYERS, Mirror], ids=lambda layer: layer.__name__)
def test_every_layer_conforms_to_the_interface(graph, layer):
    nodes = graph.of_kind(layer)
    assert nodes, "the guest above must have a node of every layer"
    assert dataclasses.is_dataclass(layer) and layer.__dataclass_params__.frozen
    names = [node.name for node in nodes]
    assert len(set(names)) == len(names)
    for node in nodes:
        assert isinstance(node.identity, str) and node.device.startswith("/dev/") and node.name.startswith("/dev/")
        assert all(graph.nodes.index(parent) < graph.nodes.index(node) for parent in node.parents)
        assert hash(node) == hash(dataclasses.replace(node))
        # Whatever names a node leads to what is on it, or to the node.
        expected = (
            [node]
            if isinstance(node, Filesystem)
            else [each for each in graph.made_of(node) if isinstance(each, Filesystem)]
        )
        for tag, value in node.tags.items():
            # The members of a RAID share theirs.
            assert value and set(expected) <= set(graph.filesystems_called(f"{tag}={value}"))
        if node.IS_DEVICE:
            assert node.is_called(node.name) and graph.filesystems_called(node.name) == expected
        assert not node.is_called("/dev/elsewhere") and not node.is_called("")
        assert graph.disks_of(node) <= {"sda", "sdb"} and graph.disks_of(node)


def test_every_layer_is_discovered_once_however_often_it_is_asked(graph):
    assert len(set(graph.nodes)) == len(graph.nodes)
    for layer in [*LAYERS, Mirror]:
        assert list(layer.discover(answers(), graph, ())) == []


def test_a_new_layer_goes_the_whole_way(monkeypatch):
    monkeypatch.setattr(layers, "LAYERS", (*LAYERS, Mirror))
    guest = opened(appliance(), "sda", "sdb")
    storage: Graph = guest.storage
    for name in ("/dev/mirror0", "/dev/disk/by-id/mirror-m-1", "UUID=u-md", "/dev/disk/by-uuid/u-md"):
        assert storage.filesystem(name).name == "/dev/mirror0"
    assert storage.stable_name("/dev/mirror0") == "UUID=u-md"
    assert storage.disks_of(storage.filesystem("/dev/mirror0")) == {"sda", "sdb"}
    roots.find(guest, SYSTEMS)
    assert {root.name: root.info["mountpoints"] for root in guest.roots} == {
        "/dev/mirror0": {"/": "/dev/mirror0", "/boot": "/dev/sda1"}
    }
    assert guest.roots[0].info["identity"] == "UUID=u-md"
