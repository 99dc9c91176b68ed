# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests whose kernel loads no more modules once they have started (kernel.modules_disabled in sysctl.conf(5)).

What drives the root is loaded by the initrd. The driver of a network card is loaded by udev, at the same time as the setting
comes into force; such guests name it in modules-load.d(5), which is read before: the old hardware's.

Sources: Linux, Documentation/admin-guide/sysctl/kernel.rst; systemd, systemd-sysctl.service (After=systemd-modules-load.service).
"""

from __future__ import annotations

import posixpath
import re

from ...guest.root import GuestRoot
from ...model.concerns import Concern
from .. import searched
from .kernels import Kernel

_DIRECTORY, _FILE = "/etc/sysctl.d", "/etc/sysctl.conf"
_DISABLED = re.compile(r"(?m)^[ \t]*-?[ \t]*kernel[./]modules_disabled[ \t]*=[ \t]*1\b")
_LOADED_EARLY = ("/etc/modules", "/etc/modules-load.d/*.conf")


def concerns(root: GuestRoot, kernel: Kernel) -> list[Concern]:
    """The concern that the network card's driver may not be loaded; in a list, which may be empty."""
    path = next((path for path in searched.paths(root) or () if _disables(root, path)), None)
    models = root.guest.target.models["network"]
    model = next((each for each in models if kernel.drives("network", each, root.guest.target)), None)
    if path is None or model is None:
        return []
    named = {line.strip().replace("-", "_") for text in root.texts(_LOADED_EARLY).values() for line in text.split("\n")}
    modules = [name for name in model.modules if name not in named and name not in kernel.tree.built_in]
    if not modules:
        return []
    return [
        Concern(
            "module-loading-locked",
            "warning",
            f"{path} has the kernel load no more modules once the guest has started (kernel.modules_disabled). By then the "
            f"drivers of the target's network card may not have been loaded: {', '.join(modules)} for {model.driver}.",
            "Name them in a file of /etc/modules-load.d in the guest (in /etc/modules where its init is not systemd).",
        )
    ]


def _disables(root: GuestRoot, path: str) -> bool:
    directory, name = posixpath.split(path)
    is_read = path == _FILE or (directory == _DIRECTORY and name.endswith(".conf"))
    return is_read and disables(root.read(path) or "")


def disables(text: str) -> bool:
    """Whether a file of sysctl.d (text) has the kernel load no more modules."""
    return _DISABLED.search(text) is not None
