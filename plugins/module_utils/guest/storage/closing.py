# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of the storage: arrays, volumes and encrypted devices are closed before the disks are.

The appliance is switched off as by its plug, and what was written to an array shortly before would leave it unclean.
"""

from __future__ import annotations

from itertools import groupby

from .answers import Answers
from .graph import Graph
from .keyring import Keyring
from .layers import array
from .layers.array import Array
from .layers.encrypted import Encrypted
from .layers.logical_volume import LogicalVolume


def close(answers: Answers, keyring: Keyring, storage: Graph) -> None:
    """Close all that is open, each before what it is made of. Nothing is mounted. Raises ApplianceError."""
    # Of the graph's nodes each is after those that it is made of.
    for kind, nodes in groupby(reversed(storage.nodes), type):
        if kind is LogicalVolume:
            answers.deactivate_volumes()
        for node in nodes:
            if isinstance(node, Encrypted):
                keyring.close(node.locked)
            elif isinstance(node, Array) and node.device:
                array.close(answers, node)
