# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The script of the first boot of Windows, made of steps. Pure.

It is for cmd.exe, which every Windows has, and is run by a service at each boot until all is done, or for the last of its
boots. Each step is done once: a file says that it was. What fails is tried again: some seconds later, and at the next
boots, as a driver or an uninstallation may wait for a restart. What has failed for good stays, so that a person can run
the script once more.

What was written into the guest on its disk is open to everyone in Windows (ntfs_sd_add_everyone() of ntfs-3g). So it first
closes its directory to all but administrators, and gives the drivers the permissions of the directories that they are in.

Nothing that a guest or a person wrote is in the text where cmd.exe would interpret it. Addresses, GUIDs and paths of
devices are checked; names are in commands of PowerShell that are encoded (-EncodedCommand), and there in quotation marks.
No command of it needs the methods of .NET, which PowerShell does not allow where only signed programs may run.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ...model.first_boot import VERIFY_TAG, WINDOWS_DONE, WINDOWS_LEFT
from .steps import InstallDrivers, RemoveDevice, Route, SetNetwork, SetNumber, Step, UninstallProduct

SERVICE = "guestconv"
# Boots after which it gives up, and passes over the steps at one boot, with so many seconds between them.
BOOTS, PASSES, PAUSE = 5, 3, 20
# How often it looks for a network card at each pass, every five seconds: its driver may still be installed.
LOOKS = 24

_OF_USER = "The script of the user is run"

_NETWORK = r"HKLM\SYSTEM\CurrentControlSet\Control\Network\{4D36E972-E325-11CE-BFC1-08002BE10318}"
_IPV4 = r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters\Interfaces"
_NETBIOS = r"HKLM\SYSTEM\CurrentControlSet\Services\NetBT\Parameters\Interfaces"

# What an argument may be of, so that cmd.exe takes it as it is within quotation marks. %SystemRoot% is to be expanded.
_PLAIN = re.compile(r"(?:%SystemRoot%)?[A-Za-z0-9 \\/:.,;@#&{}()\[\]_*=+~-]*")
# What PowerShell takes for the end of a text in single quotation marks (CharExtensions.IsSingleQuote).
_QUOTES = re.compile("['\u2018\u2019\u201a\u201b]")

_HEAD = r"""@echo off
rem Written by guestconv: what this machine does once, at its first boot on the new hypervisor.
setlocal EnableExtensions DisableDelayedExpansion
cd /d "%~dp0"
icacls . /reset /t /c /q >nul 2>&1
icacls . /inheritance:r /grant:r *S-1-5-18:(OI)(CI)F *S-1-5-32-544:(OI)(CI)F /q >nul 2>&1
set "log=%~dp0firstboot.log"
set /a boot=0
if exist boots set /p boot=<boots
set /a boot+=1
>boots echo %boot%
set /a pass=0
set "restart="
call :log "Boot %boot% of at most {boots}"
:pass
set /a pass+=1
set "left="
"""

_TAIL = r"""if not defined left goto done
if defined restart goto restart
if %pass% geq {passes} goto later
call :wait {pause}
goto pass

:later
if %boot% geq {boots} goto done
call :log "{left}are left for the next boot"
exit /b 1

:restart
if %boot% geq {boots} goto done
call :log "Windows is restarted, and the other steps follow"
shutdown /r /t 5
exit /b 1

:done
if defined left call :log "{left}failed, and are not tried again"
if not defined left call :log "{done}"
move /y pending ran >nul 2>&1
sc delete {service} >>"%log%" 2>&1
if defined restart shutdown /r /t 5
del /q user.cmd user.ps1 >nul 2>&1
if defined left exit 0
del /q boots step-* files\* >nul 2>&1
rd files >nul 2>&1
del "%~f0" & exit 0

:run
if exist "step-%1" exit /b 0
call :log "%~2"
if "%~3"=="once" >"step-%1" echo started
call :step_%1
set "code=%errorlevel%"
if "%code%"=="3010" set "restart=1"
if "%code%"=="1641" set "restart=1"
if "%code%"=="3010" set "code=0"
if "%code%"=="1641" set "code=0"
if not "%code%"=="0" call :log "It failed with %code%"
if "%code%"=="0" >"step-%1" echo done
if not exist "step-%1" set "left=1"
exit /b 0

:log
>>"%log%" echo %date% %time% %~1
2>nul >\\.\COM1 echo guestconv: %~1
exit /b 0

:wait
set /a pings=%1+1
ping -n %pings% 127.0.0.1 >nul 2>&1
exit /b 0
"""

_FIND = r"""
:find
set "index="
set "guid="
set /a looks=0
:look
powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -EncodedCommand %~1 >found 2>>"%log%"
for /f "usebackq tokens=1,2" %%i in ("found") do (
  set "index=%%i"
  set "guid=%%j"
)
del found >nul 2>&1
if defined index exit /b 0
set /a looks+=1
if %looks% geq {looks} exit /b 1
call :wait 5
goto look
"""


@dataclass(frozen=True)
class User:
    """What the user asks for. script: "user.cmd" or "user.ps1", "" for none. packages: names of files *.msi."""

    script: str = ""
    packages: tuple[str, ...] = ()


def text(steps: Sequence[Step], user: User | None = None) -> str:
    """The script, with the ends of lines of Windows. Raises ValueError for an argument that cmd.exe would interpret."""
    user = user or User()
    blocks: list[tuple[str, list[str]]] = []
    for kind in (InstallDrivers, RemoveDevice, SetNetwork, UninstallProduct):
        blocks += [_block(step) for step in steps if isinstance(step, kind)]
    blocks += [_package(name) for name in user.packages]
    if user.script:
        blocks.append(_user_script(user.script))
    blocks += [_block(step) for step in steps if isinstance(step, SetNumber)]
    calls = [
        f'call :run {number} "{title}"' + (" once" if title == _OF_USER else "")
        for number, (title, _lines) in enumerate(blocks, 1)
    ]
    lines = [_filled(_HEAD).rstrip("\n"), *calls, _filled(_TAIL).rstrip("\n")]
    for number, (_title, body) in enumerate(blocks, 1):
        lines += ["", f":step_{number}", *body]
    if any(isinstance(step, SetNetwork) for step in steps):
        lines.append(_filled(_FIND).rstrip("\n"))
    if user.script or user.packages:
        lines += ["", *_is_verify()]
    return "\r\n".join("\n".join(lines).split("\n")) + "\r\n"


def _filled(part: str) -> str:
    words = {"boots": BOOTS, "passes": PASSES, "pause": PAUSE, "looks": LOOKS, "service": SERVICE}
    for name, value in {**words, "done": WINDOWS_DONE, "left": WINDOWS_LEFT}.items():
        part = part.replace(f"{{{name}}}", str(value))
    return part


def _block(step: Step) -> tuple[str, list[str]]:
    """(the title for the log, the lines of the step's subroutine)."""
    if isinstance(step, InstallDrivers):
        return "Drivers are installed", _drivers(step)
    if isinstance(step, RemoveDevice):
        return "A device of the old hypervisor is removed", list(_device(step))
    if isinstance(step, SetNetwork):
        return f"The network card {step.mac or 'of this machine'} is configured", list(_network(step))
    if isinstance(step, UninstallProduct):
        return f"{_title(step.name)} is uninstalled", _uninstall(step)
    return f"{_title(step.name)} is restored", _number(step)


def _drivers(step: InstallDrivers) -> list[str]:
    """pnputil has these options since Windows Vista. It ends with 259 where all drivers are as new already."""
    drivers = r"%SystemRoot%\System32\drivers"
    reset = _logged("icacls", rf'"{drivers}\%%~nxf"', "/reset", "/q")
    return [
        _logged("icacls", _quoted(step.directory), "/reset", "/t", "/c", "/q"),
        # Without quotation marks, within which Wine's cmd.exe finds nothing; the directory has no blanks.
        rf'for %%f in ({step.directory}\*.sys) do if exist "{drivers}\%%~nxf" {reset}',
        _logged("pnputil", "-i", "-a", _quoted(rf"{step.directory}\*.inf")),
        'if "%errorlevel%"=="259" exit /b 0',
        "exit /b %errorlevel%",
    ]


def _device(step: RemoveDevice) -> Iterator[str]:
    """pnputil removes devices since Windows 10 2004. Before that, the name of the connection at least becomes free."""
    yield _logged("pnputil", "/remove-device", _quoted(step.instance))
    if step.interface:
        key = _quoted(rf"{_NETWORK}\{step.interface}\Connection")
        yield f"reg query {key} >nul 2>&1"
        yield "if errorlevel 1 exit /b 0"
        yield _logged("reg", "add", key, "/v", "Name", "/t", "REG_SZ", "/d", _quoted(step.interface), "/f")
    yield "exit /b 0"


def _network(step: SetNetwork) -> Iterator[str]:
    """netsh knows an interface by its index as well as by its name, which need not be in the script then."""
    # In quotation marks, as cmd.exe has equals signs between arguments.
    yield f'call :find "{_encoded(_finder(step.mac))}"'
    yield "if not defined index exit /b 1"
    yield from _ipv4(step)
    for address in step.removed:
        yield _netsh(6, "delete address", "interface=%index%", f"address={_host(address)}")
    for address in _of(6, step.addresses):
        yield _netsh(6, "add address", "interface=%index%", f"address={_interface(address)}")
    for gateway in _of(6, step.gateways):
        yield _netsh(6, "add route", "prefix=::/0", "interface=%index%", f"nexthop={_address(gateway)}")
    for place, server in enumerate(_of(6, step.name_servers), 1):
        yield _netsh(
            6, "add dnsservers", "name=%index%", f"address={_address(server)}", f"index={place}", "validate=no"
        )
    for route in step.routes:
        yield _route(route)
    for place, server in enumerate(step.wins, 1):
        yield _netsh(4, "add winsservers", "name=%index%", f"address={_address(server)}", f"index={place}")
    if step.domain:
        key = _quoted(rf"{_IPV4}\%guid%", "%guid%")
        yield _logged("reg", "add", key, "/v", "Domain", "/t", "REG_SZ", "/d", _quoted(step.domain), "/f")
    if step.netbios is not None:
        key = _quoted(rf"{_NETBIOS}\Tcpip_%guid%", "%guid%")
        yield _logged("reg", "add", key, "/v", "NetbiosOptions", "/t", "REG_DWORD", "/d", f"{step.netbios:d}", "/f")
    if step.name:
        yield _powershell(_renamer(step.name))
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
    servers = _of(4, step.name_servers)
    if not servers and not addresses:
        yield _netsh(4, "set dnsservers", "name=%index%", "source=dhcp")
    for place, server in enumerate(servers):
        if place == 0:
            first = ("source=static", f"address={_address(server)}", "register=primary", "validate=no")
            yield _netsh(4, "set dnsservers", "name=%index%", *first)
        else:
            further = f"address={_address(server)}"
            yield _netsh(4, "add dnsservers", "name=%index%", further, f"index={place + 1}", "validate=no")


def _route(route: Route) -> str:
    network = ipaddress.ip_network(route.destination)
    values = [f"prefix={network}", "interface=%index%", f"nexthop={_address(route.gateway)}"]
    if route.metric is not None:
        values.append(f"metric={route.metric:d}")
    return _netsh(network.version, "add route", *values)


def _uninstall(step: UninstallProduct) -> list[str]:
    """The Windows Installer's ends: 1605, where the product is not installed; 3010, where a restart is to follow."""
    for word, pattern in (
        (step.code, r"\{[0-9A-Fa-f-]{36}\}"),
        *((each, r"[A-Z_]+=[A-Za-z]+") for each in step.properties),
    ):
        if not re.fullmatch(pattern, word):
            raise ValueError(word)
    properties = " ".join(("REBOOT=ReallySuppress", *step.properties))
    return [
        f'start "" /wait msiexec /x {step.code} /qn /norestart {properties}',
        'if "%errorlevel%"=="1605" exit /b 0',
        "exit /b %errorlevel%",
    ]


def _number(step: SetNumber) -> list[str]:
    key, name = _quoted(rf"HKLM\{step.key}"), _quoted(step.name)
    if step.number is None:
        # It fails where the value is not there.
        return [_logged("reg", "delete", key, "/v", name, "/f"), "exit /b 0"]
    add = _logged("reg", "add", key, "/v", name, "/t", "REG_DWORD", "/d", f"{step.number:d}", "/f")
    return [add, "exit /b %errorlevel%"]


def _package(name: str) -> tuple[str, list[str]]:
    lines = [
        "call :is_verify",
        "if defined verify exit /b 0",
        f'start "" /wait msiexec /i {_quoted("files" + chr(92) + name)} /qn /norestart REBOOT=ReallySuppress',
        "exit /b %errorlevel%",
    ]
    return f"{_title(name)} is installed", lines


def _user_script(name: str) -> tuple[str, list[str]]:
    """It runs once, whatever it ends with."""
    # In a program of its own, which it may end.
    run = "cmd /c user.cmd" if name == "user.cmd" else _POWERSHELL + " -File user.ps1"
    lines = [
        "call :is_verify",
        "if defined verify exit /b 0",
        f'{run} >>"%log%" 2>&1',
        "exit /b %errorlevel%",
    ]
    return _OF_USER, lines


def _is_verify() -> Iterator[str]:
    """A subroutine that finds out whether guestconv_verify has booted the machine, whose boots do not count."""
    tag = f"if ((Get-WmiObject -Class Win32_SystemEnclosure).SMBIOSAssetTag -eq '{VERIFY_TAG}') {{ 'yes' }}"
    yield ":is_verify"
    yield 'set "verify="'
    yield f'{_POWERSHELL} -EncodedCommand {_encoded(tag)} >found 2>>"%log%"'
    yield 'for /f "usebackq" %%i in ("found") do set "verify=%%i"'
    yield "del found >nul 2>&1"
    yield "exit /b 0"


_POWERSHELL = "powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass"


def _finder(mac: str) -> str:
    """PowerShell that prints the index and the GUID of the one network card with a MAC address; "": of the only one."""
    wanted = r"$_.PNPDeviceID -and $_.PNPDeviceID -notmatch '^(ROOT|SWD|SW|BTH|COMPOSITEBUS)\\' -and $_.MACAddress"
    if mac:
        if not re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", mac):
            raise ValueError(mac)
        wanted += f" -eq '{mac.upper()}'"
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


def _powershell(command: str) -> str:
    return f'{_POWERSHELL} -EncodedCommand {_encoded(command)} >>"%log%" 2>&1'


def _encoded(command: str) -> str:
    """See -EncodedCommand of powershell.exe: base64 of UTF-16."""
    return base64.b64encode(command.encode("utf-16-le", "replace")).decode("ascii")


def _netsh(version: int, command: str, *values: str) -> str:
    return _logged("netsh", "interface", f"ipv{version}", command, *values)


def _logged(*words: str) -> str:
    return f'{" ".join(words)} >>"%log%" 2>&1'


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
    return [each for each in texts if ipaddress.ip_interface(each).version == version]


def _address(each: str) -> str:
    return str(ipaddress.ip_address(each))


def _host(each: str) -> str:
    return str(ipaddress.ip_interface(each).ip)


def _interface(each: str) -> str:
    return ipaddress.ip_interface(each).with_prefixlen
