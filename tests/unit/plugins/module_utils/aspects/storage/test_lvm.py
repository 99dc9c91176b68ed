# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""LVM's filter and devices file, which may name disks by hardware."""

from __future__ import annotations

import re

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import storage
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.storage import lvm
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KVM
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.layers.disk import Disk
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.layers.filesystem import Filesystem
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.layers.partition import Partition
from ansible_collections.virttools.guestconv.plugins.module_utils.model.description import describe
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
    image,
)

PVID = "Ab1" * 10 + "xy"
DEVICES = f"""\
# LVM uses devices listed in this file.
VERSION=1.1.2
IDTYPE=sys_wwid IDNAME=naa.6000c29f DEVNAME=/dev/sda2 PVID={PVID} PART=2
IDTYPE=sys_wwid IDNAME=naa.6000c291 DEVNAME=/dev/sdb PVID=another
"""


def make_root(files, kind="LVM2_member"):
    member = filesystem("/dev/sda2", kind, f"{PVID[:6]}-{PVID[6:]}")
    return FakeRoot(files, filesystems=[member])


def concerns(configuration, kind="LVM2_member", more=()):
    root = make_root({"/etc/lvm/lvm.conf": configuration, **dict(more)}, kind)
    rejected = lvm.rejections(root, {"sda": "/dev/vda"})
    return [(concern.code, concern.severity) for concern in lvm.concerns({"virtio-blk-pci": rejected})]


LOST = [("lvm-filter-by-name", "error")]


@pytest.mark.parametrize(
    "configuration",
    (
        'devices {\n    filter = [ "a|/dev/sda2|", "r|.*|" ]\n}\n',
        'devices { global_filter = ["a/^\\/dev\\/sd/","r/.*/"] }',
        'filter = [\n  # "a|.*|"\n  "a|^/dev/sda|",\n  "r|.*|"\n]\n',
        'devices/filter = ["a{/dev/disk/by-path/pci-0000:03:00.0-}", "r{.*}"]',
        'filter = ["a|/dev/disk/by-id/scsi-36000c29-part2|", "r|.*|"]',
        'filter = "r|^/dev/vda|"',
        # What multipath made of the disk; the target has it by one path.
        'filter = [ "a|^/dev/mapper/mpath|", "r|.*|" ]',
    ),
)
def test_oracle_08_a_filter_that_knows_the_disks_by_the_old_hardware_is_an_error(configuration):
    assert concerns(configuration) == LOST


@pytest.mark.parametrize(
    "configuration",
    (
        "",
        '    # filter = [ "a|/dev/sda2|", "r|.*|" ]\n',
        'filter = [ "a|.*|" ]',
        'filter = [ "r|^/dev/cdrom|" ]',
        'filter = [ "a|^/dev/[sv]da2$|", "r|.*|" ]',
        'filter = [ "a|^/dev/disk/by-id/lvm-pv-uuid-|", "r|.*|" ]',
        'filter = [ "a|^/dev/disk/by-path/|", "r|.*|" ]',
        # It was not used before either.
        'filter = [ "a|^/dev/mapper/|", "r|.*|" ]',
        'thin_filter = [ "a|/dev/sda2|", "r|.*|" ]',
        # Nothing that LVM understands.
        'filter = [ "a|[|", "x|.*|", "", "a" ]',
    ),
)
def test_a_filter_that_lets_the_disks_pass_on_the_target_is_none(configuration):
    assert concerns(configuration) == []


def test_the_filter_of_a_guest_without_lvm_and_one_beside_a_devices_file_do_not_count():
    configuration = 'filter = [ "a|/dev/sda2|", "r|.*|" ]\n'
    devices = {"/etc/lvm/devices/system.devices": DEVICES}
    assert concerns(configuration, kind="ext4") == []
    assert concerns(configuration, more=devices) == []
    assert concerns(configuration + "use_devicesfile = 0\n", more=devices) == LOST


LOCAL = "/etc/lvm/lvmlocal.conf"
SD_ALONE = 'devices {\n filter = [ "a|^/dev/sd|", "r|.*|" ]\n}\n'


@pytest.mark.parametrize(
    "configuration, local, expected",
    (
        ("", SD_ALONE, [LOCAL]),
        (SD_ALONE, "# nothing\n", ["/etc/lvm/lvm.conf"]),
        # What lvmlocal.conf says wins, each filter on its own.
        (SD_ALONE, 'devices/filter = [ "a|.*|" ]\n', []),
        (SD_ALONE, 'devices/global_filter = [ "a|.*|" ]\n', ["/etc/lvm/lvm.conf"]),
        ('filter = [ "a|.*|" ]\n', SD_ALONE, [LOCAL]),
    ),
)
def test_lvmlocal_conf_is_read_after_lvm_conf_and_wins(configuration, local, expected):
    root = make_root({"/etc/lvm/lvm.conf": configuration, LOCAL: local})
    assert [rejection.path for rejection in lvm.rejections(root, {"sda": "/dev/vda"})] == expected
    assert lvm.rejections(root, {"sda": "/dev/sda"}) == []


def test_a_devices_file_that_lvmlocal_conf_turns_off_does_not_count():
    files = {"/etc/lvm/devices/system.devices": DEVICES, "/etc/lvm/lvm.conf": SD_ALONE + "use_devicesfile = 1\n"}
    assert lvm.rejections(make_root(files), {"sda": "/dev/vda"}) == []
    root = make_root({**files, LOCAL: "devices { use_devicesfile = 0 }\n"})
    assert [str(rejection) for rejection in lvm.rejections(root, {"sda": "/dev/vda"})] == [
        "filter in /etc/lvm/lvm.conf rejects /dev/vda2"
    ]


@pytest.mark.parametrize(
    "pattern, severity, recommended",
    (
        ("a|^/dev/sd|", "warning", "virtio-scsi-pci"),
        ("a|^/dev/xvd|", "error", "virtio-blk-pci"),
        ("a|.*|", None, "virtio-blk-pci"),
    ),
)
def test_oracle_08_a_driver_whose_disks_the_filter_rejects_is_not_offered(pattern, severity, recommended):
    name = "xvda2" if "xvd" in pattern else "sda2"
    member = Filesystem((Partition("/dev/appliance", Disk("/dev/a", f"/dev/{name[:-1]}", 1), 2),), "LVM2_member", PVID)
    root = FakeRoot(
        {"/etc/lvm/lvm.conf": f'filter = [ "{pattern}", "r|.*|" ]\n'},
        disks=[image(name[:-1])],
        filesystems=[member],
    )
    findings = storage.inspect(root)
    description = describe(root.guest, {root.name: [findings]})
    (device,) = description["devices"]["block"].values()
    assert device["driver"] == recommended
    assert description["current"]["block"][name[:-1]]["name_on_target"] == (
        "/dev/sda" if recommended == "virtio-scsi-pci" else "/dev/vda"
    )
    told = [concern.severity for concern in findings.concerns if concern.code == "lvm-filter-by-name"]
    assert told == ([severity] if severity else [])
    reasons = description["unavailable"]["block"][name[:-1]]
    assert reasons == (
        {
            "virtio-blk-pci": "filter in /etc/lvm/lvm.conf rejects /dev/vda2",
            "nvme": "filter in /etc/lvm/lvm.conf rejects /dev/nvme0n1p2",
        }
        if severity == "warning"
        else {}
    )
    assert description["convertible"] == (severity != "error")


@pytest.mark.parametrize("pattern", ("(a+)+$", "(?=a)", "(.)\\\\1", "(a|a)(a|a)", ".*.*.*.*x"))
def test_a_pattern_that_could_be_matched_for_ever_is_not_tried(pattern):
    assert lvm.filters(f'filter = [ "a/{pattern}/", "r/x/" ]')[0][1] == [(False, re.compile("x"))]


def test_a_device_passes_by_any_of_its_names_and_if_none_is_matched():
    patterns = [(True, re.compile("^/dev/vda")), (False, re.compile("/dev/"))]
    assert lvm.accepts(patterns, ["/dev/sda", "/dev/vda"])
    assert not lvm.accepts(patterns, ["/dev/sda", "elsewhere"])
    assert lvm.accepts(patterns, ["elsewhere"])


@pytest.mark.parametrize("count", ("9" * 11, "9" * 5000), ids=len)
def test_a_pattern_with_an_impossible_number_of_repetitions_is_not_understood(count):
    assert lvm.filters(f'filter = "a|x{{{count}}}|"') == [("filter", [])]


@pytest.mark.parametrize("line", ('# "a|^/dev/sda|" ]\n', "#\n", "# a, b #,\n# c\n"))
def test_comments_within_a_filter_are_no_part_of_it(line):
    ((name, patterns),) = lvm.filters(f'filter = [ {line} "r|^/dev/vda|" ]')
    assert (name, [(accepts, expression.pattern) for accepts, expression in patterns]) == (
        "filter",
        [(False, "^/dev/vda")],
    )


def test_oracle_07_the_devices_file_and_its_copy_in_the_initrd_name_the_disks_as_on_the_target():
    root = make_root({"/etc/lvm/devices/system.devices": DEVICES})
    plan = Plan(KVM, Selection({}, {}), {"sda": "/dev/vda"})
    lvm.convert(root, plan)
    expected = DEVICES.replace(
        "IDTYPE=sys_wwid IDNAME=naa.6000c29f DEVNAME=/dev/sda2", "IDTYPE=devname IDNAME=/dev/vda2 DEVNAME=/dev/vda2"
    )
    assert root.read("/etc/lvm/devices/system.devices") == expected
    (planned,) = plan.initrd.edits
    assert re.fullmatch(planned.pattern, "etc/lvm/devices/system.devices") and planned.edit(DEVICES) == expected
    lvm.convert(root, plan)
    assert len(root.changes()) == 1


def test_oracle_07_the_devices_file_is_the_one_that_lvm_conf_names():
    path = "/etc/lvm/devices/web.devices"
    root = make_root({path: DEVICES, "/etc/lvm/lvm.conf": 'devices {\n\tdevicesfile = "web.devices"\n}\n'})
    plan = Plan(KVM, Selection({}, {}), {"sda": "/dev/vda"})
    lvm.convert(root, plan)
    assert "IDNAME=/dev/vda2" in root.read(path)
    assert [re.fullmatch(edit.pattern, path[1:]) is not None for edit in plan.initrd.edits] == [True]


def test_oracle_22_a_driver_whose_disks_the_filter_rejects_is_refused():
    root = make_root({"/etc/lvm/lvm.conf": 'filter = [ "a|^/dev/sda|", "r|.*|" ]\n'})
    lvm.convert(root, Plan(KVM, Selection({}, {}), {"sda": "/dev/sda"}))
    with pytest.raises(GuestconvError) as caught:
        lvm.convert(root, Plan(KVM, Selection({}, {}), {"sda": "/dev/vda"}))
    assert (caught.value.code, caught.value.path) == ("lvm-filter-by-name", "guest.devices.block")


def test_a_guest_without_a_devices_file_gets_none():
    root = make_root({})
    plan = Plan(KVM, Selection({}, {}), {"sda": "/dev/vda"})
    lvm.convert(root, plan)
    assert (root.changes(), plan.initrd.edits) == ([], [])
