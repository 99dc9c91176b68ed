# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""pacman, of Arch Linux. Its database has a directory for each package (libalpm, lib/libalpm/be_local.c)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..texts import globs
from .dependencies import judged
from .manager import SECONDS, Application, DatabaseDamaged, Door, Judged, Package, epoch_number, listed

_SPARE = 1024 * 1024


class Pacman:
    """pacman, in a mounted root."""

    FORMAT = "pacman"
    KNOWS_DEPENDENCIES = True
    REMOVES_DEPENDENCIES = False

    _DATABASE = "/var/lib/pacman/local"
    _CONFIGURATION = "/etc/pacman.conf"
    _LOCK = "/var/lib/pacman/db.lck"

    def __init__(self, root: Door) -> None:
        self._root = root

    def applications(self) -> list[Application]:
        """The installed packages as applications() returns them."""
        packages = filter(None, map(parse_desc, self._descriptions().values()))
        return [listed(package, *split_version(package.version)) for package in packages]

    def removal(self) -> Pacman:
        """It removes packages itself."""
        return self

    def names(self) -> list[str]:
        """As of manager.Removal. A directory is NAME-VERSION-RELEASE."""
        return [entry.rsplit("-", 2)[0] for entry in self._root.list(self._DATABASE) if entry.count("-") > 1]

    def packages(self) -> list[Package]:
        """As of manager.Removal."""
        if self._root.exists(self._LOCK):
            raise DatabaseDamaged(f"pacman was interrupted: its lock {self._LOCK} is there.")
        ignored = ignored_packages(self._root.read(self._CONFIGURATION) or "")
        found = []
        for path, text in self._descriptions().items():
            package = parse_desc(text, ignored)
            if package is None:
                raise DatabaseDamaged(f"{path} cannot be read.")
            found.append(package)
        if len(found) < len(self.names()):
            raise DatabaseDamaged(f"A package in {self._DATABASE} has no desc.")
        return found

    def judged(self, own: Sequence[Package], packages: Sequence[Package]) -> Judged:
        """As of manager.Removal."""
        return judged(own, packages)

    def room(self) -> tuple[str, int]:
        """As of manager.Removal."""
        return "/var/lib/pacman", _SPARE

    def remove(self, packages: Sequence[Package], detail: str) -> None:
        """As of manager.Removal. pacman moves a configuration file that somebody has changed to NAME.pacsave."""
        names = [package.name for package in packages]
        self._root.run(["pacman", "-R", "--noconfirm", "--noprogressbar", *names], detail, (), (), SECONDS)

    def _descriptions(self) -> dict[str, str]:
        """{path: text}."""
        texts = {path: self._root.read(path) for path in self._root.glob(f"{self._DATABASE}/*/desc")}
        return {path: text for path, text in texts.items() if text is not None}


def parse_desc(text: str, ignored: Sequence[str] = ()) -> Package | None:
    """The package of a desc file; None where it says no name. ignored: patterns of names, of pacman.conf."""
    fields: dict[str, list[str]] = {}
    for block in re.split(r"\n{2,}", text.strip()):
        lines = block.split("\n")
        fields[lines[0].strip("%")] = lines[1:]
    name, version = (next(iter(fields.get(key, ())), "") for key in ("NAME", "VERSION"))
    if not name or not version:
        return None
    return Package(
        name,
        version,
        next(iter(fields.get("ARCH", ())), ""),
        fields.get("REASON") == ["1"],
        tuple(frozenset((_name(one),)) for one in fields.get("DEPENDS", ())),
        suggests=frozenset(_name(one) for one in fields.get("OPTDEPENDS", ())),
        names=frozenset((name, *map(_name, fields.get("PROVIDES", ())))),
        hold="pacman.conf names it in IgnorePkg or HoldPkg"
        if any(globs.fits(name, pattern) for pattern in ignored)
        else "",
    )


def ignored_packages(text: str) -> list[str]:
    """The patterns of names after IgnorePkg and HoldPkg in a pacman.conf (pacman.conf(5))."""
    settings = re.findall(r"^[ \t]*(?:IgnorePkg|HoldPkg)[ \t]*=(.*)$", text, re.MULTILINE)
    return [word for setting in settings for word in setting.split()]


def _name(relation: str) -> str:
    """`glibc` of "glibc>=2.3", and of the optional "glibc: for this and that"."""
    return re.split(r"[<>=:\s]", relation, maxsplit=1)[0]


def split_version(version: str) -> tuple[int | None, str, str | None]:
    """epoch, version and release of "1:12.3.5-2"."""
    epoch, colon, rest = version.partition(":")
    if not colon:
        epoch, rest = "", version
    upstream, hyphen, release = rest.rpartition("-")
    return epoch_number(epoch), upstream if hyphen else rest, release if hyphen else None
