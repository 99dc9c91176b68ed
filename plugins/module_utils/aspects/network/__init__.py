# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network: which NICs the guest configures, and that each has the same name and address on the target.

nics.py says what a format of configuration offers. To read another: a file for it, and its name in _FORMATS.
"""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network import (
    cloud_init,
    concerns,
    identity,
    ifcfg_redhat,
    ifcfg_suse,
    interfaces,
    kernel_arguments,
    keyfiles,
    naming,
    netplan,
    networkd,
    nics,
    policies,
    traces,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.description import Findings
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError

NAME = "network"

_FORMATS = (interfaces, netplan, networkd, keyfiles, ifcfg_redhat, ifcfg_suse)

# No guest has so many; a file of nothing but definitions must not keep us busy for hours.
_MOST_SETTINGS = 5000


@dataclass(frozen=True)
class Facts:
    """nics: the guest's nics.Nic, in natural order; those that no file configures are last."""

    nics: list


def inspect(root):
    """One network device for each NIC that the guest configures, and each that only the caller knows of.

    Raises GuestconvError `hardware-malformed`.
    """
    cards = identity.cards_of(root.guest.hardware)
    macs = identity.new_macs(root.guest.hardware)
    settings, seen, unread = _settings(root)
    bound = naming.macs_on_disk(root)
    configured = nics.nics_of(settings, {mac: name for name, (mac, _file) in bound.items()})
    known = identity.with_macs_on_disk(configured, bound, _seen(root, configured, {**seen, **bound}))
    found, guesses = identity.matched(known, cards)
    root.facts[NAME] = Facts(found)
    return Findings(
        devices={"network": {nic.identifier: nic.facts() for nic in found}},
        concerns=[*unread, *guesses, *concerns.of(root, found, macs, settings)],
    )


def convert(root, conversion):
    """Bind the name of each NIC that stays to what it is known by on the target, and unconfigure the others."""
    macs = identity.new_macs(root.guest.hardware)
    models = {nic: conversion.model("network", nic.identifier) for nic in root.facts[NAME].nics}
    wanted = {nic: policies.of(conversion, nic) for nic, model in models.items() if model is not None}
    gone = [nic for nic, model in models.items() if model is None]
    touched = gone or macs or any(each.policy != "keep" for each in wanted.values())
    formats = _readable(root) if touched else ()
    if gone:
        for kind in formats:
            kind.unconfigure(root, gone)
        naming.release(root, [nic.name for nic in gone if nic.name])
    changed = policies.apply(root, conversion, formats, wanted)
    if macs:
        for kind in formats:
            kind.replace_macs(root, macs)
        naming.use_new_macs(root, macs)
        conversion.argument_edits.append(lambda argument: kernel_arguments.with_new_macs(argument, macs))
    kept = {identity.on_target(nic, macs, alone=len(wanted) == 1): models[old] for old, nic in changed.items()}
    naming.keep(root, conversion, kept)
    conversion.hardware["interfaces"] = _on_target(kept)


def _settings(root):
    """(Settings of all files, {name: (MAC address, file)} that cloud-init met, Concerns over what cannot be read)."""
    settings, seen, unread = [], {}, []
    for kind in (*_FORMATS, cloud_init):
        try:
            of_kind = kind.read(root)
        except GuestconvError as error:
            unread.append(concerns.unread(error))
            continue
        if len(settings) + len(of_kind) > _MOST_SETTINGS:
            raise GuestconvError(
                "network-too-large",
                f"The guest on {root.name} configures more than {_MOST_SETTINGS} interfaces; no more are looked at.",
                hint="Remove the configuration of interfaces that are gone from the guest.",
            )
        # What cloud-init rendered counts, once it has. Until then its own configuration does.
        if kind is cloud_init and nics.nics_of(settings):
            seen = {each.name: (each.hardware_mac, each.file) for each in of_kind if each.name and each.hardware_mac}
        else:
            settings += of_kind
    return settings, seen, unread


def _seen(root, configured, known):
    """known, with the MAC addresses that the last run left traces of, as far as they are needed."""
    unknown = [nic for nic in configured if nic.mac is None and nic.name not in known]
    if unknown:
        known = {**traces.from_leases(root), **known}
    if any(nic.name not in known for nic in unknown):
        known = {**traces.from_logs(root, journal=len(configured) > 1), **known}
    return known


def _readable(root):
    """The formats less those whose files cannot be read: inspection said so, and the guest cannot read them either."""
    readable = []
    for kind in (*_FORMATS, cloud_init):
        try:
            kind.read(root)
        except GuestconvError as error:
            concerns.unread(error)
            continue
        readable.append(kind)
    return readable


def _on_target(kept):
    """The interfaces of the target's hardware. An address that several NICs carry (a bond's) is said of the first."""
    interfaces_there, said = [], set()
    for nic, model in kept.items():
        addresses = [address for address in nic.reached_at if address not in said]
        gateways = [nic.gateway, *(upper.gateway for upper in nic.used_by if upper.carried)]
        said.update(addresses)
        interfaces_there.append(
            {
                "name": nic.name or nic.identifier,
                "driver": model.driver,
                "mac": nic.mac,
                "addresses": addresses,
                "gateway": next((gateway for gateway in gateways if gateway), None) if addresses else nic.gateway,
            }
        )
    return interfaces_there
