# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tools are installed in a root, and what a removal of their packages comes to."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ... import packages
from ...guest.root import GuestRoot
from ...model.tools import DISABLE, REMOVE
from ...packages.manager import DatabaseDamaged, Judged, Package, Removal
from .catalogue import TOOLS, Tools
from .records import Record


@dataclass(frozen=True)
class Installed:
    """Tools that are installed.

    action: what the policy asks for. paths: files that are there because they are.
    packages: their own. unpackaged: files that only an installation without a package has. record: that which conversion
        removes them by, where there are no packages that may have some of the same files.
    """

    tools: Tools
    action: str
    paths: Sequence[str]
    packages: Sequence[Package]
    unpackaged: Sequence[str]
    record: Record | None

    @property
    def names(self) -> str:
        """Their packages for a message, or a file of theirs where there are none; what they are called without either."""
        return listed(self.packages) or next(iter(self.paths), self.tools.title)


@dataclass(frozen=True)
class Facts:
    """The tools of other hypervisors than the target's in a root.

    foreign: in the order of TOOLS. sources: the hypervisors of all that are installed, in the same order.
    judged: what comes of the packages that are to be removed. knows_dependencies: whether it says what only they needed.
    damage: why the database of packages cannot be relied on.
    """

    foreign: Sequence[Installed]
    sources: Sequence[str]
    judged: Judged = Judged()
    knows_dependencies: bool = True
    damage: str = ""

    def going(self, installed: Installed) -> list[Package]:
        """The packages of these tools that conversion removes."""
        return [each for each in self.judged.going if installed.tools.has_package(each.name)]

    def staying(self, installed: Installed) -> list[tuple[Package, str]]:
        """The packages of these tools that were to be removed and stay, each with the reason."""
        return [each for each in self.judged.staying if installed.tools.has_package(each[0].name)]

    def is_disabled(self, installed: Installed) -> bool:
        """Whether conversion turns the services of these tools off: where that is asked for, and where something stays."""
        if installed.action != REMOVE:
            return installed.action == DISABLE
        is_going = bool(installed.record or self.going(installed) and not installed.unpackaged)
        return bool(self.staying(installed) or not is_going)


def facts(root: GuestRoot) -> Facts:
    """What is installed in root. The database of packages is only read where a name or a file gives reason to."""
    removal = removal_of(root)
    names = removal.names() if removal else []
    # One call for all of them.
    paths = root.glob(*(pattern for tools in TOOLS for pattern in (*tools.programs, *tools.unpackaged)))
    hints = [tools for tools in TOOLS if tools.evidence(paths) or any(map(tools.has_package, names or ()))]
    there: list[Package] = []
    damage = ""
    if removal and hints:
        try:
            there = removal.packages()
        except DatabaseDamaged as error:
            damage = str(error)
    found = [_installed(root, tools, paths, there) for tools in hints]
    # In a database that cannot be read the name of a package is all that there is.
    found = [each for each in found if each.paths or each.packages or damage]
    foreign = [each for each in found if each.tools.hypervisor not in root.guest.target.hypervisors]
    judged = Judged()
    own = [package for each in foreign if each.action == REMOVE for package in each.packages]
    if removal and own:
        try:
            judged = removal.judged(own, there)
        except DatabaseDamaged as error:
            damage = str(error)
    knows_dependencies = removal is None or removal.KNOWS_DEPENDENCIES
    return Facts(foreign, [each.tools.hypervisor for each in found], judged, knows_dependencies, damage)


def removal_of(root: GuestRoot) -> Removal | None:
    """What removes packages of root, None where their format is not known."""
    manager = packages.manager_for(root)
    return manager.removal() if manager else None


def _installed(root: GuestRoot, tools: Tools, paths: Sequence[str], there: Iterable[Package]) -> Installed:
    own = [each for each in there if tools.has_package(each.name)]
    unpackaged = [path for pattern in tools.unpackaged for path in fnmatch.filter(paths, pattern)]
    record = tools.record if unpackaged and not own else None
    if record and not root.is_file(record.path):
        record = None
    action = root.guest.tools.action(tools.hypervisor)
    return Installed(tools, action, tools.evidence(paths), own, unpackaged, record)


def listed(some: Iterable[Package]) -> str:
    """The names of packages, for a message."""
    return ", ".join(dict.fromkeys(one.name for one in some))
