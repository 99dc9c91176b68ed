# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernels of a boot menu, and that the initrd of each has what the root disk needs."""

from __future__ import annotations

import gzip
import lzma
import re

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils import initrd
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import kernel
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders.grub2 import Entry
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KVM
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.guest import Guest
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.layers.subvolume import Subvolume
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.mounts import Mount, MountPlan
from ansible_collections.virttools.guestconv.plugins.module_utils.initrd import compression
from ansible_collections.virttools.guestconv.plugins.module_utils.initrd.builders import dracut
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.kernel.kernel_guests import (
    DEP,
    MAIN,
    MODULES,
    an_initrd,
    convert,
    entry,
    make_root,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.complete_guest import bzimage
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
    graph,
)


def test_what_the_boot_kernel_can_drive_is_read_from_its_modules():
    findings = kernel.inspect(make_root())
    usable = findings.usable
    assert usable["block"]["virtio-blk-pci"] == ""
    assert usable["network"]["e1000"] == ""
    assert usable["console"]["isa-serial"] == ""
    assert usable["block"]["ahci"] == "kernel 6.1.0-50-amd64 has no ahci module"
    assert usable["network"]["virtio-net-pci"] == "kernel 6.1.0-50-amd64 has no virtio_net module"
    assert findings.kernels[0]["drivers"]["virtio-blk-pci"] is True
    assert findings.kernels[0]["drivers"]["ahci"] is False


def test_a_kernel_that_the_menu_names_several_times_is_one_kernel():
    versions = ("6.1.0-50-amd64", "6.1.0-49-amd64")
    entries = [entry(versions[0], 0), entry(versions[0], 1), entry(versions[1], 2)]
    findings = kernel.inspect(make_root(versions, entries))
    assert [(found["version"], found["default"]) for found in findings.kernels] == [
        (versions[0], True),
        (versions[1], False),
    ]


def test_a_default_kernel_without_modules_cannot_be_converted():
    files = {"/boot/vmlinuz-5.10.0-other": bzimage("5.10.0-other")}
    findings = kernel.inspect(make_root(entries=[entry("5.10.0-other")], **files))
    assert {(concern.code, concern.severity) for concern in findings.concerns} == {
        ("kernel-without-modules", "error"),
        ("initrd-missing", "error"),
    }


def test_oracle_09_what_an_initrd_lacks_is_appended_with_what_it_depends_on():
    before = an_initrd()
    root = make_root(initrd_bytes=before)
    convert(root, edits=[(r"conf/conf\.d/.+", lambda text: text.replace("/dev/sda5", "UUID=u"))])
    after = root.files["/boot/initrd.img-6.1.0-50-amd64"]
    assert after.startswith(before)
    found = initrd.read(after, wanted=["conf/conf.d/resume"])
    assert {"virtio", "virtio_ring", "virtio_pci", "virtio_blk"} <= set(found.modules("6.1.0-50-amd64"))
    assert found.content("conf/conf.d/resume") == b"RESUME=UUID=u\n"
    assert root.files["/etc/initramfs-tools/modules"] == "virtio_pci\nvirtio_blk\n"


def test_oracle_10_an_initrd_that_has_it_or_needs_it_not_stays_byte_identical():
    before = an_initrd(*MODULES[:4])
    root = make_root(initrd_bytes=before)
    convert(root, modules=["virtio_pci", "virtio_blk", "sd_mod"])
    assert root.changes() == []
    assert root.files["/boot/initrd.img-6.1.0-50-amd64"] == before


def test_oracle_24_a_supplemented_initrd_is_not_supplemented_again():
    root = make_root(initrd_bytes=an_initrd())
    convert(root)
    changes = len(root.changes())
    convert(root)
    assert len(root.changes()) == changes


def test_oracle_12_every_kernel_of_the_menu_is_prepared():
    versions = ("6.1.0-50-amd64", "6.1.0-49-amd64")
    root = make_root(versions, initrd_bytes=an_initrd())
    convert(root)
    for version in versions:
        assert "virtio_blk" in initrd.read(root.files[f"/boot/initrd.img-{version}"]).modules(version)


@pytest.mark.parametrize(
    "lost, usable, severity",
    (
        # What is needed is not there; what that depends on is not; and what the guest starts without.
        (MODULES[0], {"virtio-blk-pci": False, "e1000": True}, "error"),
        (MODULES[3], {"virtio-blk-pci": False, "e1000": True}, "error"),
        (MODULES[4], {"virtio-blk-pci": True, "e1000": False}, "warning"),
    ),
)
def test_a_module_that_modules_dep_names_and_that_is_not_there_is_a_concern(lost, usable, severity):
    versions = ("6.1.0-50-amd64", "6.1.0-49-amd64")
    root = make_root(versions)
    del root.files[f"/lib/modules/6.1.0-50-amd64/{lost}"]
    findings = kernel.inspect(root)
    (concern,) = findings.concerns
    assert (concern.code, concern.severity) == ("module-file-missing", severity) and lost in concern.message
    assert usable.items() <= findings.kernels[0]["drivers"].items()
    other = make_root(versions)
    del other.files[f"/lib/modules/6.1.0-49-amd64/{lost}"]
    told = [(concern.code, concern.severity) for concern in kernel.inspect(other).concerns]
    assert ("module-file-missing", "warning") in told and {severity for _code, severity in told} == {"warning"}


def test_a_module_that_is_gone_when_the_initrd_is_made_is_an_error():
    root = make_root(initrd_bytes=an_initrd())
    root.files["/lib/modules/6.1.0-50-amd64/modules.softdep"] = "softdep virtio_blk post: e1000\n"
    kernel.inspect(root)
    del root.files[f"/lib/modules/6.1.0-50-amd64/{MODULES[4]}"]
    plan = Plan(KVM, Selection({}, {}))
    plan.initrd.require(["virtio_blk"])
    with pytest.raises(GuestconvError) as caught:
        kernel.convert(root, plan)
    assert caught.value.code == "module-file-missing" and MODULES[4] in caught.value.message
    assert root.changes() == []


@pytest.mark.parametrize("dep", (None, "", "\n"))
def test_modules_that_depmod_has_not_listed_are_a_concern(dep):
    root = make_root()
    listed = "/lib/modules/6.1.0-50-amd64/modules.dep"
    root.files[listed] = dep
    if dep is None:
        del root.files[listed]
    (concern,) = kernel.inspect(root).concerns
    assert (concern.code, concern.severity) == ("modules-dep-invalid", "error")
    for path in MODULES:
        del root.files[f"/lib/modules/6.1.0-50-amd64/{path}"]
    # A kernel that has no modules at all needs no list of them.
    assert kernel.inspect(root).concerns == []


def test_a_kernel_that_is_not_there_is_a_concern():
    versions = ("6.1.0-50-amd64", "6.1.0-49-amd64")
    root = make_root(versions)
    del root.files["/boot/vmlinuz-6.1.0-49-amd64"]
    assert [(each.code, each.severity) for each in kernel.inspect(root).concerns] == [("kernel-missing", "warning")]
    del root.files["/boot/vmlinuz-6.1.0-50-amd64"]
    told = [(each.code, each.severity) for each in kernel.inspect(root).concerns]
    assert told == [("kernel-missing", "error"), ("kernel-missing", "warning")]


def test_oracle_13_too_little_room_for_the_supplement_is_refused():
    root = make_root(initrd_bytes=an_initrd())
    root.room = 1000
    with pytest.raises(GuestconvError) as caught:
        convert(root)
    assert caught.value.code == "boot-full"
    assert root.changes() == []


def test_an_initrd_of_an_unknown_builder_is_refused_not_guessed_at():
    empty = initrd.Initrd({}, {}, [initrd.image.Archive(0, 0, "", 0)], 0, False)
    root = make_root(initrd_bytes=initrd.supplement(empty, [initrd.File("init", 0o755, b"x")]))
    with pytest.raises(GuestconvError) as caught:
        convert(root)
    assert caught.value.code == "initrd-not-supported"


def test_the_list_of_modules_keeps_what_the_user_wrote():
    root = make_root(initrd_bytes=an_initrd(), **{"/etc/initramfs-tools/modules": "# mine\nvirtio-pci\ndm_mod"})
    convert(root)
    assert root.files["/etc/initramfs-tools/modules"] == "# mine\nvirtio-pci\ndm_mod\nvirtio_blk\n"


def test_dracuts_drivers_are_named_once():
    text = dracut.with_added('add_drivers+=" virtio_pci "\n', ["virtio_pci", "virtio_scsi"])
    assert text == 'add_drivers+=" virtio_pci virtio_scsi "\n'
    assert dracut.with_added(text, ["virtio_scsi"]) == text


@pytest.mark.parametrize("links", ({"/lib": "usr/lib"}, {}))
def test_modules_may_be_below_usr_whether_there_is_a_link_or_not(links):
    before = make_root(initrd_bytes=an_initrd())
    files = {path.replace("/lib/modules", "/usr/lib/modules"): content for path, content in before.files.items()}
    root = FakeRoot(files, links=links, boot_menu=before.boot_menu)
    convert(root)
    assert "virtio_blk" in initrd.read(root.files["/boot/initrd.img-6.1.0-50-amd64"]).modules("6.1.0-50-amd64")


def test_a_kernel_has_its_modules_in_one_of_two_directories():
    root = make_root(("6.1.0-1",), [entry("6.1.0-1"), entry("6.1.0-2")])
    root.files["/usr/lib/modules/6.1.0-2/modules.dep"] = ""
    root.files["/boot/vmlinuz-6.1.0-2"] = bzimage("6.1.0-2")
    assert [found.tree.path for found in kernel.kernels.found(root, root.boot_menu)] == [
        "/lib/modules/6.1.0-1",
        "/usr/lib/modules/6.1.0-2",
    ]


def test_dracuts_files_and_drivers_are_kept_beside_each_other():
    text = dracut.with_added('add_drivers+=" virtio_pci "\n', [], ["/etc/a.link"])
    assert text == 'add_drivers+=" virtio_pci "\ninstall_items+=" /etc/a.link "\n'
    assert dracut.with_added(text, [], ["/etc/a.link"]) == text


def test_of_a_kernels_thousands_of_modules_only_those_that_devices_need_are_remembered():
    root = make_root()
    root.files["/lib/modules/6.1.0-50-amd64/modules.dep"] += "".join(f"kernel/fs/fs_{n}.ko:\n" for n in range(4000))
    kernel.inspect(root)
    (found,) = root.recall(kernel.Facts).kernels
    assert found.modules == {"virtio_blk", "virtio_pci", "e1000", "sd_mod", "8250"}


def rescue(arguments="root=/dev/sda1"):
    return Entry("/boot/vmlinuz-0-rescue-abc", ("/boot/initramfs-0-rescue-abc.img",), arguments)


def of_others(findings):
    return [concern for concern in findings.concerns if concern.code == "kernel-not-prepared"]


def test_oracle_12_another_kernel_without_modules_is_named_in_a_concern_and_has_a_version():
    files = {"/boot/initramfs-0-rescue-abc.img": "x", "/boot/vmlinuz-0-rescue-abc": bzimage("5.14.0-70.el9.x86_64 #1")}
    findings = kernel.inspect(make_root(entries=[entry(), rescue()], **files))
    (concern,) = findings.concerns
    assert (concern.code, concern.severity) == ("kernel-not-prepared", "warning")
    assert "/boot/vmlinuz-0-rescue-abc" in concern.message and "no directory in /lib/modules" in concern.message
    assert [found["version"] for found in findings.kernels] == ["6.1.0-50-amd64", "5.14.0-70.el9.x86_64"]


def test_what_boots_no_root_is_no_kernel_to_be_prepared():
    memtest = Entry("/boot/memtest86+.bin", (), "console=ttyS0,115200")
    findings = kernel.inspect(make_root(entries=[entry(), memtest]))
    assert findings.concerns == []


def test_oracle_12_another_kernel_that_cannot_drive_the_recommended_disk_is_named_in_a_concern():
    versions = ("6.1.0-50-amd64", "5.10.0-5")
    root = make_root(versions)
    root.files["/lib/modules/5.10.0-5/modules.dep"] = "kernel/drivers/virtio/virtio_pci.ko:\n"
    (concern,) = of_others(kernel.inspect(root))
    assert "/boot/vmlinuz-5.10.0-5" in concern.message
    assert "virtio-blk-pci, kernel 5.10.0-5 has no virtio_blk module" in concern.message
    assert kernel.inspect(make_root(versions)).concerns == []


def test_without_an_initrd_only_what_is_built_in_drives_the_disk():
    without = Entry("/boot/vmlinuz-6.1.0-50-amd64", (), "root=/dev/sda1")
    root = make_root(entries=[without])
    findings = kernel.inspect(root)
    assert findings.usable["block"]["virtio-blk-pci"] == (
        "kernel 6.1.0-50-amd64 without an initrd has no built-in virtio_pci, "
        "kernel 6.1.0-50-amd64 without an initrd has no built-in virtio_blk"
    )
    assert findings.kernels[0]["drivers"]["virtio-blk-pci"] is False
    # A network card can wait for the root filesystem.
    assert findings.usable["network"]["e1000"] == ""
    root.files["/lib/modules/6.1.0-50-amd64/modules.builtin"] += (
        "kernel/drivers/block/virtio_blk.ko\nkernel/drivers/virtio/virtio_pci.ko\n"
    )
    assert kernel.inspect(root).usable["block"]["virtio-blk-pci"] == ""


def test_of_two_entries_with_one_kernel_the_one_that_boots_is_the_default():
    fallback = "/boot/initramfs-fallback.img"
    entries = [Entry("/boot/vmlinuz-6.1.0-50-amd64", (path,), "root=/dev/sda1") for path in (MAIN, fallback)]
    root = make_root(entries=entries, initrd_bytes=an_initrd(), **{fallback: an_initrd()})
    assert [(found["initrd"], found["default"]) for found in kernel.inspect(root).kernels] == [
        (MAIN, True),
        (fallback, False),
    ]
    convert(root)
    assert "virtio_blk" in initrd.read(root.files[fallback]).modules("6.1.0-50-amd64")


@pytest.mark.parametrize("content", (None, b"no initrd", gzip.compress(b"070701")), ids=["gone", "unknown", "cut off"])
def test_oracle_12_another_kernel_whose_initrd_cannot_be_completed_is_named_and_the_default_is_prepared(content):
    versions = ("6.1.0-50-amd64", "6.1.0-49-amd64")
    root = make_root(versions, initrd_bytes=an_initrd(), **{"/etc/a": ""})
    root.files["/boot/initrd.img-6.1.0-49-amd64"] = content
    if content is None:
        del root.files["/boot/initrd.img-6.1.0-49-amd64"]
    told = kernel.inspect(root).concerns
    plan = Plan(KVM, Selection({}, {}))
    plan.initrd.require(["virtio_blk"])
    kernel.convert(root, plan)
    (concern,) = [*told, *plan.concerns]
    assert concern.severity == "warning" and "6.1.0-49-amd64" in concern.message
    assert concern.code == ("initrd-missing" if content is None else "kernel-not-prepared")
    assert "virtio_blk" in initrd.read(root.files[MAIN]).modules(versions[0])


@pytest.mark.parametrize(
    "suffix, pack",
    (
        ("", bytes),
        (".gz", gzip.compress),
        (".xz", lzma.compress),
        (".zst", lambda data: compression.pack(data, "zstd")),
    ),
)
def test_compressed_modules_are_added_as_any_initrds_kmod_loads_them(suffix, pack):
    root = make_root(initrd_bytes=an_initrd())
    tree = "/lib/modules/6.1.0-50-amd64"
    root.files[f"{tree}/modules.dep"] = re.sub(r"\.ko\b(?!\.xz)", f".ko{suffix}", DEP)
    for path in MODULES[:4]:
        root.files[f"{tree}/{path}{suffix}"] = pack(f"the module {path}".encode())
    convert(root)
    found = initrd.read(root.files[MAIN], wanted=lambda name: name.endswith(".ko"))
    assert found.content(f"usr{tree}/{MODULES[0]}") == f"the module {MODULES[0]}".encode()


def test_oracle_12_an_entry_of_another_system_is_named_unless_that_is_converted_too():
    other = Entry("/boot/vmlinuz-5.14", ("/boot/initrd-5.14",), "root=UUID=u-2 ro")
    root = make_root(entries=[entry(), other])
    root.guest = Guest(
        None, [], KVM, {}, graph([filesystem("/dev/sda1", uuid="u-1"), filesystem("/dev/sda2", uuid="u-2")])
    )
    findings = kernel.inspect(root)
    (concern,) = findings.concerns
    assert concern.code == "kernel-not-prepared" and "of the system on /dev/sda2" in concern.message
    assert [found["version"] for found in findings.kernels] == ["6.1.0-50-amd64"]
    system = FakeRoot()
    system.name = "/dev/sda2"
    root.guest.roots = [root, system]
    assert kernel.inspect(root).concerns == []


def test_snapshots_in_the_menu_are_one_information_however_many_there_are():
    btrfs = filesystem("/dev/sda1", "btrfs", "u-1")
    nodes = [btrfs, *(Subvolume(btrfs, f"@/.snapshots/{number}/snapshot", number) for number in (301, 302))]
    line = "root=UUID=u-1 rootflags=subvolid={}"
    others = [Entry("/vmlinuz-5.14", ("/initrd-5.14",), line.format(number)) for number in (301, 302)]
    root = make_root(entries=[entry(), *others])
    root.guest = Guest(None, [], KVM, {}, graph(nodes))
    root.mount_plan = MountPlan((Mount("/", btrfs),))
    (concern,) = kernel.inspect(root).concerns
    assert (concern.code, concern.severity) == ("snapshot-not-prepared", "info")
    assert "/dev/sda1[/@/.snapshots/301/snapshot] and 1 more" in concern.message
