# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the boot manager of Windows starts next, and what is reported of it."""

from __future__ import annotations

import struct

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.windows import (
    boot,
    boot_configuration,
    condition,
)
from ansible_collections.virttools.guestconv.tests import hives
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils import complete_windows

MANAGER = "{9dea862c-5cdd-4e70-acc1-f32b344d4795}"
LOADER, MEMORY_TEST, SETTINGS = "{1}", "{2}", "{6efb52bf-1766-41db-a6b3-0ee5eff72bd7}"
DEFAULT = f'[Objects\\{MANAGER}\\Elements\\23000003]\n"Element"="{LOADER}"\n'
TITLE = f'[Objects\\{LOADER}\\Elements\\12000004]\n"Element"="Windows Server"\n'
INHERITS = f'[Objects\\{LOADER}\\Elements\\14000006]\n"Element"=multi:"{{0}}","{SETTINGS}"\n'


def number(identifier, element, value):
    data = ",".join(f"{byte:02x}" for byte in value.to_bytes(8, "little"))
    return f'[Objects\\{identifier}\\Elements\\{element}]\n"Element"=hex:{data}\n'


def device(kind, of_disk=0, first=bytes(16)):
    """A device: its kind, the place in an MBR or what a disk is, the kind of its disk."""
    data = bytes(16) + struct.pack("<IIII", kind, 0, 0x48, 0) + first + struct.pack("<II", of_disk, 1) + bytes(16)
    digits = ",".join(f"{byte:02x}" for byte in data)
    return f'[Objects\\{LOADER}\\Elements\\21000001]\n"Element"=hex:{digits}\n'


def told(configuration):
    root = complete_windows.make({"/Boot/BCD": hives.stand_in(configuration)})
    return [(each.code, each.severity, each.message) for each in boot.inspect(root).concerns]


def codes(configuration):
    return [code for code, _severity, _message in told(configuration)]


@pytest.mark.parametrize("mode, shown", [(0, "minimal"), (1, "with network"), (2, "Active Directory"), (9, "unknown")])
def test_safe_mode_is_reported(mode, shown):
    ((code, severity, message),) = told(DEFAULT + TITLE + number(LOADER, "25000080", mode))
    assert (code, severity) == ("windows-safe-mode", "warning")
    assert f"safe mode ({shown}" in message or shown in message


def test_safe_mode_may_be_inherited_and_is_of_the_next_entry_only():
    assert codes(DEFAULT + INHERITS + number(SETTINGS, "25000080", 0)) == ["windows-safe-mode"]
    assert codes(DEFAULT + number("{3}", "25000080", 0) + TITLE) == []
    # What inherits from itself.
    looped = INHERITS + f'[Objects\\{SETTINGS}\\Elements\\14000006]\n"Element"=multi:"{SETTINGS}"\n'
    assert codes(DEFAULT + looped) == []


def test_not_all_objects_are_read_where_each_inherits_from_many(monkeypatch):
    names = [f"{{{digit:x}0}}" for digit in range(16)]
    listed = ",".join(f'"{name}"' for name in names)
    inherits = [f'[Objects\\{name}\\Elements\\14000006]\n"Element"=multi:{listed}\n' for name in (LOADER, *names)]
    asked = []
    texts = boot_configuration._texts
    monkeypatch.setattr(boot_configuration, "_texts", lambda key, number: asked.append(number) or texts(key, number))
    assert codes(DEFAULT + "".join(inherits)) == []
    assert asked.count(0x14000006) == 1 + len(names)


@pytest.mark.parametrize(
    "text",
    [
        device(0, first=struct.pack("<I", 3).ljust(16, b"\0")),
        device(6, of_disk=6),
        device(6, of_disk=5),
        device(6, first=b"\1".ljust(16, b"\0")),
        f'[Objects\\{LOADER}\\Description]\n"Type"=dword:10200005\n',
    ],
)
def test_what_is_no_windows_on_the_disks_is_reported(text, monkeypatch):
    root = complete_windows.make({"/Boot/BCD": hives.stand_in(DEFAULT + TITLE + text)})
    monkeypatch.setattr(type(root.guest.storage), "partitions", [], raising=False)
    (concern,) = boot.inspect(root).concerns
    assert (concern.code, concern.severity) == ("windows-boot-entry", "warning")
    assert '"Windows Server" by default' in concern.message


def test_devices_that_are_found_on_any_disk_are_not_reported():
    assert codes(DEFAULT + TITLE + device(5)) == codes(DEFAULT + TITLE + device(8)) == codes(DEFAULT + TITLE) == []
    assert codes(DEFAULT + f'[Objects\\{LOADER}\\Description]\n"Type"=dword:10200003\n') == []


def test_the_list_for_the_next_start_goes_first():
    once = f'[Objects\\{MANAGER}\\Elements\\24000002]\n"Element"=multi:"{MEMORY_TEST}","{LOADER}"\n'
    tested = f'[Objects\\{MEMORY_TEST}\\Description]\n"Type"=dword:10200005\n'
    ((code, _severity, message),) = told(DEFAULT + TITLE + once + tested)
    assert code == "windows-boot-entry" and f'"{MEMORY_TEST}" next' in message


def test_a_serial_port_that_windows_uses_itself_is_reported():
    assert told(DEFAULT + number(LOADER, "260000b0", 1))[0][:2] == ("windows-serial-port-taken", "info")
    assert codes(DEFAULT + number(LOADER, "260000a0", 1)) == ["windows-serial-port-taken"]
    on_network = number(LOADER, "260000a0", 1) + number(LOADER, "15000011", 3)
    assert codes(DEFAULT + on_network) == codes(DEFAULT + number(LOADER, "260000b0", 0) + TITLE) == []


def test_a_configuration_that_cannot_be_read_is_an_error():
    root = complete_windows.make({"/Boot/BCD": b"regf"})
    assert [(each.code, each.severity) for each in boot.inspect(root).concerns] == [("registry-malformed", "error")]


def conditions(**texts):
    return {each.code: each for each in condition.inspect(complete_windows.make(**texts)).concerns}


def test_windows_pe_is_refused_by_its_name():
    edition = '[Microsoft\\Windows NT\\CurrentVersion]\n"EditionID"="WindowsPE"\n'
    found = conditions(software=edition)["windows-version-not-supported"]
    assert found.severity == "error" and "Windows PE" in found.message
    # The key that it has is in an installed Windows as well, where somebody made it.
    assert "windows-version-not-supported" not in conditions(system="[ControlSet001\\Control\\MiniNT]\n")


def test_editions_that_do_not_run_the_first_boot_are_reported():
    nano = '[Microsoft\\Windows NT\\CurrentVersion]\n"InstallationType"="Nano Server"\n'
    found = conditions(software=nano)["windows-first-boot-limited"]
    assert found.severity == "warning" and "Nano Server" in found.message
    policy = '[ControlSet001\\Control\\CI\\Policy]\n"SkuPolicyRequired"=dword:0000000{}\n'
    assert "S mode" in conditions(system=policy.format(1))["windows-first-boot-limited"].message
    core = '[Microsoft\\Windows NT\\CurrentVersion]\n"InstallationType"="Server Core"\n'
    assert "windows-first-boot-limited" not in conditions(system=policy.format(0), software=core)
