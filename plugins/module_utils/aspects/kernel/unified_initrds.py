# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The initrds within unified kernel images, which are only read: what one lacks cannot be added to it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable

from ... import initrd as initrd_format
from ...errors import GuestconvError
from ...guest.root import GuestRoot
from ..boot import unified
from ..plan import Plan
from . import texts


def modules(root: GuestRoot, path: str, version: str) -> frozenset[str]:
    """The names of the kernel modules in the initrd within the image at path. Raises GuestconvError."""
    found = _read(root, path, lambda name: False)
    return frozenset(found.modules(version)) if found else frozenset()


def check(root: GuestRoot, path: str, version: str, loadable: Iterable[str], plan: Plan) -> None:
    """See that the initrd within the image at path has all that the aspects asked for.

    loadable: names of the modules that the kernel can load. Raises GuestconvError `unified-image-fixed`, and those of
    an initrd.
    """
    found = _read(root, path, texts.wanted(plan))
    there = found.modules(version) if found else {}
    missing = [name for name in plan.initrd.modules if name in loadable and name not in there]
    disks = {name for each in plan.selection.drivers.get("block", {}) for name in _modules_of(plan, each)}
    needed = [name for name in missing if name in disks]
    changed = sorted(texts.changed(found, plan)) if found else []
    if needed:
        raise _fixed(path, f"its initrd lacks {', '.join(needed)}", f"the drivers {', '.join(missing)} in its initrd")
    if changed:
        raise _fixed(path, f"{', '.join(changed)} in its initrd is wrong on the target", "these files corrected")


def _modules_of(plan: Plan, disk: str) -> Iterable[str]:
    model = plan.model("block", disk)
    return model.modules if model else ()


def _fixed(path: str, why: str, needs: str) -> GuestconvError:
    concern = unified.fixed(path, "error", why, needs)
    return GuestconvError(concern.code, concern.message, hint=concern.hint)


def _read(root: GuestRoot, path: str, wanted: Callable[[str], bool]) -> initrd_format.Initrd | None:
    """What is in the initrd within the image; None where it has none."""
    with tempfile.NamedTemporaryFile(prefix="guestconv-initrd-") as local:
        if not unified.download_initrd(root, path, local.name):
            return None
        try:
            return initrd_format.read(local.name, wanted)
        except GuestconvError as error:
            error.add_place(path)
            raise
