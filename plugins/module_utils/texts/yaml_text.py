# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML that is read, and edited in place: comments, order and all that is not understood stay. Pure.

PyYAML parses it to nodes, which know where in the text they stand. The values are the texts as written: YAML 1.1 would
make a number of 52:54:00:12:34:56 (base 60), and netplan and cloud-init do not.
"""

from __future__ import annotations

import traceback
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Union

from .remembered import remembered
from .unread import NoYamlReader, Unread

if TYPE_CHECKING:
    from yaml.nodes import CollectionNode, Node

try:
    import yaml
except ImportError:
    yaml = None  # type: ignore[assignment]  # compose() asks whether it is there
    YAML_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    YAML_IMPORT_ERROR = None

# What leads from a node to one below it: a key of a mapping, or an index of a sequence.
Key = Union[str, int]
Path = tuple[Key, ...]
# What a node says, by texts alone.
Plain = Union[str, "list[Plain]", "dict[str, Plain]"]
# (start, end, new text): the text between these places becomes the new one.
Edit = tuple[int, int, str]
# A scalar node, and the text that its value becomes.
Change = tuple["Node", str]

# A few lines of aliases can stand for billions of nodes; no network has so many.
_MOST_NODES = 100_000

# Characters. PyYAML takes some 15 seconds for a million.
_LONGEST = 256 * 1024


def compose(text: str, path: str) -> Node | None:
    """The root node of text, None when it is empty.

    Raises GuestconvError `python-yaml-missing`, or `network-configuration-malformed` naming path.
    """
    if yaml is None:
        raise NoYamlReader(
            "python-yaml-missing",
            f"{path} is YAML, and this host's Python has no PyYAML to read it with.",
            hint="Install python3-yaml (Debian) or python3-pyyaml (Fedora, EL) on the host that converts.",
            extra={"exception": YAML_IMPORT_ERROR},
        )
    return _composed(text, path)


@remembered
def _composed(text: str, path: str) -> Node | None:
    try:
        if len(text) > _LONGEST:
            raise ValueError(f"it has more than {_LONGEST} characters")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        _count(root, _MOST_NODES)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise Unread(
            "network-configuration-malformed",
            f"{path} cannot be understood: {reason}.",
            hint=f"Correct {path} in the guest; its own programs cannot read it either.",
        ) from error
    return root


def plain(node: Node | None) -> Plain:
    """node, of what compose returned, as dicts, lists and texts."""
    if isinstance(node, yaml.MappingNode):
        return {key: plain(value) for key, value in entries(node).items()}
    if isinstance(node, yaml.SequenceNode):
        return [plain(value) for value in node.value]
    return scalar(node)


def below(node: Node | None, *keys: Key) -> Node | None:
    """The node that keys (a text for a mapping, an index for a sequence) lead to from node, or None."""
    for key in keys:
        node = children(node).get(key)
    return node


def entries(node: Node | None) -> dict[str, Node]:
    """{key: node} of a mapping; {} of anything else."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return {key.value: value for key, value in pairs if isinstance(key, yaml.ScalarNode)}


def items(node: Node | None) -> list[Node]:
    """The nodes of a sequence or, by the order of its keys, of a mapping; [] of anything else."""
    return list(node.value if isinstance(node, yaml.SequenceNode) else entries(node).values())


def children(node: Node | None) -> dict[Key, Node]:
    """{key: node} of a mapping, {index: node} of a sequence; {} of anything else."""
    found: dict[Key, Node] = {}
    for key, child in enumerate(node.value) if isinstance(node, yaml.SequenceNode) else entries(node).items():
        found[key] = child
    return found


def keys(node: Node | None) -> dict[str, Node]:
    """{key: its own node} of a mapping."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return {key.value: key for key, _value in pairs if isinstance(key, yaml.ScalarNode)}


def scalar(node: Node | None) -> str:
    """The text of a scalar node; "" of a null, of anything else, and of None."""
    return node.value if isinstance(node, yaml.ScalarNode) and not node.tag.endswith(":null") else ""


def with_scalars(text: str, changes: Iterable[Change]) -> str:
    """text with the values of scalar nodes replaced. changes: [(node, new value)]. Quotes stay."""
    spans = {(node.start_mark.index, node.end_mark.index): (node.value, new) for node, new in changes}
    for (start, end), (old, new) in sorted(spans.items(), reverse=True):
        text = text[:start] + text[start:end].replace(old, new, 1) + text[end:]
    return text


def with_entry(text: str, node: Node | None, entry: str) -> str:
    """text with entry ("key: value") put before the first of the mapping node; as it is where there is none."""
    if not isinstance(node, yaml.MappingNode) or not node.value:
        return text
    first = node.value[0][0].start_mark
    between = ", " if node.flow_style else "\n" + " " * first.column
    return text[: first.index] + entry + between + text[first.index :]


def without(text: str, root: Node | None, paths: Iterable[Path]) -> str:
    """text without what paths (tuples of keys from the root) lead to: its lines become comments.

    A collection that has nothing left goes too, as a key without a value would stand for nothing.
    """
    gone = _with_emptied(root, set(paths))
    edits, rebuilt = [], set()
    for path in sorted(gone, key=str):
        if any(path[:length] in gone for length in range(len(path))):
            continue
        parent = below(root, *path[:-1])
        if not isinstance(parent, yaml.CollectionNode) or below(root, *path) is None:
            continue
        if not parent.flow_style:
            edits.append(_commented_lines(text, parent, path[-1]))
        elif path[:-1] not in rebuilt:
            rebuilt.add(path[:-1])
            edits.append(_rebuilt(text, parent, {each[-1] for each in gone if each[:-1] == path[:-1]}))
    for start, end, new in sorted(set(edits), reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _count(node: Node | None, most: int) -> int:
    """How many nodes there are from node on, those under aliases each time. Raises ValueError for more than most."""
    counted = 1
    if isinstance(node, yaml.CollectionNode):
        for child in node.value:
            for each in child if isinstance(child, tuple) else (child,):
                counted += _count(each, most - counted)
    if counted > most:
        raise ValueError(f"it has more than {_MOST_NODES} nodes")
    return counted


def _with_emptied(root: Node | None, gone: set[Path]) -> set[Path]:
    """gone, and the paths of all collections that have nothing else."""
    grown = True
    while grown:
        parents = {path[:-1] for path in gone if len(path) > 1} - gone
        emptied = {path for path in parents if {(*path, key) for key in children(below(root, *path))} <= gone}
        gone = gone | emptied
        grown = bool(emptied)
    return gone


def _commented_lines(text: str, parent: CollectionNode, key: Key) -> Edit:
    """The edit that makes comments of the lines of parent's child."""
    pair = [
        (first, value)
        for first, value in (parent.value if isinstance(parent, yaml.MappingNode) else zip(parent.value, parent.value))
        if value is children(parent)[key] and (first is value or first.value == key)
    ][-1]
    start = text.rfind("\n", 0, pair[0].start_mark.index) + 1
    if isinstance(parent, yaml.MappingNode) and text[start : pair[0].start_mark.index].strip():
        # The first key of a mapping in a list, after the hyphen, which stays for the others.
        start = pair[0].start_mark.index
    end = max(_end(text, pair[1]), pair[0].start_mark.index)
    return start, end, "#" + text[start:end].replace("\n", "\n#")


def _end(text: str, node: Node) -> int:
    """Where the last line of node ends, without what the parser counts to it: blank lines and comments that follow."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    # The end of a literal scalar is after its line break.
    end = node.end_mark.index
    if getattr(node, "style", None) in ("|", ">"):
        end = len(text[:end].rstrip("\n"))
    newline = text.find("\n", end)
    return len(text) if newline < 0 else newline


def _rebuilt(text: str, parent: CollectionNode, keys: Collection[Key]) -> Edit:
    """The edit that leaves keys out of a flow collection: {a: b} or [a, b]."""
    kept = []
    for key, child in children(parent).items():
        if key not in keys:
            first = child
            if isinstance(parent, yaml.MappingNode):
                first = next(each for each, value in parent.value if value is child and each.value == key)
            kept.append(text[first.start_mark.index : child.end_mark.index])
    start, end = parent.start_mark.index, parent.end_mark.index
    return start, end, text[start] + ", ".join(kept) + text[end - 1]
