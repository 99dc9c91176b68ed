# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence, not version tables: what a kernel can drive is read from its own modules. And what an initrd is given."""

from __future__ import annotations

import gzip
import io
import lzma
import re
import struct

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils import initrd
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import kernel
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders.grub2 import Entry
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.kernel import kernel_image
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KVM
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.boot_menu import BootMenu
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.guest import Guest
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.layers.subvolume import Subvolume
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.mounts import Mount, MountPlan
from ansible_collections.virttools.guestconv.plugins.module_utils.initrd import compression
from ansible_collections.virttools.guestconv.plugins.module_utils.initrd.builders import dracut, initramfs_tools
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.complete_guest import bzimage
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
    graph,
)

DEP = """\
kernel/drivers/block/virtio_blk.ko: kernel/drivers/virtio/virtio_ring.ko kernel/drivers/virtio/virtio.ko
kernel/drivers/virtio/virtio_pci.ko: kernel/drivers/virtio/virtio_ring.ko kernel/drivers/virtio/virtio.ko
kernel/drivers/virtio/virtio_ring.ko: kernel/drivers/virtio/virtio.ko
kernel/drivers/virtio/virtio.ko:
kernel/drivers/net/ethernet/intel/e1000/e1000.ko.xz:
"""
BUILTIN = "kernel/drivers/scsi/sd_mod.ko\nkernel/drivers/tty/serial/8250/8250.ko\n"
MODULES = [line.partition(":")[0] for line in DEP.splitlines()]


def entry(version="6.1.0-50-amd64", number=0):
    return Entry(f"/boot/vmlinuz-{version}", (f"/boot/initrd.img-{version}",), "root=/dev/sda1")


def make_root(versions=("6.1.0-50-amd64",), entries=None, initrd_bytes=b"x", **files):
    root = FakeRoot(files)
    for version in versions:
        root.files[f"/lib/modules/{version}/modules.dep"] = DEP
        root.files[f"/lib/modules/{version}/modules.builtin"] = BUILTIN
        root.files[f"/boot/initrd.img-{version}"] = initrd_bytes
        root.files[f"/boot/vmlinuz-{version}"] = bzimage(f"{version} (debian-kernel@lists.debian.org) #1 SMP")
        for path in MODULES:
            root.files[f"/lib/modules/{version}/{path}"] = f"the module {path}"
    entries = entries or [entry(version, number) for number, version in enumerate(versions)]
    root.boot_menu = BootMenu(entries, entries[0])
    return root


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


def an_initrd(*modules):
    empty = initrd.Initrd({}, {}, [initrd.image.Archive(0, 0, "", 0)], 0, False)
    files = [
        initrd.File("conf/initramfs.conf", 0o644, b"MODULES=list\n"),
        initrd.File("conf/conf.d/resume", 0o644, b"RESUME=/dev/sda5\n"),
        initrd.File("scripts/functions", 0o644, b"x"),
        initrd.File("usr/lib/modules/6.1.0-50-amd64/modules.dep", 0o644, b""),
    ]
    files += [initrd.File(f"usr/lib/modules/6.1.0-50-amd64/{path}", 0o644, b"old") for path in modules]
    return gzip.compress(initrd.supplement(empty, files), mtime=0)


def convert(
    root,
    modules=("virtio_pci", "virtio_blk"),
    edits=(),
    mode="auto",
    copies=None,
    files=None,
    programs=(),
    mappings=(),
):
    kernel.inspect(root)
    plan = Plan(KVM, Selection({}, {}))
    plan.initrd.mode = mode
    plan.initrd.require(modules)
    for pattern, edit in edits:
        plan.initrd.edit(pattern, edit)
    plan.initrd.copies.update(copies or {})
    plan.initrd.files.update(files or {})
    plan.initrd.programs = programs
    plan.initrd.mappings = mappings
    kernel.convert(root, plan)
    return plan


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


class RebuildingRoot(FakeRoot):
    """A root whose update-initramfs and dracut make an initrd with all the modules. rebuilt: what else is in it."""

    rebuilt = b""

    def run(self, argv, detail, touches=(), replaces=()):
        super().run(argv, detail, touches)
        self.files["/boot/initrd.img-6.1.0-50-amd64"] = an_initrd(*MODULES) + self.rebuilt
        return ""


def make_rebuilding(initrd_bytes, program):
    root = make_root(initrd_bytes=initrd_bytes)
    root.__class__ = RebuildingRoot
    root.files[program] = "program"
    return root


def test_what_cannot_be_supplemented_is_rebuilt_by_the_guests_tool_and_checked():
    root = make_rebuilding(b"\x89LZO\0\r\n\x1a\n" + bytes(64), "/usr/sbin/mkinitramfs")
    convert(root)
    assert root.commands == [["update-initramfs", "-u", "-k", "6.1.0-50-amd64"]]
    assert root.files["/etc/initramfs-tools/modules"] == "virtio_pci\nvirtio_blk\n"


def test_an_initrd_that_is_not_update_initramfs_s_is_rebuilt_where_it_is():
    command = initramfs_tools.command("/boot/initrd-small", "6.1.0-50-amd64")
    assert command == ["mkinitramfs", "-o", "/boot/initrd-small", "6.1.0-50-amd64"]


def test_a_rebuild_can_be_asked_for_and_a_complete_initrd_is_not_rebuilt():
    root = make_rebuilding(an_initrd(), "/usr/sbin/mkinitramfs")
    convert(root, mode="rebuild")
    convert(root, mode="rebuild")
    assert len(root.commands) == 1


def test_a_rebuild_that_does_not_bring_the_driver_is_an_error():
    root = make_root(initrd_bytes=an_initrd())
    root.files["/usr/sbin/mkinitramfs"] = "program"
    with pytest.raises(GuestconvError) as caught:
        convert(root, mode="rebuild")
    assert caught.value.code == "initrd-not-complete"


def test_an_initrd_that_was_made_anew_must_be_able_to_open_an_encrypted_root():
    root = make_rebuilding(an_initrd(), "/usr/sbin/mkinitramfs")
    with pytest.raises(GuestconvError) as caught:
        convert(root, mode="rebuild", programs=("cryptsetup", "systemd-cryptsetup"))
    assert caught.value.code == "initrd-cannot-unlock" and "cryptsetup" in caught.value.message
    # What is appended takes nothing away.
    convert(make_root(initrd_bytes=an_initrd()), programs=("cryptsetup",))


@pytest.mark.parametrize(
    "path, text, mappings, is_right",
    (
        ("cryptroot/crypttab", "sda3_crypt UUID=1 none luks\n", ("sda3_crypt",), True),
        ("cryptroot/crypttab", "\nother UUID=1 none luks\n", ("sda3_crypt",), False),
        ("cryptroot/crypttab", "", ("sda3_crypt",), False),
        ("cryptroot/crypttab", "", (), True),
        ("conf/conf.d/cryptroot", "target=sda3_crypt,source=UUID=1,key=none\n", ("sda3_crypt", "r"), True),
    ),
)
def test_a_debian_initrd_that_was_made_anew_must_know_the_mapping_of_the_root(path, text, mappings, is_right):
    root = make_rebuilding(an_initrd(), "/usr/sbin/mkinitramfs")
    empty = initrd.Initrd({}, {}, [initrd.image.Archive(0, 0, "", 0)], 0, False)
    files = [initrd.File(path, 0o644, text.encode()), initrd.File("sbin/cryptsetup", 0o755, b"x")]
    root.rebuilt = gzip.compress(initrd.supplement(empty, files), mtime=0)
    asked = {
        "mode": "rebuild",
        "programs": ("cryptsetup",),
        "mappings": tuple(frozenset((name,)) for name in mappings[:1]),
        "edits": [(r"cryptroot/crypttab|conf/conf\.d/.+", str)],
    }
    if is_right:
        convert(root, **asked)
        return
    with pytest.raises(GuestconvError, match="no line for sda3_crypt") as caught:
        convert(root, **asked)
    assert caught.value.code == "initrd-cannot-unlock"


def test_a_supplement_can_be_insisted_on():
    empty = initrd.Initrd({}, {}, [initrd.image.Archive(0, 0, "", 0)], 0, False)
    files = [initrd.File("usr/lib/dracut/hostonly-files", 0o644, b""), initrd.File("squash-root.img", 0o644, b"x")]
    root = make_rebuilding(initrd.supplement(empty, files), "/usr/bin/dracut")
    with pytest.raises(GuestconvError) as caught:
        convert(root, mode="supplement")
    assert caught.value.code == "initrd-not-appendable"
    convert(root)
    assert root.commands == [["dracut", "--force", "/boot/initrd.img-6.1.0-50-amd64", "6.1.0-50-amd64"]]
    assert root.files["/etc/dracut.conf.d/guestconv.conf"] == 'add_drivers+=" virtio_pci virtio_blk "\n'


def test_a_supplement_that_is_insisted_on_is_not_replaced_by_a_rebuild_of_what_cannot_be_read():
    root = make_rebuilding(b"\x89LZO\0\r\n\x1a\n" + bytes(64), "/usr/sbin/mkinitramfs")
    with pytest.raises(GuestconvError):
        convert(root, mode="supplement")
    assert root.commands == []


def test_dracuts_drivers_are_named_once():
    text = dracut.with_added('add_drivers+=" virtio_pci "\n', ["virtio_pci", "virtio_scsi"])
    assert text == 'add_drivers+=" virtio_pci virtio_scsi "\n'
    assert dracut.with_added(text, ["virtio_scsi"]) == text


@pytest.mark.parametrize(
    "text, expected",
    [
        (b"6.1.0-50-amd64 (debian-kernel@lists.debian.org) #1 SMP", "6.1.0-50-amd64"),
        (b"6.12.1-arch1-1", "6.12.1-arch1-1"),
        (b"", None),
    ],
)
def test_a_kernels_version_is_that_in_its_header(text, expected):
    assert kernel_image.release(bzimage(text.decode())) == expected


@pytest.mark.parametrize(
    "place, content",
    [
        (slice(0x1FE, 0x200), b"\0\0"),
        (slice(0x202, 0x206), b"HdrX"),
        (slice(0x20E, 0x210), b"\0\0"),
        (slice(0x20E, 0x210), b"\xff\xff"),
    ],
    ids=["no boot sector", "no header", "no version", "a version elsewhere"],
)
def test_what_is_no_kernel_of_x86_has_no_version(place, content):
    head = bytearray(bzimage("6.1 a"))
    head[place] = content
    assert kernel_image.release(bytes(head)) is None
    assert kernel_image.release(b"") is None


def version_of(name, versions=("6.12.1-arch1-1",), content=None, arguments="root=/dev/sda1", said=None):
    root = make_root(versions, [Entry(f"/boot/{name}", (), arguments, version=said)])
    root.files[f"/boot/{name}"] = bzimage("6.12.1-arch1-1 #1") if content is None else content
    return kernel.inspect(root).kernels[0]["version"]


@pytest.mark.parametrize("name", ["vmlinuz-linux", "vmlinuz-lts", "kernel", "bzImage"])
def test_oracle_12_a_kernel_is_known_by_its_header_whatever_its_file_is_called(name):
    assert version_of(name) == "6.12.1-arch1-1"
    assert version_of(name, ("6.12.1-arch1-1", "5.4.0-lts")) == "6.12.1-arch1-1"


def test_the_name_of_a_kernels_file_does_not_count_where_its_header_has_a_version():
    root = make_root(("6.1.0-1", "6.1.0-2"), [Entry("/boot/vmlinuz-6.1.0-1", (), "root=/dev/sda1")])
    root.files["/boot/vmlinuz-6.1.0-1"] = bzimage("6.1.0-2 #1")
    assert kernel.inspect(root).kernels[0]["version"] == "6.1.0-2"


def test_a_kernel_without_such_a_header_has_the_only_modules_there_are():
    assert version_of("vmlinuz-linux", content=b"MZ an arm64 kernel") == "6.12.1-arch1-1"
    # Memory tests boot no root.
    assert version_of("memtest", content=b"\0", arguments="") == "memtest"


def test_of_several_directories_of_modules_a_kernel_without_a_header_has_the_one_it_is_called_after():
    versions = ("6.1.0-1-arm64", "6.1.0-2-arm64")
    entries = [Entry("/vmlinuz", (), "root=/dev/sda1")]
    root = make_root(versions, entries)
    root.links["/vmlinuz"] = "boot/vmlinuz-6.1.0-1-arm64"
    root.files["/boot/vmlinuz-6.1.0-1-arm64"] = b"MZ"
    assert kernel.inspect(root).kernels[0]["version"] == "6.1.0-1-arm64"


@pytest.mark.parametrize(
    "name, said",
    (
        ("linux", "6.1.0-2-arm64"),
        ("0123456789abcdef/6.1.0-2-arm64/linux", None),
        # What the file is called after is nearer to it than what an entry says.
        ("vmlinuz-6.1.0-2-arm64", "6.1.0-1-arm64"),
    ),
)
def test_a_kernel_without_a_header_is_known_by_its_entry_or_its_path(name, said):
    versions = ("6.1.0-1-arm64", "6.1.0-2-arm64", "6.1.0-3-arm64")
    assert version_of(name, versions, b"MZ", said=said) == "6.1.0-2-arm64"


BANNER = b"Linux version 6.1.0-2-arm64 (a@b) (gcc) #1 SMP\n\0"
ARM64 = bytes(0x38) + b"ARM\x64" + bytes(1 << 20) + BANNER
LZMA = lzma.compress(BANNER * 99, lzma.FORMAT_ALONE)


def zboot(kind, payload):
    """An image for EFI that unpacks itself (zboot-header.S)."""
    head = b"MZ\0\0zimg" + struct.pack("<II", 0x1000, len(payload)) + bytes(8) + kind
    return head.ljust(0x38, b"\0") + b"\xcd\x23\x82\x81" + bytes(0x1000 - 0x3C) + payload + bytes(99)


def s390(pointer):
    head = b"\0\x08\0\0\x80" + bytes(0x10423) + pointer.to_bytes(8, "big")
    return head.ljust(0x11000, b"\0") + b"6.1.0-2-arm64 (a@b) #1\0"


@pytest.mark.parametrize(
    "content, expected",
    (
        (ARM64, "6.1.0-2-arm64"),
        (gzip.compress(ARM64), "6.1.0-2-arm64"),
        (gzip.compress(ARM64)[:-2000], None),
        (zboot(b"gzip", gzip.compress(ARM64)), "6.1.0-2-arm64"),
        (zboot(b"lzma", LZMA), "6.1.0-2-arm64"),
        (zboot(b"xzkern", lzma.compress(BANNER, check=lzma.CHECK_CRC32)), "6.1.0-2-arm64"),
        (zboot(b"lz4", b"x"), None),
        (zboot(b"gzip", b"x"), None),
        (b"\x7fELF" + bytes(1 << 20) + BANNER, "6.1.0-2-arm64"),
        # The end of one piece, and the beginning of the next.
        (b"\x7fELF" + bytes((1 << 20) - 20) + BANNER, "6.1.0-2-arm64"),
        (b"\x7fELF" + bytes(5000), None),
        (s390(0x11000), "6.1.0-2-arm64"),
        (s390(0), None),
        (s390(1 << 60), None),
        (b"MZ" + bytes(5000) + BANNER, None),
    ),
    ids=(
        "arm64 gzip cut-off zboot-gzip zboot-lzma zboot-xz zboot-lz4 zboot-junk elf elf-over-two-pieces elf-without s390 "
        "s390-without s390-far-away efi"
    ).split(),
)
def test_other_machines_kernels_are_known_by_what_is_in_them(content, expected):
    versions = ("6.1.0-1-arm64", "6.1.0-2-arm64")
    assert version_of("Image", versions, content) == (expected or "Image")


def test_a_kernel_that_is_too_large_is_not_searched(monkeypatch):
    monkeypatch.setattr(kernel_image, "LARGEST", 1 << 20)
    assert kernel_image.release_in(io.BytesIO(ARM64)) is None
    assert kernel_image.release_in(io.BytesIO(gzip.compress(bytes(3 << 20) + BANNER))) is None


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


LINK, RULES = "/etc/systemd/network/10-lan.link", "/etc/udev/rules.d/70-persistent-net.rules"


def an_initrd_of(builder, *files):
    """An initrd of that builder's with these files, (path, text) each; in Debian's /lib is a link to /usr/lib."""
    empty = initrd.Initrd({}, {}, [initrd.image.Archive(0, 0, "", 0)], 0, False)
    evidence = {"initramfs-tools": "conf/initramfs.conf", "dracut": "usr/lib/dracut/hostonly-files"}[builder]
    members = [initrd.File(path, 0o644, text.encode()) for path, text in ((evidence, ""), *files)]
    link = initrd.writer.header("lib", 0o120777, 7, 9) + initrd.writer.padded(b"usr/lib")
    return link + initrd.supplement(empty, members)


def texts_in(root, *paths):
    after = root.files["/boot/initrd.img-6.1.0-50-amd64"]
    found = initrd.read(after, wanted=lambda name: True)
    return [None if found.content(path) is None else found.content(path).decode() for path in paths]


@pytest.mark.parametrize(
    "builder, place",
    [
        ("initramfs-tools", "usr/lib/udev/rules.d/70-persistent-net.rules"),
        ("dracut", "etc/udev/rules.d/70-persistent-net.rules"),
    ],
)
def test_the_initrds_copy_of_a_guests_file_follows_it_wherever_its_builder_put_it(builder, place):
    root = make_root(initrd_bytes=an_initrd_of(builder, (place, "old")))
    convert(root, modules=(), copies={RULES: "new", LINK: "none there"})
    assert texts_in(root, place, LINK, "usr/lib/systemd/network/10-lan.link") == ["new", None, None]
    changes = len(root.changes())
    convert(root, modules=(), copies={RULES: "new"}, files={RULES: "new"})
    assert len(root.changes()) == changes == 1


@pytest.mark.parametrize("builder", ["initramfs-tools", "dracut"])
def test_a_file_that_the_initrd_must_have_is_put_there_and_into_its_next_build(builder):
    root = make_root(initrd_bytes=an_initrd_of(builder))
    convert(root, modules=(), files={LINK: "[Link]"})
    assert texts_in(root, "etc/systemd/network/10-lan.link") == ["[Link]"]
    # initramfs-tools' hook for udev copies it unasked.
    configuration = {"dracut": f'install_items+=" {LINK} "\n', "initramfs-tools": None}[builder]
    assert root.files.get("/etc/dracut.conf.d/guestconv.conf") == configuration
    assert "/etc/initramfs-tools/modules" not in root.files
    changes = len(root.changes())
    convert(root, modules=(), files={LINK: "[Link]"})
    assert len(root.changes()) == changes


def test_a_copy_that_is_there_already_is_not_put_there_again():
    before = an_initrd_of("initramfs-tools", ("usr/lib/systemd/network/10-lan.link", "[Link]"))
    root = make_root(initrd_bytes=before)
    convert(root, modules=(), files={LINK: "[Link]"})
    assert root.files["/boot/initrd.img-6.1.0-50-amd64"] == before


def test_an_initrd_loads_what_it_needs_though_it_is_from_before_the_guest_allowed_that():
    hardening = "blacklist floppy\nblacklist virtio-blk\ninstall virtio_pci /bin/true\n"
    root = make_root(initrd_bytes=an_initrd_of("dracut", ("etc/modprobe.d/hardening.conf", hardening)))
    convert(root, modules=["virtio_pci", "virtio_blk"])
    assert texts_in(root, "etc/modprobe.d/hardening.conf") == ["blacklist floppy\n\n\n"]


def test_several_edits_of_one_text_are_all_made():
    root = make_root(initrd_bytes=an_initrd())
    edits = [
        (r"conf/conf\.d/.+", lambda text: text.replace("sda5", "sda6")),
        (r"conf/conf\.d/resume", lambda text: text.replace("RESUME", "X")),
    ]
    convert(root, modules=(), edits=edits)
    assert texts_in(root, "conf/conf.d/resume") == ["X=/dev/sda6\n"]


def test_a_file_is_not_put_beside_an_image_that_would_hide_it():
    initrd_bytes = an_initrd_of("dracut", ("squash-root.img", "x"))
    root = make_rebuilding(initrd_bytes, "/usr/bin/dracut")
    with pytest.raises(GuestconvError) as caught:
        convert(root, modules=(), files={LINK: "[Link]"}, mode="supplement")
    assert caught.value.code == "initrd-not-appendable"
    # The stand-in for dracut does not heed install_items.
    with pytest.raises(GuestconvError) as caught:
        convert(root, modules=(), files={LINK: "[Link]"})
    assert caught.value.code == "initrd-not-complete"
    assert root.commands == [["dracut", "--force", "/boot/initrd.img-6.1.0-50-amd64", "6.1.0-50-amd64"]]
    assert root.files["/etc/dracut.conf.d/guestconv.conf"] == f'install_items+=" {LINK} "\n'


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


MICROCODE, MAIN = "/boot/intel-ucode.img", "/boot/initrd.img-6.1.0-50-amd64"


def raw_image(*files):
    empty = initrd.Initrd({}, {}, [initrd.image.Archive(0, 0, "", 0)], 0, False)
    return initrd.supplement(empty, [initrd.File(path, 0o644, content) for path, content in files])


def sequence(*paths, before=b"", **files):
    """A root whose default entry has an initrd of these images."""
    entries = [Entry("/boot/vmlinuz-6.1.0-50-amd64", paths, "root=/dev/sda1")]
    files = {MICROCODE: raw_image(("kernel/x86/microcode/GenuineIntel.bin", b"x")), **files}
    return make_root(entries=entries, initrd_bytes=before or an_initrd(), **files)


@pytest.mark.parametrize("paths", ((MICROCODE, MAIN), (MAIN, MICROCODE), (MICROCODE, MICROCODE, MAIN)))
def test_of_several_images_the_one_with_the_kernels_modules_is_completed(paths):
    root = sequence(*paths)
    microcode = root.files[MICROCODE]
    convert(root)
    assert root.files[MICROCODE] == microcode
    assert "virtio_blk" in initrd.read(root.files[MAIN]).modules("6.1.0-50-amd64")
    changes = len(root.changes())
    convert(root)
    assert len(root.changes()) == changes


def test_what_another_image_has_is_not_missing():
    further = raw_image(*((f"usr/lib/modules/6.1.0-50-amd64/{path}", b"module") for path in MODULES[:4]))
    root = sequence(MAIN, "/boot/further.img", **{"/boot/further.img": further})
    convert(root)
    assert root.changes() == []


def test_a_microcode_image_is_not_taken_for_the_initrd_where_that_is_of_an_unknown_builder():
    root = sequence(MAIN, MICROCODE, before=raw_image(("init", b"x")))
    with pytest.raises(GuestconvError) as caught:
        convert(root)
    assert caught.value.code == "initrd-not-supported" and MAIN in caught.value.message


def test_a_text_that_a_later_image_has_in_its_old_form_is_an_error():
    later = raw_image(("conf/conf.d/resume", b"RESUME=/dev/sda5\n"))
    root = sequence(MAIN, "/boot/later.img", **{"/boot/later.img": later})
    with pytest.raises(GuestconvError) as caught:
        convert(root, edits=[(r"conf/conf\.d/.+", lambda text: text.replace("/dev/sda5", "UUID=u"))])
    assert caught.value.code == "initrd-not-complete"


def test_an_image_that_is_not_there_is_a_concern_whichever_it_is():
    root = sequence(MICROCODE, MAIN)
    del root.files[MICROCODE]
    (concern,) = kernel.inspect(root).concerns
    assert (concern.code, concern.severity) == ("initrd-missing", "error") and MICROCODE in concern.message


def test_an_image_of_several_entries_is_completed_once():
    paths = ((MICROCODE, MAIN), (MAIN,))
    entries = [Entry("/boot/vmlinuz-6.1.0-50-amd64", each, "root=/dev/sda1") for each in paths]
    root = make_root(entries=entries, initrd_bytes=an_initrd(), **{MICROCODE: raw_image(("kernel/x86/a", b"x"))})
    convert(root)
    assert [path for _action, path, _detail in root.changes()].count(MAIN) == 1


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


COPY = "/boot/efi/m/6.1.0-50-amd64/initrd.img"


def test_what_the_menus_initrd_was_copied_from_is_completed_too():
    entries = [Entry("/boot/efi/m/6.1.0-50-amd64/linux", (COPY,), "root=UUID=u", version="6.1.0-50-amd64")]
    root = make_root(entries=entries, initrd_bytes=an_initrd())
    root.files.update({COPY: an_initrd(), "/boot/efi/m/6.1.0-50-amd64/linux": b"k"})
    plan = convert(root)
    assert root.files[COPY] == root.files[MAIN] != an_initrd()
    assert plan.concerns == []


def test_an_initrd_that_the_menu_names_by_a_link_is_completed_once():
    entries = [Entry("/boot/vmlinuz-6.1.0-50-amd64", ("/initrd.img",), "root=UUID=u", version="6.1.0-50-amd64")]
    root = make_root(entries=entries, initrd_bytes=an_initrd())
    root.links["/initrd.img"] = MAIN
    convert(root)
    changed = [path for _action, path, *_more in root.changes()]
    assert "/initrd.img" in changed and MAIN not in changed


def test_an_initrd_that_the_menu_names_by_a_link_and_by_its_file_is_completed_once():
    entries = [
        Entry("/boot/vmlinuz-6.1.0-50-amd64", (path,), "root=UUID=u", version="6.1.0-50-amd64")
        for path in ("/initrd.img", MAIN)
    ]
    root = make_root(entries=entries, initrd_bytes=an_initrd())
    root.links["/initrd.img"] = MAIN
    convert(root)
    changed = [path for _action, path, *_more in root.changes()]
    assert len({"/initrd.img", MAIN} & set(changed)) == 1
    once = make_root(entries=entries[1:], initrd_bytes=an_initrd())
    convert(once)
    assert root.files[MAIN] == once.files[MAIN]


def test_an_original_that_cannot_be_completed_is_a_concern():
    entries = [Entry("/boot/efi/m/6.1.0-50-amd64/linux", (COPY,), "root=UUID=u", version="6.1.0-50-amd64")]
    root = make_root(entries=entries, initrd_bytes=b"no initrd")
    root.files.update({COPY: an_initrd(), "/boot/efi/m/6.1.0-50-amd64/linux": b"k"})
    plan = convert(root)
    assert root.files[MAIN] == b"no initrd" and root.files[COPY] != an_initrd()
    ((code, message),) = [(concern.code, concern.message) for concern in plan.concerns]
    assert code == "kernel-not-prepared" and MAIN in message


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
