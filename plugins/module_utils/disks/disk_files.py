# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the header of a disk's file says. Nothing beyond headers is read."""

from __future__ import annotations

import functools
import os
import re
import stat
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from ..errors import GuestconvError
from . import differencing
from .formats import probe, qcow2, vmdk
from .formats.reading import BadHeader
from .suffixes import SUFFIXES, VAGUE

# How a file is called that holds a disk of the format; "" where the name does not say.
EXTENSIONS = {**SUFFIXES, VAGUE: ""}

# The names of the files in a directory, as of names_in().
Names = Callable[[str], Mapping[str, Sequence[str]]]

# A path of Windows, which QEMU would take for a protocol.
_OF_WINDOWS = re.compile(r"[A-Za-z]:[\\/][^\0]*\Z")

# Snapshots of snapshots; VMware allows 32.
_LONGEST_CHAIN = 256


@dataclass(frozen=True)
class DiskFile:
    """size: bytes of the disk in it. backing: paths of the files below it, from the top down, those that it can be
    opened with. unfollowed: the name of the next one, where it is not looked for: see examine(). extents: paths of the files
    that a VMDK's descriptor names, of those below it as well. uuid: the digits of a VMDK's, which a snapshot has of the disk
    below it; "" where there is none."""

    path: str
    format: str
    size: int
    backing: tuple[str, ...] = ()
    extents: tuple[str, ...] = ()
    uuid: str = ""
    unfollowed: str = ""


def examine(path: str, stated: str | None = None, elsewhere: bool = False) -> DiskFile:
    """The DiskFile at path.

    Args: stated: the format that it should have, by its source. Only then its backing files are followed: the guest can
    write whatever header it likes into what the hypervisor takes for a raw disk; elsewhere: whether to follow backing
    files out of the directory, too, where the source is the hypervisor itself.
    Errors: source-disk-missing, source-disk-unreadable, source-disk-format, source-disk-damaged, source-encrypted,
    source-disk-not-supported.
    """
    top = image = _header(path, stated)
    backing: list[str] = []
    extents, seen, upper, uuid, unfollowed = top.extents, {os.path.realpath(path)}, path, top.uuid, ""
    while stated and image.backing_file:
        below = os.path.join(os.path.dirname(upper), image.backing_file)
        if not _is_file_name(image.backing_file) or not (elsewhere or _in_same_directory(below, path)):
            # Who wants it names it by hand: the modules refuse the disk, and say how.
            unfollowed = image.backing_file
            break
        if os.path.realpath(below) in seen or len(backing) == _LONGEST_CHAIN:
            raise _damaged(path, f"its chain of backing files leads back to {below}")
        seen.add(os.path.realpath(below))
        backing.append(below)
        upper, known = below, image.backing_format
        image = _header(below, known)
        if not known and image.format != "qcow2":
            # Its header may be the guest's; images.py asks for the format to be recorded.
            break
        extents += image.extents
        uuid = uuid or image.uuid
    return DiskFile(path, top.format, top.size, tuple(backing), extents, uuid, unfollowed)


def made_of(path: str, stated: str | None = None) -> Iterator[str]:
    """The paths of the files that the disk at path is made of: itself, its extents, and the same of the files below it.

    Other than with examine(), files may be missing or damaged: what they would name is left out then. Where a name
    differs from that of the file by case alone, the path is that of the file.
    """
    seen: set[str] = set()
    names, level, known = known_names(), path, stated
    while os.path.realpath(level) not in seen and len(seen) <= _LONGEST_CHAIN:
        seen.add(os.path.realpath(level))
        yield level
        extents, below, below_format = _named(level, known)
        yield from (_present(os.path.join(os.path.dirname(level), name), names) for name in extents)
        if not (stated and below):
            return
        level, known = _below(level, below, names), below_format


def names_in(folder: str) -> dict[str, list[str]]:
    """The names of the files in a directory, by what they have in common with those that differ in case; none in no directory."""
    names: dict[str, list[str]] = {}
    try:
        for name in os.listdir(folder):
            names.setdefault(_folded(name), []).append(name)
    except (OSError, ValueError):
        pass
    return names


def known_names() -> Names:
    """names_in(), for many paths: each directory is listed once, as a descriptor can name a hundred thousand files."""
    return functools.lru_cache(maxsize=None)(names_in)


def in_other_case(path: str, names: Names = names_in) -> str:
    """The path of the only file whose name differs from that of path by case or by Unicode's form alone; "" without one.

    names: known_names(), where this is asked for many paths.
    """
    folder, name = os.path.split(path)
    # One directory has many names: "a", "a/.", "a/b/..".
    found = [each for each in names(os.path.normpath(folder)).get(_folded(name), ()) if each != name]
    return os.path.join(folder, found[0]) if len(found) == 1 else ""


def _present(path: str, names: Names) -> str:
    return path if os.path.lexists(path) else in_other_case(path, names) or path


def _below(level: str, name: str, names: Names) -> str:
    """The path of the file that the disk in level names as the one below it.

    By the path of another machine, such as VMware's /vmfs/volumes/5d8f/web01/web01.vmdk, it is the file next to level.
    """
    folder = os.path.dirname(level)
    path = _present(os.path.join(folder, name), names)
    neighbour = os.path.join(folder, re.split(r"[/\\]", name)[-1])
    return path if os.path.lexists(path) else _present(neighbour, names)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _named(path: str, stated: str | None) -> tuple[list[str], str, str | None]:
    """(extents, backing file, its format) that the header of one file names, as it names them; files alone."""
    extents: tuple[vmdk.Extent, ...] = ()
    name, known = "", None
    try:
        with _opened(path) as stream:
            image_format = stated or probe.probe(stream, stream.seek(0, os.SEEK_END))[0]
            if image_format == "qcow2":
                below = qcow2.read_header(stream)
                name, known = below.backing_file, below.backing_format or None
            elif image_format == "vmdk":
                header = vmdk.read_header(stream)
                extents, name, known = header.extents, header.parent, "vmdk"
    except (GuestconvError, BadHeader, OSError):
        pass
    names = [each.name for each in extents if _is_file_name(each.name)]
    return names, name if _is_file_name(name) or _OF_WINDOWS.match(name) else "", known


def _is_file_name(name: str) -> bool:
    return bool(name) and "\0" not in name and not probe.has_protocol(name)


def measure(stream: BinaryIO, size: int, path: str, stated: str | None = None) -> tuple[str, int]:
    """(format, bytes of the disk) of an image of size bytes in the file path. Errors: those of examine()."""
    image_format = _format(path, stated, *probe.probe(stream, size))
    try:
        return image_format, probe.virtual_size(stream, size, image_format)
    except BadHeader as error:
        raise _damaged(path, str(error)) from error


@dataclass(frozen=True)
class _Header:
    """What one file says of itself. size: of the disk. backing_format: None where it is not stated."""

    format: str
    size: int
    extents: tuple[str, ...] = ()
    backing_file: str = ""
    backing_format: str | None = None
    uuid: str = ""


def _header(path: str, stated: str | None) -> _Header:
    """The _Header of one file."""
    with _opened(path) as stream:
        try:
            size = stream.seek(0, os.SEEK_END)
            if not size:
                raise _damaged(path, "it is empty")
            image_format = _format(path, stated, *probe.probe(stream, size))
            virtual_size = probe.virtual_size(stream, size, image_format)
            if differencing.is_differencing(stream, image_format):
                raise _differs(path, image_format)
            if image_format == "qcow2":
                below = qcow2.read_header(stream)
                return _Header(image_format, virtual_size, (), below.backing_file, below.backing_format or None)
            if image_format == "vmdk":
                header = vmdk.read_header(stream)
                _refuse_without_data(path, header)
                return _Header(image_format, virtual_size, _extents(path, header), header.parent, "vmdk", header.uuid)
            return _Header(image_format, virtual_size)
        except BadHeader as error:
            raise _damaged(path, str(error)) from error
        except OSError as error:
            raise _unreadable(path, error) from error


def _opened(path: str) -> BinaryIO:
    try:
        mode = os.stat(path).st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISBLK(mode)):
            raise GuestconvError("source-disk-unreadable", f"{path} is neither a file nor a block device.", path=path)
        return open(path, "rb")
    except FileNotFoundError as error:
        raise _missing(path) from error
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _format(path: str, stated: str | None, probed: str, foreign: str) -> str:
    if stated == "raw":
        return stated
    if foreign:
        raise GuestconvError(
            "source-disk-format",
            f"{path} is {foreign}, which is no disk.",
            path=path,
            hint="Unpack it, or convert it with `qemu-img convert`.",
        )
    if stated and stated != probed:
        hint = "Copy it again, or rename it to what it is."
        if path.endswith(("-flat.vmdk", "-delta.vmdk")):
            hint = "The descriptor that belongs to it is missing: copy the small .vmdk file, too."
        raise GuestconvError(
            "source-disk-format", f"{path} should be {stated}, and begins like {probed}.", hint=hint, path=path
        )
    return probed


def _extents(path: str, header: vmdk.Header) -> tuple[str, ...]:
    """The paths of a descriptor's extents, which have to be there."""
    paths = []
    for extent in header.extents:
        # Extents anywhere else are refused when the disk is opened: images.py.
        if not probe.has_protocol(extent.name):
            paths.append(os.path.join(os.path.dirname(path), extent.name))
            if not os.path.lexists(paths[-1]):
                raise _missing(paths[-1])
    return tuple(paths)


def _refuse_without_data(path: str, header: vmdk.Header) -> None:
    """Refuse a VMDK whose data is not in its extents, or that QEMU cannot read there."""
    if header.encrypted:
        raise GuestconvError(
            "source-encrypted",
            f"{path} is encrypted by VMware.",
            path=path,
            hint="Remove the encryption of the virtual machine first.",
        )
    if header.create_type in vmdk.RAW_DEVICES:
        raise GuestconvError(
            "source-disk-not-supported",
            f"{path} is a raw device mapping ({header.create_type}): it refers to a LUN or a disk of the host.",
            path=path,
            hint="Clone the disk into a VMDK of its own (`vmkfstools -i`), or name the block device of the LUN.",
        )
    if header.unread:
        raise GuestconvError(
            "source-disk-not-supported",
            vmdk.LEFT_OUT.format(path=path, line=header.unread),
            path=path,
            hint=vmdk.CLONE,
        )


def _differs(path: str, image_format: str) -> GuestconvError:
    return GuestconvError(
        "source-disk-not-supported",
        f"{path} is a differencing image ({image_format}): it has only what differs from the disk below it.",
        path=path,
        hint="Delete the checkpoints or snapshots on the source, which merges them into the disk, and copy that.",
    )


def _in_same_directory(below: str, path: str) -> bool:
    return os.path.dirname(os.path.realpath(below)) == os.path.dirname(os.path.realpath(path))


def _missing(path: str) -> GuestconvError:
    other = in_other_case(path)
    return GuestconvError(
        "source-disk-missing",
        f"{path} does not exist.",
        path=path,
        hint=f"Rename {other}, if it is that file: its name differs in upper and lower case."
        if other
        else "All files of a disk must be there, and its snapshots' parents. Was it copied in full?",
    )


def _unreadable(path: str, error: Exception) -> GuestconvError:
    reason = getattr(error, "strerror", None) or error
    return GuestconvError(
        "source-disk-unreadable",
        f"{path!r} cannot be read: {reason}.",
        path=path,
        hint="Give the user who runs this the right to read it.",
    )


def _damaged(path: str, reason: str) -> GuestconvError:
    return GuestconvError(
        "source-disk-damaged",
        f"{path} is damaged or not complete: {reason}.",
        path=path,
        hint="Copy it again from its source, and compare the sizes.",
    )
