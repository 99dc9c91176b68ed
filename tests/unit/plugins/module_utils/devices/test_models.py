# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue of device models: each row is sound, and each program's word leads to one model."""

from __future__ import annotations

import re

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.devices import letters, models
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KVM
from ansible_collections.virttools.guestconv.plugins.module_utils.model import description
from ansible_collections.virttools.guestconv.plugins.module_utils.platforms.registry import PLATFORMS
from ansible_collections.virttools.guestconv.plugins.module_utils.sources.kinds import metadata

ROWS = [(kind, row) for kind, rows in models.MODELS.items() for row in rows.values()]
DIALECTS = {"libvirt", "libvirt-bus", "libvirt-scsi", "ovf", "ovf-type", "ovirt", "vmx"}


@pytest.mark.parametrize(("kind", "row"), ROWS, ids=lambda value: getattr(value, "driver", None))
def test_a_row_says_what_its_kind_of_device_needs(kind, row):
    assert (row.attachment is not None) is (kind == "block" and row.in_qemu)
    assert bool(row.bus) is (kind == "block")
    assert bool(row.tty) is (kind == "console")
    assert bool(row.disk_prefix) is (kind == "block" and bool(row.modules))
    if kind == "block":
        assert row.bus in metadata.BUSES
    if row.attachment:
        assert bool(row.attachment.capacity) is bool(row.attachment.address)
    if kind == "network" and row.modules:
        # Xen's bus calls a driver by the type of its devices.
        assert row.kernel_driver == ("vif" if row is models.XEN_NET else row.modules[-1])


@pytest.mark.parametrize(("kind", "row"), ROWS, ids=lambda value: getattr(value, "driver", None))
def test_a_row_uses_only_words_of_programs_that_are_known(kind, row):
    assert set(row.words) | set(row.controllers) <= {platform.WORDS.key for platform in PLATFORMS}
    assert set(row.read_as) <= DIALECTS
    assert set(row.controllers) <= set(row.words)


@pytest.mark.parametrize("kind", models.MODELS)
def test_a_word_of_a_source_is_that_of_one_model(kind):
    words = [
        (dialect, word)
        for row in models.MODELS[kind].values()
        for dialect in row.read_as
        for word in row.read_as[dialect]
    ]
    assert words == list(dict.fromkeys(words))


def test_a_word_that_no_row_has_names_no_model():
    assert models.named("vmx", "block", "buslogic") is None
    assert models.named("vmx", "block", "pvscsi") is models.PVSCSI


def test_a_driver_is_virtio_by_its_row_and_not_by_its_name():
    assert {row.driver for _kind, row in ROWS if models.is_virtio(row.driver)} == {
        "virtio-net-pci",
        "virtio-blk-pci",
        "virtio-scsi-pci",
        "virtio-vga",
        "virtconsole",
    }
    assert not models.is_virtio("virtual-anything") and not models.is_virtio(None)


@pytest.mark.parametrize(("index", "name"), [(0, "a"), (25, "z"), (26, "aa"), (701, "zz"), (702, "aaa")])
def test_letters_count_as_the_kernel_counts_and_back(index, name):
    assert letters.letters(index) == name and letters.index_of(name) == index


@pytest.mark.parametrize(
    ("model", "on_controller", "names"),
    [
        (models.VIRTIO_BLK, 1, ["vda", "vdb"]),
        (models.NVME, 1, ["nvme0n1", "nvme1n1"]),
        (models.NVME, 15, ["nvme0n1", "nvme0n2"]),
        (models.AHCI, 15, ["sda", "sdb"]),
    ],
)
def test_disks_are_called_as_the_kernel_calls_them(model, on_controller, names):
    assert [model.disk_name(index, on_controller) for index in (0, 1)] == names


@pytest.mark.parametrize(("kind", "row"), ROWS, ids=lambda value: getattr(value, "driver", None))
def test_a_row_says_what_windows_needs_in_words_of_windows(kind, row):
    needs = row.windows
    if needs is None:
        return
    assert all(
        re.fullmatch(r"(VEN_[0-9A-F]{4}&DEV_[0-9A-F]{4}(&SUBSYS_[0-9A-F]{8})?(&REV_..)?|CC_\d+)", each)
        for each in needs.ids
    )
    assert all(services and all(services) for services in needs.services)
    # A disk is found by its service, as Windows starts that before all else.
    assert needs.services or kind != "block"
    assert not needs.driver or needs.ids


@pytest.mark.parametrize(("kind", "driver"), [("block", "mptsas1068"), ("block", "pvscsi"), ("network", "vmxnet3")])
def test_models_for_windows_alone_are_choices_only_where_every_system_has_looked_for_them(kind, driver):
    looked = {kind: {model.driver: "" for model in KVM.all_models(kind)}}
    linux = {kind: {model.driver: "" for model in KVM.models[kind]}}
    for findings, expected in (([looked], True), ([looked, linux], False), ([linux], False), ([], False)):
        found = [description.Findings(usable=usable) for usable in findings]
        choices, _unavailable = description._choices(found, KVM)
        assert (driver in choices[kind]) is expected
        assert choices[kind][: len(linux[kind])] == list(linux[kind])
