# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A made-up fleet that has been through a migration: the outcomes of its guests, the same ones every time."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta, timezone

from ansible_collections.virttools.guestconv.plugins.module_utils.verify.display import png_from_ppm

START = datetime(2026, 11, 21, 13, 0, tzinfo=timezone.utc)
PHASES = ("fetch", "inspect", "convert", "verify", "define")
SYSTEMS = (
    ("debian", "Debian GNU/Linux 12 (bookworm)"),
    ("debian", "Debian GNU/Linux 11 (bullseye)"),
    ("ubuntu", "Ubuntu 22.04.5 LTS"),
    ("rhel", "Red Hat Enterprise Linux 9.4 (Plow)"),
    ("rocky", "Rocky Linux 8.10 (Green Obsidian)"),
    ("sles", "SUSE Linux Enterprise Server 15 SP5"),
)
# Where a guest failed, with what code, and what was said of it.
FAILURES = (
    (
        "verify",
        "guest-not-up",
        "The guest did not come up: nothing answered at 10.0.2.15, port 22, within 600 s.",
        "See `console` and `screenshot` for how far it came. An emulated guest may need a longer timeout.",
    ),
    (
        "verify",
        "guest-stuck-in-initramfs",
        "The guest did not come up: the initramfs did not find the root filesystem "
        "(ALERT! /dev/sda1 does not exist. Dropping to a shell!).",
        "Look for names of disks that conversion did not change.",
    ),
    (
        "inspect",
        "no-root-found",
        "No operating system was found on the disks.",
        "Is this the disk that the guest boots from, and are all disks of the guest given?",
    ),
    (
        "convert",
        "no-space",
        "/boot of the guest has 3 MiB left, and 21 MiB are to be written.",
        "Make room in the guest.",
    ),
)
CONCERNS = (
    {
        "code": "vmware-tools-installed",
        "severity": "info",
        "message": "open-vm-tools is installed; conversion removes it.",
        "hint": "",
    },
    {
        "code": "device-map-stale",
        "severity": "warning",
        "message": "/boot/grub/device.map names /dev/sda, which is another disk's name on the target.",
        "hint": "Conversion corrects it.",
    },
    {
        "code": "fstab-by-path",
        "severity": "warning",
        "message": "/etc/fstab, line 9, names a disk by its place on the old controller, and no filesystem is there.",
        "hint": "Correct the line, or remove it.",
    },
)
FSTAB = (
    "# /etc/fstab: static file system information.\n#\n{root}  /      ext4  errors=remount-ro  0  1\n"
    "{srv}  /srv   xfs   defaults           0  2\ntmpfs      /tmp   tmpfs nosuid,nodev       0  0\n"
)
LINK = "[Match]\nMACAddress=00:50:56:aa:bb:cc\n\n[Link]\nName=ens192\n"
GRUB = "".join(
    f"menuentry 'Debian GNU/Linux, entry {number}' {{\n\tlinux /boot/vmlinuz root=/dev/sda1 ro quiet\n"
    "\tinitrd /boot/initrd.img\n}\n"
    for number in range(6)
)


def outcomes(count, screenshot=None):
    """The outcomes (dicts) of `count` guests. screenshot: the path of the picture of each that was booted."""
    chance = random.Random(count)
    return [_outcome(number, chance, screenshot) for number in range(1, count + 1)]


def written(directory, guests):
    """Write the outcomes as a run does, a file for each guest. Returns directory."""
    (directory / "outcomes").mkdir(parents=True, exist_ok=True)
    for number, outcome in enumerate(guests):
        (directory / "outcomes" / f"{number}.json").write_text(json.dumps(outcome), encoding="utf-8")
    return directory


def picture(width=72, height=40):
    """A PNG (bytes)."""
    return png_from_ppm(b"P6 %d %d 255\n" % (width, height) + b"\x10\x20\x30" * (width * height))


def _outcome(number, chance, screenshot):
    role = chance.choice(("web", "db", "app", "cache", "build", "mail"))
    kind = "converted"
    if number % 6 == 0:
        kind = chance.choice(("failed", "failed", "failed", "interrupted", "skipped"))
    failure = chance.choice(FAILURES) if kind == "failed" else None
    last = failure[0] if failure else "convert" if kind == "interrupted" else "define"
    begun = PHASES[: PHASES.index(last) + 1] if kind != "skipped" else ()
    phases = [_phase(name, chance, resumed=number % 10 == 3 and name in ("fetch", "inspect")) for name in begun]
    started = START + timedelta(seconds=number * 37)
    outcome = {
        "guest": f"{role}{number:02}",
        "outcome": kind,
        "phase": last if begun else None,
        "code": failure[1] if failure else "interrupted" if kind == "interrupted" else None,
        "message": failure[2] if failure else "Interrupted." if kind == "interrupted" else "",
        "hint": failure[3] if failure else "Run it again." if kind == "interrupted" else "",
        "started": f"{started:%Y-%m-%dT%H:%M:%SZ}",
        "ended": f"{started + timedelta(seconds=sum(phase['seconds'] for phase in phases)):%Y-%m-%dT%H:%M:%SZ}",
        "phases": phases,
        "conversion_host": f"conv{number % 2 + 1}",
        "target": "kvm",
        "check_mode": False,
        "source": {"type": "ova", "path": f"/exports/{role}{number:02}.ova"},
        "screenshot": screenshot if "verify" in begun else None,
        "warnings": [],
    }
    if "convert" in begun or last == "define":
        outcome.update(_inspected(outcome["guest"], chance), **(_converted(number) if kind != "skipped" else {}))
    return outcome


def _phase(name, chance, resumed):
    typical = {"fetch": 140, "inspect": 24, "convert": 52, "verify": 41, "define": 2}[name]
    return {"name": name, "seconds": round(typical * chance.uniform(0.6, 2.2), 1), "resumed": resumed}


def _inspected(guest, chance):
    distribution, product_name = chance.choice(SYSTEMS)
    return {
        "info": {"hostname": guest, "os": "linux", "distribution": distribution, "product_name": product_name},
        "concerns": [dict(concern) for concern in CONCERNS if chance.random() < 0.45],
    }


def _converted(number):
    disks = {"sda": "pvscsi", **({"sdb": "pvscsi"} if number % 4 == 0 else {})}
    root = "UUID=1c1b4a5e-2f5c-4f6e-9d1f-6f8c2b0e7a11"
    texts = {
        "/etc/fstab": (FSTAB.format(root="/dev/sda1", srv="/dev/sda5"), FSTAB.format(root=root, srv="LABEL=srv")),
        "/boot/grub/grub.cfg": (GRUB, GRUB.replace("/dev/sda1", root)),
        "/etc/systemd/network/70-guestconv-ens192.link": ("", LINK),
    }
    return {
        "devices": {
            "before": {
                "network": {"ens192": {"driver": "vmxnet3"}},
                "block": {disk: {"driver": driver} for disk, driver in disks.items()},
                "graphics": {"video0": {"driver": "vmware-svga"}},
                "console": {"console": {"driver": "isa-serial"}},
            },
            "after": {
                "network": {"ens192": {"driver": "virtio-net-pci"}},
                "block": {disk: {"driver": "virtio-blk-pci"} for disk in disks},
                "graphics": {"video0": {"driver": "virtio-vga"}},
                "console": {"console": {"driver": "isa-serial"}},
            },
        },
        "changes": [
            {
                "root": "/dev/sda1",
                "aspect": "storage",
                "action": "changed",
                "path": "/etc/fstab",
                "detail": "2 names of disks became UUIDs or labels",
            },
            {
                "root": "/dev/sda1",
                "aspect": "bootloader",
                "action": "changed",
                "path": "/boot/grub/grub.cfg",
                "detail": "root= of 6 entries",
            },
            {
                "root": "/dev/sda1",
                "aspect": "network",
                "action": "created",
                "path": "/etc/systemd/network/70-guestconv-ens192.link",
                "detail": "the card keeps its name",
            },
            {
                "root": "/dev/sda1",
                "aspect": "hypervisor_tools",
                "action": "ran",
                "path": "dpkg --purge open-vm-tools",
                "detail": "VMware's tools",
            },
        ],
        "diff": [
            {"before_header": f"/dev/sda1:{path}", "after_header": f"/dev/sda1:{path}", "before": old, "after": new}
            for path, (old, new) in texts.items()
        ],
        "hardware": {
            "firmware": "bios",
            "machine": "q35",
            "cpus": 2,
            "memory": 4096,
            "disks": [
                {
                    "device": disk,
                    "driver": "virtio-blk-pci",
                    "bus": "virtio",
                    "boot_order": order,
                    "name_on_target": f"/dev/vd{'ab'[order - 1]}",
                }
                for order, disk in enumerate(disks, 1)
            ],
            "interfaces": [
                {
                    "name": "ens192",
                    "driver": "virtio-net-pci",
                    "mac": "00:50:56:aa:bb:cc",
                    "addresses": ["10.0.2.15/24"],
                    "gateway": "10.0.2.2",
                }
            ],
            "video": {"driver": "virtio-vga"},
            "console": {"driver": "isa-serial"},
        },
        "disks": [f"/converted/guest{number}-{disk}.qcow2" for disk in disks],
    }
