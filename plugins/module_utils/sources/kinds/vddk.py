# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks of a virtual machine of VMware vSphere, read through VMware's library."""

from __future__ import annotations

from .kind import Keys, NamedDisks

TYPE = "vddk"
KIND = NamedDisks(
    TYPE,
    Keys(needed=("server", "user", "thumbprint", "vm", "disks"), optional=("libdir",), remote_disks=True),
)
