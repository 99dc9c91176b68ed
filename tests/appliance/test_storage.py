# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What names the disks: every file that does, in every way that it may."""

from __future__ import annotations

import re

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import storage
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KVM
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.guest import Guest
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage import roots
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.layers.subvolume import Subvolume
from ansible_collections.virttools.guestconv.plugins.module_utils.model import target_hardware
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from ansible_collections.virttools.guestconv.plugins.module_utils.systems import SYSTEMS
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
    image,
)

FSTAB = """\
# <file system>  <mount point>  <type>  <options>  <dump>  <pass>
/dev/sda1        /              ext4    errors=remount-ro  0  1
# swap was on /dev/sda5 during installation
/dev/sda5        none           swap    sw             0  0
/dev/sdb1        /srv/my\\040data  xfs  defaults       0  2
/dev/disk/by-uuid/u-b1  /mnt    xfs     noauto         0  0
LABEL=data       /data          xfs     noauto         0  0
/dev/vg/home     /home          ext4    defaults       0  2
/dev/disk/by-path/pci-0000:03:00.0-scsi-0:0:9:0-part1  /old  ext4  noauto  0  0
nas:/export      /nas           nfs     defaults       0  0
tmpfs            /tmp           tmpfs   defaults       0  0
"""


@pytest.fixture
def make_guest(make_root):
    """A root with these files, on two disks, or on other filesystems."""

    def make(files, disks=(), filesystems=()):
        return make_root(
            files,
            hardware={"disks": list(disks)},
            info={"mountpoints": {"/": "/dev/sda1", "/srv/my data": "/dev/sdb1", "/home": "/dev/vg/home"}},
            disks=[image(name) for name in ("sda", "sdb")],
            filesystems=filesystems
            or [
                filesystem("/dev/sda1", "ext4", "u-a1"),
                filesystem("/dev/sda5", "swap", "u-a5"),
                filesystem("/dev/sdb1", "xfs", "u-b1", "data"),
                filesystem("/dev/vg/home", "ext4", "u-home", members=[filesystem("/dev/sda6", "LVM2_member", "pv")]),
            ],
        )

    return make


def convert(root, removed=(), **drivers):
    chosen = {name: "virtio-blk-pci" for name in ("sda", "sdb") if name not in removed}
    chosen.update((name, driver.replace("_", "-")) for name, driver in drivers.items())
    selection = Selection({"block": chosen}, {"block": list(removed)})
    models = target_hardware.disk_models([disk.device for disk in root.guest.disks], KVM, selection)
    conversion = Plan(KVM, selection, target_hardware.disk_names(models, models, KVM))
    with root.on_behalf_of(storage.NAME):
        storage.convert(root, conversion)
    return conversion


def disks_of(plan, root):
    """The disks of the target's hardware."""
    devices = [disk.device for disk in root.guest.disks]
    return target_hardware.assemble(KVM, "bios", plan.selection, devices, root.guest.hardware, [])["disks"]


def test_a_name_of_the_old_hardware_becomes_the_filesystems_uuid(make_guest):
    root = make_guest({"/etc/fstab": FSTAB})
    convert(root)
    expected = FSTAB.replace("/dev/sda1 ", "UUID=u-a1 ").replace("/dev/sda5   ", "UUID=u-a5   ")
    expected = expected.replace("/dev/sdb1", "UUID=u-b1").replace("swap was on UUID=u-a5", "swap was on /dev/sda5")
    assert root.read("/etc/fstab").split() == expected.split()
    changes = len(root.changes())
    convert(root)
    assert len(root.changes()) == changes


def test_oracle_03_a_name_that_cannot_be_resolved_is_a_concern_that_names_it(make_guest):
    findings = storage.inspect(make_guest({"/etc/fstab": FSTAB}))
    assert [concern.code for concern in findings.concerns] == ["device-name-unknown"]
    assert "/etc/fstab names /dev/disk/by-path/pci-0000:03:00.0-scsi-0:0:9:0-part1" in findings.concerns[0].message


LOST = "/dev/disk/by-path/pci-0000:03:00.0-scsi-0:0:9:0-part1"
STABLE = (
    f"/dev/disk/by-id/dm-uuid-LVM-{'a' * 64} / ext4 defaults 0 1\n/dev/disk/by-id/md-uuid-1:2 /srv ext4 defaults 0 2\n"
)


def test_oracle_03_what_the_guest_waits_for_at_its_start_is_an_error_and_what_it_does_not_a_warning(make_guest):
    fstab = "".join(
        f"{LOST} {line} 0 0\n"
        for line in ("/a ext4 rw", "none swap sw", "/b ext4 rw,nofail", "/c xfs noauto", "/d xfs x-systemd.automount")
    )
    findings = storage.inspect(make_guest({"/etc/fstab": fstab}))
    assert [concern.severity for concern in findings.concerns] == ["error"] + ["warning"] * 4
    assert {concern.code for concern in findings.concerns} == {"device-name-unknown"}


def test_names_that_hold_on_any_hardware_stay(make_guest):
    root = make_guest({"/etc/fstab": STABLE})
    # This guest has neither of them, but that may be the fault of those who gave the disks.
    assert {concern.code for concern in storage.inspect(root).concerns} == {"mount-source-missing"}
    convert(root)
    assert (root.read("/etc/fstab"), root.changes()) == (STABLE, [])


def test_each_disk_is_a_device_with_what_is_on_it(make_guest):
    devices = storage.inspect(make_guest({"/etc/fstab": FSTAB})).devices["block"]
    assert devices["sda"]["mountpoints"] == ["/", "/home"]
    assert devices["sdb"] == {
        "name": "/dev/sdb",
        "driver": None,
        "name_on_target": {
            "virtio-blk-pci": "/dev/vdb",
            "virtio-scsi-pci": "/dev/sdb",
            "ahci": "/dev/sdb",
            "nvme": "/dev/nvme1n1",
        },
        "position": 1,
        "size": 1 << 30,
        "mountpoints": ["/srv/my data"],
    }


def test_what_the_source_knows_of_the_disks_is_told_and_the_one_that_it_booted_from_is_the_first_again(make_guest):
    root = make_guest({}, disks=[{"controller": "pvscsi"}, {"controller": "ahci", "boot_order": 1}])
    devices = storage.inspect(root).devices["block"]
    assert {name: facts["driver"] for name, facts in devices.items()} == {"sda": "pvscsi", "sdb": "ahci"}
    disks = disks_of(convert(root), root)
    assert [(disk["device"], disk["boot_order"]) for disk in disks] == [("sda", 2), ("sdb", 1)]
    with pytest.raises(GuestconvError) as caught:
        convert(root, removed=["sdb"])
    assert caught.value.code == "device-required"


def test_crypttab_and_resume_are_renamed_as_well(make_guest):
    root = make_guest(
        {
            "/etc/crypttab": "secret /dev/sdb1 none luks\n",
            "/etc/initramfs-tools/conf.d/resume": "RESUME=/dev/sda5\n",
            "/etc/initramfs-tools/initramfs.conf": 'MODULES=most\nRESUME="/dev/sda5"\n',
        }
    )
    conversion = convert(root)
    assert root.read("/etc/crypttab") == "secret UUID=u-b1 none luks\n"
    assert root.read("/etc/initramfs-tools/conf.d/resume") == "RESUME=UUID=u-a5\n"
    assert root.read("/etc/initramfs-tools/initramfs.conf") == 'MODULES=most\nRESUME="UUID=u-a5"\n'
    planned = conversion.initrd.edits[0]
    pattern, edit = planned.pattern, planned.edit
    assert re.fullmatch(pattern, "conf/conf.d/resume")
    assert edit("RESUME=/dev/sda5\n") == "RESUME=UUID=u-a5\n"


def test_oracle_05_root_and_resume_on_the_command_line_are_renamed(make_guest):
    conversion = convert(make_guest({"/etc/fstab": FSTAB}))
    line = "root=/dev/sda1 ro resume=/dev/sda5 root=/dev/vg/home resume=/dev/sdz9 crash=/dev/sda1"
    assert conversion.command_line.edited(line) == (
        "root=UUID=u-a1 ro resume=UUID=u-a5 root=/dev/vg/home resume=/dev/sdz9 crash=/dev/sda1"
    )


def test_oracle_22_the_kernels_names_on_the_target_follow_the_buses(make_guest):
    root = make_guest({})
    conversion = convert(root, sdb="ahci")
    assert conversion.disk_names == {"sda": "/dev/vda", "sdb": "/dev/sda"}
    assert conversion.initrd.modules == ["virtio_pci", "virtio_blk", "ahci", "sd_mod"]
    assert [(disk["device"], disk["driver"], disk["boot_order"]) for disk in disks_of(conversion, root)] == [
        ("sda", "virtio-blk-pci", 1),
        ("sdb", "ahci", 2),
    ]


def test_the_lines_of_a_removed_disk_become_comments(make_guest):
    root = make_guest({"/etc/fstab": FSTAB})
    conversion = convert(root, removed=["sdb"])
    text = root.read("/etc/fstab")
    lines = [line for line in text.splitlines() if "/srv/my" in line or "/mnt" in line or "/data" in line]
    assert len(lines) == 3
    assert all(line.startswith("# removed with its disk: ") for line in lines)
    assert "# removed with its disk: /dev/sdb1 /srv/my\\040data xfs defaults" in text
    assert [disk["device"] for disk in disks_of(conversion, root)] == ["sda"]


def test_a_disk_without_which_the_guest_does_not_boot_cannot_be_removed(make_guest):
    with pytest.raises(GuestconvError) as caught:
        convert(make_guest({"/etc/fstab": FSTAB}), removed=["sda"])
    assert caught.value.code == "device-required"
    assert caught.value.path == "guest.devices.block.sda"


def test_the_lines_of_a_removed_volume_group_become_comments_and_those_of_a_clone_that_stays_do_not(make_guest):
    root = make_guest(
        {
            "/etc/fstab": "UUID=u-lv /srv ext4 defaults 0 0\n/dev/mapper/data-srv /mnt ext4 noauto 0 0\n"
            "UUID=u-a1 / ext4 defaults 0 1\n"
        },
        filesystems=[
            filesystem("/dev/sda1", "ext4", "u-a1"),
            filesystem("/dev/sdb1", "ext4", "u-a1"),
            filesystem("/dev/data/srv", "ext4", "u-lv", members=[filesystem("/dev/sdb2", "LVM2_member", "pv")]),
        ],
    )
    convert(root, removed=["sdb"])
    lines = root.read("/etc/fstab").splitlines()
    assert [line.startswith("# removed with its disk: ") for line in lines] == [True, True, False]


def test_real_volumes_and_subvolumes_are_known_by_their_links_and_options_and_hibernation_is_seen(appliance):
    names = [appliance.device(index) for index in (1, 2)]
    for name in names:
        appliance.pvcreate(name)
    appliance.vgcreate("vg-1", names)
    appliance.lvcreate("root", "vg-1", 160)
    appliance.lvcreate("home", "vg-1", 32)
    appliance.lvcreate("swap", "vg-1", 8)
    appliance.mkswap("/dev/vg-1/swap")
    appliance.pwrite_device("/dev/vg-1/swap", b"S1SUSPEND\0", 4086)
    appliance.umount_all()
    appliance.mkfs("btrfs", "/dev/vg-1/root")
    appliance.mkfs("ext4", "/dev/vg-1/home")
    uuids = appliance.vguuid("vg-1") + appliance.lvuuid("/dev/vg-1/home")
    link = "/dev/disk/by-id/dm-uuid-LVM-" + uuids.replace("-", "")
    try:
        appliance.mount("/dev/vg-1/root", "/")
        appliance.btrfs_subvolume_create("/@var")
        appliance.mkdir("/@var/lib")
        for directory in ("/etc", "/var", "/home"):
            appliance.mkdir(directory)
        appliance.write("/etc/os-release", b"ID=sles\n")
        fstab = f"/dev/vg-1/root /var btrfs rw,subvol=@var 0 0\n{link} /home ext4 defaults 0 0\n"
        appliance.write("/etc/fstab", fstab.encode())
        appliance.umount_all()
        disks = [image(name, 256 << 20) for name in ("sda", "sdb", "sdc")]
        guest = Guest.opened(appliance, disks, KVM, {})
        roots.find(guest, SYSTEMS, "/dev/vg-1/root")
        (root,) = guest.roots
        assert root.info["mountpoints"] == {"/": "/dev/vg-1/root", "/var": "/dev/vg-1/root", "/home": "/dev/vg-1/home"}
        with guest.mounted(root, read_only=True):
            assert root.list("/var") == ["lib"]
            findings = storage.inspect(root)
        assert [concern.code for concern in findings.concerns] == ["guest-hibernated"]
        assert {name: facts["mountpoints"] for name, facts in findings.devices["block"].items()} == {
            "sda": [],
            "sdb": ["/", "/home", "/var"],
            "sdc": ["/", "/home", "/var"],
        }
    finally:
        appliance.umount_all()
        appliance.vgremove("vg-1")
        appliance.mount(appliance.device(0), "/")


@pytest.fixture
def volumes(appliance):
    """volumes({name: MiB}) makes empty logical volumes of a volume group on the second and third disk."""
    names = [appliance.device(index) for index in (1, 2)]

    def make(sizes):
        appliance.umount_all()
        for name in names:
            appliance.pvcreate(name)
        appliance.vgcreate("vg", names)
        for name, mebibytes in sizes.items():
            appliance.lvcreate(name, "vg", mebibytes)

    yield make
    appliance.umount_all()
    appliance.vgremove("vg")
    for name in names:
        appliance.pvremove(name)
    appliance.mount(appliance.device(0), "/")


def opened(appliance):
    return Guest.opened(appliance, [image(name, 256 << 20) for name in ("sda", "sdb", "sdc")], KVM, {})


# What libblkid knows a VMFS by, 2 MiB from its beginning, and a UUID (superblocks/vmfs.c). No Linux mounts it.
VMFS = b"\x5e\xf1\xab\x2f" + bytes(5) + bytes(range(16))
LINES = (
    "LABEL=my\\040usr /usr ext4 ro 0 0\n"
    "/dev/vg/vmfs /srv vmfs defaults 0 0\n"
    "/dev/vg/data /nowhere ext4 defaults 0 2\n"
    "/dev/vg/vmfs /mnt auto noauto 0 0\n"
    "UUID=c0ffee /backup ext4 defaults 0 2\n"
    "UUID=c0ffee /usb ext4 nofail 0 2\n"
)


def test_a_usr_of_its_own_is_found_and_data_that_cannot_be_mounted_is_a_warning(appliance, volumes):
    volumes({"root": 64, "usr": 64, "data": 32, "vmfs": 32})
    for name, label in (("root", ""), ("usr", "my usr"), ("data", "")):
        appliance.mkfs("ext4", f"/dev/vg/{name}", label=label)
    appliance.pwrite_device("/dev/vg/vmfs", VMFS, 2 << 20)
    appliance.mount("/dev/vg/usr", "/")
    appliance.mkdir("/lib")
    appliance.write("/lib/os-release", b"ID=debian\n")
    appliance.umount_all()
    appliance.mount("/dev/vg/root", "/")
    for directory in ("/etc", "/usr", "/srv", "/mnt", "/backup"):
        appliance.mkdir(directory)
    appliance.ln_s("../usr/lib/os-release", "/etc/os-release")
    appliance.write("/etc/fstab", LINES.encode())
    appliance.umount_all()
    guest = opened(appliance)
    roots.find(guest, SYSTEMS, "/dev/vg/root")
    (root,) = guest.roots
    assert root.info["distribution"] == "debian"
    mountpoints = {"/": "root", "/usr": "usr", "/srv": "vmfs", "/nowhere": "data", "/mnt": "vmfs"}
    assert root.info["mountpoints"] == {path: f"/dev/vg/{name}" for path, name in mountpoints.items()}
    with guest.mounted(root, read_only=True):
        concerns = storage.inspect(root).concerns
    assert [(concern.code, concern.severity) for concern in concerns] == [
        ("mount-skipped", "warning"),
        ("mount-skipped", "warning"),
        ("mount-source-missing", "error"),
        ("mount-source-missing", "warning"),
    ]
    for concern, words in zip(concerns, ("at /srv", "at /nowhere", "UUID=c0ffee at /backup", "UUID=c0ffee at /usb")):
        assert words in concern.message
    with guest.mounted(root, read_only=False):
        convert(root, sdc="virtio-blk-pci")
        assert root.read("/etc/fstab") == LINES


def test_a_btrfs_over_two_disks_is_one_filesystem_with_one_system(appliance):
    names = [appliance.device(index) for index in (1, 2)]
    appliance.umount_all()
    try:
        appliance.mkfs_btrfs(names)
        appliance.mount(names[0], "/")
        appliance.btrfs_subvolume_create("/@var")
        for directory in ("/etc", "/var"):
            appliance.mkdir(directory)
        appliance.write("/etc/os-release", b"ID=debian\n")
        appliance.write("/etc/fstab", b"/dev/sdc /var btrfs subvol=@var 0 0\n")
        appliance.umount_all()
        guest = opened(appliance)
        (filesystem,) = guest.storage.filesystems[1:]
        assert (filesystem.name, guest.storage.disks_of(filesystem)) == ("/dev/sdb", {"sdb", "sdc"})
        roots.find(guest, SYSTEMS)
        (root,) = [root for root in guest.roots if root.name != "/dev/sda"]
        assert root.info["mountpoints"] == {"/": "/dev/sdb", "/var": "/dev/sdb"}
        assert root.info["identity"] == f"UUID={appliance.vfs_uuid(names[1])}"
        assert [mount.node.name for mount in root.mount_plan.only("/var")] == ["/dev/sdb[/@var]"]
        with guest.mounted(root, read_only=True):
            assert storage.inspect(root).devices["block"]["sdc"]["mountpoints"] == ["/", "/var"]
    finally:
        appliance.umount_all()
        for name in names:
            appliance.wipefs(name)
        appliance.mount(appliance.device(0), "/")


def test_a_root_in_a_subvolume_is_found_and_its_snapshots_are_no_roots(appliance):
    name = appliance.device(1)
    appliance.umount_all()
    try:
        appliance.mkfs("btrfs", name, label="Größe 1")
        appliance.mount(name, "/")
        for path in ("/my,root", "/my,root/.snapshots", "/my,root/.snapshots/1", "/@home"):
            (appliance.mkdir if path.endswith("/1") else appliance.btrfs_subvolume_create)(path)
        for directory in ("/etc", "/home"):
            appliance.mkdir(f"/my,root{directory}")
        appliance.write("/my,root/etc/os-release", b"ID=debian\n")
        appliance.write("/my,root/etc/machine-id", b"0123456789abcdef0123456789abcdef\n")
        appliance.write("/my,root/etc/fstab", "LABEL=Größe\\0401 /home btrfs subvol=@home 0 0\n".encode())
        appliance.btrfs_subvolume_snapshot("/my,root", "/my,root/.snapshots/1/snapshot")
        appliance.btrfs_subvolume_create("/my,root/.snapshots/1/snapshot/srv")
        number = next(
            each["btrfssubvolume_id"]
            for each in appliance.btrfs_subvolume_list("/")
            if each["btrfssubvolume_path"].endswith("1/snapshot")
        )
        appliance.umount_all()
        guest = opened(appliance)
        roots.find(guest, SYSTEMS, "/dev/sdb")
        (root,) = guest.roots
        assert root.name == "/dev/sdb[/my,root]"
        assert root.info["mountpoints"] == {"/": "/dev/sdb", "/home": "/dev/sdb"}
        with guest.mounted(root, read_only=False):
            root.write("/home/a", "x", "a test")
            root.write("/etc/a", "y", "a test")
        appliance.umount_all()
        appliance.mount(name, "/")
        assert (appliance.cat("/@home/a"), appliance.cat("/my,root/etc/a")) == ("x", "y")
        appliance.btrfs_subvolume_set_default(number, "/")
        appliance.umount_all()
        guest = opened(appliance)
        default = guest.storage.mountable(guest.storage.filesystem("LABEL=Größe 1"), ())
        assert default.path == "my,root/.snapshots/1/snapshot"
        assert "my,root/.snapshots/1/snapshot/srv" in [each.path for each in guest.storage.of_kind(Subvolume)]
        roots.find(guest, SYSTEMS, "/dev/sdb[/my,root/.snapshots/1/snapshot]")
        assert [root.name for root in guest.roots] == ["/dev/sdb"]
    finally:
        appliance.umount_all()
        appliance.wipefs(name)
        appliance.mount(appliance.device(0), "/")


def test_a_btrfs_on_a_disk_and_on_lvm_is_one_and_lacks_what_is_missing(appliance):
    name, physical = (appliance.device(index) for index in (1, 2))
    appliance.umount_all()
    appliance.pvcreate(physical)
    appliance.vgcreate("vg", [physical])
    appliance.lvcreate("second", "vg", 128)
    try:
        appliance.mkfs_btrfs(["/dev/vg/second", name])
        guest = opened(appliance)
        (filesystem,) = [each for each in guest.storage.filesystems if each.type == "btrfs"]
        assert {parent.name for parent in filesystem.parents} == {"/dev/sdb", "/dev/vg/second"}
        appliance.wipefs("/dev/vg/second")
        with pytest.raises(GuestconvError) as caught:
            roots.find(opened(appliance), SYSTEMS, "/dev/sdb")
        assert caught.value.code == "storage-incomplete"
        assert "consists of 2 devices, of which 1 is on the disks" in caught.value.message
    finally:
        appliance.umount_all()
        appliance.vgremove("vg")
        appliance.pvremove(physical)
        appliance.wipefs(name)
        appliance.mount(appliance.device(0), "/")
