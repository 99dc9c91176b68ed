# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network: which NICs the guest configures, and that each has the same name and address on the target.

cards/nics.py says what a format of configuration offers. To read another: a file in formats/, and its name in
_FORMATS.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from ...errors import GuestconvError
from ...model.description import Findings
from ...texts.unread import Unread
from . import concerns
from .cards import identity, matching, nics, policies, traces
from .formats import (
    cloud_init,
    ifcfg_redhat,
    ifcfg_suse,
    interfaces,
    kernel_arguments,
    keyfiles,
    netplan,
    networkd,
    wicked,
)
from .names import in_initrd, naming

NAME = "network"
INSPECT_AFTER = ("bootloader",)
CONVERT_AFTER = ("hypervisor_tools",)

_FORMATS = (interfaces, netplan, networkd, keyfiles, ifcfg_redhat, ifcfg_suse, wicked)

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
    # What the initrd set up stays only where nothing in the guest configures the network.
    settings = settings if nics.nics_of(settings) else [*settings, *kernel_arguments.read(root)]
    bound, given = naming.bindings(root)
    configured = nics.nics_of(settings, {mac: name for name, (mac, _file) in bound.items()})
    known = identity.with_macs_on_disk(configured, bound, _seen(root, configured, {**seen, **bound}))
    found, guesses = matching.matched(known, cards, macs)
    if root.guest.hardware.get("generate_macs"):
        found = identity.with_generated_macs(found, root.guest.fingerprint())
    root.remember(Facts(found))
    return Findings(
        devices={"network": {nic.identifier: nic.facts(given.get(nic.name)) for nic in found}},
        concerns=[*unread, *guesses, *concerns.of(root, found, cards, macs, settings)],
    )


def convert(root, conversion):
    """Bind the name of each NIC that stays to what it is known by on the target, and unconfigure the others."""
    macs = identity.new_macs(root.guest.hardware)
    models = {nic: conversion.model("network", nic.identifier) for nic in root.recall(Facts).nics}
    wanted = {nic: policies.of(conversion, nic) for nic, model in models.items() if model is not None}
    policies.check_names(wanted)
    gone = [nic for nic, model in models.items() if model is None]
    dynamic = [nic for nic, each in wanted.items() if each.policy == "dhcp"]
    names = {nic.name: each.name for nic, each in wanted.items() if each.name and nic.name not in (None, each.name)}
    if gone or dynamic or names or macs:
        _rewrite(root, conversion, gone, dynamic, macs, names)
    now = {policies.changed(nic, each): models[nic] for nic, each in wanted.items()}
    kept = {identity.on_target(nic, macs, alone=len(wanted) == 1): model for nic, model in now.items()}
    naming.keep(root, conversion, kept)
    conversion.hardware.interfaces = _on_target(kept)


def _rewrite(root, conversion, gone, dynamic, macs, names):
    """Rewrite the configuration in all formats, and what names NICs.

    gone, dynamic: the Nics that are not there any more, and those that shall use DHCP. macs, names: {old: new}.
    """
    formats = _readable(root)
    gone_names = [nic.name for nic in gone if nic.name]
    for kind in formats:
        # All by the old names, and the old MAC addresses, but for what follows.
        if gone:
            kind.unconfigure(root, gone)
        if dynamic:
            kind.use_dhcp(root, dynamic)
        if macs:
            kind.replace_macs(root, macs)
        if names:
            kind.rename(root, names)
    if gone:
        naming.release(root, conversion, gone_names)
    if names:
        naming.use_new_names(root, conversion, names)
    if macs:
        naming.use_new_macs(root, conversion, macs)
    change = partial(
        kernel_arguments.edited, gone=gone_names, dynamic=[nic.name for nic in dynamic], macs=macs, names=names
    )
    conversion.command_line.edit(change)
    in_initrd.edit_configuration(root, conversion, change, {**dict.fromkeys(gone_names, ""), **names})
    if dynamic or names:
        _check(root, {names.get(nic.name, nic.name) for nic in dynamic}, set(names) - set(names.values()))


def _check(root, dynamic, former):
    """Doubt what was rewritten: no NIC in dynamic has a static address, and none is called as one in former.

    Raises GuestconvError `policy-not-possible`.
    """
    for nic in nics.nics_of(_settings(root)[0]):
        if nic.name and (nic.name in former or (nic.name in dynamic and nic.addresses)):
            raise GuestconvError(
                "policy-not-possible",
                f"The policy chosen for {nic.name} could not be applied to all of its configuration: "
                f"{', '.join(file for file, _kind in nic.configured_by)} would still configure {nic.name}"
                + ("." if nic.name in former else f" with {', '.join(nic.addresses)}."),
                hint="Leave out the policy of this network card, or change its configuration in the guest first.",
                path="guest.devices.network",
            )


def _settings(root):
    """(Settings of all files, {name: (MAC address, file)} that cloud-init met, Concerns over what cannot be read)."""
    settings, seen, unread = [], {}, []
    for kind in (*_FORMATS, cloud_init):
        try:
            of_kind = kind.read(root)
        except Unread as error:
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
        except Unread:
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
