# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a target is. It has no behaviour to implement, so its interface is data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..model import Model


@dataclass(frozen=True)
class Agent:
    """What a hypervisor has run in its guests, so that it can ask and command them.

    package: its name in most distributions. named: other names, by package manager (aspects/first_boot/managers.py).
    programs: paths of which one is there when it is installed. services: the
    names that distributions give its service.
    """

    package: str
    programs: tuple[str, ...]
    services: tuple[str, ...]
    named: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Target:
    """A hypervisor, or a platform or cloud on one.

    title: what people call it.
    machine: its machine type, in QEMU's words where QEMU has such a machine.
    models: per kind its models (rows of ../models.py), recommended ones first.
    windows_models: further models, for Windows alone: those that a guest of another hypervisor can keep, as it has a driver.
    hypervisors: the hypervisors and clouds that it is, as tools and agents in guests have them: those stay in a guest.
    same: the kinds of which all devices of one machine have the same model.
    disks_on_nvme: how many disks it puts on one NVMe controller.
    has_certain_order: whether the kernel finds disks of one model in their order.
    uefi_machine: the machine type for a guest that boots by UEFI, where that is another one.
    firmwares: the firmware that its machines can have ("bios", "uefi").
    boot_bus: {firmware: the bus of the disk that it boots from}, where that is not the bus of the disk's model.
    arguments: of the kernel, which the platform asks for.
    is_paravirtual: whether only kernels that know it start there, as there is no hardware.
    agent: None where it has none, or none that distributions package.
    detected_as: what systemd-detect-virt(1) calls it in the guest.
    highest_slot: the highest number of a PCI slot that systemd calls a network card after (ens3).
    has_subsystem_ids: whether a card can have other PCI subsystem ids than those of its model.
    has_local_time: whether the clock of a machine can be at the local time.
    """

    name: str
    title: str
    machine: str
    models: Mapping[str, tuple[Model, ...]]
    hypervisors: tuple[str, ...]
    windows_models: Mapping[str, tuple[Model, ...]] = field(default_factory=dict)
    same: tuple[str, ...] = ()
    disks_on_nvme: int = 1
    has_certain_order: bool = True
    uefi_machine: str = ""
    firmwares: tuple[str, ...] = ("bios", "uefi")
    boot_bus: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    is_paravirtual: bool = False
    agent: Agent | None = None
    detected_as: tuple[str, ...] = ()
    highest_slot: int = 31
    has_subsystem_ids: bool = False
    has_local_time: bool = True

    @property
    def modules(self) -> frozenset[str]:
        """The kernel modules that its models need, with underscores."""
        return frozenset(name for models in self.models.values() for model in models for name in model.modules)

    def machine_for(self, firmware: str) -> str:
        """The machine type for a guest that boots by this firmware."""
        return self.uefi_machine if self.uefi_machine and firmware == "uefi" else self.machine

    def all_models(self, kind: str) -> tuple[Model, ...]:
        """Its models of a kind, those for Windows alone last."""
        return (*self.models[kind], *self.windows_models.get(kind, ()))

    def model(self, kind: str, driver: str) -> Model:
        """The model called driver. Raises KeyError for one that this target does not have."""
        for model in self.all_models(kind):
            if model.driver == driver:
                return model
        raise KeyError(driver)
