# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from tests.guests.apt_sources import parse_deb822, parse_one_line, select

DEB822 = """\
# the archive
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates bookworm-backports
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://other.example/
Suites: bookworm
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 -----END PGP PUBLIC KEY BLOCK-----
"""

SELECTED = """\
Types: deb
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""


def test_only_debians_own_suites_are_taken():
    assert select(parse_deb822(DEB822), "bookworm", "bookworm") == SELECTED


def test_another_release_comes_from_the_same_mirror():
    assert select(parse_deb822(DEB822), "bookworm", "trixie") == SELECTED.replace("bookworm", "trixie")


def test_a_source_that_is_switched_off_is_not_taken():
    assert select(parse_deb822(DEB822.replace("Types:", "Enabled: no\nTypes:")), "bookworm", "bookworm") == ""


@pytest.mark.parametrize(
    "line",
    [
        "deb http://mirror.example/debian bookworm main contrib  # comment",
        "deb [arch=amd64] http://mirror.example/debian bookworm main",
    ],
)
def test_the_one_line_format_says_the_same(line):
    expected = "Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm\nComponents: main\n"
    assert select(parse_one_line(line), "bookworm", "bookworm") == expected


@pytest.mark.parametrize(
    "line",
    [
        "",
        "# deb http://mirror.example/debian bookworm main",
        "deb-src http://mirror.example/debian bookworm main",
        "deb [signed-by=/usr/share/keyrings/other.gpg] http://other.example/ bookworm main",
        "deb http://other.example/ ./",
    ],
)
def test_other_lines_are_not_taken(line):
    assert select(parse_one_line(line), "bookworm", "bookworm") == ""
