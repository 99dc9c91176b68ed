# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A boot loader for a guest that has none, as it needs none under Xen: GRUB 2, on the disk that gets a partition table.

What boots stays what the old hypervisor would have booted: pv-grub reads menu.lst (Xen's stubdom/grub), its successors
grub.cfg. A guest whose kernels came from the hypervisor gets a menu of those in its /boot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ....guest.boot_menu import BootMenu
from ....guest.root import GuestRoot
from ....model.concerns import Concern
from ..evidence import Evidence
from ..loaders import grub2, grub_legacy
from ..loaders.grub2.paths import RootFiles
from ..loaders.loader import InstalledLoader
from . import image, menu

if TYPE_CHECKING:
    from ...plan import Plan

_BY_GRUB2 = Evidence("bios", started=grub2.NAME)
_BY_PV_GRUB = Evidence("bios", started=grub_legacy.NAME)
_GENERATORS = tuple(f"/usr/{place}/{name}" for place in ("sbin", "bin") for name in ("grub-mkconfig", "grub2-mkconfig"))


@dataclass(frozen=True)
class NewLoader:
    """What is going to boot a root. disk: the id of the disk that it is installed on.

    directory: of its menu. is_new: whether the menu is written, of `menu`; it is there if not.
    """

    disk: str
    source: image.Source | None
    directory: str
    menu: BootMenu
    is_new: bool
    concerns: list[Concern]

    def install(self, root: GuestRoot, plan: Plan) -> InstalledLoader:
        """Write the menu, and have the boot loader written to the disk. Returns: it, with the menu still to be edited.

        Raises GuestconvError.
        """
        if self.source is None:
            raise image.failed("neither the guest nor this machine has its files")
        if self.is_new:
            text = menu.script(root, self.menu)
            root.write(f"{self.directory}/grub.cfg", text, "the menu of the boot loader that the guest needs")
        partition = next(each for each in root.guest.storage.partitions if each.disk.identifier == self.disk)
        made = self.source.image(f"(,msdos{partition.number}){RootFiles(root).place(self.directory)[1]}")
        root.guest.install_boot_code(root, self.disk, made.boot, made.core)
        if self.is_new and not root.glob(*_GENERATORS):
            plan.concerns.append(_not_maintained(self.directory))
        loader = grub2.find(root, _BY_GRUB2)
        if loader is None:
            raise image.failed(f"it cannot read its menu {self.directory}/grub.cfg")
        return loader


def planned(root: GuestRoot) -> NewLoader | None:
    """The boot loader that conversion installs for a root; None where the guest needs none."""
    disks = {each["disk"] for each in root.guest.transform if each.get("boot_loader")}
    if not disks:
        return None
    disk = root.mount_plan.boot.filesystem.disk
    if disk not in disks:
        return None
    source = image.source(root)
    found, directory, concerns = _menu(root)
    if not found.entries:
        concerns = [*concerns, _without_kernel(root)]
    if source is None:
        concerns = [*concerns, _not_installable(root)]
    return NewLoader(disk, source, directory or _directory(root), found, directory is None, concerns)


def _menu(root: GuestRoot) -> tuple[BootMenu, str | None, list[Concern]]:
    """The menu that boots the guest; the directory of grub.cfg, where it is that one; and what people should know."""
    own, legacy = grub2.find(root, _BY_GRUB2), grub_legacy.find(root, _BY_PV_GRUB)
    if legacy and legacy.menu().entries:
        default = legacy.menu().default
        # Ubuntu and Debian may keep both. Both are in step where nobody chose another kernel in one of them.
        if own is None or own.menu().default is None or not _boots_same(own.menu(), legacy.menu()):
            return legacy.menu(), None, legacy.concerns() if default is None else []
    if own:
        return own.menu(), own.path.rpartition("/")[0], own.concerns()
    return menu.of_kernels(root), None, []


def _boots_same(one: BootMenu, other: BootMenu) -> bool:
    return one.default is not None and other.default is not None and one.default.kernel == other.default.kernel


def _directory(root: GuestRoot) -> str:
    """Where the guest's GRUB 2 would have its menu."""
    first, second = sorted(("/boot/grub", "/boot/grub2"), reverse=root.info.get("package_format") == "rpm")
    return second if root.is_dir(second) and not root.is_dir(first) else first


def _not_installable(root: GuestRoot) -> Concern:
    return Concern(
        "boot-loader-not-installable",
        "error",
        f"Nothing on the disks starts the guest of {root.name} on a machine with firmware, and there is no GRUB 2 for BIOS "
        "in the guest or on this machine that could be installed.",
        "Install the packages grub-pc-bin and grub-common (Debian, Ubuntu) or grub2-pc-modules and grub2-tools (EL, "
        "Fedora) on the machine that runs the module, or in the guest.",
    )


def _without_kernel(root: GuestRoot) -> Concern:
    return Concern(
        "boot-kernel-missing",
        "error",
        f"The guest of {root.name} has no boot menu, and no kernel in /boot: its old hypervisor provided the kernel.",
        "Install a kernel of the distribution in the guest before it moves.",
    )


def _not_maintained(directory: str) -> Concern:
    return Concern(
        "boot-menu-not-maintained",
        "warning",
        f"The guest has no program that updates {directory}/grub.cfg, so kernels that are installed later are not in the "
        "boot menu.",
        "Install the package grub-pc (Debian, Ubuntu) or grub2 (EL, Fedora) in the converted guest.",
    )
