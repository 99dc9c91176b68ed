# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hives of the Windows registry for tests: written as text, as stand-ins of their files, and as the real thing.

The text is much as that of regedit's files, and as guest/hives.py shows changes:

    [ControlSet001\\Services\\disk]
    "Start"=dword:00000000
    "ImagePath"=expand:"system32\\\\drivers\\\\disk.sys"
    "Owners"=multi:"oem1.inf","oem2.inf"
    @="the default value"
    "Version"=hex:00,ff
    "Other"=hex(b):01,00,00,00,00,00,00,00

A stand-in's file has the header of a hive, and then this text.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.failures import CallFailed
from ansible_collections.virttools.guestconv.plugins.module_utils.texts import registry
from ansible_collections.virttools.guestconv.plugins.module_utils.texts.registry import Value

# Bytes of a hive's header that are used (Windows registry file format specification: the base block).
_HEADER = 512
_VALUE = re.compile(r'(?:@|"(?P<name>(?:[^"\\]|\\.)*)")=(?P<value>.*)')
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_HEX = re.compile(r"hex(?:\((?P<type>[0-9a-f]+)\))?:(?P<digits>.*)")


@dataclass
class Node:
    """A key: its own name, its values by their names, and the keys below."""

    name: str = ""
    values: dict[str, Value] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)

    def child(self, name: str) -> Node | None:
        """The key of this name directly below."""
        return next((each for each in self.nodes if each.name.casefold() == name.casefold()), None)

    def value_name(self, name: str) -> str | None:
        """The name as it is spelled here of a value."""
        return next((each for each in self.values if each.casefold() == name.casefold()), None)


def parse(text: str) -> Node:
    """The topmost key that text describes. Raises ValueError."""
    top = Node()
    here = top
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        line = line.strip()
        if line.startswith("["):
            here = top
            for name in filter(None, line.strip("[]").split("\\")):
                below = here.child(name) or Node(name)
                if below not in here.nodes:
                    here.nodes.append(below)
                here = below
        elif found := _VALUE.fullmatch(line):
            name = _unescaped(found["name"] or "")
            here.values = {each: value for each, value in here.values.items() if each.casefold() != name.casefold()}
            here.values[name] = _value(found["value"])
        elif line and line[0] not in ";#" and not line.startswith("Windows Registry Editor"):
            raise ValueError(f"{line!r} is no key and no value.")
    return top


def _value(text: str) -> Value:
    strings = [_unescaped(each) for each in _STRING.findall(text)]
    kind = text.partition(":")[0]
    if text.startswith('"'):
        return registry.string(strings[0])
    if kind == "expand":
        return registry.expand(strings[0])
    if kind == "multi":
        return registry.multi(strings)
    if kind == "dword":
        return registry.dword(int(text[len("dword:") :], 16))
    found = _HEX.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no value.")
    data = bytes(int(byte, 16) for byte in found["digits"].split(",") if byte.strip())
    return Value(int(found["type"] or "3", 16), data)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def rendered(top: Node) -> str:
    """The text of a hive, by which parse() makes the same."""
    return "".join(f"{line}\n" for line in _lines(top, ""))


def _lines(node: Node, path: str) -> Iterator[str]:
    if path:
        yield f"[{path}]"
    yield from (registry.shown(name, value, whole=True) for name, value in node.values.items())
    for each in node.nodes:
        yield from _lines(each, f"{path}\\{each.name}" if path else each.name)


def header(is_dirty: bool = False) -> bytes:
    """The header of a hive. is_dirty: not all that was written is in it; its two sequence numbers differ then."""
    fields = struct.pack("<4sIIQIIII", b"regf", 7, 6 if is_dirty else 7, 0, 1, 5, 0, 1)
    return fields.ljust(_HEADER, b"\0")


def stand_in(text: str, is_dirty: bool = False) -> bytes:
    """The content of a stand-in's file for the hive that text describes. Raises ValueError."""
    return header(is_dirty) + rendered(parse(text)).encode()


class Hivex:
    """hivex, as libguestfs has it, on files of stand_in(): a part of a stand-in for the appliance.

    A subclass has read_hive and write_hive.
    """

    def read_hive(self, path: str) -> bytes:
        """The content of the file at path."""
        raise NotImplementedError

    def write_hive(self, path: str, content: bytes) -> None:
        """Write the file at path."""
        raise NotImplementedError

    def _do_hivex_open(self, path: str, write: bool) -> None:
        content = self.read_hive(path)
        if content[:4] != b"regf" or len(content) < _HEADER:
            raise CallFailed("appliance-call-failed", "hivex_open: hivex_open: Operation not supported")
        self._hive_path, self._hive_is_writable = path, write
        self._hive = parse(content[_HEADER:].decode())
        # As of the real one: no handle is 0.
        self._handles: list[Node | tuple[Node, str] | None] = [None]

    def _do_hivex_close(self) -> None:
        del self._hive

    def _do_hivex_commit(self, path: str | None) -> None:
        assert path is None and self._hive_is_writable
        # hivex sets both sequence numbers to the same (lib/write.c).
        self.write_hive(self._hive_path, header() + rendered(self._hive).encode())

    def _numbered(self, what: Node | tuple[Node, str]) -> int:
        known = next((number for number, each in enumerate(self._handles) if each is what), 0)
        if not known:
            self._handles.append(what)
        return known or len(self._handles) - 1

    def _node(self, handle: int) -> Node:
        node = self._handles[handle]
        assert isinstance(node, Node), "no node has this handle"
        return node

    def _of_value(self, handle: int) -> tuple[str, Value]:
        found = self._handles[handle]
        assert isinstance(found, tuple), "no value has this handle"
        return found[1], found[0].values[found[1]]

    def _do_hivex_root(self) -> int:
        return self._numbered(self._hive)

    def _do_hivex_node_name(self, node: int) -> str:
        return self._node(node).name

    def _do_hivex_node_children(self, node: int) -> list[dict[str, int]]:
        return [{"hivex_node_h": self._numbered(each)} for each in self._node(node).nodes]

    def _do_hivex_node_get_child(self, node: int, name: str) -> int:
        found = self._node(node).child(name)
        return self._numbered(found) if found else 0

    def _do_hivex_node_add_child(self, parent: int, name: str) -> int:
        assert self._hive_is_writable
        if not name or self._node(parent).child(name):
            raise CallFailed("appliance-call-failed", "hivex_node_add_child: failed: File exists")
        self._node(parent).nodes.append(Node(name))
        return self._do_hivex_node_get_child(parent, name)

    def _do_hivex_node_delete_child(self, node: int) -> None:
        assert self._hive_is_writable
        gone = self._node(node)
        above = next(each for each in _with_below(self._hive) if any(below is gone for below in each.nodes))
        above.nodes = [each for each in above.nodes if each is not gone]
        self._handles[node] = None

    def _do_hivex_node_values(self, node: int) -> list[dict[str, int]]:
        return [{"hivex_value_h": self._do_hivex_node_get_value(node, name)} for name in self._node(node).values]

    def _do_hivex_node_get_value(self, node: int, name: str) -> int:
        spelled = self._node(node).value_name(name)
        return 0 if spelled is None else self._numbered((self._node(node), spelled))

    def _do_hivex_node_set_value(self, node: int, name: str, kind: int, data: bytes) -> None:
        assert self._hive_is_writable
        found = self._node(node)
        spelled = found.value_name(name)
        # It is spelled as here from now on.
        found.values = {name if each == spelled else each: value for each, value in found.values.items()}
        found.values[name] = Value(kind, bytes(data))

    def _do_hivex_value_key(self, value: int) -> str:
        return self._of_value(value)[0]

    def _do_hivex_value_type(self, value: int) -> int:
        return self._of_value(value)[1].type

    def _do_hivex_value_value(self, value: int) -> bytes:
        return self._of_value(value)[1].data


def _with_below(node: Node) -> Iterator[Node]:
    yield node
    for each in node.nodes:
        yield from _with_below(each)


# The real thing

_NONE = 0xFFFFFFFF
_BLOCK = 4096
# An empty security descriptor in its self-relative form.
_SECURITY = struct.pack("<BBHIIII", 1, 0, 0x8000, 0, 0, 0, 0)


def real(text: str) -> bytes:
    """A file that Windows and hivex read, of the hive that text describes."""
    cells = _Cells()
    security = cells.add(struct.pack("<2sHIIII", b"sk", 0, 0, 0, 1, len(_SECURITY)) + _SECURITY)
    # Its neighbours in the ring of all descriptors are itself.
    cells.patch(security, 4, struct.pack("<II", security, security))
    described = parse(text)
    top = cells.add_node(described, _NONE, security)
    # How many keys have it: hivex frees what has no user any more.
    cells.patch(security, 12, struct.pack("<I", len(list(_with_below(described)))))
    bins = cells.finished()
    base = bytearray(header().ljust(_BLOCK, b"\0"))
    struct.pack_into("<III", base, 36, top, len(bins), 1)
    checksum = 0
    for (word,) in struct.iter_unpack("<I", base[:508]):
        checksum ^= word
    struct.pack_into("<I", base, 508, checksum)
    return bytes(base) + bins


class _Cells:
    """The cells of a hive in one bin, which begins with a header of 32 bytes. A cell is known by its offset."""

    def __init__(self) -> None:
        self._data = bytearray(32)

    def add(self, content: bytes) -> int:
        """Make a cell that is in use."""
        offset = len(self._data)
        size = -(-(len(content) + 4) // 8) * 8
        self._data += struct.pack("<i", -size) + content.ljust(size - 4, b"\0")
        return offset

    def patch(self, cell: int, offset: int, content: bytes) -> None:
        """Write within a cell."""
        self._data[cell + 4 + offset : cell + 4 + offset + len(content)] = content

    def add_node(self, node: Node, parent: int, security: int) -> int:
        """Make the cells of a key and of all below it."""
        name, is_ascii = _name(node.name)
        flags = (0x20 if is_ascii else 0) | (0x0C if parent == _NONE else 0)
        cell = self.add(bytes(76) + name)
        nodes = sorted(node.nodes, key=lambda each: each.name.upper())
        below = [(self.add_node(each, cell, security), _hash(each.name)) for each in nodes]
        values = [self._add_value(name, value) for name, value in node.values.items()]
        keys = _NONE
        if below:
            keys = self.add(
                struct.pack("<2sH", b"lh", len(below)) + b"".join(struct.pack("<II", *each) for each in below)
            )
        listed = self.add(struct.pack(f"<{len(values)}I", *values)) if values else _NONE
        numbers = (len(below), 0, keys, _NONE, len(values), listed, security, _NONE, 0x100, 0, 0x200, 0x4000, 0)
        self.patch(cell, 0, struct.pack("<2sHQII13IHH", b"nk", flags, 0, 0, parent & _NONE, *numbers, len(name), 0))
        return cell

    def _add_value(self, name: str, value: Value) -> int:
        encoded, is_ascii = _name(name)
        if len(value.data) <= 4:
            length, place = len(value.data) | 1 << 31, int.from_bytes(value.data, "little")
        else:
            length, place = len(value.data), self.add(value.data)
        fields = struct.pack("<2sHIIIHH", b"vk", len(encoded), length, place, value.type, int(is_ascii), 0)
        return self.add(fields + encoded)

    def finished(self) -> bytes:
        """The bin, with what is left of it as a free cell."""
        room = -len(self._data) % _BLOCK or _BLOCK
        self._data += struct.pack("<i", room).ljust(room, b"\0")
        self._data[:32] = struct.pack("<4sIIQQI", b"hbin", 0, len(self._data), 0, 0, 0)
        return bytes(self._data)


def _name(text: str) -> tuple[bytes, bool]:
    """A name as it is written, and whether with one byte per character."""
    return (text.encode("ascii"), True) if text.isascii() else (text.encode("utf-16-le"), False)


def _hash(name: str) -> int:
    found = 0
    for character in name.upper():
        found = (found * 37 + ord(character)) & _NONE
    return found
