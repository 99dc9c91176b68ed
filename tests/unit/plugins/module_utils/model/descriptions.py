# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Descriptions of made-up guests."""

from __future__ import annotations

from types import SimpleNamespace

from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KINDS, KVM
from ansible_collections.virttools.guestconv.plugins.module_utils.model import description
from ansible_collections.virttools.guestconv.plugins.module_utils.model.description import Findings

USABLE = {kind: {model.driver: "" for model in KVM.models[kind]} for kind in KINDS}


def usable(**reasons):
    """All drivers of KVM's, but those with a reason against them."""
    return {
        kind: {driver: reasons.get(driver.replace("-", "_"), "") for driver in drivers}
        for kind, drivers in USABLE.items()
    }


def guest(*roots, target=KVM):
    return SimpleNamespace(
        target=target,
        hardware={},
        transform=[],
        fingerprint=lambda: "sha256:" + "0" * 64,
        roots=[SimpleNamespace(name=name, info={"hostname": name}) for name in roots or ("/dev/sda1",)],
    )


def described(**values):
    devices = {
        "network": {"ens192": {"mac": None}},
        "block": {"sda": {"size": 10}, "sdb": {"size": 20}},
        "graphics": {"video0": {}},
        "console": {"console": {"kernel_arguments": []}},
    }
    findings = Findings(devices=devices, usable=usable(qxl_vga="kernel 6.1 has no qxl module"), **values)
    return description.describe(guest(), {"/dev/sda1": [findings]})
