# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The compressions that the kernel unpacks initrds with: told apart, unpacked in bounded pieces, and packed.

Each `unpack` stops where its own stream ends, as the kernel's decompressors do, because another archive may follow.
Source: Linux, lib/decompress.c and lib/decompress_*.c.
"""

from __future__ import annotations

import bz2
import contextlib
import io
import lzma
import os
import shutil
import subprocess
import threading
import zlib
from collections.abc import Generator
from typing import IO, BinaryIO, Protocol

from ..errors import GuestconvError
from .cpio import corrupt
from .errors import NotSupplementable, ToolMissing

BLOCK = 1 << 18  # bytes read at once
PIECE = 1 << 20  # most bytes unpacked at once
# `lzma -9` and `xz -9` (dracut's lzma, COMPRESSLEVEL=9) need 65 MiB to unpack; a file can ask for 4 GiB.
_LZMA_MEMORY = 72 << 20
# An encoder fills its blocks (zstd 128 KiB, lz4 8 MiB unpacked); empty ones are a way to make us count for hours.
_MOST_BLOCKS = 1 << 20
_LZ4_MAGIC = 0x184C2102
_LZ4_CHUNK = 8 << 20
_LZ4_LONGEST_CHUNK = _LZ4_CHUNK + _LZ4_CHUNK // 255 + 16

# The first two bytes, as in the kernel's table.
_MAGICS = {
    b"\x1f\x8b": "gzip",
    b"BZ": "bzip2",
    b"\x5d\x00": "lzma",
    b"\xfd7": "xz",
    b"\x89L": "lzo",
    b"\x02!": "lz4",
    b"\x28\xb5": "zstd",
}


class Source:
    """A file of which the first `size` bytes are read, with a position that can be set back."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self.size = size
        self.position = 0
        self.seek(0)

    def seek(self, position: int) -> None:
        """Go on reading at `position`."""
        self.position = position
        self._file.seek(position)

    def read(self, count: int = BLOCK) -> bytes:
        """Up to `count` bytes; none at the end."""
        data = self._file.read(min(count, self.size - self.position))
        self.position += len(data)
        return data

    def take(self, count: int) -> bytes:
        """Exactly `count` bytes; GuestconvError initrd-truncated when there are fewer."""
        data = self.read(count)
        if len(data) < count:
            raise truncated()
        return data


def truncated() -> GuestconvError:
    """The error for an initrd that ends too early."""
    return GuestconvError(
        "initrd-truncated",
        "the initrd ends in the middle of an archive",
        hint="rebuild it in the guest; a full /boot is the usual cause",
    )


def compression_of(start: bytes) -> str | None:
    """The name of the compression of data that begin with `start` (2 bytes or more), None when it is none we know."""
    return _MAGICS.get(bytes(start[:2]))


def unpack(source: Source, compression: str) -> Generator[bytes, None, None]:
    """Unpack the one stream that begins at `source`'s position, and leave the position behind it.

    Yields pieces of at most 1 MiB. Raises GuestconvError: initrd-corrupt, initrd-truncated, initrd-tool-missing,
    initrd-compression-unsupported.
    """
    if compression == "gzip":
        return _in_python(source, _Gzip())
    if compression == "bzip2":
        return _in_python(source, bz2.BZ2Decompressor())
    if compression == "xz":
        return _in_python(source, lzma.LZMADecompressor(lzma.FORMAT_XZ, _LZMA_MEMORY))
    if compression == "lzma":
        return _in_python(source, lzma.LZMADecompressor(lzma.FORMAT_ALONE, _LZMA_MEMORY))
    if compression == "zstd":
        return _by_tool(source, _zstd_end(source), ["zstd", "-d", "-c", "-q"])
    if compression == "lz4":
        return _by_tool(source, _lz4_end(source), ["lz4", "-d", "-c", "-q"])
    raise NotSupplementable(
        "initrd-compression-unsupported",
        f"initrds compressed with {compression} cannot be read",
        hint="let the guest rebuild it with another compression",
    )


def unpack_all(data: bytes, compression: str, limit: int) -> bytes | None:
    """The one stream in `data`, unpacked; None when that is more than `limit` bytes. Raises what `unpack` does."""
    unpacked = bytearray()
    with contextlib.closing(unpack(Source(io.BytesIO(data), len(data)), compression)) as pieces:
        for piece in pieces:
            unpacked += piece
            if len(unpacked) > limit:
                return None
    return bytes(unpacked)


def pack(data: bytes, compression: str) -> bytes:
    """`data` compressed so that every kernel which reads this compression reads it; the same data, the same bytes.

    Raises GuestconvError initrd-tool-missing, initrd-tool-failed.
    """
    if compression == "gzip":
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        return packer.compress(data) + packer.flush()
    if compression == "bzip2":
        return bz2.compress(data)
    if compression == "xz":
        # The kernel's decoder knows no other check than CRC32; dracut, too, keeps the dictionary at 1 MiB.
        filters = [{"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": 1 << 20}]
        return lzma.compress(data, lzma.FORMAT_XZ, lzma.CHECK_CRC32, filters=filters)
    if compression == "zstd":
        return _packed_by_tool(data, ["zstd", "-15", "-c", "-q"])
    if compression == "lz4":
        return _packed_by_tool(data, ["lz4", "-l", "-9", "-c", "-q"])
    raise ValueError(compression)


class _Decompressor(Protocol):
    """The interface of the decompressors of lzma and bz2."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    @property
    def needs_input(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Gzip:
    """zlib's decompressor with the interface of those of lzma and bz2."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail or data, max_length)


def _in_python(source: Source, decompressor: _Decompressor) -> Generator[bytes, None, None]:
    while not decompressor.eof:
        asked = decompressor.needs_input
        data = source.read() if asked else b""
        try:
            piece = decompressor.decompress(data, PIECE)
        except (zlib.error, lzma.LZMAError, OSError, ValueError) as error:
            raise corrupt(f"an archive cannot be decompressed: {error}") from error
        if piece:
            yield piece
        elif asked and not data and not decompressor.eof:
            raise truncated()
    source.seek(source.position - len(decompressor.unused_data))


def _by_tool(source: Source, end: int, command: list[str]) -> Generator[bytes, None, None]:
    """Unpack the bytes up to `end` with a command that reads its standard input.

    Python has no zstd before 3.14, and no lz4. The tool gets exactly one stream, because both tools take what follows
    it for a damaged one. A thread feeds it; it alone uses the source until it has ended.
    """
    process = subprocess.Popen(
        _with_path(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_ENVIRONMENT
    )
    output = process.stdout
    if output is None or process.stdin is None:
        raise ValueError("The tool has no pipes.")
    feeder = threading.Thread(target=_feed, args=(source, end, process.stdin), daemon=True)
    feeder.start()
    try:
        while True:
            piece = os.read(output.fileno(), PIECE)
            if not piece:
                break
            yield piece
        failed = process.wait() != 0
    finally:
        process.kill()  # nothing, when it has ended
        process.wait()
        feeder.join()
        output.close()
    if failed:
        raise corrupt(f"an archive cannot be decompressed by {command[0]}")
    source.seek(end)


def _feed(source: Source, end: int, pipe: IO[bytes]) -> None:
    try:
        with pipe:
            while source.position < end:
                data = source.read(min(BLOCK, end - source.position))
                if not data:
                    break
                pipe.write(data)
    except OSError:
        pass  # the tool has ended early: its exit status says so


def _packed_by_tool(data: bytes, command: list[str]) -> bytes:
    done = subprocess.run(_with_path(command), input=data, capture_output=True, env=_ENVIRONMENT, check=False)
    if done.returncode:
        detail = done.stderr.decode("utf-8", "replace").strip()[:200]
        raise GuestconvError("initrd-tool-failed", f"{command[0]} failed ({done.returncode}): {detail}")
    return done.stdout


# Nothing of the caller's settings (ZSTD_CLEVEL, LZ4_NBWORKERS) may change what the tools write.
_ENVIRONMENT = {"LC_ALL": "C", "PATH": os.defpath}


def _with_path(command: list[str]) -> list[str]:
    """The command with its tool's path."""
    tool = shutil.which(command[0])
    if tool is None:
        raise ToolMissing(
            "initrd-tool-missing",
            f"{command[0]} is needed to read this guest's initrd, and is not installed here",
            hint=f"install the package {command[0]} on the machine that runs guestconv",
        )
    return [tool] + command[1:]


def _zstd_end(source: Source) -> int:
    """Where the zstd frame at the source's position ends; the position stays.

    Source: RFC 8878, section 3.1.1. The kernel, too, unpacks one frame and looks at what follows.
    """
    start = source.position
    if source.take(4) != b"\x28\xb5\x2f\xfd":
        raise corrupt("an archive begins like zstd, but is none")
    descriptor = source.take(1)[0]
    single_segment = descriptor >> 5 & 1
    size_of_content_size = (single_segment, 2, 4, 8)[descriptor >> 6]
    size_of_dictionary_id = (0, 1, 2, 4)[descriptor & 3]
    end = source.position + (1 - single_segment) + size_of_dictionary_id + size_of_content_size
    for _count in range(_MOST_BLOCKS):
        source.seek(end)
        block = int.from_bytes(source.take(3), "little")
        kind = block >> 1 & 3
        if kind == 3:
            raise corrupt("a zstd archive has a block of an unknown type")
        end += 3 + (1 if kind == 1 else block >> 3)  # a block of type 1 repeats one byte
        if block & 1:
            return _stream_end(source, start, end + (4 if descriptor >> 2 & 1 else 0))
    raise _too_many_blocks()


def _lz4_end(source: Source) -> int:
    """Where the legacy lz4 stream at the source's position ends; the position stays.

    The format has no end mark. The kernel takes further magic numbers for more of the same stream, and since 5.13
    (2c484419efc0) an empty chunk, or fewer than 4 bytes, for the end; before, only the end of the file.
    """
    start = end = source.position
    for _count in range(_MOST_BLOCKS):
        source.seek(end)
        word = source.read(4)
        size = int.from_bytes(word, "little")
        if len(word) < 4 or size == 0:
            return _stream_end(source, start, end)
        if size == _LZ4_MAGIC:
            end += 4
        elif end == start or size > _LZ4_LONGEST_CHUNK:
            raise corrupt("an lz4 archive has a chunk that is too long, or something other than lz4 follows it")
        else:
            end += 4 + size
    raise _too_many_blocks()


def _stream_end(source: Source, start: int, end: int) -> int:
    if end > source.size:
        raise truncated()
    source.seek(start)
    return end


def _too_many_blocks() -> GuestconvError:
    return GuestconvError("initrd-too-many-blocks", f"a compressed archive has more than {_MOST_BLOCKS} blocks")
