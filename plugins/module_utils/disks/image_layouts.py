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

import re
import struct
from dataclasses import dataclass
from typing import BinaryIO

from . import image_formats, image_sizes

# block/vmdk.c writes the descriptor anew (its CID changes) with the first write to the disk. Within one page the
# kernel does not interrupt a write (generic_perform_write() in mm/filemap.c).
_PAGE = 4096
_VMDK_HARDWARE = re.compile(rb'ddb\.virtualHWVersion\s*=\s*"(\d{1,3})"')
_VMDK_ADAPTER = re.compile(rb'ddb\.adapterType\s*=\s*"(ide|buslogic|lsilogic|legacyESX)"')


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


def layout(stream: BinaryIO, image_format: str, cluster_size: int) -> Layout:
    """The Layout of an image.

    Args: stream: the image, opened for reading in binary; image_format: one of image_formats.SUPPORTED;
    cluster_size: in bytes, as qemu-img says it. Errors: image_formats.BadHeader.
    """
    if image_format == "vmdk":
        return _vmdk(stream)
    if image_format == "vdi":
        return Layout(in_place=_vdi_is_full(stream))
    if image_format == "vpc":
        # A fixed VHD is a raw disk with a footer, which QEMU does not write. Without force_size the size of the disk
        # would be rounded up to cylinders.
        return Layout(in_place=image_formats.vpc_is_fixed(stream), options=("subformat=dynamic", "force_size=on"))
    if image_format == "vhdx":
        fixed = image_sizes.vhdx_is_fixed(stream)
        return Layout(
            in_place=False,
            preallocated=fixed,
            options=("subformat=%s" % ("fixed" if fixed else "dynamic"), "block_size=%d" % cluster_size),
        )
    # raw, and qcow2, whose driver writes the data first, then the counts, and then what points to the data
    # (qcow2_cache_set_dependency()): what a kill leaves are clusters that are counted and not used.
    return Layout(in_place=True)


def _vmdk(stream: BinaryIO) -> Layout:
    header = image_formats.read_vmdk_header(stream)
    if header.extents:
        flat = all(extent.end for extent in header.extents)
        return Layout(in_place=flat and stream.seek(0, 2) <= _PAGE, one_file=False)
    stream.seek(0)
    text = stream.read(image_formats.VMDK_EMBEDDED_LIMIT)
    options = ["subformat=monolithicSparse"]
    # Of what the descriptor says no more than this: a comma in it would be another option.
    for name, pattern in (("hwversion", _VMDK_HARDWARE), ("adapter_type", _VMDK_ADAPTER)):
        found = pattern.search(text)
        if found:
            options.append("{}={}".format(name, found.group(1).decode("ascii")))
    return Layout(in_place=False, options=tuple(options))


def _vdi_is_full(stream: BinaryIO) -> bool:
    """Whether each block has its place already, as in a static VDI: then only data are written."""
    stream.seek(0)
    try:
        blocks, allocated = struct.unpack_from("<II", stream.read(512), 384)
    except struct.error:
        raise image_formats.BadHeader("the header is cut off") from None
    return bool(blocks == allocated)
