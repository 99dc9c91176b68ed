# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernels: what each can drive, read from its own modules; and initrds, which must hold what the root disk needs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ...devices.targets import KINDS, Model, Target
from ...guest.root import GuestRoot
from ...model.concerns import Concern
from ...model.description import Findings
from ..plan import Plan
from . import initrds, kernels
from .initrds import Initrd
from .kernels import Kernel

NAME = "kernel"
INSPECT_AFTER = ("bootloader",)
# They ask for modules and texts in the initrds.
CONVERT_AFTER = ("hypervisor_tools", "console", "network", "storage")


@dataclass(frozen=True)
class Facts:
    """The kernels of the boot menu."""

    kernels: list[Kernel]


def inspect(root: GuestRoot) -> Findings:
    """The kernels of the boot menu, and per device model of the target whether the boot kernel can drive it."""
    found = kernels.found(root, root.boot_menu)
    boot = next((kernel for kernel in found if kernel.default), None)
    root.remember(Facts(found))
    return Findings(
        kernels=[_describe(kernel, root.guest.target) for kernel in found],
        usable={kind: _usable(boot, kind, root.guest.target.models[kind]) for kind in KINDS} if boot else {},
        concerns=_concerns(root, found) + _others(root, boot, found),
    )


def convert(root: GuestRoot, plan: Plan) -> None:
    """See that the initrd of every kernel in the menu holds the modules that the other aspects asked for."""
    for kernel in root.recall(Facts).kernels:
        if kernel.version is not None and kernel.initrd is not None:
            initrds.prepare(root, Initrd(kernel.initrd, kernel.version, kernel.loadable), plan)


def _describe(kernel: Kernel, target: Target) -> dict[str, Any]:
    return {
        "version": kernel.name,
        "default": kernel.default,
        "initrd": kernel.initrd,
        "drivers": {model.driver: kernel.missing(kind, model) == [] for kind in KINDS for model in target.models[kind]},
    }


def _usable(kernel: Kernel, kind: str, models: Iterable[Model]) -> dict[str, str]:
    """Per driver the reason why kernel cannot use it, "" when it can."""
    return {model.driver: _reason(kernel, kind, model) for model in models}


def _reason(kernel: Kernel, kind: str, model: Model) -> str:
    said = "without an initrd has no built-in {}" if kernel.needs_built_in(kind) else "has no {} module"
    return ", ".join(f"kernel {kernel.name} " + said.format(name) for name in kernel.missing(kind, model))


def _concerns(root: GuestRoot, found: Iterable[Kernel]) -> list[Concern]:
    concerns = []
    for kernel in found:
        if kernel.version is None and kernel.default:
            concerns.append(
                Concern(
                    "kernel-without-modules",
                    "error",
                    f"The kernel that boots {root.name} by default has no directory in /lib/modules.",
                    "Install the guest's kernel package again before it moves.",
                )
            )
        if kernel.initrd is not None and not root.is_file(kernel.initrd):
            concerns.append(
                Concern(
                    "initrd-missing",
                    "error" if kernel.default else "warning",
                    f"The boot menu names the initrd {kernel.initrd}, which is not there.",
                    "Make it again with the guest's own tool before the guest moves.",
                )
            )
    return concerns


def _others(root: GuestRoot, boot: Kernel | None, found: Iterable[Kernel]) -> list[Concern]:
    """A concern for each kernel but the boot kernel that cannot be prepared for the disk that is recommended.

    What has no root= is no kernel that boots the guest (memtest86+).
    """
    with_root = {entry.kernel for entry in root.boot_menu.entries if re.search(r"(?:^|\s)root=", entry.arguments)}
    models = root.guest.target.models["block"]
    disk = next((model for model in models if boot and not boot.missing("block", model)), None)
    concerns = []
    for kernel in found:
        if kernel.default or kernel.path not in with_root:
            continue
        reason = None
        if kernel.version is None:
            reason = "it has no directory in /lib/modules, so guestconv cannot add drivers to its initrd"
        elif disk is not None:
            lacking = _reason(kernel, "block", disk)
            reason = lacking and f"for {disk.driver}, {lacking}"
        if reason:
            concerns.append(
                Concern(
                    "kernel-not-prepared",
                    "warning",
                    f"{kernel.path}, which the boot menu offers too, may not boot on the target: {reason}.",
                    "The guest boots by another entry. To keep this one, install its kernel again in the guest.",
                )
            )
    return concerns
