# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The script of the first boot, run by the cmd.exe of Wine, with recorders for the programs of Windows that it calls.

A proof of what cmd.exe makes of the script: which programs it starts with which arguments, what it does when they fail,
and that it ends. What the programs do, only Windows shows. script/windows-proof first-boot runs it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from unittest import mock

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.windows import (
    first_boot,
    script,
    script_network,
    script_words,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.windows.steps import (
    InstallDrivers,
    RemoveDevice,
    Route,
    SetNetwork,
    SetNumber,
    UninstallProduct,
)

COMPILER = "x86_64-w64-mingw32-gcc"
PROGRAMS = ("netsh", "pnputil", "icacls", "certutil", "msiexec", "reg", "sc", "shutdown", "ping")
GUID = "{aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee}"
HOSTILE = 'a %PATH% ^ & calc | "q" !PATH! %1 <x> \u2019; \u00e9\u4e2d \'; Remove-Item x'
NETWORK = SetNetwork(
    "00:0c:29:f3:ff:de",
    HOSTILE,
    addresses=("10.1.2.3/24", "10.1.2.4/24", "2001:db8::5/64"),
    gateways=("10.1.2.1", "2001:db8::1"),
    name_servers=("10.1.2.53", "2001:db8::53"),
    domain="example.com",
    routes=(Route("172.16.0.0/12", "10.1.2.9", 5), Route("10.8.0.0/16", "0.0.0.0")),
    netbios=2,
    removed_gateways=("2001:db8::9",),
    own_mac="02:00:00:00:00:01",
)
PRODUCT = UninstallProduct("{12345678-1234-1234-1234-1234567890AB}", 'VMware & "Tools" %PATH%', ("PREVENT_REBOOT=Yes",))
STEPS = (
    InstallDrivers(r"%SystemRoot%\Drivers\VirtIO", ("publisher-1.cer",)),
    RemoveDevice(r"PCI\VEN_8086&DEV_10D3&SUBSYS_07D015AD&REV_00\000C29FFFFF3FFDE00", GUID),
    NETWORK,
    PRODUCT,
    SetNumber(r"SYSTEM\CurrentControlSet\Services\partmgr\Parameters", "SanPolicy", 3),
)


class Wine:
    """A Windows of Wine's in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self._prefix = directory / "prefix"
        self._tools = directory / "tools"
        self._record, self._answers = directory / "record", directory / "answers"
        self.windows = self._prefix / "drive_c" / "windows"
        self._tools.mkdir()
        recorder = self._tools / "recorder.exe"
        source = Path(__file__).with_name("recorder.c")
        subprocess.run([COMPILER, "-O1", "-o", str(recorder), str(source)], check=True)
        for name in PROGRAMS:
            shutil.copy(recorder, self._tools / f"{name}.exe")
        self.run("wineboot", "--init")
        # The script has its path.
        powershell = self.windows / "system32" / "WindowsPowerShell" / "v1.0"
        powershell.mkdir(parents=True, exist_ok=True)
        shutil.copy(recorder, powershell / "powershell.exe")

    def run(self, *command: str) -> subprocess.CompletedProcess[bytes]:
        """Run a program of Windows'; the recorders are found before those of Wine."""
        environment = {
            **os.environ,
            "WINEPREFIX": str(self._prefix),
            "WINEPATH": f"Z:{self._tools}".replace("/", "\\"),
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree,mshtml=",
            "RECORD": f"Z:{self._record}".replace("/", "\\"),
            "ANSWERS": f"Z:{self._answers}".replace("/", "\\"),
        }
        # Debian has it where only its package wine, which asks for 32-bit programs, finds it.
        wine = shutil.which("wine64") or "/usr/lib/wine/wine64"
        return subprocess.run(
            [wine, *command], env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=600
        )

    def stop(self) -> None:
        """End what runs in it."""
        server = shutil.which("wineserver") or "/usr/lib/wine/wineserver64"
        subprocess.run([server, "-k"], env={**os.environ, "WINEPREFIX": str(self._prefix)}, check=False)

    def guest(self, text: str, **files: str) -> Path:
        """The directory of a guest with this script and these files, {name with _ for a dot: text}."""
        directory = self.windows / "Guestconv"
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir()
        (directory / "firstboot.cmd").write_bytes(text.encode())
        (directory / "pending").write_text("checksum\n", encoding="ascii")
        for name, content in files.items():
            (directory / name.replace("_", ".")).write_bytes(content.encode())
        return directory

    def boot(self, answers: dict[str, tuple[str, int]]) -> list[str]:
        """The command lines of the programs that the script starts at one boot.

        answers: {part of a command line: (what is printed, exit status)}.
        """
        self._record.write_bytes(b"")
        lines = "".join(f"{part}\t{output}\t{status}\n" for part, (output, status) in answers.items())
        self._answers.write_text(lines, encoding="utf-8")
        self.run("cmd", "/c", r"C:\windows\Guestconv\firstboot.cmd")
        return [line.strip() for line in self._record.read_text(encoding="utf-8").splitlines()]


# The answers of PowerShell, by a part of its command.
FOUND = {"Win32_NetworkAdapter | Where-Object": (f"card 12 {GUID}", 0)}
OTHER, VERIFY = {"SMBIOSAssetTag": ("other", 0)}, {"SMBIOSAssetTag": ("verify", 0)}


def of_program(lines: list[str], name: str) -> list[str]:
    """The arguments of the calls of a program."""
    pattern = re.compile(rf'"?(?:[^"\s]*\\)?{name}(?:\.exe)?"?\s+(.*)', re.IGNORECASE)
    return [match.group(1) for match in map(pattern.fullmatch, lines) if match]


def order_of(lines: list[str], *names: str) -> list[str]:
    """The programs of these names, in the order in which they were started."""
    return [name for line in lines for name in names if of_program([line], name)]


def _check_left(directory: Path, *further: str) -> None:
    """Check that nothing but the log, the mark and these files is left in the guest's directory."""
    left = sorted(each.name for each in directory.iterdir())
    assert left == sorted(["firstboot.log", "ran", *further]), left


def msiexec(what: str, step: int) -> str:
    """The arguments by which the script has the Windows Installer do something at a step; start leaves out quotation marks."""
    return rf"{what} /qn /norestart REBOOT=ReallySuppress /l* C:\windows\Guestconv\msiexec-{step}.log"


def all_steps_succeed(wine: Wine) -> None:
    directory = wine.guest(script.text(STEPS))
    for folder in ("Drivers/VirtIO", "system32/drivers"):
        (wine.windows / folder).mkdir(parents=True, exist_ok=True)
        for name in ("viostor.sys", "netkvm.inf", "viostor.inf"):
            (wine.windows / folder / name).write_bytes(b"")
    lines = wine.boot(FOUND)
    # It was trusted before, as certutil finds it.
    assert of_program(lines, "certutil") == [
        '-store TrustedPublisher "publisher-1"',
        r'-f -addstore TrustedPublisher "C:\windows\Drivers\VirtIO\publisher-1.cer"',
    ], lines
    assert of_program(lines, "pnputil") == [
        r'-i -a "C:\windows\Drivers\VirtIO\netkvm.inf"',
        r'-i -a "C:\windows\Drivers\VirtIO\viostor.inf"',
        r'/remove-device "PCI\VEN_8086&DEV_10D3&SUBSYS_07D015AD&REV_00\000C29FFFFF3FFDE00"',
    ], lines
    assert of_program(lines, "icacls") == [
        ". /reset /t /c /q",
        ". /inheritance:r /grant:r *S-1-5-18:(OI)(CI)F *S-1-5-32-544:(OI)(CI)F /q",
        r'"C:\windows\Drivers\VirtIO" /reset /t /c /q',
        r'"C:\windows\System32\drivers\viostor.sys" /reset /q',
    ], lines
    assert of_program(lines, "netsh") == [
        "interface ipv4 set address name=12 source=static address=10.1.2.3 mask=255.255.255.0 gateway=10.1.2.1",
        "interface ipv4 add address name=12 address=10.1.2.4 mask=255.255.255.0",
        "interface ipv4 set dnsservers name=12 source=static address=10.1.2.53 register=primary validate=no",
        "interface ipv6 delete route prefix=::/0 interface=12 nexthop=2001:db8::9",
        "interface ipv6 add address interface=12 address=2001:db8::5/64",
        "interface ipv6 add route prefix=::/0 interface=12 nexthop=2001:db8::1",
        "interface ipv6 set dnsservers name=12 source=static address=2001:db8::53 register=primary validate=no",
        "interface ipv4 add route prefix=172.16.0.0/12 interface=12 nexthop=10.1.2.9 metric=5",
        "interface ipv4 add route prefix=10.8.0.0/16 interface=12",
    ], lines
    search, rename = of_program(lines, "powershell")
    finder = script_network.FINDER.replace("%~1", "00:0C:29:F3:FF:DE").replace("%~2", NETWORK.own_mac)
    assert search.endswith(f'-Command "{finder}"'), search
    assert f"$name = {script_words.text_in_powershell(HOSTILE)}; Get-WmiObject" in rename, rename
    assert "'InterfaceIndex=12'" in rename, rename
    (uninstall,) = of_program(lines, "msiexec")
    assert uninstall == msiexec(f"/x {PRODUCT.code} PREVENT_REBOOT=Yes", 4), uninstall
    values = of_program(lines, "reg")
    assert any(rf'Interfaces\{GUID}" /v Domain /t REG_SZ /d "example.com" /f' in each for each in values), values
    assert any(rf'Tcpip_{GUID}" /v NetbiosOptions /t REG_DWORD /d 2 /f' in each for each in values), values
    policy = r'add "HKLM\SYSTEM\CurrentControlSet\Services\partmgr\Parameters" /v "SanPolicy" /t REG_DWORD /d 3 /f'
    assert policy in values, values
    assert of_program(lines, "sc") == ["delete guestconv"] and not of_program(lines, "shutdown"), lines
    _check_left(directory)
    log = (directory / "firstboot.log").read_text(encoding="utf-8", errors="replace")
    assert "All steps are done" in log and "VMware _ _Tools_ _PATH_ is uninstalled" in log, log
    assert log.count("It is done") == len(STEPS) and "did not add" not in log, log


def a_restart_that_a_product_asks_for_follows(wine: Wine) -> None:
    directory = wine.guest(script.text(STEPS))
    lines = wine.boot({**FOUND, "msiexec": ("", 3010), "set address": ("", 1)})
    # The address could not be set: the restart comes first, and the script once more.
    assert of_program(lines, "shutdown") == ["/r /t 5"] and not of_program(lines, "sc"), lines
    assert (directory / "firstboot.cmd").exists() and not (directory / "ran").exists()
    lines = wine.boot(FOUND)
    assert not of_program(lines, "msiexec") and not of_program(lines, "pnputil"), lines
    assert of_program(lines, "netsh") and of_program(lines, "sc") and not of_program(lines, "shutdown"), lines
    assert (directory / "ran").read_text(encoding="ascii") == "checksum\n"


def what_always_fails_is_given_up(wine: Wine) -> None:
    text = script.text([PRODUCT])
    directory = wine.guest(text)
    for boot in range(1, script.BOOTS + 1):
        lines = wine.boot({"msiexec": ("", 1603)})
        assert len(of_program(lines, "msiexec")) == script.PASSES, lines
        assert of_program(lines, "ping") == [f"-n {script.PAUSE + 1} 127.0.0.1"] * (script.PASSES - 1), lines
        assert bool(of_program(lines, "sc")) == (boot == script.BOOTS), lines
    # A person can run it once more.
    _check_left(directory, "boots", "firstboot.cmd")


def a_driver_that_is_refused_is_named_and_tried_again(wine: Wine) -> None:
    directory = wine.guest(script.text(STEPS[:1]))
    lines = wine.boot({"netkvm.inf": ("", 1), "viostor.inf": ("", 259)})
    assert len(of_program(lines, "pnputil")) == 2 * script.PASSES and not of_program(lines, "sc"), lines
    log = (directory / "firstboot.log").read_text(encoding="utf-8", errors="replace")
    assert log.count("pnputil ended with 1 for netkvm.inf") == script.PASSES and "for viostor" not in log, log
    lines = wine.boot({"netkvm.inf": ("", 3010)})
    assert len(of_program(lines, "pnputil")) == 2 and of_program(lines, "shutdown") == ["/r /t 5"], lines


def the_name_of_a_driver_is_not_interpreted(wine: Wine) -> None:
    directory = wine.guest(script.text(STEPS[:1]))
    name = "a & netsh x) (1).inf"
    driver = wine.windows / "Drivers" / "VirtIO" / name
    driver.write_bytes(b"")
    lines = wine.boot({name: ("", 1)})
    driver.unlink()
    assert not of_program(lines, "netsh") and len(of_program(lines, "pnputil")) == 3 * script.PASSES, lines
    log = (directory / "firstboot.log").read_text(encoding="utf-8", errors="replace")
    assert log.count(f"pnputil ended with 1 for {name}") == script.PASSES, log


def what_restarts_windows_each_time_is_given_up(wine: Wine) -> None:
    directory = wine.guest(script.text([PRODUCT]), boots=f"{script.BOOTS}\r\n")
    lines = wine.boot({})
    assert not of_program(lines, "msiexec") and of_program(lines, "sc"), lines
    log = (directory / "firstboot.log").read_text(encoding="utf-8", errors="replace")
    assert "failed, and are not tried again" in log and (directory / "ran").exists(), log
    # A person can run it once more.
    assert of_program(wine.boot({}), "msiexec")
    _check_left(directory)


def a_publisher_that_was_not_trusted_before_is_not_trusted_after(wine: Wine) -> None:
    wine.guest(script.text(STEPS[:1]))
    lines = wine.boot({"-store TrustedPublisher": ("", 1)})
    assert order_of(lines, "certutil", "pnputil") == ["certutil", "certutil", "pnputil", "pnputil", "certutil"], lines
    assert of_program(lines, "certutil")[-1] == '-delstore TrustedPublisher "publisher-1"', lines


def a_card_that_is_not_there_is_waited_for(wine: Wine) -> None:
    directory = wine.guest(script.text([SetNetwork("00:0c:29:f3:ff:de", addresses=("10.1.2.3/24",))]))
    lines = wine.boot({})
    assert len(of_program(lines, "powershell")) == script.LOOKS * script.PASSES, len(lines)
    assert not of_program(lines, "netsh") and (directory / "firstboot.cmd").exists()


def a_product_that_is_not_installed_is_no_failure(wine: Wine) -> None:
    wine.guest(script.text([PRODUCT]))
    assert of_program(wine.boot({"msiexec": ("", 1605)}), "sc")


def another_installation_is_waited_for(wine: Wine) -> None:
    # Fewer tries than on Windows, as each program takes Wine a second.
    with mock.patch.object(script, "TRIES", 3):
        wine.guest(script.text([PRODUCT]))
    lines = wine.boot({"msiexec": ("", 1618)})
    assert len(of_program(lines, "msiexec")) == 3 * script.PASSES, lines


def what_netsh_does_not_add_is_in_the_log(wine: Wine) -> None:
    directory = wine.guest(script.text([NETWORK]))
    wine.boot({**FOUND, " add ": ("", 1)})
    log = (directory / "firstboot.log").read_text(encoding="utf-8", errors="replace")
    for each in ("10.1.2.4/24", "2001:db8::5/64", "the gateway 2001:db8::1", "the route to 172.16.0.0/12"):
        assert f"netsh did not add {each}" in log, log
    assert (directory / "ran").exists()


def the_script_of_the_user_runs_once_and_may_end(wine: Wine) -> None:
    text = script.text([PRODUCT], script.User("user.cmd", ("a b&c.msi",)))
    directory = wine.guest(text, user_cmd="@echo off\r\nnetsh %~n0\r\nexit 5\r\n")
    lines = wine.boot({**OTHER, "/x": ("", 1603)})
    assert of_program(lines, "netsh") == ["user"], lines
    package = msiexec(r'/i "C:\windows\Guestconv\files\a b&c.msi"', 1)
    assert package in of_program(lines, "msiexec"), lines
    # The package, the script, and the old tools.
    assert order_of(lines, "msiexec", "netsh")[:3] == ["msiexec", "netsh", "msiexec"], lines
    assert not of_program(wine.boot(OTHER), "netsh")
    assert (directory / "ran").exists() and not (directory / "user.cmd").exists()


def the_script_of_the_user_waits_for_the_packages(wine: Wine) -> None:
    text = script.text([], script.User("user.cmd", ("a.msi",)))
    wine.guest(text, user_cmd="netsh user\r\n")
    lines = wine.boot({**OTHER, "msiexec": ("", 1603)})
    assert order_of(lines, "msiexec", "netsh") == ["msiexec", "msiexec", "msiexec", "netsh"], lines


def a_program_that_stays_does_not_keep_later_steps_from_being_done(wine: Wine) -> None:
    """It has the log open for writing, which cmd.exe does not share."""
    text = script.text([STEPS[-1]], script.User("user.cmd"))
    stays = "@echo off\r\nstart /b C:\\windows\\system32\\ping.exe -n 15 127.0.0.1\r\n"
    directory = wine.guest(text, user_cmd=stays)
    lines = wine.boot(OTHER)
    assert of_program(lines, "reg") and of_program(lines, "sc"), lines
    assert (directory / "ran").exists()


def a_second_run_at_the_same_time_does_nothing(wine: Wine) -> None:
    text = script.text([STEPS[-1]], script.User("user.cmd"))
    directory = wine.guest(text, user_cmd="@echo off\r\ncmd /d /c firstboot.cmd\r\n")
    lines = wine.boot(OTHER)
    assert len(of_program(lines, "sc")) == 1 and len(of_program(lines, "ping")) == 5, lines
    log = (directory / "firstboot.log").read_text(encoding="utf-8", errors="replace")
    assert log.count("All steps are done") == 1 and "Boot 2" not in log, log


def a_boot_of_verify_does_not_run_the_script_of_the_user(wine: Wine) -> None:
    text = script.text([], script.User("user.cmd", ("a.msi",)))
    wine.guest(text, user_cmd="netsh user\r\n")
    lines = wine.boot(VERIFY)
    assert not of_program(lines, "netsh") and not of_program(lines, "msiexec"), lines


def what_is_no_answer_is_asked_for_again(wine: Wine) -> None:
    """WMI may not answer yet; and PowerShell writes warnings to its output."""
    wine.guest(script.text([], script.User("user.cmd")), user_cmd="netsh user\r\n")
    lines = wine.boot({"SMBIOSAssetTag": ("WARNING: verify", 0)})
    assert len(of_program(lines, "powershell")) == script.LOOKS and of_program(lines, "netsh"), lines


def the_service_starts_it(wine: Wine) -> None:
    """By Wine's own service manager, which waits in vain as that of Windows does."""
    directory = wine.guest(script.text([]))
    key = r"HKLM\SYSTEM\CurrentControlSet\Services\guestconv"
    types = {1: "REG_SZ", 2: "REG_EXPAND_SZ", 4: "REG_DWORD"}
    tool = r"C:\windows\system32\reg.exe"
    for name, value in first_boot._SERVICE.items():
        data = str(value.number) if value.number is not None else value.text
        added = wine.run(tool, "add", key, "/v", name, "/t", types[value.type], "/d", data, "/f")
        assert added.returncode == 0, added.stdout
    wine.stop()
    wine.run(r"C:\windows\system32\net.exe", "start", "guestconv")
    deadline = time.monotonic() + 120
    while not (directory / "ran").exists() and time.monotonic() < deadline:
        time.sleep(1)
    assert (directory / "ran").exists(), os.listdir(directory)


PROOFS: tuple[Callable[[Wine], None], ...] = (
    all_steps_succeed,
    a_restart_that_a_product_asks_for_follows,
    what_always_fails_is_given_up,
    a_driver_that_is_refused_is_named_and_tried_again,
    the_name_of_a_driver_is_not_interpreted,
    what_restarts_windows_each_time_is_given_up,
    a_publisher_that_was_not_trusted_before_is_not_trusted_after,
    a_card_that_is_not_there_is_waited_for,
    a_product_that_is_not_installed_is_no_failure,
    another_installation_is_waited_for,
    what_netsh_does_not_add_is_in_the_log,
    the_script_of_the_user_runs_once_and_may_end,
    the_script_of_the_user_waits_for_the_packages,
    a_program_that_stays_does_not_keep_later_steps_from_being_done,
    a_second_run_at_the_same_time_does_nothing,
    what_is_no_answer_is_asked_for_again,
    a_boot_of_verify_does_not_run_the_script_of_the_user,
    the_service_starts_it,
)


def main() -> int:
    """Print each proof and whether it holds; the status to exit with."""
    failed = 0
    with tempfile.TemporaryDirectory(prefix="guestconv-wine-") as directory:
        wine = Wine(Path(directory))
        try:
            for proof in PROOFS:
                title = proof.__name__.replace("_", " ")
                try:
                    proof(wine)
                except (AssertionError, OSError, ValueError) as error:
                    failed += 1
                    print(f"WRONG  {title}: {error!r}", flush=True)
                else:
                    print(f"right  {title}", flush=True)
        finally:
            wine.stop()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
