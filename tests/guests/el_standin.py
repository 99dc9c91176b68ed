# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for Enterprise Linux 10, whose packages cannot be had here: Debian 13's kernel and programs in EL's layout.

Of the versions of EL 10 are the kernel (6.12), systemd (257), NetworkManager (1.52), dracut and rpm (4.20). In EL's layout
are /boot with its entries of the Boot Loader Specification and grub2/, initrds called initramfs-VERSION.img and a rescue
entry, the root in LVM with a devices file, a keyfile of NetworkManager's, and rpm's database, which rpm itself made. There
is no dpkg and no apt.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import asdict
from functools import partial
from pathlib import Path

from tests.guests import announcement, loader_packages, storage_workshop
from tests.guests.build import made_once
from tests.guests.errors import run
from tests.guests.recipes import (
    MASK_NOT_NEEDED,
    PASSWORD,
    PATIENCE,
    SERVER_FILES,
    Disk,
    Packages,
    Recipe,
    fixed_uuid,
)

NAME = "el10"
GUEST = "EL 10 (stand-in: Debian 13 in its layout)"

# GRUB 2.14 takes a name that begins with a digit for the number of an entry, and Fedora's does not.
_MACHINE_ID = "c0ffee00d15c4a5e8000000000000010"
_ARGUMENTS = (
    "root=/dev/mapper/rl-root ro crashkernel=1G-4G:192M resume=/dev/mapper/rl-swap rd.lvm.lv=rl/root rd.lvm.lv=rl/swap "
    "console=tty0 console=ttyS0,115200"
)
_OS_RELEASE = """\
NAME="Rocky Linux"
VERSION="10.0 (Red Quartz)"
ID="rocky"
ID_LIKE="rhel centos fedora"
VERSION_ID="10.0"
PLATFORM_ID="platform:el10"
PRETTY_NAME="Rocky Linux 10.0 (Red Quartz)"
"""

# As they are named there: rpm's database says who owns the files.
_TOOLS = "open-vm-tools"
_SPEC = """\
%define __os_install_post %{{nil}}
%define debug_package %{{nil}}
%define _build_id_links none
Name: {name}
Version: {version}
Release: 1.el10
Summary: A stand-in of Debian's files
License: GPL-2.0-only
AutoReqProv: no
{more}
%description
A stand-in.
%files -f /var/tmp/files
{scripts}
"""
# systemd's macro of that name, as it is expanded.
_PREUN = """\
%preun
if [ $1 -eq 0 ] && [ -x /usr/bin/systemctl ]; then
    /usr/bin/systemctl --no-reload disable --now vmtoolsd.service || :
fi
"""

ANNOUNCED = """\
    echo "announce kernel $(uname -r)"
    echo "announce root $(findmnt -n -o SOURCE /)"
    echo "announce swaps $(grep -c ^/ /proc/swaps)"
    echo "announce card $(basename "$(readlink /sys/class/net/ens192/device/driver)")"
    echo "announce arguments $(cat /proc/cmdline)"
    echo "announce init systemd"
    echo "announce failed $(systemctl --failed --plain --no-legend | cut -d ' ' -f 1 | xargs)"
    echo "announce packages $(rpm -qa --qf '%{NAME} ' | xargs)"
"""

_FILES = {
    **{path: text for path, text in SERVER_FILES.items() if not path.startswith("/etc/network/")},
    **PATIENCE,
    **announcement.files(ANNOUNCED, wait="systemctl is-system-running --wait >/dev/null\n"),
    "/etc/os-release": _OS_RELEASE,
    "/usr/lib/os-release": _OS_RELEASE,
    "/etc/redhat-release": "Rocky Linux release 10.0 (Red Quartz)\n",
    "/etc/fstab": (
        f"/dev/mapper/rl-root / xfs defaults 0 0\nUUID={fixed_uuid(NAME, 'boot')} /boot ext4 defaults 0 0\n"
        "/dev/mapper/rl-swap none swap defaults 0 0\n/dev/mapper/rl-srv /srv xfs defaults 0 0\n"
    ),
    "/etc/machine-id": _MACHINE_ID + "\n",
    "/etc/kernel/cmdline": _ARGUMENTS + "\n",
    "/etc/default/grub": (
        "GRUB_TIMEOUT=1\nGRUB_DISTRIBUTOR=\"$(sed 's, release .*$,,g' /etc/system-release)\"\nGRUB_DEFAULT=saved\n"
        'GRUB_DISABLE_SUBMENU=true\nGRUB_TERMINAL_OUTPUT="console"\n'
        f'GRUB_CMDLINE_LINUX="{_ARGUMENTS.partition(" ro ")[2]}"\n'
        'GRUB_DISABLE_RECOVERY="true"\nGRUB_ENABLE_BLSCFG=true\n'
    ),
    "/etc/dracut.conf.d/10-vmware.conf": (
        'hostonly="yes"\nhostonly_mode="strict"\nadd_dracutmodules+=" lvm "\ndrivers+=" vmw_pvscsi ata_piix sd_mod "\n'
        # dracut puts QEMU's drivers in where it runs in QEMU.
        'filesystems+=" xfs ext4 "\nomit_dracutmodules+=" qemu qemu-net virtiofs crypt nvdimm "\nearly_microcode="no"\n'
    ),
    "/etc/NetworkManager/system-connections/ens192.nmconnection": (
        "[connection]\nid=ens192\nuuid=5f1b8d2c-5a0e-4c61-9d0e-0d3f0a6f3c11\ntype=ethernet\n"
        "autoconnect-priority=-999\ninterface-name=ens192\ntimestamp=1718000000\n\n[ethernet]\n\n"
        "[ipv4]\naddress1=10.0.2.15/24,10.0.2.2\ndns=10.0.2.3;\nmethod=manual\n\n"
        "[ipv6]\naddr-gen-mode=eui64\nmethod=disabled\n\n[proxy]\n"
    ),
    "/etc/sysconfig/network": "NETWORKING=yes\n",
    "/etc/sysconfig/kernel": "UPDATEDEFAULT=yes\nDEFAULTKERNEL=kernel-core\n",
}

VERSION = "$(ls /lib/modules)"
INITRD = "dracut --force --no-hostonly-default-device"
MOUNTED = "trap 'umount -l /run /dev' EXIT; mount --bind /run /run; mount --rbind /dev /dev"


def package(name: str, files: str, version: str, more: str = "", scripts: str = "") -> str:
    """The command that has rpm build and install a package of files that are there. files: shell that lists them."""
    spec = _SPEC.format(name=name, version=version, more=more, scripts=scripts)
    root = "/var/tmp/root"
    return (
        f"cd /var/tmp; {files} > files; mkdir {root}; tar -c -T files | tar -x -C {root}; "
        f"cat > {name}.spec <<'END'\n{spec}END\n"
        f"rpmbuild --quiet -bb --define '_topdir /var/tmp/rpm' --define 'buildroot {root}' --buildroot {root} {name}.spec; "
        "rpm -i --nodeps --replacefiles rpm/RPMS/*/*.rpm; rm -rf /var/tmp/*"
    )


TOOLS_PACKAGE = package(
    _TOOLS,
    f"dpkg -L {_TOOLS} | while read -r path; do if [ -f $path ] && [ -e /usr$path ]; then echo /usr$path; "
    "elif [ -f $path ]; then echo $path; fi; done",
    "12.5.0",
    scripts=_PREUN,
)
WITHOUT_DPKG = (
    "rm -rf /var/lib/dpkg /var/lib/apt /etc/apt /etc/dpkg /etc/kernel/postinst.d /etc/network; "
    "find /usr/bin -name 'dpkg*' -delete; find /usr/bin -name 'apt*' -delete; rpm -qa"
)

_COMMANDS = (
    PASSWORD,
    MASK_NOT_NEEDED,
    *announcement.COMMANDS,
    "chmod 600 /etc/NetworkManager/system-connections/*",
    "sed -i 's/^\\(\\s*\\)# use_devicesfile = .*/\\1use_devicesfile = 1/' /etc/lvm/lvm.conf; grep 'use_devicesfile = 1' /etc/lvm/lvm.conf",
    # As kernel-core has it: the package's own copy of the kernel is with its modules.
    f"rm -f /boot/initrd.img* /vmlinuz* /initrd.img*; version={VERSION}; cp /boot/vmlinuz-$version /lib/modules/$version/vmlinuz; "
    f"cp /boot/vmlinuz-$version /boot/vmlinuz-0-rescue-{_MACHINE_ID}",
    f"{MOUNTED}; version={VERSION}; {INITRD} /boot/initramfs-$version.img $version; "
    f"{INITRD} --no-hostonly --hostonly-mode sloppy /boot/initramfs-0-rescue-{_MACHINE_ID}.img $version",
    package("kernel-core", "find /usr/lib/modules -type f -path '*/vmlinuz'", "6.12.0", "Provides: kernel = 6.12.0"),
    TOOLS_PACKAGE,
    WITHOUT_DPKG,
)

RECIPE = Recipe(
    NAME,
    GUEST,
    Packages(
        "trixie",
        (
            "dbus",
            "dracut",
            "iproute2",
            "kmod",
            "linux-image-amd64",
            "lvm2",
            "network-manager",
            _TOOLS,
            "openssh-server",
            "procps",
            "rpm",
            "systemd-sysv",
            "udev",
            "xfsprogs",
            "zstd",
        ),
    ),
    _FILES,
    _COMMANDS,
    Disk("/dev/sda", 0, (), device_map=False),
)
_SIZE = 3000  # MiB

_MENU = """\
# This file is generated by grub2-mkconfig from /etc/default/grub and /etc/grub.d.
set timeout=1
if [ -s $prefix/grubenv ]; then
  load_env
fi
set default="${{saved_entry}}"
insmod part_msdos
insmod ext2
search --no-floppy --fs-uuid --set=root {uuid}
insmod blsuki
blscfg
"""


def _entry(title: str, version: str, name: str) -> str:
    return (
        f"title Rocky Linux ({title}) 10.0 (Red Quartz)\nversion {version}\nlinux /vmlinuz-{name}\n"
        f"initrd /initramfs-{name}.img\noptions {_ARGUMENTS}\ngrub_users $grub_users\ngrub_arg --unrestricted\n"
        "grub_class rocky\n"
    )


def _lay_out(files: loader_packages.Files, workshop: storage_workshop.Workshop) -> None:
    """As EL's installer has it: /boot, and all else in a volume group."""
    workshop.partition("sda", (420, ""), (0, ""))
    boot = fixed_uuid(NAME, "boot")
    workshop.ext4("sda1", boot)
    workshop.volume_group("rl", "sda2")
    root = workshop.volume("rl", "root", 2000)
    swap = workshop.volume("rl", "swap", 100)
    data = workshop.volume("rl", "srv", 320)
    workshop.swap(swap, fixed_uuid(NAME, "swap"))
    for device in (root, data):
        workshop.shell(f"mkfs.xfs -q {device}")
    workshop.mount(root)
    workshop.mount("sda1", "/boot")
    workshop.mount(data, "/srv")
    workshop.fill()
    _install_loader(files, workshop, boot)
    identity = workshop.shell("pvs --noheadings -o pv_uuid").strip().replace("-", "")
    workshop.write(
        "/etc/lvm/devices/system.devices",
        "# LVM uses devices listed in this file.\n"
        f"VERSION=1.1.2\nIDTYPE=sys_wwid IDNAME=naa.6000c29d0c0ffee0000000000000beef DEVNAME=/dev/sda2 PVID={identity} PART=2\n",
    )


def _install_loader(files: loader_packages.Files, workshop: storage_workshop.Workshop, boot: str) -> None:
    files.put(workshop.appliance, "i386-pc", "/boot/grub2/i386-pc")
    disk = workshop.appliance.device(0)
    # The image's list of its own blocks says that it begins in the second sector, as grub-bios-setup would.
    workshop.appliance.pwrite_device(disk, files.read("images/boot.img")[:440], 0)
    workshop.appliance.pwrite_device(disk, files.read("images/core.img"), 512)
    (version,) = workshop.appliance.ls("/usr/lib/modules")
    entries = "/boot/loader/entries"
    workshop.write(f"{entries}/{_MACHINE_ID}-{version}.conf", _entry(version, version, version))
    rescue = f"0-rescue-{_MACHINE_ID}"
    workshop.write(f"{entries}/{_MACHINE_ID}-0-rescue.conf", _entry(rescue, rescue, rescue))
    workshop.write("/boot/grub2/grub.cfg", _MENU.format(uuid=boot))
    workshop.write("/boot/grub2/grubenv", _environment(f"{_MACHINE_ID}-{version}"))
    workshop.appliance.ln_s("../boot/grub2/grub.cfg", "/etc/grub2.cfg")


def _environment(entry: str) -> bytes:
    """GRUB's environment block, with the entry that was saved."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "grubenv")
        run(["grub-editenv", path, "create"])
        run(["grub-editenv", path, "set", f"saved_entry={entry}"])
        return path.read_bytes()


def disk() -> Path:
    """The image of the guest. It is made first if need be.

    It is shared by all tests: work on a copy of it. Raises BuildError.
    """
    # Before, as one thing at a time is made in the cache.
    files = loader_packages.blscfg_grub_of_el()
    made = partial(storage_workshop.make, RECIPE, (_SIZE,), partial(_lay_out, files))
    return made_once(f"{NAME}-{_key(files)}", made) / "sda.qcow2"


def _key(files: loader_packages.Files) -> str:
    digest = hashlib.sha256(json.dumps([asdict(RECIPE), files.name], sort_keys=True).encode())
    for source in ("el_standin.py", "filesystem.py", "storage_workshop.py", "workshop.py"):
        digest.update((Path(__file__).parent / source).read_bytes())
    return digest.hexdigest()[:12]
