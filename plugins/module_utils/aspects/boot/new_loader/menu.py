# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The menu of a guest that gets GRUB 2: a new grub.cfg, of the entries of another menu or of the kernels in /boot."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

from ....guest.boot_menu import BootMenu, Entry
from ....guest.root import GuestRoot
from ....guest.storage.layers.subvolume import Subvolume
from ..loaders.grub2.paths import RootFiles
from ..loaders.grub2.script import loader_line

_TIMEOUT = 5  # seconds
_KERNEL = re.compile(r"/boot/vmlinu[xz]-(?P<version>.+)\Z")
# Debian's and its derivatives', Red Hat's and SUSE's.
_INITRDS = ("/boot/initrd.img-{}", "/boot/initramfs-{}.img", "/boot/initrd-{}", "/boot/initrd-{}.img")
_RESCUE = re.compile(r"rescue|kdump|\.(?:old|bak|dpkg-\w+|rpm\w+)\Z")
# What GRUB's lexer takes as it is (grub-core/script/yylex.l).
_PLAIN = re.compile(r"[A-Za-z0-9_./:=,@%+^-]+\Z")


def of_kernels(root: GuestRoot) -> BootMenu:
    """A menu of the kernels in /boot, the newest first, which boots by default. Without entries where there is none."""
    found = filter(None, map(_KERNEL.match, root.glob("/boot/vmlinu[xz]-*")))
    versions = {match["version"]: match[0] for match in found if not _RESCUE.search(match["version"])}
    arguments = _arguments(root)
    entries = []
    for version in sorted(versions, key=_order, reverse=True):
        initrds = [path for path in (each.format(version) for each in _INITRDS) if root.is_file(path)][:1]
        entries.append(Entry(versions[version], tuple(initrds), arguments, f"Linux {version}"))
    return BootMenu(entries, entries[0] if entries else None)


def _arguments(root: GuestRoot) -> str:
    """The kernel's command line, as grub-mkconfig begins it."""
    mount = root.mount_plan.mounts[0]
    words = [f"root={mount.filesystem.identity}"] if mount.filesystem.identity else []
    flags = [f"rootflags=subvol={mount.node.path}"] if isinstance(mount.node, Subvolume) else []
    return " ".join([*words, "ro", *flags])


def _order(version: str) -> list[tuple[bool, int, str]]:
    """By numbers as numbers: 5.10 comes after 5.9; and a release after its candidates (-rc)."""
    parts: list[str] = re.findall(r"\d+|[^\d]+", version.replace("-rc", "~rc"))
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]


def script(root: GuestRoot, menu: BootMenu) -> str:
    """grub.cfg with the entries of a menu, of which the default stays the default."""
    default = next((number for number, entry in enumerate(menu.entries) if entry is menu.default), 0)
    files = RootFiles(root)
    lines = [
        "# Written by guestconv: the guest had no boot loader.",
        f"set default={default}",
        f"set timeout={_TIMEOUT}",
    ]
    for entry in menu.entries:
        words = ["linux", files.place(entry.kernel)[1], *loader_line.arguments(entry.arguments)]
        lines += ["", f"menuentry {quoted(entry.title or posixpath.basename(entry.kernel))} {{", _command(words)]
        if entry.initrds:
            lines.append(_command(["initrd", *(files.place(each)[1] for each in entry.initrds)]))
        lines.append("}")
    return "\n".join(lines) + "\n"


def _command(words: Sequence[str]) -> str:
    return "\t" + " ".join(map(quoted, words))


def quoted(word: str) -> str:
    """word as GRUB's language has it, which is a shell's."""
    return word if _PLAIN.match(word) else "'" + word.replace("'", "'\\''") + "'"
