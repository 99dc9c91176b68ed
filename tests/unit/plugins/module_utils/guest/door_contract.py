# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the door does, whichever: tests that run on the real one in the appliance, and on its stand-in.

A class that is derived from Contract has a method door(files, links) that gives a door with just these, and a method
hive_file(text) that gives the content of a file with such a hive (tests/hives.py).
"""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.boot_menu import BootMenu
from ansible_collections.virttools.guestconv.plugins.module_utils.texts import registry

FILES = {
    "/etc/fstab": "UUID=a / ext4\n",
    "/etc/a.d/one.conf": "1",
    "/etc/a.d/two.conf": "2",
    "/etc/a.d/.hidden.conf": "3",
    "/etc/a.d/below/three.conf": "4",
    "/usr/lib/os-release": "ID=debian\n",
}
HIVE = r"""
[ControlSet001\Services\disk]
"Start"=dword:00000000
"ImagePath"=expand:"system32\\drivers\\disk.sys"
"Odd"=hex(b):01,02,03
@="default"
[ControlSet001\Services\disk\Enum]
"Count"=dword:00000001
[ControlSet001\Services\lsi]
"Owners"=multi:"oem1.inf","oem2.inf"
[ControlSet001\Services\lsi\StartOverride]
"0"=dword:00000003
[Select]
"Current"=dword:00000001
"""
SYSTEM = "/Windows/system32/CONFIG/SYSTEM"

LINKS = {
    "/etc/os-release": "../usr/lib/os-release",
    "/etc/null.link": "/nowhere",
    "/lib": "usr/lib",
    "/etc/loop": "loop",
}


def changed(door):
    """(action, path, detail) of each change."""
    return [
        change if isinstance(change, tuple) else (change.action, change.path, change.detail)
        for change in door.changes()
    ]


class Contract:
    """The tests."""

    def make(self, files=None, links=None):
        return self.door(FILES if files is None else files, LINKS if links is None else links)

    def test_files_directories_and_links_are_told_apart(self):
        door = self.make()
        paths = ("/etc/fstab", "/etc", "/etc/os-release", "/etc/null.link", "/lib", "/lib/os-release", "/absent")
        assert [(door.exists(path), door.is_file(path), door.is_dir(path)) for path in paths] == [
            (True, True, False),
            (True, False, True),
            (True, True, False),
            (True, False, False),
            (True, False, True),
            (True, True, False),
            (False, False, False),
        ]

    def test_an_empty_file_has_no_content(self):
        door = self.make({**FILES, "/etc/empty": ""})
        paths = ("/etc/fstab", "/etc", "/etc/os-release", "/etc/empty", "/etc/null.link", "/absent")
        assert list(map(door.has_content, paths)) == [True, True, True, False, False, False]

    def test_a_link_is_followed_to_where_it_leads(self):
        door = self.make()
        assert door.real_path("/etc/os-release") == "/usr/lib/os-release"
        assert door.real_path("/lib/os-release") == "/usr/lib/os-release"
        assert door.real_path("/etc/fstab") == "/etc/fstab"
        for path in ("/absent/file", "/etc/null.link", "/etc/loop"):
            assert door.real_path(path) == path

    def test_a_part_of_a_file_is_read_and_copied(self, tmp_path):
        door = self.make({"/efi/a.efi": "0123456789"}, {})
        assert door.part("/efi/a.efi", 3, 4) == b"3456"
        assert door.part("/efi/a.efi", 8, 4) == b"89"
        assert door.part("/efi/a.efi", 12, 4) == b""
        door.download("/efi/a.efi", str(tmp_path / "copy"), [(8, 9), (0, 2)])
        assert (tmp_path / "copy").read_bytes() == b"8901"

    def test_a_pattern_fits_as_in_the_shell(self):
        door = self.make()
        assert door.glob("/etc/a.d/*.conf") == ["/etc/a.d/one.conf", "/etc/a.d/two.conf"]
        assert door.glob("/etc/*.conf") == []
        assert door.glob("/etc/a.d/b*") == ["/etc/a.d/below"]
        assert door.glob("/etc/*/*/*.conf") == ["/etc/a.d/below/three.conf"]
        assert door.glob("/etc/*.link") == ["/etc/null.link"]
        assert door.glob("/absent/*") == []
        assert door.glob() == []
        assert door.glob("/etc/*.link", "/absent", "/etc/a.d/*.conf", "/etc/*.link", "/etc/a.d/one.conf") == [
            "/etc/null.link",
            "/etc/a.d/one.conf",
            "/etc/a.d/two.conf",
        ]
        assert door.glob("/etc/{a,b}", "/etc/*.link") == ["/etc/null.link"]

    def test_a_directory_lists_all_names_in_order(self):
        door = self.make()
        assert door.list("/etc/a.d") == [".hidden.conf", "below", "one.conf", "two.conf"]
        assert (door.list("/absent"), door.list("/etc/fstab")) == ([], [])

    def test_files_are_read_as_text_and_as_bytes_and_absent_ones_are_none(self):
        door = self.make()
        assert (door.read("/etc/os-release"), door.read_bytes("/etc/fstab")) == ("ID=debian\n", b"UUID=a / ext4\n")
        for path in ("/absent", "/etc", "/etc/null.link"):
            assert (door.read(path), door.read_bytes(path), door.tail(path, 3)) == (None, None, b"")
        assert (door.head("/etc/fstab", 4), door.tail("/etc/fstab", 5), door.size("/etc/fstab")) == (
            b"UUID",
            b"ext4\n",
            14,
        )
        assert door.head("/etc/fstab", 4096) == door.tail("/etc/fstab", 4096) == b"UUID=a / ext4\n"
        assert door.texts(("/etc/a.d/t*", "/etc/*.link", "/etc/fstab", "/etc/a.d")) == {
            "/etc/a.d/two.conf": "2",
            "/etc/fstab": "UUID=a / ext4\n",
        }

    def test_bytes_that_are_not_utf_8_survive_a_read_and_a_write(self):
        door = self.make({"/a": b"\xff\xfe b\n"}, {})
        door.write("/a", door.read("/a") + "c", "")
        assert door.read_bytes("/a") == b"\xff\xfe b\nc"

    def test_text_files_with_a_line_that_fits_are_found_below_a_directory(self):
        files = {
            "/etc/fstab": "# /dev/sda1\nUUID=a / ext4\n",
            "/etc/a b.d/one 'x'.conf": "a\n  raw /dev/sda1\n",
            "/etc/a b.d/below/two.conf": "/dev/sda",
            "/etc/binary": b"\0/dev/sda\n",
            "/etc/latin.conf": b"\xe9\n/dev/sda\n",
            "/srv/other.conf": "/dev/sda\n",
        }
        door = self.make(files, {"/etc/link.conf": "/srv/other.conf", "/linked": "/etc"})
        found = door.files_with("^[ ]*([^# ].*)?/dev/(sda|sdb)", "/etc")
        assert found.is_whole
        # As grep takes what is no text by the locale's measure for binary.
        assert [path for path in found.paths if path != "/etc/latin.conf"] == [
            "/etc/a b.d/below/two.conf",
            "/etc/a b.d/one 'x'.conf",
        ]
        assert door.files_with("a", "/absent") == ([], True)
        assert door.files_with("raw", "/absent", "/srv", "/etc/a b.d").paths == ["/etc/a b.d/one 'x'.conf"]

    def test_a_download_is_the_file(self, tmp_path):
        self.make().download("/etc/os-release", str(tmp_path / "copy"))
        assert (tmp_path / "copy").read_bytes() == b"ID=debian\n"

    def test_what_is_written_is_recorded_and_what_is_there_already_is_not(self):
        door = self.make()
        with door.on_behalf_of("test"):
            door.write("/etc/fstab", "new", "first")
            door.write("/etc/fstab", "new", "again")
            door.write("/made/for/it", "a", "second")
            door.append_bytes("/etc/a.d/one.conf", b"\0", "third")
            door.copy("/etc/fstab", "/etc/copy", "fourth")
            door.copy("/etc/fstab", "/etc/copy", "again")
            door.remove("/etc/a.d/two.conf", "fifth")
            door.remove("/absent", "not there")
        assert changed(door) == [
            ("changed", "/etc/fstab", "first"),
            ("created", "/made/for/it", "second"),
            ("changed", "/etc/a.d/one.conf", "third"),
            ("created", "/etc/copy", "fourth"),
            ("removed", "/etc/a.d/two.conf", "fifth"),
        ]
        assert (door.read("/made/for/it"), door.read_bytes("/etc/a.d/one.conf")) == ("a", b"1\0")
        assert (door.read("/etc/copy"), door.read("/etc/a.d/two.conf")) == ("new", None)

    def test_what_comes_out_as_it_was_before_is_no_change(self):
        door = self.make()
        door.write("/etc/fstab", "other", "")
        door.write("/etc/fstab", FILES["/etc/fstab"], "")
        door.write("/new", "a", "")
        door.remove("/new", "")
        assert changed(door) == []

    def test_a_file_is_written_through_a_link_and_a_link_is_removed_as_such(self):
        door = self.make()
        door.write("/etc/os-release", "ID=other\n", "")
        assert door.read("/usr/lib/os-release") == "ID=other\n"
        door.remove("/etc/os-release", "the link")
        door.remove("/etc/null.link", "to nowhere")
        assert not door.exists("/etc/os-release") and door.is_file("/usr/lib/os-release")
        assert door.glob("/etc/*.link") == []
        assert changed(door)[1:] == [
            ("removed", "/etc/os-release", "the link"),
            ("removed", "/etc/null.link", "to nowhere"),
        ]

    def test_a_file_gets_another_path_in_the_place_of_what_is_there(self):
        door = self.make()
        door.rename("/etc/a.d/one.conf", "/etc/a.d/two.conf", "a name")
        door.rename("/absent", "/etc/fstab", "no file")
        assert (door.read("/etc/a.d/one.conf"), door.read("/etc/a.d/two.conf")) == (None, "1")
        assert changed(door) == [
            ("removed", "/etc/a.d/one.conf", "a name"),
            ("changed", "/etc/a.d/two.conf", "a name"),
        ]

    def test_bytes_are_written_once_and_recorded_without_them(self):
        door = self.make()
        content = bytes(range(256)) * 3
        for _time in range(2):
            door.write_bytes("/var/lib/made/a.deb", content, "a package")
        door.write_bytes("/var/lib/made/a.deb", content[::-1], "another")
        assert door.read_bytes("/var/lib/made/a.deb") == content[::-1]
        assert changed(door) == [
            ("created", "/var/lib/made/a.deb", "a package"),
            ("changed", "/var/lib/made/a.deb", "another"),
        ]

    def test_a_link_is_made_once_in_the_place_of_what_is_there(self):
        door = self.make()
        door.link("/etc/made/for/it", "../../fstab", "a link")
        door.link("/etc/made/for/it", "../../fstab", "again")
        door.link("/etc/null.link", "fstab", "in the place of a link")
        door.link("/etc/a.d/one.conf", "two.conf", "in the place of a file")
        assert [door.read(path) for path in ("/etc/made/for/it", "/etc/null.link", "/etc/a.d/one.conf")] == [
            FILES["/etc/fstab"],
            FILES["/etc/fstab"],
            "2",
        ]
        assert changed(door) == [
            ("created", "/etc/made/for/it", "a link"),
            ("removed", "/etc/null.link", "in the place of a link"),
            ("created", "/etc/null.link", "in the place of a link"),
            ("removed", "/etc/a.d/one.conf", "in the place of a file"),
            ("created", "/etc/a.d/one.conf", "in the place of a file"),
        ]

    def test_a_directory_is_removed_with_all_that_is_in_it_and_without_what_links_lead_to(self):
        door = self.make()
        door.write("/opt/tools/lib/a", "a", "made")
        door.link("/opt/tools/out", "/etc", "made")
        door.link("/opt/way", "tools", "made")
        door.remove_all("/opt/way/lib", "gone")
        assert not door.exists("/opt/tools/lib/a") and door.exists("/opt/tools/out")
        door.remove_all("/opt/way", "gone")
        door.remove_all("/opt/tools", "gone")
        door.remove_all("/opt/tools", "gone")
        assert not door.exists("/opt/tools") and door.read("/etc/fstab") == FILES["/etc/fstab"]
        assert changed(door)[-3:] == [("removed", path, "gone") for path in ("/opt/way/lib", "/opt/way", "/opt/tools")]

    def hive(self, text=HIVE):
        """A door with this as the hive SYSTEM."""
        return self.make({SYSTEM: self.hive_file(text), "/windows.txt": "a"}, {})

    def test_a_path_is_spelled_as_the_filesystem_has_it_as_far_as_it_is_there(self):
        door = self.hive()
        assert door.spelled("/windows/System32/config/system") == SYSTEM
        assert door.spelled("/WINDOWS/system32/config/Absent") == "/Windows/system32/CONFIG/Absent"
        assert door.spelled("/windows/Absent/below/a") == "/Windows/Absent/below/a"
        assert [door.spelled(path) for path in ("/", "//", "/Windows.TXT", "/a\0b")] == [
            "/",
            "/",
            "/windows.txt",
            "/a\0b",
        ]

    def test_a_hive_is_read_in_any_letter_case(self):
        door = self.hive()
        hive = door.hive("SYSTEM", "")
        assert hive.path == door.hive("/WINDOWS/System32/Config/System", "").path == SYSTEM
        assert (door.hive("SOFTWARE", ""), door.hive("/windows.txt/SYSTEM", "")) == (None, None)
        assert sorted(key.name for key in hive.top.keys()) == ["ControlSet001", "Select"]
        disk = hive.key("controlset001\\SERVICES\\Disk")
        assert (disk.name, disk.value("start"), disk.value("")) == (
            "disk",
            registry.dword(0),
            registry.string("default"),
        )
        assert disk.values() == {
            "Start": registry.dword(0),
            "ImagePath": registry.expand("system32\\drivers\\disk.sys"),
            "Odd": registry.Value(11, b"\1\2\3"),
            "": registry.string("default"),
        }
        assert [key.name for key in disk.keys()] == ["Enum"]
        assert disk.key("ENUM").value("count").number == 1
        assert hive.key("ControlSet001\\Services\\lsi").value("owners").texts == ("oem1.inf", "oem2.inf")
        for absent in ("ControlSet002", "Select\\Current", "Select\\\ud800", "a\\" * 600):
            assert hive.key(absent) is None
        assert [disk.value(name) for name in ("Absent", "\ud800")] == [None, None]

    def test_what_is_altered_in_a_hive_is_recorded_by_key_and_what_is_there_already_is_not(self):
        door = self.hive()
        for _time in range(2):
            with door.on_behalf_of("test"):
                services = door.hive("SYSTEM", "a driver").key("ControlSet001\\Services")
                made = services.create("viostor\\Parameters")
                made.set("BusType", registry.dword(1))
                made.create("..").set("", registry.none())
                services.key("disk").set("start", registry.dword(3))
                services.key("disk\\Enum").set("Count", registry.dword(1))
                if override := services.key("lsi\\StartOverride"):
                    override.delete()
        services = f"{SYSTEM}\\ControlSet001\\Services"
        assert changed(door) == [
            ("created", f"{services}\\viostor", "a driver"),
            ("created", f"{services}\\viostor\\Parameters", "a driver"),
            ("created", f"{services}\\viostor\\Parameters\\..", "a driver"),
            ("changed", f"{services}\\disk", "a driver"),
            ("removed", f"{services}\\lsi\\StartOverride", "a driver"),
        ]
        hive = door.hive("SYSTEM", "")
        assert hive.key("ControlSet001\\Services\\disk").values() == {
            "Start": registry.dword(3),
            "ImagePath": registry.expand("system32\\drivers\\disk.sys"),
            "Odd": registry.Value(11, b"\1\2\3"),
            "": registry.string("default"),
        }
        assert hive.key("ControlSet001\\Services\\viostor\\parameters\\..").values() == {"": registry.none()}
        assert hive.key("ControlSet001\\Services\\lsi").keys() == []

    def test_a_change_of_a_hive_that_is_taken_back_is_no_change(self):
        door = self.hive()
        before = door.read_bytes(SYSTEM)
        with door.on_behalf_of("test"):
            key = door.hive("SYSTEM", "").key("Select")
            key.set("Current", registry.dword(2))
            key.set("Current", registry.dword(1))
            door.hive("SYSTEM", "").top.create("Made").delete()
        assert (changed(door), door.read_bytes(SYSTEM)) == ([], before)

    def test_a_value_is_deleted_and_what_else_the_key_has_stays(self):
        door = self.hive()
        with door.on_behalf_of("test"):
            disk = door.hive("SYSTEM", "less").key("ControlSet001\\Services\\disk")
            disk.delete_value("absent")
            disk.delete_value("START")
            disk.set("Tag", registry.dword(5))
        disk = door.hive("SYSTEM", "").key("ControlSet001\\Services\\disk")
        assert list(disk.values()) == ["ImagePath", "Odd", "", "Tag"]
        assert disk.key("Enum").values() == {"Count": registry.dword(1)}
        assert changed(door) == [("changed", f"{SYSTEM}\\ControlSet001\\Services\\disk", "less")]

    def test_two_hives_are_altered_in_turns(self):
        door = self.make({SYSTEM: self.hive_file(HIVE), "/BCD": self.hive_file(HIVE)}, {})
        with door.on_behalf_of("test"):
            first, second = door.hive("SYSTEM", "one").key("Select"), door.hive("/bcd", "two").key("Select")
            for number in (2, 3):
                first.set("Current", registry.dword(number))
                second.set("Current", registry.dword(number + 2))
        assert [door.hive(name, "").key("Select").value("Current").number for name in ("SYSTEM", "/BCD")] == [3, 5]
        assert {change[1:] for change in changed(door)} == {(f"{SYSTEM}\\Select", "one"), ("/BCD\\Select", "two")}

    def test_a_file_that_is_no_hive_is_an_error_with_a_code(self):
        door = self.make({SYSTEM: b"regf" + bytes(100)}, {})
        with pytest.raises(GuestconvError) as caught:
            door.hive("SYSTEM", "")
        assert caught.value.code == "registry-malformed"

    def test_a_value_that_would_be_written_in_another_way_is_refused(self):
        door = self.hive()
        with pytest.raises(GuestconvError) as caught:
            door.hive("SYSTEM", "").key("Select").set("Large", registry.binary(bytes(16345)))
        assert caught.value.code == "registry-not-written"

    def test_there_is_room_on_a_filesystem(self):
        space = self.make().space("/etc")
        assert (space.mountpoint, space.name, space.free > 1 << 20) == ("/", "/dev/sda1", True)

    def test_an_aspect_recalls_what_it_remembered_by_its_class(self):
        door = self.make()
        menu = BootMenu()
        door.remember(menu)
        assert door.recall(BootMenu) is menu
        with pytest.raises(KeyError):
            door.recall(str)
