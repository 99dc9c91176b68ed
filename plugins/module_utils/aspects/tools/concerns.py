# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person should know of the tools that are installed, before the guest is converted."""

from __future__ import annotations

from collections.abc import Iterator

from ...guest.root import GuestRoot
from ...model.concerns import Concern
from ...model.tools import KEEP
from .found import Facts, Installed, listed


def concerns(root: GuestRoot, facts: Facts, removes_dependencies: bool) -> Iterator[Concern]:
    """The concerns about all of them. removes_dependencies: whether what only removed packages needed goes, too."""
    for installed in facts.foreign:
        yield from _about(root, facts, installed)
    if facts.damage:
        yield Concern(
            "package-database-damaged",
            "warning",
            f"The database of packages on {root.name} cannot be relied on, so conversion removes no package: {facts.damage}",
            "Repair it in the guest, with `dpkg --configure -a` or `rpm --rebuilddb` for example, and inspect it again.",
        )
    only = listed(facts.judged.dependencies)
    if only and removes_dependencies:
        yield Concern(
            "tools-dependencies", "info", f"Conversion also removes what only they needed on {root.name}: {only}."
        )
    elif only:
        yield Concern(
            "tools-dependencies",
            "info",
            f"Packages stay on {root.name} that only {listed(facts.judged.going)} needed: {only}.",
            "`apt-get autoremove`, or its like, removes them in the guest; so does conversion with "
            "tools.remove_dependencies.",
        )


def _about(root: GuestRoot, facts: Facts, installed: Installed) -> Iterator[Concern]:
    tools = installed.tools
    going, staying = facts.going(installed), facts.staying(installed)
    if going:
        names = listed(going)
        yield Concern(
            f"{tools.family}-tools-installed", "info", f"Conversion removes {names} ({tools.title}) from {root.name}."
        )
    if staying:
        reasons = "; ".join(f"{package.name}, as {reason}" for package, reason in staying)
        yield Concern(
            f"{tools.family}-tools-needed",
            "warning",
            f"Conversion does not remove these packages of {tools.title} from {root.name}: {reasons}. It turns their services "
            "off.",
            "If they are not used on the target, remove what is in the way, and then them, with the guest's package "
            "manager.",
        )
    if facts.is_disabled(installed) and not staying and not (going and installed.unpackaged):
        yield Concern(
            "tools-disabled",
            "info",
            f"Conversion turns the services of {tools.title} on {root.name} off, and does not remove {installed.names}.",
            f"If they are not used on the target, {_remedy(installed)}.",
        )
    if installed.unpackaged and installed.action != KEEP:
        yield Concern(
            f"{tools.family}-tools-tarball",
            "warning",
            f"On {root.name}, {tools.title} were installed without a package ({installed.unpackaged[0]}). Their files stay.",
            f"If they are not used on the target, {_remedy(installed)}.",
        )
    if installed.action == KEEP:
        kept = (
            f"Conversion does not change {tools.title} on {root.name} ({installed.names}), because "
            f"tools.{tools.hypervisor} is keep. {tools.effect}"
        )
        hint = f"If they are not used on the target, {_remedy(installed)}."
        if tools.is_agent:
            yield Concern("hypervisor-agent-left", tools.severity, kept, hint)
        else:
            yield Concern(f"{tools.family}-tools-left", "info", kept, hint)


def _remedy(installed: Installed) -> str:
    if installed.packages:
        return f"remove {listed(installed.packages)} with the guest's package manager"
    return installed.tools.remedy or "remove their package with the guest's package manager"
