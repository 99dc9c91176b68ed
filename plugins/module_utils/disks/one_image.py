# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One image of a disk by itself, judged by its header before QEMU looks at it."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import Any, BinaryIO

from ..errors import GuestconvError
from . import qemu_img
from .formats import probe, qcow2, vdi, vhd, vmdk
from .formats.reading import BadHeader

# What QEMU can write to; it opens the others read-only or refuses writes to clusters that exist (block/vmdk.c).
_WRITABLE_VMDK = ("monolithicSparse", "monolithicFlat", "twoGbMaxExtentSparse", "twoGbMaxExtentFlat", "vmfs")


@dataclass(frozen=True)
class Image:
    """One image of a chain by itself. facts: what qemu-img info says. content, content_below: see vmdk.Header."""

    format: str
    facts: dict[str, Any]
    backing_file: str = ""
    backing_format: str = ""
    writable: bool = True
    extents: tuple[str, ...] = ()
    content: int | None = None
    content_below: int | None = None


def judge(path: str, stated_format: str | None, in_use_check: bool) -> Image:
    """Judge one image by itself, and only at the end have QEMU look at it."""
    size = usable_size(path)
    with open(path, "rb") as stream:
        image_format = _settled_format(path, stated_format, *probe.probe(stream, size))
        try:
            header = _HEADERS[image_format](path, stream, size) if image_format in _HEADERS else {}
        except BadHeader as error:
            raise corrupt(path, str(error)) from error
    if in_use_check and qemu_img.is_written_to(path):
        raise GuestconvError(
            "disk-in-use",
            f"{path} is in use: a running QEMU has it open for writing.",
            hint="Shut the virtual machine down first; a suspended one counts as running.",
        )
    facts, reason = qemu_img.info(path, image_format)
    if facts is None:
        raise corrupt(path, reason)
    image = Image(image_format, facts, **header)
    # Our reading and QEMU's must agree: otherwise QEMU would open a file that nobody agreed to.
    if facts.get("backing-filename", "") != image.backing_file:
        raise corrupt(path, f"QEMU reads {facts.get('backing-filename')!r} as the name of its backing file")
    return image


def safe_guess(path: str) -> str:
    """The format of a backing file of which the image above does not say it: QEMU would probe, and believe a guest.

    Only qcow2 is accepted: there our probe and QEMU's agree, and its own header is judged next.
    """
    size = usable_size(path)
    with open(path, "rb") as stream:
        image_format, _foreign = probe.probe(stream, size)
    if image_format != "qcow2":
        raise GuestconvError(
            "format-ambiguous",
            f"The image above {path} does not state the format of that backing file.",
            hint=f"Record it: qemu-img rebase -u -F FORMAT -b {path} IMAGE",
        )
    return image_format


def refuse_truncated(path: str, image_format: str) -> None:
    """Compare what the metadata counts with the end of the file.

    QEMU opens truncated qcow2, vdi and vmdk images without a word, and later reads zeroes or fails in the middle. VHDX
    and VHD it compares when it opens them. A VMDK's check walks over its grain tables, as it has no reference counts:
    4 bytes per 64 KiB grain. A qcow2 with the dirty bit (lazy refcounts, power failure) has no true counts until QEMU
    repairs it at the next write, and is let pass.
    """
    suspected = image_format == "vmdk"
    size = usable_size(path)
    with open(path, "rb") as stream:
        if image_format == "qcow2":
            header = qcow2.read_header(stream)
            suspected = not header.dirty and qcow2.counts_beyond_end(stream, size, header)
        elif image_format == "vdi" and vdi.ends_early(stream, size):
            raise corrupt(path, "it is truncated: its blocks lie beyond the end of the file")
    if suspected and qemu_img.is_damaged(path, image_format):
        raise corrupt(
            path,
            "its metadata point beyond the end of the file or contradict themselves; probably the copy is truncated",
        )


def corrupt(path: str, reason: str) -> GuestconvError:
    return GuestconvError(
        "disk-corrupt",
        f"{path} is damaged or not complete: {reason}.",
        hint="Copy it again from its source and compare the sizes; `qemu-img check` shows more. A VHDX whose log was "
        "left unwritten is repaired by `qemu-img check -r all`.",
    )


def usable_size(path: str) -> int:
    """Bytes in a regular file or block device that can be read. Errors: each other kind of thing has its own."""
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            raise GuestconvError("disk-is-directory", f"{path} is a directory.", hint="Name the disk image in it.")
        if not (stat.S_ISREG(mode) or stat.S_ISBLK(mode)):
            raise GuestconvError(
                "disk-not-regular",
                f"{path} is neither a file nor a block device.",
                hint="Name a disk image, or a volume such as /dev/vg/web01.",
            )
        with open(path, "rb") as stream:
            size = stream.seek(0, os.SEEK_END)
    except FileNotFoundError as error:
        raise GuestconvError(
            "disk-not-found",
            f"{path} does not exist.",
            hint="Paths are those of the machine on which the module runs.",
        ) from error
    except OSError as error:
        raise GuestconvError(
            "disk-not-readable",
            f"{path} cannot be read: {error.strerror}.",
            hint="Run as a user who may read it, or with become.",
        ) from error
    if size == 0:
        raise GuestconvError(
            "disk-empty", f"{path} is empty.", hint="Was it copied in full? Copy it from the old hypervisor again."
        )
    return size


def _settled_format(path: str, stated: str | None, probed: str, foreign: str) -> str:
    """The format to open the image as: the caller's word, else the magic bytes where these can be trusted."""
    if stated:
        if stated not in probe.SUPPORTED:
            raise GuestconvError(
                "disk-format-unknown",
                f"{path}: the format {stated} is not supported.",
                hint=f"Supported: {', '.join(probe.SUPPORTED)}.",
            )
        if stated not in ("raw", probed):
            raise GuestconvError("format-mismatch", f"{path} should be {stated}, but has the header of {probed}.")
        return stated
    if foreign:
        raise GuestconvError(
            "disk-format-unknown",
            f"{path} is {foreign}, which is not supported.",
            hint="Unpack it, or convert it with `qemu-img convert`. If it really is a raw disk, state `format: raw`.",
        )
    # A guest can write any header into its raw disk; who keeps raw disks by name or on volumes is not to be surprised.
    if probed != "raw" and (path.endswith(".raw") or stat.S_ISBLK(os.stat(path).st_mode)):
        raise GuestconvError(
            "format-ambiguous",
            f"{path} should be raw, but begins like {probed}.",
            hint=f"State which it is: `format: raw` or `format: {probed}`.",
        )
    return probed


def _qcow2_header(path: str, stream: BinaryIO, size: int) -> dict[str, Any]:
    """What Image takes of a qcow2's header, once everything it names is agreed to."""
    header = qcow2.read_header(stream)
    if header.external_data:
        raise GuestconvError(
            "external-data-file",
            f"{path} keeps its data in another file.",
            hint="Convert it with `qemu-img convert` on a machine that trusts it.",
        )
    if header.encrypted:
        raise GuestconvError(
            "disk-encrypted", f"{path} is an encrypted qcow2 image.", hint="Decrypt it with `qemu-img convert` first."
        )
    if header.corrupt:
        raise corrupt(path, "QEMU has marked it as corrupt")
    if header.l1_offset + header.l1_length > size:
        raise corrupt(path, "it is truncated: its tables lie beyond the end of the file")
    return {"backing_file": header.backing_file, "backing_format": header.backing_format}


def _vmdk_header(path: str, stream: BinaryIO, _size: int) -> dict[str, Any]:
    """What Image takes of a VMDK's header, once its extents are known to lie in its own directory."""
    header = vmdk.read_header(stream)
    if header.lacks_parent:
        raise GuestconvError(
            "disk-format-unknown",
            f"{path} is a differencing VMDK that does not name the file below it, so QEMU would read zeroes in place of that.",
            hint="Delete the snapshots in VirtualBox, which merges them, or clone the disk (`VBoxManage clonemedium`).",
        )
    if header.unread:
        raise GuestconvError(
            "disk-format-unknown",
            vmdk.LEFT_OUT.format(path=path, line=header.unread),
            hint=vmdk.CLONE,
        )
    directory, targets = os.path.dirname(path), []
    for extent in header.extents:
        target = os.path.realpath(os.path.join(directory, extent.name))
        if probe.has_protocol(extent.name) or not target.startswith(os.path.join(directory, "")):
            raise GuestconvError(
                "extent-outside",
                f"{path} names an extent outside of its own directory: {extent.name}.",
                hint="Put all files of the disk into one directory.",
            )
        length = usable_size(target)
        if extent.end > length:
            raise corrupt(path, f"its extent {extent.name} is truncated")
        with open(target, "rb") as inner:
            # QEMU would follow a descriptor inside of an extent; nobody makes such images but to have it do that.
            if not extent.end and vmdk.read_header(inner).extents:
                raise corrupt(path, f"its extent {extent.name} names further extents")
        targets.append(target)
    # Version 3 has changed block tracking, which writes of QEMU would belie: VMware KB 2064959, block/vmdk.c.
    writable = not header.compressed and header.version != 3 and header.create_type in ("", *_WRITABLE_VMDK)
    return {
        "backing_file": header.parent,
        "backing_format": "vmdk",
        "writable": writable,
        "extents": tuple(targets),
        "content": header.content,
        "content_below": header.content_below,
    }


def _vhd_header(path: str, stream: BinaryIO, _size: int) -> dict[str, Any]:
    """What Image takes of a VHD's header: nothing, but a differencing one is refused."""
    if vhd.is_differencing(stream):
        raise GuestconvError(
            "disk-format-unknown",
            f"{path} is a differencing VHD, of which QEMU does not read the parent.",
            hint="Merge it with its parent first, in Hyper-V or VirtualBox.",
        )
    return {}


_HEADERS = {"vpc": _vhd_header, "qcow2": _qcow2_header, "vmdk": _vmdk_header}
