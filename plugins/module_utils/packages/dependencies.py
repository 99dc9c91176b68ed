# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What packages need of each other. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .manager import Judged, Package


def only_needed_by(going: Iterable[Package], packages: Iterable[Package]) -> list[Package]:
    """Those of packages (Package) that nothing needs any more once going (some of them) are gone, by name.

    It is what `apt-get autoremove` would newly offer, and rather less: versions do not matter, all alternatives count
    as needed, and so do suggestions (apt's APT::AutoRemove::SuggestsImportant). A package that is an orphan already,
    and what that needs, stays.
    """
    going = set(going)
    removable = [package for package in packages if package.removable and package not in going]
    candidates = _reached(going, removable, Package.pulls_in)
    staying = [package for package in packages if package not in candidates and package not in going]
    needed = _reached(staying, candidates, lambda package: package.pulls_in() | package.suggests)
    return sorted(candidates - needed, key=lambda package: (package.name, package.arch))


def _reached(
    start: Iterable[Package], packages: Iterable[Package], asked_for: Callable[[Package], frozenset[str]]
) -> set[Package]:
    """The set of those of packages that start asks for, or one that is asked for. asked_for: Package -> its names."""
    by_name: dict[str, list[Package]] = {}
    for package in packages:
        for name in package.names:
            by_name.setdefault(name, []).append(package)
    reached: set[Package] = set()
    added = set(start)
    while added:
        # Each name is taken out, so that no package is come upon by it twice.
        names = frozenset().union(*map(asked_for, added))
        added = {package for name in names for package in by_name.pop(name, ())} - reached
        reached |= added
    return reached


def judged(own: Iterable[Package], packages: Iterable[Package]) -> Judged:
    """What a removal of own, some of packages (all), comes to.

    What is on hold stays, and so does what a package that stays depends on, where nothing else is there in its stead.
    """
    own, packages = list(own), list(packages)
    reasons = {package: package.hold for package in own if package.hold}
    while True:
        going = [package for package in own if package not in reasons]
        needed = _needed_by_others(going, packages)
        if not needed:
            dependencies = tuple(only_needed_by(going, packages)) if going else ()
            return Judged(tuple(going), tuple(reasons.items()), dependencies)
        for package, users in needed.items():
            reasons[package] = f"{', '.join(users)} cannot do without it"


def _needed_by_others(going: Iterable[Package], packages: Iterable[Package]) -> dict[Package, list[str]]:
    """{one of going: the names of those of packages that depend on it, and on nothing that stays in its stead}."""
    going = set(going)
    staying = [package for package in packages if package not in going]
    there = frozenset[str]().union(*(package.names for package in staying))
    lost = frozenset[str]().union(*(package.names for package in going)) - there
    needed: dict[Package, list[str]] = {}
    for user in staying:
        for group in user.depends:
            if there.isdisjoint(group) and not lost.isdisjoint(group):
                for package in going:
                    if not package.names.isdisjoint(group) and user.name not in needed.setdefault(package, []):
                        needed[package].append(user.name)
    return needed
