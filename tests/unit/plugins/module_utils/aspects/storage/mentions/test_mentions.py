# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files besides fstab that mention disks: units, mdadm.conf, udev's rules, paths, and what is left."""

from __future__ import annotations

import re

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import storage
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.storage import mentions
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.storage.mentions import mdadm, units
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.storage.mentions.mention import Mention
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KVM
from ansible_collections.virttools.guestconv.plugins.module_utils.guest import search
from ansible_collections.virttools.guestconv.plugins.module_utils.model.concerns import Concern
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.conformance import lacks
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
    image,
)

FILESYSTEMS = [
    filesystem("/dev/sda1", "ext4", "u-1", partuuid="p-1"),
    filesystem("/dev/sda2", "swap", "u-2"),
    filesystem("/dev/sdb1", "xfs", "u-3"),
    # Nothing that blkid knows, as for a raw device.
    filesystem("/dev/sdb2", "", "", partuuid="p-4"),
    filesystem("/dev/sdb3", "", ""),
]
SYSTEMD = "/etc/systemd/system"
UNIT = f"{SYSTEMD}/srv.mount"


def make_root(files, links=None):
    return FakeRoot(files, disks=[image("sda"), image("sdb")], filesystems=FILESYSTEMS, links=links)


def told(files, links=None):
    """(code, severity) of the concerns about a guest with these files."""
    return [(concern.code, concern.severity) for concern in storage.inspect(make_root(files, links)).concerns]


def converted(root, removed=()):
    kept = {name: "virtio-blk-pci" for name in ("sda", "sdb") if name not in removed}
    plan = Plan(KVM, Selection({"block": kept}, {"block": list(removed)}))
    storage.convert(root, plan)
    return plan


def edited(path, text):
    """The text of the file at path after a conversion, which a second one does not alter."""
    root = make_root({path: text})
    converted(root)
    after = root.files[path]
    count = len(root.changes())
    converted(root)
    assert (root.files[path], len(root.changes()), count) == (after, count, int(text != after))
    return after


class Toy:
    """A complete kind of file: /etc/toy has the name of a disk."""

    @staticmethod
    def texts(root):
        return root.texts(("/etc/toy",))

    @staticmethod
    def concerns(root, texts, names, disks):
        held = [path for path, text in texts.items() if names.on_target(text, disks) == text]
        return [Concern("device-name-left", "warning", path) for path in texts if path not in held]

    @staticmethod
    def convert(root, texts, plan, names, removed):
        for path, text in texts.items():
            root.write(path, names.stable(text) or text, "")


@pytest.mark.parametrize("mention", [*mentions.MENTIONS, Toy], ids=lambda each: each.__name__.rpartition(".")[2])
def test_each_mention_does_what_the_protocol_says_and_nothing_to_a_guest_without_its_files(mention):
    assert lacks(mention, Mention) == []
    root = make_root({"/etc/hostname": "web\n"})
    names = storage._names(root, [])
    assert mention.texts(root) == {}
    assert mention.concerns(root, {}, names, {"sda": "/dev/vda"}) == []
    mention.convert(root, {}, Plan(KVM, Selection({}, {})), names, ())
    assert root.changes() == []


def test_a_further_mention_is_used_from_end_to_end(monkeypatch):
    monkeypatch.setattr(mentions, "MENTIONS", (Toy,))
    root = make_root({"/etc/toy": "/dev/sdb1"})
    assert [concern.message for concern in storage.inspect(root).concerns] == ["/etc/toy"]
    converted(root)
    assert root.files["/etc/toy"] == "UUID=u-3"


@pytest.mark.parametrize(
    "before, after",
    (
        ("[Mount]\nWhat=/dev/sdb1\nWhere=/srv\n", "[Mount]\nWhat=/dev/disk/by-uuid/u-3\nWhere=/srv\n"),
        ("[Mount]\r\n What = /dev/sdb1 \r\n", "[Mount]\r\n What = /dev/disk/by-uuid/u-3 \r\n"),
        ("[Mount]\nWhat=/dev/sdb2", "[Mount]\nWhat=/dev/disk/by-partuuid/p-4"),
        ("[Mount]\nWhat=\\\n/dev/sdb1\n", "[Mount]\nWhat=\\\n/dev/disk/by-uuid/u-3\n"),
        (
            "[Unit]\nBindsTo=dev-sdb1.device a.service\nAfter=dev-sdb1.device\nConditionPathExists=|!/dev/sda1\n",
            "[Unit]\nBindsTo=dev-disk-by\\x2duuid-u\\x2d3.device a.service\n"
            "After=dev-disk-by\\x2duuid-u\\x2d3.device\nConditionPathExists=|!/dev/disk/by-uuid/u-1\n",
        ),
        # What systemd makes of a line of fstab for swap space, and a service for one device.
        (
            "[Unit]\nAfter=dev-sdb1.swap systemd-fsck@dev-sdb1.service\n",
            "[Unit]\nAfter=dev-disk-by\\x2duuid-u\\x2d3.swap systemd-fsck@dev-disk-by\\x2duuid-u\\x2d3.service\n",
        ),
        # Comments, other keys and sections, and what is right already.
        ("#What=/dev/sdb1\n[Mount]\n;What=/dev/sdb1\nOptions=/dev/sdb1\n", None),
        ("[Unit]\nWhat=/dev/sdb1\nDescription=dev-sdb1.device /dev/sdb1\n", None),
        ("[Mount]\nWhat=UUID=u-3\n[Unit]\nAfter=dev-vg-srv.device\n", None),
        ("[Mount]\nWhat=nas:/srv\n", None),
        ("[Mount]\nWhat=/dev/sdb3\n", None),
    ),
)
@pytest.mark.parametrize("path", (UNIT, f"{SYSTEMD}/srv.mount.d/disk.conf", "/usr/local/lib/systemd/system/srv.mount"))
def test_oracle_01_units_name_their_devices_by_uuid(path, before, after):
    assert edited(path, before) == (before if after is None else after)


def test_a_service_waits_for_the_device_by_uuid_and_what_it_runs_is_told():
    path = f"{SYSTEMD}/a.service"
    before = "[Unit]\nRequires=dev-sdb1.device\n[Service]\nExecStart=/sbin/blockdev --setra 8 /dev/sdb\n"
    assert edited(path, before) == before.replace("dev-sdb1", "dev-disk-by\\x2duuid-u\\x2d3")
    (concern,) = storage.inspect(make_root({path: before})).concerns
    assert (concern.code, f"{path} (/dev/sdb)" in concern.message) == ("device-name-left", True)


def test_a_unit_of_swap_space_that_stays_is_still_waited_for_by_its_name():
    files = {f"{SYSTEMD}/dev-sdb1.swap": "[Swap]\nWhat=/dev/sdb1\n", UNIT: "[Unit]\nAfter=dev-sdb1.swap\n"}
    root = make_root(files)
    converted(root)
    assert root.files[UNIT] == files[UNIT]


@pytest.mark.parametrize(
    "conditions, expected",
    (
        ("ConditionVirtualization=vmware", True),
        ("AssertVirtualization=!kvm", True),
        ("ConditionVirtualization=|vmware\nConditionVirtualization=|xen", True),
        ("ConditionVirtualization=|vmware\nConditionPathExists=|/a", False),
        ("ConditionVirtualization=vmware\nConditionPathExists=", False),
        ("ConditionVirtualization=vm\nConditionVirtualization=!container", False),
        ("ConditionVirtualization=qemu", False),
        ("ConditionVirtualization=!vmware", False),
        # Neither here nor there.
        ("ConditionVirtualization=container", False),
    ),
)
def test_units_for_other_machines_are_a_concern(conditions, expected):
    found = told({f"{SYSTEMD}/a.service": f"[Unit]\n{conditions}\n[Service]\nExecStart=/a\n"})
    assert found == ([("unit-for-another-machine", "warning")] if expected else [])


def test_a_link_to_a_unit_of_a_package_becomes_a_copy_and_others_are_left_alone():
    unit = "/usr/lib/systemd/system/srv.mount"
    root = make_root(
        {unit: "[Mount]\nWhat=/dev/sdb1\n", "/usr/lib/systemd/system/old.mount": "[Mount]\nWhat=/dev/sdb2\n"},
        {
            UNIT: unit,
            f"{SYSTEMD}/old.mount": "/dev/null",
            f"{SYSTEMD}/alias.mount": "/usr/lib/systemd/system/old.mount",
        },
    )
    converted(root)
    assert [(change.action, change.path) for change in root.changes()] == [("removed", UNIT), ("created", UNIT)]
    assert root.read(unit) == "[Mount]\nWhat=/dev/sdb1\n"


def test_a_link_of_another_name_leaves_the_unit_that_it_is_to():
    unit = f"{SYSTEMD}/tune.service"
    vmware = "[Unit]\nConditionVirtualization=vmware\n[Service]\nExecStart=/a\n[Install]\nAlias=a.service\n"
    assert told({unit: vmware}, {f"{SYSTEMD}/a.service": unit}) == [("unit-for-another-machine", "warning")]


@pytest.mark.parametrize(
    "what, is_required, expected",
    (
        ("/dev/sdb1", True, []),
        ("/dev/sdz1", False, [("device-name-unknown", "warning")]),
        ("/dev/sdz1", True, [("device-name-unknown", "error")]),
        # virtio-scsi-pci keeps it.
        ("/dev/sdb3", True, [("device-name-ambiguous", "warning")]),
        ("UUID=gone", False, [("mount-source-missing", "warning")]),
        ("UUID=gone", True, [("mount-source-missing", "error")]),
        ("/dev/disk/by-uuid/gone", True, [("mount-source-missing", "error")]),
        ("UUID=u-3", True, []),
        ("/dev/zram0", True, []),
        ("tmpfs", True, []),
        ("nas:/srv", True, []),
        ("/dev/disk/by-uuid/gone\nOptions=rw,_netdev", True, []),
        ("/dev/sr0\nType=iso9660", False, []),
        ("/dev/sr0\nType=iso9660", True, [("mount-source-missing", "error")]),
        ("UUID=u-3\nType=udf", True, []),
    ),
)
def test_oracle_05_a_unit_that_mounts_what_is_not_there_is_a_concern(what, is_required, expected):
    kind = "requires" if is_required else "wants"
    link = f"{SYSTEMD}/local-fs.target.{kind}/srv.mount"
    assert told({UNIT: f"[Mount]\nWhat={what}\n"}, {link: UNIT}) == expected


def test_a_unit_that_a_package_requires_ends_the_start_as_well():
    link = "/usr/lib/systemd/system/local-fs.target.requires/srv.mount"
    assert told({UNIT: "[Mount]\nWhat=/dev/sdz1\n"}, {link: UNIT}) == [("device-name-unknown", "error")]


def test_a_unit_of_swap_space_is_called_after_its_device_and_stays():
    path, text = f"{SYSTEMD}/dev-sda2.swap", "[Swap]\nWhat=/dev/sda2\n"
    assert edited(path, text) == text
    assert told({path: text}) == [("device-name-left", "warning")]
    assert told({path: text.replace("/dev/sda2", "/swapfile")}) == []


def test_a_unit_goes_with_the_disk_that_it_mounts_and_so_do_its_links():
    link = f"{SYSTEMD}/multi-user.target.wants/srv.mount"
    root = make_root(
        {UNIT: "[Mount]\nWhat=/dev/sdb1\n", f"{SYSTEMD}/a.mount": "[Mount]\nWhat=/dev/sda1\n"}, {link: UNIT}
    )
    converted(root, removed=["sdb"])
    assert UNIT not in root.files and link not in root.links
    assert root.files[f"{SYSTEMD}/a.mount"] == "[Mount]\nWhat=/dev/disk/by-uuid/u-1\n"


@pytest.mark.parametrize("path", ("/dev/sda1", "/dev/disk/by-uuid/a-b", "/dev/disk/by-id/scsi-3 \u00e9"))
def test_the_unit_of_a_device_is_named_as_systemd_escape_does(path):
    if path.isascii():
        assert units.path_of(units.unit_of(path)) == path
    assert units.path_of("dev-disk-by\\x2did-scsi\\x2d3\\x20\\xc3\\xa9.device") == "/dev/disk/by-id/scsi-3 \u00e9"
    assert units.path_of("dev-sda1.mount") is None


@pytest.mark.parametrize(
    "before, after",
    (
        ("DEVICE /dev/sdb1 /dev/sdc1\n", "DEVICE partitions\n"),
        ("DEVICE /dev/sd*\n", "DEVICE partitions\n"),
        ("dev  /dev/[sh]d[bc]1 # all\n", "dev  partitions # all\n"),
        ("DEVICE containers /dev/sdb1 partitions /dev/sdc1\n", "DEVICE containers partitions\n"),
        (
            "DEVICE /dev/sdb1\n\n# more\n\t/dev/sdc1 containers\nARRAY",
            "DEVICE partitions\n\n# more\n\t containers\nARRAY",
        ),
        ("DEVICE '/dev/sdb1' /dev/mapper/mpathb /dev/md/a\n", "DEVICE partitions /dev/md/a\n"),
        ("DEVICE /dev/disk/by-path/pci-1\n", "DEVICE partitions\n"),
        (
            "ARRAY /dev/md0 devices=/dev/sdb1,/dev/sdc1 UUID=1:2:3:4\n",
            "ARRAY /dev/md0 UUID=1:2:3:4\n",
        ),
        ("DEVICE partitions\nARRAY /dev/md0 UUID=1:2:3:4\n", None),
        ("#DEVICE /dev/sdb1\nMAILADDR /dev/sdb1\nDEVICE /dev/md/*\n", None),
        ("ARRAY /dev/md0 devices=/dev/sdb1,/dev/sdc1\n", None),
        ("DE /dev/sdb1\n", None),
    ),
)
@pytest.mark.parametrize("path", ("/etc/mdadm.conf", "/etc/mdadm/mdadm.conf", "/etc/mdadm/mdadm.conf.d/a.conf"))
def test_oracle_01_members_of_arrays_are_found_under_any_name(path, before, after):
    expected = before if after is None else after
    assert edited(path, before) == expected
    (planned,) = [edit for edit in converted(make_root({path: before})).initrd.edits if edit.edit is mdadm.edited]
    assert re.fullmatch(planned.pattern, path.lstrip("/"))
    assert planned.edit(before) == expected


def test_an_array_that_is_known_by_its_members_alone_is_told():
    text = "ARRAY /dev/md0 devices=/dev/sdb1,/dev/sdc1\nARRAY /dev/md1 devices=/dev/sdd1 uuid=1:2:3:4\nARRAY\n"
    (concern,) = storage.inspect(make_root({"/etc/mdadm.conf": text})).concerns
    assert (concern.code, concern.severity) == ("device-name-left", "warning")
    assert "/dev/md0" in concern.message and "/dev/md1" not in concern.message


def test_without_mdadm_conf_nothing_is_asked_of_the_initrds():
    assert [edit for edit in converted(make_root({})).initrd.edits if edit.edit is mdadm.edited] == []


@pytest.mark.parametrize(
    "path, before, after",
    (
        ("/etc/kdump.conf", "# raw /dev/sdb2\nraw /dev/sdb2\n", "# raw /dev/sdb2\nraw /dev/disk/by-partuuid/p-4\n"),
        ("/etc/kdump.conf", "xfs /dev/sdb1\npath /var/crash\n", "xfs /dev/disk/by-uuid/u-3\npath /var/crash\n"),
        ("/etc/kdump.conf", "ext4 UUID=u-1\n", "ext4 UUID=u-1\n"),
        ("/etc/auto.misc", "srv -fstype=xfs,ro\t:/dev/sdb1\n", "srv -fstype=xfs,ro\t:/dev/disk/by-uuid/u-3\n"),
        ("/etc/sysconfig/rawdevices", "/dev/raw/raw1 /dev/sdb2\n", "/dev/raw/raw1 /dev/disk/by-partuuid/p-4\n"),
        ("/etc/uswsusp.conf", "resume device = /dev/sdb1\n", "resume device = /dev/disk/by-uuid/u-3\n"),
        (
            "/etc/dracut.conf.d/a.conf",
            'add_device+=" /dev/sdb1 "\nfstab_lines+=("/dev/sdb2 /x xfs")\ninstall_items+=" /dev/sdb1 "\n',
            'add_device+=" /dev/disk/by-uuid/u-3 "\nfstab_lines+=("/dev/disk/by-partuuid/p-4 /x xfs")\n'
            'install_items+=" /dev/sdb1 "\n',
        ),
        ("/etc/auto.misc", "cd -fstype=iso9660,ro :/dev/cdrom\n", "cd -fstype=iso9660,ro :/dev/cdrom\n"),
    ),
)
def test_oracle_01_paths_in_other_files_are_links_of_uuids(path, before, after):
    assert edited(path, before) == after
    assert told({path: before}) == []


def test_a_path_that_leads_nowhere_is_told():
    assert told({"/etc/kdump.conf": "raw /dev/sdc1\n"}) == [("device-name-unknown", "warning")]


RULES = "/etc/udev/rules.d/99-asm.rules"
SCSI_ID = 'PROGRAM=="/usr/lib/udev/scsi_id -g -u -d /dev/$parent"'


@pytest.mark.parametrize(
    "rule, severity, words",
    (
        (f'KERNEL=="sd?1", SUBSYSTEM=="block", {SCSI_ID}, RESULT=="36", OWNER="grid"', "warning", 'RESULT=="36"'),
        ('KERNEL=="sd*", ENV{ID_SERIAL}=="36", SYMLINK+="asm/a"', "warning", 'KERNEL=="sd*", ENV{ID_SERIAL}=="36"'),
        ('KERNEL=="sd?1|vd?1", ENV{ID_SERIAL_SHORT}=="36", SYMLINK+="a"', "warning", ': ENV{ID_SERIAL_SHORT}=="36"'),
        ('SUBSYSTEM=="block", ENV{ID_WWN}=="0x6", \\\n  MODE="0660"', "warning", 'ENV{ID_WWN}=="0x6"'),
        ('ENV{DM_UUID}=="mpath-36", SYMLINK+="asm/a"', "warning", 'ENV{DM_UUID}=="mpath-36"'),
        # What goes by names alone matches with virtio-scsi-pci, which is recommended then.
        ('ENV{DEVNAME}=="/dev/sdb1", GROUP="asm"', "info", 'ENV{DEVNAME}=="/dev/sdb1". With virtio-blk-pci'),
        ('SUBSYSTEM=="block", KERNELS=="2:0:1:0", SYMLINK+="a"', "warning", 'KERNELS=="2:0:1:0"'),
        ('ACTION=="add|change", KERNEL=="sd[a-z]", ATTR{queue/scheduler}="none"', "info", 'KERNEL=="sd[a-z]"'),
        (
            'SUBSYSTEMS=="scsi", ATTRS{model}=="Virtual disk*", RUN+="/bin/true"',
            "info",
            'ATTRS{model}=="Virtual disk*"',
        ),
        ('SUBSYSTEM=="block", ENV{ID_FS_UUID}=="u-3", SYMLINK+="a"', None, ""),
        ('SUBSYSTEM=="block", ENV{DM_UUID}=="LVM-x", OWNER="a"', None, ""),
        ('SUBSYSTEM=="block", ENV{ID_SERIAL}=="?*", OWNER="a"', None, ""),
        ('SUBSYSTEM=="block", KERNEL!="sd*", OWNER="a"', None, ""),
        ('#KERNEL=="sd?1", OWNER="grid"', None, ""),
        ('SUBSYSTEM=="tty", ENV{ID_SERIAL_SHORT}=="A6", SYMLINK+="modem"', None, ""),
        ('KERNEL=="ttyUSB*", ATTRS{serial}=="A6", SYMLINK+="modem"', None, ""),
        ('SUBSYSTEM=="net", ATTR{address}=="00:50:56:00:00:01", NAME="eth0"', None, ""),
        ('KERNEL=="*", OWNER="a"', None, ""),
        (
            'SUBSYSTEM=="block", ENV{ID_CDROM}=="?*", ENV{ID_PATH}=="pci-0000:00:07.1-scsi-1:0:0:0", SYMLINK+="a"',
            None,
            "",
        ),
        ('SUBSYSTEM=="block", KERNEL=="sr[0-9]*|scd*", ATTRS{model}=="VMware IDE CDR10", SYMLINK+="dvd"', None, ""),
        (
            'SUBSYSTEM=="block", ENV{ID_CDROM}=="", ENV{ID_SERIAL}=="36", SYMLINK+="a"',
            "warning",
            'ENV{ID_SERIAL}=="36"',
        ),
        (
            'SUBSYSTEM=="block", KERNEL=="sr0|sda", ENV{ID_SERIAL}=="36", SYMLINK+="a"',
            "warning",
            'ENV{ID_SERIAL}=="36"',
        ),
    ),
)
def test_oracle_05_rules_that_match_disks_by_the_old_hardware_are_told(rule, severity, words):
    root = make_root({RULES: rule + "\n"})
    concerns = storage.inspect(root).concerns
    assert [(concern.code, concern.severity) for concern in concerns] == (
        [("udev-rule-by-hardware", severity)] if severity else []
    )
    assert all(RULES in concern.message and words in concern.message for concern in concerns)
    converted(root)
    assert root.changes() == []


def test_rules_are_judged_by_the_driver_that_is_recommended():
    # LVM lets the disks pass by sd* alone, and so virtio-scsi-pci is.
    files = {RULES: 'KERNEL=="sd*", OWNER="a"\n', "/etc/lvm/lvm.conf": 'filter = [ "a|^/dev/sd|", "r|.*|" ]\n'}
    root = FakeRoot(files, disks=[image("sda")], filesystems=[filesystem("/dev/sda2", "LVM2_member", "pv")])
    assert [concern.code for concern in storage.inspect(root).concerns] == ["lvm-filter-by-name"]


@pytest.mark.parametrize(
    "path, text, lost",
    (
        ("/etc/smartd.conf", "# /dev/sda\nDEVICESCAN\n/dev/sda -a -m root\n/dev/sdb -a\n", "/dev/sda, /dev/sdb"),
        ("/etc/hdparm.conf", "/dev/sdb {\n\tspindown_time = 0\n}\n", "/dev/sdb"),
        ("/etc/sysconfig/docker-storage-setup", 'DEVS="/dev/sdb"\n', "/dev/sdb"),
        ("/etc/rc.local", "blockdev --setra 8 /dev/disk/by-id/wwn-0x5\n", "/dev/disk/by-id/wwn-0x5"),
        ("/etc/cron.d/a", "* * * * * root fstrim /dev/sdb1;\n", "/dev/sdb1"),
        ("/etc/cron.d/a", "* * * * * root ls /dev/sdz /dev/disk/by-uuid/u-3 /dev/null >/dev/stdout\n", ""),
        ("/etc/smartd.conf", "#/dev/sda\n", ""),
        ("/etc/a.conf", "mount /dev/sdb1. # /dev/sda\n// /dev/sda\n/dev/sdX /dev/sd?\n", "/dev/sdb1"),
        ("/etc/tmpfiles.d/io.conf", "w /sys/block/sda/queue/nr_requests - - - - 32\n", "/sys/block/sda"),
        ("/etc/a.conf", "disk=/dev/disk/by-diskseq/1-part2\n", "/dev/disk/by-diskseq/1-part2"),
        ("/etc/rc.local", "/dev/sda\n" * 8192, ""),
    ),
    ids=lambda part: str(part)[:30],
)
def test_names_that_stay_are_told_with_their_files(path, text, lost):
    root = make_root({path: text})
    concerns = storage.inspect(root).concerns
    assert [concern.code for concern in concerns] == (["device-name-left"] if lost else [])
    assert all(f"{path} ({lost})" in concern.message for concern in concerns)


@pytest.mark.parametrize("path", ("/etc/rc.local", "/etc/smartd.conf", "/etc/cron.d/a", f"{SYSTEMD}/a.service"))
def test_where_etc_cannot_be_searched_the_likely_files_are_read(path):
    root = make_root({path: "ExecStart=/bin/true /dev/sdb\n", "/etc/opt/x": "/dev/sdb\n"})
    root.files_with = lambda expression, *directories: None
    (concern,) = storage.inspect(root).concerns
    assert f"{path} (/dev/sdb)" in concern.message and "/etc/opt/x" not in concern.message


def test_that_not_all_of_etc_was_searched_is_told():
    root = make_root({"/etc/a": "/dev/sdb\n"})
    root.files_with = lambda expression, *directories: search.Found(["/etc/a"], False)
    concerns = {concern.code: concern.message for concern in storage.inspect(root).concerns}
    assert list(concerns) == ["search-incomplete", "device-name-left"]
    assert "/etc on /dev/sda1 has more files" in concerns["search-incomplete"]


@pytest.mark.parametrize(
    "path, is_told",
    (
        ("/etc/opt/backup/disks", True),
        (f"{SYSTEMD}/a.service.d/b.conf", True),
        ("/etc/multipath.conf", True),
        ("/etc/lvm/archive/vg_00001.vg", False),
        ("/etc/fstab.orig", False),
        ("/etc/sysconfig/grub", False),
        ("/etc/default/extlinux", False),
        ("/etc/update-extlinux.conf", False),
        ("/etc/sysconfig/bootloader", False),
        ("/etc/rc.local.bak", False),
        ("/etc/rc.local.rpmsave", False),
        ("/etc/passwd-20260101", False),
        ("/etc/default/grub.d/a.cfg", True),
        ("/etc/default/grub_installdevice", False),
        ("/etc/dracut.conf.d/a.conf", False),
        ("/usr/share/doc/a", False),
    ),
)
def test_all_of_etc_is_searched_but_for_what_others_judge_and_copies(path, is_told):
    concerns = storage.inspect(make_root({path: "# /dev/sda\n  x=/dev/sdb\n"})).concerns
    messages = [concern.message for concern in concerns]
    assert [f"{path} (/dev/sdb)" in message for message in messages] == ([True] if is_told else [])


def test_many_files_with_names_that_stay_are_one_concern():
    (concern,) = storage.inspect(make_root({f"/etc/cron.d/{number:02}": "/dev/sda\n" for number in range(30)})).concerns
    assert "/etc/cron.d/19 (/dev/sda), and 10 more." in concern.message


@pytest.mark.parametrize("uuid, severity", (("u-luks", "info"), ("u-gone", "warning")))
def test_a_unit_may_mount_what_crypttab_makes(uuid, severity):
    files = {UNIT: "[Mount]\nWhat=/dev/mapper/data\nWhere=/srv\n", "/etc/crypttab": f"data UUID={uuid} none luks\n"}
    root = FakeRoot(files, filesystems=[*FILESYSTEMS, filesystem("/dev/sdc1", "crypto_LUKS", "u-luks")])
    found = [each for each in storage.inspect(root).concerns if each.code == "mount-source-missing"]
    assert [each.severity for each in found] == [severity]
