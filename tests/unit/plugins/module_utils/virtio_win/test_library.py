# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""virtio-win: its folders for each Windows, and which drivers are complete there."""

from __future__ import annotations

import os

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.texts.inf import Release
from ansible_collections.virttools.guestconv.plugins.module_utils.virtio_win import layout, library
from ansible_collections.virttools.guestconv.plugins.module_utils.virtio_win.signatures import Signature, signature_in
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.virtio_win import virtio_win_files

WINDOWS_10 = Release("amd64", 10, 0, 18362)


@pytest.mark.parametrize(
    "path, expected",
    [
        ("viostor/w10/amd64/viostor.sys", ("w10", "amd64", "viostor.sys")),
        ("VIOSTOR/2K12R2/AMD64/VIOSTOR.SYS", ("2k12r2", "amd64", "viostor.sys")),
        ("drivers/by-driver/NetKVM/w8.1/x86/netkvm.inf", ("w8.1", "x86", "netkvm.inf")),
        ("drivers/by-os/amd64/w11/vioscsi.cat", ("w11", "amd64", "vioscsi.cat")),
        ("i386/w10/viostor.inf", ("w10", "x86", "viostor.inf")),
        ("viostor/w10/ARM64/viostor.inf", ("w10", "arm64", "viostor.inf")),
        ("drivers/amd64/Win2012R2/viostor.inf", ("2k12r2", "amd64", "viostor.inf")),
        ("drivers/i386/Win7/viostor.inf", ("w7", "x86", "viostor.inf")),
        ("drivers/amd64/Win2008R2/viostor.inf", ("2k8r2", "amd64", "viostor.inf")),
        ("Win10/amd64/viostor.inf", ("w10", "amd64", "viostor.inf")),
        ("WIN7/AMD64/VIOSTOR.INF", ("w7", "amd64", "viostor.inf")),
        ("sriov/w10/amd64/vioprot.inf", None),
        ("viostor/xp/x86/viostor.inf", None),
        ("guest-agent/qemu-ga-x86_64.msi", None),
        ("virtio-win_license.txt", None),
        ("w10/viostor.inf", None),
    ],
)
def test_a_file_is_in_the_folder_of_its_system_and_architecture(path, expected):
    assert layout.place_of(path) == expected


@pytest.mark.parametrize(
    "version, build, is_server, expected",
    [
        ((6, 0), 6002, False, ["2k8"]),
        ((6, 0), 6002, True, ["2k8"]),
        ((6, 1), 7601, False, ["w7"]),
        ((6, 1), 7601, True, ["2k8r2", "w7"]),
        ((6, 2), 9200, False, ["w8"]),
        ((6, 2), 9200, True, ["2k12", "w8"]),
        ((6, 3), 9600, False, ["w8.1"]),
        ((6, 3), 9600, True, ["2k12r2", "w8.1"]),
        ((10, 0), 10240, False, ["w10"]),
        ((10, 0), 19045, False, ["w10"]),
        ((10, 0), 22000, False, ["w11", "w10"]),
        ((10, 0), 26100, False, ["w11", "w10"]),
        ((10, 0), 14393, True, ["2k16", "w10"]),
        ((10, 0), 16299, True, ["2k16", "w10"]),
        ((10, 0), 17763, True, ["2k19", "2k16", "w10"]),
        ((10, 0), 20348, True, ["2k22", "2k19", "2k16", "w10"]),
        ((10, 0), 26100, True, ["2k25", "2k22", "2k19", "2k16", "w10"]),
        ((5, 2), 3790, True, []),
        ((11, 0), 99999, False, []),
    ],
)
def test_the_folder_is_the_nearest_that_is_not_above(version, build, is_server, expected):
    assert layout.folders_for(Release("amd64", *version, build, is_server)) == expected


def test_symbols_the_protocol_of_cards_passed_through_and_a_second_driver_of_one_device_are_not_copied():
    names = frozenset(("a.sys", "a.pdb", "vioprot.inf", "qemufwcfg.inf", "qemufwcfg.cat", "fwcfg.inf"))
    assert [name for name in sorted(names) if layout.is_copied(name, names)] == ["a.sys", "fwcfg.inf"]
    without = names - {"fwcfg.inf"}
    assert [name for name in sorted(without) if layout.is_copied(name, without)] == [
        "a.sys",
        "qemufwcfg.cat",
        "qemufwcfg.inf",
    ]


@pytest.fixture(params=["directory", "by-os", "image", "plain image"])
def virtio_win(request, tmp_path):
    files = virtio_win_files.tree(("w10", "2k16"))
    if request.param == "by-os":
        files = {f"drivers/by-os/{b.upper()}/{a}/{n}": c for (_d, a, b, n), c in _parts(files)}
    if "image" in request.param:
        options = ["-J", "-R"] if request.param == "image" else ["--norock"]
        return library.VirtioWin.opened(virtio_win_files.image(tmp_path / "virtio-win.iso", files, *options))
    return library.VirtioWin.opened(virtio_win_files.unpacked(tmp_path, files))


def _parts(files):
    return [(path.split("/"), content) for path, content in files.items() if not path.startswith("sriov")]


def test_the_drivers_of_a_release_are_found_in_every_layout(virtio_win):
    folder = virtio_win.folder(WINDOWS_10)
    assert folder.name == "w10/amd64"
    found = folder.driver("viostor")
    assert (found.service.name, found.service.binary, found.file) == ("viostor", "viostor.sys", "viostor.inf")
    assert found.content.startswith(b"; A driver of a test.\r\n")
    assert folder.driver("netkvm").driver.version == (100, 93, 104, 24000)
    assert folder.files["viostor.sys"].content() == b"viostor.sys of a test"
    stems = ("netkvm", "viogpudo", "vioscsi", "viostor")
    assert folder.copied() == [f"{stem}.{ending}" for stem in stems for ending in ("cat", "inf", "sys")]


def test_a_folder_is_for_its_architecture_and_product_alone(virtio_win):
    assert virtio_win.folder(Release("x86", 10, 0, 18362)) is None
    assert virtio_win.folder(Release("amd64", 6, 1, 7601)) is None
    assert virtio_win.folder(Release("amd64", 10, 0, 17763, is_server=True)).name == "2k16/amd64"


@pytest.mark.parametrize(
    "missing, reason",
    [
        ("inf", "virtio-win has no viostor in its folder w10/amd64"),
        ("sys", "viostor.sys is missing in virtio-win's folder w10/amd64"),
        ("cat", "viostor.cat is missing in virtio-win's folder w10/amd64"),
    ],
)
def test_a_driver_that_is_not_complete_is_none(tmp_path, missing, reason):
    files = virtio_win_files.tree()
    del files[f"viostor/w10/amd64/viostor.{missing}"]
    opened = library.VirtioWin.opened(virtio_win_files.unpacked(tmp_path, files))
    assert opened.folder(WINDOWS_10).driver("viostor") == reason
    assert not isinstance(opened.folder(WINDOWS_10).driver("vioscsi"), str)


def test_a_driver_for_a_later_windows_is_none(tmp_path):
    files = virtio_win_files.driver("viostor", virtio_win_files.inf_files.storage(decoration="NTamd64.10.0...22000"))
    path = virtio_win_files.unpacked(tmp_path, {f"viostor/w10/amd64/{name}": each for name, each in files.items()})
    found = library.VirtioWin.opened(path).folder(WINDOWS_10).driver("viostor")
    assert found == "viostor.inf in virtio-win's folder w10/amd64 has no driver for this Windows"


def test_links_to_directories_are_followed_and_those_in_circles_end(tmp_path):
    drivers = tmp_path / "drivers" / "amd64"
    virtio_win_files.unpacked(drivers / "Win8", virtio_win_files.drivers("w8")["viostor"])
    (drivers / "Win2012").symlink_to("Win8")
    (drivers / "Win8" / "all").symlink_to(tmp_path)
    folder = library.VirtioWin.opened(str(tmp_path)).folder(Release("amd64", 6, 2, 9200, is_server=True))
    assert folder.name == "2k12/amd64" and folder.driver("viostor").service.name == "viostor"


def _nothing(place):
    pass


def _empty(place):
    place.mkdir()


def _broken(place):
    virtio_win_files.image(place, virtio_win_files.tree())
    os.truncate(place, 40000)


def _no_drivers(place):
    virtio_win_files.unpacked(place, {"guest-agent/qemu-ga.msi": b"a", "viostor/w10/amd64/readme": b""})


@pytest.mark.parametrize(
    "make, why",
    [
        (_nothing, "there is no such file or directory"),
        (_empty, "it has no drivers"),
        (_broken, "its ISO 9660 filesystem has no files, or is damaged"),
        (_no_drivers, "it has no drivers"),
    ],
)
def test_what_is_no_virtio_win_is_an_error_that_says_why(tmp_path, make, why):
    make(tmp_path / "place")
    with pytest.raises(GuestconvError) as caught:
        library.from_option(str(tmp_path / "place"))
    assert (caught.value.code, caught.value.path) == ("virtio-win-not-usable", "virtio_win")
    assert why in caught.value.message and caught.value.hint


def test_a_file_that_changed_after_it_was_listed_is_an_error(tmp_path):
    opened = library.VirtioWin.opened(virtio_win_files.unpacked(tmp_path, virtio_win_files.tree()))
    file = opened.folder(WINDOWS_10).files["viostor.sys"]
    (tmp_path / "viostor/w10/amd64/viostor.sys").write_bytes(b"")
    with pytest.raises(GuestconvError, match="ends too early"):
        file.content()
    os.unlink(tmp_path / "viostor/w10/amd64/viostor.sys")
    with pytest.raises(GuestconvError, match="cannot be read"):
        file.content()


def test_without_the_option_there_is_none():
    assert library.from_option(None) is None


# The beginning of PKCS #7's signedData, and the OID of SHA-256.
SIGNED, SHA_256 = bytes.fromhex("3082ffff06092a864886f70d010702"), bytes.fromhex("0609608648016503040201")
MICROSOFT, CROSS = b"Microsoft Windows Hardware Compatibility Publisher", b"Microsoft Code Verification Root"


@pytest.mark.parametrize(
    "content, expected",
    [
        (b"no signature " + MICROSOFT, None),
        (SIGNED + MICROSOFT + SHA_256, Signature(by_microsoft=True, is_for_tests=False, has_sha_256=True)),
        (SIGNED + CROSS, Signature(by_microsoft=False, is_for_tests=False, has_sha_256=False)),
        (SIGNED + b"virtio-win" + SHA_256, Signature(by_microsoft=False, is_for_tests=True, has_sha_256=True)),
    ],
)
def test_a_signature_is_microsofts_certified_by_it_or_for_tests(content, expected):
    assert signature_in(content) == expected


def test_a_driver_that_is_signed_for_tests_is_none_for_a_windows_of_64_bits(tmp_path):
    files = virtio_win_files.tree(("w8.1",)) | virtio_win_files.tree(("w8.1",), "x86")
    for arch in ("amd64", "x86"):
        files[f"viostor/w8.1/{arch}/viostor.cat"] = SIGNED + b"virtio-win"
    opened = library.VirtioWin.opened(virtio_win_files.unpacked(tmp_path, files))
    assert "is signed for tests only" in opened.folder(Release("amd64", 6, 3, 9600)).driver("viostor")
    assert opened.folder(Release("x86", 6, 3, 9600)).driver("viostor").signature.is_for_tests
    assert opened.folder(Release("amd64", 6, 3, 9600)).driver("vioscsi").signature is None


def test_what_windows_does_not_load_is_not_given_to_a_guest(tmp_path):
    files = virtio_win_files.tree(("w8.1",))
    catalogs = [path for path in files if path.endswith(".cat")]
    files.update(dict.fromkeys(catalogs[:-1], SIGNED + b"virtio-win"))
    folder = library.VirtioWin.opened(virtio_win_files.unpacked(tmp_path, files)).folder(Release("amd64", 6, 3, 9600))
    last = catalogs[-1].rpartition("/")[2].partition(".")[0]
    assert [name for name in folder.copied() if not name.endswith(".sys")] == [f"{last}.cat", f"{last}.inf"]
    files[catalogs[-1]] = SIGNED + b"virtio-win"
    opened = library.VirtioWin.opened(virtio_win_files.unpacked(tmp_path, files))
    assert opened.folder(Release("amd64", 6, 3, 9600)).copied() == []
    assert len(opened.folder(Release("amd64", 6, 3, 9600), loads_tests=True).copied()) == 12


def test_the_guest_agent_is_known_by_its_architecture(tmp_path):
    files = {
        **virtio_win_files.tree(),
        "guest-agent/qemu-ga-x86_64.msi": b"msi",
        "guest-agent/qemu-ga-i386.msi": b"msi32",
    }
    opened = library.VirtioWin.opened(virtio_win_files.unpacked(tmp_path, files))
    assert {arch: file.content() for arch, file in opened.agents.items()} == {"amd64": b"msi", "x86": b"msi32"}
    assert layout.agent_for("viostor/w10/amd64/qemu-ga-x86_64.msi") is None
    assert layout.agent_for("virtio-win/Guest-Agent/QEMU-GA-i386.msi") == "x86"
    assert [layout.agent_for(f"guest-agent/qemu-ga-{name}.msi") for name in ("x64", "x86", "arm64")] == [
        "amd64",
        "x86",
        None,
    ]
