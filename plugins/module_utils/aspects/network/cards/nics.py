# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network cards, as the settings of all of a guest's configuration together make them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ....texts import globs
from .macs import CONFIGURATION, MacSource, Origin

# What the kernel and the usual tools call interfaces that are not hardware. A VLAN has a dot: eth0.100.
_SOFTWARE = re.compile(
    r"lo|.*\..*"
    r"|(?:bond|br|bridge|dummy|gre|ifb|macvlan|ppp|sit|tap|team|tun|vlan|virbr|vmbr|vnet|vxlan|veth|wg)(?:[-_\d].*)?"
    r"|docker.*"
)

# The method of an interface with several settings (IPv4 and IPv6) is the first of these that it has.
_METHODS = ("static", "dhcp", "auto", "manual")

# NICs with names of these are the kernel's to name, in the order in which it finds them.
KERNEL_NAME = re.compile(r"eth\d+")

# dev_valid_name() of net/core/dev.c, less what makes it a pattern or an alias (interfaces(5)).
INTERFACE = re.compile(r"[^\s/:*?\[\]=]{1,15}")


@dataclass(frozen=True)
class Setting:
    """What one file says of one interface.

    name: None where the file knows the interface by something else: hardware_mac, or patterns (globs over names).
    virtual: made by software (a bond, bridge, VLAN, ...), from the interfaces in lower (names, or MAC addresses of
        hardware that the file knows by no other). tagged: as a VLAN.
    method: static, dhcp, auto (by router advertisements), manual, or None.
    addresses: with prefix ("10.0.2.15/24").
    mac: the MAC address that the file wants the interface to have; the hardware's may be another.
    hardware_mac: the MAC address by which the file knows the hardware.
    binds: whether the guest gives hardware_mac the name because of this file.
    is_record: whether the file is a record of a former run and no configuration of the next one.
    source_hardware: what it asks for that only the source has ("Driver=vmxnet3").
    at_boot: whether the interface is brought up when the system boots.
    """

    file: str
    kind: str
    name: str | None
    virtual: bool = False
    lower: tuple[str, ...] = ()
    tagged: bool = False
    method: str | None = None
    addresses: tuple[str, ...] = ()
    gateway: str | None = None
    mac: str | None = None
    hardware_mac: str | None = None
    patterns: tuple[str, ...] = ()
    binds: bool = False
    is_record: bool = False
    source_hardware: tuple[str, ...] = ()
    at_boot: bool = True


@dataclass(frozen=True)
class Upper:
    """An interface that software makes of a NIC. carried: whether the NIC carries its addresses untagged."""

    name: str
    addresses: tuple[str, ...]
    gateway: str | None
    carried: bool

    def facts(self) -> dict[str, Any]:
        """The interface as it stands in current.network.<identifier>.used_by."""
        return {"name": self.name, "addresses": list(self.addresses)}


@dataclass(frozen=True)
class Nic:
    """A network card.

    identifier: its key in the description, fit for a template (guest.devices.network.ens192).
    name: what the guest calls it, None for one that no file names.
    mac: in lower case with colons, None when unknown. mac_source: where it was learnt.
    mac_is_hint: whether mac is too uncertain to know the NIC by: seen in the last run, and there is no other NIC.
    configured_by: pairs (file, kind).
    patterns: globs, of which its name must match one.
    used_by: the Uppers on it.
    name_bound_by: the file of configuration because of which the guest gives it its name, or None.
    source_hardware: pairs (file, what it asks for that only the source has).
    at_boot: whether it is brought up when the system boots, by itself or for what is made of it.
    on_source: False where the caller listed the cards of the source, and it is not one of them.
    """

    identifier: str
    name: str | None
    mac: str | None = None
    mac_source: MacSource | None = None
    mac_is_hint: bool = False
    addresses: tuple[str, ...] = ()
    gateway: str | None = None
    method: str | None = None
    configured_by: tuple[tuple[str, str], ...] = ()
    patterns: tuple[str, ...] = ()
    used_by: tuple[Upper, ...] = ()
    name_bound_by: str | None = None
    source_hardware: tuple[tuple[str, str], ...] = ()
    at_boot: bool = True
    on_source: bool = True

    @property
    def hardware_mac(self) -> str | None:
        """The MAC address that the hardware had, None when unknown: the one to know the NIC by before it is set up."""
        return None if self.mac_is_hint or self.mac_source == CONFIGURATION else self.mac

    @property
    def mac_was_seen(self) -> bool:
        """Whether mac is but a trace of a former run, such as a lease: the NIC may have had another since."""
        return self.mac_source is not None and self.mac_source.origin is Origin.TRACE

    @property
    def label(self) -> str:
        """What messages call the NIC: its name or, without one, its identifier."""
        return self.name or self.identifier

    @property
    def reached_at(self) -> tuple[str, ...]:
        """All addresses that it carries untagged: its own, and those of bonds and bridges on it."""
        carried = [address for upper in self.used_by if upper.carried for address in upper.addresses]
        return tuple(dict.fromkeys((*self.addresses, *carried)))

    def facts(self, bound_by: str | None = None) -> dict[str, Any]:
        """The NIC as it stands in current.network.<identifier>. bound_by: what else than configuration binds its name."""
        return {
            "name": self.name,
            "name_bound_by": bound_by or self.name_bound_by,
            "mac": self.mac,
            "mac_learnt_from": self.mac_source.fact() if self.mac_source else None,
            "addresses": list(self.addresses),
            "gateway": self.gateway,
            "method": self.method,
            "configured_by": [{"file": file, "kind": kind} for file, kind in self.configured_by],
            "used_by": [upper.facts() for upper in self.used_by],
        }


def nics_of(settings: Sequence[Setting], names: Mapping[str, str] | None = None) -> list[Nic]:
    """The Nics among the interfaces of settings (all files'), in the natural order of their names (eth2, eth10).

    names: {MAC address: name} of what else of the guest gives NICs their names.
    """
    interfaces = _interfaces(settings, {**(names or {}), **_names_by_mac(settings)})
    hardware = interfaces.of_hardware()
    taken: set[str] = set()
    nics: list[Nic] = []
    for key in sorted(hardware, key=_order):
        # Not by MAC address: an identifier must be the same when the NIC has another on the target.
        name = key if _is_name(key) else None
        unnamed = sum(nic.name is None for nic in nics)
        identifier = unique_identifier(name or f"nic{unnamed}", taken)
        taken.add(identifier)
        nics.append(_merged(identifier, name, hardware[key], interfaces.made_of(key), tuple(interfaces.uppers(key))))
    return nics


@dataclass
class _Interfaces:
    """All interfaces that settings speak of. A key is an interface's name, or the MAC address of one without a name.

    own: the Settings for each key. above: the Settings for what is made of each. loose: those for any NIC whose name
    matches a pattern. software: the names of interfaces that software makes. names: the names that MAC addresses get.
    """

    software: frozenset[str]
    names: Mapping[str, str]
    own: dict[str, list[Setting]] = field(default_factory=dict)
    above: dict[str, list[Setting]] = field(default_factory=dict)
    loose: list[Setting] = field(default_factory=list)

    def add(self, setting: Setting) -> None:
        """Put setting where it belongs."""
        for lower in [self.names.get(each, each) for each in setting.lower]:
            self.own.setdefault(lower, [])
            self.above.setdefault(lower, []).append(setting)
        mac = setting.hardware_mac
        key = setting.name or (self.names.get(mac, mac) if mac else None)
        if key:
            self.own.setdefault(key, []).append(setting)
        elif setting.patterns:
            self.loose.append(setting)

    def of_hardware(self) -> dict[str | None, list[Setting]]:
        """The Settings for each NIC, by its key; by None where nothing tells which one it is.

        Settings for any NIC make one only where there would be none: a distribution's settings for `en*` and `eth*`
        say nothing of how many NICs there are.
        """
        found: dict[str | None, list[Setting]] = {}
        for key, settings in self.own.items():
            if key not in self.software and not is_software(key):
                found[key] = settings
        if not found and self.loose:
            found[_name_by_pattern(self.loose, self.names.values())] = self.loose
        return found

    def made_of(self, key: str | None) -> Sequence[Setting]:
        """The Settings for what is made of the interface."""
        return self.above.get(key, ()) if key else ()

    def uppers(self, key: str | None) -> Iterator[Upper]:
        """The Uppers on the interface, those on its VLANs and bonds too."""
        for name, is_tagged in _tags_on_the_way(key, self.above).items():
            own = self.own.get(name, ())
            yield Upper(name, _addresses(own), _first_gateway(own), carried=not is_tagged)


def _interfaces(settings: Sequence[Setting], names: Mapping[str, str]) -> _Interfaces:
    software = {setting.name for setting in settings if setting.name and (setting.virtual or is_software(setting.name))}
    interfaces = _Interfaces(frozenset(software), names)
    for setting in settings:
        interfaces.add(setting)
    return interfaces


def _names_by_mac(settings: Iterable[Setting]) -> dict[str, str]:
    return {setting.hardware_mac: setting.name for setting in settings if setting.hardware_mac and setting.name}


def _order(key: str | None) -> tuple[bool, list[tuple[bool, int, str]]]:
    """A key that sorts names naturally, and puts what has none last."""
    return (False, natural(key)) if key is not None and _is_name(key) else (True, [])


def is_software(name: str) -> bool:
    """Whether interfaces called so are software by what everybody calls them."""
    return bool(_SOFTWARE.fullmatch(name))


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether one of patterns (globs) matches the name."""
    return any(globs.fits(name, pattern) for pattern in patterns)


def unique_identifier(name: str, taken: Collection[str]) -> str:
    """name made fit for a template, and other than those in taken."""
    identifier = re.sub(r"\W|^(?=\d)", "_", name, flags=re.ASCII)
    while identifier in taken:
        identifier += "_"
    return identifier


def natural(name: str) -> list[tuple[bool, int, str]]:
    """A key that sorts eth2 before eth10."""
    return [
        (part == "", int(part) if part.isdecimal() and len(part) < 10 else 0, part) for part in re.split(r"(\d+)", name)
    ]


def labels(nics: Iterable[Nic]) -> str:
    """What a message calls these Nics, together."""
    return ", ".join(nic.label for nic in nics)


def _is_name(key: str | None) -> bool:
    return key is not None and ":" not in key


def _name_by_pattern(loose: Iterable[Setting], known: Iterable[str]) -> str | None:
    """The one name in known that the patterns of loose match, None when there is none, or more."""
    fitting = {name for name in known if any(matches(name, setting.patterns) for setting in loose)}
    return fitting.pop() if len(fitting) == 1 else None


def _merged(
    identifier: str, name: str | None, own: Sequence[Setting], above: Sequence[Setting], uppers: tuple[Upper, ...]
) -> Nic:
    """The Nic that the Settings in own are for. above: the Settings for what is made of it."""
    methods = {setting.method for setting in own}
    mac, source = _mac(own)
    return Nic(
        identifier,
        name,
        mac,
        source,
        addresses=_addresses(own),
        gateway=_first_gateway(own),
        method=next((method for method in _METHODS if method in methods), None),
        configured_by=tuple(dict.fromkeys((setting.file, setting.kind) for setting in (*own, *above))),
        patterns=tuple(dict.fromkeys(pattern for setting in own for pattern in setting.patterns)),
        used_by=uppers,
        name_bound_by=next((setting.file for setting in own if setting.binds), None),
        source_hardware=tuple((setting.file, asked) for setting in own for asked in setting.source_hardware),
        at_boot=not own or any(setting.at_boot for setting in (*own, *above)),
    )


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


def _tags_on_the_way(key: str | None, above: Mapping[str, Sequence[Setting]]) -> dict[str, bool]:
    """{name: whether there is a VLAN's tag on each way to it} of all that is made of the interface."""
    tagged: dict[str, bool] = {}
    pending = [key] if key else []
    while pending:
        lower = pending.pop()
        for setting in above.get(lower, ()):
            through = setting.tagged or tagged.get(lower, False)
            # What can be reached without a VLAN's tag on one way is.
            if setting.name and setting.name != key and (setting.name not in tagged or tagged[setting.name] > through):
                tagged[setting.name] = through
                pending.append(setting.name)
    return tagged
