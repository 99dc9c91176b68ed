# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where in /etc, other than in network configuration, NICs are mentioned: by name, MAC address or IP address."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from ipaddress import ip_address

from ...guest import search
from ...guest.root import GuestRoot
from ...model.concerns import Concern
from .. import searched
from .cards.statics import version_of

# Files that are named in messages.
_MOST_FILES = 10
# Words of one search: all of it is one argument of a shell, of less than 128 KiB (execve(2)).
_MOST_WORDS = 1000
# Characters that stand next to no word of a search: of names and MAC addresses, and of IP addresses by their family. Those of
# IPv4 may have a port (10.0.2.15:443), or be between colons (ip=10.0.2.15::10.0.2.2).
_IN_NAMES, _IN_ADDRESSES = "0-9A-Za-z", {4: "0-9A-Za-z.", 6: "0-9A-Za-z.:"}
# What is called after an interface, as the program takes its name from there: instances of units (systemd.unit(5)), what a
# device starts, OpenRC's net.eth0 and dhcpcd.eth0, services of runit, and settings of dhclient, wpa_supplicant and etcnet.
_CALLED = (
    "/etc/systemd/system/*@*",
    "/etc/systemd/system/*.wants/*@*",
    "/etc/systemd/system/*.requires/*@*",
    "/etc/systemd/system/sys-subsystem-net-devices-*",
    "/etc/init.d/*.*",
    "/etc/runlevels/*/*.*",
    "/etc/conf.d/*.*",
    "/etc/sv/*-*",
    "/etc/runit/runsvdir/*/*-*",
    "/etc/dhcp/dhclient-*.conf",
    "/etc/dhclient-*.conf",
    "/etc/wpa_supplicant/*-*.conf",
    "/etc/net/ifaces/*",
    # Passwords of 802.1X.
    "/etc/sysconfig/network-scripts/keys-*",
)
_ADDRESSES = (re.compile(r"[0-9A-Za-z.]+"), re.compile(r"[0-9A-Za-z.:]+"))


def named_elsewhere(root: GuestRoot, names: Mapping[str, str]) -> list[Concern]:
    """The Concerns that files other than network configuration name NICs that got new names, {old: new}."""
    exchanged = set(names) & set(names.values())
    # Where two cards exchange their names, what was rewritten mentions them rightly.
    rewritten = {change.path for change in root.changes()} if exchanged else set()
    found = _files_with(root, names, _IN_NAMES)
    files = [file for file in found.paths if file not in rewritten] + _called(root, names)
    incomplete = searched.concerns_over(root, found)
    if not files:
        return incomplete
    return [
        *incomplete,
        Concern(
            "nic-name-used-elsewhere",
            "warning",
            f"{listed(files)} still mention {', '.join(names)}, which "
            f"{'is' if len(names) == 1 else 'are'} called {', '.join(names.values())} on the target.",
            "Change the name in these files if it is that of the network card: rules of a firewall, services, sysctls.",
        ),
    ]


def gone_elsewhere(root: GuestRoot, names: Collection[str]) -> list[Concern]:
    """The Concerns that other files name NICs that are not on the target; nft refuses all of its rules for such a one."""
    if not names:
        return []
    words = _words(names)
    found = _files_with(root, names, _IN_NAMES)
    files = [
        file for file in found.paths if any(words.search(line) for line in without_comments(root.read(file) or ""))
    ]
    files += _called(root, names)
    incomplete = searched.concerns_over(root, found)
    if not files:
        return incomplete
    return [
        *incomplete,
        Concern(
            "nic-name-used-elsewhere",
            "warning",
            f"{listed(files)} still mention {', '.join(names)}, which the target does not have.",
            "Remove the name from these files if it is that of the network card: rules of a firewall, services, sysctls.",
        ),
    ]


def called_after_interfaces(root: GuestRoot) -> list[str]:
    """The paths in /etc, but those of copies, that may be called after an interface. It takes one call."""
    return searched.without_copies(root.glob(*_CALLED))


def _called(root: GuestRoot, names: Collection[str]) -> list[str]:
    """Those that are called after one of names."""
    words = _words(names)
    return [path for path in called_after_interfaces(root) if words.search(posixpath.basename(path))]


def _words(names: Collection[str]) -> re.Pattern[str]:
    return re.compile("|".join(rf"(?<![{_IN_NAMES}]){re.escape(name)}(?![{_IN_NAMES}])" for name in names))


def macs_elsewhere(root: GuestRoot, macs: Mapping[str, str]) -> list[Concern]:
    """The Concerns that other files know NICs by the MAC addresses that they had, {old: new}."""
    # One that another card gets is where it belongs.
    gone = [old for old in macs if old not in macs.values()]
    spellings = [spelling for old in gone for one in (old, old.replace(":", "-")) for spelling in (one, one.upper())]
    found = _files_with(root, spellings, _IN_NAMES)
    incomplete = searched.concerns_over(root, found)
    if not found.paths:
        return incomplete
    changed = ", ".join(f"{old} (now {macs[old]})" for old in gone)
    return [
        *incomplete,
        Concern(
            "nic-mac-used-elsewhere",
            "warning",
            f"{listed(found.paths)} still mention a MAC address that the target replaces: {changed}.",
            "Change the address in these files if it identifies the network card there: NetworkManager.conf, DHCP and "
            "firewall configuration, licences.",
        ),
    ]


def addresses_elsewhere(root: GuestRoot, addresses: Sequence[str], whose: str) -> list[Concern]:
    """The Concerns that other files have addresses or gateways that NICs had. whose: what a message calls these NICs."""
    found = _files_with_addresses(root, _spelled(addresses))
    places = _places(root, found.paths, addresses)
    incomplete = searched.concerns_over(root, found)
    if not places:
        return incomplete
    return [
        *incomplete,
        Concern(
            "nic-address-used-elsewhere",
            "warning",
            f"{listed(places)} still mention {', '.join(addresses)}, which was the address or gateway of {whose}.",
            "Change it there where the new address is meant: /etc/hosts, addresses on which services listen, rules of a "
            "firewall, static routes by the old gateway.",
        ),
    ]


def files_mentioning(root: GuestRoot, addresses: Sequence[str]) -> tuple[dict[str, list[str]], list[Concern]]:
    """({address: the files in /etc that have it}, of the first files, and the Concern that not all were searched)."""
    mentions: dict[str, list[str]] = {address: [] for address in addresses}
    spelled = _spelled(addresses)
    found = _files_with_addresses(root, spelled)
    for file in found.paths[:_MOST_FILES]:
        for address in _addresses_in(root.read(file) or "", spelled):
            mentions[address].append(file)
    return mentions, searched.concerns_over(root, found)


def listed(places: Sequence[str]) -> str:
    """How a message lists them."""
    more = f" and {len(places) - _MOST_FILES} more" if len(places) > _MOST_FILES else ""
    return ", ".join(places[:_MOST_FILES]) + more


def _places(root: GuestRoot, files: Iterable[str], addresses: Sequence[str]) -> list[str]:
    """ "FILE:LINE" of each line in files that has one of addresses and is no comment."""
    found: list[str] = []
    for file in files:
        if len(found) <= 10 * _MOST_FILES:
            found += [f"{file}:{number}" for number in lines_with(root.read(file) or "", addresses)]
    return found


def lines_with(text: str, addresses: Collection[str]) -> list[int]:
    """The numbers of the lines of text that have one of addresses, and not in a comment."""
    spelled = _spelled(addresses)
    return [number for number, line in _numbered(text) if _addresses_in(line, spelled)]


def _spelled(addresses: Iterable[str]) -> dict[str, str]:
    """{spelling: address} of how files have these addresses; those of IPv6 in capitals, and without `::`, too."""
    found: dict[str, str] = {}
    for address in addresses:
        long = ip_address(address).exploded if ":" in address else address
        found.update(dict.fromkeys((address, address.upper(), long, long.upper()), address))
    return found


def _addresses_in(text: str, spelled: Mapping[str, str]) -> set[str]:
    """Those of the addresses that are in text. spelled: as of _spelled."""
    return {spelled[word] for words in _ADDRESSES for word in spelled.keys() & words.findall(text)}


def without_comments(text: str) -> list[str]:
    """The lines of text that are no comments."""
    return [line for _number, line in _numbered(text)]


def _numbered(text: str) -> list[tuple[int, str]]:
    """(number, line) of those lines."""
    lines = enumerate(without_xml_comments(text).split("\n"), 1)
    return [(number, line) for number, line in lines if line.lstrip()[:1] not in ("#", ";")]


def without_xml_comments(text: str) -> str:
    """text without comments of XML, with as many lines as before.

    A regular expression would search to the end of a hostile text for each comment that does not end.
    """
    kept: list[str] = []
    place = 0
    while True:
        start = text.find("<!--", place)
        end = text.find("-->", start + len("<!--")) if start >= 0 else -1
        if end < 0:
            return "".join(kept) + text[place:]
        kept += [text[place:start], "\n" * text.count("\n", start, end)]
        place = end + len("-->")


def files_with(root: GuestRoot, expression: str) -> search.Found:
    """The files in /etc, but for copies, with a line that fits expression, of `grep -E`."""
    found = root.files_with(expression, "/etc")
    # Where the appliance cannot search, nothing was looked at.
    return search.Found(searched.without_copies(found.paths), found.is_whole) if found else search.Found([], False)


def _files_with(root: GuestRoot, words: Iterable[str], within: str) -> search.Found:
    """The files in /etc, but for copies, that have one of words, where no character of those within stands next to it."""
    listed = list(words)
    parts = [_alternatives(listed[start : start + _MOST_WORDS]) for start in range(0, len(listed), _MOST_WORDS)]
    return _all_of(files_with(root, f"(^|[^{within}])({sought})($|[^{within}])") for sought in parts if sought)


def _files_with_addresses(root: GuestRoot, spelled: Iterable[str]) -> search.Found:
    """The same for IP addresses."""
    return _all_of(
        _files_with(root, [each for each in spelled if version_of(each) == version], within)
        for version, within in _IN_ADDRESSES.items()
    )


def _all_of(searches: Iterable[search.Found]) -> search.Found:
    """What several searches found together."""
    done = list(searches)
    return search.Found(sorted({path for each in done for path in each.paths}), all(each.is_whole for each in done))


def _alternatives(words: Iterable[str]) -> str:
    """The regular expression, for grep, of those of words that consist of plain characters.

    It becomes a part of a script, in quotes; so no other character of a name that the guest has chosen gets there.
    """
    return "|".join(word.replace(".", "[.]") for word in words if re.fullmatch(r"[0-9A-Za-z_.:-]+", word))
