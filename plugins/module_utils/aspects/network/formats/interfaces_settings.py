# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stanzas of ifupdown's say of interfaces (interfaces(5), and the packages that add options to it). Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace

from ....texts.stanzas import Stanza, option_name
from .. import values
from ..cards.nics import INTERFACE, Setting
from . import link_commands

KIND = "interfaces"

# Options (with _ for -) that say of which interfaces another is made: those of ifenslave, bridge-utils and vlan.
MEMBERS = ("bond_slaves", "slaves", "bond_members", "bridge_ports", "ovs_ports", "ovs_bonds")
PARENT = "vlan_raw_device"
# What ifupdown-ng brings up before an interface (its interfaces(5)): the ports of a bond or bridge, what a tunnel is on.
REQUIRES = "requires"
# The other way round, in a port: of which bond or bridge, and in ifupdown2 of which VRF.
_UPPERS = ("bond_master", "ovs_bridge", "vrf")
_OF_VIRTUAL = frozenset(
    (*MEMBERS, PARENT, "vxlan_id", "tunnel_mode", "vrf_table", "wireguard_config_path", "veth_peer", "tinc_net")
)
# With wpa-conf a wired card may be authenticated too.
_OF_WIRELESS = ("wpa_ssid", "wpa_essid", "wpa_bssid", "wpa_psk", "wireless_")
# What ifupdown-ng's `use` and ifupdown2's `link-type` say.
_VIRTUAL_KINDS = frozenset(
    ("bond", "bridge", "dummy", "gre", "macvlan", "ppp", "tunnel", "veth", "vlan", "vrf", "vxlan", "wifi", "wireguard")
)
_VIRTUAL_METHODS = frozenset(("loopback", "ppp", "wvdial", "tunnel", "6to4", "v4tunnel", "wireguard"))
_RANGE = re.compile(r"([A-Za-z0-9-]*[A-Za-z])\[?(\d{1,4})-(\d{1,4})\]?([.\w]{0,8})")
# No virtual machine has as many cards.
_MOST_OF_RANGE = 100
_EVERYWHERE = frozenset(("default", "0.0.0.0/0", "::/0"))
_METHODS = {"static": "static", "dhcp": "dhcp", "bootp": "dhcp", "auto": "auto", "manual": "manual"}


def settings_of(file: str, stanza: Stanza, name: str, at_boot: bool) -> Iterator[Setting]:
    """The Settings of a stanza for the interface called name, or for what fits it: /mac/ADDRESS, /eth*, /eth*/1.

    So may an interface be chosen for a stanza with a name of its own, `auto /eth*=lan` (interfaces(5), patterns).
    """
    if INTERFACE.fullmatch(name):
        yield from _settings(file, stanza, name, at_boot)
    elif name.startswith("/") and name != stanza.name:
        _start, variable, *rest = name.split("/")
        mac = values.normal_mac(rest[0]) if variable == "mac" and rest else None
        # /mac/ with a pattern, and other files of /sys, say nothing that is known of the target.
        patterns = (variable,) if not mac and variable != "mac" else ()
        profile = f"{file}/{name}={stanza.name}"
        for setting in _settings(file, stanza, stanza.name, at_boot=True):
            if setting.name == stanza.name and (mac or patterns):
                yield replace(setting, name=None, hardware_mac=mac, patterns=patterns, profile=profile)


def _settings(file: str, stanza: Stanza, name: str, at_boot: bool) -> Iterator[Setting]:
    """The Setting for the interface of a stanza, and one for each bond or bridge that it is a port of."""
    mac = list(filter(None, map(values.normal_mac, stanza.values("hwaddress"))))
    addresses = _addresses(stanza)
    ports, patterns = _members(stanza)
    of_any = f"{file}/{name}"
    if patterns:
        yield Setting(file, KIND, None, patterns=patterns, profile=of_any, at_boot=at_boot)
    yield Setting(
        file,
        KIND,
        name,
        virtual=_is_virtual(stanza),
        lower=(*_lower(stanza), *ports, *([of_any] if patterns else [])),
        tagged=bool(stanza.values(PARENT)) or "." in stanza.name or _has_tag(stanza) or _is_on_a_way(stanza),
        method=_method(stanza, addresses),
        dhcp=_dhcp(stanza),
        addresses=addresses,
        gateways=_gateways(stanza),
        name_servers=values.gateways(stanza.values("dns_nameservers")),
        mac=mac[0] if mac else None,
        at_boot=at_boot,
    )
    for option in _UPPERS:
        for upper in stanza.values(option):
            # An internal port of a bridge of Open vSwitch is on it.
            on_it = option == "ovs_bridge" and "OVSIntPort" in stanza.values("ovs_type")
            if INTERFACE.fullmatch(upper) and upper != "none" and not on_it:
                yield Setting(file, KIND, upper, virtual=True, lower=(name,), tagged=option == "vrf")
    for command in _commands(stanza):
        for made in link_commands.made_by(command, name):
            yield Setting(file, KIND, made.name, virtual=True, lower=made.lower, tagged=made.tagged)


def is_on(stanza: Stanza, names: Collection[str]) -> bool:
    """Whether the interface of the stanza is nothing without those of these names: by its options, or as commands make it."""
    made = [each for command in _commands(stanza) for each in link_commands.made_by(command, stanza.name)]
    lower = {lower for each in made if each.name == stanza.name for lower in each.lower}
    return not set(names).isdisjoint(stanza.values(PARENT)) or (bool(lower) and lower <= set(names))


def _is_virtual(stanza: Stanza) -> bool:
    """Whether the interface is made by software, or is no Ethernet card.

    A port of a bond may have options of the bond (ifenslave's examples, cloud-init's and curtin's renderers), and one of
    Open vSwitch says what it is (README.Debian of openvswitch-switch).
    """
    of_ovs = stanza.values("ovs_type")
    if of_ovs:
        return of_ovs[-1] != "OVSPort"
    options = {option_name(line) for line in stanza.options}
    # CAN is a bus for controllers.
    if stanza.family == "can" or stanza.method in _VIRTUAL_METHODS or options & _OF_VIRTUAL:
        return True
    kinds = {*stanza.values("use"), *stanza.values("link_type")}
    if kinds & _VIRTUAL_KINDS or any(option.startswith(_OF_WIRELESS) for option in options):
        return True
    return "bond_mode" in options and "bond_master" not in options


def _has_tag(stanza: Stanza) -> bool:
    return any(word.startswith("tag=") for word in stanza.values("ovs_options"))


def _is_on_a_way(stanza: Stanza) -> bool:
    """Whether it is software on what it requires, such as a tunnel, and so not reached by the latter's addresses."""
    return bool(stanza.values(REQUIRES)) and _is_virtual(stanza) and not _has_ports(stanza)


def _has_ports(stanza: Stanza) -> bool:
    kinds = {*stanza.values("use"), *(option_name(line).partition("_")[0] for line in stanza.options)}
    return not kinds.isdisjoint(("bond", "bridge"))


def _lower(stanza: Stanza) -> tuple[str, ...]:
    """The interfaces that this one is made of, but for those of a bond or bridge."""
    names = stanza.values(PARENT)
    if "." in stanza.name:
        names.append(stanza.name.partition(".")[0])
    if "OVSIntPort" in stanza.values("ovs_type"):
        names += stanza.values("ovs_bridge")
    if _is_virtual(stanza):
        names += stanza.values(REQUIRES)
    return tuple(name for name in names if INTERFACE.fullmatch(name))


def _members(stanza: Stanza) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(the names, the globs over names) of the interfaces of which a bond or bridge consists.

    bridge-utils-interfaces(5): `all` is for all cards, and between `regex` and `noregex` are regular expressions.
    ifupdown2 has lists with commas, and ranges (swp1-4, swp[1-4]s0), after `glob` (parse_glob() of its modulebase.py).
    """
    names: list[str] = []
    globs: list[str] = []
    for option in MEMBERS:
        mode = ""
        for word in stanza.values(option):
            if word in ("regex", "noregex", "glob"):
                mode = word
            elif word == "all":
                globs.append("*")
            elif mode == "regex" and not re.fullmatch(r"\(?\w+(?:\|\w+)*\)?", word):
                globs.append(_glob_for(word))
            elif mode == "regex":
                names += word.strip("()").split("|")
            elif word != "none":
                names += [each for part in word.split(",") for each in (_of_range(part) if mode == "glob" else [part])]
    return tuple(name for name in names if INTERFACE.fullmatch(name)), tuple(dict.fromkeys(globs))


def _of_range(word: str) -> list[str]:
    """The names in a range of ifupdown2's, or the word, which is none."""
    found = _RANGE.fullmatch(word)
    if not found:
        return [word]
    start, first, last, end = found.groups()
    return [f"{start}{number}{end}" for number in range(int(first), min(int(last), int(first) + _MOST_OF_RANGE) + 1)]


def _glob_for(expression: str) -> str:
    """A glob for the same names as a regular expression, or for all where it is more than a glob can say."""
    glob = re.sub(r"\.[*+]", "*", expression.strip("^$")).replace(".", "?")
    return glob if re.fullmatch(r"[\w*?-]*(?:\[[\w-]+\][\w*?-]*)*", glob) else "*"


def _method(stanza: Stanza, addresses: tuple[str, ...]) -> str | None:
    """How it gets its addresses; ifupdown2 and ifupdown-ng do without the word, and have `use dhcp` for one."""
    if stanza.method:
        method = _METHODS.get(stanza.method)
        return "manual" if method == "static" and stanza.values("address") and not addresses else method
    return "static" if addresses else "dhcp" if "dhcp" in stanza.values("use") else None


def _dhcp(stanza: Stanza) -> tuple[int, ...]:
    """The families of which a stanza, which has one, asks for DHCP; ifupdown-ng's `use dhcp` is IPv4's."""
    if _METHODS.get(stanza.method) == "dhcp":
        return (6,) if stanza.family == "inet6" else (4,)
    return (4,) if "dhcp" in stanza.values("use") else ()


def _addresses(stanza: Stanza) -> tuple[str, ...]:
    """Those that the stanza gives statically; several are ifupdown2's and ifupdown-ng's, or commands add them."""
    found: list[str] = []
    masks = stanza.values("netmask")
    static = stanza.values("address") if stanza.method in ("", "static") else []
    for index, text in enumerate(static):
        address, _slash, prefix = text.partition("/")
        # Before ifupdown 0.8 the prefix had an option of its own. Without any, IPv4's is that of the address's class (see
        # compute_v4_mask() in archcommon.c), and IPv6's is 64 (inet6.defn).
        prefix = prefix or "".join(masks[index : index + 1] or masks[:1])
        found += values.with_prefix(address, prefix or ("64" if ":" in address else values.class_prefix(address)))
    for words in map(link_commands.without_options, _commands(stanza)):
        # ip address add ADDRESS/PREFIX dev INTERFACE (ip-address(8))
        if words[:1] == ["ip"] and len(words) > 3 and "address".startswith(words[1]) and words[2] in ("add", "replace"):
            device = words[words.index("dev") + 1] if "dev" in words[:-1] else stanza.name
            if device in (stanza.name, "$IFACE", "${IFACE}"):
                found += values.with_prefix(words[3])
    return tuple(dict.fromkeys(found))


def _gateways(stanza: Stanza) -> tuple[str, ...]:
    """The gateway, and those of default routes which commands add (ip-route(8), route(8))."""
    found = stanza.values("gateway")
    for words in map(link_commands.without_options, _commands(stanza)):
        if words[:1] == ["ip"] and len(words) > 2 and "route".startswith(words[1]) and "via" in words[:-1]:
            if _EVERYWHERE.intersection(words) and values.in_main_table(words):
                found.append(words[words.index("via") + 1])
        elif words[:2] == ["route", "add"] and _EVERYWHERE.intersection(words) and "gw" in words[:-1]:
            found.append(words[words.index("gw") + 1])
    return values.gateways(found)


def _commands(stanza: Stanza) -> Iterator[list[str]]:
    """The words of the commands that bring the interface up."""
    for line in stanza.options:
        if option_name(line) in ("up", "pre_up", "post_up"):
            yield from link_commands.commands_in(line.words[1:])
