# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A complete guest on the test double of the door, which all aspects of Linux inspect and convert by the engine."""

from __future__ import annotations

from contextlib import nullcontext

from ansible_collections.virttools.guestconv.plugins.module_utils import initrd
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import select
from ansible_collections.virttools.guestconv.plugins.module_utils.systems import engine
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
    image,
)

VERSION = "6.1.0-50-amd64"
KERNEL, INITRD = f"/boot/vmlinuz-{VERSION}", f"/boot/initrd.img-{VERSION}"
GRUB_SECTOR = (b"\xeb\x63\x90" + bytes(300) + b"GRUB \0Geom\0").ljust(510, b"\0") + b"\x55\xaa"
GRUB_CFG = f"menuentry a {{\n\tlinux {KERNEL} root=/dev/sda1 ro quiet\n\tinitrd {INITRD}\n}}\n"
_DRIVERS = {
    "virtio_pci": "virtio/virtio_pci",
    "virtio_blk": "block/virtio_blk",
    "virtio_net": "net/virtio_net",
    "8250": "tty/serial/8250/8250",
}


def bzimage(text):
    """The beginning of a kernel's file whose header has that text as its version (boot.rst)."""
    head = bytearray(0x1000)
    head[0x1F1], head[0x1FE:0x200], head[0x202:0x206] = 7, b"\x55\xaa", b"HdrS"
    head[0x20E:0x210] = (0x400).to_bytes(2, "little")
    head[0x600 : 0x600 + len(text)] = text.encode()
    return bytes(head)


def initrd_with(*names):
    """An initrd that has empty files of these names."""
    empty = initrd.Initrd({}, {}, [initrd.image.Archive(0, 0, "", 0)], 0, False)
    return initrd.supplement(empty, [initrd.File(name, 0o644, b"") for name in names])


def make(files=None, sector=GRUB_SECTOR, evidence="conf/initramfs.conf", info=None):
    """The guest: a system of Debian's kind on one disk, which comes from VMware.

    files: more, or others; None for one that is not there. sector: its boot sector. evidence: a file in its initrd.
    """
    there = {
        "/boot/grub/grub.cfg": GRUB_CFG,
        KERNEL: bzimage(f"{VERSION} (debian) #1"),
        INITRD: initrd_with(evidence),
        "/etc/fstab": "/dev/sda1 / ext4 defaults 0 1\n",
        "/etc/network/interfaces": "auto ens192\niface ens192 inet dhcp\n",
        f"/lib/modules/{VERSION}/modules.dep": "".join(f"kernel/{path}.ko:\n" for path in _DRIVERS.values()),
        f"/lib/modules/{VERSION}/modules.builtin": "",
        **{f"/lib/modules/{VERSION}/kernel/{path}.ko": "module" for path in _DRIVERS.values()},
        **(files or {}),
    }
    root = FakeRoot(
        {path: content for path, content in there.items() if content is not None},
        info=info,
        disks=[image("sda")],
        filesystems=[filesystem("/dev/sda1", "ext4", "u-1", partuuid="p-1")],
    )
    root.guest.boot_sector = lambda index: sector
    root.guest.roots = [root]
    root.guest.mounted = lambda root, read_only: nullcontext(root)
    return root


def inspected(root, **options):
    """The description of the guest."""
    return engine.inspect(root.guest, **options)


def converted(root):
    """Convert the guest as it is recommended, on which nothing may be wrong. Returns the target's hardware."""
    found = inspected(root)
    assert [each for each in found["concerns"] if each["severity"] == "error"] == []
    return engine.convert(root.guest, found, select(found, found))
