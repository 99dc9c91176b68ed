# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drivers that the guest is told not to load, in modprobe.d or on the kernel's command line: devices of theirs do nothing."""

from __future__ import annotations

from collections.abc import Mapping

from ...devices.targets import Model
from ...guest.root import GuestRoot
from ...texts import modprobe
from .. import searched
from .kernels import Kernel

_FILES = ("/etc/modprobe.d/*.conf", "/etc/modprobe.conf")
_DIRECTORY, _OLD_FILE = "/etc/modprobe.d/", "/etc/modprobe.conf"


def found(root: GuestRoot) -> dict[str, str]:
    """{name of a module that is not loaded: what says so}. Those files of packages in /usr name no drivers of the target."""
    there = searched.paths(root)
    paths = root.glob(*_FILES) if there is None else [path for path in there if _is_read(path)]
    places = {name: path for path in paths for name in modprobe.blocked(root.read(path) or "")}
    default = root.boot_menu.default
    by_arguments = modprobe.blocked_by_arguments(default.arguments) if default else ()
    return {**places, **dict.fromkeys(by_arguments, "the kernel's command line")}


def _is_read(path: str) -> bool:
    return path == _OLD_FILE or (path.startswith(_DIRECTORY) and path.count("/") == 3 and path.endswith(".conf"))


def reason(kernel: Kernel, model: Model, places: Mapping[str, str]) -> str:
    """Why a kernel does not load what a device of this model needs, "" when it does. places: as found returns them."""
    names = [name for name in model.modules if name in places and name not in kernel.tree.built_in]
    return ", ".join(f"{places[name]} keeps {name} from being loaded" for name in names)
