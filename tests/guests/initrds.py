# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The initrds of the guest debian12-initrds: all of one kernel, and none with a driver for the disks of KVM."""

from __future__ import annotations

from dataclasses import dataclass

_VERSION = "$(ls /lib/modules)"  # of the only kernel, in the shell

# What VMware's disks need.
_MODULES = "ata_piix vmw_pvscsi sd_mod"

# dracut puts QEMU's drivers in where it runs in QEMU; of the others each would make it half as large again.
_OMITTED = "qemu virtiofs crypt dm nvdimm"
_WITHOUT_SYSTEMD = f"{_OMITTED} systemd systemd-initrd dracut-systemd"

# dracut makes an initrd for this host only where these are mounts, which in a chroot they are not.
_MOUNTED = "trap 'umount -l /run /dev' EXIT; mount --bind /run /run; mount --rbind /dev /dev"

_MICROCODE = "/var/tmp/microcode.cpio"


@dataclass(frozen=True)
class Initrd:
    """builder: initramfs-tools or dracut. early: whether an archive of microcode stands in front.

    hostonly, omitted: dracut's. default: whether the boot menu's first entry has this one.
    """

    builder: str
    compression: str
    early: bool
    hostonly: bool = False
    omitted: str = _OMITTED
    default: bool = False

    def path(self, version):
        """Where it is in the guest."""
        if self.default:
            return f"/boot/initrd.img-{version}"
        return "/boot/initrd-" + "-".join([self.builder, self.compression, *(["early"] if self.early else [])])

    def command(self):
        """The shell command that makes it."""
        path = self.path(_VERSION)
        made = f"mkinitramfs -c {self.compression} -o {path} {_VERSION}"
        if self.builder == "dracut":
            # There is no disk yet of which it could find out what this host's root is on.
            hostonly = "--hostonly --no-hostonly-default-device" if self.hostonly else "--no-hostonly"
            # No microcode, since that would be for the processor of the machine on which the guest is built.
            made = (
                f'{_MOUNTED}; dracut --quiet --force --no-early-microcode {hostonly} --omit "{self.omitted}" '
                f'--filesystems ext4 --drivers "{_MODULES}" --{self.compression} {path} {_VERSION}'
            )
        return f"{made}; cat {_MICROCODE} {path} > /boot/both; mv /boot/both {path}" if self.early else made


# Each compression and each builder with and without microcode.
INITRDS = (
    Initrd("initramfs-tools", "gzip", early=False),
    Initrd("initramfs-tools", "xz", early=True),
    Initrd("initramfs-tools", "zstd", early=True),
    Initrd("initramfs-tools", "lz4", early=False),
    # Behind this one nothing can be appended.
    Initrd("initramfs-tools", "lzma", early=False),
    Initrd("dracut", "gzip", early=True, hostonly=True),
    Initrd("dracut", "zstd", early=False, hostonly=True, default=True),
    Initrd("dracut", "xz", early=False),
    # Not systemd but dracut's own loop waits for the disk.
    Initrd("dracut", "lz4", early=True, omitted=_WITHOUT_SYSTEMD),
)

PACKAGES = (
    "dracut-core",
    "grub-pc",
    "initramfs-tools",
    "kmod",
    "linux-image-amd64",
    "lz4",
    "systemd-sysv",
    "udev",
    "xz-utils",
    "zstd",
)

# The program to boot with init=: it says what the initrd has mounted, and turns the machine off.
ANNOUNCE = "/usr/local/sbin/announce"

_MENU = "/etc/grub.d/40_custom"


def files(uuid):
    """{path: text} of the guest whose root filesystem has this UUID, but for what is in every guest."""
    return {
        ANNOUNCE: '#!/bin/sh\necho "announce root $(findmnt -n -o SOURCE,UUID /)"\nexec poweroff -ff\n',
        "/etc/initramfs-tools/conf.d/modules": "MODULES=list\n",
        "/etc/initramfs-tools/conf.d/resume": "RESUME=none\n",
        "/etc/initramfs-tools/modules": "\n".join([*_MODULES.split(), "ext4", ""]),
        _MENU: f"""\
#!/bin/sh
for initrd in /boot/initrd-*; do
    cat <<END
menuentry '$initrd' {{
\tsearch --no-floppy --fs-uuid --set=root {uuid}
\tlinux $(echo /boot/vmlinuz-*) root=UUID={uuid} ro
\tinitrd $initrd
}}
END
done
""",
    }


COMMANDS = (
    f"chmod +x {ANNOUNCE} {_MENU}",
    # That no processor takes it does not matter: the kernel looks for this path in a raw archive at the very beginning.
    "cd $(mktemp -d); mkdir -p kernel/x86/microcode; head -c 4096 /dev/zero > kernel/x86/microcode/AuthenticAMD.bin; "
    f"find kernel | cpio -o -H newc > {_MICROCODE}",
    *(initrd.command() for initrd in INITRDS),
)
