# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Encrypted devices: which keys open them, what the guest itself says of them, and what is reported of those that stay closed."""

from __future__ import annotations

import re

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import storage
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.storage import encryption
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.storage.names import Names
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KVM
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage import roots
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.keyring import Key
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from ansible_collections.virttools.guestconv.plugins.module_utils.systems import SYSTEMS
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.stand_in_appliance import (
    StandInAppliance,
    opened,
)
from tests.text_guests import luks

UUID = "11111111-2222-3333-4444-555555555555"
TAGS = {
    "/dev/sda1": {"TYPE": "ext4", "UUID": "u-root"},
    "/dev/sda2": {"TYPE": "crypto_LUKS", "UUID": UUID},
    "/dev/mapper/guestconva": {"TYPE": "ext4", "UUID": "u-data"},
}
FSTAB = "UUID=u-root / ext4 ro 0 1\n/dev/mapper/data /data ext4 rw 0 2\n"
SYSTEM = {"/etc/os-release": "ID=debian\n", "/etc/fstab": FSTAB, "/data/": ""}


def guest(keys=(), files=None, key="secret", header=None, **options):
    """A guest with its data in an encrypted device; the header's options are those of @luks."""
    appliance = StandInAppliance(
        TAGS,
        sector=luks.header(UUID, header or {}),
        files={"/dev/sda1": {**SYSTEM, **(files or {})}, "/dev/mapper/guestconva": {"/file": ""}},
        keys={"/dev/sda2": key},
        **options,
    )
    found = opened(appliance, "sda", keys=keys)
    roots.find(found, SYSTEMS)
    return found, appliance


def concerns(found):
    (root,) = found.roots
    with found.mounted(root, read_only=True):
        return [each for each in storage.inspect(root).concerns if each.code != "device-name-unknown"]


@pytest.mark.parametrize(
    "key",
    (
        Key(b"secret", "keys[0]"),
        Key(b"secret", "keys[0]", device="/dev/sda2"),
        Key(b"secret", "keys[0]", device="sda2"),
        Key(b"secret", "keys[0]", device=f"UUID={UUID}"),
        Key(b"secret", "keys[0]", uuid=UUID.upper()),
        Key(b"secret", "keys[0]", uuid=UUID.replace("-", "")),
    ),
)
def test_a_key_is_for_all_devices_or_for_one_by_its_name_or_uuid(key):
    found, _appliance = guest([key], {"/etc/crypttab": f"data UUID={UUID} none luks\n"})
    assert found.roots[0].info["mountpoints"] == {"/": "/dev/sda1", "/data": "/dev/mapper/data"}
    assert concerns(found) == []


@pytest.mark.parametrize("secret", (b"\x00\xff", b"a\x00b", b"\xc3\x28\n"))
def test_a_key_file_may_have_any_bytes(secret):
    found, appliance = guest([Key(secret, "keys[0]")], key=secret)
    assert found.storage.filesystem("UUID=u-data").name == f"/dev/mapper/luks-{UUID}"
    assert appliance.times("cryptsetup_open") == 0 and appliance.mounts != {"/": ("tmpfs", "")}


def test_a_wrong_key_for_data_is_a_warning_that_names_the_device_and_the_key():
    found, _appliance = guest([Key(b"wrong", "keys[0]", device="/dev/sda2")])
    wrong = next(each for each in concerns(found) if each.code == "key-wrong")
    assert wrong.severity == "warning" and f"/dev/sda2 (LUKS2, UUID {UUID})" in wrong.message
    assert "keys[0]" in wrong.message and "wrong" not in wrong.message


def test_a_key_that_fits_nothing_is_told():
    found, _appliance = guest([Key(b"x", "keys[0]", device="/dev/sdz9"), Key(b"secret", "keys[1]")])
    assert [(each.code, each.severity) for each in concerns(found) if "keys" in each.message] == [
        ("key-unused", "warning")
    ]


def test_a_key_file_of_the_guests_own_opens_its_device_and_what_fstab_mounts_is_found():
    files = {"/etc/crypttab": "data UUID=" + UUID + " /etc/keys/data luks\n", "/etc/keys/data": "secret"}
    found, _appliance = guest((), files)
    assert found.roots[0].info["mountpoints"]["/data"] == "/dev/mapper/data"
    assert concerns(found) == []


@pytest.mark.parametrize(
    "line, content",
    (
        ("data /dev/sda2 /k luks,keyfile-offset=2,keyfile-size=6", "..secret.."),
        ("data UUID=" + UUID + " /k:UUID=u-root", "secret"),
        ("data UUID=" + UUID + " /dev/disk/by-uuid/u-root:/k luks,keyscript=/lib/cryptsetup/scripts/passdev", "secret"),
    ),
)
def test_a_key_may_be_a_part_of_a_file_or_on_a_device_of_its_own(line, content):
    found, _appliance = guest((), {"/etc/crypttab": line + "\n", "/k": content})
    assert "/data" in found.roots[0].info["mountpoints"]


def test_a_key_that_systemd_finds_by_the_name_of_the_mapping_is_used():
    files = {"/etc/crypttab": f"data UUID={UUID}\n", "/etc/cryptsetup-keys.d/data.key": "secret"}
    assert "/data" in guest((), files)[0].roots[0].info["mountpoints"]


def test_a_key_file_of_the_guests_own_that_is_wrong_is_tried_once_and_told():
    found, appliance = guest((), {"/etc/crypttab": f"data UUID={UUID} /k luks\n", "/k": "old"})
    assert appliance.times("cryptsetup_open") == 1
    assert "the guest's key file /k" in next(each for each in concerns(found) if each.code == "key-wrong").message


def test_without_cryptsetup_in_the_appliance_a_key_is_of_no_use():
    with pytest.raises(GuestconvError) as caught:
        guest([Key(b"secret", "keys[0]")], is_able=False)
    assert caught.value.code == "encryption-not-supported" and "/dev/sda2" in caught.value.message


def test_without_cryptsetup_in_the_appliance_what_a_key_in_the_guest_is_for_stays_closed():
    found, appliance = guest((), {"/etc/crypttab": f"data UUID={UUID} /k luks\n", "/k": "secret"}, is_able=False)
    closed = next(each for each in concerns(found) if each.code == "encrypted-device-closed")
    assert (closed.severity, appliance.times("cryptsetup_open")) == ("warning", 0)
    assert "has no cryptsetup" in closed.message and "Install cryptsetup on this machine" in closed.hint


def test_a_libguestfs_without_the_call_is_named(monkeypatch):
    monkeypatch.delattr(StandInAppliance, "_cryptsetup_open")
    with pytest.raises(GuestconvError) as caught:
        guest([Key(b"secret", "keys[0]")])
    assert caught.value.code == "encryption-not-supported" and "libguestfs" in caught.value.message


def test_a_guest_without_keys_is_not_asked_for_what_it_does_not_need():
    found, appliance = guest()
    assert appliance.times("feature_available") == appliance.times("cryptsetup_open") == 0
    assert [each.code for each in concerns(found)] == ["mount-source-missing", "encrypted-device-closed"]


def test_what_was_opened_is_closed_before_the_disks_are():
    found, appliance = guest([Key(b"secret", "keys[0]")])
    assert appliance.mappings == ["/dev/mapper/guestconva"]
    found.close()
    assert (appliance.mappings, appliance.mounts) == ([], {})


ROOT = {
    "/dev/sda1": {"TYPE": "crypto_LUKS", "UUID": UUID},
    "/dev/mapper/guestconva": {"TYPE": "ext4", "UUID": "u-root"},
}


def encrypted_root(keys, files=None, header=None, error="", kind="crypto_LUKS", wanted=None):
    tags = {**ROOT, "/dev/sda1": {"TYPE": kind, "UUID": UUID}}
    appliance = StandInAppliance(
        tags,
        sector=luks.header(UUID, header or {}),
        files={"/dev/mapper/guestconva": {**SYSTEM, **(files or {})}},
        keys={"/dev/sda1": "secret"},
        error=error,
    )
    found = opened(appliance, "sda", keys=keys)
    roots.find(found, SYSTEMS, wanted)
    return found


CRYPTTAB = {"/etc/crypttab": f"sda1_crypt UUID={UUID} none luks,discard\n"}


@pytest.mark.parametrize(
    "files, name",
    (
        (CRYPTTAB, "sda1_crypt"),
        ({"/etc/crypttab.initramfs": f"root UUID={UUID} none\n"}, "root"),
        ({"/etc/kernel/cmdline": f"rd.luks.name={UUID}=cryptroot root=/dev/mapper/cryptroot"}, "cryptroot"),
        ({"/etc/default/grub": f'GRUB_CMDLINE_LINUX="cryptdevice=UUID={UUID}:luks:allow-discards quiet"\n'}, "luks"),
        ({"/etc/crypttab": f"../x UUID={UUID} none\n"}, f"luks-{UUID}"),
        ({"/etc/crypttab": f"a/b UUID={UUID} none\ncontrol UUID={UUID}\n"}, f"luks-{UUID}"),
        ({}, f"luks-{UUID}"),
    ),
)
def test_a_mapping_is_called_as_the_guest_calls_it(files, name):
    found = encrypted_root([Key(b"secret", "keys[0]")], files)
    assert [root.name for root in found.roots] == [f"/dev/mapper/{name}"]
    assert found.storage.filesystem(f"/dev/mapper/luks-{UUID}") == found.storage.filesystem(f"/dev/mapper/{name}")
    link = f"/dev/disk/by-id/dm-uuid-CRYPT-LUKS2-{UUID.replace('-', '')}-{name}"
    assert found.storage.filesystem(link).uuid == "u-root"


def test_the_option_root_takes_the_guests_name_of_the_mapping():
    found = encrypted_root([Key(b"secret", "keys[0]")], CRYPTTAB, wanted="/dev/mapper/sda1_crypt")
    assert [root.name for root in found.roots] == ["/dev/mapper/sda1_crypt"]


MEMORY = "cryptsetup exited with status 3: Not enough available memory to open a keyslot."
BROKEN = "cryptsetup exited with status 1: Device /dev/sda1 is too small."


@pytest.mark.parametrize(
    "keys, options, code, words",
    (
        ([], {}, "disk-encrypted", ("/dev/sda1", "LUKS2", UUID, "keys")),
        ([], {"header": {"version": "1"}}, "disk-encrypted", ("LUKS1",)),
        ([], {"kind": "BitLocker"}, "disk-encrypted", ("BitLocker", "manage-bde")),
        ([Key(b"x", "keys[0]", device="/dev/sdb")], {}, "disk-encrypted", ("keys[0]",)),
        ([Key(b"wrong", "keys[0]")], {}, "key-wrong", ("/dev/sda1", "keys[0]")),
        (
            [Key(b"x", "keys[0]")],
            {"error": MEMORY, "header": {"memory": "1048576"}},
            "encryption-needs-memory",
            ("1024",),
        ),
        ([Key(b"x", "keys[0]")], {"error": BROKEN}, "disk-encrypted", ("the device is too small",)),
    ),
)
def test_an_encrypted_root_that_is_not_opened_is_an_error_that_says_why(keys, options, code, words):
    with pytest.raises(GuestconvError) as caught:
        encrypted_root(keys, **options)
    told = f"{caught.value.message} {caught.value.hint}"
    assert caught.value.code == code and all(word in told for word in words)


@pytest.mark.parametrize(
    "header, code, severity",
    (
        ({"slots": "0,1", "tokens": "systemd-tpm2:1"}, "key-bound-to-hardware", "warning"),
        ({"slots": "1", "tokens": "systemd-tpm2:1"}, "key-bound-to-hardware", "error"),
        ({"slots": "0,1", "tokens": "systemd-fido2:1"}, "key-bound-to-hardware", "warning"),
        ({"slots": "0,1", "tokens": "systemd-pkcs11:1"}, "key-bound-to-hardware", "warning"),
        ({"slots": "0,1", "tokens": "clevis-tpm2:1"}, "key-bound-to-hardware", "warning"),
        ({"slots": "0,1", "tokens": "clevis-tang:1"}, "key-on-network", "warning"),
        ({"slots": "0,1", "tokens": "systemd-recovery:1"}, None, None),
    ),
)
def test_keys_that_the_old_hardware_or_a_server_has_are_told(header, code, severity):
    found, _appliance = guest((), {"/etc/crypttab": f"data UUID={UUID} none luks\n"}, header=header)
    told = [each for each in concerns(found) if each.code in ("key-bound-to-hardware", "key-on-network")]
    assert [(each.code, each.severity) for each in told] == ([(code, severity)] if code else [])


@pytest.mark.parametrize("options, count", (("tpm2-device=auto", 1), ("fido2-device=auto", 1), ("luks", 0)))
def test_crypttab_alone_may_say_that_hardware_opens_a_device(options, count):
    found, _appliance = guest((), {"/etc/crypttab": f"data UUID={UUID} - {options}\n"}, header={"version": "1"})
    assert len([each for each in concerns(found) if each.code == "key-bound-to-hardware"]) == count


def test_a_memory_that_is_too_small_for_data_is_a_warning():
    found, _appliance = guest([Key(b"x", "keys[0]")], error=MEMORY)
    assert "encryption-needs-memory" in {each.code for each in concerns(found)}


def edits_of(found):
    """What the conversion of a guest makes of the texts in its initrd, and the plan."""
    (root,) = found.roots
    plan = Plan(KVM, Selection({}, {}))
    with found.mounted(root, read_only=True):
        encryption.convert(root, plan, Names(found.storage, frozenset()), ())

    def edited(path, text):
        for each in plan.initrd.edits:
            text = each.edit(text) if re.fullmatch(each.pattern, path) else text
        return text

    return edited, plan.initrd


@pytest.mark.parametrize(
    "path, before, after",
    (
        ("cryptroot/crypttab", "r /dev/sda1 none luks\n", f"r UUID={UUID} none luks\n"),
        ("etc/crypttab", "r\t/dev/sda1\tnone", f"r\tUUID={UUID}\tnone"),
        ("conf/conf.d/cryptroot", "target=r,source=/dev/sda1,key=none\n", f"target=r,source=UUID={UUID},key=none\n"),
        ("conf/conf.d/cryptroot", "target=r,source=UUID=a,key=none\n", "target=r,source=UUID=a,key=none\n"),
        ("etc/fstab", "/dev/sda1", "/dev/sda1"),
    ),
)
def test_copies_of_crypttab_in_an_initrd_are_edited(path, before, after):
    edited, _plan = edits_of(encrypted_root([Key(b"secret", "keys[0]")]))
    assert edited(path, before) == after


def test_the_initrd_of_an_encrypted_root_keeps_what_opens_it_and_that_of_another_root_needs_nothing():
    _edited, plan = edits_of(encrypted_root([Key(b"secret", "keys[0]")]))
    assert plan.modules == ["dm_crypt"] and "cryptsetup" in plan.programs
    _edited, plan = edits_of(guest([Key(b"secret", "keys[0]")])[0])
    assert (plan.modules, plan.programs) == ([], ())
