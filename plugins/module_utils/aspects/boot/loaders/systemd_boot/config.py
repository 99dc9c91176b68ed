# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""loader.conf of systemd-boot, and which entry it boots when no EFI variable says another. Pure.

Sources: loader.conf(5); systemd's src/boot/boot.c, config_select_default_entry(), and efi-string.c, efi_fnmatch().
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .....texts import globs
from ...bls import Reader, entry_file

# What means the entry that was booted last, which an EFI variable of the old machine knows.
_SAVED = "@saved"

# What it says of itself, in the section .sdmagic; and since which version the id of an entry has its file's suffix.
_VERSION = re.compile(rb"#### LoaderInfo: systemd-boot ([0-9]{1,4})")
_WITH_SUFFIX = 250

# The entries that systemd-boot adds by itself, and the program that has to be on the EFI system partition for each.
AUTOMATIC = {
    "auto-windows": "EFI/Microsoft/Boot/bootmgfw.efi",
    "auto-efi-shell": "shellx64.efi",
    "auto-osx": "System/Library/CoreServices/boot.efi",
}


def default_pattern(text: str) -> str | None:
    """The shell pattern for the id of the default entry, None where loader.conf (text) has none that is known."""
    values = entry_file.parse(text, "loader.conf", Reader.SYSTEMD_BOOT).values("default")
    # It passes over what begins with `@` and means nothing to it.
    known = [value.lower() for value in values if not value.startswith("@") or value.lower() == _SAVED]
    return known[-1] if known and known[-1] != _SAVED else None


def version(data: bytes) -> int | None:
    """The version of systemd-boot, as its program (data) says it of itself."""
    found = _VERSION.search(data)
    return int(found[1]) if found else None


def default_id(
    identifiers: Sequence[str], automatic: Sequence[str], pattern: str | None, version: int | None = None
) -> str | None:
    """The id of the entry that is booted; None where there is none.

    identifiers: of the entries in their order. automatic: those of entries that are behind them. version: of
    systemd-boot; where it is not known, a pattern may be meant in either way.
    """
    spellings = [lambda each: each, _without_suffix]
    if version is not None:
        spellings = [_without_suffix] if version < _WITH_SUFFIX else spellings[:1]
    for spelt in spellings if pattern else ():
        for each in (*identifiers, *automatic):
            if globs.fits(spelt(each), pattern or ""):
                return each
    return next(iter(identifiers), None)


def _without_suffix(identifier: str) -> str:
    return identifier[: -len(".conf")] if identifier.endswith(".conf") else identifier
