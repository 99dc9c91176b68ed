# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a target is. It has no behaviour to implement, so its interface is data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..model import Model


@dataclass(frozen=True)
class Agent:
    """What a hypervisor has run in its guests, so that it can ask and command them.

    package: its name, which distributions share. programs: paths of which one is there when it is installed. services: the
    names that distributions give its service.
    """

    package: str
    programs: tuple[str, ...]
    services: tuple[str, ...]


@dataclass(frozen=True)
class Target:
    """A hypervisor: its QEMU machine type, and per kind its models (rows of ../models.py), recommended ones first.

    agent: None where it has none, or none that distributions package.
    detected_as: what systemd-detect-virt(1) calls it in the guest.
    """

    name: str
    machine: str
    models: Mapping[str, tuple[Model, ...]]
    agent: Agent | None = None
    detected_as: tuple[str, ...] = ()

    def model(self, kind: str, driver: str) -> Model:
        """The model called driver. Raises KeyError for one that this target does not have."""
        for model in self.models[kind]:
            if model.driver == driver:
                return model
        raise KeyError(driver)
