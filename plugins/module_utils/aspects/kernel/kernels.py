# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernels of the boot menu: the version of each, and which of its modules devices need."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from ...devices.targets import KINDS, TARGETS, Model
from ...guest.boot_menu import BootMenu, Entry
from ...guest.root import GuestRoot
from ...initrd import module_name
from . import kernel_image

# What is asked of a kernel: the modules of all device models. Of the thousands that it has none else is remembered, as
# a guest may have hundreds of kernels.
_OF_INTEREST = frozenset(
    name for target in TARGETS.values() for kind in KINDS for model in target.models[kind] for name in model.modules
)


@dataclass(frozen=True)
class Kernel:
    """A kernel of the boot menu.

    version: as uname -r says it, which is also its directory of modules; None when no such directory is there.
    release: the version that its own file says, whether or not there is such a directory.
    initrd: the path of its initrd, None when it boots without one.
    loadable, built_in: names of modules, with underscores; those that device models need.
    path: of the kernel itself.
    """

    version: str | None
    initrd: str | None
    default: bool
    loadable: frozenset[str]
    built_in: frozenset[str]
    path: str = ""
    release: str | None = None

    @property
    def modules(self) -> frozenset[str]:
        """All of these that it has."""
        return self.loadable | self.built_in

    @property
    def name(self) -> str:
        """Its version; where that is not known, the name of its file."""
        return self.version or self.release or posixpath.basename(self.path)

    def needs_built_in(self, kind: str) -> bool:
        """Whether modules are no use for devices of this kind: without an initrd they are on the disk to be found."""
        return kind == "block" and self.initrd is None

    def missing(self, kind: str, model: Model) -> list[str]:
        """The modules that a device of this kind needs, and that this kernel does not have where it can use them."""
        there = self.built_in if self.needs_built_in(kind) else self.modules
        return [name for name in model.modules if name not in there]


def found(root: GuestRoot, menu: BootMenu) -> list[Kernel]:
    """The kernels of the menu, in its order. One that is named several times with the same initrd is one kernel."""
    directory = next((path for path in ("/lib/modules", "/usr/lib/modules") if root.is_dir(path)), None)
    versions = root.list(directory) if directory else []
    releases = {entry.kernel: _release(root, entry.kernel) for entry in menu.entries}
    kernels: dict[tuple[str, str | None], Kernel] = {}
    for entry in menu.entries:
        release = releases[entry.kernel]
        version = _version(root, entry, release, versions)
        key = version or entry.kernel, entry.initrd
        if key not in kernels:
            modules = f"{directory}/{version}"
            kernels[key] = Kernel(
                version,
                entry.initrd,
                menu.default is not None and entry.kernel == menu.default.kernel,
                _names(root, f"{modules}/modules.dep") if version else frozenset(),
                _names(root, f"{modules}/modules.builtin") if version else frozenset(),
                entry.kernel,
                release,
            )
    return list(kernels.values())


def _release(root: GuestRoot, path: str) -> str | None:
    """The version that the kernel's file says, None where it does not (other machines than x86 have no such header)."""
    return kernel_image.release(root.head(path, kernel_image.HEAD)) if root.is_file(path) else None


def _version(root: GuestRoot, entry: Entry, release: str | None, versions: list[str]) -> str | None:
    """Which of the directories of modules is the kernel's, None when none is.

    Where its file does not say, it is the only one there is, for what boots a root; of several the one that the file,
    or what it is a link to, is called after.
    """
    if release is not None:
        return release if release in versions else None
    if len(versions) == 1 and "root=" in entry.arguments and root.is_file(entry.kernel):
        return versions[0]
    name = posixpath.basename(root.real_path(entry.kernel))
    return max((version for version in versions if name.endswith(f"-{version}")), key=len, default=None)


def _names(root: GuestRoot, path: str) -> frozenset[str]:
    """The names of interest in a modules.dep or modules.builtin: one path a line, then perhaps a colon."""
    text = (root.read_bytes(path) or b"").decode("utf-8", "replace")
    return _OF_INTEREST.intersection(module_name(line.partition(":")[0]) for line in text.split("\n"))
