# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface of a layer of storage: what every node of the graph says of itself; and the nodes together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, Protocol, TypeVar

from .answers import Answers


class Layer(Protocol):
    """A kind of node: a disk, a partition, a filesystem. One class in one file of layers/ implements it.

    A node is a frozen dataclass. It says what it is made of and what it is called; all that takes more than one node to
    answer is a question to the graph (graph.Graph).
    """

    IS_DEVICE: ClassVar[bool]
    """Whether the nodes are block devices, so that a filesystem, or another layer's member, can be on them."""

    @property
    def device(self) -> str:
        """The appliance's name of the node, which opens or mounts it; "" where there is none. It must not reach the guest."""

    @property
    def name(self) -> str:
        """The guest's name of the node: "/dev/sda1", "/dev/vg/root". It is unique within the layer."""

    @property
    def parents(self) -> tuple[Layer, ...]:
        """The nodes that this one is made of. A btrfs over two partitions has two."""

    @property
    def identity(self) -> str:
        """What stays the same when a partition table is made or the hardware changes; "" when nothing does."""

    @property
    def tags(self) -> Mapping[str, str]:
        """The tags of fstab(5) that name the node on any hardware, of those that it has: {"UUID": "..."}."""

    def is_called(self, path: str) -> bool:
        """Whether path (below /dev) is one of the guest's names of this node."""

    @classmethod
    def discover(cls, answers: Answers, known: Nodes, fresh: Sequence[Layer]) -> Iterable[Layer]:
        """The nodes of this layer that the guest has, and that are not known yet.

        This alone may ask the appliance (answers), and may open what must be opened (LUKS, RAID). It is called again
        as long as any layer finds nodes. fresh: the nodes that were found since it was called last.
        """


_Kind = TypeVar("_Kind", bound=Layer)


class Nodes:
    """Nodes of all layers, each after those that it is made of."""

    def __init__(self, nodes: Iterable[Layer] = ()) -> None:
        self.nodes = tuple(nodes)

    def of_kind(self, kind: type[_Kind]) -> list[_Kind]:
        """The nodes of one layer, in the order in which they were found."""
        return [node for node in self.nodes if isinstance(node, kind)]

    def made_of(self, node: Layer) -> list[Layer]:
        """The nodes that are made of this one directly."""
        return [each for each in self.nodes if node in each.parents]
