# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where boot loaders have their menus: whether a root without a menu may have one that was not understood."""

from __future__ import annotations

from collections.abc import Mapping

from ...guest.root import GuestRoot
from .loaders import extlinux, grub2, grub_legacy, systemd_boot, unified_image

_IMAGES = tuple(f"{top}/EFI/Linux/*.efi" for top in ("/boot", "/efi", "/boot/efi"))
_ENTRIES = tuple(f"{top}/loader/entries/*.conf" for top in ("/boot", "/efi", "/boot/efi"))
# {the name of a boot loader: patterns of the files that make its menu}.
_PATTERNS: Mapping[str, tuple[str, ...]] = {
    grub2.NAME: ("/boot/grub/*.cfg", "/boot/grub2/*.cfg", "/boot/loader/entries/*.conf"),
    grub_legacy.NAME: ("/boot/grub/*.conf", "/boot/grub/menu.lst"),
    extlinux.NAME: tuple(
        f"{directory.rstrip('/')}/{name}.c*" for directory in extlinux.DIRECTORIES for name in ("extlinux", "syslinux")
    ),
    systemd_boot.NAME: (*_ENTRIES, *_IMAGES),
    unified_image.NAME: _IMAGES,
}
# Of boot loaders that guestconv does not know how to prepare: LILO, rEFInd.
_OF_OTHERS = ("/etc/lilo.conf", "/boot/refind_linux.conf")


def are_there(root: GuestRoot, started: str | None) -> bool:
    """Whether root has such a file of the boot loader called started, or of any if it is None or not known here."""
    every = [pattern for patterns in _PATTERNS.values() for pattern in patterns]
    return bool(root.glob(*_PATTERNS.get(started or "", (*every, *_OF_OTHERS))))
