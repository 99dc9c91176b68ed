# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of GRUB the UEFI fallback is made of."""

from __future__ import annotations

from collections.abc import Mapping


def by_shim(names: Mapping[str, str], suffix: str) -> list[str]:
    """The names of shim and of what it starts from its own directory; none where it could start nothing.

    Debian's, Ubuntu's and Red Hat's shim starts grubx64.efi and mmx64.efi; SUSE's, and Red Hat's until EL 7.3, are
    called shim.efi, and MokManager.efi. SUSE's starts grub.efi, which reads the grub.cfg that is beside it; the others'
    GRUB knows its own directory. fbx64.efi must not come along: shim would prefer it, and it writes variables.
    """
    shim = next((names[name] for name in (f"shim{suffix}.efi", "shim.efi") if name in names), None)
    started = [names[name] for name in (f"grub{suffix}.efi", "grub.efi") if name in names]
    if shim is None or not started:
        return []
    beside = [f"mm{suffix}.efi", "mokmanager.efi", *(["grub.cfg"] if "grub.efi" in names else [])]
    return [shim, *started, *(names[name] for name in beside if name in names)]


def by_grub(names: Mapping[str, str], suffix: str) -> list[str]:
    """The name of GRUB itself, as grub-install makes it where no shim is installed."""
    name = f"grub{suffix}.efi"
    return [names[name]] if name in names else []
