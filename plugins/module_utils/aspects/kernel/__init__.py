# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernels: what each can drive, read from its own modules; and initrds, which must hold what the root disk needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...devices.targets import KINDS, Target
from ...guest.root import GuestRoot
from ...model.description import Findings
from ..plan import Plan
from . import blocks, completing, concerns, kernels, room, unified_initrds
from .completing import Wanted
from .initrds import Initrd
from .kernels import Kernel

NAME = "kernel"
INSPECT_AFTER = ("bootloader",)
# They ask for modules and texts in the initrds.
CONVERT_AFTER = ("hypervisor_tools", "console", "network", "storage")

# What initramfs-tools and dracut call the initrd of a version.
_INITRDS = ("/boot/initrd.img-{}", "/boot/initramfs-{}.img")


@dataclass(frozen=True)
class Facts:
    """The kernels of the boot menu."""

    kernels: list[Kernel]


def inspect(root: GuestRoot) -> Findings:
    """The kernels of the boot menu, and per device model of the target whether the boot kernel can drive it."""
    found = kernels.found(root, root.boot_menu)
    boot = next((kernel for kernel in found if kernel.default), None)
    root.remember(Facts(found))
    blocked = blocks.found(root, boot) if boot else {}
    usable = {kind: _usable(boot, kind, root.guest.target, blocked) for kind in KINDS} if boot else {}
    findings = Findings(
        kernels=[_describe(kernel, root.guest.target) for kernel in found],
        usable=usable,
        concerns=concerns.of(root, found),
    )
    if boot and boot.version is not None and boot.initrds and all(map(root.is_file, boot.initrds)):
        models = [model for model in root.guest.target.models["block"] if not usable["block"][model.driver]]
        without_room, about_room = room.lacking(root, _initrd(boot, boot.initrds), models)
        usable["block"].update(without_room)
        findings.concerns += about_room
    return findings


def convert(root: GuestRoot, plan: Plan) -> None:
    """See that the initrd of every kernel in the menu holds the modules that the other aspects asked for.

    The guest starts by the default entry: where another one's initrd cannot be completed, that is a concern.
    """
    wanted: list[Wanted] = []
    plan.command_line.require(_arguments(root, plan.target))
    blocks.edit_initrd(plan)
    for kernel in root.recall(Facts).kernels:
        needed = (kernel.path,) if kernel.unified else kernel.initrds
        if kernel.version is None or not needed or not all(map(root.is_file, needed)):
            continue
        if kernel.unified:
            with completing.optional(plan, kernel.path, kernel.default):
                unified_initrds.check(root, kernel.path, kernel.version, kernel.tree.loadable, plan)
        else:
            wanted.append(Wanted(_initrd(kernel, kernel.initrds), kernel.path, kernel.default))
        wanted += [Wanted(_initrd(kernel, (path,)), path, False) for path in _originals(root, kernel)]
    completing.complete(root, wanted, plan)


def _arguments(root: GuestRoot, target: Target) -> list[str]:
    """The kernel's arguments that the target asks for, less those that the guest has with a value of its own.

    None where a kernel has no initrd: it would wait for as long as rootdelay= says, be the disk there or not
    (init/do_mounts.c), where an initrd waits until it is there.
    """
    if any(kernel.is_linux and not kernel.initrds and not kernel.unified for kernel in root.recall(Facts).kernels):
        return []
    present = {argument.partition("=")[0] for argument in root.boot_menu.arguments}
    return [argument for argument in target.arguments if argument.partition("=")[0] not in present]


def _initrd(kernel: Kernel, paths: tuple[str, ...]) -> Initrd:
    return Initrd(paths, str(kernel.version), kernel.tree.loadable, kernel.tree.path)


def _originals(root: GuestRoot, kernel: Kernel) -> list[str]:
    """The initrds that the guest's tool made in /boot, where the menu has copies of them that kernel-install made.

    It copies them again when the kernel or the boot loader is installed again, and does not make them anew then.
    """
    paths = (pattern.format(kernel.version) for pattern in _INITRDS)
    known = {path for each in root.recall(Facts).kernels for path in each.initrds}
    others = [path for path in paths if path not in known and root.is_file(path)]
    # The menu may name the same file by a link: /initrd.img, as Debian has it.
    same = set(map(root.real_path, known)) if others else set()
    return [path for path in others if root.real_path(path) not in same]


def _describe(kernel: Kernel, target: Target) -> dict[str, Any]:
    return {
        "version": kernel.name,
        "default": kernel.default,
        "initrd": kernel.initrd,
        "drivers": {
            model.driver: kernel.drives(kind, model, target) for kind in KINDS for model in target.models[kind]
        },
    }


def _usable(kernel: Kernel, kind: str, target: Target, blocked: Mapping[str, str]) -> dict[str, str]:
    """Per driver the reason why kernel cannot use it, "" when it can. blocked: as of blocks.found."""
    return {
        model.driver: concerns.reason(kernel, kind, model, target) or blocks.reason(kind, model, blocked)
        for model in target.models[kind]
    }
