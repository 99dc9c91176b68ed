# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernels of the boot menu: the version of each, and which of its modules devices need."""

from __future__ import annotations

import posixpath
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field

from ...appliance.failures import ApplianceError
from ...devices.targets import KINDS, Model, Target
from ...errors import GuestconvError
from ...guest import entries
from ...guest.boot_menu import BootMenu, Entry
from ...guest.root import GuestRoot
from ...guest.storage.layers.subvolume import Subvolume
from ..boot import unified
from . import kernel_image, module_tree, unified_initrds
from .module_tree import ModuleTree

# The family of machines that have it.
_PCI_EXPRESS = "q35"
_X86 = ("x86_64", "i686")


@dataclass(frozen=True)
class Kernel:
    """A kernel of the boot menu.

    version: as uname -r says it, which is also its directory of modules; None when no such directory is there.
    release: the version that its own file says, whether or not there is such a directory.
    initrds: the paths of the images that become its initrd; none when it boots without one, or has it within itself.
    unified: whether it is a unified kernel image, which has an initrd within.
    tree: what its directory of modules has.
    path: of the kernel itself.
    is_linux: whether the entry is of a system, and not of a memory test.
    within: names of the modules in the initrd within a unified kernel image.
    is_for_xen: whether only a paravirtual machine of Xen starts it.
    """

    version: str | None
    initrds: tuple[str, ...]
    default: bool
    tree: ModuleTree = field(default_factory=ModuleTree)
    path: str = ""
    release: str | None = None
    unified: bool = False
    is_linux: bool = True
    within: frozenset[str] = frozenset()
    is_for_xen: bool = False

    @property
    def initrd(self) -> str | None:
        """The last of its images, as Entry.initrd."""
        return self.initrds[-1] if self.initrds else None

    @property
    def modules(self) -> frozenset[str]:
        """The names of all modules, built in or not, that it has and that device models need."""
        return self.tree.loadable | self.tree.built_in

    @property
    def name(self) -> str:
        """Its version; where that is not known, the name of its file."""
        return self.version or self.release or posixpath.basename(self.path)

    def needs_built_in(self, kind: str) -> bool:
        """Whether modules are no use for devices of this kind: without an initrd they are on the disk to be found."""
        return kind == "block" and not self.initrds and not self.unified

    def missing(self, kind: str, model: Model) -> list[str]:
        """The modules that a device of this kind needs, and that this kernel does not have where it can use them."""
        there = self.tree.built_in if self.needs_built_in(kind) else self.modules
        if self.has_fixed_initrd(kind):
            there = self.tree.built_in | self.within
        return [name for name in model.modules if name not in there]

    def drives(self, kind: str, model: Model, target: Target) -> bool:
        """Whether it can use a device of this kind on the target."""
        return not self.missing(kind, model) and not self.is_too_old_for(model, target)

    def is_too_old_for(self, model: Model, target: Target) -> bool:
        """Whether it drives such a device only where that is offered as before virtio 1.0.

        Behind a port of PCI Express, where libvirt and those who use it put devices of a machine with PCI Express, QEMU
        offers virtio 1.0 alone (hw/virtio/virtio-pci.c, virtio_pci_realize: disable-legacy=auto).
        """
        return model.is_virtio and self.tree.has_old_virtio and target.machine == _PCI_EXPRESS

    def has_fixed_initrd(self, kind: str) -> bool:
        """Whether modules for devices of this kind must be in an initrd that cannot be changed."""
        return kind == "block" and self.unified

    def damaged(self) -> dict[str, list[str]]:
        """{kind of device: paths of modules that it needs and that modules.dep names, but that are not there}."""
        return {kind: paths for kind in KINDS for paths in [self.tree.without_file(kind)] if paths}


def found(root: GuestRoot, menu: BootMenu) -> list[Kernel]:
    """The kernels of the menu, in its order. One that is named several times with the same initrd is one kernel."""
    directories = module_tree.directories(root)
    # A menu has several entries for a kernel.
    files = {entry.kernel: entry for entry in menu.entries}
    heads = {path: _head(root, entry) for path, entry in files.items()}
    releases = {path: _release(root, entry, heads[path]) for path, entry in files.items()}
    trees: dict[str, ModuleTree] = {}
    by_kernel: dict[tuple[str, tuple[str, ...]], list[Entry]] = {}
    versions: dict[tuple[str, tuple[str, ...]], str | None] = {}
    others = {id(entry) for entry, _name in of_other_systems(root, menu)}
    for entry in menu.entries:
        if id(entry) in others:
            continue
        version = _version(root, entry, releases[entry.kernel], directories)
        if version is None and _is_whole(root, releases[entry.kernel], trees):
            version = releases[entry.kernel]
        # The images of one version differ in their initrds.
        key = entry.kernel if entry.unified else version or entry.kernel, entry.initrds
        by_kernel.setdefault(key, []).append(entry)
        versions[key] = version
        if version and version not in trees:
            trees[version] = module_tree.read(root, directories[version])
    return [
        Kernel(
            versions[key],
            same[0].initrds,
            menu.default is not None and any(_is_same(entry, menu.default) for entry in same),
            trees.get(versions[key] or "", ModuleTree()),
            same[0].kernel,
            releases[same[0].kernel],
            same[0].unified,
            any(map(_is_linux, same)),
            _within(root, same[0], versions[key]),
            _is_for_xen(root, same[0], heads[same[0].kernel]),
        )
        for key, same in by_kernel.items()
    ]


def _is_whole(root: GuestRoot, release: str | None, trees: dict[str, ModuleTree]) -> bool:
    """Whether the kernel of this release can load no modules; what it has is in trees then."""
    if release is not None and release not in trees:
        whole = module_tree.without_modules(root, release)
        if whole:
            trees[release] = whole
    return release in trees


def of_other_systems(root: GuestRoot, menu: BootMenu) -> list[tuple[Entry, str]]:
    """The entries that start another system, with the name of its root: os-prober makes them, and shared menus have them.

    The kernel of one that is not converted is not in root; that of a snapshot of the root may be seen there, and stays.
    The default is not among them, as it is what starts the guest.
    """
    own = root.mount_plan.root.filesystem
    found = []
    for entry in menu.entries:
        if entry is menu.default or entries.starts(entry, root):
            continue
        other = entries.system_of(entry, root)
        nodes = entries.named(entry, root.guest.storage)
        is_snapshot = any(isinstance(node, Subvolume) and node.filesystem == own for node in nodes)
        if other or is_snapshot or (nodes and not root.is_file(entry.kernel)):
            found.append((entry, other.name if other else nodes[0].name))
    return found


def _is_same(entry: Entry, other: Entry) -> bool:
    return (entry.kernel, entry.initrds) == (other.kernel, other.initrds)


def _is_linux(entry: Entry) -> bool:
    """Whether the entry boots a system. A memory test has neither a root filesystem nor an initrd."""
    return bool(entry.initrds) or entry.unified or re.search(r'(?:^|[\s"])(?:real_)?root=', entry.arguments) is not None


def _within(root: GuestRoot, entry: Entry, version: str | None) -> frozenset[str]:
    """Kernel.within. What cannot be read has none."""
    if not entry.unified or version is None:
        return frozenset()
    try:
        return unified_initrds.modules(root, entry.kernel, version)
    except ApplianceError:
        raise
    except GuestconvError:
        return frozenset()


def _head(root: GuestRoot, entry: Entry) -> bytes:
    """The beginning of the kernel's file; nothing where it is not there."""
    if not root.is_file(entry.kernel):
        return b""
    if entry.unified:
        return unified.kernel_head(root, entry.kernel, kernel_image.HEAD)
    return root.head(entry.kernel, kernel_image.HEAD)


def _release(root: GuestRoot, entry: Entry, head: bytes) -> str | None:
    """The version that the kernel's file says, None where it does not. head: its beginning."""
    path = entry.kernel
    release = kernel_image.release(head)
    if entry.unified or release is not None:
        return release
    if not kernel_image.is_without_header(head) or root.size(path) > kernel_image.LARGEST:
        return None
    with tempfile.NamedTemporaryFile(prefix="guestconv-kernel-") as local:
        root.download(path, local.name)
        with open(local.name, "rb") as copy:
            return kernel_image.release_in(copy)


def has_xen_entry(root: GuestRoot, kernel: Kernel) -> bool | None:
    """Whether the kernel can be started as a paravirtualized machine of Xen; None where that cannot be read."""
    if kernel.unified or not root.is_file(kernel.path) or root.size(kernel.path) > kernel_image.LARGEST:
        return None
    with tempfile.NamedTemporaryFile(prefix="guestconv-kernel-") as local:
        root.download(kernel.path, local.name)
        with open(local.name, "rb") as copy:
            return kernel_image.has_xen_entry(copy)


def _is_for_xen(root: GuestRoot, entry: Entry, head: bytes) -> bool:
    """Kernel.is_for_xen. head: the beginning of the kernel's file."""
    return root.info.get("arch") in _X86 and not entry.unified and kernel_image.is_without_boot_header(head)


def _version(root: GuestRoot, entry: Entry, release: str | None, directories: Mapping[str, str]) -> str | None:
    """Which of the directories of modules is the kernel's, None when none is.

    Where its file does not say: the one that the file, or what it is a link to, is called after; that of the version
    which the entry says; that of a part of its path (kernel-install: /boot/TOKEN/VERSION/linux); or the only one there
    is, for what boots a system.
    """
    if release is not None:
        return release if release in directories else None
    path = root.real_path(entry.kernel)
    for place in dict.fromkeys((path, entry.kernel)):
        name = posixpath.basename(place)
        called = max((version for version in directories if name.endswith(f"-{version}")), key=len, default=None)
        if called:
            return called
    parts = [entry.version, *reversed(posixpath.dirname(path).split("/"))]
    said = next((part for part in parts if part and part in directories), None)
    if said is None and len(directories) == 1 and _is_linux(entry) and root.is_file(entry.kernel):
        return next(iter(directories))
    return said
