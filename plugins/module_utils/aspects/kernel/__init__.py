# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernels: what each can drive, read from its own modules; and initrds, which must hold what the root disk needs."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from ...devices.targets import KINDS, TARGETS
from ...initrd import module_name
from ...model.concerns import Concern
from ...model.description import Findings
from . import initrds

NAME = "kernel"

# What is asked of a kernel: the modules of all device models. Of the thousands that it has none else is remembered, as
# a guest may have hundreds of kernels.
_OF_INTEREST = frozenset(
    name for target in TARGETS.values() for kind in KINDS for model in target.models[kind] for name in model.modules
)


@dataclass(frozen=True)
class Kernel:
    """A kernel of the boot menu.

    version: as uname -r says it, which is also its directory of modules; None when no such directory is there.
    initrd: the path of its initrd, None when it boots without one.
    loadable, built_in: names of modules, with underscores; those that device models need.
    path: of the kernel itself.
    """

    version: str | None
    initrd: str | None
    default: bool
    loadable: frozenset[str]
    built_in: frozenset[str]
    path: str = ""

    @property
    def modules(self):
        """All of these that it has."""
        return self.loadable | self.built_in

    @property
    def name(self):
        """Its version; without a directory of modules, what the name of its file says of that."""
        return self.version or _named_version(self.path) or self.path

    def needs_built_in(self, kind):
        """Whether modules are no use for devices of this kind: without an initrd they are on the disk to be found."""
        return kind == "block" and self.initrd is None


@dataclass(frozen=True)
class Facts:
    """The kernels of the boot menu; boot is the one that boots by default, None when that is not known."""

    kernels: list
    boot: Kernel | None

    @property
    def modules(self):
        """Names of the modules that the boot kernel has."""
        return self.boot.modules if self.boot else frozenset()


def inspect(root):
    """The kernels of the boot menu, and per device model of the target whether the boot kernel can drive it."""
    menu = root.facts["bootloader"]
    directory = next((path for path in ("/lib/modules", "/usr/lib/modules") if root.is_dir(path)), None)
    versions = root.list(directory) if directory else []
    kernels = {}
    for entry in menu.entries:
        version = _version(entry.kernel, versions)
        key = version or entry.kernel, entry.initrd
        if key not in kernels:
            is_default = menu.default is not None and entry.kernel == menu.default.kernel
            kernels[key] = _kernel(root, entry, version, is_default, directory)
    boot = next((kernel for kernel in kernels.values() if kernel.default), None)
    root.facts[NAME] = Facts(list(kernels.values()), boot)
    return Findings(
        kernels=[_describe(kernel, root.guest.target) for kernel in kernels.values()],
        usable={kind: _usable(boot, kind, root.guest.target.models[kind]) for kind in KINDS} if boot else {},
        concerns=_concerns(root, kernels.values()) + _others(root, boot, menu.entries, kernels.values()),
    )


def convert(root, conversion):
    """See that the initrd of every kernel in the menu holds the modules that the other aspects asked for."""
    for kernel in root.facts[NAME].kernels:
        if kernel.version is not None and kernel.initrd is not None:
            initrds.prepare(root, kernel, conversion)


def _kernel(root, entry, version, default, directory):
    if version is None:
        return Kernel(None, entry.initrd, default, frozenset(), frozenset(), entry.kernel)
    return Kernel(
        version,
        entry.initrd,
        default,
        _names(root, f"{directory}/{version}/modules.dep"),
        _names(root, f"{directory}/{version}/modules.builtin"),
        entry.kernel,
    )


def _names(root, path):
    """The names of interest in a modules.dep or modules.builtin: one path a line, then perhaps a colon."""
    text = (root.read_bytes(path) or b"").decode("utf-8", "replace")
    return _OF_INTEREST.intersection(module_name(line.partition(":")[0]) for line in text.split("\n"))


def _version(path, versions):
    """The version of the kernel at path, by the directories of modules; None when there is none for it."""
    version = _named_version(path)
    return version if version in versions else None


def _named_version(path):
    # vmlinuz-6.1.0-50-amd64, bzImage-..., kernel-...: what is behind the first hyphen.
    return re.sub(r"^[A-Za-z]+-", "", posixpath.basename(path))


def _describe(kernel, target):
    return {
        "version": kernel.name,
        "default": kernel.default,
        "initrd": kernel.initrd,
        "drivers": {
            model.driver: _missing(kernel, kind, model) == [] for kind in KINDS for model in target.models[kind]
        },
    }


def _missing(kernel, kind, model):
    there = kernel.built_in if kernel.needs_built_in(kind) else kernel.modules
    return [name for name in model.modules if name not in there]


def _usable(kernel, kind, models):
    """Per driver the reason why kernel cannot use it, "" when it can."""
    return {model.driver: _reason(kernel, kind, model) for model in models}


def _reason(kernel, kind, model):
    said = "without an initrd has no built-in {}" if kernel.needs_built_in(kind) else "has no {} module"
    return ", ".join(f"kernel {kernel.name} " + said.format(name) for name in _missing(kernel, kind, model))


def _concerns(root, kernels):
    concerns = []
    for kernel in kernels:
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


def _others(root, boot, entries, kernels):
    """A concern for each kernel but the boot kernel that cannot be prepared for the disk that is recommended.

    What has no root= is no kernel that boots the guest (memtest86+).
    """
    with_root = {entry.kernel for entry in entries if re.search(r"(?:^|\s)root=", entry.arguments)}
    models = root.guest.target.models["block"]
    disk = next((model for model in models if boot and not _missing(boot, "block", model)), None)
    concerns = []
    for kernel in kernels:
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
