# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ifupdown's configuration: /etc/network/interfaces and what it includes (interfaces(5)).

Augeas's lens for it is not used, for it does not understand files that ifupdown does: an option that goes on after a
backslash (`up ip route add ... \\`), `inherits`, `no-auto-down`, `iface eth0` without a method (augeas 1.14,
interfaces.aug). A static address would be lost with each of these. The format itself is lines of words.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ....guest.root import GuestRoot
from ....texts import globs
from ....texts.stanzas import MOST_OPTIONS, Line, Stanza, option_name, parse
from .. import values
from ..cards.nics import INTERFACE, Nic, Setting
from ..cards.patterns import matches
from ..cards.statics import Static
from . import static_interfaces
from .static_interfaces import comment_out

KIND = "interfaces"
_FILE = "/etc/network/interfaces"

# A word and the space before it; a backslash at the end of a line is not part of it.
_WORD = re.compile(r"(?m)(?:^|(?<![ \t])[ \t]+)((?:[^\s\\]|\\(?!\n))+)")
_MAC = re.compile(r"(?<=mac/)[0-9A-Fa-f:]{17}")
_BRINGS_UP = re.compile(r"auto|allow-[a-z-]+")
_LISTS_OF_NAMES = re.compile(r"auto|allow-[a-z-]+|no-auto-down|no-scripts")

# Options (with _ for -) that say of which interfaces another is made: those of ifenslave, bridge-utils and vlan.
_MEMBERS = ("bond_slaves", "slaves", "bond_members", "bridge_ports", "ovs_ports", "ovs_bonds")
_PARENT = "vlan_raw_device"
# The other way round, in a port: of which bond or bridge, and in ifupdown2 of which VRF.
_OF_MAC = ("hwaddress", "bridge_hw", "link_address")
_UPPERS = ("bond_master", "ovs_bridge", "vrf")
_OF_VIRTUAL = frozenset(
    (*_MEMBERS, _PARENT, "vxlan_id", "tunnel_mode", "vrf_table", "wireguard_config_path", "veth_peer")
)
# With wpa-conf a wired card may be authenticated too.
_OF_WIRELESS = ("wpa_ssid", "wpa_essid", "wpa_bssid", "wpa_psk", "wireless_")
# What ifupdown-ng's `use` and ifupdown2's `link-type` say.
_VIRTUAL_KINDS = frozenset(
    ("bond", "bridge", "dummy", "gre", "macvlan", "ppp", "tunnel", "veth", "vlan", "vrf", "vxlan", "wifi", "wireguard")
)
_VIRTUAL_METHODS = frozenset(("loopback", "ppp", "wvdial", "tunnel", "6to4", "v4tunnel", "wireguard"))
# No interface has so many options, no guest so many mappings; a hostile file must not fill our memory by way of those.
_MOST_MAPPINGS = _MOST_PATTERNS = 100
_METHODS = {"static": "static", "dhcp": "dhcp", "bootp": "dhcp", "auto": "auto", "manual": "manual"}


def read(root: GuestRoot) -> list[Setting]:
    """What ifupdown's files say: a list of Settings."""
    stanzas = [(file, stanza) for file, text in _texts(root).items() for stanza in parse(text)]
    physical = _physical_names([stanza for _file, stanza in stanzas])
    names, patterns = _brought_up([stanza for _file, stanza in stanzas])
    found = [
        setting
        for file, stanza in _with_inherited(stanzas)
        if stanza.keyword == "iface"
        for name in physical.get(stanza.name, [stanza.name])
        for setting in _settings_of(file, stanza, name, at_boot=name in names or matches(name, patterns))
    ]
    mapped = [(file, stanza.name) for file, stanza in stanzas if stanza.keyword == "mapping"]
    return found + [
        Setting(file, KIND, name, at_boot=name in names or matches(name, patterns))
        for file, name in mapped
        if INTERFACE.fullmatch(name)
    ]


def unconfigure(root: GuestRoot, nics: Sequence[Nic]) -> None:
    """Take these Nics out of ifupdown's files. Everything else stays, comments too."""
    texts = _texts(root)
    names = {nic.name for nic in nics if nic.name}
    gone = set(names)
    for text in texts.values():
        gone |= {stanza.name for stanza in parse(text) if set(stanza.values(_PARENT)) & names}
    for file, text in texts.items():
        detail = f"{', '.join(sorted(names))} is not on the target; its lines were commented out"
        root.write(file, without(text, gone), detail)


def replace_macs(root: GuestRoot, macs: Mapping[str, str]) -> None:
    """Make what knows a NIC by its MAC address (`rename mac/...=eth0`), or gives it one, use another: {old: new}."""
    for file, text in _texts(root).items():
        lines = text.split("\n")
        for stanza in parse(text):
            if stanza.keyword == "rename" or _LISTS_OF_NAMES.fullmatch(stanza.keyword):
                for index in range(stanza.head.start, stanza.head.end):
                    lines[index] = _MAC.sub(lambda mac: values.with_macs_replaced(mac.group(), macs), lines[index])
            for line in stanza.options:
                if option_name(line) in _OF_MAC:
                    for index in range(line.start, line.end):
                        lines[index] = values.with_macs_replaced(lines[index], macs)
        root.write(file, "\n".join(lines), "the network card has another MAC address on the target")


def rename(root: GuestRoot, names: Mapping[str, str]) -> None:
    """Call NICs by their new names: {old: new}; their aliases and VLANs too, and in commands, but for paths of files."""
    for file, text in _texts(root).items():
        lines = text.split("\n")
        for stanza in parse(text):
            for line in (stanza.head, *stanza.options):
                for index in range(line.start, line.end):
                    lines[index] = values.with_names_replaced_in_words(lines[index], names)
        root.write(file, "\n".join(lines), "the network card has another name on the target")


def use_dhcp(root: GuestRoot, nics: Sequence[Nic]) -> None:
    """Let these Nics get their addresses by DHCP (IPv6's by router advertisements). Other options stay."""
    names = {nic.name for nic in nics if nic.name}
    detail = f"{', '.join(sorted(names))} gets its address by DHCP on the target"
    texts = _texts(root)
    physical = _physical_names([stanza for text in texts.values() for stanza in parse(text)])
    # Settings that another NIC may get as well stay.
    of_them = names | {logical for logical, of_one in physical.items() if of_one and set(of_one) <= names}
    for file, text in texts.items():
        root.write(file, static_interfaces.with_dhcp(text, of_them), detail)


def use_static(root: GuestRoot, nic: Nic, static: Static) -> None:
    """Give this Nic the addresses static, with the gateways and name servers, in the place of what it has."""
    detail = f"{nic.label} has another address on the target"
    texts = _texts(root)
    physical = _physical_names([stanza for text in texts.values() for stanza in parse(text)])
    names = {nic.name or ""} | {logical for logical, of_one in physical.items() if of_one == [nic.name]}
    has_dns = static_interfaces.takes_dns(root)
    done: set[int] = set()
    for file, text in texts.items():
        root.write(file, static_interfaces.with_static(text, names, static, done, has_dns), detail)
    if done and not has_dns and static.name_servers is not None:
        static_interfaces.use_name_servers(root, static.of_all, nic, detail)


def without(text: str, names: Collection[str]) -> str:
    """text with all that configures the interfaces of these names made comments, or struck out of lists of names.

    Aliases and VLANs of theirs (eth0:1, eth0.100) go with them. What remains is as it was to the byte.
    """
    lines = text.split("\n")
    for stanza in parse(text):
        if stanza.keyword in ("iface", "mapping") and _is_of(stanza.name, names):
            for line in (stanza.head, *stanza.options):
                comment_out(lines, line)
        elif _LISTS_OF_NAMES.fullmatch(stanza.keyword):
            _strike_out(lines, stanza.head, names, "")
        for line in stanza.options:
            if option_name(line) in (*_MEMBERS, "bond_primary") and not _is_of(stanza.name, names):
                _strike_out(lines, line, names, "none" if option_name(line) in _MEMBERS else "")
    return "\n".join(lines)


def _texts(root: GuestRoot) -> dict[str, str]:
    """{path: text} of the file and all that it includes, in the order in which ifupdown reads them."""
    texts: dict[str, str] = {}
    pending = [_FILE]
    while pending:
        path = pending.pop()
        text = root.read(path)
        if text is not None and path not in texts:
            texts[path] = text
            pending += reversed(list(_included(root, path, text)))
    return texts


def _included(root: GuestRoot, path: str, text: str) -> Iterator[str]:
    """The paths that the file at path, with this text, includes."""
    for stanza in parse(text):
        patterns = [posixpath.join(posixpath.dirname(path), word) for word in stanza.head.words[1:]]
        if stanza.keyword == "source":
            for pattern in patterns:
                yield from root.glob(pattern)
        elif stanza.keyword == "source-directory":
            for directory in patterns:
                for name in root.list(directory):
                    # interfaces(5): only files whose names consist of these characters.
                    if re.fullmatch(r"[a-zA-Z0-9_-]+", name):
                        yield posixpath.join(directory, name)


def _with_inherited(stanzas: Iterable[tuple[str, Stanza]]) -> list[tuple[str, Stanza]]:
    """The pairs (file, Stanza) with what `inherits` brings, as config.c of ifupdown copies it.

    It is of the first stanza of that name, and family where one is given, that was there before.
    """
    earlier: dict[tuple[str, str], Stanza] = {}
    found: list[tuple[str, Stanza]] = []
    for file, stanza in stanzas:
        base = earlier.get((stanza.inherits, stanza.family)) if stanza.inherits else None
        whole = stanza.inheriting(base) if base else stanza
        if whole.keyword in ("iface", "template"):
            name = "".join(whole.head.words[1:2])
            for family in ("", whole.family):
                earlier.setdefault((name, family), whole)
        found.append((file, whole))
    return found


def _physical_names(stanzas: Iterable[Stanza]) -> dict[str, list[str]]:
    """{name of settings: [interfaces that may get them]}, for settings that are called otherwise than an interface.

    Mappings choose them, `auto eth0=home` does, and others inherit them; the latter may be of an interface as well.
    """
    brought_up = [word for each in stanzas if _LISTS_OF_NAMES.fullmatch(each.keyword) for word in each.head.words[1:]]
    names = dict.fromkeys(word for word in brought_up if "=" not in word)
    physical: dict[str, list[str]] = {
        stanza.inherits: [] for stanza in stanzas if stanza.inherits and stanza.inherits not in names
    }
    for stanza in [each for each in stanzas if each.keyword == "mapping"][:_MOST_MAPPINGS]:
        mapped = [name for name in list(names)[:MOST_OPTIONS] if globs.fits(name, stanza.name)]
        mapped.insert(0, stanza.name)
        for line in stanza.options[:MOST_OPTIONS]:
            if option_name(line) == "map":
                physical.setdefault(line.words[-1], []).extend(mapped)
    for word in brought_up:
        name, equals, logical = word.partition("=")
        if equals:
            physical.setdefault(logical, []).append(name)
    return {logical: list(dict.fromkeys(of_one)) for logical, of_one in physical.items()}


def _brought_up(stanzas: Iterable[Stanza]) -> tuple[set[str], list[str]]:
    """(set of the names, list of the patterns) of the interfaces that something brings up by itself.

    That is `auto` at boot, and for each other class (allow-hotplug, allow-ovs) what that is called after. A pattern has
    a slash before it, and perhaps one after it with options: /eth*/1 (interfaces(5), interface patterns).
    """
    lists = [stanza.head.words[1:] for stanza in stanzas if _BRINGS_UP.fullmatch(stanza.keyword)]
    words = [word.partition("=")[0] for each in lists for word in each]
    patterns = list(dict.fromkeys(word.split("/")[1] for word in words if word.startswith("/")))
    return {word.partition(":")[0] for word in words}, patterns[:_MOST_PATTERNS]


def _settings_of(file: str, stanza: Stanza, name: str, at_boot: bool) -> Iterator[Setting]:
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
    yield Setting(
        file,
        KIND,
        name,
        virtual=_is_virtual(stanza),
        lower=_lower(stanza),
        tagged=bool(stanza.values(_PARENT)) or "." in stanza.name or _has_tag(stanza),
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


def _lower(stanza: Stanza) -> tuple[str, ...]:
    """The interfaces that this one is made of."""
    names = stanza.values(_PARENT)
    if "." in stanza.name:
        names.append(stanza.name.partition(".")[0])
    if "OVSIntPort" in stanza.values("ovs_type"):
        names += stanza.values("ovs_bridge")
    for option in _MEMBERS:
        for name in stanza.values(option):
            # bridge-utils-interfaces(5): from here on it is a pattern.
            if name == "regex":
                break
            if name not in ("none", "all"):
                names.append(name)
    return tuple(name for name in names if INTERFACE.fullmatch(name))


def _method(stanza: Stanza, addresses: tuple[str, ...]) -> str | None:
    """How it gets its addresses; ifupdown2 and ifupdown-ng do without the word, and have `use dhcp` for one."""
    if stanza.method:
        return _METHODS.get(stanza.method)
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
    for words in _commands(stanza):
        # ip address add ADDRESS/PREFIX dev INTERFACE (ip-address(8))
        if words[:1] == ["ip"] and len(words) > 3 and "address".startswith(words[1]) and words[2] in ("add", "replace"):
            device = words[words.index("dev") + 1] if "dev" in words[:-1] else stanza.name
            if device in (stanza.name, "$IFACE", "${IFACE}"):
                found += values.with_prefix(words[3])
    return tuple(dict.fromkeys(found))


def _gateways(stanza: Stanza) -> tuple[str, ...]:
    """The gateway, and those of default routes which commands add (ip-route(8), route(8))."""
    found = stanza.values("gateway")[:1]
    for words in _commands(stanza):
        if words[:1] == ["ip"] and len(words) > 2 and "route".startswith(words[1]) and "via" in words[:-1]:
            if {"default", "0.0.0.0/0", "::/0"}.intersection(words) and values.in_main_table(words):
                found.append(words[words.index("via") + 1])
        elif words[:2] == ["route", "add"] and "default" in words and "gw" in words[:-1]:
            found.append(words[words.index("gw") + 1])
    return values.gateways(found)


def _commands(stanza: Stanza) -> Iterator[list[str]]:
    """The words of the commands that bring the interface up, without options of the program."""
    for line in stanza.options:
        if option_name(line) in ("up", "pre_up", "post_up"):
            words = line.words[1:]
            program = posixpath.basename(words[0]) if words else ""
            yield [program, *(word for word in words[1:] if word not in ("-4", "-6"))]


def _is_of(name: str, names: Collection[str]) -> bool:
    """Whether the interface called name is one of names, or an alias or VLAN of one, or has settings (eth0=home)."""
    return re.split(r"[.:=]", name)[0] in names or name in names


def _strike_out(lines: list[str], line: Line, names: Collection[str], if_empty: str) -> None:
    """Strike names out of the words of a line. With none left it is a comment, or if_empty stands in their place."""
    struck = [word for word in line.words[1:] if _is_of(word, names)]
    if not struck:
        return
    if len(struck) == len(line.words) - 1 and not if_empty:
        comment_out(lines, line)
        return
    gone = set(struck)
    text = _WORD.sub(lambda found: "" if found[1] in gone else found[0], "\n".join(lines[line.start : line.end]))
    if len(struck) == len(line.words) - 1:
        text += " " + if_empty
    lines[line.start : line.end] = text.split("\n")
