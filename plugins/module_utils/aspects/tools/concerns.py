# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person should know of the tools that are installed, before the guest is converted."""

from __future__ import annotations

from collections.abc import Iterator

from ...guest.root import GuestRoot
from ...model.concerns import Concern
from ...model.tools import KEEP, REMOVE
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
    if facts.judged.going:
        yield from _about_dependencies(root, facts, removes_dependencies)


def _about_dependencies(root: GuestRoot, facts: Facts, removes_dependencies: bool) -> Iterator[Concern]:
    going, only = listed(facts.judged.going), listed(facts.judged.dependencies)
    autoremove = "`apt-get autoremove`, `dnf autoremove` or its like removes them in the guest"
    if not facts.knows_dependencies:
        stay = f"Packages that only {going} needed stay on {root.name}: rpm does not record which were installed for others."
        yield Concern("tools-dependencies", "info", stay, f"{autoremove}.")
    elif only and removes_dependencies:
        yield Concern(
            "tools-dependencies", "info", f"Conversion also removes what only they needed on {root.name}: {only}."
        )
    elif only:
        stay = f"Packages stay on {root.name} that only {going} needed: {only}."
        yield Concern(
            "tools-dependencies", "info", stay, f"{autoremove}; so does conversion with tools.remove_dependencies."
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
    if installed.unpackaged and installed.action == REMOVE:
        yield _unpackaged(root, installed)
    elif facts.is_disabled(installed) and not staying:
        yield Concern(
            "tools-disabled",
            "info",
            f"Conversion turns the services of {tools.title} on {root.name} off, and does not remove {installed.names}.",
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


def _unpackaged(root: GuestRoot, installed: Installed) -> Concern:
    """About tools without a package that are to be removed."""
    tools = installed.tools
    if installed.record:
        return Concern(
            f"{tools.family}-tools-tarball",
            "info",
            f"On {root.name}, {tools.title} were installed without a package. Conversion removes what their installer "
            f"recorded in {installed.record.path}, and what else is known of them.",
            "Files of the guest that the installer had changed or replaced stay as it made them.",
        )
    return Concern(
        f"{tools.family}-tools-tarball",
        "warning",
        f"On {root.name}, {tools.title} were installed without a package ({installed.unpackaged[0]}). Conversion turns "
        "their services off. Their files stay, as there is no record of them, or packages have some of the same files.",
        f"If they are not used on the target, {_remedy(installed)}.",
    )


def _remedy(installed: Installed) -> str:
    if installed.packages:
        return f"remove {listed(installed.packages)} with the guest's package manager"
    remedy = installed.tools.remedy if installed.unpackaged else ""
    return remedy or "remove their packages with the guest's package manager"
