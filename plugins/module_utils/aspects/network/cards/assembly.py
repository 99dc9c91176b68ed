# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which network cards the settings of all of a guest's configuration together speak of. Pure.

What is hardware is decided by what files say of an interface; its name decides only where they say nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..values import host
from .identity import Card
from .macs import CONFIGURATION, MacSource, Origin
from .nics import Nic, Setting, Upper, is_name, is_software, natural, reached, unique_identifier
from .patterns import Profiles, first_that_fits

_METHODS = ("static", "dhcp", "auto", "manual")


@dataclass(frozen=True)
class Assembly:
    """What settings make.

    nics: in the natural order of their names (eth2, eth10). spare: what configures any further network card, a Nic
    without a name or identifier, or None. unused: the Settings that the guest never applies.
    """

    nics: Sequence[Nic]
    spare: Nic | None = None
    unused: Sequence[Setting] = ()


def nics_of(settings: Sequence[Setting], names: Mapping[str, str] | None = None) -> list[Nic]:
    """The Nics among the interfaces of settings, as assemble finds them without cards."""
    return list(assemble(settings, names).nics)


def assemble(
    settings: Sequence[Setting], names: Mapping[str, str] | None = None, cards: Sequence[Card] = ()
) -> Assembly:
    """The Nics among the interfaces of settings (all files').

    names: {MAC address: name} of what else of the guest gives NICs their names. cards: those of the source.
    """
    by_mac = {**_names_by_cards(settings, cards), **(names or {}), **_names_by_mac(settings)}
    interfaces = _Interfaces(by_mac, frozenset(by_mac.values()))
    for setting in settings:
        if setting.superseded:
            interfaces.unused.append(setting)
        else:
            interfaces.add(setting)
    interfaces.resolve(cards)
    hardware = interfaces.of_hardware(cards)
    spare = None
    if interfaces.any_nic:
        spare = _merged("", None, interfaces, interfaces.any_nic, interfaces.any_nic_keys)
    taken: set[str] = set()
    nics: list[Nic] = []
    unnamed = 0
    for key in sorted(hardware, key=_order):
        # Not by MAC address: an identifier must be the same when the NIC has another on the target.
        name = key if is_name(key) else None
        identifier = unique_identifier(name or f"nic{unnamed}", taken)
        unnamed += name is None
        taken.add(identifier)
        nics.append(_merged(identifier, name, interfaces, interfaces.own[key], (key, *interfaces.profiles_of(key))))
    if not nics and spare:
        # A distribution's settings for `en*` and `eth*` say nothing of how many NICs there are: at least one.
        nics = [replace(spare, identifier="nic0")]
    return Assembly(nics, spare, interfaces.unused)


@dataclass
class _Interfaces:
    """All interfaces that settings speak of.

    A key is an interface's name, or the MAC address of one without a name, or else the profile of a file that is for
    those that fit its patterns. own: the Settings for each key. above: the Settings for what is made of each. profiles:
    those that are for whatever fits. won: {key: the profiles that apply to it}. any_nic: the Settings that configure
    whichever NIC there is, and any_nic_keys their keys. unused: those that are never applied. names: the names that MAC
    addresses get, and bound just the names.
    """

    names: Mapping[str, str]
    bound: frozenset[str]
    own: dict[str, list[Setting]] = field(default_factory=dict)
    above: dict[str, list[Setting]] = field(default_factory=dict)
    profiles: Profiles = field(default_factory=Profiles)
    won: dict[str, list[str]] = field(default_factory=dict)
    any_nic: list[Setting] = field(default_factory=list)
    any_nic_keys: list[str] = field(default_factory=list)
    unused: list[Setting] = field(default_factory=list)

    def add(self, setting: Setting) -> None:
        """Put setting where it belongs."""
        for lower in [self.names.get(each, each) for each in setting.lower]:
            # A profile becomes an interface only where one fits it.
            if "/" not in lower:
                self.own.setdefault(lower, [])
            self.above.setdefault(lower, []).append(setting)
        mac = setting.hardware_mac
        key = setting.name or (self.names.get(mac, mac) if mac else None)
        if key:
            # The order of a port's file is that of what is said of the port.
            own = replace(setting, order=None) if setting.lower else setting
            self.own.setdefault(key, []).append(own)
        elif setting.patterns:
            self.profiles.add(setting)

    def resolve(self, cards: Sequence[Card]) -> None:
        """Give each profile to what it is for, and take away what is never applied: see patterns.first_that_fits."""
        known = {card.mac for card in cards if card.mac}
        bound = dict.fromkeys(name for mac, name in self.names.items() if name not in self.own and mac in known)
        if not known:
            bound = dict.fromkeys(name for name in self.names.values() if name not in self.own)
        for name, profile in self.profiles.for_names(bound, only_one=not known).items():
            self.own[name] = []
            self.won.setdefault(name, []).append(profile)
        for key, settings in self.own.items():
            if not is_name(key):
                continue
            applied = first_that_fits(key, settings, self.profiles, is_hardware=not self._is_made(key))
            self.unused += applied.unused
            won = self.won.get(key, ()) if not applied.settings else ()
            self.own[key] = applied.settings or [each for profile in won for each in self.profiles.groups[profile]]
            if applied.profile:
                self.won[key] = [applied.profile]
            if applied.unused:
                dead = {setting.order for setting in applied.unused}
                self.above[key] = [each for each in self.above.get(key, ()) if each.order not in dead]
        # A list of names and patterns is for what it names, if for nothing else.
        used = {setting.profile_key for settings in self.own.values() for setting in settings}
        rest = self.profiles.left(used)
        self.unused += rest.unused
        for profile, settings in rest.of_one.items():
            self.own[profile] = settings
        for profile, settings in rest.of_any.items():
            self.any_nic += settings
            self.any_nic_keys.append(profile)

    def of_hardware(self, cards: Sequence[Card]) -> list[str]:
        """The keys of the NICs."""
        found = [key for key in self.own if not self._is_made(key) and not self._is_called_software(key)]
        if len(found) < len(cards):
            # Nothing makes an interface called so, and one of the cards was seen with its address.
            seen = {str(address) for card in cards for address in card.addresses}
            seen -= {address for key in found for address in map(host, self._carried(key))}
            found += [
                key
                for key in self.own
                if not self._is_made(key)
                and self._is_called_software(key)
                and "." not in key
                and seen.intersection(map(host, _addresses(self.own[key])))
            ]
        return found

    def profiles_of(self, key: str) -> Sequence[str]:
        """The profiles that apply to the interface."""
        return self.won.get(key, ())

    def uppers(self, keys: Iterable[str]) -> Iterator[Upper]:
        """The Uppers on the interface with these keys, those on its VLANs and bonds too."""
        for name, is_tagged in _tags_on_the_way(keys, self.above).items():
            own = self.own.get(name, ())
            yield Upper(name, _addresses(own), _first_gateway(own), carried=not is_tagged, is_dynamic=_is_dynamic(own))

    def _carried(self, key: str) -> Sequence[str]:
        uppers = tuple(self.uppers((key, *self.profiles_of(key))))
        return (*reached(_addresses(self.own[key]), uppers),)

    def _is_made(self, key: str) -> bool:
        """Whether a file says that software makes the interface.

        What others are ports of is; and what a file calls so, unless another calls it hardware: a VLAN may have been
        called as the card is now, and NetworkManager's profile of a port of Open vSwitch is called as its card.
        """
        own = self.own.get(key, ())
        if key == "lo" or any(setting.virtual and setting.lower and key not in setting.lower for setting in own):
            return True
        return any(setting.virtual for setting in own) and not any(_is_hardware(setting) for setting in own)

    def _is_called_software(self, key: str) -> bool:
        if not is_name(key) or not is_software(key):
            return False
        return key not in self.bound and not any(map(_is_hardware, self.own[key]))


def _is_hardware(setting: Setting) -> bool:
    """Whether the setting says that its interface is hardware."""
    return not setting.virtual and (setting.hardware or setting.hardware_mac is not None)


def _names_by_mac(settings: Iterable[Setting]) -> dict[str, str]:
    return {
        setting.hardware_mac: setting.name
        for setting in settings
        if setting.hardware_mac and setting.name and not setting.virtual
    }


def _names_by_cards(settings: Sequence[Setting], cards: Sequence[Card]) -> dict[str, str]:
    """{MAC address: name} of cards that one file knows by the address, and another, which has its IP address, by a name.

    NetworkManager has several profiles for one card, and older configuration may have stayed next to a newer one.
    """
    by_mac_alone = {setting.hardware_mac for setting in settings if setting.hardware_mac and not setting.name}
    sought = [card for card in cards if card.mac in by_mac_alone and card.addresses]
    # What is made of the card, such as its bond, has the address, too.
    others = {setting.name for setting in settings if setting.virtual or setting.hardware_mac} if sought else set()
    owners: dict[str, set[str]] = {}
    for setting in settings if sought else ():
        if setting.name and setting.name not in others and not is_software(setting.name):
            for address in setting.addresses:
                owners.setdefault(host(address), set()).add(setting.name)
    found: dict[str, str] = {}
    for card in sought:
        names = {name for address in card.addresses for name in owners.get(str(address), ())}
        if card.mac and len(names) == 1:
            found[card.mac] = names.pop()
    # One name is that of one card.
    counts = Counter(found.values())
    return {mac: name for mac, name in found.items() if counts[name] == 1}


def _order(key: str) -> tuple[bool, list[tuple[bool, int, str]]]:
    """A key that sorts names naturally, and puts what has none last."""
    return (False, natural(key)) if is_name(key) else (True, [])


def _merged(
    identifier: str, name: str | None, interfaces: _Interfaces, own: Sequence[Setting], keys: Iterable[str]
) -> Nic:
    """The Nic that the Settings in own are for. keys: those of what is made of it."""
    keys = list(keys)
    above = [setting for key in keys for setting in interfaces.above.get(key, ())]
    mac, source = _mac(own)
    nic = Nic(
        identifier,
        name,
        mac,
        source,
        addresses=_addresses(own),
        gateway=_first_gateway(own),
        gateways=tuple(dict.fromkeys(gateway for setting in own for gateway in setting.gateways)),
        name_servers=tuple(dict.fromkeys(server for setting in own for server in setting.name_servers)),
        method=_method(own),
        dhcp=tuple(sorted({version for setting in own for version in setting.dhcp})),
        configured_by=tuple(dict.fromkeys((setting.file, setting.kind) for setting in (*own, *above))),
        patterns=tuple(dict.fromkeys(pattern for setting in own for pattern in setting.patterns)),
        used_by=tuple(interfaces.uppers(keys)),
        name_bound_by=next((setting.file for setting in own if setting.binds), None),
        source_hardware=tuple((setting.file, asked) for setting in own for asked in setting.source_hardware),
        at_boot=not own or any(setting.at_boot for setting in (*own, *above)),
    )
    return replace(
        nic,
        is_dynamic=_is_dynamic(own) or any(upper.is_dynamic for upper in nic.used_by),
        is_left_alone=bool(own) and not above and all(setting.unmanaged for setting in own),
    )


def _method(settings: Iterable[Setting]) -> str | None:
    methods = {setting.method for setting in settings}
    return next((method for method in _METHODS if method in methods), None)


def _is_dynamic(settings: Iterable[Setting]) -> bool:
    return any(setting.dynamic or setting.method in ("dhcp", "auto") for setting in settings)


def _mac(settings: Iterable[Setting]) -> tuple[str | None, MacSource | None]:
    """The MAC address by which settings know their NIC, or else the one that they want it to have; and its source."""
    wanted = None
    for setting in settings:
        if setting.hardware_mac:
            return setting.hardware_mac, MacSource(Origin.TRACE if setting.is_record else Origin.FILE, setting.file)
        wanted = wanted or setting.mac
    return (wanted, CONFIGURATION) if wanted else (None, None)


def _addresses(settings: Iterable[Setting]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address for setting in settings for address in setting.addresses))


def _first_gateway(settings: Iterable[Setting]) -> str | None:
    """The gateway: there is one place for it, which is IPv4's where there are both."""
    gateways = [setting.gateway for setting in settings if setting.gateway]
    return min(gateways, key=lambda gateway: ":" in gateway, default=None)


def _tags_on_the_way(keys: Iterable[str], above: Mapping[str, Sequence[Setting]]) -> dict[str, bool]:
    """{name: whether there is a VLAN's tag on each way to it} of all that is made of the interface with these keys."""
    tagged: dict[str, bool] = {}
    pending = list(keys)
    own = set(pending)
    while pending:
        lower = pending.pop()
        for setting in above.get(lower, ()):
            through = setting.tagged or tagged.get(lower, False)
            name = setting.name
            # What can be reached without a VLAN's tag on one way is.
            if name and name not in own and (name not in tagged or tagged[name] > through):
                tagged[name] = through
                pending.append(name)
    return tagged
