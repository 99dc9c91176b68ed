# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guest's packages: what is installed, what needs what, and removal.

One file per package manager, and the registry: a new one is a file of its own and one name in MANAGERS.
"""

from __future__ import annotations

from .apk import Apk
from .dpkg import Dpkg
from .manager import Application, Door, PackageManager
from .pacman import Pacman
from .rpm import Rpm

MANAGERS: tuple[type[PackageManager], ...] = (Dpkg, Rpm, Apk, Pacman)


def manager_for(root: Door) -> PackageManager | None:
    """The package manager of a mounted root; None where its format of packages is not known."""
    return next((kind(root) for kind in MANAGERS if kind.FORMAT == root.info["package_format"]), None)


def applications(root: Door) -> list[Application]:
    """The installed packages of root, by name; none in an unknown format. Raises GuestconvError."""
    manager = manager_for(root)
    return sorted(manager.applications(), key=lambda one: (one["name"], one["arch"] or "")) if manager else []
