# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the script of the first boot does at each step, as lines for cmd.exe. Pure.

Nothing that a guest or a person wrote is in the text where cmd.exe would interpret it: script_words.py. No command needs
methods of .NET, which PowerShell does not allow where only signed programs may run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from . import script_network
from . import script_words as words
from .steps import InstallDrivers, RemoveDevice, SetNetwork, SetNumber, Step, UninstallProduct

_NETWORK = r"HKLM\SYSTEM\CurrentControlSet\Control\Network\{4D36E972-E325-11CE-BFC1-08002BE10318}"


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
        return Block(
            f"The network card {step.mac or 'of this machine'} is configured", tuple(script_network.lines(step))
        )
    if isinstance(step, UninstallProduct):
        return Block(f"{words.title(step.name)} is uninstalled", tuple(_uninstall(step)))
    return Block(f"{words.title(step.name)} is restored", tuple(_number(step)))


def package(name: str) -> Block:
    """The installation of a package, except in the machine of guestconv_verify. Raises ValueError as block()."""
    file = words.quoted(f"files\\{name}")[1:]
    lines = (*_UNLESS_VERIFY, f'call :msiexec /i "%here%{file}', "exit /b %errorlevel%")
    return Block(f"{words.title(name)} is installed", lines)


def user_script(name: str) -> Block:
    """The script of the user, in a program of its own, which it may end. It runs once, whatever it ends with."""
    run = "cmd /d /c user.cmd" if name == "user.cmd" else '"%powershell%" %options% -File user.ps1'
    return Block("The script of the user is run", (*_UNLESS_VERIFY, run, "exit /b %errorlevel%"), is_once=True)


_UNLESS_VERIFY = ("call :is_verify", "if defined verify exit /b 0")


def _drivers(step: InstallDrivers) -> Iterator[str]:
    """Each by itself, so that one that Windows refuses does not hide how another one ended, and is named in the log.

    Publishers are trusted meanwhile: what is in the driver store, Windows installs for further devices without asking
    (Microsoft, "Driver store").
    """
    drivers = r"%SystemRoot%\System32\drivers"
    yield f"icacls {words.quoted(step.directory)} /reset /t /c /q"
    # Without quotation marks, within which Wine's cmd.exe finds nothing; the directory has no blanks.
    reset = rf'icacls "{drivers}\%%~nxf" /reset /q'
    yield rf'for %%f in ({step.directory}\*.sys) do if exist "{drivers}\%%~nxf" {reset}'
    stores = (("Root", step.authorities), ("TrustedPublisher", step.publishers))
    trusted = [(store, name, words.quoted(name[: -len(".cer")])) for store, names in stores for name in names]
    for number, (store, name, thumbprint) in enumerate(trusted):
        yield f'set "added{number}="'
        yield f"certutil -store {store} {thumbprint} >nul 2>&1"
        yield f'if errorlevel 1 set "added{number}=1"'
        yield f"certutil -f -addstore {store} " + words.quoted(rf"{step.directory}\{name}")
    yield 'set "refused=0"'
    yield rf'for %%f in ({step.directory}\*.inf) do call :driver "%%f"'
    for number, (store, _name, thumbprint) in enumerate(trusted):
        yield f"if defined added{number} certutil -delstore {store} {thumbprint}"
    yield "exit /b %refused%"


def _device(step: RemoveDevice) -> Iterator[str]:
    """pnputil removes devices since Windows 10 2004. Before that, the name of the connection at least becomes free."""
    yield f"pnputil /remove-device {words.quoted(step.instance)}"
    if step.interface:
        key = words.quoted(rf"{_NETWORK}\{step.interface}\Connection")
        yield f"reg query {key} >nul 2>&1"
        yield "if errorlevel 1 exit /b 0"
        yield f"reg add {key} /v Name /t REG_SZ /d {words.quoted(step.interface)} /f"
    yield "exit /b 0"


def _uninstall(step: UninstallProduct) -> Iterator[str]:
    """The Windows Installer's ends: 1605 and 1614, where the product is not installed any more."""
    properties = ((each, r"[A-Z_]+=[A-Za-z]+") for each in step.properties)
    for word, pattern in ((step.code, r"\{[0-9A-Fa-f-]{36}\}"), *properties):
        if not re.fullmatch(pattern, word):
            raise ValueError(word)
    yield " ".join(("call :msiexec /x", step.code, *step.properties))
    yield 'if "%errorlevel%"=="1605" exit /b 0'
    yield 'if "%errorlevel%"=="1614" exit /b 0'
    yield "exit /b %errorlevel%"


def _number(step: SetNumber) -> Iterator[str]:
    key, name = words.quoted(rf"HKLM\{step.key}"), words.quoted(step.name)
    if step.number is None:
        # It fails where the value is not there.
        yield f"reg delete {key} /v {name} /f"
        yield "exit /b 0"
        return
    yield f"reg add {key} /v {name} /t REG_DWORD /d {step.number:d} /f"
    yield "exit /b %errorlevel%"
