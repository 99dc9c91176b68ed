# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MAC addresses in what earlier runs of the guest left in its files: DHCP leases and logs.

They are facts of the last run, not of the configuration: a clone of a virtual machine carries those of its origin. So
they serve to distinguish several NICs, and to give the only one its address again; never to bind the name of the only
one, which its driver binds more safely.

Most drivers do not print the address (vmxnet3, virtio_net, hv_netvsc and xen-netfront do not); Intel's, Realtek's and
Broadcom's do when they find the card, under the kernel's first name for it. dhclient does at each start.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from ....guest.reading import READ_LIMIT
from ....guest.root import GuestRoot
from ....texts import sections
from .. import bounds
from .macs import KnownMac, traced_in

# How a card is configured of which only a lease is left.
KIND = "lease"

_DHCLIENT_LEASES = (
    "/var/lib/dhcp/*.leases",
    "/var/lib/dhcp/*.lease",
    "/var/lib/dhclient/*.lease*",
    "/var/lib/NetworkManager/dhclient*.lease",
)
_OF_NM = "/var/lib/NetworkManager/internal-"
_NM_LEASES = f"{_OF_NM}*.lease"
_TIMESTAMPS = "/var/lib/NetworkManager/timestamps"
_UUID = re.compile(r"/(?:internal|dhclient)6?-(?P<uuid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-")
# Seconds: also those of connections that ended with the system, shortly before.
_AT_ONCE = 600
# networkd keeps its leases in /run, which does not outlive the guest's shutdown.
_OF_WICKED = "/var/lib/wicked/"
_WICKED_LEASES = f"{_OF_WICKED}lease-*-dhcp-ipv[46].xml"
_LOGS = (
    "/var/log/dmesg",
    "/var/log/boot.msg",
    "/var/log/cloud-init-output.log",
    "/var/log/kern.log",
    "/var/log/messages",
    "/var/log/syslog",
)
_JOURNALS = ("/var/log/journal/*/system.journal",)

# Bytes of each log that are read, from its end. A journal is read in full where it can be: it grows by 8 MiB at a time
# (journal-file.c), so that its end may be empty.
_TAIL = 1024 * 1024

_MAC = r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}"

# dev_printk(): driver, place on the bus, the interface's name: e1000 0000:02:01.0 eth0: (PCI:66MHz:32-bit) 00:0c:...
_KERNEL = re.compile(
    r"\b[\w-]+ (?P<place>(?:[0-9a-f]{4}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f]|virtio\d+|vif-\d+)"
    rf" (?P<name>[^\s:]{{1,15}}): (?:.*\brenamed from (?P<old>\S+)|.*?(?<![\w:])(?P<mac>{_MAC})(?![\w:]))"
)
_DHCLIENT = re.compile(rf"\b(?:Listening|Sending) on +LPF/(?P<name>[^\s/]{{1,15}})/(?P<mac>{_MAC})")
# cloud-init's table of interfaces: name, up, address, mask, scope, hardware's address.
_CLOUD_INIT = re.compile(rf"\| +(?P<name>\S{{1,15}}) +\| +True +\|.*\| +(?P<mac>{_MAC}) +\|")

# RFC 2132, 9.14: hardware type 1 and the address. As numbers, or as text with octal escapes.
_CLIENT_ID = re.compile(r"option dhcp-client-identifier ([^;\n]{1,500});")
_DUID = re.compile(r'default-duid "((?:[^"\\]|\\.){0,200})";')
_INTERFACE = re.compile(r'\binterface "([^"]{1,15})";')
# dhclient.leases(5): the day of the week, date and time; or the seconds since 1970 with `db-time-format local`.
_EXPIRES = re.compile(r"^\s*expire (?:[0-6] ([0-9]{4}/[0-9]{2}/[0-9]{2} [0-9:]{8})|epoch ([0-9]{1,10}))", re.MULTILINE)


@dataclass(frozen=True)
class Leases:
    """macs: {name of an interface: KnownMac} by the leases of dhclient, NetworkManager and wicked.

    in_use: {name: UUID} of those with a lease of a connection of NetworkManager's that was active when it last ended.
    """

    macs: Mapping[str, KnownMac]
    in_use: Mapping[str, str]


def leases_of(root: GuestRoot) -> Leases:
    """The root's Leases. They are read once."""
    with suppress(KeyError):
        return root.recall(Leases)
    macs = from_leases(root)
    found = ((name, _UUID.search(known.source.file)) for name, known in macs.items())
    uuids = {name: uuid["uuid"] for name, uuid in found if uuid}
    active = last_active(last_used(root)) if uuids else frozenset()
    leases = Leases(macs, {name: uuid for name, uuid in uuids.items() if uuid in active})
    root.remember(leases)
    return leases


def last_used(root: GuestRoot) -> dict[str, int]:
    """{UUID of a connection of NetworkManager's: when it was last active, in seconds}."""
    return timestamps(root.read(_TIMESTAMPS) or "")


def timestamps(text: str) -> dict[str, int]:
    """last_used by the text of NetworkManager's file."""
    return {entry.key: int(entry.value) for entry in sections.parse(text) if re.fullmatch(r"[0-9]{1,15}", entry.value)}


def last_active(times: Mapping[str, int]) -> frozenset[str]:
    """The UUIDs of the connections that were active when NetworkManager last ended. times: as of last_used.

    It saves the time of all active connections when it ends (nm_manager_write_device_state_all() of src/core/nm-manager.c).
    """
    last = max(times.values(), default=0)
    return frozenset(uuid for uuid, time in times.items() if time >= last - _AT_ONCE)


def from_leases(root: GuestRoot) -> dict[str, KnownMac]:
    """{name: KnownMac} by the leases of dhclient, NetworkManager and wicked."""
    found: dict[str, KnownMac] = {}
    of_wicked = []
    # To read one takes a call; no guest has so many.
    for path in root.glob(*_DHCLIENT_LEASES, _NM_LEASES, _WICKED_LEASES)[: bounds.MOST_FILES]:
        if path.startswith(_OF_WICKED):
            of_wicked.append(path)
        elif not path.startswith(_OF_NM):
            found.update((name, traced_in(mac, path)) for name, mac in dhclient_lease(root.read(path) or "").items())
        else:
            # internal-UUID-INTERFACE.lease
            name = re.search(r"internal-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-(.+)\.lease$", path)
            client = re.search(r"^CLIENTID=01([0-9a-fA-F]{12})$", root.read(path) or "", re.MULTILINE)
            if name and client:
                found[name[1]] = traced_in(_colons(bytes.fromhex(client[1])), path)
    found.update(_wicked_leases(root, of_wicked))
    return found


def from_logs(root: GuestRoot, journal: bool) -> dict[str, KnownMac]:
    """{name: KnownMac} by the ends of the logs; journal: whether to search systemd's journal too."""
    found: dict[str, KnownMac] = {}
    for path in _LOGS:
        if root.is_file(path):
            text = root.tail(path, _TAIL).decode("utf-8", "replace")
            found.update((name, traced_in(mac, path)) for name, mac in log(text.split("\n")).items())
    for path in root.glob(*_JOURNALS) if journal else ():
        # Fields under 512 bytes are not compressed (journal-file.c), and lie in the file in the order of their arrival.
        whole = root.size(path) <= READ_LIMIT
        text = ((root.read_bytes(path) if whole else root.tail(path, _TAIL)) or b"").decode("latin-1")
        lines = re.findall(r"MESSAGE=([\x20-\x7e]+)", text)
        found.update((name, traced_in(mac, path)) for name, mac in log(lines).items())
    return found


def _wicked_leases(root: GuestRoot, paths: Iterable[str]) -> dict[str, KnownMac]:
    """{name: KnownMac} by wicked's leases at these paths (src/dhcp4/lease.c, src/dhcp6/lease.c)."""
    found: dict[str, KnownMac] = {}
    by_duid: dict[str, KnownMac | None] = {}
    for path in paths:
        called = re.search(r"lease-(.+)-dhcp-ipv([46])\.xml$", path)
        if not called:
            continue
        name, family = called.groups()
        client = re.search(r"<client-id>([0-9a-fA-F:]{1,400})</client-id>", root.read(path) or "")
        content = _client_id(client[1]) if client else b""
        # RFC 4361: a type of 255, four octets of the interface's, and the DUID.
        duid = content if family == "6" else content[5:] if content[:1] == b"\xff" else b""
        if family == "4" and content[:1] == b"\1" and len(content) == 7:
            found[name] = traced_in(_colons(content[1:]), path)
        mac = _duid_mac(duid)
        by_duid[name] = traced_in(mac, path) if mac else by_duid.get(name)
    # The DUID is the system's. It has the address of one interface: of which is clear only where there is no other.
    only = {name: known for name, known in by_duid.items() if known and len(by_duid) == 1}
    return {**only, **found}


def dhclient_lease(text: str) -> dict[str, str]:
    """{name: MAC address} by a lease file of dhclient's, the last lease of an interface first."""
    found: dict[str, str] = {}
    names = _INTERFACE.findall(text)
    duid = _DUID.search(text)
    # It holds the address of the interface that dhclient was started for.
    mac = _duid_mac(_octets(duid[1])) if duid and len(set(names)) == 1 else None
    if mac:
        found[names[0]] = mac
    for block in re.split(r"^lease6? \{", text, flags=re.MULTILINE)[1:]:
        name, client = _INTERFACE.search(block), _CLIENT_ID.search(block)
        content = _client_id(client[1]) if client else b""
        if name and content[:1] == b"\1" and len(content) == 7:
            found[name[1]] = _colons(content[1:])
    return found


def last_expiry(text: str, name: str) -> str:
    """The time in UTC, "2026/11/30 12:00:00", at which the last lease of an interface ends by a lease file of dhclient's."""
    times = [""]
    for block in re.split(r"^lease6? \{", text, flags=re.MULTILINE)[1:]:
        interface, expires = _INTERFACE.search(block), _EXPIRES.search(block)
        if interface and expires and interface[1] == name:
            times.append(expires[1] or time.strftime("%Y/%m/%d %H:%M:%S", time.gmtime(int(expires[2]))))
    return max(times)


def log(lines: Iterable[str]) -> dict[str, str]:
    """{name: MAC address} by the lines of a log; the later ones are right where they differ."""
    found: dict[str, str] = {}
    macs: dict[str, str] = {}
    for line in lines:
        # No line with an address is longer; a hostile one would keep the pattern busy.
        line = line[:300]
        kernel = _KERNEL.search(line)
        if kernel and kernel["mac"]:
            macs[kernel["place"]] = kernel["mac"].lower()
            found[kernel["name"]] = macs[kernel["place"]]
        elif kernel and kernel["place"] in macs:
            found.pop(kernel["old"], None)
            found[kernel["name"]] = macs[kernel["place"]]
        else:
            logged = _DHCLIENT.search(line) or _CLOUD_INIT.search(line)
            if logged:
                found[logged["name"]] = logged["mac"].lower()
    return found


def _duid_mac(duid: bytes) -> str | None:
    """The MAC address in a DUID-LLT or DUID-LL of Ethernet (RFC 8415, 11.2 and 11.4), None in another."""
    is_one = duid[:4] in (b"\0\1\0\1", b"\0\3\0\1") and len(duid) in (10, 14)
    return _colons(duid[-6:]) if is_one else None


def _client_id(text: str) -> bytes:
    if text.startswith('"'):
        return _octets(text[1:-1])
    words = text.split(":")
    if not all(re.fullmatch(r"[0-9a-fA-F]{1,2}", word) for word in words):
        return b""
    return bytes(int(word, 16) for word in words)


def _octets(text: str) -> bytes:
    r"""The octets of a text in quotes, in which dhclient writes those that cannot be printed as \ooo."""
    parts = re.findall(r"\\[0-7]{3}|\\.|.", text, re.DOTALL)
    values = [int(part[1:], 8) if re.fullmatch(r"\\[0-7]{3}", part) else ord(part[-1]) for part in parts]
    return bytes(value & 255 for value in values)


def _colons(octets: bytes) -> str:
    return ":".join(f"{octet:02x}" for octet in octets)
