# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option disks."""

from __future__ import annotations


class ModuleDocFragment:
    """How the disks of a guest are named."""

    DOCUMENTATION = r"""
options:
  disks:
    description:
      - All disks of one guest. The first one is the disk that the guest boots from.
      - Each disk is a path, or a dict with V(path) and any of V(format), V(device) and V(backing).
      - A path may also be the URL of an NBD export that shows the disk as the guest sees it, C(nbd://HOST:PORT/EXPORT) or
        C(nbd+unix:///EXPORT?socket=PATH). TLS (C(nbds)) is not supported, so the network must be a trusted one.
      - V(format) is one of V(raw), V(qcow2), V(vmdk), V(vdi), V(vhdx), V(vpc). The default is detected from the disk.
      - V(device) is the name that the guest had for the disk. The defaults are V(sda), V(sdb) and so on.
      - V(backing) lists the permitted backing files of the disk. A backing file that is not listed is never opened.
    type: list
    elements: raw
    required: true
"""
