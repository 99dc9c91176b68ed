# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The graph of a guest's storage, from what the appliance answers."""

from __future__ import annotations

from . import layers
from .answers import Answers
from .graph import Graph
from .layer import Layer, Nodes
from .layers.multi_device import joined


def discover(answers: Answers) -> Graph:
    """Ask the layers for their nodes, again and again until they find no more: LVM may be on LUKS, and LUKS on LVM."""
    nodes: list[Layer] = []
    seen = dict.fromkeys(layers.LAYERS, -1)
    while any(count < len(nodes) for count in seen.values()):
        for layer in layers.LAYERS:
            if seen[layer] < len(nodes):
                fresh = nodes[max(seen[layer], 0) :]
                seen[layer] = len(nodes)
                nodes += layer.discover(answers, Nodes(nodes), fresh)
    return Graph(joined(answers, nodes))
