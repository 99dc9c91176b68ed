# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network cards (NICs) of a guest, out of what all files of its configuration say of interfaces. Pure.

Each format of configuration is a file of formats/, which offers

    KIND                        its name in configured_by
    read(root) -> [Setting]     what the files of this format say
    unconfigure(root, nics)     takes these Nics out of them
    replace_macs(root, macs)    makes what knows hardware by a MAC address know it by another: {old: new}

    rename(root, names)         calls NICs by other names: {old: new}
    use_dhcp(root, nics)        lets these Nics get their addresses by DHCP

The latter four leave everything else as it is, to the byte. All raise GuestconvError `network-configuration-malformed`
for a file that the guest's own programs cannot read either.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ....texts import globs

# What the kernel and the usual tools call interfaces that are not hardware. A VLAN has a dot: eth0.100.
_SOFTWARE = re.compile(
    r"lo|.*\..*"
    r"|(?:bond|br|bridge|dummy|gre|ifb|macvlan|ppp|sit|tap|team|tun|vlan|virbr|vmbr|vnet|vxlan|veth|wg)(?:[-_\d].*)?"
    r"|docker.*"
)

# What an interface with several settings (IPv4 and IPv6) is said to get its addresses by: the first of these.
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
    source_hardware: what it asks for that only the source has ("Driver=vmxnet3").
    at_boot: whether the interface is brought up when the system boots.
    """

    file: str
    kind: str
    name: str | None
    virtual: bool = False
    lower: tuple = ()
    tagged: bool = False
    method: str | None = None
    addresses: tuple = ()
    gateway: str | None = None
    mac: str | None = None
    hardware_mac: str | None = None
    patterns: tuple = ()
    binds: bool = False
    source_hardware: tuple = ()
    at_boot: bool = True


@dataclass(frozen=True)
class Upper:
    """An interface that software makes of a NIC. carried: whether the NIC carries its addresses untagged."""

    name: str
    addresses: tuple
    gateway: str | None
    carried: bool

    def facts(self):
        """The interface as it stands in current.network.<identifier>.used_by."""
        return {"name": self.name, "addresses": list(self.addresses)}


@dataclass(frozen=True)
class Nic:
    """A network card.

    identifier: its key in the description, fit for a template (guest.devices.network.ens192).
    name: what the guest calls it, None for one that no file names.
    mac: in lower case with colons, None when unknown. mac_learnt_from: the file that says so, "configuration" (which
        wants the NIC to have it, whatever the hardware has), "hardware" (the caller), "generated" (made up, for the
        target to give it), or None.
    mac_is_hint: whether mac is too uncertain to know the NIC by: seen in the last run, and there is no other NIC.
    configured_by: pairs (file, kind).
    patterns: globs, of which its name must match one.
    used_by: the Uppers on it.
    name_bound_by: the file of configuration because of which the guest gives it its name, or None.
    source_hardware: pairs (file, what it asks for that only the source has).
    at_boot: whether it is brought up when the system boots, by itself or for what is made of it.
    on_source: False where the caller told the cards of the source, and it is none of them.
    """

    identifier: str
    name: str | None
    mac: str | None = None
    mac_learnt_from: str | None = None
    mac_is_hint: bool = False
    addresses: tuple = ()
    gateway: str | None = None
    method: str | None = None
    configured_by: tuple = ()
    patterns: tuple = ()
    used_by: tuple = ()
    name_bound_by: str | None = None
    source_hardware: tuple = ()
    at_boot: bool = True
    on_source: bool = True

    @property
    def hardware_mac(self):
        """The MAC address that the hardware had, None when unknown: the one to know the NIC by before it is set up."""
        return None if self.mac_is_hint or self.mac_learnt_from == "configuration" else self.mac

    @property
    def mac_was_seen(self):
        """Whether mac is but a trace of a former run, such as a lease: the NIC may have had another since."""
        return bool(self.mac_learnt_from) and self.mac_learnt_from.startswith("/var/")

    @property
    def reached_at(self):
        """All addresses that it carries untagged: its own, and those of bonds and bridges on it."""
        carried = [address for upper in self.used_by if upper.carried for address in upper.addresses]
        return tuple(dict.fromkeys((*self.addresses, *carried)))

    def facts(self, bound_by=None):
        """The NIC as it stands in current.network.<identifier>. bound_by: what binds its name beside configuration."""
        return {
            "name": self.name,
            "name_bound_by": bound_by or self.name_bound_by,
            "mac": self.mac,
            "mac_learnt_from": self.mac_learnt_from,
            "addresses": list(self.addresses),
            "gateway": self.gateway,
            "method": self.method,
            "configured_by": [{"file": file, "kind": kind} for file, kind in self.configured_by],
            "used_by": [upper.facts() for upper in self.used_by],
        }


def nics_of(settings, names=None):
    """The Nics among the interfaces of settings (all files'), in the natural order of their names (eth2, eth10).

    names: {MAC address: name} of what else of the guest gives NICs their names.
    Settings for any NIC whose name matches a pattern make a Nic only where there would be none: a distribution's
    settings for `en*` and `eth*` say nothing of how many NICs there are.
    """
    software = {setting.name for setting in settings if setting.name and (setting.virtual or is_software(setting.name))}
    by_mac = {**(names or {}), **{each.hardware_mac: each.name for each in settings if each.hardware_mac and each.name}}
    own, above, loose = {}, {}, []
    settings = [replace(each, lower=tuple(by_mac.get(lower) or lower for lower in each.lower)) for each in settings]
    for setting in settings:
        key = setting.name or by_mac.get(setting.hardware_mac) or setting.hardware_mac
        for lower in setting.lower:
            own.setdefault(lower, [])
            above.setdefault(lower, []).append(setting)
        if key:
            own.setdefault(key, []).append(setting)
        elif setting.patterns:
            loose.append(setting)
    found = {key: of_key for key, of_key in own.items() if key not in software and not is_software(key)}
    if not found and loose:
        found = {_name_by_pattern(loose, by_mac.values()): loose}
    nics, taken, unnamed = [], set(), 0
    # Not by MAC address: an identifier must be the same when the NIC has another on the target.
    for key in sorted(found, key=lambda key: natural(key) if _is_name(key) else [(True,)]):
        identifier = unique_identifier(key if _is_name(key) else f"nic{unnamed}", taken)
        taken.add(identifier)
        unnamed += not _is_name(key)
        nics.append(_merged(identifier, key, found[key], own, above))
    return nics


def is_software(name):
    """Whether interfaces called so are software by what everybody calls them."""
    return bool(_SOFTWARE.fullmatch(name))


def matches(name, patterns):
    """Whether one of patterns (globs) matches the name."""
    return any(globs.fits(name, pattern) for pattern in patterns)


def unique_identifier(name, taken):
    """name made fit for a template, and other than those in taken."""
    identifier = re.sub(r"\W|^(?=\d)", "_", name, flags=re.ASCII)
    while identifier in taken:
        identifier += "_"
    return identifier


def natural(name):
    """A key that sorts eth2 before eth10."""
    return [
        (part == "", int(part) if part.isdecimal() and len(part) < 10 else 0, part) for part in re.split(r"(\d+)", name)
    ]


def _is_name(key):
    return key is not None and ":" not in key


def _name_by_pattern(loose, known):
    """The one name in known that the patterns of loose match, None when there is none, or more."""
    fitting = {name for name in known if any(matches(name, setting.patterns) for setting in loose)}
    return fitting.pop() if len(fitting) == 1 else None


def _merged(identifier, key, own, by_key, above):
    """The Nic that the Settings in own are for.

    key: its name, its MAC address where it has none, or None. by_key: {key: Settings for it}. above: {key: Settings for
    what is made of it}.
    """
    methods = {setting.method for setting in own}
    gateways = [setting.gateway for setting in own if setting.gateway]
    wanted = next((setting.mac for setting in own if setting.mac), None)
    known = next((setting for setting in own if setting.hardware_mac), None)
    return Nic(
        identifier,
        key if _is_name(key) else None,
        known.hardware_mac if known else wanted,
        known.file if known else "configuration" if wanted else None,
        addresses=tuple(dict.fromkeys(address for setting in own for address in setting.addresses)),
        # There is one place for a gateway; IPv4's where there are both.
        gateway=_first_gateway(gateways),
        method=next((method for method in _METHODS if method in methods), None),
        configured_by=tuple(dict.fromkeys((setting.file, setting.kind) for setting in (*own, *above.get(key, ())))),
        patterns=tuple(dict.fromkeys(pattern for setting in own for pattern in setting.patterns)),
        used_by=tuple(_uppers(key, by_key, above)),
        name_bound_by=next((setting.file for setting in own if setting.binds), None),
        source_hardware=tuple((setting.file, asked) for setting in own for asked in setting.source_hardware),
        at_boot=not own or any(setting.at_boot for setting in (*own, *above.get(key, ()))),
    )


def _first_gateway(gateways):
    return min(gateways, key=lambda gateway: ":" in gateway, default=None)


def _uppers(key, by_key, above):
    """The Uppers on the interface with this name or MAC address, those on its VLANs and bonds too."""
    tagged, pending = {key: False}, [key]
    while pending:
        lower = pending.pop()
        for setting in above.get(lower, ()):
            through = setting.tagged or tagged[lower]
            # What can be reached without a VLAN's tag on one way is.
            if setting.name and (setting.name not in tagged or tagged[setting.name] > through):
                tagged[setting.name] = through
                pending.append(setting.name)
    for upper in tagged:
        own = by_key.get(upper, ())
        if upper != key:
            yield Upper(
                upper,
                tuple(dict.fromkeys(address for setting in own for address in setting.addresses)),
                _first_gateway([setting.gateway for setting in own if setting.gateway]),
                carried=not tagged[upper],
            )
