# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each guest is. A new guest is a new row of RECIPES; what rows share stands above them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace

from tests.guests import announcement, boot_loaders, initrds, selinux


@dataclass(frozen=True)
class Packages:
    """Debian packages. Guests with equal Packages are installed once. A second kernel is one more name."""

    suite: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Partition:
    """A partition of a disk.

    number: the kernel's: 1 to 4 are primary or the extended one, 5 and up are logical.
    start, end: MiB from the start of the disk; end is the first that is not the partition's.
    content: "ext4", "swap" or "extended". mountpoint: where the guest has it, or "".
    """

    number: int
    start: int
    end: int
    content: str
    uuid: str = ""
    mountpoint: str = ""


@dataclass(frozen=True)
class Disk:
    """A disk that the guest boots from with BIOS and GRUB, off an MBR partition table.

    name: what the guest knew the disk by; it is what GRUB's files say, whatever the appliance calls the disk.
    size: MiB. device_map: whether /boot/grub/device.map stays, as old installations have it.
    """

    name: str
    size: int
    partitions: tuple[Partition, ...]
    device_map: bool


@dataclass(frozen=True)
class Recipe:
    """A guest: the packages, the files that are written over them, the commands that are then run in it, the disk.

    files: {absolute path: text}. commands: shell, run natively and as root in a chroot, without the disk.
    """

    name: str
    summary: str
    packages: Packages
    files: dict[str, str]
    commands: tuple[str, ...]
    disk: Disk


RECIPES = {}


def _add(recipe):
    RECIPES[recipe.name] = recipe


def fixed_uuid(guest, what):
    # The same in every build, so that fstab can name it before there is a file system.
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"guestconv test guest {guest} {what}"))


_DEBIAN12_VMWARE_PACKAGES = Packages(
    suite="bookworm",
    names=(
        "dbus",
        "grub-pc",
        "ifupdown",
        "initramfs-tools",
        "iproute2",
        "kmod",
        "linux-image-amd64",
        "open-vm-tools",
        "openssh-server",
        "procps",
        "systemd-sysv",
        "udev",
        "zstd",
    ),
)

# What the two VMware guests have in common. Any NIC but ens192 stays down, so that only a guest whose network identity
# is right answers at the address.
VMWARE_FILES = {
    "/etc/hostname": "web01\n",
    "/etc/hosts": "127.0.0.1\tlocalhost\n127.0.1.1\tweb01.example.com\tweb01\n",
    "/etc/resolv.conf": "nameserver 10.0.2.3\n",
    "/etc/network/interfaces": """\
# This file describes the network interfaces available on your system
# and how to activate them. For more information, see interfaces(5).

source /etc/network/interfaces.d/*

# The loopback network interface
auto lo
iface lo inet loopback

# The primary network interface: vSphere port group "Production"
auto ens192
iface ens192 inet static
\taddress 10.0.2.15/24
\tgateway 10.0.2.2
""",
    "/etc/X11/xorg.conf": """\
Section "Device"
\tIdentifier "Configured Video Device"
\tDriver "vmware"
\tBusID "PCI:0:15:0"
EndSection

Section "Screen"
\tIdentifier "Default Screen"
\tDevice "Configured Video Device"
EndSection
""",
}

SERVER_FILES = {path: text for path, text in VMWARE_FILES.items() if not path.startswith("/etc/X11")}

# systemd gives a device 90 seconds, which an emulator on a busy machine may need more of.
PATIENCE = {
    "/etc/systemd/system.conf.d/patience.conf": (
        "[Manager]\nDefaultTimeoutStartSec=infinity\nDefaultDeviceTimeoutSec=infinity\n"
    )
}

PASSWORD = "echo root:guestconv | chpasswd"
MACHINE_ID = "rm -f /etc/machine-id; systemd-machine-id-setup"
GRUB_ON_SDA = "echo grub-pc grub-pc/install_devices multiselect /dev/sda | debconf-set-selections"
# Each of these takes time at boot.
MASK_NOT_NEEDED = "systemctl mask " + " ".join(
    (
        "apt-daily.timer",
        "apt-daily-upgrade.timer",
        "dpkg-db-backup.timer",
        "e2scrub_all.timer",
        "e2scrub_reap.service",
        "fstrim.timer",
        "getty@tty1.service",
        "grub-common.service",
        "ModemManager.service",
        "modprobe@drm.service",
        "systemd-logind.service",
        "systemd-timesyncd.service",
        "wpa_supplicant.service",
    )
)
# The file system checker goes into the initrd of a guest whose root is mounted, and here it is not: so say what it is.
_FSTYPE = "/etc/initramfs-tools/conf.d/fstype"


def make_initrds(filesystem="ext4"):
    """The command that makes the initrds of a guest. filesystem: the type of the root."""
    return f"echo FSTYPE={filesystem} > {_FSTYPE}; update-initramfs -u -k all; rm {_FSTYPE}"


def grub_defaults(arguments, *more):
    lines = (
        "# If you change this file, run 'update-grub' afterwards to update",
        "# /boot/grub/grub.cfg.",
        "",
        "GRUB_DEFAULT=0",
        # Debian's default is 5: a test need not wait for it.
        "GRUB_TIMEOUT=1",
        "GRUB_DISTRIBUTOR=`lsb_release -i -s 2> /dev/null || echo Debian`",
        'GRUB_CMDLINE_LINUX_DEFAULT="quiet"',
        f'GRUB_CMDLINE_LINUX="{arguments}"',
        *more,
    )
    return "\n".join(lines) + "\n"


def _fstab(root, swap):
    return f"""\
# /etc/fstab: static file system information.
#
# <file system> <mount point>   <type>  <options>       <dump>  <pass>
{root} /               ext4    errors=remount-ro 0       1
# swap was on /dev/sda5 during installation
{swap} none            swap    sw              0       0
"""


def _sda(guest, device_map):
    """Debian's installer's layout for a small disk: all in one partition, and swap in a logical one."""
    partitions = (
        Partition(1, 1, 2047, "ext4", fixed_uuid(guest, "root"), "/"),
        Partition(2, 2047, 2303, "extended"),
        Partition(5, 2048, 2303, "swap", fixed_uuid(guest, "swap")),
    )
    return Disk("/dev/sda", 2304, partitions, device_map)


# Boots on VMware's hardware only: its initrd has no other disk driver (ata_piix is VMware's IDE), and all that can name
# a disk by the kernel's name does.
_add(
    Recipe(
        name="debian12-vmware",
        summary="Debian 12 from VMware: disks by kernel name, an initrd without virtio",
        packages=_DEBIAN12_VMWARE_PACKAGES,
        files={
            **VMWARE_FILES,
            "/etc/fstab": _fstab("/dev/sda1", "/dev/sda5"),
            "/etc/default/grub": grub_defaults("resume=/dev/sda5", "GRUB_DISABLE_LINUX_UUID=true"),
            "/etc/initramfs-tools/conf.d/resume": "RESUME=/dev/sda5\n",
            "/etc/initramfs-tools/conf.d/modules": "# Only what this virtual machine has\nMODULES=list\n",
            "/etc/initramfs-tools/modules": (
                "# List of modules that you want to include in your initramfs.\n"
                "# They will be loaded at boot time in the order below.\n"
                "vmw_pvscsi\nmptspi\nmptsas\nata_piix\nsd_mod\next4\n"
            ),
        },
        commands=(PASSWORD, MACHINE_ID, GRUB_ON_SDA, make_initrds()),
        disk=_sda("debian12-vmware", device_map=True),
    )
)

# As Debian's installer makes it today: disks by UUID, an initrd that has all drivers; and a rule for the NIC's name.
_add(
    Recipe(
        name="debian12-vmware-modern",
        summary="Debian 12 from VMware: disks by UUID, a complete initrd, a persistent-net rule for vmxnet3",
        packages=_DEBIAN12_VMWARE_PACKAGES,
        files={
            **VMWARE_FILES,
            "/etc/fstab": _fstab(
                f"UUID={fixed_uuid('debian12-vmware-modern', 'root')}",
                f"UUID={fixed_uuid('debian12-vmware-modern', 'swap')}",
            ),
            "/etc/default/grub": grub_defaults(f"resume=UUID={fixed_uuid('debian12-vmware-modern', 'swap')}"),
            "/etc/initramfs-tools/conf.d/resume": f"RESUME=UUID={fixed_uuid('debian12-vmware-modern', 'swap')}\n",
            "/etc/udev/rules.d/70-persistent-net.rules": (
                "# PCI device 0x15ad:0x07b0 (vmxnet3)\n"
                'SUBSYSTEM=="net", ACTION=="add", DRIVERS=="vmxnet3", ATTR{address}=="00:50:56:aa:bb:cc", '
                'ATTR{dev_id}=="0x0", ATTR{type}=="1", KERNEL=="eth*", NAME="ens192"\n'
            ),
        },
        commands=(PASSWORD, MACHINE_ID, GRUB_ON_SDA, make_initrds()),
        disk=_sda("debian12-vmware-modern", device_map=False),
    )
)

# Without labels: selinux_variant.py gives them, after the last program that writes to its disk.
_add(
    Recipe(
        name="debian12-selinux",
        summary="Debian 12 from VMware with SELinux enforcing, and without labels: see selinux_variant.py",
        packages=Packages("bookworm", (*_DEBIAN12_VMWARE_PACKAGES.names, *selinux.PACKAGES)),
        files={
            **SERVER_FILES,
            "/etc/fstab": _fstab("/dev/sda1", "/dev/sda5"),
            "/etc/default/grub": grub_defaults(
                f"{boot_loaders.CONSOLE} {selinux.ARGUMENTS} resume=/dev/sda5",
                "GRUB_DISABLE_LINUX_UUID=true",
                "GRUB_TERMINAL=console",
            ),
            "/etc/initramfs-tools/conf.d/resume": "RESUME=/dev/sda5\n",
            "/etc/initramfs-tools/conf.d/modules": "MODULES=list\n",
            "/etc/initramfs-tools/modules": "vmw_pvscsi\nata_piix\nahci\nsd_mod\next4\n",
            **selinux.FILES,
        },
        commands=(PASSWORD, MACHINE_ID, GRUB_ON_SDA, MASK_NOT_NEEDED, *announcement.COMMANDS, make_initrds()),
        disk=_sda("debian12-selinux", device_map=False),
    )
)


# The guest announces its network when systemd has nothing more to start, and each manager says that it is done.
_WAIT_FOR_NETWORK = """\
systemctl is-system-running --wait
udevadm settle
systemctl is-active --quiet NetworkManager && nm-online --wait-for-startup --quiet --timeout 300
networkd() { sed -n s/^ADMIN_STATE=//p /run/systemd/netif/links/${1:-*} 2>/dev/null; }
cards() { for card in /sys/class/net/*/device; do networkd "$(cat "${card%device}ifindex")"; done; }
# A bond without members is never done: there is something to wait for while networkd has any card in hand.
while cards | grep -qv unmanaged && networkd | grep -qE 'pending|initialized|configuring'; do sleep 1; done
# What ifupdown does for a card that is plugged in runs beside all else, and an IPv6 address is looked for elsewhere first.
for second in $(seq 60); do
    pidof ifup || ip -oneline address show tentative | grep . || break
    sleep 1
done >/dev/null
"""
_CONFIGURATION = "network netplan NetworkManager/system-connections systemd/network udev/rules.d"
_ANNOUNCED = """\
    echo "announce addresses $(ip -json address)"
    for family in -4 -6; do echo "announce routes $(ip -json $family route show default)"; done
    for card in /sys/class/net/*/device; do
        name=${card#/sys/class/net/}
        echo "announce driver ${name%/device} $(basename "$(readlink "$card/driver")")"
    done
    for bond in /sys/class/net/*/bonding; do
        [ -e "$bond" ] && echo "announce members $(cat "$bond/slaves") active $(cat "$bond/active_slave")"
    done
"""
_ANNOUNCED += f"    cd /etc && find {_CONFIGURATION} -type f -exec sha256sum {{}} + | sed 's/^/announce file /'\n"

# What tests/guests/network_variants.py makes its guests of, one per way of configuring the network. All of these are
# installed, and none is enabled. It boots quickly, for it is booted many times: no display, no swap, no timers, and an
# initrd of a third of the size, which yet has all drivers that it needs, and names the network cards as any does.
_add(
    Recipe(
        name="debian12-network",
        summary="Debian 12 with all that can configure a network, and no network: see network_variants.py",
        packages=Packages(
            suite="bookworm",
            names=(
                *(name for name in _DEBIAN12_VMWARE_PACKAGES.names if name != "open-vm-tools"),
                "ifenslave",
                "netplan.io",
                "network-manager",
                "vlan",
            ),
        ),
        files={
            **{path: text for path, text in VMWARE_FILES.items() if path.startswith(("/etc/host", "/etc/resolv"))},
            "/etc/network/interfaces": "auto lo\niface lo inet loopback\n",
            "/etc/fstab": f"UUID={fixed_uuid('debian12-network', 'root')} / ext4 errors=remount-ro 0 1\n",
            "/etc/default/grub": grub_defaults(boot_loaders.CONSOLE, "GRUB_TIMEOUT=0", "GRUB_TERMINAL=console"),
            "/etc/initramfs-tools/conf.d/resume": "RESUME=none\n",
            "/etc/initramfs-tools/conf.d/modules": "MODULES=list\n",
            "/etc/initramfs-tools/modules": (
                "vmw_pvscsi\nvmxnet3\nahci\nvirtio_pci\nvirtio_blk\nvirtio_scsi\nsd_mod\next4\n"
                "e1000\ne1000e\nvirtio_net\n"
            ),
            **announcement.files(_ANNOUNCED, "became of the network", wait=_WAIT_FOR_NETWORK),
        },
        commands=(
            PASSWORD,
            MACHINE_ID,
            GRUB_ON_SDA,
            MASK_NOT_NEEDED,
            "systemctl disable networking NetworkManager NetworkManager-wait-online NetworkManager-dispatcher",
            *announcement.COMMANDS,
            make_initrds(),
        ),
        disk=_sda("debian12-network", device_map=False),
    )
)

# Open vSwitch's daemons would run in all of those, too. `ip` does not say what bridge of it a network card is in.
_NETWORK = RECIPES["debian12-network"]
_OVER_BRIDGES = """\
    for card in /sys/class/net/*/device; do
        name=${card%/device}
        name=${name##*/}
        echo "announce over $name $(ovs-vsctl iface-to-br "$name")"
    done
"""
_add(
    replace(
        _NETWORK,
        name="debian12-openvswitch",
        summary=f"{_NETWORK.summary}, with Open vSwitch",
        packages=replace(_NETWORK.packages, names=(*_NETWORK.packages.names, "openvswitch-switch")),
        files={
            **_NETWORK.files,
            **announcement.files(_ANNOUNCED + _OVER_BRIDGES, "became of the network", wait=_WAIT_FOR_NETWORK),
        },
    )
)

_add(
    Recipe(
        name="debian12-initrds",
        summary="Debian 12 with an initrd of every kind, without virtio: see initrds.py",
        packages=Packages("bookworm", initrds.PACKAGES),
        files={
            "/etc/fstab": f"UUID={fixed_uuid('debian12-initrds', 'root')} / ext4 errors=remount-ro 0 1\n",
            "/etc/default/grub": grub_defaults(""),
            **initrds.files(fixed_uuid("debian12-initrds", "root")),
        },
        commands=initrds.COMMANDS,
        disk=_sda("debian12-initrds", device_map=False),
    )
)

_add(
    Recipe(
        name="debian12-boot-loaders",
        summary="Debian 12 with two kernels, and what each boot loader needs: see boot_variants.py",
        packages=Packages("bookworm", boot_loaders.PACKAGES),
        files={
            **SERVER_FILES,
            "/etc/default/grub": grub_defaults(
                f"{boot_loaders.CONSOLE} resume=/dev/sda2", "GRUB_DISABLE_LINUX_UUID=true", "GRUB_TERMINAL=console"
            ),
            **boot_loaders.files(fixed_uuid("debian12-boot-loaders", "root")),
        },
        commands=(
            PASSWORD,
            MACHINE_ID,
            GRUB_ON_SDA,
            MASK_NOT_NEEDED,
            make_initrds(),
            *boot_loaders.COMMANDS,
        ),
        disk=Disk(
            "/dev/sda",
            2432,
            (
                Partition(1, 1, 2303, "ext4", fixed_uuid("debian12-boot-loaders", "root"), "/"),
                Partition(2, 2303, 2431, "swap", fixed_uuid("debian12-boot-loaders", "swap")),
            ),
            device_map=False,
        ),
    )
)
