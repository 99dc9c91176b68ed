# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes docs/devices.md, which script/record-contract does, from the catalogue of targets and device models."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.virttools.guestconv.plugins.module_utils.devices import models
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KINDS, TARGETS, Model, Target
from tests.contract import ROOT

PAGE = ROOT / "docs" / "devices.md"

_FIRMWARES = {"bios": "BIOS", "uefi": "UEFI"}
_TITLES = {"block": "disks", "network": "network cards", "graphics": "display", "console": "console"}

_HEAD = """\
# Targets and their devices

<!-- script/record-contract writes this page from plugins/module_utils/devices. Do not edit it here. -->

The option `target` of `guestconv_inspect` and `guestconv_convert` is one of these. A guest is converted from any source
to any target. The drivers of a target are in the order in which they are recommended. The first one that the kernel of
the guest can use becomes the recommendation; all that it can use are `choices`, and `unavailable` has the reasons for
the others. Each device of a guest may have another driver, except where the last column has a kind of device: all
devices of that kind have the same driver there.

The tools and agents of a hypervisor stay in the guest if the target is that hypervisor.

"""

_OF_MODELS = """
## What a guest needs

A guest can use a driver if its kernel has all of these modules, built in or not. The modules for disks and for the
console are added to the initrd.

A guest on hardware without a mark in the last column cannot be booted by `guestconv_verify`, which refuses it with the
code [hardware-not-emulated](errors.md#hardware-not-emulated).

"""

_OF_WINDOWS = """
## What Windows needs

Windows can use a driver if it has one of these services, with its driver file, and knows the device by one of these PCI
ids, or if the virtio-win of the option `virtio_win` has the driver for this Windows. A display and a serial port without
either need no driver. Windows has no driver for devices that are not in this table. Targets offer the devices in the last
column to Windows guests alone, and never recommend them where another choice is possible: a guest can keep the disk
controller and the network card that it had on VMware.

"""


def text() -> str:
    """The whole page."""
    titles = [
        "target",
        "platform",
        "firmware",
        "machine",
        *(_TITLES[kind] for kind in _TITLES),
        "tools that stay",
        "same",
    ]
    targets = _table(titles, map(_of_target, TARGETS.values()))
    offered = [(kind, model) for kind in _TITLES for model in _offered(kind)]
    needs = _table(
        ["kind", "driver", "kernel modules", "names in the guest", "offered by", "in QEMU"],
        (_of_model(kind, model) for kind, model in offered),
    )
    windows = _table(
        ["kind", "driver", "services", "in virtio-win", "PCI ids", "for Windows alone"],
        (_of_windows(kind, model) for kind in _TITLES for model in models.MODELS[kind].values() if model.windows),
    )
    return _HEAD + targets + _OF_MODELS + needs + _OF_WINDOWS + windows


def _of_target(target: Target) -> list[str]:
    machines = dict.fromkeys(target.machine_for(firmware) for firmware in target.firmwares)
    return [
        f"`{target.name}`",
        target.title,
        ", ".join(_FIRMWARES[each] for each in target.firmwares),
        ", ".join(f"`{machine}`" for machine in machines),
        *(", ".join(f"`{model.driver}`" for model in target.models[kind]) for kind in _TITLES),
        ", ".join(target.hypervisors),
        ", ".join(_TITLES[kind] for kind in target.same),
    ]


def _offered(kind: str) -> list[Model]:
    """The models of a kind that some target offers, in the order of the catalogue."""
    drivers = {model.driver for target in TARGETS.values() for model in target.models[kind]}
    return [model for driver, model in models.MODELS[kind].items() if driver in drivers]


def _of_model(kind: str, model: Model) -> list[str]:
    names = f"`/dev/{model.disk_name(0)}`" if model.disk_prefix else f"`{model.tty}`" if model.tty else ""
    return [
        _TITLES[kind],
        f"`{model.driver}`",
        ", ".join(f"`{name}`" for name in model.modules) or "none",
        names,
        ", ".join(name for name, target in TARGETS.items() if model in target.models[kind]),
        "yes" if model.in_qemu else "",
    ]


def _of_windows(kind: str, model: Model) -> list[str]:
    needs = model.windows
    assert needs is not None
    return [
        _TITLES[kind],
        f"`{model.driver}`",
        " or ".join(" and ".join(f"`{name}`" for name in names) for names in needs.services),
        f"`{needs.driver}`" if needs.driver else "",
        ", ".join(f"`{each}`" for each in needs.ids),
        ", ".join(name for name, target in TARGETS.items() if model in target.windows_models.get(kind, ())),
    ]


def _table(titles: list[str], rows: Iterable[list[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def main() -> None:
    """The command: write the page."""
    assert set(_TITLES) == set(KINDS)
    PAGE.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
