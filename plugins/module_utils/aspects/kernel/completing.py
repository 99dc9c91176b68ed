# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Completes the initrds of a boot menu: decided for all of them first, then done with the room that there is.

The guest starts by the default entry. Where the initrd of another one cannot be completed, that is a concern.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from ...appliance.failures import ApplianceError
from ...errors import GuestconvError
from ...guest.root import GuestRoot
from ...guest.space import FilesystemFull, Space
from ..plan import Plan
from . import budget, concerns, initrds
from .initrds import Completion, Initrd

# Where the tools that make initrds unpack them (mkinitramfs(8), dracut(8)).
_UNPACKED_IN = "/var/tmp"


@dataclass(frozen=True)
class Wanted:
    """An initrd to be complete. is_default: whether it belongs to the default entry. name: what concerns call it."""

    initrd: Initrd
    name: str
    is_default: bool


@dataclass
class _Rooms:
    """The rooms on filesystems; each directory is asked for once. root: the door."""

    root: GuestRoot
    _known: dict[str, Space] = field(default_factory=dict)

    def of(self, completion: Completion) -> Space:
        """The room for an initrd."""
        directory = posixpath.dirname(completion.initrd.path)
        if directory not in self._known:
            self._known[directory] = self.root.space(directory)
        return self._known[directory]


def complete(root: GuestRoot, wanted: Sequence[Wanted], plan: Plan) -> None:
    """Complete these initrds. Raises GuestconvError for one of the default entry."""
    # Of those that share an image the default's is first: an error with it is not one with another entry.
    wanted = sorted(wanted, key=lambda one: not one.is_default)
    left = list(zip(wanted, _files(root, wanted)))
    while left:
        # What shares an image is decided on once the first is done with it.
        now, later = [], []
        taken: set[str] = set()
        for one, files in left:
            if taken.isdisjoint(files):
                now.append(one)
            else:
                later.append((one, files))
            taken |= files
        left = later
        _complete(root, now, plan)


def _files(root: GuestRoot, wanted: Sequence[Wanted]) -> list[frozenset[str]]:
    """The paths of the images of each, and, where these are links, of what they lead to.

    A link is looked for where there are several initrds for one kernel: it is made for that one alone.
    """
    times = Counter(one.initrd.version for one in wanted)
    found = []
    for initrd in (one.initrd for one in wanted):
        real = map(root.real_path, initrd.paths) if times[initrd.version] > 1 else ()
        found.append(frozenset((*initrd.paths, *real)))
    return found


def _complete(root: GuestRoot, wanted: Sequence[Wanted], plan: Plan) -> None:
    decided: list[tuple[Wanted, Completion]] = []
    for one in wanted:
        with optional(plan, one.name, one.is_default):
            completion = initrds.decide(root, one.initrd, plan)
            if completion:
                decided.append((one, completion))
    rooms = _Rooms(root)
    needs = [budget.Need(rooms.of(each).mountpoint, each.size, one.is_default) for one, each in decided]
    free = {space.mountpoint: space.free for space in (rooms.of(each) for _one, each in decided)}
    for (one, completion), fits in zip(decided, budget.affordable(needs, free)):
        with optional(plan, one.name, one.is_default):
            if not fits:
                raise without_room(rooms.of(completion), completion.size, completion.initrd.path)
            _require_room_to_unpack(root, completion)
            initrds.carry_out(root, completion, plan)


def without_room(space: Space, size: int, path: str, what: str = "drivers") -> FilesystemFull:
    """The error that there is no room for `size` bytes more in the initrd at path."""
    return space.full(size + budget.SPARE, f"to add {what} to {path}")


def _require_room_to_unpack(root: GuestRoot, completion: Completion) -> None:
    if completion.archive is None and completion.unpacked and root.is_dir(_UNPACKED_IN):
        space = root.space(_UNPACKED_IN)
        if not space.has(completion.unpacked):
            raise space.full(completion.unpacked, f"to make {completion.initrd.path} again")


@contextmanager
def optional(plan: Plan, path: str, is_default: bool) -> Iterator[None]:
    """Have it as a concern where what is at path cannot be prepared, unless it belongs to the default entry."""
    try:
        yield
    except ApplianceError:
        raise
    except GuestconvError as error:
        if is_default:
            raise
        plan.concerns.append(concerns.not_prepared(path, error.message.rstrip(".")))
