# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The binary index that kmod looks modules up in (modules.dep.bin), written as depmod writes it.

A trie: format and names as in kmod's libkmod/libkmod-index.c and tools/depmod.c (index version 2.1). All numbers are
big-endian. A node's offset carries in its high bits which of the node's fields are there.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

from ..errors import GuestconvError

_HEADER = struct.pack(">II", 0xB007F457, 0x00020001)
_HAS_PREFIX = 0x80000000
_HAS_VALUES = 0x40000000
_HAS_CHILDREN = 0x20000000
_LARGEST = 0x0FFFFFFF
# The kernel's MODULE_NAME_LEN is 56; this also bounds how deep the trie is.
_LONGEST_KEY = 128


def binary_index(values: Mapping[str, str]) -> bytes:
    """The index of {key: value}, both ASCII; a key's place in the dict is its priority.

    Raises GuestconvError modules-dep-invalid for keys and values that no depmod writes.
    """
    items = []
    for priority, (key, value) in enumerate(values.items()):
        if not (key.isascii() and value.isascii()) or "\0" in key + value or not 0 < len(key) <= _LONGEST_KEY:
            raise GuestconvError("modules-dep-invalid", f"the guest's modules.dep has a strange module: {key[:80]!r}")
        items.append((key.encode(), struct.pack(">II", 1, priority) + value.encode() + b"\0"))
    parts: list[bytes] = []
    items.sort()
    root = _Node(items, 0, True)
    end = _write(root, len(_HEADER) + 4, parts)
    if end > _LARGEST:
        raise GuestconvError("modules-dep-invalid", "the guest's modules.dep is too large for an index")
    return _HEADER + struct.pack(">I", len(_HEADER) + 4 | root.flags) + b"".join(parts)


class _Node:
    """What the sorted `items` have in common after their first `depth` characters."""

    def __init__(self, items: Sequence[tuple[bytes, bytes]], depth: int, is_root: bool = False) -> None:
        first, last = items[0][0] if items else b"", items[-1][0] if items else b""
        end = depth
        while not is_root and end < min(len(first), len(last)) and first[end] == last[end]:
            end += 1
        self.prefix = first[depth:end]
        self.value = b""
        groups: dict[int, list[tuple[bytes, bytes]]] = {}
        for key, value in items:
            if len(key) == end:
                self.value = value
            else:
                groups.setdefault(key[end], []).append((key, value))
        self.children = {character: _Node(group, end + 1) for character, group in groups.items()}

    @property
    def flags(self) -> int:
        """The bits of this node's offset that say which fields it has."""
        return (
            (_HAS_PREFIX if self.prefix else 0)
            | (_HAS_VALUES if self.value else 0)
            | (_HAS_CHILDREN if self.children else 0)
        )


def _write(node: _Node, offset: int, parts: list[bytes]) -> int:
    """Append the node that is to be at `offset`, and then its children, to `parts`; where they end."""
    first, last = (min(node.children), max(node.children)) if node.children else (0, -1)
    prefix = node.prefix + b"\0" if node.prefix else b""
    table_size = 2 + 4 * (last - first + 1) if node.children else 0
    end = offset + len(prefix) + table_size + len(node.value)
    offsets = [0] * (last - first + 1)
    below: list[bytes] = []
    for character in sorted(node.children):
        child = node.children[character]
        offsets[character - first] = end | child.flags
        end = _write(child, end, below)
    table = struct.pack(f">BB{len(offsets)}I", first, last, *offsets) if node.children else b""
    parts.append(prefix + table + node.value)
    parts += below
    return end
