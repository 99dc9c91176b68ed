# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The graph of a guest's storage, from what the appliance answers."""

from __future__ import annotations

from collections.abc import Sequence

from . import layers
from .answers import Answers
from .graph import Graph
from .layer import Layer, Nodes
from .layers.encrypted import Encrypted
from .layers.filesystem import Filesystem
from .layers.multi_device import joined


def discover(answers: Answers, known: Graph | None = None) -> Graph:
    """Ask the layers for their nodes, again and again until they find no more: LVM may be on LUKS, and LUKS on LVM.

    known: what was found before, of which encrypted devices may have been opened since.
    """
    nodes: list[Layer] = list(known.nodes) if known else []
    seen = dict.fromkeys(layers.LAYERS, len(nodes) if known else -1)
    if known:
        locked = [each for each in known.of_kind(Filesystem) if not known.made_of(each)]
        nodes += Encrypted.discover(answers, known, locked)
    while any(count < len(nodes) for count in seen.values()):
        for layer in layers.LAYERS:
            if seen[layer] < len(nodes):
                fresh = nodes[max(seen[layer], 0) :]
                seen[layer] = len(nodes)
                nodes += layer.discover(answers, Nodes(nodes), fresh)
    return Graph(joined(answers, _without_superseded(nodes)))


def _without_superseded(nodes: Sequence[Layer]) -> list[Layer]:
    """The nodes without those that could not be opened before what they are made of was there: they are there again."""
    opened = {(type(node), node.name) for node in nodes if node.device}
    return [node for node in dict.fromkeys(nodes) if node.device or (type(node), node.name) not in opened]
