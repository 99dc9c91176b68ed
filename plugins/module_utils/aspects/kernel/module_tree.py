# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kernel's directory of modules: what depmod listed there, and whether that is there."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from ...devices.targets import KINDS, TARGETS
from ...errors import GuestconvError
from ...guest.root import GuestRoot
from ...initrd import KernelModules, module_name, uncompressed
from . import kernel_config

# kmod looks into the first; distributions that merged /usr have a link there.
_DIRECTORIES = ("/lib/modules", "/usr/lib/modules")

# The modules that device models of one kind need. Of a guest's thousands only these are remembered, and looked at.
_OF_KIND = {
    kind: frozenset(name for target in TARGETS.values() for model in target.models[kind] for name in model.modules)
    for kind in KINDS
}
_OF_INTEREST = frozenset().union(*_OF_KIND.values())

# No module depends on more; a hostile list is not to be looked at for hours.
_MOST_FILES = 100
_PATTERN = re.compile(r"[*?\[\\~]")

# Where modules are whose list is missing: two levels are enough to find some of every kernel that has any.
_MODULES = tuple(f"{place}/*.ko*" for place in ("kernel", "kernel/*", "kernel/*/*", "kernel/*/*/*", "extra", "updates"))


_TRANSPORT, _PARAMETER = "virtio_pci", b"force_legacy"
_VERSION = re.compile(r"(?P<major>\d{1,4})\.")
_MODERN_SINCE = 4


@dataclass(frozen=True)
class ModuleTree:
    """What a kernel's directory of modules has.

    path: of the directory. loadable, built_in: names of modules that device models need, with underscores.
    lost: {name: path that modules.dep has for it, or for what it depends on, and where no file is}.
    is_without_index: whether there are modules, and depmod has listed none.
    has_old_virtio: whether it drives only those virtio devices that are from before version 1.0.
    needs: {name: the names of all modules that are loaded for it}, of the loadable modules that the target's devices need.
    """

    path: str = ""
    loadable: frozenset[str] = frozenset()
    built_in: frozenset[str] = frozenset()
    lost: Mapping[str, str] = field(default_factory=dict)
    is_without_index: bool = False
    has_old_virtio: bool = False
    needs: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def without_file(self, kind: str) -> list[str]:
        """The paths of those lost files that devices of this kind need."""
        return sorted({path for name, path in self.lost.items() if name in _OF_KIND[kind]})


def directories(root: GuestRoot) -> dict[str, str]:
    """{version: path of its directory of modules}, of all that are there."""
    found: dict[str, str] = {}
    for directory in _DIRECTORIES:
        for name in root.list(directory):
            path = f"{directory}/{name}"
            if name not in found and root.is_dir(path):
                found[name] = path
    return found


def read(root: GuestRoot, path: str) -> ModuleTree:
    """The directory of modules at path."""
    text = _text(root, f"{path}/modules.dep")
    loadable = _names(text)
    places = _places(path, text, loadable & root.guest.target.modules)
    lost = _lost(root, places)
    is_without_index = not text.strip() and bool(root.glob(*(f"{path}/{pattern}" for pattern in _MODULES)))
    built_in = _built_in(root, path)
    has_old_virtio = _TRANSPORT in loadable | built_in and _has_old_virtio(root, path, text)
    needs = {name: frozenset(module_name(place) or "" for place in each) for name, each in places.items()}
    return ModuleTree(path, loadable - lost.keys(), built_in, lost, is_without_index, has_old_virtio, needs)


def without_modules(root: GuestRoot, version: str) -> ModuleTree | None:
    """What a kernel of this version has that has no directory of modules, where its configuration says that it needs none."""
    place = f"/boot/config-{version}"
    text = _text(root, place) if root.is_file(place) else ""
    if not kernel_config.has_no_modules(text):
        return None
    return ModuleTree("", built_in=_OF_INTEREST & kernel_config.built_in(text))


def _built_in(root: GuestRoot, path: str) -> frozenset[str]:
    """The names of interest of what is built in: by depmod's list, or by the configuration of a kernel without one."""
    content = root.read_bytes(f"{path}/modules.builtin")
    if content is not None:
        return _names(content.decode("utf-8", "surrogateescape"))
    places = (f"/boot/config-{posixpath.basename(path)}", f"{path}/config")
    text = next((_text(root, place) for place in places if root.is_file(place)), "")
    return _OF_INTEREST & kernel_config.built_in(text)


def _has_old_virtio(root: GuestRoot, path: str, dep: str) -> bool:
    """ModuleTree.has_old_virtio, of a kernel that has virtio_pci. dep: text of its modules.dep.

    Linux drives virtio 1.0 on PCI since 4.0 (drivers/virtio/virtio_pci_modern.c); since then the module has the parameter
    force_legacy, which shows it in older kernels that have it too (Enterprise Linux 7). Of what is built into those,
    nothing shows it.
    """
    version = _VERSION.match(posixpath.basename(path))
    if version and int(version["major"]) >= _MODERN_SINCE:
        return False
    modules = KernelModules(dep)
    with suppress(GuestconvError):
        # Its own path is the last of those that are loaded for it.
        for name in modules.missing([_TRANSPORT], ())[-1:]:
            content = root.read_bytes(posixpath.join(path, name))
            return content is None or _PARAMETER not in uncompressed(name, content)
    return True


def _places(directory: str, dep: str, names: Collection[str]) -> dict[str, list[str]]:
    """{name: the paths of what is loaded for it}, of the modules of these names. dep: text of the directory's modules.dep."""
    modules = KernelModules(dep)
    places: dict[str, list[str]] = {}
    for name in sorted(names):
        with suppress(GuestconvError):  # Listed under a name that is not its file's.
            paths = modules.missing([name], ())[:_MOST_FILES]
            places[name] = [posixpath.join(directory, path) for path in paths]
    return places


def _lost(root: GuestRoot, places: Mapping[str, list[str]]) -> dict[str, str]:
    """ModuleTree.lost. places: as of _places."""
    there = _there(root, {place for each in places.values() for place in each})
    found = {name: [place for place in each if place not in there] for name, each in places.items()}
    return {name: lost[0] for name, lost in found.items() if lost}


def _there(root: GuestRoot, places: Collection[str]) -> set[str]:
    """Those of the places where there is a file, with a call for all that are in the kernel's own directory.

    What is installed in others may be a link to another kernel's (weak-modules), and leads nowhere if that was removed.
    """
    own = {place for place in places if "/kernel/" in place and not _PATTERN.search(place)}
    found = root.glob(*sorted(own)) if own else []
    return {*found, *(place for place in places if place not in own and root.is_file(place))}


def _text(root: GuestRoot, path: str) -> str:
    return (root.read_bytes(path) or b"").decode("utf-8", "surrogateescape")


def _names(text: str) -> frozenset[str]:
    """The names of interest in a modules.dep or modules.builtin: one path a line, then perhaps a colon."""
    return _OF_INTEREST.intersection(module_name(line.partition(":")[0]) for line in text.split("\n"))
