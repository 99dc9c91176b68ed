# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Static addresses in netplan's YAML. Pure."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Callable, NamedTuple

from ....texts import yaml_text
from ....texts.yaml_text import Path
from .. import values
from ..cards.statics import Static, version_of
from . import netplan_passthrough

if TYPE_CHECKING:
    from yaml.nodes import Node

# What new keys are called until the old ones are gone.
_NEW = "guestconv-new-"
_EVERYWHERE = ("default", "0.0.0.0/0", "::/0", "0/0")
_YES = ("true", "yes", "on", "y", "1")
# Where an anchor, an alias or a merge may stand.
_SHARED = re.compile(r"(?:^|[\s\[{,:-])[&*]\S|<<")
_Compose = Callable[[str], "Node | None"]


class Wanted(NamedTuple):
    """What a definition shall have. is_first: as of with_static. own: its text, where there is none yet."""

    identifier: str
    static: Static
    is_first: bool
    own: str | None = None


def with_statics(text: str, compose: _Compose, section: Path, wanted: Sequence[Wanted]) -> str:
    """text, in which section leads to the definitions, with static addresses for many of them."""
    new = [f"{each.identifier}: {each.own}" for each in wanted if each.own]
    node = yaml_text.below(compose(text), *section)
    there = yaml_text.keys(node)
    if new and there:
        between = ", " if getattr(node, "flow_style", False) else "\n" + " " * there[0][1].start_mark.column
        text = yaml_text.with_entry(text, node, between.join(new))
        node = yaml_text.below(compose(text), *section)
    # A definition that is lines of its own is edited by itself: a file of hundreds is not read for each of them.
    alone = _lines_of_each(text, node)
    others: list[Wanted] = []
    edits: list[tuple[int, int, str]] = []
    for each in wanted:
        start, end = alone.get(each.identifier, (0, 0))
        part = text[start:end]
        if part:
            edits.append((start, end, with_static(part, compose, (each.identifier,), each.static, each.is_first)))
        else:
            others.append(each)
    for start, end, part in sorted(edits, reverse=True):
        text = text[:start] + part + text[end:]
    for each in others:
        text = with_static(text, compose, (*section, each.identifier), each.static, each.is_first)
    return text


def _lines_of_each(text: str, node: Node | None) -> dict[str, tuple[int, int]]:
    """{id: (start, end) of its lines in text} of the definitions in node that need no other part of the text."""
    there = yaml_text.entries(node)
    keys = yaml_text.keys(node)
    found: dict[str, tuple[int, int]] = {}
    for identifier, key in keys if node is not None and not getattr(node, "flow_style", True) else ():
        start = text.rfind("\n", 0, key.start_mark.index) + 1
        end = there[identifier].end_mark.index
        if not text[start : key.start_mark.index].strip() and not _SHARED.search(text[start:end]):
            found[identifier] = start, end
    # A definition that is there twice is two parts of one.
    counts = Counter(identifier for identifier, _node in keys)
    return {identifier: span for identifier, span in found.items() if counts[identifier] == 1}


def with_static(text: str, compose: _Compose, keys: Path, static: Static, is_first: bool) -> str:
    """text, a file in which keys lead to the definition of a NIC, with the addresses static for it.

    compose(text) reads it. is_first: whether this is the file that shall have the addresses; others lose what they have.
    """
    root = compose(text)
    definition = yaml_text.below(root, *keys)
    gone = [(*keys, *each) for each in _static(definition, static)]
    changed: dict[int, Path] = {}
    if is_first:
        changed = {version: (*keys, *place) for version, place in _gateways(definition, static).items()}
        text = yaml_text.with_scalars(
            text,
            [
                (node, static.gateway(version) or "")
                for version, place in changed.items()
                for node in [yaml_text.below(root, *place)]
                if node is not None
            ],
        )
        text = _with_new(text, compose, keys, static, [version for version in (4, 6) if version not in changed])
    kept = [place[:-1] if place[-1] == "via" else place for place in changed.values()]
    shifted = _shifted(compose(text), keys, [each for each in gone if each not in kept], root)
    text = yaml_text.without(text, compose(text), shifted)
    new = [(node, key[len(_NEW) :]) for key, node in _all_keys(compose(text)) if key.startswith(_NEW)]
    return yaml_text.with_scalars(text, new)


def _static(definition: Node | None, static: Static) -> Iterable[Path]:
    """Where the definition has addresses, gateways, DHCP of their families, and name servers if those are to be others."""
    there = yaml_text.entries(definition)
    yield from ((key,) for key in ("addresses", "gateway4", "gateway6") if key in there)
    asked = [key for key in ("dhcp4", "dhcp6") if yaml_text.scalar(there.get(key)).lower() in _YES]
    for version in (4, 6):
        key = f"dhcp{version}"
        # systemd-networkd does not wait for DHCPv6 next to DHCP of IPv4: see static_sections.
        replaced = static.of(version) or (version == 6 and static.of(4) and "dhcp4" in asked)
        if replaced and key in asked:
            yield (key,)
    for index, route in yaml_text.children(there.get("routes")).items():
        if is_default(route):
            yield "routes", index
    yield from netplan_passthrough.static_paths(definition, static)
    if static.name_servers is not None and "addresses" in yaml_text.entries(there.get("nameservers")):
        yield "nameservers", "addresses"


def is_default(route: Node | None) -> bool:
    """Whether a route is a default route for all packets."""
    to = "".join(yaml_text.scalar(yaml_text.below(route, "to")).split())
    return to in _EVERYWHERE and values.is_main_table(yaml_text.scalar(yaml_text.below(route, "table")))


def _gateways(definition: Node | None, static: Static) -> dict[int, Path]:
    """{family: where the definition has a gateway of it that can be replaced by another}."""
    there = yaml_text.entries(definition)
    found: dict[int, Path] = {}
    for version in (4, 6):
        if static.gateway(version) and yaml_text.scalar(there.get(f"gateway{version}")):
            found[version] = (f"gateway{version}",)
    for index, route in yaml_text.children(there.get("routes")).items():
        via = yaml_text.scalar(yaml_text.below(route, "via"))
        version = version_of(via)
        if via and is_default(route) and version not in found and static.gateway(version):
            found[version] = ("routes", index, "via")
    return found


def _with_new(text: str, compose: _Compose, keys: Path, static: Static, without_gateway: Sequence[int]) -> str:
    """text with new entries in the definition, and in what it has for routes and name servers."""
    there = yaml_text.entries(yaml_text.below(compose(text), *keys))
    routes = [
        {"to": "::/0" if version == 6 else "0.0.0.0/0", "via": gateway}
        for version in without_gateway
        for gateway in [static.gateway(version)]
        if gateway
    ]
    new = {"addresses": list(static.addresses)}
    entries = [f"{_NEW}{key}: {json.dumps(value)}" for key, value in new.items()]
    if routes and not yaml_text.items(there.get("routes")):
        entries.append(f"{_NEW}routes: {json.dumps(routes)}")
    elif routes:
        text = yaml_text.with_items(
            text, yaml_text.below(compose(text), *keys, "routes"), [json.dumps(route) for route in routes]
        )
    servers = f"{_NEW}addresses: {json.dumps(static.name_servers)}" if static.name_servers is not None else ""
    if servers and yaml_text.entries(there.get("nameservers")):
        text = yaml_text.with_entry(text, yaml_text.below(compose(text), *keys, "nameservers"), servers)
    elif servers:
        entries.append(f"{_NEW}nameservers: {{addresses: {json.dumps(static.name_servers)}}}")
    for entry in entries:
        text = _with_entry(text, yaml_text.below(compose(text), *keys), entry)
    return text


def _with_entry(text: str, node: Node | None, entry: str) -> str:
    """text with entry in the mapping node, which may be empty, or a null."""
    if node is None or yaml_text.entries(node):
        return yaml_text.with_entry(text, node, entry)
    start, end = node.start_mark.index, node.end_mark.index
    if text[start:end].strip() not in ("", "{}", "~", "null"):
        return text
    space = "" if start and text[start - 1].isspace() else " "
    return f"{text[:start]}{space}{{{entry}}}{text[end:]}"


def _shifted(root: Node | None, keys: Path, gone: Sequence[Path], before: Node | None) -> list[Path]:
    """The places gone, with the indices of routes that have moved because new ones stand before them."""
    routes = (*keys, "routes")
    there, were = (len(yaml_text.items(yaml_text.below(each, *routes))) for each in (root, before))
    found: list[Path] = []
    for path in gone:
        index = path[len(routes)] if path[: len(routes)] == routes and len(path) > len(routes) else None
        found.append((*routes, index + there - were) if isinstance(index, int) else path)
    return found


def _all_keys(root: Node | None) -> list[tuple[str, Node]]:
    found: list[tuple[str, Node]] = []
    pending = [root]
    while pending:
        node = pending.pop()
        found += yaml_text.keys(node)
        pending += yaml_text.items(node)
    return found
