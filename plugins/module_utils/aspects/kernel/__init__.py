# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernels: what each can drive, read from its own modules; and initrds, which must hold what the root disk needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ...appliance.failures import ApplianceError
from ...devices.targets import KINDS, Model, Target
from ...errors import GuestconvError
from ...guest.root import GuestRoot
from ...model.description import Findings
from ..plan import Plan
from . import concerns, initrds, kernels, unified_initrds
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
    return Findings(
        kernels=[_describe(kernel, root.guest.target) for kernel in found],
        usable={kind: _usable(boot, kind, root.guest.target.models[kind]) for kind in KINDS} if boot else {},
        concerns=concerns.of(root, found),
    )


def convert(root: GuestRoot, plan: Plan) -> None:
    """See that the initrd of every kernel in the menu holds the modules that the other aspects asked for.

    The guest starts by the default entry: where another one's initrd cannot be completed, that is a concern.
    """
    # What room there is, the default has first.
    for kernel in sorted(root.recall(Facts).kernels, key=lambda kernel: not kernel.default):
        needed = (kernel.path,) if kernel.unified else kernel.initrds
        if kernel.version is None or not needed or not all(map(root.is_file, needed)):
            continue
        with _is_optional(plan, kernel.path, kernel.default):
            if kernel.unified:
                unified_initrds.check(root, kernel.path, kernel.version, kernel.tree.loadable, plan)
            else:
                initrds.prepare(root, _initrd(kernel, kernel.initrds), plan)
        for path in _originals(root, kernel):
            with _is_optional(plan, path, False):
                initrds.prepare(root, _initrd(kernel, (path,)), plan)


def _initrd(kernel: Kernel, paths: tuple[str, ...]) -> Initrd:
    return Initrd(paths, str(kernel.version), kernel.tree.loadable, kernel.tree.path)


@contextmanager
def _is_optional(plan: Plan, path: str, is_default: bool) -> Iterator[None]:
    """Have it as a concern where what is at path cannot be prepared, unless it belongs to the default entry."""
    try:
        yield
    except ApplianceError:
        raise
    except GuestconvError as error:
        if is_default:
            raise
        plan.concerns.append(concerns.not_prepared(path, error.message.rstrip(".")))


def _originals(root: GuestRoot, kernel: Kernel) -> list[str]:
    """The initrds that the guest's tool made in /boot, where the menu has copies of them that kernel-install made.

    It copies them again when the kernel or the boot loader is installed again, and does not make them anew then.
    """
    paths = (pattern.format(kernel.version) for pattern in _INITRDS)
    known = {path for each in root.recall(Facts).kernels for path in each.initrds}
    return [path for path in paths if path not in known and root.is_file(path)]


def _describe(kernel: Kernel, target: Target) -> dict[str, Any]:
    return {
        "version": kernel.name,
        "default": kernel.default,
        "initrd": kernel.initrd,
        "drivers": {model.driver: kernel.missing(kind, model) == [] for kind in KINDS for model in target.models[kind]},
    }


def _usable(kernel: Kernel, kind: str, models: Iterable[Model]) -> dict[str, str]:
    """Per driver the reason why kernel cannot use it, "" when it can."""
    return {model.driver: concerns.reason(kernel, kind, model) for model in models}
