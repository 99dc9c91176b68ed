# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The disks that the caller named, judged before anything opens them.

A disk image is as hostile as the guest in it. So nothing but files that the caller named, or that lie next to a VMDK of
his, is ever opened: backing chains are followed header by header in our own code (formats/), and QEMU comes in
when all that a header names is agreed to.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ..devices.letters import letters
from ..errors import GuestconvError
from ..texts import disk_urls
from . import backing_chain, nodes, one_image, qemu_img, volumes
from .formats import probe, qcow2

_KEYS = ("path", "format", "device", "backing")
_DEVICE = re.compile(r"\A[a-z][a-z0-9]{1,31}\Z")
# What YAML takes as it is within a list.
_PLAIN = re.compile(r"/[\w./@%+=~-]*\Z")

# They have no metadata that `qemu-img check` could look through.
_WITHOUT_CHECK = ("raw", "vpc")


@dataclass(frozen=True)
class Disk:
    """One disk of the guest, safe to open as `format`.

    path: absolute; symbolic links are resolved, except for block devices (whose links are their stable names). Or the URL
    of an NBD export.
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


@contextmanager
def about_item(number: int) -> Iterator[None]:
    """Have the path of an error within say which item of the option `disks` is at fault, if it has none."""
    try:
        yield
    except GuestconvError as error:
        error.path = error.path or f"disks[{number}]"
        raise


def disks_from_option(option: Any, names: Sequence[str] | None = None, in_use_check: bool = True) -> list[Disk]:
    """Judge the module's option `disks` and return what may be opened.

    Args: option: paths, or dicts with path, and optionally format (default: by magic bytes), device (default: `names`,
    or sda, sdb, ... by position) and backing (the images below it that may be opened); in_use_check: refuse disks that
    a running QEMU writes to, and look for truncated ones (which cannot be recognized while they grow).
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
        with about_item(number):
            disks.append(_disk(item, names[number] if number < len(names) else "", in_use_check))
    _refuse_twins(disks)
    return disks


def _disk(item: Any, default_device: str, in_use_check: bool) -> Disk:
    settings = item if isinstance(item, dict) else {"path": item}
    wrong = _wrong_setting(settings)
    if wrong:
        raise GuestconvError(
            "disk-option-invalid", wrong, hint=f"A disk is a path, or a dict with the keys {', '.join(_KEYS)}."
        )
    device = settings.get("device") or default_device
    if not _DEVICE.match(device):
        raise GuestconvError(
            "device-name-invalid",
            f"{device!r} is not the name of a disk.",
            hint="Give the name that the guest knew the disk by, without /dev/: sda, vdb, nvme0n1.",
        )
    allowed = {_canonical(os.path.expanduser(name)) for name in _listed(settings.get("backing"))}
    path = _canonical(os.path.expanduser(settings["path"]))
    try:
        path.encode("utf-8")
    except UnicodeEncodeError as error:
        # one image alone can be named to qemu-img in JSON only (held_bytes()).
        raise GuestconvError(
            "disk-name-not-utf-8",
            f"{os.fsencode(path)!r} is not UTF-8.",
            hint="Rename the file, or the directory that it is in.",
        ) from error
    if not os.path.lexists(path):
        _refuse_other_than_path(settings["path"])
    return _judge(path, settings.get("format"), device, allowed, in_use_check)


def _refuse_other_than_path(text: str) -> None:
    """Refuse what does not exist as a file, and is a list or a URL by its looks. Errors: disk-option-invalid."""
    if text.lstrip().startswith(("[", "{")):
        raise GuestconvError(
            "disk-option-invalid",
            f"{text!r} is the text of a list or dict, or a part of it, and not a path.",
            hint='Pass a list, not its text: `-e` takes one as JSON (`-e \'{"disks": ["/exports/web01.qcow2"]}\'`), and the '
            "filter from_json makes one of a text.",
        )
    scheme, is_url, _rest = text.partition("://")
    if is_url and not disk_urls.is_export(text):
        raise GuestconvError(
            "disk-option-invalid",
            f"A disk cannot be opened by {scheme}.",
            hint="Copy it with guestconv_fetch first, or give the URL of an NBD export (nbd://HOST:PORT/EXPORT).",
        )


def _listed(backing: Any) -> Any:
    """The option `backing` as a list: one path stands for a list of one."""
    return [backing] if isinstance(backing, str) else backing or []


def _wrong_setting(settings: dict[Any, Any]) -> str | None:
    """What is wrong with one item of the option `disks`, a dict; None when nothing is."""
    unknown = sorted(str(key) for key in set(settings) - set(_KEYS))
    if unknown:
        return f"A disk has no key {', '.join(unknown)}."
    if not settings.get("path"):
        return "A disk needs a path."
    backing = _listed(settings.get("backing"))
    for key, values in (*((key, [settings.get(key)]) for key in _KEYS[:3]), ("backing", backing)):
        if not isinstance(values, list) or not all(_is_text(value) for value in values if value is not None):
            return f"{key} cannot be {settings[key]!r}."
    return None


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and "\0" not in value


def _canonical(path: str) -> str:
    """Absolute, with links resolved; but /dev/vg/web01 stays so, for the dm-3 that it leads to is another next time.
    The URL of an NBD export stays as it is."""
    if disk_urls.is_export(path):
        return path
    absolute = os.path.abspath(path)
    try:
        if stat.S_ISBLK(os.stat(absolute).st_mode):
            return absolute
    except OSError:
        pass
    return os.path.realpath(absolute)


def _refuse_twins(disks: Sequence[Disk]) -> None:
    seen: dict[Any, Disk] = {}
    devices: dict[str, str] = {}
    for number, disk in enumerate(disks):
        where = f"disks[{number}]"
        if devices.setdefault(disk.device, disk.path) != disk.path:
            raise GuestconvError("device-duplicate", f"Two disks have the device name {disk.device}.", path=where)
        for path in (disk.path, *disk.backing):
            other = seen.setdefault(volumes.identity(path), disk)
            # Disks may share a base that is only read, but none may be the base of another or named twice.
            if other is not disk and (path == disk.path or path not in other.backing):
                raise GuestconvError(
                    "disk-duplicate",
                    f"{path} is named more than once, or is the backing file of another disk as well.",
                    path=where,
                    hint="Name each disk of the guest once.",
                )


def _judge(path: str, stated_format: str | None, device: str, allowed: set[str], in_use_check: bool) -> Disk:
    """Follow a disk's chain from the top to its base, agreeing with each image before QEMU may look at it.

    Args: allowed: canonical paths of the backing files that the caller named. Returns: Disk.
    """
    if volumes.is_volume(path):
        volumes.refuse_incomplete(path)
    if disk_urls.is_export(path):
        return _export(path, stated_format, device)
    top = image = one_image.judge(path, stated_format, in_use_check)
    chain: list[str] = []
    opened, seen, extents = path, {path}, image.extents
    while image.backing_file:
        backing = backing_chain.resolved(opened, image.backing_file)
        if probe.has_protocol(image.backing_file) or _canonical(backing) not in allowed:
            raise _not_named(path, chain, opened, image)
        opened = backing
        if _canonical(opened) in seen:
            raise one_image.corrupt(path, f"its chain of backing files leads back to {opened}")
        seen.add(_canonical(opened))
        chain.append(opened)
        below = one_image.judge(opened, image.backing_format or one_image.safe_guess(opened), in_use_check)
        _refuse_other_content(chain[-2] if len(chain) > 1 else path, image, opened, below)
        image = below
        extents += image.extents
    if in_use_check:
        one_image.refuse_truncated(path, top.format)
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


def _refuse_other_content(above: str, image: one_image.Image, path: str, below: one_image.Image) -> None:
    """Refuse a VMDK on a changed one: QEMU then fails to read it (vmdk_is_cid_valid() in block/vmdk.c). Errors: disk-corrupt."""
    if None not in (image.content_below, below.content) and image.content_below != below.content:
        raise one_image.corrupt(
            above,
            f"{path} was changed, or replaced by another state of the disk, after this snapshot was made on it (parentCID "
            f"{image.content_below:08x}, CID {below.content:08x})",
        )


def _export(url: str, stated_format: str | None, device: str) -> Disk:
    """The Disk that an NBD export is: its server shows what the guest sees, so it is raw. Errors: disk-not-readable,
    disk-empty, format-mismatch."""
    if stated_format not in (None, "raw"):
        raise GuestconvError(
            "format-mismatch",
            f"{url} should be {stated_format}, but an NBD export is taken as raw.",
            hint="Have its server open the image (`qemu-nbd --format=FORMAT`), and leave out `format`.",
        )
    size, reason = nodes.size_of(nodes.node_of(url))
    if size is None:
        raise GuestconvError(
            "disk-not-readable",
            f"{url} cannot be opened: {reason}.",
            hint="Check the URL, and that the server runs and exports it under this name.",
        )
    if not size:
        raise GuestconvError("disk-empty", f"{url} is empty.", hint="Check what its server exports.")
    return Disk(url, "raw", device, size)


def require_sound(disk: Disk) -> None:
    """Look through all the metadata of the image by itself, before it is written to or copied.

    Errors: disk-corrupt. Clusters that were leaked only waste room. A qcow2 with the dirty bit is let pass, see
    one_image.refuse_truncated(); raw disks and VHDs have nothing to check.
    """
    if _is_dirty(disk):
        return
    if disk.format not in _WITHOUT_CHECK and qemu_img.is_damaged(disk.path, disk.format):
        raise one_image.corrupt(disk.path, "`qemu-img check` finds that its metadata contradict themselves")


def count_again(disk: Disk, lock: int) -> None:
    """Repair the reference counts of a qcow2 with the dirty bit: before each time that QEMU writes to it as a backing file.

    QEMU repairs such an image when it opens it for writing (qcow2_do_open()). But `qemu-img commit` opens the backing
    file for reading, and then opens it again for writing, which repairs nothing (qcow2_reopen_prepare(), QEMU 7.2): it
    takes clusters that are in use for free, and removes the dirty bit at the end. lock: see qemu_img.repair().
    Errors: disk-corrupt, and then the disk shows what it did before.
    """
    if not _is_dirty(disk):
        return
    try:
        qemu_img.repair(disk.path, disk.format, lock)
    except qemu_img.QemuImgFailed as error:
        raise one_image.corrupt(disk.path, f"QEMU cannot repair its reference counts: {error.message}") from error


def _is_dirty(disk: Disk) -> bool:
    if disk.format != "qcow2":
        return False
    with open(disk.path, "rb") as stream:
        return qcow2.read_header(stream).dirty


def _not_named(top: str, named: Sequence[str], image: str, judged: one_image.Image) -> GuestconvError:
    """The error for a chain of which the backing file of `image` was not named: it lists all levels.

    Args: top: the disk's path; named: the levels above, which the caller named.
    """
    levels = backing_chain.levels(image, judged.backing_file, judged.backing_format)
    paths = [*named, *(level.path for level in levels if level.is_file)]
    message = f"{image} has the backing file {_shown(judged.backing_file)}, which was not named."
    if len(levels) > 1:
        message += f" Its chain of backing files goes on: {', '.join(_shown(level.path) for level in levels[1:])}."
    last = levels[-1]
    if last.wrong:
        message += f" {_shown(last.path)} {last.wrong}."
    option = f"{{path: {_quoted(top)}, backing: [{', '.join(map(_quoted, paths))}]}}"
    first = "Put the chain in order first. " if last.wrong else ""
    hint = f"{first}If all of them belong to this guest, name them: `{option}`."
    if not last.is_file:
        hint = (
            "guestconv opens files only. Copy the disk with `qemu-img convert` where its backing file can be reached."
        )
    return GuestconvError(
        "backing-file-not-named",
        message,
        hint=hint,
        extra={"backing_file": judged.backing_file, "backing_files": [level.path for level in levels]},
    )


def _shown(name: str) -> str:
    """A name that an image has for a file, in a message: it may hold the ends of lines, and what terminals obey."""
    return name if name.isprintable() else json.dumps(name)


def _quoted(path: str) -> str:
    """A path that an image names, as YAML has it in a list: the image may have any text there."""
    return path if _PLAIN.match(path) else json.dumps(path)


def writable_in_place(disk: Disk) -> None:
    """Refuse a disk that cannot be converted in place.

    Errors: format-not-writable, disk-not-writable, disk-linked, disk-in-use.
    """
    if not disk.writable:
        raise GuestconvError(
            "format-not-writable",
            f"{disk.path} cannot be written to: a {disk.create_type or 'compressed'} VMDK is read-only for QEMU.",
            hint="Give `dest`: the converted copy is written there.",
        )
    if disk_urls.is_export(disk.path):
        failure = qemu_img.flush(nodes.reference(nodes.node_of(disk.path)))
        if failure:
            raise GuestconvError(
                "disk-not-writable",
                f"{disk.path} cannot be opened for writing: {failure}.",
                hint="Have its server permit writing, or give `dest` for a converted copy.",
            )
        return
    if not os.access(disk.path, os.W_OK):
        raise GuestconvError(
            "disk-not-writable",
            f"{disk.path} cannot be written to by this user.",
            hint="Run as a user who may write to it, or give `dest` for a converted copy.",
        )
    place = volumes.mounted_at(disk.path)
    if place:
        raise GuestconvError(
            "disk-in-use",
            f"{disk.path}, or a part of it, is mounted at {place} on this machine.",
            hint="Unmount it. What LVM made of it should not be active here either.",
        )
    # Under its other name it would change as well (`cp -al` makes such backups), with neither lock nor journal there.
    status = os.stat(disk.path)
    if stat.S_ISREG(status.st_mode) and status.st_nlink > 1:
        raise GuestconvError(
            "disk-linked",
            f"{disk.path} is one of {status.st_nlink} names (hard links) of the same file.",
            hint="Give `dest` for a converted copy, or replace the link by a copy of the file.",
        )
