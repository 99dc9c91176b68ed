# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of aspects, by what each declares. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..aspects.aspect import Aspect


def inspection(aspects: Sequence[Aspect]) -> list[Aspect]:
    """The aspects in an order in which they can inspect. Raises ValueError when there is none."""
    return _sorted(aspects, lambda aspect: aspect.INSPECT_AFTER)


def conversion(aspects: Sequence[Aspect]) -> list[Aspect]:
    """The aspects in an order in which they can convert. Raises ValueError when there is none."""
    return _sorted(aspects, lambda aspect: aspect.CONVERT_AFTER)


def _sorted(aspects: Sequence[Aspect], after: Callable[[Aspect], tuple[str, ...]]) -> list[Aspect]:
    """The aspects, each after those that it names; where that leaves a choice, in their order and the tuples'.

    Raises ValueError for a circle, and for a name that no aspect has.
    """
    by_name = {aspect.NAME: aspect for aspect in aspects}
    done: list[Aspect] = []
    way: list[str] = []

    def visit(name: str) -> None:
        if name in way:
            raise ValueError(f"The aspects wait for each other: {' > '.join([*way, name])}.")
        if name not in by_name:
            raise ValueError(f"{way[-1]} names the aspect {name}, which the system does not have.")
        if by_name[name] in done:
            return
        way.append(name)
        for other in after(by_name[name]):
            visit(other)
        way.pop()
        done.append(by_name[name])

    for aspect in aspects:
        visit(aspect.NAME)
    return done
