# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The script of the first boot of Windows, made of steps. Pure.

It is for cmd.exe, which every Windows has, and is run by a service at each boot until all is done, or for the last of its
boots. Each step is done once: a file says that it was. What fails is tried again: some seconds later, and at the next
boots, as a driver or an uninstallation may wait for a restart. A boot counts from its beginning: a step that restarts
Windows by itself must not do so for ever. What has failed for good stays, so that a person can run the script once more.
script_steps.py has what each step does.

What was written into the guest on its disk is open to everyone in Windows (ntfs_sd_add_everyone() of ntfs-3g). So it first
closes its directory to all but administrators, and gives the drivers the permissions of the directories that they are in.

cmd.exe does not start a command whose output it cannot write, and it opens a file so that no other program can write to it
(batch files make locks of that: `9>>file`). So the log is opened once, for all commands: a program that the script of the user
leaves running, and which has the log open with it, must not keep later steps from being done. It also keeps the script
from running twice at the same time.

Nothing that a guest or a person wrote is in the text where cmd.exe would interpret it: script_words.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...model.first_boot import VERIFY_TAG, WINDOWS_DONE, WINDOWS_LEFT
from . import script_network, script_steps
from .script_steps import Block
from .steps import InstallDrivers, RemoveDevice, SetNetwork, SetNumber, Step, UninstallProduct

SERVICE = "guestconv"
# Boots after which it gives up, and passes over the steps at one boot, with so many seconds between them.
BOOTS, PASSES, PAUSE = 5, 3, 20
# How often it looks for a network card at each pass, every five seconds: its driver may still be installed.
LOOKS = 24
# How often it tries to install a package while another installation is running, every 20 seconds.
TRIES = 30
# Characters of a line of a batch file that cmd.exe reads ("Command prompt line string limitation").
_LONGEST_LINE = 8191

_HEAD = r"""@echo off
rem Written by guestconv: what this machine does once, at its first boot on the new hypervisor.
rem The service {service} runs it at each start of Windows until all steps are done, {boots} times at most.
rem The log is firstboot.log in this directory. The service can be removed with: sc delete {service}
setlocal EnableExtensions DisableDelayedExpansion
cd /d "%~dp0"
rem What was written to the disk has no permissions. Only administrators may read and change this directory.
icacls . /reset /t /c /q >nul 2>&1
icacls . /inheritance:r /grant:r *S-1-5-18:(OI)(CI)F *S-1-5-32-544:(OI)(CI)F /q >nul 2>&1
set "here=%~dp0"
set "script=%~f0"
set "powershell=%SystemRoot%\System32\WindowsPowerShell\v1.0\powershell.exe"
set "options=-NoProfile -NonInteractive -ExecutionPolicy Bypass"
echo The log of this script is firstboot.log. It cannot run twice at the same time.
set /a opened=0
:open
set "begun="
call :all >>firstboot.log 2>&1
if defined begun exit /b %errorlevel%
rem Another program has the log open for writing.
set /a opened+=1
if %opened% geq 6 exit /b 1
call :wait 10
goto open

:all
set "begun=1"
set /a boot=0
if exist boots set /p boot=<boots
set /a boot+=1
>boots echo %boot%
set /a pass=0
set "restart="
set "machine="
rem Windows was restarted at each of its boots before the script came to its end.
set "left=1"
if exist pending if %boot% gtr {boots} goto done
call :log "Boot %boot% of at most {boots}"
:pass
set /a pass+=1
set "left="
"""

_TAIL = r"""if not defined left goto done
if defined restart if %boot% lss {boots} goto restart
if %pass% geq {passes} goto later
call :wait {pause}
goto pass

:later
if %boot% geq {boots} goto done
call :log "{left}are left for the next restart of Windows"
exit /b 1

:restart
call :log "Windows is restarted, and the other steps follow"
shutdown /r /t 5
exit /b 1

:done
if defined left call :log "{left}failed, and are not tried again"
if not defined left call :log "{done}"
move /y pending ran >nul 2>&1
sc delete {service}
if defined restart call :log "Windows is restarted"
if defined restart shutdown /r /t 5
del /q user.cmd user.ps1 >nul 2>&1
if defined left exit /b 0
del /q boots step-* msiexec-*.log files\* >nul 2>&1
rd files >nul 2>&1
del "%script%" & exit 0

:run
if exist "step-%1" exit /b 0
set "step=%1"
if not "%~3"=="once" goto start
rem It is not repeated. So what comes before it is tried again first.
if not defined left goto once
if defined restart if %boot% lss {boots} exit /b 0
if %pass% lss {passes} exit /b 0
:once
>"step-%1" echo started
:start
call :log "%~2"
call :step_%1
set "code=%errorlevel%"
if "%code%"=="3010" set "restart=1"
if "%code%"=="1641" set "restart=1"
if "%code%"=="3010" set "code=0"
if "%code%"=="1641" set "code=0"
if "%code%"=="0" call :log "It is done"
if not "%code%"=="0" call :log "It failed with %code%"
if "%code%"=="0" >"step-%1" echo done
if not exist "step-%1" set "left=1"
exit /b 0

:log
rem The name of a file may have characters that cmd.exe would interpret, but not where it expands it so late.
set "words=%~1"
setlocal EnableDelayedExpansion
echo !date! !time! !words!
(>\\.\COM1 echo guestconv: !words!) 2>nul
endlocal
exit /b 0

:wait
set /a pings=%1+1
ping -n %pings% 127.0.0.1 >nul 2>&1
exit /b 0
"""

# pnputil has these options since Windows Vista.
_DRIVER = r"""
:driver
pnputil -i -a "%~1"
set "ended=%errorlevel%"
rem There is no device for the driver, or it has one that is as new (259). A restart is needed, or has begun (3010, 1641).
if "%ended%"=="259" exit /b 0
if "%ended%"=="3010" set "restart=1"
if "%ended%"=="1641" set "restart=1"
if "%ended%"=="3010" exit /b 0
if "%ended%"=="1641" exit /b 0
if "%ended%"=="0" exit /b 0
set "refused=%ended%"
call :log "pnputil ended with %ended% for %~nx1"
exit /b 0
"""

_FIND = r"""
:find
rem Finds the index and the GUID of the network card with one of these MAC addresses, or of the only one.
set "index="
set "guid="
set /a looks=0
:look
"%powershell%" %options% -Command "{finder}" >found
for /f "usebackq tokens=1-3" %%i in ("found") do if "%%i"=="card" set "index=%%j"
for /f "usebackq tokens=1-3" %%i in ("found") do if "%%i"=="card" set "guid=%%k"
del found >nul 2>&1
if defined index exit /b 0
set /a looks+=1
if %looks% geq {looks} exit /b 1
call :wait 5
goto look
"""

_MSIEXEC = r"""
:msiexec
set /a tries=0
:install
start "" /wait msiexec %* /qn /norestart REBOOT=ReallySuppress /l* "%here%msiexec-%step%.log"
set "ended=%errorlevel%"
rem Another installation is running (1618), or the service of the installer is not (1601).
if not "%ended%"=="1618" if not "%ended%"=="1601" exit /b %ended%
set /a tries+=1
if %tries% geq {tries} exit /b %ended%
call :log "It is tried again in 20 seconds, as msiexec ended with %ended%"
call :wait 20
goto install
"""

_IS_VERIFY = r"""
:is_verify
rem Finds out whether guestconv_verify has started this machine, which does not count.
set /a looks=0
if not exist "%powershell%" set "machine=other"
:ask
if defined machine goto known
"%powershell%" %options% -Command "{asker}" >found
for /f "usebackq" %%i in ("found") do if "%%i"=="verify" set "machine=verify"
for /f "usebackq" %%i in ("found") do if "%%i"=="other" set "machine=other"
del found >nul 2>&1
set /a looks+=1
if not defined machine if %looks% geq {looks} set "machine=other"
if not defined machine call :wait 5
goto ask
:known
set "verify="
if "%machine%"=="verify" set "verify=1"
if defined verify call :log "It is left out in the machine of guestconv_verify"
exit /b 0
"""

# PowerShell, within quotation marks of cmd.exe. WMI may not answer at once when Windows starts.
_ASKER = (
    "$tags = @(Get-WmiObject Win32_SystemEnclosure -ErrorAction Stop | ForEach-Object { $_.SMBIOSAssetTag }); "
    f"if ($tags -contains '{VERIFY_TAG}') {{ 'verify' }} else {{ 'other' }}"
)


@dataclass(frozen=True)
class User:
    """What the user asks for. script: "user.cmd" or "user.ps1", "" for none. packages: names of files *.msi."""

    script: str = ""
    packages: tuple[str, ...] = ()


def text(steps: Sequence[Step], user: User | None = None) -> str:
    """The script, with the ends of lines of Windows. Raises ValueError for an argument that cmd.exe would interpret."""
    user = user or User()
    blocks = list(_blocks(steps, user))
    calls = [
        f'call :run {number} "{block.title}"' + (" once" if block.is_once else "")
        for number, block in enumerate(blocks, 1)
    ]
    parts = [_filled(_HEAD), *calls, _filled(_TAIL)]
    for number, block in enumerate(blocks, 1):
        parts += ["", f":step_{number}", *block.lines]
    kinds = [type(step) for step in steps]
    if InstallDrivers in kinds:
        parts.append(_filled(_DRIVER))
    if SetNetwork in kinds:
        parts.append(_filled(_FIND))
    if UninstallProduct in kinds or user.packages:
        parts.append(_filled(_MSIEXEC))
    if user.script or user.packages:
        parts.append(_filled(_IS_VERIFY))
    lines = "\n".join(parts).split("\n")
    if max(map(len, lines)) > _LONGEST_LINE:
        raise ValueError(max(lines, key=len))
    return "\r\n".join(lines) + "\r\n"


def _blocks(steps: Sequence[Step], user: User) -> Iterator[Block]:
    """The steps in their order. The user's script finds the network, and what of packages it needs.

    The old tools come after it: their uninstallation is slow, and often fails (docs/virt-v2v.pod of virt-v2v).
    """

    def of(kind: type[Step]) -> Iterator[Block]:
        return (script_steps.block(step) for step in steps if isinstance(step, kind))

    yield from (*of(InstallDrivers), *of(RemoveDevice), *of(SetNetwork))
    yield from map(script_steps.package, user.packages)
    if user.script:
        yield script_steps.user_script(user.script)
    yield from (*of(UninstallProduct), *of(SetNumber))


def _filled(part: str) -> str:
    words = {"boots": BOOTS, "passes": PASSES, "pause": PAUSE, "looks": LOOKS, "tries": TRIES, "service": SERVICE}
    texts = {"done": WINDOWS_DONE, "left": WINDOWS_LEFT, "finder": script_network.FINDER, "asker": _ASKER}
    for name, value in {**words, **texts}.items():
        part = part.replace(f"{{{name}}}", str(value))
    return part.rstrip("\n")
