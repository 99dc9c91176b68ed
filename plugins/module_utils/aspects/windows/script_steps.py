# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the script of the first boot does at each step, as lines for cmd.exe. Pure.

Nothing that a guest or a person wrote is in the text where cmd.exe would interpret it. Addresses, GUIDs and paths of
devices are checked; in names, what is no letter or digit is written as its number in Unicode, in commands of PowerShell.
They are not encoded (-EncodedCommand), as a person is to read them, and as PowerShell writes errors of such commands as
XML (ConsoleHost.cs, ErrorFormat). None needs methods of .NET, which PowerShell does not allow where only signed programs
may run. A command that cannot do all that is asked of it says so in the log.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .steps import InstallDrivers, RemoveDevice, Route, SetNetwork, SetNumber, Step, UninstallProduct

_NETWORK = r"HKLM\SYSTEM\CurrentControlSet\Control\Network\{4D36E972-E325-11CE-BFC1-08002BE10318}"
_IPV4 = r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters\Interfaces"
_NETBIOS = r"HKLM\SYSTEM\CurrentControlSet\Services\NetBT\Parameters\Interfaces"

# What an argument may be of, so that cmd.exe takes it as it is within quotation marks. %SystemRoot% is to be expanded.
_PLAIN = re.compile(r"(?:%SystemRoot%)?[A-Za-z0-9 \\/:.,;@#&{}()\[\]_*=+~-]*")

# The one card with the MAC address %1, a pattern of PowerShell. Adapters that are no devices have those of others.
FINDER = (
    r"$cards = @(Get-WmiObject Win32_NetworkAdapter | Where-Object { $_.PNPDeviceID -and $_.PNPDeviceID "
    r"-notmatch '^(ROOT|SWD|SW|BTH|COMPOSITEBUS)\\' -and $_.MACAddress -like '%~1' }); "
    "if ($cards.Count -eq 1) { 'card {0} {1}' -f $cards[0].InterfaceIndex, $cards[0].GUID }"
)
_ANY_MAC = "?*"


@dataclass(frozen=True)
class Block:
    """A step in the script. title: for the log. lines: of its subroutine. is_once: whether it is not repeated."""

    title: str
    lines: tuple[str, ...]
    is_once: bool = False


def block(step: Step) -> Block:
    """A step of the plan. Raises ValueError for an argument that cmd.exe would interpret."""
    if isinstance(step, InstallDrivers):
        return Block("Drivers are installed", tuple(_drivers(step)))
    if isinstance(step, RemoveDevice):
        return Block("A device of the old hypervisor is removed", tuple(_device(step)))
    if isinstance(step, SetNetwork):
        return Block(f"The network card {step.mac or 'of this machine'} is configured", tuple(_network(step)))
    if isinstance(step, UninstallProduct):
        return Block(f"{_title(step.name)} is uninstalled", tuple(_uninstall(step)))
    return Block(f"{_title(step.name)} is restored", tuple(_number(step)))


def package(name: str) -> Block:
    """The installation of a package, except in the machine of guestconv_verify. Raises ValueError as block()."""
    file = _quoted(f"files\\{name}")[1:]
    lines = (*_UNLESS_VERIFY, f'call :msiexec /i "%here%{file}', "exit /b %errorlevel%")
    return Block(f"{_title(name)} is installed", lines)


def user_script(name: str) -> Block:
    """The script of the user, in a program of its own, which it may end. It runs once, whatever it ends with."""
    run = "cmd /d /c user.cmd" if name == "user.cmd" else '"%powershell%" %options% -File user.ps1'
    return Block("The script of the user is run", (*_UNLESS_VERIFY, run, "exit /b %errorlevel%"), is_once=True)


_UNLESS_VERIFY = ("call :is_verify", "if defined verify exit /b 0")


def _drivers(step: InstallDrivers) -> Iterator[str]:
    """pnputil has these options since Windows Vista. It ends with 259 where all drivers are as new already."""
    drivers = r"%SystemRoot%\System32\drivers"
    yield f"icacls {_quoted(step.directory)} /reset /t /c /q"
    # Without quotation marks, within which Wine's cmd.exe finds nothing; the directory has no blanks.
    reset = rf'icacls "{drivers}\%%~nxf" /reset /q'
    yield rf'for %%f in ({step.directory}\*.sys) do if exist "{drivers}\%%~nxf" {reset}'
    yield "pnputil -i -a " + _quoted(rf"{step.directory}\*.inf")
    yield 'if "%errorlevel%"=="259" exit /b 0'
    yield "exit /b %errorlevel%"


def _device(step: RemoveDevice) -> Iterator[str]:
    """pnputil removes devices since Windows 10 2004. Before that, the name of the connection at least becomes free."""
    yield f"pnputil /remove-device {_quoted(step.instance)}"
    if step.interface:
        key = _quoted(rf"{_NETWORK}\{step.interface}\Connection")
        yield f"reg query {key} >nul 2>&1"
        yield "if errorlevel 1 exit /b 0"
        yield f"reg add {key} /v Name /t REG_SZ /d {_quoted(step.interface)} /f"
    yield "exit /b 0"


def _network(step: SetNetwork) -> Iterator[str]:
    """netsh knows an interface by its index as well as by its name, which need not be in the script then."""
    yield f'call :find "{_pattern(step.mac)}"'
    yield "if not defined index exit /b 1"
    yield from _ipv4(step)
    for address in step.removed:
        yield _netsh(6, "delete address", "interface=%index%", f"address={_host(address)}")
    for address in _of(6, step.addresses):
        yield from _added(address, _netsh(6, "add address", "interface=%index%", f"address={_interface(address)}"))
    for gateway in _of(6, step.gateways):
        values = ("prefix=::/0", "interface=%index%", f"nexthop={_address(gateway)}")
        yield from _added(f"the gateway {gateway}", _netsh(6, "add route", *values))
    for place, server in enumerate(_of(6, step.name_servers), 1):
        dns = ("name=%index%", f"address={_address(server)}", f"index={place}", "validate=no")
        yield from _added(f"the name server {server}", _netsh(6, "add dnsservers", *dns))
    for route in step.routes:
        yield from _route(route)
    for place, server in enumerate(step.wins, 1):
        values = ("name=%index%", f"address={_address(server)}", f"index={place}")
        yield from _added(f"the WINS server {server}", _netsh(4, "add winsservers", *values))
    if step.domain:
        key = _quoted(rf"{_IPV4}\%guid%", "%guid%")
        yield f"reg add {key} /v Domain /t REG_SZ /d {_quoted(step.domain)} /f"
    if step.netbios is not None:
        key = _quoted(rf"{_NETBIOS}\Tcpip_%guid%", "%guid%")
        yield f"reg add {key} /v NetbiosOptions /t REG_DWORD /d {step.netbios:d} /f"
    if step.name:
        yield f'"%powershell%" %options% -Command "{_renamer(step.name)}"'
        yield 'if errorlevel 1 call :log "The connection has another name"'
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
            yield from _added(str(each), _netsh(4, "add address", "name=%index%", *values))
    if not addresses:
        yield _netsh(4, "set address", "name=%index%", "source=dhcp")
    for further in _of(4, step.gateways)[1:] if addresses else ():
        values = ["name=%index%", f"gateway={_address(further)}"]
        yield from _added(f"the gateway {further}", _netsh(4, "add address", *values))
    servers = _of(4, step.name_servers)
    if not servers and not addresses:
        yield _netsh(4, "set dnsservers", "name=%index%", "source=dhcp")
    for place, server in enumerate(servers):
        if place == 0:
            command = "set dnsservers"
            values = ["source=static", f"address={_address(server)}", "register=primary", "validate=no"]
        else:
            command, values = "add dnsservers", [f"address={_address(server)}", f"index={place + 1}", "validate=no"]
        yield from _added(f"the name server {server}", _netsh(4, command, "name=%index%", *values))


def _route(route: Route) -> Iterator[str]:
    network = ipaddress.ip_network(_without_zone(route.destination))
    values = [f"prefix={network}", "interface=%index%", f"nexthop={_address(route.gateway)}"]
    if route.metric is not None:
        values.append(f"metric={route.metric:d}")
    return _added(f"the route to {network}", _netsh(network.version, "add route", *values))


def _added(what: str, command: str) -> Iterator[str]:
    """The command, and a line for the log where it fails. What it says itself is in the language of the guest."""
    yield command
    yield f'if errorlevel 1 call :log "netsh did not add {what}"'


def _uninstall(step: UninstallProduct) -> Iterator[str]:
    """The Windows Installer's ends: 1605 and 1614, where the product is not installed any more."""
    if not re.fullmatch(r"\{[0-9A-Fa-f-]{36}\}", step.code):
        raise ValueError(step.code)
    yield f"call :msiexec /x {step.code}"
    yield 'if "%errorlevel%"=="1605" exit /b 0'
    yield 'if "%errorlevel%"=="1614" exit /b 0'
    yield "exit /b %errorlevel%"


def _number(step: SetNumber) -> Iterator[str]:
    key, name = _quoted(rf"HKLM\{step.key}"), _quoted(step.name)
    if step.number is None:
        # It fails where the value is not there.
        yield f"reg delete {key} /v {name} /f"
        yield "exit /b 0"
        return
    yield f"reg add {key} /v {name} /t REG_DWORD /d {step.number:d} /f"
    yield "exit /b %errorlevel%"


def _pattern(mac: str) -> str:
    if not mac:
        return _ANY_MAC
    if not re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", mac):
        raise ValueError(mac)
    return mac.upper()


def _renamer(name: str) -> str:
    """PowerShell that gives the connection of the interface %index% a name."""
    return (
        f"$name = {in_powershell(name)}; Get-WmiObject Win32_NetworkAdapter -Filter 'InterfaceIndex=%index%' | "
        "Where-Object { $_.NetConnectionID -cne $name } | Set-WmiInstance -Arguments @{ NetConnectionID = $name }"
    )


def in_powershell(words: str) -> str:
    """An expression of PowerShell for a text: what cmd.exe or PowerShell could interpret, as numbers of UTF-16."""
    parts = ["''"]
    for plain, other in re.findall(r"([A-Za-z0-9 _.-]+)|([^A-Za-z0-9 _.-])", words):
        units = other.encode("utf-16-be", "replace")
        codes = [int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2)]
        parts += [f"'{plain}'"] if plain else [f"[char]{code}" for code in codes]
    return "+".join(parts)


def _netsh(version: int, command: str, *values: str) -> str:
    return " ".join(("netsh interface", f"ipv{version}", command, *values))


def _quoted(argument: str, variable: str = "") -> str:
    """The argument in quotation marks. variable: one of the script that it may have at its end."""
    checked = argument[: -len(variable)] if variable and argument.endswith(variable) else argument
    if not _PLAIN.fullmatch(checked) or argument.endswith("\\"):
        raise ValueError(argument)
    return f'"{argument}"'


def _title(words: str) -> str:
    """What a name is called in the log, where nothing must be interpreted."""
    return re.sub(r"[^A-Za-z0-9 ._-]", "_", words)[:80]


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
