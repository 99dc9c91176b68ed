# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the script of the first boot does to configure a network card. Pure.

netsh knows an interface by its index as well as by its name, which need not be in the script then. Its `set` replaces what
there is, so a list begins with it, and a step that runs once more ends with the same. What it does not add is in the log.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator

from . import instances
from . import script_words as words
from .routes import is_on_link, reaches
from .steps import Route, SetNetwork

_IPV4 = r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters\Interfaces"
_NETBIOS = r"HKLM\SYSTEM\CurrentControlSet\Services\NetBT\Parameters\Interfaces"

# PowerShell that prints the index and the GUID of the one network card that has one of the MAC addresses %1 and %2, or of
# the only one, where they are empty. A device that is not present any more may be listed with its MAC address as well, which
# Forklift's scripts have met; then its ConfigManagerErrorCode is not 0.
FINDER = (
    "$cards = @(Get-WmiObject Win32_NetworkAdapter | Where-Object { $_.PNPDeviceID -and $_.PNPDeviceID -notmatch "
    rf"'^({'|'.join(instances.SOFTWARE)})\\' -and $_.MACAddress "
    "-and ('%~1' -eq '' -or @('%~1', '%~2') -contains $_.MACAddress) }); "
    "if ($cards.Count -gt 1) { $cards = @($cards | Where-Object { $_.NetConnectionID -and $_.ConfigManagerErrorCode -eq 0 }) }; "
    "if ($cards.Count -eq 1) { 'card {0} {1}' -f $cards[0].InterfaceIndex, $cards[0].GUID }"
)


def lines(step: SetNetwork) -> Iterator[str]:
    """The lines of its subroutine. Raises ValueError for what cmd.exe would interpret."""
    yield "call :find " + " ".join(f'"{mac}"' for mac in _macs(step))
    yield "if not defined index exit /b 1"
    yield from _ipv4(step)
    yield from _ipv6(step)
    for route in step.routes:
        yield from _route(route)
    for version, metric in step.metrics:
        command = _netsh(version, "set interface", "interface=%index%", f"metric={metric:d}")
        yield from _added(f"the metric of IPv{version}", command)
    for place, server in enumerate(map(_address, step.wins), 1):
        values = ("name=%index%", f"address={server}", f"index={place}")
        yield from _added(f"the WINS server {server}", _netsh(4, "add winsservers", *values))
    if step.domain:
        key = words.quoted(rf"{_IPV4}\%guid%", "%guid%")
        yield f"reg add {key} /v Domain /t REG_SZ /d {words.quoted(step.domain)} /f"
    if step.netbios is not None:
        key = words.quoted(rf"{_NETBIOS}\Tcpip_%guid%", "%guid%")
        yield f"reg add {key} /v NetbiosOptions /t REG_DWORD /d {step.netbios:d} /f"
    if step.turned_off:
        yield words.powershell(_turns_off(step.turned_off))
        yield f'if errorlevel 1 call :log "{words.title(" ".join(step.turned_off))} cannot be turned off"'
    if step.name:
        yield words.powershell(_renamer(step.name))
        yield 'if errorlevel 1 call :log "The connection has another name"'
    # A name that is taken is no reason to set all once more.
    yield "exit /b 0"


def _ipv4(step: SetNetwork) -> Iterator[str]:
    addresses = [ipaddress.IPv4Interface(address) for address in _of(4, step.addresses)]
    gateways = _of(4, step.gateways)
    is_near = bool(gateways) and reaches(step.addresses, gateways[0])
    for place, each in enumerate(addresses):
        values = [f"address={each.ip}", f"mask={each.netmask}"]
        if place == 0:
            # Without a gateway, one that the card has would stay.
            values += _gateway(step, "gateway", "gwmetric", gateways[0]) if gateways else ["gateway=none"]
            yield _netsh(4, "set address", "name=%index%", "source=static", *values)
            if gateways and not is_near:
                # Windows has such a gateway, which netsh may refuse.
                bare = [*values[:2], "gateway=none"]
                yield f"if errorlevel 1 {_netsh(4, 'set address', 'name=%index%', 'source=static', *bare)}"
            yield "if errorlevel 1 exit /b 1"
        else:
            yield from _added(str(each), _netsh(4, "add address", "name=%index%", *values))
    if not addresses:
        yield _netsh(4, "set address", "name=%index%", "source=dhcp")
    for far in (each for each in gateways if addresses and not reaches(step.addresses, each)):
        yield from _added(f"the route to {far}", _netsh(4, "add route", f"prefix={far}/32", "interface=%index%"))
    for further in gateways[is_near:] if addresses else ():
        values = _gateway(step, "gateway", "gwmetric", further)
        yield from _added(f"the gateway {further}", _netsh(4, "add address", "name=%index%", *values))
    yield from _name_servers(4, step, is_dynamic=not addresses)


def _ipv6(step: SetNetwork) -> Iterator[str]:
    for address in map(_host, step.removed):
        yield _netsh(6, "delete address", "interface=%index%", f"address={address}")
    for gateway in map(_address, step.removed_gateways):
        yield _netsh(6, "delete route", "prefix=::/0", "interface=%index%", f"nexthop={gateway}")
    for address in map(_interface, _of(6, step.addresses)):
        yield from _added(address, _netsh(6, "add address", "interface=%index%", f"address={address}"))
    for gateway in _of(6, step.gateways):
        values = _gateway(step, "nexthop", "metric", gateway)
        yield from _added(f"the gateway {gateway}", _netsh(6, "add route", "prefix=::/0", "interface=%index%", *values))
    yield from _name_servers(6, step, is_dynamic=True)


def _gateway(step: SetNetwork, key: str, metric_key: str, gateway: str) -> list[str]:
    """The arguments for a gateway."""
    metric = dict(step.gateway_metrics).get(gateway)
    return [f"{key}={_address(gateway)}"] + ([] if metric is None else [f"{metric_key}={metric:d}"])


def _name_servers(version: int, step: SetNetwork, is_dynamic: bool) -> Iterator[str]:
    """is_dynamic: whether the card gets name servers otherwise, where none are configured."""
    if step.registration not in ("none", "primary", "both"):
        raise ValueError(step.registration)
    servers = [_address(each) for each in _of(version, step.name_servers)]
    registered = f"register={step.registration}"
    if not servers:
        nothing = ["source=dhcp"] if is_dynamic else ["source=static", "address=none"]
        unusual = [] if step.registration == "primary" else [registered]
        yield _netsh(version, "set dnsservers", "name=%index%", *nothing, *unusual)
    for place, server in enumerate(servers, 1):
        if place == 1:
            command, values = "set dnsservers", ["source=static", f"address={server}", registered]
        else:
            command, values = "add dnsservers", [f"address={server}", f"index={place}"]
        whole = _netsh(version, command, "name=%index%", *values, "validate=no")
        yield from _added(f"the name server {server}", whole)


def _route(route: Route) -> Iterator[str]:
    network = ipaddress.ip_network(_without_zone(route.destination))
    values = [f"prefix={network}", "interface=%index%"]
    if not is_on_link(route):
        values.append(f"nexthop={_address(route.gateway)}")
    if route.metric is not None:
        values.append(f"metric={route.metric:d}")
    return _added(f"the route to {network}", _netsh(network.version, "add route", *values))


def _added(what: str, command: str) -> Iterator[str]:
    """The command, and a line for the log where it fails. What it says itself is in the language of the guest."""
    yield command
    yield f'if errorlevel 1 call :log "netsh did not add {what}"'


def _macs(step: SetNetwork) -> list[str]:
    """The two MAC addresses that the card may have, "" for none: the one that is configured is what its driver uses."""
    macs = [step.mac, step.own_mac if step.mac else ""]
    for mac in filter(None, macs):
        if not re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", mac):
            raise ValueError(mac)
    return [mac.upper() for mac in macs]


def _turns_off(components: Iterable[str]) -> str:
    """PowerShell that turns components off for the interface %index%. The card is named by what no wildcard can be in."""
    for each in components:
        if not re.fullmatch(r"ms_[a-z0-9]+", each):
            raise ValueError(each)
    return (
        "$card = Get-NetAdapter -InterfaceIndex %index% -ErrorAction Stop; Disable-NetAdapterBinding "
        f"-InterfaceDescription $card.InterfaceDescription -ComponentID {','.join(components)} -Confirm:$false "
        "-ErrorAction Stop"
    )


def _renamer(name: str) -> str:
    """PowerShell that gives the connection of the interface %index% a name."""
    return (
        f"$name = {words.text_in_powershell(name)}; Get-WmiObject Win32_NetworkAdapter -Filter 'InterfaceIndex=%index%' | "
        "Where-Object { $_.NetConnectionID -cne $name } | Set-WmiInstance -Arguments @{ NetConnectionID = $name }"
    )


def _netsh(version: int, command: str, *values: str) -> str:
    return " ".join(("netsh interface", f"ipv{version}", command, *values))


def _of(version: int, texts: Iterable[str]) -> list[str]:
    return [each for each in texts if ipaddress.ip_interface(_without_zone(each)).version == version]


def _address(each: str) -> str:
    return str(ipaddress.ip_address(_without_zone(each)))


def _host(each: str) -> str:
    return str(ipaddress.ip_interface(_without_zone(each)).ip)


def _interface(each: str) -> str:
    return ipaddress.ip_interface(_without_zone(each)).with_prefixlen


def _without_zone(address: str) -> str:
    """The address, of which ipaddress takes any text after a percent sign for a zone."""
    if "%" in address:
        raise ValueError(address)
    return address
