# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cpio format of initrds ("newc"): a parser that is fed pieces, and a writer.

Source: Linux, Documentation/driver-api/early-userspace/buffer-format.rst and init/initramfs.c.
"""

from __future__ import annotations

import binascii
import re
import stat
import struct
from typing import NamedTuple, Protocol

from ..errors import GuestconvError

# 070702 carries checksums; kernels before 5.19 refuse it. Neither they nor we verify the sums.
_MAGICS = (b"070701", b"070702")
_MAGIC_DIGIT = 0x30
_TRAILER = "TRAILER!!!"
_HEADER_SIZE = 110
_HEADER = struct.Struct(">13I")
# The kernel's PATH_MAX: longer names and link targets are not unpacked.
_PATH_MAX = 4096
_NOT_ZERO = re.compile(rb"[^\0]")


class Entry(NamedTuple):
    """One member as its archive describes it; `target` is a symbolic link's, else ""."""

    name: str
    mode: int
    size: int
    links: int
    identity: tuple[int, int, int]
    target: str


class Sink(Protocol):
    """What a parser hands the members to."""

    def wants(self, entry: Entry) -> bool:
        """Whether the bytes of this regular file are to be kept."""

    def add(self, entry: Entry, body: bytes | None) -> None:
        """Take a member; `body` is its bytes if they were wanted, else None."""

    def end_archive(self) -> None:
        """A trailer was read: hard links do not reach across it."""


def corrupt(message: str) -> GuestconvError:
    """The error for an initrd that is not what it should be."""
    return GuestconvError(
        "initrd-corrupt",
        f"the initrd is damaged: {message}",
        hint="rebuild it in the guest (update-initramfs -u, dracut -f, mkinitcpio -P)",
    )


class CpioParser:
    """Parses archives from pieces of any size; keeps at most one header and the file bodies that the sink wants.

    offset: where in its stream the first byte lies; members begin at multiples of 4 of that.
    """

    def __init__(self, sink: Sink, offset: int = 0) -> None:
        self._sink = sink
        self._offset = offset
        self._pending = b""  # a header that the end of a piece has cut
        self._skip = 0  # bytes of the current body, and its padding, still to come
        self._kept: tuple[Entry, bytearray] | None = None  # (entry, bytearray) of a body that is wanted

    @property
    def complete(self) -> bool:
        """Whether the stream may end here."""
        return not self._pending and not self._skip

    def feed(self, piece: bytes) -> int:
        """Parse a piece; the number of its bytes that are cpio, less than all where something else begins."""
        data = self._pending + piece if self._pending else piece
        base = self._offset - len(self._pending)
        at = 0
        while at < len(data):
            if self._skip:
                at += self._pass_body(data, at)
            elif data[at] == 0:
                match = _NOT_ZERO.search(data, at)
                at = match.start() if match else len(data)
            elif data[at] != _MAGIC_DIGIT:
                break
            elif (base + at) % 4:
                raise corrupt(f"an archive member begins at byte {base + at}, not at a multiple of 4")
            else:
                taken = self._header(data, at)
                if not taken:
                    self._pending = data[at:]
                    self._offset = base + len(data)
                    return len(piece)
                at += taken
        self._pending = b""
        self._offset = base + at
        return at - (len(data) - len(piece))

    def _header(self, data: bytes, at: int) -> int:
        """Take the header, name and link target at `at`; their size with padding, 0 when they are not all there."""
        if len(data) - at < _HEADER_SIZE:
            return 0
        if data[at : at + 6] not in _MAGICS:
            raise corrupt(f"no cpio header where one should be: {bytes(data[at : at + 6])!r}")
        try:
            fields = _HEADER.unpack(binascii.unhexlify(data[at + 6 : at + _HEADER_SIZE]))
        except ValueError:
            raise corrupt("a cpio header holds something else than hexadecimal digits") from None
        inode, mode, links, size, major, minor, name_size = (fields[i] for i in (0, 1, 4, 6, 7, 8, 11))
        if not 0 < name_size <= _PATH_MAX:
            raise corrupt(f"a cpio member's name is {name_size} bytes long")
        link_size = size if stat.S_ISLNK(mode) and size <= _PATH_MAX else 0
        body_at = _aligned(_HEADER_SIZE + name_size)
        if len(data) - at < body_at + link_size:
            return 0
        # dracut-cpio pads names with NULs to align the data; the kernel stops at the first.
        name = _text(data[at + _HEADER_SIZE : at + _HEADER_SIZE + name_size])
        target = _text(data[at + body_at : at + body_at + link_size])
        self._begin(Entry(name, mode, size, links, (inode, major, minor), target))
        self._skip = _aligned(size) - link_size
        return body_at + link_size

    def _begin(self, entry: Entry) -> None:
        if entry.name == _TRAILER:
            self._sink.end_archive()
        elif stat.S_ISREG(entry.mode):
            if entry.size and self._sink.wants(entry):
                self._kept = (entry, bytearray())
            else:
                self._sink.add(entry, None if entry.size else b"")
        else:
            self._sink.add(entry, None)

    def _pass_body(self, data: bytes, at: int) -> int:
        """Pass over, or keep, what `data` has of the current body; the number of bytes."""
        count = min(self._skip, len(data) - at)
        self._skip -= count
        if self._kept:
            entry, body = self._kept
            body += data[at : at + min(count, entry.size - len(body))]
            if len(body) == entry.size:
                self._kept = None
                self._sink.add(entry, bytes(body))
        return count


def header(name: str, mode: int, size: int, inode: int) -> bytes:
    """The header and name of a member that belongs to root, dated 1970, with padding.

    Its link count of 1 keeps the kernel from joining members with equal inode numbers (maybe_link in init/initramfs.c).
    """
    encoded = name.encode("utf-8", "surrogateescape") + b"\0"
    fields = (inode, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, len(encoded), 0)
    return padded(_MAGICS[0] + b"".join(b"%08X" % field for field in fields) + encoded)


def trailer() -> bytes:
    """The member that ends an archive."""
    return header(_TRAILER, 0, 0, 0)


def padded(data: bytes) -> bytes:
    """`data` with zeros to a multiple of 4 bytes."""
    return data + bytes(-len(data) % 4)


def _aligned(size: int) -> int:
    return (size + 3) & ~3


def _text(data: bytes) -> str:
    """The text before the first NUL; surrogates stand for bytes that are not UTF-8."""
    return bytes(data).partition(b"\0")[0].decode("utf-8", "surrogateescape")
