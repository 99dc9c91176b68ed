# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One room per boot loader, and the registry: a new one is a package of its own and one name in LOADERS."""

from __future__ import annotations

from dataclasses import dataclass, field

from ....guest.root import GuestRoot
from ....model.concerns import Concern
from .. import kernel_install
from ..command_line import Editors
from ..evidence import Evidence, Known
from . import extlinux, grub2, grub_legacy, systemd_boot, unified_image
from .grub2 import defaults
from .loader import BootLoader, Fallback, InstalledLoader

LOADERS: tuple[BootLoader, ...] = (grub2, grub_legacy, extlinux, systemd_boot, unified_image)


@dataclass(frozen=True)
class Found:
    """The loader that boots a root, as a kind and as it is installed; None twice where none is known. concerns: why."""

    kind: BootLoader | None = None
    installed: InstalledLoader | None = None
    concerns: list[Concern] = field(default_factory=list)


def known() -> Known:
    """What tells the loaders from each other."""
    return Known(_in_sector, _program)


def find(root: GuestRoot, evidence: Evidence) -> Found:
    """The loader that boots root: the one that the firmware starts, where the disks say which that is.

    Where they do not, it is the only one that has a menu there; of several none is taken.
    """
    if evidence.is_foreign:
        return Found(concerns=[_foreign(root, evidence)])
    started = [loader for loader in LOADERS if loader.NAME == evidence.started]
    with_menu = [(loader, loader.find(root, evidence)) for loader in started or LOADERS]
    found = [Found(loader, installed) for loader, installed in with_menu if installed is not None]
    if len(found) > 1:
        return Found(concerns=[_uncertain(root, found)])
    if not found:
        return Found(concerns=[_without_menu(root, started)])
    return found[0]


def fallbacks() -> list[Fallback]:
    """All ways to make a UEFI fallback, the best first."""
    return [way for loader in LOADERS for way in loader.FALLBACKS]


def edit_sources(root: GuestRoot, editors: Editors) -> None:
    """Edit what a menu of root's own would be generated from. It has none, and is started by another system's."""
    default = root.boot_menu.default
    has_initrd = default is None or default.unified or default.initrd is not None
    edit = editors.with_initrd if has_initrd else editors.without_initrd
    defaults.convert(root, edit)
    kernel_install.edit_sources(root, edit)


def _in_sector(sector: bytes) -> str | None:
    return next((loader.NAME for loader in LOADERS if loader.is_in_boot_sector(sector)), None)


def _program(name: str, data: bytes) -> str | None:
    return next((loader.NAME for loader in LOADERS if loader.is_program(name, data)), None)


def _foreign(root: GuestRoot, evidence: Evidence) -> Concern:
    return Concern(
        "boot-loader-not-supported",
        "error",
        f"The guest of {root.name} is started by {evidence.started}, which guestconv cannot prepare for the target.",
        f"guestconv converts guests that boot with {_titles(LOADERS)}. Install one of these in the guest.",
    )


def _without_menu(root: GuestRoot, started: list[BootLoader]) -> Concern:
    return Concern(
        "boot-loader-not-supported",
        "error",
        f"No boot menu of {_titles(started or LOADERS)} with a Linux entry was found on {root.name}"
        + (", although the firmware starts that boot loader." if started else "."),
        f"guestconv converts guests that boot with {_titles(LOADERS)}. Give all of the guest's disks.",
    )


def _uncertain(root: GuestRoot, found: list[Found]) -> Concern:
    titles = _titles([each.kind for each in found if each.kind])
    return Concern(
        "boot-loader-uncertain",
        "error",
        f"{root.name} has menus of {titles}, and nothing on the disks says which of these boot loaders starts the guest.",
        "Give all of the guest's disks, the one that boots first, and as hardware.firmware what the source has; or "
        "remove the files of the boot loader that is not used.",
    )


def _titles(loaders: tuple[BootLoader, ...] | list[BootLoader]) -> str:
    return ", ".join(loader.TITLE for loader in loaders)
