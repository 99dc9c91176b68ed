# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The door: what goes through it is done, recorded, and not recorded when nothing came of it."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.reading import DOWNLOAD_LIMIT
from ansible_collections.virttools.guestconv.plugins.module_utils.model.changes import as_diff

FSTAB = "# a comment\n/dev/sda1  /  ext4  errors=remount-ro  0 1\n"


def recorded(root):
    return [(change.action, change.path) for change in root.changes()]


def test_a_write_keeps_the_mode_and_is_recorded_with_what_was_there(make_root, appliance):
    root = make_root({"/etc/secret": "before\n"})
    appliance.chmod(0o600, "/etc/secret")
    with root.on_behalf_of("network"):
        root.write("/etc/secret", "after\n", "for a reason")
        root.write("/etc/deep/new.link", "new\n", "for another")
    assert [change.as_dict() for change in root.changes()] == [
        {
            "root": "/dev/sda1",
            "aspect": "network",
            "action": "changed",
            "path": "/etc/secret",
            "detail": "for a reason",
        },
        {
            "root": "/dev/sda1",
            "aspect": "network",
            "action": "created",
            "path": "/etc/deep/new.link",
            "detail": "for another",
        },
    ]
    assert appliance.read_file("/etc/secret") == b"after\n"
    assert appliance.statns("/etc/secret")["st_mode"] & 0o7777 == 0o600
    assert appliance.statns("/etc/deep/new.link")["st_mode"] & 0o7777 == 0o644
    assert as_diff(root.changes())[0]["before"] == "before\n"
    assert as_diff(root.changes())[0]["after"] == "after\n"


def test_a_renamed_file_keeps_owner_and_mode_and_is_recorded_with_its_texts(make_root, appliance):
    root = make_root({"/etc/ifcfg-a": "1\n", "/etc/ifcfg-b": "2\n", "/etc/ifcfg-c": "3\n"})
    appliance.chmod(0o600, "/etc/ifcfg-a")
    appliance.chown(7, 8, "/etc/ifcfg-a")
    with root.on_behalf_of("network"):
        root.rename("/etc/ifcfg-a", "/etc/ifcfg-new", "another name")
        root.write("/etc/ifcfg-new", "one\n", "another name")
        root.rename("/etc/ifcfg-b", "/etc/ifcfg-c", "another name")
        root.rename("/etc/none", "/etc/nothing", "another name")
        root.rename("/etc/ifcfg-c", "/etc/aside", "there")
        root.rename("/etc/aside", "/etc/ifcfg-c", "and back")
    status = appliance.statns("/etc/ifcfg-new")
    assert (status["st_mode"] & 0o7777, status["st_uid"], status["st_gid"]) == (0o600, 7, 8)
    assert appliance.read_file("/etc/ifcfg-new") == b"one\n"
    assert appliance.read_file("/etc/ifcfg-c") == b"2\n"
    assert not appliance.exists("/etc/ifcfg-a")
    diff = {
        each["before_header"].partition(":")[2]: (each["before"], each["after"]) for each in as_diff(root.changes())
    }
    assert diff == {
        "/etc/ifcfg-a": ("1\n", ""),
        "/etc/ifcfg-new": ("", "one\n"),
        "/etc/ifcfg-b": ("2\n", ""),
        "/etc/ifcfg-c": ("3\n", "2\n"),
    }


def test_oracle_24_what_comes_out_as_it_was_is_no_change(make_root):
    root = make_root({"/a": "1\n", "/b": "1\n", "/etc/fstab": FSTAB})
    with root.on_behalf_of("storage"):
        root.write("/a", "1\n", "the same")
        root.write("/b", "2\n", "there")
        root.write("/b", "1\n", "and back")
        root.write("/new", "1\n", "there")
        root.remove("/new", "and away")
        tree = root.edit("/etc/fstab", "Fstab", "the same")
        tree.set("1/spec", "/dev/sda1")
    assert recorded(root) == []
    assert as_diff(root.changes()) == []


def test_what_is_written_in_memory_is_lost_and_a_link_does_not_lead_out_of_the_root(make_root, appliance):
    root = make_root({"/etc/real/kept": "kept\n"})
    # In the appliance itself there is a /etc as well, but nothing that is called so.
    appliance.ln_s("/etc/real", "/etc/linked")
    with root.in_memory("/etc/linked"):
        assert root.list("/etc/real") == []
        appliance.write("/etc/linked/lost", b"lost")
    assert root.list("/etc/real") == ["kept"]
    with pytest.raises(ZeroDivisionError), root.in_memory("/etc/real"):
        raise ZeroDivisionError
    assert root.list("/etc/real") == ["kept"]


def test_an_edit_with_augeas_keeps_comments_and_spacing(make_root):
    root = make_root({"/etc/fstab": FSTAB})
    with root.on_behalf_of("storage"):
        tree = root.edit("/etc/fstab", "Fstab", "by UUID")
        assert tree.match("*/spec") == ["1/spec"]
        assert tree.get("#comment") == "a comment"
        assert tree.get("9/spec") is None
        tree.set("1/spec", "UUID=x")
    assert root.read("/etc/fstab") == FSTAB.replace("/dev/sda1", "UUID=x")
    assert recorded(root) == [("changed", "/etc/fstab")]


def test_two_edits_of_two_files_are_both_saved_and_one_after_the_other_is_seen(make_root):
    root = make_root({"/etc/fstab": FSTAB, "/etc/crypttab": "a /dev/sdb none\n"})
    with root.on_behalf_of("storage"):
        root.edit("/etc/fstab", "Fstab", "x").set("1/spec", "UUID=x")
        root.edit("/etc/crypttab", "Crypttab", "y").set("1/device", "/dev/vdb")
    with root.on_behalf_of("bootloader"):
        tree = root.edit("/etc/crypttab", "Crypttab", "z")
        assert tree.get("1/device") == "/dev/vdb"
        tree.set("1/device", "UUID=y")
    assert root.read("/etc/crypttab") == "a UUID=y none\n"
    assert [change.aspect for change in root.changes()] == ["storage", "storage", "bootloader"]


def test_a_file_that_its_lens_does_not_understand_is_named(make_root):
    root = make_root({"/etc/fstab": "one\ntwo\n"})
    with pytest.raises(GuestconvError) as caught:
        root.edit("/etc/fstab", "Fstab", "x")
    assert caught.value.code == "guest-file-malformed"
    assert "/etc/fstab on /dev/sda1" in caught.value.message
    assert root.edit("/etc/absent", "Fstab", "x") is None


def test_a_value_that_the_file_cannot_have_is_not_saved_and_the_file_is_as_before(make_root, appliance):
    root = make_root({"/etc/fstab": FSTAB})
    with pytest.raises(GuestconvError, match="could not save /etc/fstab on /dev/sda1") as caught:
        with root.on_behalf_of("storage"):
            # A space ends the field, so the lens has no way to write this.
            root.edit("/etc/fstab", "Fstab", "x").set("1/spec", "/dev/a b")
    assert caught.value.code == "guest-file-not-saved"
    assert appliance.read_file("/etc/fstab") == FSTAB.encode()


def test_a_link_is_removed_and_not_what_it_leads_to(make_root, appliance):
    root = make_root({"/etc/target": "x\n"})
    appliance.ln_s("/etc/target", "/etc/link")
    appliance.ln_s("/etc/absent", "/etc/dangling")
    with root.on_behalf_of("console"):
        root.remove("/etc/link", "x")
        root.remove("/etc/dangling", "x")
        root.remove("/etc/never", "x")
    assert appliance.ls("/etc") == ["target"]
    assert recorded(root) == [("removed", "/etc/link"), ("removed", "/etc/dangling")]
    assert as_diff(root.changes()) == []


def test_bytes_that_are_not_utf_8_survive(make_root, appliance):
    root = make_root({"/etc/latin": b"caf\xe9 1\n"})
    with root.on_behalf_of("network"):
        root.write("/etc/latin", root.read("/etc/latin").replace("1", "2"), "x")
    assert appliance.read_file("/etc/latin") == b"caf\xe9 2\n"
    as_diff(root.changes())[0]["before"].encode()


def test_a_file_larger_than_any_configuration_is_refused(make_root, appliance):
    root = make_root({"/etc/small": "x"})
    appliance.truncate_size("/etc/small", 1 << 30)
    with pytest.raises(GuestconvError) as caught:
        root.read("/etc/small")
    assert caught.value.code == "guest-file-too-large"


def test_a_file_that_would_fill_the_disk_is_refused(make_root, appliance, tmp_path):
    root = make_root({"/boot/initrd.img": "x"})
    appliance.truncate_size("/boot/initrd.img", DOWNLOAD_LIMIT + 1)
    with pytest.raises(GuestconvError) as caught:
        root.download("/boot/initrd.img", tmp_path / "initrd")
    assert caught.value.code == "guest-file-too-large"
    assert not (tmp_path / "initrd").exists()


def test_the_end_of_a_log_is_read_alone(make_root, appliance):
    root = make_root({"/var/log/kern.log": "first\nlast\n"})
    assert root.tail("/var/log/kern.log", 5) == b"last\n"
    assert root.tail("/var/log/kern.log", 1000) == b"first\nlast\n"
    assert root.tail("/var/log/absent", 5) == b""


def test_bytes_are_put_behind_a_binary_file(make_root, appliance):
    root = make_root({"/boot/initrd.img": b"first"})
    with root.on_behalf_of("kernel"):
        root.append_bytes("/boot/initrd.img", b"\0second", "supplemented")
    assert appliance.read_file("/boot/initrd.img") == b"first\0second"
    assert recorded(root) == [("changed", "/boot/initrd.img")]


def test_a_link_out_of_the_guest_leads_into_the_guest(make_root, tmp_path):
    (tmp_path / "secret").write_text("of the host's")
    root = make_root({"/etc/x": "x"})
    assert root.read(str(tmp_path / "secret")) is None


def test_a_program_that_fails_is_named(make_root):
    root = make_root({"/etc/x": "x"})
    with pytest.raises(GuestconvError) as caught:
        root.ask(["/usr/bin/absent", "--flag"])
    assert caught.value.code == "guest-command-failed"
    assert "/usr/bin/absent --flag" in caught.value.message


def test_a_link_is_what_it_leads_to_and_nothing_when_it_leads_nowhere(make_root, appliance):
    root = make_root({"/etc/file": "text\n"})
    appliance.ln_s("file", "/etc/link")
    appliance.ln_s("/nowhere", "/etc/dangling")
    appliance.ln_s("loop", "/etc/loop")
    assert root.is_file("/etc/link") and not root.is_dir("/etc/link") and root.read("/etc/link") == "text\n"
    assert root.is_dir("/etc") and not root.is_file("/etc") and root.read("/etc") is None
    for path in ("/etc/dangling", "/etc/loop", "/etc/file/below", "/etc/absent"):
        assert not root.is_file(path) and not root.is_dir(path) and root.read(path) is None


def test_a_file_larger_than_a_message_of_the_appliance_is_read_and_written_whole(make_root, tmp_path):
    text = "".join(f"{number:07d}\n" for number in range(600_000))
    root = make_root({})
    with root.on_behalf_of("network"):
        root.write("/large", text, "for a reason")
        root.append_bytes("/large", b"end\n" * 1_000_000, "for another")
    root.close()
    assert root.size("/large") == len(text) + 4_000_000
    assert root.read_bytes("/large", limit=1 << 24) == text.encode() + b"end\n" * 1_000_000
    root.download("/large", tmp_path / "large")
    assert (tmp_path / "large").read_bytes() == text.encode() + b"end\n" * 1_000_000
    assert root.tail("/large", 5_000_000)[:8] == text.encode()[-1_000_000:][:8]


def test_a_mode_survives_an_edit_with_augeas_that_is_asked_for_twice(make_root, appliance):
    root = make_root({"/etc/fstab": FSTAB})
    appliance.chmod(0o640, "/etc/fstab")
    with root.on_behalf_of("storage"):
        root.edit("/etc/fstab", "Fstab", "read only")
    assert recorded(root) == []
    with root.on_behalf_of("storage"):
        root.edit("/etc/fstab", "Fstab", "by UUID").set("1/spec", "UUID=x")
    assert recorded(root) == [("changed", "/etc/fstab")]
    assert appliance.statns("/etc/fstab")["st_mode"] & 0o7777 == 0o640


ETC = "system_u:object_r:etc_t:s0"


def label(appliance, path):
    return {each["attrname"]: each["attrval"] for each in appliance.lgetxattrs(path)}.get("security.selinux")


def test_a_file_that_augeas_edits_stays_the_same_file_with_its_label_and_links(make_root, appliance):
    root = make_root({"/etc/fstab": FSTAB, "/etc/fstab.augnew": "somebody's"})
    appliance.lsetxattr("security.selinux", ETC, len(ETC) + 1, "/etc/fstab")
    appliance.ln("/etc/fstab", "/etc/fstab.link")
    before = appliance.statns("/etc/fstab")["st_ino"]
    with root.on_behalf_of("storage"):
        root.edit("/etc/fstab", "Fstab", "by UUID").set("1/spec", "UUID=x")
    assert recorded(root) == [("changed", "/etc/fstab")]
    assert label(appliance, "/etc/fstab") == f"{ETC}\0".encode()
    assert appliance.statns("/etc/fstab")["st_ino"] == before
    assert b"UUID=x" in appliance.read_file("/etc/fstab.link")
    assert appliance.read_file("/etc/fstab.augnew") == b"somebody's"
    with root.on_behalf_of("storage"):
        root.edit("/etc/fstab", "Fstab", "once more").set("1/spec", "UUID=y")
    assert b"UUID=y" in appliance.read_file("/etc/fstab")


def test_a_file_beside_which_nothing_was_has_nothing_beside_it_after_an_edit(make_root, appliance):
    root = make_root({"/etc/fstab": FSTAB})
    with root.on_behalf_of("storage"):
        root.edit("/etc/fstab", "Fstab", "by UUID").set("1/spec", "UUID=x")
    assert appliance.ls("/etc") == ["fstab"]


# A program of the guest: what it replaces is a new file.
REPLACING = '#!/bin/sh\nfor file do cp "$file" "$file.new" && mv "$file.new" "$file"; done\n'
# One that prints what the policy says of each path, as matchpathcon(8) does.
MATCHPATHCON = '#!/bin/sh\nshift 2\nfor path do echo "u:object_r:$(basename "$path")_t:s0"; done\n'


def put_programs(appliance, programs):
    """Have a shell in the guest, which the appliance's own is, and these programs."""
    appliance.shell(
        'cd "$root" && mkdir -p bin lib lib64 usr && cp -L /bin/sh /bin/cp /bin/mv /usr/bin/basename bin/ '
        '&& for each in $(ldd /bin/sh /bin/cp /bin/mv | grep -o "/[^ ]*" | grep lib | sort -u); do '
        'mkdir -p ".$(dirname "$each")" && cp -L "$each" ".$each"; done'
    )
    for name, text in programs.items():
        appliance.write(f"/bin/{name}", text.encode())
        appliance.chmod(0o755, f"/bin/{name}")


def test_oracle_18_what_is_new_and_what_programs_replace_has_the_label_of_the_policy(make_root, appliance):
    root = make_root(
        {
            "/etc/selinux/config": "SELINUX=enforcing\nSELINUXTYPE=own\n",
            "/etc/selinux/own/contexts/files/file_contexts": "",
            "/etc/kept": "one\n",
            "/etc/cache": "two\n",
            "/etc/never": "three\n",
        }
    )
    put_programs(appliance, {"replace": REPLACING, "matchpathcon": MATCHPATHCON})
    for path in ("/", "/etc", "/etc/kept", "/etc/cache"):
        appliance.lsetxattr("security.selinux", ETC, len(ETC) + 1, path)
    appliance.ln_s("kept", "/etc/link")
    with root.on_behalf_of("network"):
        root.write("/etc/kept", "one more\n", "for a reason")
        root.write("/etc/deep/new", "x\n", "for another")
        root.run(["replace", "/etc/cache"], "replaced the cache")
    assert label(appliance, "/etc/cache") is None
    assert root.restore_labels() == []
    assert label(appliance, "/etc/kept") == f"{ETC}\0".encode()
    for path in ("/etc/cache", "/etc/deep", "/etc/deep/new", "/etc/link"):
        assert label(appliance, path) == f"u:object_r:{path.rpartition('/')[2]}_t:s0\0".encode(), path
    assert root.restore_labels() == []


def test_new_files_have_the_label_of_their_directory_where_the_policy_cannot_be_asked(make_root, appliance):
    root = make_root({"/etc/selinux/config": "SELINUX=permissive\n", "/etc/udev/README": ""})
    appliance.mkdir_p("/etc/selinux/targeted/contexts/files")
    appliance.write("/etc/selinux/targeted/contexts/files/file_contexts", b"")
    for path in ("/", "/etc/udev"):
        appliance.lsetxattr("security.selinux", ETC, len(ETC) + 1, path)
    with root.on_behalf_of("network"):
        root.write("/etc/udev/rules.d/70-x.rules", "x\n", "for a reason")
    (concern,) = root.restore_labels()
    assert concern.code == "selinux-labels-incomplete" and concern.severity == "warning"
    assert "/etc/udev/rules.d/70-x.rules" in concern.message
    for path in ("/etc/udev/rules.d", "/etc/udev/rules.d/70-x.rules"):
        assert label(appliance, path) == f"{ETC}\0".encode(), path


def test_a_copy_is_recorded_when_it_makes_a_difference(make_root, appliance):
    root = make_root({"/efi/shim.efi": b"\0\xff" * 1000, "/efi/other.efi": b"\1"})
    with root.on_behalf_of("bootloader"):
        root.copy("/efi/shim.efi", "/efi/boot.efi", "for a reason")
        root.copy("/efi/shim.efi", "/efi/other.efi", "for a reason")
        root.copy("/efi/shim.efi", "/efi/boot.efi", "again")
    assert recorded(root) == [("created", "/efi/boot.efi"), ("changed", "/efi/other.efi")]
    assert appliance.read_file("/efi/boot.efi") == appliance.read_file("/efi/other.efi") == b"\0\xff" * 1000


def test_names_that_are_not_utf8_are_passed_over_and_paths_that_no_file_has_are_not_there(make_root, appliance):
    root = make_root({"/etc/modprobe.d/caf.conf": "", "/etc/modprobe.d/.hidden.conf": "", "/etc/modprobe.d/other": ""})
    # The binding passes no such name; the shell of the appliance makes it.
    appliance.debug("sh", [r"touch $(printf '/sysroot/etc/modprobe.d/caf\351.conf')"])
    assert root.list("/etc/modprobe.d") == [".hidden.conf", "caf.conf", "other"]
    assert root.glob("/etc/modprobe.d/*.conf") == ["/etc/modprobe.d/caf.conf"]
    with pytest.raises(GuestconvError) as caught:
        root.glob("/etc/modprobe.*/*.conf")
    assert caught.value.code == "guest-text-not-utf-8" and caught.value.hint
    for path in ("/caf\udce9", "/a\0b", "relative", "/" + "x" * 256, "/x" * 2048):
        assert root.read(path) is None and not root.exists(path) and not root.is_dir(path)


def test_a_value_that_is_not_utf8_is_refused_with_what_to_do(make_root):
    root = make_root({"/etc/fstab": b"/dev/caf\xe9  /  ext4  defaults 0 1\n"})
    with pytest.raises(GuestconvError) as caught:
        root.edit("/etc/fstab", "Fstab", "").get("1/spec")
    assert caught.value.code == "guest-text-not-utf-8" and caught.value.hint
