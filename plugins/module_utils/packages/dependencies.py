# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What packages need of each other. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set

from .manager import Judged, Package

# Of the packages that need another one, in a message.
_SHOWN = 10


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
    providers: dict[str, list[Package]] = {}
    for package in own:
        for name in package.names if package not in reasons else ():
            providers.setdefault(name, []).append(package)
    going = {package for package in own if package not in reasons}
    staying = [package for package in packages if package not in going]
    there: set[str] = set()
    # What stays for another's sake may need more of them: only that is looked at again.
    while staying:
        there.update(*(package.names for package in staying))
        needed = _needed(staying, there, providers)
        reasons.update({package: f"{_listed(users)} cannot do without it" for package, users in needed.items()})
        staying = list(needed)
    left = tuple(package for package in own if package not in reasons)
    return Judged(left, tuple(reasons.items()), tuple(only_needed_by(left, packages)) if left else ())


def _needed(
    users: Iterable[Package], there: Set[str], providers: dict[str, list[Package]]
) -> dict[Package, dict[str, None]]:
    """{package that users depend on, with nothing there in its stead: the names of those users, not all where many}.

    providers: {name: the packages that are to go and provide it}, from which the names that are needed are taken out.
    """
    wanted: dict[str, dict[str, None]] = {}
    for user in users:
        for group in user.depends:
            for name in sorted(group & providers.keys()) if there.isdisjoint(group) else ():
                _add(wanted.setdefault(name, {}), user.name)
    needed: dict[Package, dict[str, None]] = {}
    for name, its_users in wanted.items():
        for package in providers.pop(name):
            for user_name in its_users:
                _add(needed.setdefault(package, {}), user_name)
    return needed


def _add(names: dict[str, None], name: str) -> None:
    if len(names) <= _SHOWN:
        names[name] = None


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    return ", ".join(names[:_SHOWN]) + (" and others" if len(names) > _SHOWN else "")
