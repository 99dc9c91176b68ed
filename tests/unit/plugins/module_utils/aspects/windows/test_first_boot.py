# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first boot of Windows: the script, and what it is put into the guest with.

That cmd.exe understands it so is tested by script/windows-proof, with Wine's.
"""

from __future__ import annotations

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.windows import first_boot, script
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.windows.steps import (
    InstallDrivers,
    RemoveDevice,
    Route,
    SetNetwork,
    SetNumber,
    UninstallProduct,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import TARGETS
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.model.first_boot import FirstBoot, PackageFile
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from ansible_collections.virttools.guestconv.plugins.module_utils.verify.console import Console
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

MAC = "00:0c:29:f3:ff:de"
NETWORK = SetNetwork(
    MAC,
    "Ethernet0",
    addresses=("10.1.2.3/24", "10.1.2.4/16", "2001:db8::5/64"),
    gateways=("10.1.2.1", "2001:db8::1"),
    name_servers=("10.1.2.53", "10.1.2.54", "2001:db8::53"),
    removed=("2001:db8::9/64",),
    domain="example.com",
    routes=(Route("172.16.0.0/12", "10.1.2.9", 5), Route("2001:db8:1::/48", "2001:db8::2")),
    wins=("10.1.2.8",),
    netbios=2,
)
PRODUCT = UninstallProduct("{12345678-1234-1234-1234-1234567890AB}", "VMware & Tools")
AGENT = PackageFile("qemu-ga-x86_64.msi", "msi", b"MSI")


def guest(**files):
    return FakeRoot(
        {"/Windows/System32/cmd.exe": "", **files},
        hives={"SYSTEM": '[Select]\n"Current"=dword:00000002\n[ControlSet002\\Services]\n'},
    )


def converted(root, *steps, asked=None):
    """The plan after conversion. root is changed."""
    plan = Plan(TARGETS["kvm"], Selection({}, {}), first_boot=asked, windows_first_boot=list(steps))
    with root.on_behalf_of("first_boot"):
        first_boot.convert(root, plan)
    return plan


def lines_of(*steps, user=None):
    return script.text(steps, user).split("\r\n")


def decoded(line):
    """The command of PowerShell in a line."""
    return base64.b64decode(re.search(r"[A-Za-z0-9+/]{40,}={0,2}", line).group()).decode("utf-16-le")


def test_all_lines_end_as_those_of_windows():
    text = script.text([NETWORK, PRODUCT])
    assert text.count("\n") == text.count("\r\n") == text.count("\r")


def test_verify_understands_what_the_script_writes_at_its_end():
    reports = [line for line in lines_of(NETWORK) if line.startswith(("call :log", "if defined left call :log"))]
    ends = [f"guestconv: {line.split(chr(34))[1]}\r\n" for line in reports if "steps" in line]
    ends += [
        "guestconv: " + line.split('"')[1] for line in lines_of(NETWORK) if line.startswith("if not defined left call")
    ]
    assert len(ends) == 4
    for end in ends:
        console = Console()
        console.feed(end.encode())
        assert console.asks_for_login() == ("restarted" not in end), end


def test_a_network_card_gets_all_that_was_configured():
    lines = [line.replace(' >>"%log%" 2>&1', "") for line in lines_of(NETWORK)]
    start = lines.index(":step_1")
    assert f"@('{MAC.upper()}') -contains $_.MACAddress" in decoded(lines[start + 1])
    assert lines[start + 2 : start + 17] == [
        "if not defined index exit /b 1",
        "netsh interface ipv4 set address name=%index% source=static address=10.1.2.3 mask=255.255.255.0 gateway=10.1.2.1",
        "if errorlevel 1 exit /b 1",
        "netsh interface ipv4 add address name=%index% address=10.1.2.4 mask=255.255.0.0",
        "netsh interface ipv4 set dnsservers name=%index% source=static address=10.1.2.53 register=primary validate=no",
        "netsh interface ipv4 add dnsservers name=%index% address=10.1.2.54 index=2 validate=no",
        "netsh interface ipv6 delete address interface=%index% address=2001:db8::9",
        "netsh interface ipv6 add address interface=%index% address=2001:db8::5/64",
        "netsh interface ipv6 add route prefix=::/0 interface=%index% nexthop=2001:db8::1",
        "netsh interface ipv6 set dnsservers name=%index% source=static address=2001:db8::53 register=primary validate=no",
        "netsh interface ipv4 add route prefix=172.16.0.0/12 interface=%index% nexthop=10.1.2.9 metric=5",
        "netsh interface ipv6 add route prefix=2001:db8:1::/48 interface=%index% nexthop=2001:db8::2",
        "netsh interface ipv4 add winsservers name=%index% address=10.1.2.8 index=1",
        r'reg add "HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters\Interfaces\%guid%" /v Domain /t REG_SZ '
        '/d "example.com" /f',
        r'reg add "HKLM\SYSTEM\CurrentControlSet\Services\NetBT\Parameters\Interfaces\Tcpip_%guid%" /v NetbiosOptions '
        "/t REG_DWORD /d 2 /f",
    ]


def test_a_card_without_a_gateway_gets_none():
    lines = lines_of(SetNetwork(MAC, addresses=("10.1.2.3/24", "10.1.2.4/24")))
    assert [line.split("mask=")[1].split(" >>")[0] for line in lines if "mask=" in line] == [
        "255.255.255.0 gateway=none",
        "255.255.255.0",
    ]


def test_without_static_addresses_a_card_uses_dhcp():
    lines = lines_of(SetNetwork(""))
    assert any("set address name=%index% source=dhcp" in line for line in lines)
    assert any("set dnsservers name=%index% source=dhcp" in line for line in lines)
    assert "MACAddress }" in decoded(next(line for line in lines if line.startswith("call :find")))


@given(st.text(max_size=40))
def test_no_character_of_a_name_is_in_the_script_or_ends_the_text_in_powershell(name):
    lines = lines_of(SetNetwork(MAC, "x" + name))
    renaming = [line for line in lines if line.startswith("powershell.exe") and "found" not in line]
    assert len(renaming) == 1
    assert re.fullmatch(r"[A-Za-z0-9 .+/=:-]+", renaming[0].replace('>>"%log%" 2>&1', ""))
    command = decoded(renaming[0])
    literal = command.split("-cne '", 1)[1].split("' } | Set-WmiInstance")[0]
    assert re.sub("(['\u2018\u2019\u201a\u201b])\\1", r"\1", literal) == ("x" + name).encode(
        "utf-16-le", "replace"
    ).decode("utf-16-le")


@pytest.mark.parametrize(
    "step",
    [
        RemoveDevice('PCI\\"&calc'),
        RemoveDevice("PCI\\%PATH%"),
        InstallDrivers("C:\\a^b"),
        SetNumber("SYSTEM", 'a"b', 1),
        SetNumber("SYSTEM\\!x!", "a", 1),
        UninstallProduct("{1} & calc", "x"),
        UninstallProduct(PRODUCT.code, "x", ("A=Yes & calc",)),
        SetNetwork("00:0c:29 & calc"),
        SetNetwork(MAC, addresses=("10.0.0.1 & calc",)),
        SetNetwork(MAC, domain="a&b%c"),
        SetNetwork(MAC, addresses=("10.0.0.1/8",), gateways=("x",)),
        SetNetwork(MAC, routes=(Route("10.0.0.0/8", "y"),)),
    ],
)
def test_what_cmd_would_interpret_is_refused(step):
    with pytest.raises(ValueError):
        script.text([step])


def test_a_product_is_uninstalled_with_what_it_needs_besides():
    step = UninstallProduct(PRODUCT.code, "x", ("PREVENT_REBOOT=Yes",))
    assert (
        f'start "" /wait msiexec /x {PRODUCT.code} /qn /norestart REBOOT=ReallySuppress PREVENT_REBOOT=Yes'
        in lines_of(step)
    )
    assert f'start "" /wait msiexec /x {PRODUCT.code} /qn /norestart REBOOT=ReallySuppress' in lines_of(PRODUCT)


def test_the_steps_have_an_order_of_their_own():
    steps = [SetNumber("SYSTEM\\a", "SanPolicy", 3), PRODUCT, NETWORK, RemoveDevice("PCI\\a"), InstallDrivers("C:\\a")]
    calls = [
        line for line in lines_of(*steps, user=script.User("user.cmd", ("a.msi",))) if line.startswith("call :run")
    ]
    assert [call.split('"')[1].split()[0] for call in calls] == [
        "Drivers",
        "A",
        "The",
        "VMware",
        "a.msi",
        "The",
        "SanPolicy",
    ]
    assert calls[5].endswith(" once")


def test_the_name_of_a_connection_becomes_free():
    lines = lines_of(RemoveDevice(r"PCI\VEN_1", "{5f3f359e-9d52-4566-9bec-37efdfb25abe}"))
    assert any(line.startswith(r'pnputil /remove-device "PCI\VEN_1"') for line in lines)
    assert any(
        line.startswith("reg add") and r"{5f3f359e-9d52-4566-9bec-37efdfb25abe}\Connection" in line for line in lines
    )


def test_a_number_is_deleted_where_there_was_none():
    lines = lines_of(SetNumber(r"SYSTEM\CurrentControlSet\Control\CrashControl", "AutoReboot", None))
    assert any(line.startswith("reg delete") and '/v "AutoReboot" /f' in line for line in lines)


def test_the_guest_gets_the_script_and_a_service_that_starts_it():
    root = guest()
    converted(root, NETWORK)
    assert ":step_1\r\n" in root.read("/Windows/Guestconv/firstboot.cmd")
    key = root.hive("SYSTEM", "").key(r"ControlSet002\Services\guestconv")
    assert (key.value("Type").number, key.value("Start").number) == (0x10, 2)
    assert key.value("ObjectName").text == "LocalSystem"
    assert key.value("ImagePath").text.endswith(r"cmd.exe /c %SystemRoot%\Guestconv\firstboot.cmd")
    before = len(root.changes())
    converted(root, NETWORK)
    assert len(root.changes()) == before


def test_nothing_is_written_where_nothing_is_to_be_done():
    root = guest()
    converted(root)
    assert not root.changes()


def test_what_has_run_is_not_asked_for_again():
    root = guest()
    converted(root, NETWORK)
    ran = root.read("/Windows/Guestconv/pending")
    after = guest(**{"/Windows/Guestconv/ran": ran})
    converted(after, NETWORK)
    assert not after.changes()
    converted(after, NETWORK, PRODUCT)
    assert after.changes()


def test_another_plan_replaces_one_that_did_not_come_to_its_end():
    root = guest()
    converted(root, NETWORK)
    directory = "/Windows/Guestconv"
    with root.on_behalf_of("the script"):
        for name in ("boots", "step-1"):
            root.write(f"{directory}/{name}", "1", "")
    converted(root, NETWORK)
    assert root.is_file(f"{directory}/step-1")
    converted(root, PRODUCT, NETWORK)
    assert not root.glob(f"{directory}/boots", f"{directory}/step-*")
    assert root.read(f"{directory}/firstboot.cmd") == script.text([PRODUCT, NETWORK])


def test_a_plan_that_waits_is_replaced_by_one_that_has_run_before():
    root = guest()
    converted(root, NETWORK)
    with root.on_behalf_of("the script"):
        root.rename("/Windows/Guestconv/pending", "/Windows/Guestconv/ran", "")
    converted(root, PRODUCT)
    converted(root, NETWORK)
    assert root.read("/Windows/Guestconv/firstboot.cmd") == script.text([NETWORK])


def test_a_plan_without_anything_to_do_takes_back_one_that_waits():
    root = guest()
    converted(root, NETWORK, asked=FirstBoot(script=b"echo a", files=(AGENT,)))
    converted(root)
    assert not root.glob("/Windows/Guestconv/*", "/Windows/Guestconv/files/*")
    assert root.hive("SYSTEM", "").key(r"ControlSet002\Services\guestconv") is None


@pytest.mark.parametrize("first", ["#ps1", "\ufeff#ps1\r"])
def test_a_script_for_powershell_may_begin_with_a_mark_of_its_encoding(first):
    root = guest()
    converted(root, asked=FirstBoot(script=f"{first}\nGet-Date\n".encode()))
    assert root.read("/Windows/Guestconv/user.ps1") == f"{first}\nGet-Date\n"
    converted(root, asked=FirstBoot(script="\ufeffecho a\n".encode()))
    assert root.read("/Windows/Guestconv/user.cmd") == "echo a\r\n"


def test_the_script_and_the_packages_of_the_user():
    root = guest()
    asked = FirstBoot(script=b"echo a\necho b\r\n", files=(AGENT,), agent=True)
    plan = converted(root, asked=asked)
    assert plan.hardware.guest_agent
    assert root.read("/Windows/Guestconv/user.cmd") == "echo a\r\necho b\r\n"
    assert root.read_bytes("/Windows/Guestconv/files/qemu-ga-x86_64.msi") == b"MSI"
    text = root.read("/Windows/Guestconv/firstboot.cmd")
    assert r'msiexec /i "files\qemu-ga-x86_64.msi"' in text
    assert "cmd /c user.cmd" in text
    assert ":is_verify\r\n" in text


def test_a_script_for_powershell():
    root = guest()
    converted(root, asked=FirstBoot(script=b"#ps1_sysnative\nGet-Date\n"))
    assert root.read("/Windows/Guestconv/user.ps1") == "#ps1_sysnative\nGet-Date\n"
    assert "-File user.ps1" in root.read("/Windows/Guestconv/firstboot.cmd")


@pytest.mark.parametrize(
    "asked",
    [
        FirstBoot(packages=("qemu-guest-agent",)),
        FirstBoot(files=(PackageFile("a.rpm", "rpm", b""),)),
        FirstBoot(files=(PackageFile("a%b.msi", "msi", b""),)),
        FirstBoot(agent=True),
    ],
)
def test_what_windows_cannot_do_is_refused(asked):
    root = guest()
    with pytest.raises(GuestconvError) as caught:
        converted(root, asked=asked)
    assert caught.value.code == "first-boot-not-possible"
    assert not root.changes()


def test_a_guest_without_services_is_refused():
    with pytest.raises(GuestconvError) as caught:
        converted(FakeRoot({}, hives={"SYSTEM": "[Select]\n"}), NETWORK)
    assert caught.value.code == "first-boot-not-possible"
