# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NICs on the kernel's command line (dracut.cmdline(7), the kernel's nfsroot.rst, initramfs-tools(7)). Pure.

ifname= gives names to MAC addresses; ip= and others configure NICs by name, in the initrd. What no file configures
afterwards keeps that configuration.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from ....guest.root import GuestRoot
from .. import values
from ..cards.macs import KnownMac, bound_by
from ..cards.nics import INTERFACE, Setting
from ..cards.statics import Static

KIND = "kernel-arguments"
SOURCE = "/proc/cmdline"

# Arguments that name NICs; ip= is the kernel's and initramfs-tools's too.
_NAMING = re.compile(r"(?:ip|ifname|bond|bridge|team|vlan|nameserver|rd\.route|bootdev|rd\.znet_ifname)=(.*)")
# Those that know a NIC by its MAC address; BOOTIF= is PXELINUX's, with the type of the hardware before it. In dracut
# NetworkManager takes an address with hyphens in the place of a name (reader_get_connection() of its initrd-generator).
# The one with colons at the end of ip= is to be set.
_KNOWING = re.compile(r"(ifname=[^:]*:|BOOTIF=01-|(?:ip|bootdev)=(?=[0-9A-Fa-f]{2}-))([0-9A-Fa-f:-]{17})(.*)")
# Those by which the initrd brings NICs up.
_USING = re.compile(
    r"ip=(?!off$|none$).+|(?:bond|bridge|team|vlan|bootdev|netroot|nfsroot|rd\.iscsi\.\w+)=.+"
    r"|rd\.neednet(?:=(?!0$|no$|off$).+)?|root=(?:/dev/nfs|nfs4?:|nbd:|iscsi:|dhcp6?|https?:|ftp:).*"
)
_METHODS = {"dhcp": "dhcp", "on": "dhcp", "any": "dhcp", "both": "dhcp", "bootp": "dhcp", "dhcp6": "dhcp"}
_METHODS.update({"single-dhcp": "dhcp", "either6": "auto", "auto6": "auto", "link6": "auto", "ibft": "manual"})
_OF_IPV6 = ("dhcp6", "either6", "auto6", "link6")
_UPPERS = ("bond", "bridge", "team", "vlan")
_SERVERS = "nameserver"


def arguments_of(root: GuestRoot) -> list[str]:
    """The arguments of the kernel that the guest boots by default."""
    return root.boot_menu.arguments


def read(root: GuestRoot) -> list[Setting]:
    """What the command line says: a list of Settings."""
    return settings_of(arguments_of(root))


def settings_of(arguments: Iterable[str]) -> list[Setting]:
    """What arguments of the command line say: a list of Settings."""
    found: list[Setting] = []
    servers: list[str] = []
    for argument in arguments:
        key, _equals, value = argument.partition("=")
        fields = _fields(value)
        if key == "ip":
            found += _settings(fields)
        elif key == _SERVERS:
            servers.append(value.strip("[]"))
        elif key in _UPPERS and len(fields) > 1 and INTERFACE.fullmatch(fields[0]):
            lower = tuple(name for name in fields[1].split(",") if INTERFACE.fullmatch(name))
            found.append(Setting(SOURCE, KIND, fields[0], virtual=True, lower=lower, tagged=key == "vlan"))
    # nameserver= is for all of them (reader_add_nameservers() of NetworkManager's nm-initrd-generator).
    return [replace(each, name_servers=values.gateways((*each.name_servers, *servers))) for each in found]


def macs(arguments: Iterable[str]) -> dict[str, KnownMac]:
    """{name: KnownMac} of the names that ifname= binds."""
    found: dict[str, KnownMac] = {}
    for argument in arguments:
        bound = re.fullmatch(r"ifname=([^:\s]{1,15}):(.{17})", argument)
        mac = values.normal_mac(bound[2]) if bound else None
        if bound and mac:
            found[bound[1]] = bound_by(mac, SOURCE)
    return found


def use_network(arguments: Iterable[str]) -> bool:
    """Whether the initrd brings NICs up by arguments."""
    return any(_USING.fullmatch(argument) for argument in arguments)


def need_network(arguments: Iterable[str]) -> bool:
    """Whether arguments say that the initrd needs NICs, and not only how they are configured."""
    return any(_USING.fullmatch(argument) and not argument.startswith("ip=") for argument in arguments)


def edited(
    argument: str,
    gone: Collection[str] = (),
    dynamic: Collection[str] = (),
    macs: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
    static: Mapping[str, Static] | None = None,
) -> str | None:
    """argument, as it must be on the target; None when it is only for a NIC that is gone.

    gone, dynamic: names of NICs, or MAC addresses of those without one, that are not there any more, and that shall use
    DHCP. macs, names: {old: new}. static: {name or MAC address: what a NIC shall have}.
    """
    key, _equals, value = argument.partition("=")
    fields = _fields(value)
    nic = _for_one(key, fields) or ""
    nic = values.normal_mac(nic) or nic
    if nic in gone:
        return None
    chosen = (static or {}).get(nic)
    if key == _SERVERS and any(each.name_servers is not None for each in (static or {}).values()):
        return None
    if key == "ip" and chosen:
        edited_argument = with_static(fields, chosen)
        if edited_argument is None:
            return None
        argument = edited_argument
    elif key == "ip" and len(fields) > 5 and nic in dynamic:
        fields[0] = fields[2] = fields[3] = ""
        argument = "ip=" + ":".join([*fields[:6], "dhcp", *fields[7:]])
    return with_new_names(with_new_macs(argument, macs or {}), names or {})


def with_static(fields: list[str], static: Static) -> str | None:
    """The argument ip= for a NIC, of which fields are the old ones, with its static address; None where it has none.

    One argument has one address: the first of its family, or of IPv4 where it had none.
    """
    by_method = len(fields) > 1 and fields[1] in _METHODS
    name = fields[0] if by_method else fields[5]
    old = fields[0].strip("[]")
    version = 6 if (":" in old and not by_method) or (by_method and fields[1] in _OF_IPV6) else 4
    if not static.of(version):
        version = 4 if static.of(4) else 6
    host, _slash, prefix = static.of(version)[0].partition("/")
    gateway = static.gateway(version) or ""
    mask = prefix
    if version == 6:
        host, gateway = f"[{host}]", f"[{gateway}]" if gateway else ""
    elif by_method or not fields[3].isdecimal():
        # The kernel's own and klibc's ipconfig know no prefixes.
        mask = str(values.network(static.of(4)[0]).netmask)
    servers = [f"[{server}]" if ":" in server else server for server in static.name_servers or ()][:2]
    rest = servers if static.name_servers is not None else fields[7:9] if not by_method else []
    return "ip=" + ":".join([host, "", gateway, mask, "" if by_method else fields[4], name, "none", *rest]).rstrip(":")


def with_new_macs(argument: str, new: Mapping[str, str]) -> str:
    """argument, knowing a NIC by the new MAC address where it knew it by the old: {old: new}."""
    found = _KNOWING.fullmatch(argument)
    return found[1] + values.with_macs_replaced(found[2], new) + found[3] if found else argument


def with_new_names(argument: str, new: Mapping[str, str]) -> str:
    """argument, using the new names of NICs for the old: {old: new}."""
    found = _NAMING.fullmatch(argument)
    if not found:
        return argument
    return argument[: found.start(1)] + values.with_names_replaced(found[1], new)


def _fields(value: str) -> list[str]:
    """The fields of an argument's value, which colons part; those in brackets belong to IPv6 addresses."""
    # An address in brackets, with its zone, is shorter than 100 characters.
    return re.split(r":(?![^\[\]]{0,100}\])", value)


def _for_one(key: str, fields: list[str]) -> str | None:
    """The NIC that the argument is for alone, or None."""
    if key == "ip" and len(fields) > 1:
        return fields[0] if fields[1] in _METHODS else fields[5] if len(fields) > 5 else None
    if key == "vlan" and len(fields) > 1:
        return fields[1]
    return fields[0] if key in ("ifname", "bootdev") and fields else None


def _settings(fields: list[str]) -> Iterator[Setting]:
    name = _for_one("ip", fields) or ""
    mac = values.normal_mac(name)
    if name and not mac and not INTERFACE.fullmatch(name):
        return
    # Without a name it is for any NIC.
    known_by = Setting(
        SOURCE, KIND, None if mac or not name else name, hardware_mac=mac, patterns=() if name else ("*",)
    )
    if len(fields) == 1:
        if fields[0] in _METHODS:
            yield replace(known_by, method=_METHODS[fields[0]], dhcp=_dhcp(fields[0]))
        return
    if len(fields) < 6 and fields[1] not in _METHODS:
        return
    if fields[1] in _METHODS:
        yield replace(known_by, method=_METHODS[fields[1]], dhcp=_dhcp(fields[1]))
        return
    # ip=<client>:[<peer>]:<gateway>:<netmask or prefix>:<hostname>:<interface>:<method>
    address, gateway = fields[0].strip("[]"), fields[2].strip("[]")
    addresses = values.with_prefix(address, fields[3] or ("64" if ":" in address else values.class_prefix(address)))
    asked = "" if addresses else "".join(fields[6:7])
    servers = values.gateways(field.strip("[]") for field in fields[7:9])
    if not name and not addresses and asked not in _METHODS:
        return
    yield replace(
        known_by,
        method="static" if addresses else _METHODS.get(asked),
        dhcp=_dhcp(asked),
        addresses=addresses,
        gateways=values.gateways([gateway]),
        name_servers=servers,
    )


def _dhcp(asked: str) -> tuple[int, ...]:
    """The family of which a method asks for DHCP."""
    return (6 if asked in _OF_IPV6 else 4,) if _METHODS.get(asked) == "dhcp" else ()
