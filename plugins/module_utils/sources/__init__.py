# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where guests come from. One file of kinds/ per kind of source reads what the source knows of a guest, without its contents.

Each has read(path), which returns a dict, a guest's description by its source:

    name       what the source calls the guest
    disks      [{path, format, device, size}], the one that it boots from first; size in bytes is the virtual one.
               What is not known is absent. There may be `backing` (the files below the disk); in an OVA `member`,
               `offset` and `length` (bytes of the archive `path` that are the disk); in an OVA or OVF `compression`.
    hardware   as the modules take it: {firmware, cpus, memory, interfaces, disks}, as far as it is known
    warnings   what a person should know, in sentences
"""

from __future__ import annotations
