# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests that differ by their system: the release, what makes the initrds, init, what configures the network, the kernel.

They come from VMware's machine, and their initrds have drivers for nothing else. A new one is a new row of SYSTEMS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.guests import alpine, announcement, el_standin, suse_standin
from tests.guests.boot_loaders import CONSOLE
from tests.guests.build import built
from tests.guests.recipes import (
    GRUB_ON_SDA,
    MACHINE_ID,
    MASK_NOT_NEEDED,
    PASSWORD,
    PATIENCE,
    SERVER_FILES,
    Disk,
    Packages,
    Partition,
    Recipe,
    fixed_uuid,
    grub_defaults,
    make_initrds,
)

# What VMware's machine needs.
_DRIVERS = "vmw_pvscsi ata_piix sd_mod"

_ALWAYS = ("grub-pc", "iproute2", "kmod", "openssh-server", "procps", "udev", "zstd")

_ANNOUNCED = """\
    echo "announce kernel $(uname -r)"
    echo "announce root $(findmnt -n -o SOURCE /)"
    echo "announce card $(basename "$(readlink /sys/class/net/ens192/device/driver)")"
    echo "announce arguments $(cat /proc/cmdline)"
"""


@dataclass(frozen=True)
class Part:
    """A part of a system that others of its kind can take the place of.

    packages: Debian's. files: {path: text}. commands: shell, run in the system when its packages are installed.
    """

    title: str
    packages: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    commands: tuple[str, ...] = ()


# What makes the initrds. Its commands are the last.

INITRAMFS_TOOLS = Part(
    "initramfs-tools",
    ("initramfs-tools",),
    {
        "/etc/initramfs-tools/conf.d/modules": "MODULES=list\n",
        "/etc/initramfs-tools/conf.d/resume": "RESUME=/dev/sda2\n",
        "/etc/initramfs-tools/modules": _DRIVERS.replace(" ", "\n") + "\next4\n",
    },
    (make_initrds(),),
)
# dracut makes an initrd for this host only where these are mounts, which in a chroot they are not. The kernels' hook
# calls it as the kernels' package does.
DRACUT = Part(
    "dracut",
    ("dracut",),
    {
        "/etc/dracut.conf.d/10-vmware.conf": (
            f'hostonly="yes"\nhostonly_mode="strict"\ndrivers+=" {_DRIVERS} "\nfilesystems+=" ext4 "\n'
            # It puts QEMU's drivers in where it runs in QEMU. The others make it half as large again.
            'omit_dracutmodules+=" qemu qemu-net virtiofs crypt dm nvdimm "\nearly_microcode="no"\n'
        ),
    },
    (
        "trap 'umount -l /run /dev' EXIT; mount --bind /run /run; mount --rbind /dev /dev; "
        "for version in $(ls /lib/modules); do "
        "dracut --force --no-hostonly-default-device /boot/initrd.img-$version $version; done",
    ),
)

# What configures the network.

IFUPDOWN = Part("ifupdown", ("ifupdown",))
NETWORKD = Part(
    "systemd-networkd",
    (),
    {
        "/etc/network/interfaces": "",
        "/etc/systemd/network/10-production.network": (
            "[Match]\nName=ens192\n\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\nDNS=10.0.2.3\n"
        ),
    },
    ("systemctl enable systemd-networkd",),
)
NETWORK_MANAGER = Part(
    "NetworkManager",
    ("network-manager",),
    {
        "/etc/network/interfaces": "auto lo\niface lo inet loopback\n",
        "/etc/NetworkManager/system-connections/ens192.nmconnection": (
            "[connection]\nid=ens192\nuuid=5f1b8d2c-5a0e-4c61-9d0e-0d3f0a6f3c11\ntype=ethernet\n"
            "interface-name=ens192\n\n[ethernet]\n\n"
            "[ipv4]\naddress1=10.0.2.15/24,10.0.2.2\ndns=10.0.2.3;\nmethod=manual\n\n[ipv6]\nmethod=ignore\n"
        ),
    },
    ("chmod 600 /etc/NetworkManager/system-connections/*",),
)

# Init.

SYSTEMD = Part(
    "systemd",
    ("dbus", "systemd-sysv"),
    {
        **PATIENCE,
        **announcement.files(
            _ANNOUNCED
            + '    echo "announce init systemd"\n'
            + '    echo "announce failed $(systemctl --failed --plain --no-legend | cut -d " " -f 1 | xargs)"\n',
            wait="systemctl is-system-running --wait >/dev/null\n",
        ),
    },
    (MACHINE_ID, MASK_NOT_NEEDED, *announcement.COMMANDS),
)
# systemd knows OnSuccess= since 249.
SYSTEMD_247 = replace(
    SYSTEMD,
    files={
        **SYSTEMD.files,
        "/etc/systemd/system/announce.service.d/login.conf": (
            "[Service]\nExecStopPost=/bin/systemctl start --no-block serial-getty@ttyS0.service\n"
        ),
        # On a busy machine that emulates, the devices need more than the two minutes that it gives them.
        "/etc/systemd/system/ifupdown-pre.service.d/patience.conf": (
            "[Service]\nTimeoutStartSec=infinity\nExecStart=\nExecStart=/bin/udevadm settle --timeout=3600\n"
        ),
    },
)

_SCRIPT = "/usr/local/lib/announce"
# Its lines stand at the end of the table, so that all services are started then. The login is on the second port, as a
# virtual machine that has a first one for something else has it.
_BY_INITTAB = (
    "rm -f /etc/machine-id; tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id",
    f"printf %s\\\\n an:2345:wait:'/bin/sh {_SCRIPT}' T1:23:respawn:'/sbin/getty -L ttyS1 115200 vt100' >>/etc/inittab",
)


def _by_inittab(title: str, packages: tuple[str, ...], failed: str) -> Part:
    """An init that reads /etc/inittab. failed: prints the services that failed."""
    announced = f'{_ANNOUNCED}    echo "announce init {title}"\n    echo "announce failed $({failed})"\n'
    files = {_SCRIPT: announcement.files(announced)[_SCRIPT]}
    # Where systemd does without it, the scripts stop for want of fsck.ext4.
    packages = ("e2fsprogs", "orphan-sysvinit-scripts", "sysvinit-core", *packages)
    return Part(title, packages, files, _BY_INITTAB)


SYSVINIT = _by_inittab("sysvinit", ("sysv-rc",), "true")
OPENRC = _by_inittab("OpenRC", ("openrc",), "rc-status --crashed | xargs")


@dataclass(frozen=True)
class System:
    """A guest as its source had it.

    guest: what docs/support.md calls it. suite: Debian's. tools: packages of hypervisors' tools that it has.
    removed: those of them that are removed for KVM. disabled: the names of those that are disabled then.
    devices: the sets of devices that it is booted on, of tests/end_to_end/test_systems.py.
    image: makes its image, where that is not the usual one. answers: at which port, and with which words.
    root: the device of its root while it runs, where that is the same on any hardware; or its partition.
    """

    guest: str
    suite: str
    initrd: Part = INITRAMFS_TOOLS
    init: Part = SYSTEMD
    network: Part = IFUPDOWN
    kernels: tuple[str, ...] = ("linux-image-amd64",)
    tools: tuple[str, ...] = ("open-vm-tools",)
    removed: tuple[str, ...] = ("open-vm-tools",)
    disabled: tuple[str, ...] = ()
    devices: tuple[str, ...] = ("virtio", "sata", "nvme", "vmware")
    image: Callable[[], Path] | None = None
    answers: tuple[int, str] = (22, "SSH-")
    root: str = ""
    partition: int = 1

    @property
    def parts(self) -> tuple[Part, ...]:
        """In the order in which their commands are run."""
        return self.init, self.network, self.initrd


SYSTEMS = {
    "debian13": System("Debian 13", "trixie", network=NETWORKD),
    "debian13-dracut": System("Debian 13", "trixie", initrd=DRACUT, network=NETWORK_MANAGER),
    "debian13-sysvinit": System("Debian 13", "trixie", init=SYSVINIT, devices=("virtio", "sata")),
    "debian13-openrc": System("Debian 13", "trixie", init=OPENRC, devices=("virtio", "sata")),
    "debian13-cloud-kernel": System(
        "Debian 13", "trixie", kernels=("linux-image-cloud-amd64",), devices=("virtio", "nvme")
    ),
    "debian12-dracut": System("Debian 12", "bookworm", initrd=DRACUT, network=NETWORKD),
    "debian11": System("Debian 11", "bullseye", init=SYSTEMD_247),
    "debian11-dracut": System("Debian 11", "bullseye", initrd=DRACUT, init=SYSTEMD_247, network=NETWORK_MANAGER),
    # The tools of other hypervisors and of clouds, with what a guest has that was moved before.
    "debian13-tools": System(
        "Debian 13",
        "trixie",
        tools=("hyperv-daemons", "open-vm-tools", "qemu-guest-agent", "spice-vdagent", "xenstore-utils"),
        removed=("hyperv-daemons", "open-vm-tools"),
        devices=("virtio",),
    ),
    "debian13-clouds": System(
        "Debian 13",
        "trixie",
        tools=("amazon-ec2-utils", "cloud-init", "google-guest-agent", "waagent"),
        removed=(),
        disabled=("azure", "gcp"),
        devices=("virtio",),
    ),
    el_standin.NAME: System(
        el_standin.GUEST,
        "trixie",
        initrd=DRACUT,
        network=NETWORK_MANAGER,
        image=el_standin.disk,
        root="/dev/mapper/rl-root",
    ),
    suse_standin.NAME: System(
        suse_standin.GUEST,
        "trixie",
        initrd=DRACUT,
        network=NETWORK_MANAGER,
        image=suse_standin.disk,
        partition=2,
    ),
    "alpine": System(
        "Alpine Linux 3.23",
        "",
        initrd=Part("mkinitfs"),
        init=Part("OpenRC"),
        network=Part("ifupdown-ng"),
        tools=(alpine.TOOLS,),
        removed=(alpine.TOOLS,),
        image=alpine.disk,
        answers=(alpine.PORT, alpine.BANNER),
    ),
}


def recipe(name: str) -> Recipe:
    """The recipe of the guest of SYSTEMS called name."""
    system = SYSTEMS[name]
    files = dict(SERVER_FILES)
    for part in system.parts:
        files.update(part.files)
    files["/etc/fstab"] = "/dev/sda1 / ext4 errors=remount-ro 0 1\n/dev/sda2 none swap sw 0 0\n"
    files["/etc/default/grub"] = grub_defaults(
        f"{CONSOLE} resume=/dev/sda2", "GRUB_DISABLE_LINUX_UUID=true", "GRUB_TERMINAL=console"
    )
    packages = {*_ALWAYS, *system.kernels, *system.tools}.union(*(part.packages for part in system.parts))
    return Recipe(
        name=f"system-{name}",
        summary=f"{system.guest} from VMware",
        packages=Packages(system.suite, tuple(sorted(packages))),
        files=files,
        commands=(PASSWORD, GRUB_ON_SDA, *(command for part in system.parts for command in part.commands)),
        disk=_disk(name),
    )


def _disk(name: str) -> Disk:
    return Disk(
        "/dev/sda",
        2432,
        (
            Partition(1, 1, 2303, "ext4", fixed_uuid(name, "root"), "/"),
            Partition(2, 2303, 2431, "swap", fixed_uuid(name, "swap")),
        ),
        device_map=False,
    )


def disk(name: str) -> Path:
    """The image of the guest of SYSTEMS called name. It is made first if need be.

    It is shared by all tests: work on a copy of it. Raises BuildError.
    """
    image = SYSTEMS[name].image
    return image() if image else built(recipe(name))
