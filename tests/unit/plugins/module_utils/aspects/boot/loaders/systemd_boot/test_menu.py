# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What systemd-boot offers."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.bls import split_counters
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders.systemd_boot import menu
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.boot import programs
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

KERNEL = {"/efi/m/6.1/linux": b"k"}


def offered(files, tops=("/efi",), **info):
    return menu.offered(FakeRoot({**KERNEL, **files}, info={"arch": "x86_64", **info}), tops)


def entry(text, name="a.conf"):
    return {f"/efi/loader/entries/{name}": text}


def test_an_entry_of_kernel_install():
    text = "title A\nversion 6.1\nlinux /m/6.1/linux\ninitrd m/6.1/ucode\ninitrd /m/6.1/initrd\noptions a\noptions b\n"
    (found,) = offered(entry(text))
    made = found.entry
    assert (made.kernel, made.initrds) == ("/efi/m/6.1/linux", ("/efi/m/6.1/ucode", "/efi/m/6.1/initrd"))
    assert (made.arguments, made.title, made.version, made.unified) == ("a b", "A", "6.1", False)
    assert (found.id, found.path) == ("a.conf", "/efi/loader/entries/a.conf")


def test_the_version_may_be_in_the_path_alone():
    (found,) = offered(entry("linux \\m\\6.1\\linux\n"))
    assert (found.entry.kernel, found.entry.version) == ("/efi/m/6.1/linux", "6.1")


def test_an_initrd_may_be_an_argument_of_the_kernels_own_stub():
    (found,) = offered(entry("linux /m/6.1/linux\noptions initrd=\\m\\6.1\\initrd root=UUID=u\n"))
    assert found.entry.initrds == ("/efi/m/6.1/initrd",)
    (found,) = offered(entry("linux /m/6.1/linux\ninitrd /a\noptions initrd=/b\n"))
    assert found.entry.initrds == ("/efi/a",)


@pytest.mark.parametrize(
    "files",
    [
        entry("linux /m/6.2/linux\n"),
        entry("linux /m/6.1/linux\narchitecture aa64\n"),
        entry("title only\n"),
        entry("linux /m/6.1/linux\n", "auto-a.conf"),
        entry("linux /m/6.1/linux\n", ".a.conf"),
        entry("linux /m/6.1/linux\n", "a.conf.rpmsave"),
        {"/efi/EFI/Linux/a.efi": b"no program"},
        {"/efi/EFI/Linux/a.efi": programs.image(release="")},
    ],
)
def test_what_it_does_not_show(files):
    assert offered(files) == []


def test_an_entry_that_starts_another_program_boots_no_linux():
    (found,) = offered({**entry("efi /EFI/x.efi\n"), "/efi/EFI/x.efi": b"MZ"})
    assert found.entry is None and found.starts == "efi /EFI/x.efi"


def test_an_image_has_its_own_command_line_or_that_of_the_entry():
    image = {"/efi/EFI/Linux/b.efi": programs.image("own", "6.1")}
    by_itself, by_entry = offered({**image, **entry("efi /EFI/Linux/b.efi\noptions given\n")})
    assert (by_itself.id, by_itself.entry.arguments, by_itself.entry.is_fixed) == ("b.efi", "own", True)
    assert (by_entry.id, by_entry.entry.arguments, by_entry.entry.is_fixed) == ("a.conf", "given", False)
    (own,) = offered({**image, "/efi/EFI/Linux/b.efi": programs.image("x"), **entry("linux /none\n")})
    assert own.entry.version == "6.1.0-9-amd64"
    assert [each.entry.is_fixed for each in offered({**image, **entry("linux /EFI/Linux/b.efi\n")})] == [True, True]


def test_images_and_entries_of_both_partitions_are_one_menu():
    files = {
        **entry("linux /m/6.1/linux\nsort-key debian\nversion 6.1\n"),
        "/boot/EFI/Linux/old.efi": programs.image(release="ID=debian\nVERSION_ID=5\n"),
        "/boot/EFI/Linux/new.efi": programs.image(release="ID=debian\nVERSION_ID=7\n"),
        "/boot/EFI/Linux/x.efi": programs.image(release="ID=arch\n"),
    }
    assert [each.id for each in offered(files, ("/efi", "/boot"))] == ["x.efi", "new.efi", "a.conf", "old.efi"]


def test_profiles_are_entries_of_their_own():
    more = [(".profile", b"ID=one\n"), (".profile", b"ID=two\n"), (".cmdline", b"two"), (".profile", b"")]
    found = offered({"/efi/EFI/Linux/a.efi": programs.image("one", more=more)})
    assert [(each.id, each.entry.arguments) for each in found] == [
        ("a.efi", "one"),
        ("a.efi@two", "two"),
        ("a.efi@2", "one"),
    ]


# bootctl insists that an EFI system partition is a filesystem of its own.
IN_FILESYSTEM = """
mount -t tmpfs none "$1/esp" && cp -r "$1/from/." "$1/esp" || exit 77
SYSTEMD_RELAX_ESP_CHECKS=1 exec bootctl list --json=pretty --esp-path="$1/esp"
"""
RELEASES = (
    "ID=debian\nVERSION_ID=12\nPRETTY_NAME=Debian\n",
    "ID=debian\nVERSION_ID=13\nIMAGE_ID=b\nIMAGE_VERSION=3\n",
    "ID=arch\nNAME=Arch\nBUILD_ID=rolling\n",
    "NAME=none\n",
)


def esp():
    """Files of an EFI system partition: images of several systems, and entries among them."""
    files = {
        f"EFI/Linux/{number}-{name}.efi": programs.image(f"a={number}", f"6.{number}", release=release)
        for number, name in enumerate(("a", "b+3", "b+0-1"))
        for release in RELEASES[number : number + 1]
    }
    files.update({f"EFI/Linux/x{number}.efi": programs.image(release=each) for number, each in enumerate(RELEASES)})
    texts = {
        # It does not take quotes off, which systemd-boot itself does.
        "z.conf": "title Z\nlinux /k\noptions a\noptions b c\n",
        "deb.conf": "sort-key debian\nversion 12.5\nlinux /k\n",
        "y.conf": "linux k\ninitrd k\ntitle  Y \n\n#options c\noptions d\t\n",
        "e.conf": "efi /k\n",
    }
    return {"k": b"k", **files, **{f"loader/entries/{name}": text.encode() for name, text in texts.items()}}


@pytest.mark.skipif(not (shutil.which("bootctl") and shutil.which("unshare")), reason="no systemd-boot")
def test_bootctl_shows_the_same_menu(tmp_path):
    files = esp()
    for name, content in files.items():
        path = tmp_path / "from" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (tmp_path / "esp").mkdir()
    command = ["unshare", "-rm", "sh", "-c", IN_FILESYSTEM, "sh", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("no filesystem of its own can be mounted here")
    decoder, text, shown = json.JSONDecoder(), done.stdout.strip(), []
    while text:
        entry, end = decoder.raw_decode(text)
        shown += entry if isinstance(entry, list) else [entry]
        text = text[end:].strip()
    ours = menu.offered(FakeRoot({f"/efi/{name}": content for name, content in files.items()}), ["/efi"])
    # It shows ids without boot counters.
    ids = [split_counters(each.id)[0] + each.id[each.id.rindex(".") :] for each in ours]
    assert ids == [each["id"].lower() for each in shown]
    for one, other in zip(ours, shown):
        if one.entry:
            assert (one.entry.arguments, one.entry.title) == (
                other.get("options", ""),
                other.get("title", one.place.name),
            )
