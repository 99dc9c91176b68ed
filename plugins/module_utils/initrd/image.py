# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole initrd file: what the kernel would have unpacked from it.

Source: Linux, init/initramfs.c (unpack_to_rootfs): archives one after the other, each raw at a multiple of 4 or
compressed anywhere, with zeros between them; what comes later overwrites what came earlier.
"""

from __future__ import annotations

import contextlib
import io
import re
import stat
from collections.abc import Iterable, Mapping, Sequence
from typing import BinaryIO, Callable, NamedTuple

from ..errors import GuestconvError
from . import builders
from .compression import Source, compression_of, truncated, unpack
from .cpio import CpioParser, Entry
from .errors import NotSupplementable
from .module_names import module_name

_MOST_LINKS = 40  # as the kernel's MAXSYMLINKS
_MOST_PARTS = 4096  # PATH_MAX: no path has more steps
_DEEPEST = 256
_NOT_ZERO = re.compile(rb"[^\0]")
_ODD_NAME = re.compile(r"^[./]|/\.|//|/$")

# What mkbootconfig appends and the kernel cuts off before unpacking: data, size, checksum, this; then padding to 4
# (Documentation/admin-guide/bootconfig.rst).
# Directories of what the kernel reads before it unpacks anything, and what they are in; early_cpio is dracut's mark.
_EARLY = ("kernel/x86", "kernel/firmware", "early_cpio")

_BOOTCONFIG = b"#BOOTCONFIG\n"


class Limits(NamedTuple):
    """What an initrd may cost. Bytes: unpacked, names (with link targets), content (one kept file), contents (all)."""

    unpacked: int = 1 << 30
    members: int = 100_000
    archives: int = 64
    names: int = 16 << 20
    content: int = 4 << 20
    contents: int = 16 << 20


class Member(NamedTuple):
    """A file in an initrd: st_mode, bytes, hard links to it, and where it points if it is a symbolic link."""

    mode: int
    size: int
    links: int
    target: str


class Archive(NamedTuple):
    """One archive: where it begins and ends in the file, its compression ("" for none), and its size unpacked."""

    start: int
    end: int
    compression: str
    unpacked: int


class Initrd:
    """What is in an initrd. Names are relative to its root, without "./"; a name in `path` arguments may be absolute.

    members: {name: Member}.  archives: list of Archive.  size: bytes of the file.
    bootconfig: whether a boot configuration is appended to it.
    """

    def __init__(
        self,
        members: dict[str, Member],
        contents: Mapping[str, bytes],
        archives: list[Archive],
        size: int,
        bootconfig: bool,
    ) -> None:
        self.members = members
        self.archives = archives
        self.size = size
        self.bootconfig = bootconfig
        self._contents = contents

    @property
    def builder(self) -> str:
        """The name of what made it, by evidence; see builders.made_by."""
        return builders.made_by(self.members)

    @property
    def is_early(self) -> bool:
        """Whether it has nothing but what the kernel itself looks for: microcode, tables of ACPI.

        Sources: Linux, Documentation/arch/x86/microcode.rst, Documentation/admin-guide/acpi/initrd_table_override.rst.
        """
        return all(name == "kernel" or name.startswith(_EARLY) for name in self.members)

    @property
    def nested_images(self) -> list[str]:
        """Names of filesystem images in it, whose files (and kernel modules) are not among the members."""
        return [name for name in builders.images() if name in self.members]

    def resolve(self, path: str) -> str:
        """The name that `path` leads to through the initrd's symbolic links, whether or not that exists.

        Raises GuestconvError initrd-link-loop when it leads nowhere.
        """
        pending = path.split("/")[::-1]
        done: list[str] = []
        followed = parts = 0
        while pending:
            part = pending.pop()
            parts += 1
            if followed > _MOST_LINKS or parts > _MOST_PARTS or len(done) > _DEEPEST:
                raise GuestconvError("initrd-link-loop", f"the initrd's symbolic links at {path!r} do not end")
            if part in ("", "."):
                continue
            if part == "..":
                del done[-1:]
                continue
            done.append(part)
            member = self.members.get("/".join(done))
            if member and member.target:
                followed += 1
                done = [] if member.target.startswith("/") else done[:-1]
                pending += member.target.split("/")[::-1]
        return "/".join(done)

    def content(self, path: str) -> bytes | None:
        """The bytes of a file that `read` was told to keep; None when the initrd has no such file.

        Raises KeyError when it has, but was not told.
        """
        name = self.resolve(path)
        if name not in self.members or not stat.S_ISREG(self.members[name].mode):
            return None
        return self._contents[name]

    def module_tree(self, version: str) -> str:
        """Where the modules of a kernel are, or would be looked for: usr/lib/modules/VERSION or lib/modules/VERSION."""
        tree = self.resolve(f"lib/modules/{version}")
        in_usr = f"usr/lib/modules/{version}"
        return in_usr if tree not in self.members and in_usr in self.members else tree

    def modules(self, version: str) -> dict[str, str]:
        """The modules of a kernel: {name as the kernel spells it: path relative to the module tree}."""
        start = self.module_tree(version) + "/"
        found: dict[str, str] = {}
        for name in self.members:
            module = module_name(name) if name.startswith(start) else None
            # depmod.d(5): what stands outside kernel/ (updates/, extra/) replaces what stands in it.
            if module and found.get(module, "kernel/").startswith("kernel/"):
                found[module] = name[len(start) :]
        return found


def read(
    source: str | bytes | bytearray,
    wanted: Iterable[str] | Callable[[str], bool] = (),
    limits: Limits = Limits(),  # noqa: B008 - its fields cannot be changed
) -> Initrd:
    """Read an initrd.

    source: path of the file, or its bytes.
    wanted: the names of files whose content is to be kept, or a function that says so of a name. Names as the archives
        have them: with both usr/lib/... and lib/... if that matters.
    Memory: the names, the wanted contents, and a few MiB (an archive made by `xz -9`: 65 MiB more).
    Raises GuestconvError: initrd-unreadable, initrd-unknown-format, initrd-corrupt, initrd-truncated,
    initrd-compression-unsupported, initrd-tool-missing, and one for each limit: initrd-unpacks-too-large,
    initrd-too-many-members, initrd-too-many-archives, initrd-names-too-long, initrd-content-too-large,
    initrd-contents-too-large, initrd-too-many-blocks.
    """
    with contextlib.ExitStack() as stack:
        try:
            file: BinaryIO = io.BytesIO(source) if isinstance(source, (bytes, bytearray)) else open(source, "rb")
            stack.enter_context(file)
            size = file.seek(0, io.SEEK_END)
            return _read(file, size, wanted if callable(wanted) else frozenset(wanted).__contains__, limits)
        except OSError as error:
            raise GuestconvError("initrd-unreadable", f"the initrd cannot be read: {error}") from error


def joined(images: Sequence[Initrd], at: int = -1) -> Initrd:
    """What the kernel has of several images, which a boot loader puts behind each other: the later over the earlier.

    at: the index of the image to which something can be appended, so that archives and size are those of this one.
    """
    collector = _Collector(lambda name: False, Limits())
    for image in images:
        collector.take(image)
    collector.settle()
    place = images[at]
    return Initrd(collector.members, collector.contents, place.archives, place.size, place.bootconfig)


def _read(file: BinaryIO, size: int, wanted: Callable[[str], bool], limits: Limits) -> Initrd:
    end = _end_before_bootconfig(file, size)
    source = Source(file, end)
    collector = _Collector(wanted, limits)
    archives: list[Archive] = []
    while _skip_zeros(source):
        if len(archives) == limits.archives:
            raise GuestconvError("initrd-too-many-archives", f"the initrd has more than {limits.archives} archives")
        archives.append(_read_archive(source, collector))
    if not archives:
        raise _unknown_format(b"")
    collector.settle()
    return Initrd(collector.members, collector.contents, archives, size, end < size)


def _read_archive(source: Source, collector: _Collector) -> Archive:
    """Read the archive at the source's position, raw or compressed, and leave the position behind it."""
    start = source.position
    first = source.read(6)
    source.seek(start)
    if first[:1] == b"0" and start % 4 == 0:
        parser = CpioParser(collector, start)
        _read_raw(source, parser, collector)
        compression: str | None = ""
        unpacked = source.position - start
    else:
        parser = CpioParser(collector)
        compression = compression_of(first)
        if compression is None:
            raise _unknown_format(first)
        unpacked = 0
        with contextlib.closing(unpack(source, compression)) as pieces:
            for piece in pieces:
                unpacked += len(piece)
                collector.count(len(piece))
                taken = parser.feed(piece)
                if taken < len(piece):
                    raise _unknown_format(piece[taken : taken + 6])
    if not parser.complete:
        raise truncated()
    collector.end_archive()
    return Archive(start, source.position, compression or "", unpacked)


def _read_raw(source: Source, parser: CpioParser, collector: _Collector) -> None:
    while True:
        data = source.read()
        collector.count(len(data))
        taken = parser.feed(data) if data else 0
        if taken < len(data):
            source.seek(source.position - (len(data) - taken))
        if taken < len(data) or not data:
            return


def _skip_zeros(source: Source) -> bool:
    """Go to the next byte that is not zero; False at the end."""
    while True:
        data = source.read()
        match = _NOT_ZERO.search(data)
        if match:
            source.seek(source.position - len(data) + match.start())
        if match or not data:
            return bool(match)


def _end_before_bootconfig(file: BinaryIO, size: int) -> int:
    """Where the archives end: the size of the file, less an appended boot configuration."""
    file.seek(max(0, size - 64))
    tail = file.read(64)
    at = tail.rfind(_BOOTCONFIG)
    if at < 8 or tail[at + len(_BOOTCONFIG) :].strip(b"\0"):
        return size
    length = int.from_bytes(tail[at - 8 : at - 4], "little")
    end = size - len(tail) + at - 8 - length
    return end if end > 0 else size


def _unknown_format(start: bytes) -> NotSupplementable:
    return NotSupplementable(
        "initrd-unknown-format",
        f"this is not an initrd of cpio archives (it has {start!r} where an archive should be)",
        hint="an image of a unified kernel, of U-Boot, or of an old RAM disk can only be rebuilt in the guest",
    )


class _Links:
    """The hard links to one file: those that wait for its body, and the file once that has come."""

    def __init__(self) -> None:
        self.waiting: list[str] = []
        self.member: Member | None = None
        self.body: bytes | None = None


class _Collector:
    """Takes the members of all archives, within the limits."""

    def __init__(self, wanted: Callable[[str], bool], limits: Limits) -> None:
        self.members: dict[str, Member] = {}
        self.contents: dict[str, bytes] = {}
        self._wanted = wanted
        self._limits = limits
        self._unpacked = self._count = self._names = self._kept = 0
        self._links: dict[tuple[int, int, int], _Links] = {}

    def count(self, size: int) -> None:
        """Count bytes unpacked."""
        self._unpacked += size
        self._check(self._unpacked, self._limits.unpacked, "initrd-unpacks-too-large", "unpacks to more than {0} bytes")

    def wants(self, entry: Entry) -> bool:
        """Whether to keep the body of a regular file; it may stand for several hard links."""
        names = [_plain(entry.name)]
        if entry.links > 1 and entry.identity in self._links:
            names += self._links[entry.identity].waiting
        if not any(map(self._wanted, names)):
            return False
        self._kept += entry.size
        one, all_of_them = self._limits.content, self._limits.contents
        self._check(entry.size, one, "initrd-content-too-large", "has a wanted file of more than {0} bytes")
        self._check(self._kept, all_of_them, "initrd-contents-too-large", "has wanted files of more than {0} bytes")
        return True

    def add(self, entry: Entry, body: bytes | None) -> None:
        """Take a member, in the place of any of that name."""
        name = _plain(entry.name)
        self._tally(len(name) + len(entry.target))
        regular = stat.S_ISREG(entry.mode)
        # The kernel passes over directories and devices that have a body, and links with too long a target.
        if not name or entry.size and not regular and not entry.target:
            return
        member = Member(entry.mode, entry.size, entry.links, entry.target)
        self._store(name, member, body)
        if regular and entry.links > 1:
            self._share(name, entry.identity, member, body)

    def take(self, image: Initrd) -> None:
        """Take all members of an image that was read."""
        for name, member in image.members.items():
            self._store(name, member, image._contents.get(name))  # noqa: SLF001 - it is of the same file

    def end_archive(self) -> None:
        """Forget the hard links, as the kernel does at a trailer."""
        self._tally(0)
        self._links.clear()

    def settle(self) -> None:
        """Move what an archive put behind a symbolic link of the root directory (lib -> usr/lib) to where it came.

        The kernel follows every link there; deeper ones to directories are not met in initrds.
        """
        places: dict[str, str] = {}
        initrd = Initrd(self.members, {}, [], 0, False)
        for name in list(self.members):
            top, slash, rest = name.partition("/")
            if not slash or top not in self.members or not self.members[top].target:
                continue
            if top not in places:
                places[top] = initrd.resolve(top)
                self._check(len(places), _MOST_LINKS, "initrd-corrupt", "has files behind more than {0} links")
            self._store(f"{places[top]}/{rest}".lstrip("/"), self.members.pop(name), self.contents.pop(name, None))

    def _store(self, name: str, member: Member, body: bytes | None) -> None:
        self.members[name] = member
        if body is None:
            self.contents.pop(name, None)
        else:
            self.contents[name] = body

    def _share(self, name: str, identity: tuple[int, int, int], member: Member, body: bytes | None) -> None:
        """Let hard links have one size and content: only one of them comes with a body (GNU cpio: the last)."""
        links = self._links.setdefault(identity, _Links())
        if links.member:
            if not member.size:
                self._store(name, links.member, links.body)
        elif member.size:
            links.member, links.body = member, body
            for other in links.waiting:
                self._store(other, member, body)
            links.waiting = []
        else:
            links.waiting.append(name)

    def _tally(self, characters: int) -> None:
        """Count a header, and the characters of its name."""
        self._count += 1
        self._names += characters
        self._check(self._count, self._limits.members, "initrd-too-many-members", "has more than {0} members")
        self._check(self._names, self._limits.names, "initrd-names-too-long", "has names of more than {0} characters")

    def _check(self, value: int, limit: int, code: str, what: str) -> None:
        if value > limit:
            raise GuestconvError(code, f"the initrd {what.format(limit)}", hint="rebuild it in the guest")


def _plain(name: str) -> str:
    """A name without the "./", "/" and trailing "/" that some archivers write."""
    return "/".join(part for part in name.split("/") if part not in ("", ".")) if _ODD_NAME.search(name) else name
