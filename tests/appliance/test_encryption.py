# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Encrypted devices in a real appliance: what libguestfs and cryptsetup do with keys, LVM within, and what is closed again."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import storage
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KVM
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.guest import Guest
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage import roots
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.keyring import Key
from ansible_collections.virttools.guestconv.plugins.module_utils.systems import SYSTEMS
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import image

PASSPHRASE = "secr\u00e9t"
# Not UTF-8, with a NUL, and a newline at its end.
KEY_FILE = b"\x00\xff\n\x80key\n"
FAST = "--pbkdf-force-iterations 4 --pbkdf-memory 64"


@pytest.fixture
def encrypted(appliance):
    """A root in LUKS1 on the second disk; on the third LVM in LUKS2, which a key file in the root opens.

    It gives the UUIDs of both headers.
    """
    system, data = (appliance.device(index) for index in (1, 2))
    # Other tests have left a system on the first disk.
    for name in appliance.ls("/"):
        appliance.rm_rf(f"/{name}")
    appliance.umount_all()
    appliance.mount_vfs("mode=0700", "tmpfs", appliance.device(0), "/")
    appliance.write("/passphrase", PASSPHRASE.encode())
    appliance.write("/key", KEY_FILE)
    for options in (
        f'--type luks1 --iter-time 10 --key-file "$root/passphrase" {appliance.name_in_shell(system)}',
        f'--type luks2 {FAST} --key-file "$root/key" {appliance.name_in_shell(data)}',
    ):
        assert appliance.shell(f"cryptsetup luksFormat -q {options} 2>&1; echo $?").split() == ["0"]
    appliance.shell(f'cryptsetup open --key-file "$root/key" {appliance.name_in_shell(data)} test2')
    appliance.umount_all()
    appliance.cryptsetup_open(system, PASSPHRASE, "test1")
    uuids = [appliance.luks_uuid(device) for device in (system, data)]
    appliance.mkfs("ext4", "/dev/mapper/test1")
    appliance.pvcreate("/dev/mapper/test2")
    appliance.vgcreate("vg", ["/dev/mapper/test2"])
    appliance.lvcreate("data", "vg", 32)
    appliance.mkfs("ext4", "/dev/vg/data")
    appliance.mount("/dev/mapper/test1", "/")
    for directory in ("/etc/keys", "/data"):
        appliance.mkdir_p(directory)
    appliance.write("/etc/os-release", b"ID=debian\n")
    appliance.write("/etc/keys/data", KEY_FILE)
    appliance.write("/etc/crypttab", f"root_crypt UUID={uuids[0]} none\ndata UUID={uuids[1]} /etc/keys/data\n".encode())
    appliance.write("/etc/fstab", b"/dev/mapper/root_crypt / ext4 ro 0 1\n/dev/vg/data /data ext4 rw 0 2\n")
    appliance.umount_all()
    close(appliance)
    yield uuids
    appliance.umount_all()
    close(appliance)
    for device in (system, data):
        appliance.wipefs(device)
    appliance.mount(appliance.device(0), "/")


def close(appliance):
    appliance.vg_activate_all(False)
    for name in mapped(appliance):
        appliance.cryptsetup_close(f"/dev/mapper/{name}")


def mapped(appliance):
    """The names of all mappings. libguestfs's list_dm_devices stumbles over volumes that were deactivated just now."""
    return appliance.shell("udevadm settle; dmsetup ls --target crypt | sed -n 's/\\t.*//p'").split()


def opened(appliance, *keys):
    # As an appliance is that was launched just now.
    appliance.umount_all()
    return Guest.opened(appliance, [image(name, 256 << 20) for name in ("sda", "sdb", "sdc")], KVM, {}, keys)


def test_a_key_opens_the_root_and_its_key_file_the_data_and_what_is_written_is_there_once_all_is_closed(
    appliance, encrypted
):
    guest = opened(appliance, Key(PASSPHRASE.encode(), "keys[0]", device="/dev/sdb"))
    roots.find(guest, SYSTEMS, "/dev/mapper/root_crypt")
    (root,) = guest.roots
    assert root.info["mountpoints"] == {"/": "/dev/mapper/root_crypt", "/data": "/dev/vg/data"}
    assert guest.storage.disks_of(guest.storage.filesystem("/dev/vg/data")) == {"sdc"}
    with guest.mounted(root, read_only=True):
        assert [each.code for each in storage.inspect(root).concerns] == []
    headers = [guest.keyring.header(each) for each in guest.storage.filesystems if each.type == "crypto_LUKS"]
    assert [(each.version, each.uuid, each.keyslots) for each in headers] == [
        (number, uuid, {"0"}) for number, uuid in enumerate(encrypted, 1)
    ]
    with guest.mounted(root, read_only=False):
        root.write("/data/written", "there\n", "a test")
    guest.close()
    assert mapped(appliance) == [] and appliance.lvs() == []
    again = opened(
        appliance, Key(PASSPHRASE.encode(), "keys[0]", uuid=encrypted[0]), Key(KEY_FILE, "keys[1]", device="sdc")
    )
    appliance.e2fsck("/dev/vg/data", forceall=True)
    appliance.mount("/dev/vg/data", "/")
    assert appliance.read_file("/written") == b"there\n"
    again.close()


def test_while_a_program_of_the_guest_runs_mappings_are_called_as_crypttab_calls_them(appliance, encrypted):
    guest = opened(appliance, Key(PASSPHRASE.encode(), "keys[0]", device="/dev/sdb"))
    roots.find(guest, SYSTEMS)
    (root,) = guest.roots
    with guest.mounted(root, read_only=False):
        before = mapped(appliance)
        with guest.mappings_called_by_guest():
            assert sorted(mapped(appliance)) == ["data", "root_crypt"]
            # What /proc/mounts has is still a name of the device.
            shown = appliance.shell(f"readlink -f /dev/mapper/root_crypt /dev/mapper/{before[0]}").split()
            assert shown[0] == shown[1] and shown[0].startswith("/dev/dm-")
        assert mapped(appliance) == before and "root_crypt" not in appliance.shell("ls /dev/mapper")
        root.write("/written", "there\n", "a test")
    guest.close()
    assert mapped(appliance) == []


def test_a_wrong_key_and_a_missing_one_are_errors_that_name_the_device_and_its_version(appliance, encrypted):
    for keys, code, version in (
        ([Key(b"wrong", "keys[0]")], "key-wrong", "LUKS1"),
        ([Key(b"\xff", "keys[0]", device="/dev/sdc")], "disk-encrypted", "LUKS1"),
        ([], "disk-encrypted", "LUKS1"),
    ):
        guest = opened(appliance, *keys)
        with pytest.raises(GuestconvError) as caught:
            roots.find(guest, SYSTEMS)
        guest.close()
        assert caught.value.code == code and "/dev/sdb" in caught.value.message and version in caught.value.message
    assert mapped(appliance) == []
