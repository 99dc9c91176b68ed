# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the door does, whichever: tests that run on the real one in the appliance, and on its stand-in.

A class that is derived from Contract has a method door(files, links) that gives a door with just these.
"""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.guest.boot_menu import BootMenu

FILES = {
    "/etc/fstab": "UUID=a / ext4\n",
    "/etc/a.d/one.conf": "1",
    "/etc/a.d/two.conf": "2",
    "/etc/a.d/.hidden.conf": "3",
    "/etc/a.d/below/three.conf": "4",
    "/usr/lib/os-release": "ID=debian\n",
}
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
        found = door.files_with("/etc", "^[ ]*([^# ].*)?/dev/(sda|sdb)")
        # As grep takes what is no text by the locale's measure for binary.
        assert [path for path in found if path != "/etc/latin.conf"] == [
            "/etc/a b.d/below/two.conf",
            "/etc/a b.d/one 'x'.conf",
        ]
        assert door.files_with("/absent", "a") == []

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
