# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Initrds, of which each has what its builder is told by."""

from __future__ import annotations

import functools
import gzip
import posixpath

from ansible_collections.virttools.guestconv.plugins.module_utils.initrd import cpio

# {builder: a file by which an initrd of it is known}.
BUILDERS = {
    "dracut": "usr/lib/dracut/build",
    "initramfs-tools": "conf/initramfs.conf",
    "mkinitcpio": "buildconfig",
    "mkinitcpio-base": "buildconfig",
    "mkinitfs": "sbin/nlplug-findfs",
    "dracut-004": "lib/dracut-lib.sh",
    "suse-mkinitrd": "run_all.sh",
    "red-hat-mkinitrd": "bin/nash",
    "make-initrd": "etc/rc.d/init.d/uevent",
    "genkernel": "etc/initrd.scripts",
    "genkernel-3": "etc/initrd.scripts",
    "booster": "etc/booster.init.yaml",
    "slackware": "load_kernel_modules",
    "tinyramfs": "etc/tinyramfs/config",
    "ugrd": "etc/profile",
    "tiny-initramfs": "target/x",
    "none": "init",
}
# What else is in those that have udev.
_UDEV = {"mkinitcpio": ("usr/bin/udevadm",), "genkernel": ("usr/bin/udevadm",)}


def check_builder(name: str) -> None:
    """Raises ValueError for a builder that is none of BUILDERS."""
    if name not in BUILDERS:
        raise ValueError(f"{name} is no builder. Known are: {', '.join(BUILDERS)}.")


@functools.cache
def initrd(version: str, builder: str, modules: tuple[str, ...] = ()) -> bytes:
    """The initrd of a kernel, with ext4 and further modules, and the mark of its builder. builder: one of BUILDERS."""
    files = {f"usr/lib/modules/{version}/kernel/{name}.ko": b"ko" for name in ("ext4", *modules)}
    files.update(dict.fromkeys((BUILDERS[builder], *_UDEV.get(builder, ())), b"x\n"))
    members: dict[str, bytes] = {}
    for name, content in sorted(files.items()):
        for directory in reversed(_parents(name)):
            members.setdefault(directory, cpio.header(directory, 0o40755, 0, 1))
        members[name] = cpio.header(name, 0o100644, len(content), 1) + cpio.padded(content)
    return gzip.compress(b"".join(members.values()) + cpio.trailer(), mtime=0)


def _parents(path: str) -> list[str]:
    """The directories above a relative path, the nearest first."""
    parent = posixpath.dirname(path)
    return [parent, *_parents(parent)] if parent else []
