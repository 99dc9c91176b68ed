# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools of the hypervisor that the guest comes from: they go, with what was installed for them alone.

Those that conversion does not know how to remove are named (agents.py).
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ... import packages
from ...devices.targets import Target
from ...guest import space
from ...guest.root import GuestRoot
from ...guest.space import FilesystemFull
from ...model.concerns import Concern
from ...model.description import Findings
from ...packages.manager import Package, Removal
from ..plan import Plan
from . import agents
from .catalogue import TOOLS, Tools

NAME = "hypervisor_tools"
INSPECT_AFTER = ()
# The packages' own scripts change files that others edit, so packages go first.
CONVERT_AFTER = ()

# Inodes for files that the removal of packages creates.
_FILES = 8


@dataclass(frozen=True)
class Installed:
    """Tools that are installed.

    packages: of the tools themselves. dependencies: of what only they need.
    needed_by: of those that cannot do without the tools.
    unpackaged: whether there are tools that came without a package.
    left: whether there are tools in packages of a format that conversion does not remove.
    """

    tools: Tools
    packages: Sequence[Package]
    dependencies: Sequence[Package]
    needed_by: Sequence[Package]
    unpackaged: bool
    left: bool

    @property
    def is_to_go(self) -> bool:
        """Whether there are packages that nothing else needs."""
        return bool(self.packages) and not self.needed_by


@dataclass(frozen=True)
class Facts:
    """The tools that are installed in a root."""

    installed: list[Installed]

    def to_go(self, target: Target) -> list[Installed]:
        """Those that conversion to this target removes."""
        return [one for one in self.installed if one.tools.hypervisor not in target.hypervisors and one.is_to_go]


def inspect(root: GuestRoot) -> Findings:
    """Which hypervisor's tools are installed, and what conversion will do about them."""
    found = [installed for installed in (_installed(root, tools) for tools in TOOLS) if installed]
    root.remember(Facts(found))
    others = agents.installed(root)
    target = root.guest.target
    hypervisors = [each.tools.hypervisor for each in found] + [each.agent.hypervisor for each in others]
    findings = Findings(info={"source": _source(hypervisors, target)})
    for installed in found:
        if installed.tools.hypervisor not in target.hypervisors:
            findings.concerns += _concerns(root, installed)
    without_room = _without_room(root, Facts(found), target)
    if without_room:
        findings.concerns.append(space.concern(without_room, is_error=True))
    findings.concerns += [
        agents.concern(root, each) for each in others if each.agent.hypervisor not in target.hypervisors
    ]
    return findings


def _source(hypervisors: Sequence[str], target: Target) -> str | None:
    """The hypervisor that the guest comes from, by those whose tools it has, the best evidence first.

    Tools of the target may have been installed for the move.
    """
    return next(
        (name for name in hypervisors if name not in target.hypervisors), hypervisors[0] if hypervisors else None
    )


def convert(root: GuestRoot, plan: Plan) -> None:
    """Remove the tools of every hypervisor but the target, and what only they needed. No network is used."""
    facts = root.recall(Facts)
    without_room = _without_room(root, facts, plan.target)
    if without_room:
        raise without_room
    removal = _removal(root)
    for installed in facts.to_go(plan.target):
        if removal:
            removal.remove([*installed.packages, *installed.dependencies], f"removed {_listed(installed)}")


def _without_room(root: GuestRoot, facts: Facts, target: Target) -> FilesystemFull | None:
    """The error that the packages cannot be removed, as their database has no room for that; None where it has."""
    removal = _removal(root)
    going = facts.to_go(target)
    if removal is None or not going:
        return None
    directory, needed = removal.room()
    room = root.space(directory)
    names = _names(one for installed in going for one in installed.packages)
    return None if room.has(needed, _FILES) else room.full(needed, f"to remove {names}")


def _removal(root: GuestRoot) -> Removal | None:
    manager = packages.manager_for(root)
    return manager.removal() if manager else None


def _installed(root: GuestRoot, tools: Tools) -> Installed | None:
    """The Installed of tools, None when there are none. What costs is only looked at when there is evidence."""
    unpackaged = any(root.exists(path) for path in tools.unpackaged)
    own: list[Package] = []
    dependencies: list[Package] = []
    needed_by: list[Package] = []
    removal = _removal(root)
    patterns = tools.packages.get(root.info["package_format"], ()) if removal else ()
    left = not patterns and not unpackaged and any(root.exists(path) for path in tools.programs)
    if removal and any(removal.has(pattern) for pattern in patterns):
        everything = removal.packages()
        own = [one for one in everything if any(fnmatch.fnmatchcase(one.name, pattern) for pattern in patterns)]
        dependencies = removal.needed_only_by(own, everything)
        needed_by = removal.needing(own, everything)
    found = own or unpackaged or left
    return Installed(tools, own, dependencies, needed_by, unpackaged, left) if found else None


def _concerns(root: GuestRoot, installed: Installed) -> Iterator[Concern]:
    hypervisor, title = installed.tools.hypervisor, installed.tools.title
    if installed.unpackaged:
        yield Concern(
            f"{hypervisor}-tools-tarball",
            "warning",
            f"{title} were installed on {root.name} without a package; conversion leaves them where they are.",
            installed.tools.remedy,
        )
    if installed.left:
        yield Concern(
            f"{hypervisor}-tools-left",
            "info",
            f"{title} are installed on {root.name}; conversion does not remove packages of this kind, and leaves them.",
            installed.tools.leftover_remedy,
        )
    if installed.needed_by:
        yield Concern(
            f"{hypervisor}-tools-needed",
            "warning",
            f"{_names(installed.packages)} stay on {root.name}, as {_names(installed.needed_by)} cannot do without.",
            f"Remove {_names(installed.needed_by)} in the guest if nobody uses it.",
        )
    elif installed.packages:
        yield Concern(
            f"{hypervisor}-tools-installed", "info", f"Conversion removes {_listed(installed)} from {root.name}."
        )


def _listed(installed: Installed) -> str:
    also = f", and what only they needed: {_names(installed.dependencies)}" if installed.dependencies else ""
    return _names(installed.packages) + also


def _names(some: Iterable[Package]) -> str:
    return ", ".join(one.name for one in some)
