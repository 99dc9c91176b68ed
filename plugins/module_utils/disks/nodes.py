# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""QEMU's block nodes: how a file, a device, an NBD export, or a part of one, is named to qemu-img in JSON."""

from __future__ import annotations

import json
import os
import stat
import tempfile
from typing import Any

from ..texts import disk_urls
from . import qemu_img

# A block node, as QEMU's blockdev-add takes it.
Node = dict[str, Any]

_INFO_SECONDS = 150
# An NBD server may be asked for each extent of a large disk.
_MAP_SECONDS = 600


def file_node(path: str) -> Node:
    """QEMU's block node of the bytes of the file path."""
    return {"driver": "file", "filename": path}


def node_of(path: str) -> Node:
    """QEMU's block node of the bytes of a file, a block device, or an NBD export (its URL)."""
    if disk_urls.is_export(path):
        url = disk_urls.parse(path)
        unix, inet = {"type": "unix", "path": url.socket}, {"type": "inet", "host": url.host, "port": str(url.port)}
        return {"driver": "nbd", "server": unix if url.socket else inet, "export": url.path[1:]}
    is_device = stat.S_ISBLK(os.stat(path).st_mode)
    return {"driver": "host_device", "filename": path} if is_device else file_node(path)


def zeroes(size: int) -> Node:
    """The block node of so many zeroes."""
    return {"driver": "null-co", "read-zeroes": True, "size": size}


def window(node: Node, offset: int, length: int) -> Node:
    """The block node of `length` bytes of another from `offset` on."""
    return {"driver": "raw", "offset": offset, "size": length, "file": node}


def reference(node: Node) -> str:
    """How a block node is named to qemu-img."""
    return "json:" + json.dumps(node)


def size_of(node: Node) -> tuple[int | None, str]:
    """(bytes of the disk that a node shows, ""), in whole sectors; or (None, reason) when it cannot be opened."""
    outcome = qemu_img.run(["info", "-U", "--output=json", reference(node)], _INFO_SECONDS, mortal=True)
    return (json.loads(outcome.output)["virtual-size"], "") if outcome.code == 0 else (None, outcome.reason)


def allocated_bytes(node: Node) -> int | None:
    """The bytes of a node that are not known to read as zeroes; None where that cannot be found out."""
    try:
        spans = qemu_img.spans(reference(node), _MAP_SECONDS, mortal=True)
        return sum(int(span["length"]) for span in spans if span["data"] and not span["zero"])
    except (qemu_img.TooSlow, qemu_img.QemuImgFailed):
        return None


def read(node: Node, offset: int, length: int) -> bytes:
    """Bytes of a node, of whole sectors. Errors: qemu-img-failed, qemu-img-timeout."""
    with tempfile.TemporaryDirectory(prefix="guestconv-") as folder:
        path = os.path.join(folder, "part")
        part = reference(window(node, offset, length))
        qemu_img.run_checked(["convert", "-O", "raw", part, path], qemu_img.copy_timeout(0), mortal=True)
        with open(path, "rb") as stream:
            return stream.read()
