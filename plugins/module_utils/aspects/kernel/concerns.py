# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be known of the kernels of a boot menu before a conversion."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...devices.targets import Model, Target
from ...guest import entries
from ...guest.root import GuestRoot
from ...model.concerns import Concern
from ..boot import unified
from . import appraisal, kdump, kernels, locked
from .kernels import Kernel, of_other_systems

# Without the devices of these kinds the guest does not start, or nobody sees it start; their modules go into the initrd.
_OF_INITRD = ("block", "console")


def of(root: GuestRoot, found: Sequence[Kernel]) -> list[Concern]:
    """The concerns about the kernels of root's menu."""
    boot = next((kernel for kernel in found if kernel.default), None)
    default = root.boot_menu.default
    is_of_another = default is not None and entries.starts_another(default, root)
    concerns = []
    for kernel in found:
        if kernel is boot and is_of_another:
            # Its kernel is not to be had here; that the guest would start another system is an error anyway.
            continue
        is_there = root.is_file(kernel.path)
        concerns += _of_modules(root, kernel) if is_there else _kernel_missing(kernel)
        concerns += [_initrd_missing(kernel, path) for path in kernel.initrds if not root.is_file(path)]
    if boot and boot.unified and boot.version is not None:
        concerns += _of_image(root, boot)
    if boot and root.guest.target.is_paravirtual:
        concerns += _not_for_xen(root, boot)
    if boot:
        concerns += locked.concerns(root, boot)
    concerns += _others(root, boot, found) + _of_other_systems(root)
    return concerns + appraisal.concerns(root) + kdump.concerns(root)


def _of_image(root: GuestRoot, kernel: Kernel) -> list[Concern]:
    """The concern for an image that boots by default and has the drivers for no disks of the target."""
    models = root.guest.target.models["block"]
    if any(kernel.drives("block", model, root.guest.target) for model in models):
        return []
    needs = f"{', '.join(kernel.missing('block', models[0]))} in its initrd"
    return [unified.fixed(kernel.path, "error", "its initrd has the drivers for no disks of the target", needs)]


def _not_for_xen(root: GuestRoot, kernel: Kernel) -> list[Concern]:
    """The concern that a kernel does not start as a machine of Xen's without hardware; in a list, which may be empty."""
    can_start = kernel.is_for_xen or kernels.has_xen_entry(root, kernel)
    if can_start:
        return []
    known = "cannot run" if can_start is False else "is of a form that guestconv cannot read, so it is not known to run"
    return [
        Concern(
            "kernel-not-for-xen",
            "error",
            f"The kernel {kernel.name} {known} as a paravirtualized machine of Xen (PV).",
            "Choose the target xen, whose machines have hardware (HVM), or install a kernel with CONFIG_XEN_PV.",
        )
    ]


def reason(kernel: Kernel, kind: str, model: Model, target: Target) -> str:
    """Why kernel cannot use a device model of the target, "" when it can."""
    if not kernel.missing(kind, model) and kernel.is_too_old_for(model, target):
        return f"kernel {kernel.name} drives virtio devices only as they were before virtio 1.0"
    said = "without an initrd has no built-in {}" if kernel.needs_built_in(kind) else "has no {} module"
    if kernel.has_fixed_initrd(kind):
        said = "has no {} in its initrd, which cannot be changed"
    return ", ".join(f"kernel {kernel.name} " + said.format(name) for name in kernel.missing(kind, model))


def not_prepared(path: str, why: str) -> Concern:
    """The concern that a kernel (its path), which does not boot by default, may not boot on the target."""
    return Concern(
        "kernel-not-prepared",
        "warning",
        f"{path}, which the boot menu offers too, may not boot on the target: {why}.",
        "The guest boots by another entry. To keep this one, install its kernel again in the guest.",
    )


def _of_modules(root: GuestRoot, kernel: Kernel) -> list[Concern]:
    """Concerns about the directory of modules of a kernel."""
    if kernel.is_for_xen and kernel.is_linux and kernel.default and not root.guest.target.is_paravirtual:
        return [_for_xen(kernel)]
    if kernel.version is None:
        return [_without_modules(root)] if kernel.default else []
    severity = "error" if kernel.default else "warning"
    if kernel.tree.is_without_index:
        return [
            Concern(
                "modules-dep-invalid",
                severity,
                f"{kernel.tree.path} has modules, but its modules.dep lists none, so the kernel would load none.",
                f"Run `depmod -a {kernel.version}` in the guest, or install its kernel package again.",
            )
        ]
    lost = kernel.damaged()
    if not lost:
        return []
    paths = sorted({path for each in lost.values() for path in each})
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return [
        Concern(
            "module-file-missing",
            severity if any(kind in lost for kind in _OF_INITRD) else "warning",
            f"modules.dep of the kernel {kernel.name} on {root.name} names {paths[0]}{more}, which is not there.",
            "Install the guest's kernel package again before it moves, or run depmod -a in the guest.",
        )
    ]


def _for_xen(kernel: Kernel) -> Concern:
    return Concern(
        "kernel-for-xen-only",
        "error",
        f"The kernel {kernel.path}, which boots by default, has no header by which a boot loader or firmware starts a "
        "kernel for x86. It was built for paravirtual machines of Xen.",
        "Install a kernel that runs on hardware in the guest (kernel instead of kernel-xen), and make it the default.",
    )


def _kernel_missing(kernel: Kernel) -> list[Concern]:
    if not kernel.default and not kernel.is_linux:
        return []
    return [
        Concern(
            "kernel-missing",
            "error" if kernel.default else "warning",
            f"The boot menu names the kernel {kernel.path}, which is not there.",
            "Install the guest's kernel package again, or have the guest make its boot menu anew, before it moves.",
        )
    ]


def _without_modules(root: GuestRoot) -> Concern:
    return Concern(
        "kernel-without-modules",
        "error",
        f"The kernel that boots {root.name} by default has no directory in /lib/modules.",
        "Install the guest's kernel package again before it moves.",
    )


def _initrd_missing(kernel: Kernel, path: str) -> Concern:
    return Concern(
        "initrd-missing",
        # A boot loader that does not find one of several images starts none of them.
        "error" if kernel.default else "warning",
        f"The boot menu names the initrd {path}, which is not there.",
        "Make it again with the guest's own tool before the guest moves.",
    )


def _of_other_systems(root: GuestRoot) -> list[Concern]:
    """A concern for each kernel of a system that is not converted, too."""
    converted = {each.name for each in root.guest.roots}
    others = of_other_systems(root, root.boot_menu)
    kernels_of = {(entry.kernel, name) for entry, name in others if name not in converted}
    # Of these there may be hundreds.
    own = f"{root.mount_plan.root.filesystem.name}["
    snapshots = sorted({name for _path, name in kernels_of if name.startswith(own)})
    return [
        not_prepared(path, f"it is of the system on {name}, which is not converted")
        for path, name in sorted(kernels_of)
        if name not in snapshots
    ] + ([_snapshots(snapshots)] if snapshots else [])


def _snapshots(names: Sequence[str]) -> Concern:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return Concern(
        "snapshot-not-prepared",
        "info",
        f"The boot menu offers {names[0]}{more}, which {'are' if more else 'is'} not converted, and may not boot on the "
        "target.",
        "Nothing needs to be done if snapshots from before the conversion are not needed.",
    )


def _others(root: GuestRoot, boot: Kernel | None, found: Iterable[Kernel]) -> list[Concern]:
    """A concern for each kernel but the boot kernel that cannot be prepared for the disk that is recommended."""
    models = root.guest.target.models["block"]
    target = root.guest.target
    disk = next((model for model in models if boot and boot.drives("block", model, target)), None)
    concerns = []
    for kernel in found:
        if kernel.default or not kernel.is_linux or not root.is_file(kernel.path):
            continue
        why = None
        if kernel.is_for_xen and not root.guest.target.is_paravirtual:
            why = "it was built for paravirtual machines of Xen"
        elif kernel.version is None:
            why = "it has no directory in /lib/modules, so guestconv cannot add drivers to its initrd"
        elif disk is not None:
            lacking = reason(kernel, "block", disk, target)
            why = lacking and f"for {disk.driver}, {lacking}"
        if why:
            concerns.append(not_prepared(kernel.path, why))
    return concerns
