# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of systemd-boot the UEFI fallback is made of."""

from __future__ import annotations

from collections.abc import Mapping


def by_systemd_boot(names: Mapping[str, str], suffix: str) -> list[str]:
    """The name of systemd-boot itself, as bootctl(1) copies it to EFI/BOOT too."""
    name = f"systemd-boot{suffix}.efi"
    return [names[name]] if name in names else []
