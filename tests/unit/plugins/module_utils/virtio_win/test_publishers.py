# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""By whose certificate a driver is signed, and of whom Windows would ask a person."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.texts.inf import Release
from ansible_collections.virttools.guestconv.plugins.module_utils.virtio_win import library
from ansible_collections.virttools.guestconv.plugins.module_utils.virtio_win.publishers import Publisher, publisher_in
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.virtio_win import (
    catalogs,
    virtio_win_files,
)

AUTHORITY, CLOCK = catalogs.certificate("An authority", "A root", serial=8), catalogs.certificate("A clock", "A root")
RED_HAT = catalogs.certificate("Red Hat, Inc", "An authority")
FOR_TESTS = catalogs.certificate("Red Hat Inc.", "Red Hat Inc.", serial=9)
CROSS_SIGNED = catalogs.catalog(AUTHORITY, CLOCK, RED_HAT)
SIGNED_FOR_TESTS = catalogs.catalog(FOR_TESTS, issuer="Red Hat Inc.", serial=9, text=b"")
PUBLISHER = Publisher("Red Hat, Inc", RED_HAT, is_own_authority=False)
OF_TESTS = Publisher("Red Hat Inc.", FOR_TESTS, is_own_authority=True)


@pytest.mark.parametrize("content, expected", [(CROSS_SIGNED, PUBLISHER), (SIGNED_FOR_TESTS, OF_TESTS)])
def test_the_certificate_of_the_signer_is_found_among_others(content, expected):
    assert publisher_in(content) == expected


def test_an_old_certificate_has_no_version():
    old = catalogs.certificate("B", "An authority", version=False)
    assert publisher_in(catalogs.catalog(old)) == Publisher("B", old, is_own_authority=False)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a file of a test",
        CROSS_SIGNED[:-1],
        catalogs.catalog(AUTHORITY),
        catalogs.catalog(),
        catalogs.element(0x30, b"\x06\x01\x00", catalogs.element(0xA0)),
        b"\x30\x80" + CROSS_SIGNED,
    ],
)
def test_what_is_not_understood_has_no_publisher(content):
    assert publisher_in(content) is None


def folder(tmp_path, content, release, loads_tests=False):
    files = virtio_win_files.tree(("w7", "w8"), release.arch)
    files.update((path, content) for path in files if path.endswith(".cat"))
    return library.VirtioWin.opened(virtio_win_files.unpacked(tmp_path, files)).folder(release, loads_tests)


@pytest.mark.parametrize(
    "content, release, loads_tests, expected",
    [
        (CROSS_SIGNED, Release("amd64", 6, 1, 7601), False, [PUBLISHER]),
        (CROSS_SIGNED + b"Microsoft Windows Hardware Compatibility Publisher", Release("amd64", 6, 1, 7601), False, []),
        # Windows of 64 bits does not load these unless it is in test mode.
        (SIGNED_FOR_TESTS, Release("amd64", 6, 2, 9200), False, []),
        (SIGNED_FOR_TESTS, Release("amd64", 6, 2, 9200), True, [OF_TESTS]),
        (SIGNED_FOR_TESTS, Release("x86", 6, 2, 9200), False, [OF_TESTS]),
        (b"", Release("x86", 6, 2, 9200), False, []),
    ],
)
def test_windows_asks_about_publishers_whose_drivers_it_loads_and_that_are_not_microsoft(
    tmp_path, content, release, loads_tests, expected
):
    assert folder(tmp_path, content, release, loads_tests).publishers() == expected
