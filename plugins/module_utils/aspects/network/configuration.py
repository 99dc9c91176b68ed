# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all files of a guest say of its network, format by format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Callable

from ...guest.root import GuestRoot
from ...model.concerns import Concern
from ...texts.unread import Unread
from . import automatic, bounds, concerns, formats
from .cards import traces
from .cards.assembly import nics_of
from .cards.identity import Card
from .cards.macs import KnownMac, MacSource, Origin, traced_in
from .cards.nics import Nic, Setting, is_software, mac_in
from .formats import NetworkFormat, cloud_init, kernel_arguments, wicked


@dataclass(frozen=True)
class Configuration:
    """The network configuration of one root.

    settings: what counts of all files. formats: those that can be read; the guest cannot read the others either.
    recorded: {name: KnownMac} by what was rendered into other formats, and does not count any more. unread: Concerns.
    """

    settings: Sequence[Setting]
    formats: Sequence[NetworkFormat]
    recorded: Mapping[str, KnownMac]
    unread: Sequence[Concern]


def read(root: GuestRoot) -> Configuration:
    """Read the configuration in all formats. Raises GuestconvError `network-too-large`."""
    settings: list[Setting] = []
    readable: list[NetworkFormat] = []
    recorded: dict[str, KnownMac] = {}
    unread: list[Concern] = []
    for kind in (*formats.FORMATS, *formats.RENDERED):
        try:
            found = kind.read(root)
        except Unread as error:
            unread.append(concerns.unread(error))
            continue
        readable.append(kind)
        bounds.check_settings(root, len(settings) + len(found))
        # What was rendered into other files counts there. Until then it counts itself.
        if kind in formats.RENDERED and nics_of(settings):
            recorded.update(_macs(found))
        else:
            settings += found
    unread += [concerns.unread(error) for error in (*wicked.malformed(root), *cloud_init.malformed(root))]
    return Configuration(settings, readable, recorded, unread)


def settings_in_effect(
    root: GuestRoot,
    configuration: Configuration,
    cards: Sequence[Card] = (),
    change: Callable[[str], str] | None = None,
) -> Sequence[Setting]:
    """The settings, with the command line's for the interfaces that no file configures: what the initrd made stays there.

    Next to files it counts where something makes the initrd bring the network up; `ip=` alone does not everywhere. What
    only a lease is left of counts, too. cards: those of the source. change: what the conversion makes of the command line.
    """
    settings = configuration.settings
    arguments = kernel_arguments.arguments_of(root)
    further = kernel_arguments.settings_of(change(" ".join(arguments)).split() if change else arguments)
    if not nics_of(settings):
        found = [*settings, *further]
        return found if nics_of(found) else [*found, *_leased(root)]
    known = {key for setting in settings for key in (setting.name, setting.hardware_mac, *setting.lower)} - {None}
    if kernel_arguments.need_network(arguments):
        settings = [*settings, *(each for each in further if not known & {each.name, each.hardware_mac})]
    # Who knows all cards, and which is which, needs no traces of them.
    if cards and known.issuperset(card.mac for card in cards):
        return settings
    return [*settings, *(each for each in _in_use(root, cards) if not known & {each.name, each.hardware_mac})]


def _leased(root: GuestRoot) -> list[Setting]:
    """A Setting for each interface that had a DHCP lease in a former run: without a file, NetworkManager makes up a
    connection for every card (its "Wired connection 1"), and its lease is all that is left of it.

    Leases outlive their cards. So of several those count that were in use when the guest was last shut down.
    """
    leases = traces.leases_of(root)
    names = [name for name in sorted(leases.macs) if not is_software(name)]
    used = [name for name in names if name in leases.in_use]
    return _of_leases(root, {name: leases.macs[name] for name in used or names})


def _in_use(root: GuestRoot, cards: Sequence[Card]) -> list[Setting]:
    """The same next to files, where only leases count that NetworkManager, if it is started, used last.

    A connection has one card: where it has leases of several, only the cards of the source show which one is not old.
    """
    leases = traces.leases_of(root)
    macs = {card.mac for card in cards}
    used = [name for name in sorted(leases.in_use) if not is_software(name)]
    used = [name for name in used if not cards or leases.macs[name].mac in macs]
    counts = Counter(leases.in_use[name] for name in used)
    used = [name for name in used if counts[leases.in_use[name]] == 1]
    return _of_leases(root, {name: leases.macs[name] for name in used}) if used and automatic.is_started(root) else []


def _of_leases(root: GuestRoot, leases: Mapping[str, KnownMac]) -> list[Setting]:
    """A Setting for each card that had these leases, {name: KnownMac}; without a name where its last one is not known."""
    names: dict[str, list[str]] = {}
    for name, known in leases.items():
        names.setdefault(known.mac, []).append(name)
    found = []
    for mac, of_card in names.items():
        last = _last_name(root, {name: leases[name] for name in of_card})
        file = leases[last or of_card[0]].source.file
        found.append(Setting(file, traces.KIND, last, hardware=True, hardware_mac=mac, method="dhcp", is_record=True))
    return found


def _last_name(root: GuestRoot, leases: Mapping[str, KnownMac]) -> str | None:
    """The last one of the names that one card had, {name: KnownMac}: by the time of its lease, or by the guest's logs."""
    ends = {name: traces.last_expiry(root.read(known.source.file) or "", name) for name, known in leases.items()}
    latest = max(ends.values())
    last = [name for name, end in ends.items() if end == latest]
    if len(last) > 1:
        logged = traces.from_logs(root, journal=True)
        last = [name for name in last if name in logged and logged[name].mac == leases[name].mac]
    return last[0] if len(last) == 1 else None


def _macs(settings: Sequence[Setting]) -> dict[str, KnownMac]:
    found = {}
    for setting in settings:
        if setting.name and setting.hardware_mac:
            origin = Origin.TRACE if setting.is_record else Origin.FILE
            found[setting.name] = KnownMac(setting.hardware_mac, MacSource(origin, setting.file))
    return found


def traced_macs(root: GuestRoot, nics: Sequence[Nic], known: Mapping[str, KnownMac]) -> dict[str, KnownMac]:
    """{name: KnownMac}: known, with the traces that the last run left of nics, as far as they are needed."""
    found = dict(known)
    for nic in nics:
        mac = mac_in(nic.name or "")
        if nic.name and mac and nic.configured_by:
            found.setdefault(nic.name, traced_in(mac, nic.configured_by[0][0]))
    unknown = [nic.name for nic in nics if nic.mac is None and nic.name not in found]
    if unknown:
        found = {**traces.leases_of(root).macs, **found}
    if any(name not in found for name in unknown):
        found = {**traces.from_logs(root, journal=len(nics) > 1), **found}
    return found
