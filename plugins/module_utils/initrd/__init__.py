# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads Linux initrds natively on the host, and supplements them. Pure: no libguestfs, no Ansible.

cpio.py: one archive. compression.py: what archives are wrapped in. image.py: the whole file, as the kernel unpacks it.
writer.py: one more archive for its end. kernel_modules.py: which modules that archive must hold, and their indexes.
builders/: the programs that make initrds.
"""

from __future__ import annotations

from .errors import NotSupplementable
from .image import Initrd, Limits, Member, joined, read
from .kernel_modules import INDEX_FILES, KernelModules, module_files, uncompressed
from .module_names import module_name
from .writer import File, supplement

__all__ = (
    "File",
    "INDEX_FILES",
    "Initrd",
    "KernelModules",
    "Limits",
    "Member",
    "NotSupplementable",
    "joined",
    "module_files",
    "module_name",
    "read",
    "supplement",
    "uncompressed",
)
