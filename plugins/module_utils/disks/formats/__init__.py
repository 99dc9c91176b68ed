# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Formats of disk images: what their first bytes say, read without QEMU. One file per format; probe.py has their table.

A header may make QEMU open other files of the host (a backing file, an external data file, the extents of a VMDK), and
already `qemu-img info` opens the data file and the extents (CVE-2024-4467). So these headers are read here first, and
QEMU sees the image only after the caller agreed with everything that they name. Nothing here runs a program or opens a
file other than the image itself.
"""

from __future__ import annotations
