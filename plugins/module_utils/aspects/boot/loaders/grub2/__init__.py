# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GRUB 2: its menu, as its scripts make it, and device.map. What the menu is generated from is in defaults.py.

script/ knows the language, starts.py with which script GRUB begins, paths.py where the files are that scripts name.
grub.cfg is edited, not generated: grub-mkconfig sees the appliance's disks and would name those.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .....errors import GuestconvError
from .....guest.boot_menu import BootMenu, Entry
from .....guest.root import GuestRoot
from .....model.concerns import Concern
from ... import kernel_install, pe, unified
from ...command_line import Editors
from ...evidence import Evidence, disks_with
from .. import device_map, grub_legacy
from ..loader import default_not_known, default_not_supported
from . import custom, debconf, defaults, fallback, images, install_devices, starts
from .paths import RootFiles
from .script import editing, loader_line, menus, uses
from .script.menu import LOADERS, Item, Loaded
from .script.menus import Reading

if TYPE_CHECKING:
    from ....plan import Plan

NAME = "grub2"
TITLE = "GRUB 2"
FALLBACKS = (fallback.by_shim, fallback.by_grub)
READS_EXTENDED = False

# The section of an EFI program in which grub-mkimage puts the modules (util/mkimage.c).
_MODULES = "mods"


def is_in_boot_sector(sector: bytes) -> bool:
    """Whether the boot sector is GRUB 2's boot.img (grub-core/boot/i386/pc/boot.S has the message "GRUB ").

    GRUB legacy's stage1 has the same message.
    """
    return b"GRUB " in sector[:440] and not grub_legacy.is_in_boot_sector(sector)


def is_program(name: str, data: bytes) -> bool:
    """Whether an EFI program is GRUB: by its file's name, by the section with its modules, or by what it says as it starts.

    Ubuntu's says nothing.
    """
    program = pe.parse(data[: pe.HEAD])
    has_modules = program is not None and program.section(_MODULES) is not None
    return name.startswith("grub") or has_modules or b"Welcome to GRUB!" in data


def find(root: GuestRoot, evidence: Evidence) -> Grub2 | None:
    """GRUB 2 as it is installed in root: by the first script that makes a menu; None where none makes any.

    Scripts that only the other firmware starts with are edited too.
    """
    files = RootFiles(root)
    readings: list[Reading] = []
    for candidate in starts.candidates(root, files, evidence):
        if all(candidate.path not in each.shared.sources for each in readings):
            reading = menus.read(files, candidate.path, candidate.start)
            readings += [reading] if reading.menu.items or not reading.is_whole else []
    has_linux = any(item.loaded and item.loaded.boots_linux for each in readings[:1] for item in each.menu.walk())
    has_linux = has_linux or any(images.found(root, each.menu) for each in readings[:1])
    return Grub2(root, readings, evidence.firmware, disks_with(root, evidence, NAME)) if has_linux else None


class Grub2:
    """GRUB 2 in one root. readings: of its scripts, that of the menu that is shown first.

    firmware: that starts it. starting: the disks with its code in their boot sectors, in boot order.
    """

    def __init__(
        self, root: GuestRoot, readings: Sequence[Reading], firmware: str, starting: Sequence[str] = ()
    ) -> None:
        self._root = root
        self._firmware = firmware
        self._starting = starting
        self._readings = readings
        self._started = readings[0].menu.started() if readings[0].is_whole else None
        loaded = [(item, item.loaded) for item in readings[0].menu.walk()]
        unified_images = images.found(root, readings[0].menu)
        entries: dict[Item, Entry] = {
            item: unified_images.get(item) or _entry(item, each)
            for item, each in loaded
            if each is not None and (each.boots_linux or item in unified_images)
        }
        self._menu = BootMenu(list(entries.values()), entries.get(self._started) if self._started else None)

    @property
    def path(self) -> str:
        """The path of the script that makes the menu."""
        return self._readings[0].path

    def menu(self) -> BootMenu:
        """The entries that boot Linux, and which of them is the default."""
        return self._menu

    def concerns(self) -> list[Concern]:
        """That the default entry boots something else, and what the menu is generated from that is not edited."""
        default = self._menu.default
        found = unified.concerns(default) if default else [_not_supported(self._readings[0], self._started)]
        return [*found, *custom.concerns(self._root)]

    def edit(self, plan: Plan, editors: Editors) -> None:
        """Edit the command lines of all entries, and the disks' names in GRUB's own configuration."""
        if self._readings[0].is_graphical and self._firmware == "bios":
            _check_display(plan, self.path, self._root.name)
        plan.concerns += unified.check(self._menu, editors.with_initrd)
        for path, text in self._edited(editors).items():
            self._root.write(path, text, "the kernel's command lines fit the target")
        for path in (f"{directory}/device.map" for directory in starts.DIRECTORIES):
            before = self._root.read(path)
            if before is not None:
                after = device_map.rename_disks(before, plan.disk_names, self._starting[:1])
                self._root.write(path, after, "the disks' names on the target")

    def _edited(self, editors: Editors) -> dict[str, str]:
        """The texts of all files that change. Raises GuestconvError `boot-menu-not-editable`."""
        found = [use for reading in self._readings for use in uses.found(reading)]
        shared = [reading.shared for reading in self._readings]
        names = {name for each in shared for name in (*each.sources, *each.blocks, *each.entries)}
        texts = {name: self._root.read(name) or "" for name in names}
        try:
            return editing.edited(texts, found, editors.with_initrd, editors.without_initrd)
        except editing.BlockFull as error:
            raise GuestconvError(
                "boot-menu-not-editable",
                f"The environment block {error.path} on {self._root.name} has no room for the kernel's arguments on the "
                "target.",
                hint=f"Remove variables from it in the guest (grub-editenv {error.path} unset NAME).",
            ) from error
        except editing.NotEditable as error:
            raise GuestconvError(
                "boot-menu-not-editable",
                f"{self._readings[0].path} on {self._root.name} gives several kernels the same argument by a variable or "
                f"function, and on the target each needs another one: {', '.join(error.arguments)}.",
                hint="Write the arguments into the `linux` command of each entry, or regenerate the menu (grub-mkconfig).",
            ) from error

    def edit_sources(self, plan: Plan, editors: Editors, has_new_fallback: bool) -> None:
        """Edit what grub.cfg is generated from, and the answers by which upgrades of the packages install GRUB."""
        default = self._menu.default
        has_initrd = default is None or default.unified or default.initrd is not None
        edit = editors.with_initrd if has_initrd else editors.without_initrd
        defaults.convert(self._root, edit)
        kernel_install.edit_sources(self._root, edit)
        custom.convert(self._root, plan, editors)
        install_devices.convert(self._root, plan, self._starting)
        debconf.convert(self._root, plan.disk_names, self._starting, keep_fallback=has_new_fallback)


def _check_display(plan: Plan, path: str, root: str) -> None:
    """Refuse a machine without a display for a menu in a graphics mode, path. root: its name.

    Where no card answers the BIOS, GRUB's driver for a VGA, which asks for none, draws at 0xA0000. On QEMU's machines
    without a display this is memory: that of SeaBIOS's SMI handler, by which it reads disks (hw/pci-host/q35.c and
    i440fx.c: smram_region leads to the PCI bus, and to the memory below it where no device is; SeaBIOS's src/stacks.c:
    call32_smm). GRUB hangs before it loads a kernel. Tried with GRUB 2.06, on NVMe and virtio; it boots with smm=off.

    Raises GuestconvError `boot-menu-needs-display`.
    """
    if "kvm" in plan.target.hypervisors and plan.model("graphics", "video0") is None:
        raise GuestconvError(
            "boot-menu-needs-display",
            f"{path} on {root} shows the boot menu in a graphics mode (terminal_output gfxterm), and the new machine has no "
            "display. With BIOS firmware, GRUB hangs there before it starts a kernel.",
            hint="Keep the display of the guest's description (graphics.video0). Or set GRUB_TERMINAL=console in "
            "/etc/default/grub in the guest, and run grub-mkconfig.",
            path="guest.devices.graphics.video0",
        )


def _entry(item: Item, loaded: Loaded) -> Entry:
    arguments = loader_line.line(argument.text for argument in loaded.arguments[1:])
    kernel = loaded.path or loaded.arguments[0].text
    is_elsewhere = loaded.path is None
    return Entry(kernel, tuple(loaded.initrds), arguments, item.title, item.version, is_elsewhere=is_elsewhere)


def _not_supported(reading: Reading, item: Item | None) -> Concern:
    """The concern for a menu whose default entry boots no Linux, or of which the default is not known."""
    if item is None:
        return default_not_known(reading.path)
    loaded = item.loaded
    if loaded is None:
        return default_not_supported(reading.path, item.title, "nothing that guestconv knows")
    command = " ".join([loaded.kind, *(argument.text for argument in loaded.arguments[:1])])
    known = LOADERS.get(loaded.kind)
    return default_not_supported(reading.path, item.title, f"{known} ({command})" if known else command)
