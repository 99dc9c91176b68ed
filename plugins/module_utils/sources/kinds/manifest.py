# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The manifest of an OVF package: a checksum for each file, a line each (DMTF DSP0243, 6.3)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable

from ...errors import GuestconvError
from .kind import Counter
from .metadata import malformed

# {name of a file: (algorithm, checksum)}.
Checksums = dict[str, tuple[str, str]]

# The warning about a package without one.
MISSING = "The package has no manifest, so the checksums of its disks could not be verified."

# "SHA256(web01-disk1.vmdk)= 3f0c..."; the standard has no space before the parenthesis, and some producers have.
_CHECKSUM = re.compile(r"\s*[A-Za-z0-9-]+\s*\(.*\)\s*=|\s*[0-9A-Fa-f]{32}")
_LINE = re.compile(r"(SHA1|SHA256|SHA512)\s*\((.+)\)\s*=\s*([0-9A-Fa-f]+)", re.IGNORECASE)


def parse(data: bytes, path: str) -> Checksums:
    """{name of the file: (algorithm, checksum)} of the manifest data (bytes), read from path. Pure.

    Raises GuestconvError `source-malformed`.
    """
    checksums = {}
    # A name that is not UTF-8 is compared byte by byte.
    for number, line in enumerate(data.decode("utf-8-sig", "surrogateescape").split("\n"), 1):
        if not _CHECKSUM.match(line):
            # Comments, say. What has no checksum then is reported by the reader of the package.
            continue
        match = _LINE.fullmatch(line.strip())
        algorithm = match.group(1).lower() if match else ""
        if not match or len(match.group(3)) != 2 * hashlib.new(algorithm, usedforsecurity=False).digest_size:
            raise malformed(
                path,
                f"line {number} of the manifest is {line.strip()[:80]!r}.",
                "Known are the algorithms SHA1, SHA256 and SHA512.",
            )
        checksums[match.group(2)] = algorithm, match.group(3).lower()
    return checksums


def verify(
    checksums: Checksums, chunks: Callable[[str], Iterable[bytes]], path: str, progress: Counter | None = None
) -> list[str]:
    """Compare files with their checksums.

    Args: checksums: as of parse(). chunks: a function that yields the bytes of a file by its name, or raises
    GuestconvError. path: of the package, for errors. progress: a function that is given the number of bytes just read.
    Returns: the names of the files. Raises GuestconvError `source-checksum-mismatch`.
    """
    for name, (algorithm, expected) in checksums.items():
        # It finds damage, not forgery: who can change a file can change the manifest.
        digest = hashlib.new(algorithm, usedforsecurity=False)
        for chunk in chunks(name):
            digest.update(chunk)
            if progress:
                progress(len(chunk))
        if digest.hexdigest() != expected:
            raise GuestconvError(
                "source-checksum-mismatch",
                f"{path}: {name} does not have the {algorithm.upper()} checksum that is in its manifest.",
                path=path,
                hint="Copy it again. If it was changed on purpose, remove its manifest.",
                extra={"file": name, "expected": expected, "found": digest.hexdigest()},
            )
    return list(checksums)
