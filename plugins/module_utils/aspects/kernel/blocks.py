# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules that the guest keeps from being loaded: a driver that needs one of them is as good as not there.

`blacklist` concerns only a module that is loaded for a device, by its alias, as udev does it. By its name it is loaded in
spite of that (kmod, KMOD_PROBE_APPLY_BLACKLIST_ALIAS_ONLY): an initrd of initramfs-tools so loads what its list `modules`
names, and one of dracut what `force_drivers` names. Such a driver is taken as not there all the same: an initrd that is made
without the list would lack it, `install` and `module_blacklist=` stop it under any name, and whoever forbids a driver is
served with another one. Of a module that a driver needs it is without effect.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from functools import partial

from ...devices.targets import Model
from ...guest.root import GuestRoot
from ...texts import kernel_arguments, modprobe
from .. import searched
from ..plan import InitrdPlan, Plan
from .kernels import Kernel

# A file of the same name in one of these makes those after it void (modprobe.d(5)).
_DIRECTORY = "/etc/modprobe.d"
_DIRECTORIES = (_DIRECTORY, *searched.MODPROBE)
_ENDING = ".conf"
# module-init-tools, which kmod replaced, reads this one, and files of any name in the directory, if with a warning
# (EL 6, Debian 6, SLES 11 and older). Its modprobe is a program, and kmod's a link.
_OLD_FILE, _OLD_PROGRAM = "/etc/modprobe.conf", "/sbin/modprobe"
# What initrds have of all of them.
_COPIES = r"(?:(?:usr/)?lib|etc|run)/modprobe\.d/[^/]+\.conf"
# What is on the display before a driver is loaded stays there without it.
_KINDS = ("block", "network", "console")


def found(root: GuestRoot, kernel: Kernel) -> dict[str, str]:
    """{name of a module: what keeps kernel from loading it, as a sentence without its end}, of those that the target needs.

    What is built in, or needs what is built in, is there, unless initcall_blacklist= names the function that starts it.
    """
    default = root.boot_menu.default
    blocks = modprobe.blocked_by_arguments(kernel_arguments.split(default.arguments) if default else ())
    blocks = [block._replace(place=f"{block.place} on the kernel's command line") for block in blocks]
    paths = searched.paths(root)
    if paths is None:
        paths = root.glob(*(f"{directory}/*" for directory in _DIRECTORIES), _OLD_FILE)
    for path in paths:
        if _is_read(root, path):
            blocks += [block._replace(place=path) for block in modprobe.blocked(root.read(path) or "")]
    reasons: dict[str, str] = {}
    for block in blocks:
        what = "starting" if block.is_of_function else "being loaded"
        for name in root.guest.target.modules - (frozenset() if block.is_of_function else kernel.tree.built_in):
            if name == block.module:
                reasons[name] = f"{block.place} keeps {name} from {what}"
            elif block.is_always and block.module in kernel.tree.needs.get(name, ()):
                reasons.setdefault(name, f"{block.place} keeps {block.module}, which {name} needs, from {what}")
    return reasons


def _is_read(root: GuestRoot, path: str) -> bool:
    """Whether the guest's modprobe reads a file. None reads what is in directories below its own."""
    directory, name = posixpath.split(path)
    if path != _OLD_FILE and directory not in _DIRECTORIES:
        return False
    if path != _OLD_FILE and path.endswith(_ENDING):
        before = _DIRECTORIES[: _DIRECTORIES.index(directory)]
        return not any(root.exists(posixpath.join(each, name)) for each in before)
    return root.is_file(_OLD_PROGRAM) and root.real_path(_OLD_PROGRAM).endswith("/modprobe")


def reason(kind: str, model: Model, blocked: Mapping[str, str]) -> str:
    """Why the kernel does not load what it needs for a model, "" where it does. blocked: as of found."""
    return ", ".join(blocked[name] for name in model.modules if name in blocked and kind in _KINDS)


def edit_initrd(plan: Plan) -> None:
    """Have the initrds load what they need, which the guest's own files do not forbid: one may be from before these changed."""
    plan.initrd.edit(_COPIES, partial(_edited, plan.initrd))


def _edited(plan: InitrdPlan, text: str) -> str:
    return modprobe.without_blocks(text, plan.modules)
