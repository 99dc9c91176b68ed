# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a package manager is: a class of this room, for one format of packages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Optional, Protocol, TypedDict

# How long a removal may take; it is killed then, with the scripts of the packages. Emulated, that of open-vm-tools takes
# half a minute.
SECONDS = 900


class Door(Protocol):
    """What package managers need of a mounted root (guest.root.GuestRoot)."""

    @property
    def info(self) -> dict[str, Any]: ...

    def exists(self, path: str) -> bool: ...

    def is_dir(self, path: str) -> bool: ...

    def read(self, path: str) -> str | None: ...

    def read_bytes(self, path: str, limit: int = ...) -> bytes | None: ...

    def write(self, path: str, text: str, detail: str, mode: int = ...) -> None: ...

    def remove(self, path: str, detail: str) -> None: ...

    def run(
        self,
        argv: Sequence[str],
        detail: str,
        touches: Iterable[str] = ...,
        replaces: Iterable[str] = ...,
        seconds: int = ...,
    ) -> str: ...

    def ask(self, argv: Sequence[str], seconds: int = ...) -> str: ...

    def glob(self, *patterns: str) -> list[str]: ...

    def in_memory(self, directory: str) -> AbstractContextManager[None]: ...

    # The last, as within the class it hides the type.
    def list(self, directory: str) -> list[str]: ...


class Application(TypedDict):
    """An installed package, as the description has it."""

    name: str
    epoch: Optional[int]  # noqa: UP045 - evaluated on Python 3.9
    version: str
    release: Optional[str]  # noqa: UP045
    arch: Optional[str]  # noqa: UP045


@dataclass(frozen=True)
class Package:
    """An installed package, with what it needs.

    version: whole ("2:12.2.0-1+deb12u3").
    removable: it came as another's dependency, and the package manager would remove it once nothing needs it.
    depends: Depends and Pre-Depends, each a set of alternatives, of which one is needed.
    recommends, suggests: names, with the alternatives.
    names: its own and those that it provides.
    conffiles: its configuration files, pairs (path, MD5 sum of the file as it came).
    hold: why it must not be removed, as the end of a sentence ("it is on hold"); "" where nothing is in the way.
    """

    name: str
    version: str
    arch: str
    removable: bool = False
    depends: tuple[frozenset[str], ...] = ()
    recommends: frozenset[str] = frozenset()
    suggests: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    conffiles: tuple[tuple[str, str], ...] = ()
    hold: str = ""

    def pulls_in(self) -> frozenset[str]:
        """The names of what is installed along with it."""
        return self.recommends.union(*self.depends)


def listed(package: Package, epoch: int | None, version: str, release: str | None) -> Application:
    """A package as the description has it, with the parts of its version."""
    return Application(name=package.name, epoch=epoch, version=version, release=release, arch=package.arch)


def epoch_number(text: str | None) -> int | None:
    """The number of an epoch; None where there is none, or something else in its place."""
    return int(text) if text and re.fullmatch("[0-9]{1,10}", text) else None


@dataclass(frozen=True)
class Judged:
    """What comes of packages that are to be removed.

    going: those that can be. staying: the others, each with the reason, as the end of a sentence.
    dependencies: what nothing needs any more once the first are gone, and what was not installed for itself.
    """

    going: tuple[Package, ...] = ()
    staying: tuple[tuple[Package, str], ...] = ()
    dependencies: tuple[Package, ...] = ()


class DatabaseDamaged(Exception):
    """The database of packages cannot be relied on. Its text is the reason, a sentence."""


class Removal(Protocol):
    """What knows the packages and what they need of each other, and removes them.

    KNOWS_DEPENDENCIES: whether it knows what was not installed for itself. REMOVES_DEPENDENCIES: whether the package
    manager cannot but remove what nothing needs any more.
    """

    @property
    def KNOWS_DEPENDENCIES(self) -> bool: ...

    @property
    def REMOVES_DEPENDENCIES(self) -> bool: ...

    def names(self) -> list[str] | None:
        """The names of packages that may be installed: cheap, and some too many. None where it costs a guest program."""

    def packages(self) -> list[Package]:
        """The installed packages. Raises DatabaseDamaged."""

    def judged(self, own: Sequence[Package], packages: Sequence[Package]) -> Judged:
        """What a removal of own, some of packages (all), comes to. Nothing is changed. Raises DatabaseDamaged."""

    def room(self) -> tuple[str, int]:
        """A directory, and the bytes that a removal takes on its filesystem before it gives any back."""

    def remove(self, packages: Sequence[Package], detail: str) -> None:
        """Remove packages, through the door, without the network. Raises GuestconvError."""


class PackageManager(Protocol):
    """A package manager of one mounted root. FORMAT: of its packages, as in the root's info (`package_format`)."""

    FORMAT: str

    def __init__(self, root: Door) -> None: ...

    def applications(self) -> list[Application]:
        """The installed packages. Raises GuestconvError."""

    def removal(self) -> Removal | None:
        """What removes packages of this format; None where conversion leaves them to the administrator."""
