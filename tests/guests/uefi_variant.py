# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A guest that boots by UEFI: another guest's system, on a GPT, with Debian's shim and GRUB where Debian has them.

As Debian's installer leaves it, there is no \\EFI\\BOOT: it is the variables of its virtual machine that say what to boot.
"""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path

from ansible_collections.virttools.guestconv.plugins.module_utils.disks.images import disks_from_option
from ansible_collections.virttools.guestconv.tests.any_call import Appliance
from tests.guests.build import guest, made_once, scratch_beside
from tests.guests.errors import BuildError, run
from tests.guests.recipes import RECIPES

BASE = "debian12-vmware-modern"

# Debian's packages shim-unsigned and grub-efi-amd64-bin. The latter's image looks for its grub.cfg in /EFI/debian.
_SHIM = Path("/usr/lib/shim")
_LOADERS = {
    "shimx64.efi": _SHIM / "shimx64.efi",
    "mmx64.efi": _SHIM / "mmx64.efi",
    "fbx64.efi": _SHIM / "fbx64.efi",
    "BOOTX64.CSV": _SHIM / "BOOTX64.CSV",
    "grubx64.efi": Path("/usr/lib/grub/x86_64-efi/monolithic/grubx64.efi"),
}
VENDOR = "/boot/efi/EFI/debian"

_SECTORS = 2048  # 512-byte sectors in a MiB
_SYSTEM_PARTITION = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
_SYSTEM_PARTITION_SIZE = 64  # MiB
_BOOT_CODE = 440  # bytes, at the start of the disk


def lacking():
    """The files of Debian's packages that this machine does not have."""
    return [str(path) for path in _LOADERS.values() if not path.exists()]


def disk():
    """The guest, as an item of the modules' option disks. It is made first if need be.

    The image is shared by all tests: work on a copy of it, which is small. Raises BuildError.
    """
    base = guest(BASE)
    key = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    image = made_once(f"{base.stem}-uefi-{key}.qcow2", partial(_make, base))
    return {"path": str(image), "backing": [str(base)]}


def _make(base, image):
    if lacking():
        raise BuildError(f"these are missing: {', '.join(lacking())}")
    end = RECIPES[BASE].disk.size
    with scratch_beside(image) as scratch:
        made = Path(scratch, "disk.qcow2")
        size = f"{end + _SYSTEM_PARTITION_SIZE + 1}M"  # the GPT has a copy of itself at its end
        run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base, made, size])
        disks = disks_from_option([{"path": str(made), "backing": [str(base)]}])
        with Appliance(disks, read_only=False) as appliance:
            device = appliance.device(0)
            _partition(appliance, device, end)
            appliance.mount(f"{device}1", "/")
            _fill(appliance, f"{device}3")
            appliance.umount_all()
            appliance.close()
        made.rename(image)


def _partition(appliance, device, end):
    """Have root and swap in a GPT where they are in the MBR, and a system partition from MiB number end on."""
    root, _extended, swap = RECIPES[BASE].disk.partitions
    appliance.part_init(device, "gpt")
    places = [(root.start, root.end), (swap.start, swap.end), (end, end + _SYSTEM_PARTITION_SIZE)]
    for first, after in places:
        appliance.part_add(device, "primary", first * _SECTORS, after * _SECTORS - 1)
    appliance.part_set_gpt_type(device, 3, _SYSTEM_PARTITION)
    appliance.pwrite_device(device, bytes(_BOOT_CODE), 0)
    appliance.mkfs("vfat", f"{device}3")


def _fill(appliance, partition):
    root = RECIPES[BASE].disk.partitions[0]
    fstab = appliance.read_file("/etc/fstab").decode()
    fstab += f"UUID={appliance.vfs_uuid(partition)} /boot/efi vfat umask=0077 0 1\n"
    appliance.write("/etc/fstab", fstab.encode())
    appliance.mkdir_p("/boot/efi")
    appliance.mount(partition, "/boot/efi")
    appliance.mkdir_p(VENDOR)
    for name, path in _LOADERS.items():
        appliance.upload(str(path), f"{VENDOR}/{name}")
    # As grub-install writes it.
    menu = f"search.fs_uuid {root.uuid} root\nset prefix=($root)'/boot/grub'\nconfigfile $prefix/grub.cfg\n"
    appliance.write(f"{VENDOR}/grub.cfg", menu.encode())
