# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The disks that the caller named, judged before anything opens them; and the overlays that protect them.

A disk image is as hostile as the guest in it. So nothing but files that the caller named, or that lie beside a VMDK of
his, is ever opened: backing chains are followed header by header in our own code (image_formats.py), and QEMU comes in
when all that a header names is agreed to.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from ..devices.letters import letters
from ..errors import GuestconvError
from . import image_formats, qemu_img

# Room that an overlay must find, in bytes. A conversion writes tens of megabytes: an initrd per kernel, and logs.
OVERLAY_ROOM = 512 << 20

_KEYS = ("path", "format", "device", "backing")
_DEVICE = re.compile(r"\A[a-z][a-z0-9]{1,31}\Z")

# What QEMU can write to; it opens the others read-only or refuses writes to clusters that exist (block/vmdk.c).
_WRITABLE_VMDK = ("monolithicSparse", "monolithicFlat", "twoGbMaxExtentSparse", "twoGbMaxExtentFlat", "vmfs")


_WITHOUT_CHECK = ("raw", "vpc")


@dataclass(frozen=True)
class Disk:
    """One disk of the guest, safe to open as `format`.

    path: absolute; symbolic links are resolved, except for block devices (whose links are their stable names).
    device: the name by which the guest knew it ("sda"). virtual_size: bytes.
    backing: absolute paths of the images below this one, from the top down; QEMU opens no others.
    create_type: of a VMDK ("monolithicSparse"), else "". writable: whether QEMU can write to this kind of image.
    cluster_size: bytes in which the image grows, 0 where it has no clusters.
    extents: absolute paths of further files that hold data of it or of an image below it (VMDK).
    """

    path: str
    format: str
    device: str
    virtual_size: int
    backing: tuple[str, ...] = ()
    create_type: str = ""
    writable: bool = True
    cluster_size: int = 0
    extents: tuple[str, ...] = ()


def device_names(count: int) -> list[str]:
    """The kernel's names for the first `count` disks: sda ... sdz, sdaa, sdab ... (sd_format_disk_name())."""
    return ["sd" + letters(number) for number in range(count)]


def disks_from_option(option: Any, names: Sequence[str] | None = None, in_use_check: bool = True) -> list[Disk]:
    """Judge the module's option `disks` and return what may be opened.

    Args: option: paths, or dicts with path, and optionally format (default: by magic bytes), device (default: `names`,
    or sda, sdb, ... by position) and backing (the images below it that may be opened); in_use_check: refuse disks that
    a running QEMU writes to, and look for truncated ones (which cannot be told while they grow).
    Returns: list of Disk. Errors: GuestconvError, its path saying which item: disks[0].
    """
    if not option:
        raise GuestconvError(
            "disk-option-invalid",
            "No disk is given.",
            path="disks",
            hint="Name the guest's disks, the one that it boots from first.",
        )
    names = names or device_names(len(option))
    disks: list[Disk] = []
    for number, item in enumerate(option):
        try:
            disks.append(_disk(item, names[number] if number < len(names) else "", in_use_check))
        except GuestconvError as error:
            error.path = error.path or "disks[%d]" % number
            raise
    _refuse_twins(disks)
    return disks


def _disk(item: Any, default_device: str, in_use_check: bool) -> Disk:
    settings = item if isinstance(item, dict) else {"path": item}
    wrong = _wrong_setting(settings)
    if wrong:
        raise GuestconvError(
            "disk-option-invalid", wrong, hint="A disk is a path, or a dict with the keys %s." % ", ".join(_KEYS)
        )
    device = settings.get("device") or default_device
    if not _DEVICE.match(device):
        raise GuestconvError(
            "device-name-invalid",
            "%r is no name of a disk" % device,
            hint="Give the name that the guest knew the disk by, without /dev/: sda, vdb, nvme0n1.",
        )
    allowed = {_canonical(os.path.expanduser(name)) for name in _listed(settings.get("backing"))}
    path = _canonical(os.path.expanduser(settings["path"]))
    try:
        path.encode("utf-8")
    except UnicodeEncodeError as error:
        # qemu-img has no other way to be told of one image alone than JSON (held_bytes()).
        raise GuestconvError(
            "disk-name-not-utf-8",
            "%r is not UTF-8" % os.fsencode(path),
            hint="Rename the file, or the directory that it is in.",
        ) from error
    return _judge(path, settings.get("format"), device, allowed, in_use_check)


def _listed(backing: Any) -> Any:
    """The option `backing` as a list: one path stands for a list of one."""
    return [backing] if isinstance(backing, str) else backing or []


def _wrong_setting(settings: dict[Any, Any]) -> str | None:
    """What is wrong with one item of the option `disks`, a dict; None when nothing is."""
    unknown = sorted(str(key) for key in set(settings) - set(_KEYS))
    if unknown:
        return "unknown key %s" % ", ".join(unknown)
    if not settings.get("path"):
        return "a disk needs a path"
    backing = _listed(settings.get("backing"))
    for key, values in (*((key, [settings.get(key)]) for key in _KEYS[:3]), ("backing", backing)):
        if not isinstance(values, list) or not all(_is_text(value) for value in values if value is not None):
            return "%s cannot be %r" % (key, settings[key])
    return None


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and "\0" not in value


def _canonical(path: str) -> str:
    """Absolute, with links resolved; but /dev/vg/web01 stays so, for the dm-3 that it leads to is another next time."""
    absolute = os.path.abspath(path)
    try:
        if stat.S_ISBLK(os.stat(absolute).st_mode):
            return absolute
    except OSError:
        pass
    return os.path.realpath(absolute)


def identity(path: str) -> tuple[str | int, int]:
    """What makes two paths the same disk: the device number of a block device, else filesystem and inode."""
    status = os.stat(path)
    return ("block", status.st_rdev) if stat.S_ISBLK(status.st_mode) else (status.st_dev, status.st_ino)


def _refuse_twins(disks: Sequence[Disk]) -> None:
    seen: dict[Any, Disk] = {}
    devices: dict[str, str] = {}
    for number, disk in enumerate(disks):
        where = "disks[%d]" % number
        if devices.setdefault(disk.device, disk.path) != disk.path:
            raise GuestconvError("device-duplicate", "two disks have the device name %s" % disk.device, path=where)
        for path in (disk.path, *disk.backing):
            other = seen.setdefault(identity(path), disk)
            # Disks may share a base that is only read, but none may be the base of another or named twice.
            if other is not disk and (path == disk.path or path not in other.backing):
                raise GuestconvError(
                    "disk-duplicate",
                    "%s is named more than once, or is the backing file of another disk as well" % path,
                    path=where,
                    hint="Name each disk of the guest once.",
                )


@dataclass(frozen=True)
class _Image:
    """One image of a chain by itself. `facts`: what qemu-img info says."""

    format: str
    facts: dict[str, Any]
    backing_file: str = ""
    backing_format: str = ""
    writable: bool = True
    extents: tuple[str, ...] = ()


def _judge(path: str, stated_format: str | None, device: str, allowed: set[str], in_use_check: bool) -> Disk:
    """Follow a disk's chain from the top to its base, agreeing with each image before QEMU may look at it.

    Args: allowed: canonical paths of the backing files that the caller named. Returns: Disk.
    """
    top = image = _image(path, stated_format, in_use_check)
    chain: list[str] = []
    opened, seen, extents = path, {path}, image.extents
    while image.backing_file:
        opened = _agreed_backing(opened, image.backing_file, allowed)
        if _canonical(opened) in seen:
            raise _corrupt(path, "its chain of backing files leads back to %s" % opened)
        seen.add(_canonical(opened))
        chain.append(opened)
        image = _image(opened, image.backing_format or _safe_guess(opened), in_use_check)
        extents += image.extents
    if in_use_check:
        _refuse_truncated(path, top.format)
    detail = top.facts.get("format-specific", {}).get("data", {})
    return Disk(
        path,
        top.format,
        device,
        top.facts["virtual-size"],
        tuple(chain),
        detail.get("create-type", ""),
        top.writable,
        top.facts.get("cluster-size", 0),
        extents,
    )


def _image(path: str, stated_format: str | None, in_use_check: bool) -> _Image:
    """Judge one image by itself, and only at the end have QEMU look at it."""
    size = _usable_size(path)
    with open(path, "rb") as stream:
        image_format = _settled_format(path, stated_format, *image_formats.probe(stream, size))
        try:
            header = _HEADERS[image_format](path, stream, size) if image_format in _HEADERS else {}
        except image_formats.BadHeader as error:
            raise _corrupt(path, str(error)) from error
    if in_use_check and qemu_img.is_written_to(path):
        raise GuestconvError(
            "disk-in-use",
            "%s is in use: a running QEMU has it open for writing" % path,
            hint="Shut the virtual machine down first; a suspended one counts as running.",
        )
    facts, reason = qemu_img.info(path, image_format)
    if facts is None:
        raise _corrupt(path, reason)
    image = _Image(image_format, facts, **header)
    # Our reading and QEMU's must agree: otherwise QEMU would open a file that nobody agreed to.
    if facts.get("backing-filename", "") != image.backing_file:
        raise _corrupt(path, "QEMU reads %r as the name of its backing file" % facts.get("backing-filename"))
    return image


def _safe_guess(path: str) -> str:
    """The format of a backing file of which the image above does not say it: QEMU would probe, and believe a guest.

    Only qcow2 is accepted: there our probe and QEMU's agree, and its own header is judged next.
    """
    size = _usable_size(path)
    with open(path, "rb") as stream:
        image_format, _foreign = image_formats.probe(stream, size)
    if image_format != "qcow2":
        raise GuestconvError(
            "format-ambiguous",
            "the image above %s does not say what format that backing file has" % path,
            hint="Record it: qemu-img rebase -u -F FORMAT -b %s IMAGE" % path,
        )
    return image_format


def _refuse_truncated(path: str, image_format: str) -> None:
    """Compare what the metadata counts with the end of the file.

    QEMU opens truncated qcow2, vdi and vmdk images without a word, and later reads zeroes or fails in the middle. VHDX
    and VHD it compares when it opens them. A VMDK's check walks over its grain tables, as it has no reference counts:
    4 bytes per 64 KiB grain. A qcow2 with the dirty bit (lazy refcounts, power failure) has no true counts until QEMU
    repairs it at the next write, and is let pass.
    """
    suspected = image_format == "vmdk"
    size = _usable_size(path)
    with open(path, "rb") as stream:
        if image_format == "qcow2":
            header = image_formats.read_qcow2_header(stream)
            suspected = not header.dirty and image_formats.qcow2_counts_beyond_end(stream, size, header)
        elif image_format == "vdi" and image_formats.vdi_ends_early(stream, size):
            raise _corrupt(path, "it is truncated: its blocks lie beyond the end of the file")
    if suspected and qemu_img.is_damaged(path, image_format):
        raise _corrupt(
            path,
            "its metadata point beyond the end of the file or contradict themselves; probably the copy is truncated",
        )


def require_sound(disk: Disk) -> None:
    """Look through all the metadata of the image by itself, before it is written to or copied.

    Errors: disk-corrupt. Clusters that were leaked only waste room. A qcow2 with the dirty bit is let pass, see
    _refuse_truncated(); raw disks and VHDs have nothing to check.
    """
    if disk.format == "qcow2":
        with open(disk.path, "rb") as stream:
            if image_formats.read_qcow2_header(stream).dirty:
                return
    if disk.format not in _WITHOUT_CHECK and qemu_img.is_damaged(disk.path, disk.format):
        raise _corrupt(disk.path, "`qemu-img check` finds that its metadata contradict themselves")


def _corrupt(path: str, reason: str) -> GuestconvError:
    return GuestconvError(
        "disk-corrupt",
        "%s is damaged or not complete: %s" % (path, reason),
        hint="Copy it again from its source and compare the sizes; `qemu-img check` tells more. A VHDX whose log was "
        "left unwritten is repaired by `qemu-img check -r all`.",
    )


def _usable_size(path: str) -> int:
    """Bytes in a regular file or block device that can be read. Errors: each other kind of thing has its own."""
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            raise GuestconvError("disk-is-directory", "%s is a directory" % path, hint="Name the disk image in it.")
        if not (stat.S_ISREG(mode) or stat.S_ISBLK(mode)):
            raise GuestconvError(
                "disk-not-regular",
                "%s is neither a file nor a block device" % path,
                hint="Name a disk image, or a volume such as /dev/vg/web01.",
            )
        with open(path, "rb") as stream:
            size = stream.seek(0, os.SEEK_END)
    except FileNotFoundError as error:
        raise GuestconvError(
            "disk-not-found",
            "%s does not exist" % path,
            hint="Paths are those of the machine on which the module runs.",
        ) from error
    except OSError as error:
        raise GuestconvError(
            "disk-not-readable",
            "%s cannot be read: %s" % (path, error.strerror),
            hint="Run as a user who may read it, or with become.",
        ) from error
    if size == 0:
        raise GuestconvError(
            "disk-empty", "%s is empty" % path, hint="Was it copied in full? Copy it from the old hypervisor again."
        )
    return size


def _settled_format(path: str, stated: str | None, probed: str, foreign: str) -> str:
    """The format to open the image as: the caller's word, else the magic bytes where these can be trusted."""
    if stated:
        if stated not in image_formats.SUPPORTED:
            raise GuestconvError(
                "disk-format-unknown",
                "%s: the format %s is not supported" % (path, stated),
                hint="Supported: %s." % ", ".join(image_formats.SUPPORTED),
            )
        if stated not in ("raw", probed):
            raise GuestconvError(
                "format-mismatch", "%s is said to be %s but has the header of %s" % (path, stated, probed)
            )
        return stated
    if foreign:
        raise GuestconvError(
            "disk-format-unknown",
            "%s is %s, which is not supported" % (path, foreign),
            hint="Unpack it, or convert it with `qemu-img convert`. If it really is a raw disk, state `format: raw`.",
        )
    # A guest can write any header into its raw disk; who keeps raw disks by name or on volumes is not to be surprised.
    if probed != "raw" and (path.endswith(".raw") or stat.S_ISBLK(os.stat(path).st_mode)):
        raise GuestconvError(
            "format-ambiguous",
            "%s should be raw, but begins like %s" % (path, probed),
            hint="State which it is: `format: raw` or `format: %s`." % probed,
        )
    return probed


def _agreed_backing(image: str, name: str, allowed: set[str]) -> str:
    """The path by which QEMU will open the backing file that a header names, if the caller named it, too.

    Links are left in it: QEMU resolves the next relative name against the directory of the link.
    """
    path = os.path.join(os.path.dirname(image), name)
    if image_formats.has_protocol(name) or _canonical(path) not in allowed:
        raise GuestconvError(
            "backing-file-not-named",
            "%s has the backing file %s, which was not named" % (image, name),
            hint="If it belongs to this guest, name it: `{path: %s, backing: [%s]}`." % (image, path),
            extra={"backing_file": name},
        )
    return path


def _qcow2_header(path: str, stream: BinaryIO, size: int) -> dict[str, Any]:
    """What _Image takes of a qcow2's header, once everything it names is agreed to."""
    header = image_formats.read_qcow2_header(stream)
    if header.external_data:
        raise GuestconvError(
            "external-data-file",
            "%s keeps its data in another file" % path,
            hint="Convert it with `qemu-img convert` on a machine that trusts it.",
        )
    if header.encrypted:
        raise GuestconvError(
            "disk-encrypted", "%s is an encrypted qcow2 image" % path, hint="Decrypt it with `qemu-img convert` first."
        )
    if header.corrupt:
        raise _corrupt(path, "QEMU has marked it as corrupt")
    if header.l1_offset + header.l1_length > size:
        raise _corrupt(path, "it is truncated: its tables lie beyond the end of the file")
    return {"backing_file": header.backing_file, "backing_format": header.backing_format}


def _vmdk_header(path: str, stream: BinaryIO, _size: int) -> dict[str, Any]:
    """What _Image takes of a VMDK's header, once its extents are known to lie in its own directory."""
    header = image_formats.read_vmdk_header(stream)
    directory, targets = os.path.dirname(path), []
    for extent in header.extents:
        target = os.path.realpath(os.path.join(directory, extent.name))
        if image_formats.has_protocol(extent.name) or not target.startswith(os.path.join(directory, "")):
            raise GuestconvError(
                "extent-outside",
                "%s names an extent outside of its own directory: %s" % (path, extent.name),
                hint="Put all files of the disk into one directory.",
            )
        length = _usable_size(target)
        if extent.end > length:
            raise _corrupt(path, "its extent %s is truncated" % extent.name)
        with open(target, "rb") as inner:
            # QEMU would follow a descriptor inside of an extent; nobody makes such images but to have it do that.
            if not extent.end and image_formats.read_vmdk_header(inner).extents:
                raise _corrupt(path, "its extent %s names further extents" % extent.name)
        targets.append(target)
    # Version 3 has changed block tracking, which writes of QEMU would belie: VMware KB 2064959, block/vmdk.c.
    writable = not header.compressed and header.version != 3 and header.create_type in ("", *_WRITABLE_VMDK)
    return {"backing_file": header.parent, "backing_format": "vmdk", "writable": writable, "extents": tuple(targets)}


_HEADERS = {"qcow2": _qcow2_header, "vmdk": _vmdk_header}


def writable_in_place(disk: Disk) -> None:
    """Refuse a disk that cannot be converted in place.

    Errors: format-not-writable, disk-not-writable, disk-linked.
    """
    if not disk.writable:
        raise GuestconvError(
            "format-not-writable",
            "%s cannot be written to: a %s VMDK is read-only for QEMU" % (disk.path, disk.create_type or "compressed"),
            hint="Give `dest`: the converted copy is written there.",
        )
    if not os.access(disk.path, os.W_OK):
        raise GuestconvError(
            "disk-not-writable",
            "%s may not be written to" % disk.path,
            hint="Run as a user who may write to it, or give `dest` for a converted copy.",
        )
    # Under its other name it would change as well (`cp -al` makes such backups), with neither lock nor journal there.
    status = os.stat(disk.path)
    if stat.S_ISREG(status.st_mode) and status.st_nlink > 1:
        raise GuestconvError(
            "disk-linked",
            "%s is one of %d names (hard links) of the same file" % (disk.path, status.st_nlink),
            hint="Give `dest` for a converted copy, or replace the link by a copy of the file.",
        )


def free_bytes(directory: str) -> int:
    """Bytes that this process may still write to the directory's filesystem."""
    status = os.statvfs(directory)
    return status.f_bavail * status.f_frsize


def require_room(directory: str, needed: int, purpose: str) -> None:
    """Errors: no-space, with `needed` and `available` in bytes, where the filesystem has less than `needed` free."""
    available = free_bytes(directory)
    if available < needed:
        raise GuestconvError(
            "no-space",
            "%s has not enough room for %s: %d MiB needed, %d MiB available"
            % (directory, purpose, -(-needed // (1 << 20)), available >> 20),
            hint="Make room there, or give another place by `workdir` or `dest`.",
            extra={"needed": needed, "available": available},
        )


def create_overlay(disk: Disk, directory: str, name: str, room: int = OVERLAY_ROOM) -> str:
    """Make a qcow2 overlay over a disk; what is written to it does not reach the disk.

    Args: directory: where; name: of the new file; room: bytes that must be free there.
    Returns: its absolute path. Errors: workdir-not-usable, no-space, qemu-img-failed.
    """
    require_usable_directory(directory, "workdir-not-usable")
    require_room(directory, room, "the overlay of %s" % disk.path)
    path = os.path.join(os.path.abspath(directory), name)
    qemu_img.must(["create", "-q", "-f", "qcow2", "-b", disk.path, "-F", disk.format, path, str(disk.virtual_size)], 60)
    return path


def require_usable_directory(directory: str, code: str) -> None:
    """Errors: `code`, where it is no directory that this process can write to."""
    if not os.path.isdir(directory):
        raise GuestconvError(code, "%s is not a directory" % directory, hint="Create it first.")
    if not os.access(directory, os.W_OK | os.X_OK):
        raise GuestconvError(code, "%s may not be written to" % directory)


def overlay_disk(disk: Disk, path: str) -> Disk:
    """The Disk that an overlay at `path` over `disk` is."""
    return Disk(path, "qcow2", disk.device, disk.virtual_size, (disk.path, *disk.backing), extents=disk.extents)
