# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roots with kernels, their modules and initrds, and what conversion makes of them."""

from __future__ import annotations

import gzip

from ansible_collections.virttools.guestconv.plugins.module_utils import initrd
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import kernel
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders.grub2 import Entry
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KVM
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.boot_menu import BootMenu
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.complete_guest import bzimage
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

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


MICROCODE, MAIN = "/boot/intel-ucode.img", "/boot/initrd.img-6.1.0-50-amd64"
