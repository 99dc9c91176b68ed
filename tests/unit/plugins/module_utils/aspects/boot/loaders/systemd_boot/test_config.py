# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""loader.conf, and which entry boots by default."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders.systemd_boot import config


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("default Arch-*\ntimeout 3\n", "arch-*"),
        ("default a\ndefault b.conf", "b.conf"),
        ("#default a\n", None),
        ("default @saved\n", None),
        ("default a\ndefault @saved\n", None),
        ("default a\ndefault @unknown\n", "a"),
        ("timeout menu-hidden\n", None),
        ("", None),
    ],
)
def test_the_pattern_of_the_default(text, expected):
    assert config.default_pattern(text) == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (None, "b.conf"),
        ("a*", "a.conf"),
        ("nothing*", "b.conf"),
        ("auto-windows", "auto-windows"),
        ("[ab].conf", "b.conf"),
    ],
)
def test_the_first_that_fits_is_the_default(pattern, expected):
    assert config.default_id(["b.conf", "a.conf"], ["auto-windows"], pattern) == expected


@pytest.mark.parametrize(
    ("pattern", "version", "expected"),
    [
        ("a", 249, "a.conf"),
        ("a", 250, "b.conf"),
        ("a", None, "a.conf"),
        ("a.conf", 249, "b.conf"),
        ("a.conf", 252, "a.conf"),
        ("a.conf", None, "a.conf"),
    ],
)
def test_ids_have_the_suffix_since_version_250(pattern, version, expected):
    assert config.default_id(["b.conf", "a.conf"], [], pattern, version) == expected


def test_the_version_of_the_program():
    assert config.version(b"x#### LoaderInfo: systemd-boot 252.39-1~deb12u2 ####\0") == 252
    assert config.version(b"#### LoaderInfo: systemd-stub 252") is None


def test_without_entries_there_is_no_default():
    assert config.default_id([], [], "a*") is None
