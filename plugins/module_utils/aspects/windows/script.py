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

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...model.first_boot import VERIFY_TAG, WINDOWS_DONE, WINDOWS_LEFT
from . import script_network
from . import script_words as words
from .steps import InstallDrivers, RemoveDevice, SetNetwork, SetNumber, Step, UninstallProduct

SERVICE = "guestconv"
# Boots after which it gives up, and passes over the steps at one boot, with so many seconds between them.
BOOTS, PASSES, PAUSE = 5, 3, 20
# How often it looks for a network card at each pass, every five seconds: its driver may still be installed.
LOOKS = 24

_OF_USER = "The script of the user is run"

_NETWORK = r"HKLM\SYSTEM\CurrentControlSet\Control\Network\{4D36E972-E325-11CE-BFC1-08002BE10318}"

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
    numbers = {"boots": BOOTS, "passes": PASSES, "pause": PAUSE, "looks": LOOKS, "service": SERVICE}
    for name, value in {**numbers, "done": WINDOWS_DONE, "left": WINDOWS_LEFT}.items():
        part = part.replace(f"{{{name}}}", str(value))
    return part


def _block(step: Step) -> tuple[str, list[str]]:
    """(the title for the log, the lines of the step's subroutine)."""
    if isinstance(step, InstallDrivers):
        return "Drivers are installed", _drivers(step)
    if isinstance(step, RemoveDevice):
        return "A device of the old hypervisor is removed", list(_device(step))
    if isinstance(step, SetNetwork):
        return f"The network card {step.mac or 'of this machine'} is configured", list(script_network.lines(step))
    if isinstance(step, UninstallProduct):
        return f"{words.title(step.name)} is uninstalled", _uninstall(step)
    return f"{words.title(step.name)} is restored", _number(step)


def _drivers(step: InstallDrivers) -> list[str]:
    """pnputil has these options since Windows Vista. It ends with 259 where all drivers are as new already."""
    drivers = r"%SystemRoot%\System32\drivers"
    reset = words.logged("icacls", rf'"{drivers}\%%~nxf"', "/reset", "/q")
    return [
        words.logged("icacls", words.quoted(step.directory), "/reset", "/t", "/c", "/q"),
        # Without quotation marks, within which Wine's cmd.exe finds nothing; the directory has no blanks.
        rf'for %%f in ({step.directory}\*.sys) do if exist "{drivers}\%%~nxf" {reset}',
        words.logged("pnputil", "-i", "-a", words.quoted(rf"{step.directory}\*.inf")),
        'if "%errorlevel%"=="259" exit /b 0',
        "exit /b %errorlevel%",
    ]


def _device(step: RemoveDevice) -> Iterator[str]:
    """pnputil removes devices since Windows 10 2004. Before that, the name of the connection at least becomes free."""
    yield words.logged("pnputil", "/remove-device", words.quoted(step.instance))
    if step.interface:
        key = words.quoted(rf"{_NETWORK}\{step.interface}\Connection")
        yield f"reg query {key} >nul 2>&1"
        yield "if errorlevel 1 exit /b 0"
        yield words.logged("reg", "add", key, "/v", "Name", "/t", "REG_SZ", "/d", words.quoted(step.interface), "/f")
    yield "exit /b 0"


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
    key, name = words.quoted(rf"HKLM\{step.key}"), words.quoted(step.name)
    if step.number is None:
        # It fails where the value is not there.
        return [words.logged("reg", "delete", key, "/v", name, "/f"), "exit /b 0"]
    add = words.logged("reg", "add", key, "/v", name, "/t", "REG_DWORD", "/d", f"{step.number:d}", "/f")
    return [add, "exit /b %errorlevel%"]


def _package(name: str) -> tuple[str, list[str]]:
    lines = [
        "call :is_verify",
        "if defined verify exit /b 0",
        f'start "" /wait msiexec /i {words.quoted("files" + chr(92) + name)} /qn /norestart REBOOT=ReallySuppress',
        "exit /b %errorlevel%",
    ]
    return f"{words.title(name)} is installed", lines


def _user_script(name: str) -> tuple[str, list[str]]:
    """It runs once, whatever it ends with."""
    # In a program of its own, which it may end.
    run = "cmd /c user.cmd" if name == "user.cmd" else words.POWERSHELL + " -File user.ps1"
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
    yield f'{words.POWERSHELL} -EncodedCommand {words.encoded(tag)} >found 2>>"%log%"'
    yield 'for /f "usebackq" %%i in ("found") do set "verify=%%i"'
    yield "del found >nul 2>&1"
    yield "exit /b 0"
