# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML that is read, and edited in place: comments, order and all that is not understood stay. Pure.

PyYAML parses it to nodes, which know where in the text they stand. The values are the texts as written: YAML 1.1 would
make a number of 52:54:00:12:34:56 (base 60), and netplan and cloud-init do not.
"""

from __future__ import annotations

import re
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

# Attributes of nodes of which one was made by folding: see _fold.
_PAIRS, _PARTS = "guestconv_pairs", "guestconv_parts"

# A few lines of aliases can stand for billions of nodes; no network has so many.
_MOST_NODES = 100_000

# Characters. PyYAML takes some 15 seconds for a million.
_LONGEST = 256 * 1024
_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*\s+)*")


def compose(text: str, path: str, folded: bool = False) -> Node | None:
    """The root node of text, None when it is empty.

    folded: as netplan reads it. Only the first document counts, and a key that is there again adds to what it had: a
    mapping is merged, a list is appended. cloud-init's parser, PyYAML, takes the last of such keys, no documents but one,
    and what `<<` merges into a mapping (flatten_mapping() of its SafeConstructor).

    Raises GuestconvError `python-yaml-missing`, or `network-configuration-malformed` naming path.
    """
    if yaml is None:
        raise NoYamlReader(
            "python-yaml-missing",
            f"{path} is YAML, and this host's Python has no PyYAML to read it with.",
            hint="Install python3-yaml (Debian) or python3-pyyaml (Fedora, EL) on the host that converts.",
            extra={"exception": YAML_IMPORT_ERROR},
        )
    return _composed(text, path, folded)


@remembered
def _composed(text: str, path: str, folded: bool) -> Node | None:
    try:
        if len(text) > _LONGEST:
            raise ValueError(f"it has more than {_LONGEST} characters")
        root = _first(text) if folded else yaml.compose(text, Loader=yaml.SafeLoader)
        _count(root, _MOST_NODES)
        if folded:
            _fold(root, set())
        else:
            _merge(root, set())
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise Unread(
            "network-configuration-malformed",
            f"{path} cannot be understood: {reason}.",
            hint=f"Correct {path} in the guest; its own programs cannot read it either.",
        ) from error
    return root


def _first(text: str) -> Node | None:
    """The root node of the first document of text; what follows it is not parsed."""
    loader = yaml.SafeLoader(text)
    try:
        return loader.get_node() if loader.check_node() else None
    finally:
        loader.dispose()


def _merge(node: Node | None, done: set[int]) -> None:
    """Add to each mapping from node on what its `<<` says, before its own pairs, which come after and so are right."""
    if not isinstance(node, yaml.CollectionNode) or id(node) in done:
        return
    done.add(id(node))
    for child in node.value:
        _merge(child[1] if isinstance(child, tuple) else child, done)
    if not isinstance(node, yaml.MappingNode):
        return
    merged: list[tuple[Node, Node]] = []
    for key, value in node.value:
        if key.tag == "tag:yaml.org,2002:merge":
            each = [value] if isinstance(value, yaml.MappingNode) else list(value.value)
            # Of several mappings the first is right.
            merged += [pair for one in reversed(each) if isinstance(one, yaml.MappingNode) for pair in one.value]
    if merged:
        setattr(node, _PAIRS, node.value)
        node.value = [*merged, *(pair for pair in node.value if pair[0].tag != "tag:yaml.org,2002:merge")]
        _count(node, _MOST_NODES)


def _fold(node: Node | None, done: set[int]) -> None:
    """Make one pair of those of a mapping that have the same key, in all mappings from node on."""
    if not isinstance(node, yaml.CollectionNode) or id(node) in done:
        return
    done.add(id(node))
    for child in node.value:
        _fold(child[1] if isinstance(child, tuple) else child, done)
    if isinstance(node, yaml.MappingNode):
        names = [key.value for key, _value in node.value if isinstance(key, yaml.ScalarNode)]
        if len(set(names)) < len(names):
            # _pairs() has them as they stand in the text.
            setattr(node, _PAIRS, node.value)
            node.value = _folded(node.value)


def _folded(pairs: Iterable[tuple[Node, Node]]) -> list[tuple[Node, Node]]:
    """pairs, those with the same key together. The nodes keep where they stand: see _parts."""
    found: dict[str, tuple[Node, Node]] = {}
    others: list[tuple[Node, Node]] = []
    for key, value in pairs:
        if not isinstance(key, yaml.ScalarNode):
            others.append((key, value))
            continue
        first, before = found.get(key.value, (key, None))
        if isinstance(value, yaml.CollectionNode) and type(before) is type(value):
            parts = [*_parts(before), *_parts(value)]
            both = type(value)(value.tag, [*before.value, *value.value], before.start_mark, before.end_mark)
            both.flow_style = parts[0].flow_style
            setattr(both, _PARTS, parts)
            if isinstance(both, yaml.MappingNode):
                both.value = _folded(both.value)
            value = both
        found[key.value] = first, value
    return [*found.values(), *others]


def _parts(node: CollectionNode) -> list[CollectionNode]:
    """The nodes, as they stand in the text, of which node was folded: itself, where there is no other."""
    return list(getattr(node, _PARTS, (node,)))


def _pairs(part: CollectionNode) -> list[tuple[Node, Node]]:
    """(node with which it begins, node of its value) of each child of a mapping or sequence, as they stand in the text."""
    if isinstance(part, yaml.MappingNode):
        return list(getattr(part, _PAIRS, None) or part.value)
    return [(each, each) for each in part.value]


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


def keys(node: Node | None) -> list[tuple[str, Node]]:
    """(key, its own node) of all of a mapping."""
    parts = _parts(node) if isinstance(node, yaml.MappingNode) else ()
    return [(key.value, key) for part in parts for key, _value in _pairs(part) if isinstance(key, yaml.ScalarNode)]


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
    return with_entries(text, [node], entry)


def with_entries(text: str, nodes: Iterable[Node | None], entry: str) -> str:
    """text with entry put before the first of each of these mappings; those that are one node get it once."""
    places: dict[int, str] = {}
    for node in nodes:
        if isinstance(node, yaml.MappingNode) and node.value:
            first = _pairs(node)[0][0].start_mark
            places[first.index] = entry + (", " if node.flow_style else "\n" + " " * first.column)
    parts: list[str] = []
    start = 0
    for place, new in sorted(places.items()):
        parts += [text[start:place], new]
        start = place
    return "".join([*parts, text[start:]])


def with_items(text: str, node: Node | None, items: Iterable[str]) -> str:
    """text with items put before the first of the sequence node; as it is where there is none."""
    if not isinstance(node, yaml.SequenceNode) or not node.value:
        return text
    if node.flow_style:
        place = opening(text, node) + 1
        return text[:place] + "".join(f"{item}, " for item in items) + text[place:]
    place = text.rfind("-", 0, node.value[0].start_mark.index)
    column = place - text.rfind("\n", 0, place) - 1
    return text[:place] + "".join(f"- {item}\n{' ' * column}" for item in items) + text[place:]


def without(text: str, root: Node | None, paths: Iterable[Path]) -> str:
    """text without what paths (tuples of keys from the root) lead to: its lines become comments.

    A collection that has nothing left goes too, as a key without a value would stand for nothing.
    """
    gone = _with_emptied(root, set(paths))
    edits: list[Edit] = []
    flow: dict[int, tuple[CollectionNode, list[tuple[Node, Node]]]] = {}
    for path in sorted(gone, key=str):
        if any(path[:length] in gone for length in range(len(path))):
            continue
        parent = below(root, *path[:-1])
        if not isinstance(parent, yaml.CollectionNode) or below(root, *path) is None:
            continue
        for part in _parts(parent):
            pairs = _standing(part, parent, {path[-1]})
            others = {each[-1] for each in gone if each[:-1] == path[:-1]}
            whole = _whole(root, path[:-1], part) if len(_standing(part, parent, others)) == len(_pairs(part)) else None
            if pairs and whole:
                edits.append(_commented_lines(text, *whole))
            elif pairs and not part.flow_style:
                edits += [_commented_lines(text, part, pair) for pair in pairs]
            elif pairs and id(part) not in flow:
                flow[id(part)] = part, _standing(part, parent, others)
    # One collection may be in another: that which ends first, or begins last, is rebuilt before.
    for part, pairs in sorted(flow.values(), key=lambda each: (each[0].end_mark.index, -each[0].start_mark.index)):
        edits = _rebuilt(text, part, pairs, edits)
    return _edited(text, 0, len(text), edits)


def _edited(text: str, start: int, end: int, edits: Iterable[Edit]) -> str:
    """What stands in text from start to end, with those of edits that are there."""
    parts: list[str] = []
    for begin, until, new in sorted(set(edits)):
        if start <= begin and until <= end:
            parts += [text[start:begin], new]
            start = until
    return "".join([*parts, text[start:end]])


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


def _whole(root: Node | None, path: Path, part: Node) -> tuple[CollectionNode, tuple[Node, Node]] | None:
    """(the mapping in block style, its pair) of which part, one of several that were folded, is the value; or None."""
    above, folded = below(root, *path[:-1]) if path else None, below(root, *path)
    if not isinstance(above, yaml.MappingNode) or not isinstance(folded, yaml.CollectionNode) or folded is part:
        return None
    for mapping in _parts(above):
        for pair in _pairs(mapping):
            if pair[1] is part and not mapping.flow_style:
                return mapping, pair
    return None


def _standing(part: CollectionNode, parent: CollectionNode, keys: Collection[Key]) -> list[tuple[Node, Node]]:
    """Those of the _pairs of part, which is one of parent's, that keys lead to."""
    if isinstance(part, yaml.MappingNode):
        return [pair for pair in _pairs(part) if isinstance(pair[0], yaml.ScalarNode) and pair[0].value in keys]
    wanted = [id(child) for key, child in children(parent).items() if key in keys]
    return [pair for pair in _pairs(part) if id(pair[0]) in wanted]


def _commented_lines(text: str, parent: CollectionNode, pair: tuple[Node, Node]) -> Edit:
    """The edit that makes comments of the lines of pair, of parent."""
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


def _rebuilt(text: str, part: CollectionNode, gone: Collection[tuple[Node, Node]], edits: Iterable[Edit]) -> list[Edit]:
    """edits, with one that leaves the pairs in gone out of a flow collection, {a: b} or [a, b], for those within it."""
    kept = [
        _edited(text, first.start_mark.index, last.end_mark.index, edits)
        for first, last in _pairs(part)
        if (first, last) not in gone
    ]
    start, end = opening(text, part), part.end_mark.index
    outside = [edit for edit in edits if not (start <= edit[0] and edit[1] <= end)]
    return [*outside, (start, end, text[start] + ", ".join(kept) + text[end - 1])]


def opening(text: str, node: Node) -> int:
    """Where a collection in flow style opens in text: after its anchor and its tag, with which the node begins."""
    start: int = node.start_mark.index
    before = _PROPERTIES.match(text, start)
    return before.end() if before else start
