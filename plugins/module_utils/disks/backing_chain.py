# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All levels of a chain of backing files, for the error that asks the caller to name them.

The headers are read by our own code (formats/) alone. QEMU opens no file that the caller did not name.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from ..errors import GuestconvError
from . import one_image
from .formats import probe, qcow2, vmdk
from .formats.reading import BadHeader

# A chain of snapshots that people make has some tens; more are not listed.
MOST_LEVELS = 64


@dataclass(frozen=True)
class Level:
    """A backing file that a header names.

    path: by which QEMU would open it; where the header names no file, what it names. is_file: whether it names one.
    wrong: why the chain cannot be followed further, as the end of a sentence; "" where it can, or ends there.
    """

    path: str
    is_file: bool = True
    wrong: str = ""


def resolved(image: str, name: str) -> str:
    """The path by which QEMU opens the backing file `name` of an image.

    Links are left in it: QEMU resolves the next relative name against the directory of the link.
    """
    return os.path.join(os.path.dirname(image), name)


def levels(image: str, name: str, stated_format: str) -> list[Level]:
    """The levels below an image, from the one that its header calls `name`, of the format that it states or "".

    There are at most MOST_LEVELS. Nothing is raised: what is wrong with the last one is said in it.
    """
    return list(islice(_levels(image, name, stated_format), MOST_LEVELS))


def _levels(image: str, name: str, stated_format: str) -> Iterator[Level]:
    seen = {os.path.realpath(image)}
    while name:
        if probe.has_protocol(name):
            yield Level(name, is_file=False, wrong="is not a file")
            return
        path = resolved(image, name)
        if os.path.realpath(path) in seen:
            yield Level(path, wrong="is in the chain already")
            return
        seen.add(os.path.realpath(path))
        try:
            image, (name, stated_format) = path, _next(path, stated_format)
        except BadHeader as error:
            yield Level(path, wrong=f"is damaged: {error}")
            return
        except GuestconvError as error:
            yield Level(path, wrong=error.message.removeprefix(f"{path} ").rstrip("."))
            return
        yield Level(path)


def _next(path: str, stated_format: str) -> tuple[str, str]:
    """The backing file that the header of the image at path names, "" for none, and the format that it states.

    Raises BadHeader, and GuestconvError where there is no file that can be read.
    """
    size = one_image.usable_size(path)
    if "\0" in path or stated_format == "raw":
        return "", ""
    with open(path, "rb") as stream:
        image_format = probe.probe(stream, size)[0]
        if image_format == "qcow2":
            header = qcow2.read_header(stream)
            return header.backing_file, header.backing_format
        if image_format == "vmdk":
            return vmdk.read_header(stream).parent, "vmdk"
    return "", ""
