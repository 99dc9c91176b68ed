# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether QEMU may write to an image in place, and how an image of the same kind is made.

In place means: whatever QEMU has written when it is killed with SIGKILL, the image can be written to again, and loses
nothing. Most drivers of QEMU are not made for that: vdi.c counts a block in the header that it has not mapped yet, or
maps one that the header does not count, and then hands out the same block twice; vhdx.c leaves a log without which the
image cannot be opened for reading. tests/unit/plugins/module_utils/disks/test_kills.py tries it for each layout.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """One kind of image.

    in_place: QEMU may write to it, see above. one_file: whether all of it is the file that it is named by.
    options: of `qemu-img convert`, which make an image of this kind.
    preallocated: whether it takes its room at once.
    """

    in_place: bool
    options: tuple[str, ...] = ()
    one_file: bool = True
    preallocated: bool = False
