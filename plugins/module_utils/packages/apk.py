# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""apk, of Alpine Linux.

Its database is text (apk-installed(5)). What nothing in /etc/apk/world needs is removed with whatever is done next, so
there is no removal that leaves dependencies in place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .dependencies import judged
from .manager import SECONDS, Application, DatabaseDamaged, Door, Judged, Package, listed

# Bytes for the new database, next to the old one.
_SPARE = 1024 * 1024


class Apk:
    """apk, in a mounted root."""

    FORMAT = "apk"
    KNOWS_DEPENDENCIES = True
    REMOVES_DEPENDENCIES = True

    # apk 3 may keep it below /usr.
    _DATABASES = ("/lib/apk/db/installed", "/usr/lib/apk/db/installed")
    _WORLD = "/etc/apk/world"

    def __init__(self, root: Door) -> None:
        self._root = root

    def applications(self) -> list[Application]:
        """The installed packages as applications() returns them."""
        packages = parse_installed(self._text())
        return [listed(package, None, *split_version(package.version)) for package in packages]

    def removal(self) -> Apk:
        """It removes packages itself."""
        return self

    def names(self) -> list[str]:
        """As of manager.Removal."""
        return re.findall(r"^P:(.+)$", self._text(), re.MULTILINE)

    def packages(self) -> list[Package]:
        """As of manager.Removal."""
        text = self._text()
        if "\0" in text or not re.match(r"[A-Za-z]:", text):
            raise DatabaseDamaged(f"{self._DATABASES[0]} is empty, or cannot be read.")
        return parse_installed(text, self._root.read(self._WORLD) or "")

    def judged(self, own: Sequence[Package], packages: Sequence[Package]) -> Judged:
        """As of manager.Removal."""
        return judged(own, packages)

    def room(self) -> tuple[str, int]:
        """As of manager.Removal."""
        return "/lib", len(self._text()) + _SPARE

    def remove(self, packages: Sequence[Package], detail: str) -> None:
        """As of manager.Removal."""
        names = list(dict.fromkeys(package.name for package in packages))
        touched = (self._WORLD,)
        self._root.run(["apk", "del", "--no-network", "--no-progress", *names], detail, touched, (), SECONDS)

    def _text(self) -> str:
        return next(filter(None, map(self._root.read, self._DATABASES)), "")


def parse_installed(text: str, world: str = "") -> list[Package]:
    """The packages in apk's database. world: the text of /etc/apk/world, which names what was asked for."""
    asked, pinned = set(), set()
    for word in world.split():
        name = re.split(r"[<>=~@]", word, maxsplit=1)[0]
        asked.add(name)
        if re.search(r"[<>=~]", word):
            pinned.add(name)
    found = []
    for fields in _stanzas(text):
        name = fields.get("P", "")
        if name:
            depends = tuple(frozenset((one,)) for one in _tokens(fields.get("D", "")) if not one.startswith("!"))
            # A subpackage that apk has put there because others are (install_if) needs no one to ask for it.
            found.append(
                Package(
                    name,
                    fields.get("V", ""),
                    fields.get("A", ""),
                    name not in asked,
                    depends,
                    names=frozenset((name, *_tokens(fields.get("p", "")))),
                    hold="/etc/apk/world asks for a certain version of it" if name in pinned else "",
                )
            )
    return found


def _stanzas(text: str) -> Iterator[dict[str, str]]:
    for block in re.split(r"\n{2,}", text):
        lines = (line.partition(":") for line in block.split("\n"))
        # F, R, a and Z, of its files, are there many times and of no interest.
        yield {key: value.strip() for key, colon, value in lines if colon}


def _tokens(field: str) -> list[str]:
    """`so:libc.musl-x86_64.so.1` of "so:libc.musl-x86_64.so.1=1"."""
    return [re.split(r"[<>=~@]", word, maxsplit=1)[0] for word in field.split()]


def split_version(version: str) -> tuple[str, str | None]:
    """The version and release of "12.3.5-r0"."""
    upstream, hyphen, release = version.rpartition("-r")
    return (upstream, release) if hyphen else (version, None)
