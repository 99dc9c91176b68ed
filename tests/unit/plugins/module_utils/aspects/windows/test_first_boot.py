# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first boot of Windows: the script, and what it is put into the guest with.

That cmd.exe understands it so is tested by script/windows-proof, with Wine's.
"""

from __future__ import annotations

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
from ansible_collections.virttools.guestconv.plugins.module_utils.texts import registry
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
        hives={
            "SYSTEM": '[Select]\n"Current"=dword:00000002\n[ControlSet002\\Services]\n'
            '[ControlSet002\\Control\\Nls\\CodePage]\n"OEMCP"="850"\n'
        },
    )


def converted(root, *steps, asked=None):
    """The plan after conversion. root is changed."""
    plan = Plan(TARGETS["kvm"], Selection({}, {}), first_boot=asked, windows_first_boot=list(steps))
    with root.on_behalf_of("first_boot"):
        first_boot.convert(root, plan)
    return plan


def lines_of(*steps, user=None):
    return script.text(steps, user).split("\r\n")


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
    lines = lines_of(NETWORK)
    start = lines.index(":step_1")
    assert lines[start + 1 : start + 3] == [f'call :find "{MAC.upper()}" ""', "if not defined index exit /b 1"]
    commands = [line for line in lines[start + 3 : start + 32] if not line.startswith("if errorlevel")]
    assert commands[:13] == [
        "netsh interface ipv4 set address name=%index% source=static address=10.1.2.3 mask=255.255.255.0 gateway=10.1.2.1",
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
    assert "$name = ''+'Ethernet0'; Get-WmiObject" in commands[13]


def test_what_cannot_be_added_is_in_the_log_and_the_first_address_is_needed():
    lines = lines_of(NETWORK)
    start = lines.index(":step_1")
    after = {line: next_line for line, next_line in zip(lines[start:], lines[start + 1 :]) if line.startswith("netsh")}
    failed = [next_line for line, next_line in after.items() if "delete" not in line]
    assert failed[0] == "if errorlevel 1 exit /b 1"
    assert all(line.startswith('if errorlevel 1 call :log "netsh did not add ') for line in failed[1:])
    assert len(failed) == 10


def test_a_card_without_a_gateway_gets_none():
    lines = lines_of(SetNetwork(MAC, addresses=("10.1.2.3/24", "10.1.2.4/24")))
    assert [line.split("mask=")[1] for line in lines if "mask=" in line] == [
        "255.255.255.0 gateway=none",
        "255.255.255.0",
    ]


def test_without_static_addresses_a_card_uses_dhcp():
    lines = lines_of(SetNetwork(""))
    assert any("set address name=%index% source=dhcp" in line for line in lines)
    assert any("set dnsservers name=%index% source=dhcp" in line for line in lines)
    assert 'call :find "" ""' in lines


@given(st.text(max_size=40))
def test_no_character_of_a_name_is_interpreted_by_cmd_or_powershell(name):
    (line,) = [each for each in lines_of(SetNetwork(MAC, "x" + name)) if "$name = " in each]
    expression = line.split("$name = ", 1)[1].split("; Get-WmiObject", 1)[0]
    assert re.fullmatch(r"''(?:\+'[A-Za-z0-9 _.-]+'|\+\[char\][0-9]+)*", expression)
    units = [
        unit
        for plain, code in re.findall(r"\+'([^']+)'|\[char\]([0-9]+)", expression)
        for unit in ([int(code)] if code else map(ord, plain))
    ]
    text = b"".join(unit.to_bytes(2, "little") for unit in units).decode("utf-16-le")
    assert text == ("x" + name).encode("utf-16-le", "replace").decode("utf-16-le")


def test_a_line_that_cmd_does_not_read_is_refused():
    assert lines_of(SetNetwork(MAC, "\u4e2d" * 256))
    with pytest.raises(ValueError):
        script.text([SetNetwork(MAC, "\u4e2d" * 900)])


def test_the_log_is_opened_once_and_no_command_depends_on_it():
    """cmd.exe does not start a command whose output it cannot write."""
    lines = lines_of(NETWORK, PRODUCT, user=script.User("user.cmd", ("a.msi",)))
    assert [line for line in lines if "firstboot.log" in line and not line.startswith(("rem ", "echo "))] == [
        "call :all >>firstboot.log 2>&1"
    ]
    assert not [line for line in lines if "%log%" in line]


def test_a_person_can_read_what_the_script_does():
    """Without what is encoded, of which programs against malware are suspicious too."""
    lines = lines_of(NETWORK, PRODUCT, user=script.User("user.ps1", ("a.msi",)))
    assert not [line for line in lines if "-Encoded" in line]
    assert max(map(len, lines)) < 500


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
        SetNetwork(MAC, gateways=("fe80::1%a&calc",)),
        SetNetwork(MAC, addresses=("fe80::1%a&calc/64",)),
        SetNetwork(MAC, removed=("fe80::1%a&calc/64",)),
        SetNetwork(MAC, removed_gateways=("fe80::1%a&calc",)),
        SetNetwork(MAC, name_servers=("fe80::1%a&calc",)),
        SetNetwork(MAC, routes=(Route("fe80::%a&calc/64", "fe80::1"),)),
        SetNetwork(MAC, own_mac="a&calc"),
    ],
)
def test_what_cmd_would_interpret_is_refused(step):
    with pytest.raises(ValueError):
        script.text([step])


def test_the_boots_are_counted_before_any_step():
    lines = lines_of(PRODUCT)
    assert lines.index(f"if exist pending if %boot% gtr {script.BOOTS} goto done") < lines.index(":pass")


def test_the_log_has_the_name_of_a_file_where_nothing_is_interpreted():
    lines = lines_of(InstallDrivers("C:\\a"))
    start = lines.index(":log")
    assert [line for line in lines[start : lines.index("exit /b 0", start)] if "%" in line] == ['set "words=%~1"']


def test_a_product_is_uninstalled_with_what_it_needs_besides():
    step = UninstallProduct(PRODUCT.code, "x", ("PREVENT_REBOOT=Yes",))
    assert f"call :msiexec /x {PRODUCT.code} PREVENT_REBOOT=Yes" in lines_of(step)
    assert f"call :msiexec /x {PRODUCT.code}" in lines_of(PRODUCT)
    assert any(
        line.startswith('start "" /wait msiexec %* /qn /norestart REBOOT=ReallySuppress ') for line in lines_of(step)
    )


def test_a_card_is_found_by_the_address_that_its_driver_uses_as_well():
    own = "02:00:00:00:00:01"
    assert f'call :find "{MAC.upper()}" "{own}"' in lines_of(SetNetwork(MAC, own_mac=own))
    (finder,) = [line for line in lines_of(NETWORK) if line.endswith(">found")]
    assert "-and ('%~1' -eq '' -or @('%~1', '%~2') -contains $_.MACAddress)" in finder
    assert r"-notmatch '^(ROOT|" in finder and r")\\' -and" in finder


def test_the_steps_have_an_order_of_their_own():
    steps = [SetNumber("SYSTEM\\a", "SanPolicy", 3), PRODUCT, NETWORK, RemoveDevice("PCI\\a"), InstallDrivers("C:\\a")]
    calls = [
        line for line in lines_of(*steps, user=script.User("user.cmd", ("a.msi",))) if line.startswith("call :run")
    ]
    assert [call.split('"')[1].split()[0] for call in calls] == [
        "Drivers",
        "A",
        "The",
        "a.msi",
        "The",
        "VMware",
        "SanPolicy",
    ]
    assert [call.endswith(" once") for call in calls].index(True) == 4


def test_publishers_of_drivers_are_trusted_while_the_drivers_are_installed():
    lines = lines_of(InstallDrivers(r"%SystemRoot%\Drivers\VirtIO", ("a.cer", "b.cer"), ("b.cer",)))
    start = next(number for number, line in enumerate(lines) if line.startswith("certutil"))
    assert lines[start - 1 : start + 17] == [
        'set "added0="',
        'certutil -store Root "b" >nul 2>&1',
        'if errorlevel 1 set "added0=1"',
        r'certutil -f -addstore Root "%SystemRoot%\Drivers\VirtIO\b.cer"',
        'set "added1="',
        'certutil -store TrustedPublisher "a" >nul 2>&1',
        'if errorlevel 1 set "added1=1"',
        r'certutil -f -addstore TrustedPublisher "%SystemRoot%\Drivers\VirtIO\a.cer"',
        'set "added2="',
        'certutil -store TrustedPublisher "b" >nul 2>&1',
        'if errorlevel 1 set "added2=1"',
        r'certutil -f -addstore TrustedPublisher "%SystemRoot%\Drivers\VirtIO\b.cer"',
        'set "refused=0"',
        r'for %%f in (%SystemRoot%\Drivers\VirtIO\*.inf) do call :driver "%%f"',
        'if defined added0 certutil -delstore Root "b"',
        'if defined added1 certutil -delstore TrustedPublisher "a"',
        'if defined added2 certutil -delstore TrustedPublisher "b"',
        "exit /b %refused%",
    ]


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
    assert key.value("ImagePath").text.endswith(r"cmd.exe /d /c %SystemRoot%\Guestconv\firstboot.cmd")
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


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_script_in_utf_8_is_read_as_such_by_powershell_and_in_its_code_page_by_cmd(mark):
    root = guest()
    converted(root, asked=FirstBoot(script=f"{mark}#ps1\r\n'M\u00fcller'\n".encode()))
    assert root.read("/Windows/Guestconv/user.ps1") == "\ufeff#ps1\r\n'M\u00fcller'\n"
    converted(root, asked=FirstBoot(script=f"{mark}#ps1\nGet-Date\n".encode()))
    assert root.read("/Windows/Guestconv/user.ps1") == "#ps1\nGet-Date\n"
    converted(root, asked=FirstBoot(script=f"{mark}net user M\u00fcller\necho \u00e9\n".encode()))
    assert root.read_bytes("/Windows/Guestconv/user.cmd") == b"net user M\x81ller\r\necho \x82\r\n"
    assert not root.is_file("/Windows/Guestconv/user.ps1")


@pytest.mark.parametrize("text", ["caf\u00e9 \u4e2d\n", "\u20ac"])
def test_a_script_for_cmd_that_its_code_page_does_not_have_is_refused(text):
    root = guest()
    with pytest.raises(GuestconvError) as caught:
        converted(root, asked=FirstBoot(script=text.encode()))
    assert caught.value.code == "first-boot-not-possible" and "code page 850" in str(caught.value)
    assert not root.changes()


def test_a_script_for_cmd_that_is_no_utf_8_is_in_a_code_page_already():
    root = guest()
    converted(root, asked=FirstBoot(script=b"net user M\x81ller\nexit\r\n"))
    assert root.read_bytes("/Windows/Guestconv/user.cmd") == b"net user M\x81ller\r\nexit\r\n"


def test_a_service_that_was_to_be_deleted_is_started_again():
    """Windows marks it when it is deleted while it is in use, and removes it at the next start (MS-SCMR 3.1.4.3)."""
    root = guest()
    converted(root, NETWORK)
    with root.on_behalf_of("Windows"):
        key = root.hive("SYSTEM", "").key(r"ControlSet002\Services\guestconv")
        key.set("DeleteFlag", registry.dword(1))
        key.set("Start", registry.dword(4))
        root.rename("/Windows/Guestconv/pending", "/Windows/Guestconv/ran", "")
    converted(root, NETWORK, PRODUCT)
    key = root.hive("SYSTEM", "").key(r"ControlSet002\Services\guestconv")
    assert key.value("DeleteFlag") is None and key.value("Start").number == 2


def test_another_script_and_other_packages_replace_those_that_wait():
    root = guest()
    converted(root, asked=FirstBoot(script=b"#ps1\n", files=(AGENT,)))
    converted(root, asked=FirstBoot(script=b"echo a", files=(PackageFile("a.msi", "msi", b"A"),)))
    left = root.glob("/Windows/Guestconv/user.*", "/Windows/Guestconv/files/*")
    assert sorted(each.rpartition("/")[2] for each in left) == ["a.msi", "user.cmd"]


def test_the_script_and_the_packages_of_the_user():
    root = guest()
    asked = FirstBoot(script=b"echo a\necho b\r\n", files=(AGENT,), agent=True)
    plan = converted(root, asked=asked)
    assert plan.hardware.guest_agent
    assert root.read("/Windows/Guestconv/user.cmd") == "echo a\r\necho b\r\n"
    assert root.read_bytes("/Windows/Guestconv/files/qemu-ga-x86_64.msi") == b"MSI"
    text = root.read("/Windows/Guestconv/firstboot.cmd")
    assert r'call :msiexec /i "%here%files\qemu-ga-x86_64.msi"' in text
    assert "cmd /d /c user.cmd" in text
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


def test_an_agent_that_is_installed_needs_no_package():
    root = guest()
    with root.on_behalf_of("Windows"):
        root.hive("SYSTEM", "").key(r"ControlSet002\Services").create("QEMU-GA").set("Start", registry.dword(2))
    assert converted(root, NETWORK, asked=FirstBoot(agent=True)).hardware.guest_agent
    assert ":msiexec" not in root.read("/Windows/Guestconv/firstboot.cmd")


@pytest.mark.parametrize("target", ["vmware", "hyperv", "azure", "virtualbox"])
def test_the_agent_of_another_hypervisor_is_not_qemus(target):
    root = guest()
    plan = Plan(TARGETS[target], Selection({}, {}), first_boot=FirstBoot(files=(AGENT,), agent=True))
    with pytest.raises(GuestconvError) as caught, root.on_behalf_of("first_boot"):
        first_boot.convert(root, plan)
    assert caught.value.code == "first-boot-not-possible" and target in str(caught.value)
    assert not root.changes() and not plan.hardware.guest_agent


def test_a_guest_without_services_is_refused():
    with pytest.raises(GuestconvError) as caught:
        converted(FakeRoot({}, hives={"SYSTEM": "[Select]\n"}), NETWORK)
    assert caught.value.code == "first-boot-not-possible"
