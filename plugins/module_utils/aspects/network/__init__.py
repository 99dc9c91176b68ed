# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network: which NICs the guest configures, and that each has the same name and address on the target.

nics.py says what a format of configuration offers. To read another: a file for it, its name in _FORMATS, and its
pattern out of _NOT_READ.
"""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network import (
    identity,
    interfaces,
    naming,
    nics,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.description import Concern, Findings

NAME = "network"

_FORMATS = (interfaces,)

_NOT_READ = (
    "/etc/netplan/*.yaml",
    "/etc/NetworkManager/system-connections/*",
    "/etc/systemd/network/*.network",
    "/etc/sysconfig/network-scripts/ifcfg-*",
    "/etc/sysconfig/network/ifcfg-*",
)
# These say nothing of a NIC.
_LOOPBACK = ("ifcfg-lo", "ifcfg.template")


@dataclass(frozen=True)
class Facts:
    """nics: the guest's nics.Nic, in natural order; those that no file configures are last."""

    nics: list


def inspect(root):
    """One network device for each NIC that the guest configures, and each that only the caller knows of.

    Raises GuestconvError `hardware-malformed`.
    """
    cards = identity.cards_of(root.guest.hardware)
    configured = nics.nics_of([setting for kind in _FORMATS for setting in kind.read(root)])
    found, guesses = identity.matched(identity.with_macs_on_disk(configured, naming.macs_on_disk(root)), cards)
    root.facts[NAME] = Facts(found)
    doubts = (_not_read(root), identity.unknown_identity(found), _not_kept(root, found), _order_matters(found))
    return Findings(
        devices={"network": {nic.identifier: nic.facts() for nic in found}},
        concerns=guesses + [concern for concern in doubts if concern],
    )


def convert(root, conversion):
    """Bind the name of each NIC that stays to what it is known by on the target, and unconfigure the others."""
    found = root.facts[NAME].nics
    models = {nic: conversion.model("network", nic.identifier) for nic in found}
    gone = [nic.name for nic, model in models.items() if model is None and nic.name]
    if gone:
        for kind in _FORMATS:
            kind.unconfigure(root, gone)
        naming.release(root, gone)
    kept = {nic: model for nic, model in models.items() if model is not None}
    naming.keep(root, conversion, kept)
    conversion.hardware["interfaces"] = [_on_target(nic, model) for nic, model in kept.items()]


def _on_target(nic, model):
    return {
        "name": nic.name or nic.identifier,
        "driver": model.driver,
        "mac": nic.mac,
        "addresses": list(nic.addresses),
        "gateway": nic.gateway,
    }


def _not_read(root):
    files = [file for pattern in _NOT_READ for file in root.glob(pattern) if not file.endswith(_LOOPBACK)]
    if not files:
        return None
    return Concern(
        "network-configuration-not-read",
        "warning",
        f"guestconv does not read this network configuration yet: {', '.join(files)}.",
        "A NIC that it names may have another name on the target. Check it there, or bind it by a .link file first.",
    )


def _not_kept(root, found):
    names = [nic.name for nic in found if nic.name]
    if not names or naming.can_be_kept(root) or names == [f"eth{index}" for index in range(len(names))]:
        return None
    return Concern(
        "nic-name-not-kept",
        "warning",
        f"The guest has no udev, so nothing in it can give {', '.join(names)} these names on the target.",
        "There the kernel calls them eth0, eth1, ... in the order of their places on the bus; configure them so.",
    )


def _order_matters(found):
    """The kernel's own names cannot be swapped: while eth0 is there, udev cannot rename another to it (EEXIST)."""
    names = [nic.name for nic in found if nic.name and nics.KERNEL_NAME.fullmatch(nic.name)]
    if len(names) < 2:
        return None
    return Concern(
        "nic-order-matters",
        "warning",
        f"{', '.join(names)} are names that the kernel itself gives, in the order in which it finds the NICs.",
        "Give the virtual machine its NICs in the order of hardware.interfaces that convert returns.",
    )
