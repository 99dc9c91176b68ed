# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guest debian12-boot-loaders, which boot_variants.py makes its guests of, one per way of booting.

Two kernels, and initrds without virtio; all that can name a disk by the kernel's name does. What boot loaders need is
made here, natively, and lies in STAGE until a variant puts it where it belongs.
"""

from __future__ import annotations

from tests.guests import announcement

# The second kernel is the newer one, and a meta-package's name stays when its version does not.
PACKAGES = (
    "binutils",
    "dbus",
    "extlinux",
    "grub-pc",
    "ifupdown",
    "initramfs-tools",
    "iproute2",
    "kmod",
    # For GRUB legacy's program.
    "libc6-i386",
    "linux-image-6.12-amd64",
    "linux-image-amd64",
    "openssh-server",
    "procps",
    "syslinux-common",
    "systemd-boot-efi",
    "systemd-sysv",
    "udev",
    "zstd",
)

CONSOLE = "console=tty0 console=ttyS0,115200"
ARGUMENTS = f"root=/dev/sda1 ro {CONSOLE} resume=/dev/sda2"

# Below it: esp/, an EFI system partition as kernel-install fills it; VERSION-complete.efi and VERSION-lacking.efi, unified
# kernel images with and without virtio.
STAGE = "/var/lib/stage"

_STUB = "/usr/lib/systemd/boot/efi/linuxx64.efi.stub"
_EACH_KERNEL = "for version in $(ls /lib/modules); do"
_ANNOUNCED = """\
    echo "announce kernel $(uname -r)"
    echo "announce root $(findmnt -n -o SOURCE /)"
    echo "announce arguments $(cat /proc/cmdline)"
"""


def files(uuid):
    """{path: text} of the guest whose root filesystem has this UUID, but for what is in every guest from VMware."""
    return {
        "/etc/fstab": "/dev/sda1 / ext4 errors=remount-ro 0 1\n/dev/sda2 none swap sw 0 0\n",
        "/etc/initramfs-tools/conf.d/resume": "RESUME=/dev/sda2\n",
        "/etc/initramfs-tools/conf.d/modules": "MODULES=list\n",
        "/etc/initramfs-tools/modules": "vmw_pvscsi\nata_piix\nahci\nsd_mod\next4\n",
        f"{STAGE}/arguments-by-uuid": f"root=UUID={uuid} ro {CONSOLE}\n",
        **announcement.files(_ANNOUNCED),
    }


# To be run when the initrds are made.
COMMANDS = (
    *announcement.COMMANDS,
    # The directory that is called by the machine's identity says that entries belong on this filesystem.
    f'mkdir -p "/boot/efi/$(cat /etc/machine-id)"; echo "{ARGUMENTS}" > /etc/kernel/cmdline; '
    f'{_EACH_KERNEL} kernel-install --verbose add "$version" "/boot/vmlinuz-$version" "/boot/initrd.img-$version"; done; '
    f"rm /etc/kernel/cmdline; mv /boot/efi {STAGE}/esp; mkdir /boot/efi",
    # Debian's defaults, which are all drivers.
    f"cp -a /etc/initramfs-tools {STAGE}/; cd {STAGE}/initramfs-tools; rm conf.d/modules; echo > modules; "
    f"echo FSTYPE=ext4 > conf.d/fstype; echo RESUME=none > conf.d/resume; "
    f"version=$(ls /lib/modules | sort -V | head -n 1); mkinitramfs -d . -o {STAGE}/initrd-complete $version; "
    f"echo {ARGUMENTS} > {STAGE}/arguments; uname=$(mktemp); echo -n $version > $uname; "
    "unified() { objcopy --add-section .osrel=/etc/os-release --change-section-vma .osrel=0x20000 "
    "--add-section .cmdline=$1 --change-section-vma .cmdline=0x30000 "
    "--add-section .uname=$uname --change-section-vma .uname=0x40000 "
    "--add-section .linux=/boot/vmlinuz-$version --change-section-vma .linux=0x2000000 "
    f"--add-section .initrd=$2 --change-section-vma .initrd=0x4000000 {_STUB} {STAGE}/$version-$3.efi; }}; "
    f"unified {STAGE}/arguments-by-uuid {STAGE}/initrd-complete complete; "
    f"unified {STAGE}/arguments /boot/initrd.img-$version lacking; "
    f"cd /; rm -r {STAGE}/initramfs-tools {STAGE}/initrd-complete {STAGE}/arguments*",
)
