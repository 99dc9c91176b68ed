# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the script of the first boot does to configure a network card. Pure.

netsh knows an interface by its index as well as by its name, which need not be in the script then. Its `set` replaces what
there is, so a list begins with it, and a step that runs once more ends with the same.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Sequence

from . import instances
from . import script_words as words
from .routes import is_on_link
from .steps import Route, SetNetwork

_IPV4 = r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters\Interfaces"
_NETBIOS = r"HKLM\SYSTEM\CurrentControlSet\Services\NetBT\Parameters\Interfaces"

# What PowerShell takes for the end of a text in single quotation marks (CharExtensions.IsSingleQuote).
_QUOTES = re.compile("['\u2018\u2019\u201a\u201b]")


def lines(step: SetNetwork) -> Iterator[str]:
    """The lines of its subroutine. Raises ValueError for what cmd.exe would interpret."""
    # In quotation marks, as cmd.exe has equals signs between arguments.
    yield f'call :find "{words.encoded(_finder(step))}"'
    yield "if not defined index exit /b 1"
    yield from _ipv4(step)
    yield from _ipv6(step)
    for route in step.routes:
        yield _route(route)
    for place, server in enumerate(step.wins, 1):
        yield _netsh(4, "add winsservers", "name=%index%", f"address={_address(server)}", f"index={place}")
    if step.domain:
        key = words.quoted(rf"{_IPV4}\%guid%", "%guid%")
        yield words.logged("reg", "add", key, "/v", "Domain", "/t", "REG_SZ", "/d", words.quoted(step.domain), "/f")
    if step.netbios is not None:
        key = words.quoted(rf"{_NETBIOS}\Tcpip_%guid%", "%guid%")
        number = f"{step.netbios:d}"
        yield words.logged("reg", "add", key, "/v", "NetbiosOptions", "/t", "REG_DWORD", "/d", number, "/f")
    if step.name:
        yield words.powershell(_renamer(step.name))
    # A name that is taken is no reason to set all once more.
    yield "exit /b 0"


def _ipv4(step: SetNetwork) -> Iterator[str]:
    addresses = [ipaddress.IPv4Interface(address) for address in _of(4, step.addresses)]
    gateway = next(iter(_of(4, step.gateways)), None)
    for place, each in enumerate(addresses):
        values = [f"address={each.ip}", f"mask={each.netmask}"]
        if place == 0:
            # Without a gateway, one that the card has would stay.
            values += [f"gateway={_address(gateway) if gateway else 'none'}"]
            yield _netsh(4, "set address", "name=%index%", "source=static", *values)
            yield "if errorlevel 1 exit /b 1"
        else:
            yield _netsh(4, "add address", "name=%index%", *values)
    if not addresses:
        yield _netsh(4, "set address", "name=%index%", "source=dhcp")
    for further in _of(4, step.gateways)[1:] if addresses else ():
        yield _netsh(4, "add address", "name=%index%", f"gateway={_address(further)}")
    yield from _name_servers(4, _of(4, step.name_servers), is_dynamic=not addresses)


def _ipv6(step: SetNetwork) -> Iterator[str]:
    for address in step.removed:
        yield _netsh(6, "delete address", "interface=%index%", f"address={_host(address)}")
    for gateway in step.removed_gateways:
        yield _netsh(6, "delete route", "prefix=::/0", "interface=%index%", f"nexthop={_address(gateway)}")
    for address in _of(6, step.addresses):
        yield _netsh(6, "add address", "interface=%index%", f"address={_interface(address)}")
    for gateway in _of(6, step.gateways):
        yield _netsh(6, "add route", "prefix=::/0", "interface=%index%", f"nexthop={_address(gateway)}")
    yield from _name_servers(6, _of(6, step.name_servers), is_dynamic=True)


def _name_servers(version: int, servers: Sequence[str], is_dynamic: bool) -> Iterator[str]:
    """is_dynamic: whether the card gets name servers otherwise, where none are configured."""
    if not servers:
        nothing = ["source=dhcp"] if is_dynamic else ["source=static", "address=none"]
        yield _netsh(version, "set dnsservers", "name=%index%", *nothing)
    for place, server in enumerate(servers, 1):
        address = f"address={_address(server)}"
        if place == 1:
            first = ("source=static", address, "register=primary", "validate=no")
            yield _netsh(version, "set dnsservers", "name=%index%", *first)
        else:
            yield _netsh(version, "add dnsservers", "name=%index%", address, f"index={place}", "validate=no")


def _route(route: Route) -> str:
    network = ipaddress.ip_network(route.destination)
    values = [f"prefix={network}", "interface=%index%"]
    if not is_on_link(route):
        values.append(f"nexthop={_address(route.gateway)}")
    if route.metric is not None:
        values.append(f"metric={route.metric:d}")
    return _netsh(network.version, "add route", *values)


def _finder(step: SetNetwork) -> str:
    """PowerShell that prints the index and the GUID of the one network card with a MAC address; "": of the only one.

    The address that it sees is the one that the driver uses, which may be configured.
    """
    software = "|".join(instances.SOFTWARE)
    wanted = rf"$_.PNPDeviceID -and $_.PNPDeviceID -notmatch '^({software})\\' -and $_.MACAddress"
    macs = list(dict.fromkeys(mac for mac in (step.mac, step.mac and step.own_mac) if mac))
    for mac in macs:
        if not re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", mac):
            raise ValueError(mac)
    if macs:
        quoted = ", ".join(f"'{mac.upper()}'" for mac in macs)
        wanted += f" -and @({quoted}) -contains $_.MACAddress"
    return (
        f"$found = @(Get-WmiObject -Class Win32_NetworkAdapter | Where-Object {{ {wanted} }})\n"
        "if ($found.Count -eq 1) { '{0} {1}' -f $found[0].InterfaceIndex, $found[0].GUID }"
    )


def _renamer(name: str) -> str:
    """PowerShell that gives the connection of the interface %index% a name."""
    quoted = "'" + _QUOTES.sub(lambda match: match.group() * 2, name) + "'"
    return (
        "Get-WmiObject -Class Win32_NetworkAdapter | Where-Object { "
        f"$_.InterfaceIndex -eq $env:index -and $_.NetConnectionID -cne {quoted} }} | "
        f"Set-WmiInstance -Arguments @{{ NetConnectionID = {quoted} }}"
    )


def _netsh(version: int, command: str, *values: str) -> str:
    return words.logged("netsh", "interface", f"ipv{version}", command, *values)


def _of(version: int, texts: Iterable[str]) -> list[str]:
    return [each for each in texts if ipaddress.ip_interface(each).version == version]


def _address(each: str) -> str:
    return str(ipaddress.ip_address(each))


def _host(each: str) -> str:
    return str(ipaddress.ip_interface(each).ip)


def _interface(each: str) -> str:
    return ipaddress.ip_interface(each).with_prefixlen
