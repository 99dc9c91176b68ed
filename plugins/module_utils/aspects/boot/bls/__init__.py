# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Boot Loader Specification's entries of type 1 (loader/entries/*.conf): GRUB's blscfg and systemd-boot read them.

entry_file.py: one file. order.py: in which order each boot loader shows them. versions.py: how versions compare.

Source: https://uapi-group.org/specifications/specs/boot_loader_specification/
"""

from __future__ import annotations

from .entry_file import EntryFile, Line, Reader, entry_id, is_rescue, parse
from .order import Place, as_fedora_grub, as_grub, as_systemd_boot, split_counters

__all__ = (
    "EntryFile",
    "Line",
    "Place",
    "Reader",
    "as_fedora_grub",
    "as_grub",
    "as_systemd_boot",
    "entry_id",
    "is_rescue",
    "parse",
    "split_counters",
)
