# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules that the guest keeps from being loaded: a driver that needs one of them is as good as not there."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from ...devices.targets import KINDS, Model
from ...guest.root import GuestRoot
from ...texts import kernel_arguments, modprobe
from ..plan import InitrdPlan, Plan
from .kernels import Kernel

# The administrator's directory. What packages bring in the others is about modules that no target needs.
_DIRECTORY = "/etc/modprobe.d"
_ENDING = ".conf"
# What initrds have of all of them.
_COPIES = r"(?:(?:usr/)?lib|etc|run)/modprobe\.d/[^/]+\.conf"
# What is on the display before a driver is loaded stays there without it.
_KINDS = ("block", "network", "console")


def found(root: GuestRoot) -> dict[str, str]:
    """{name of a module: what keeps it from being loaded, for messages}, of those that the target's devices need."""
    models = (model for kind in KINDS for model in root.guest.target.models[kind])
    modules = {name for model in models for name in model.modules}
    default = root.boot_menu.default
    arguments = modprobe.blocked_by_arguments(kernel_arguments.split(default.arguments) if default else ())
    blocked = {name: f"{argument} on the kernel's command line" for name, argument in arguments.items()}
    paths = root.files_with(_DIRECTORY, modprobe.expression(modules))
    if paths is None:
        paths = root.glob(f"{_DIRECTORY}/*{_ENDING}")
    for path in paths:
        # kmod reads no others, and none below.
        if path.endswith(_ENDING) and path.count("/") == _DIRECTORY.count("/") + 1:
            blocked.update(dict.fromkeys(modprobe.blocked(root.read(path) or ""), path))
    return {name: place for name, place in blocked.items() if name in modules}


def reason(kernel: Kernel, kind: str, model: Model, blocked: Mapping[str, str]) -> str:
    """Why kernel does not load what it needs for a model, "" where it does. blocked: as of found. What is built in is there."""
    kept = [name for name in model.modules if name in blocked and name not in kernel.tree.built_in]
    return ", ".join(f"{blocked[name]} keeps {name} from being loaded" for name in kept if kind in _KINDS)


def edit_initrd(plan: Plan) -> None:
    """Have the initrds load what they need, which the guest's own files do not forbid: one may be from before these changed."""
    plan.initrd.edit(_COPIES, partial(_edited, plan.initrd))


def _edited(plan: InitrdPlan, text: str) -> str:
    return modprobe.without_blocks(text, plan.modules)
