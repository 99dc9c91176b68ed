# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option keys."""

from __future__ import annotations

import os

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.commands import keys
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError


def test_a_passphrase_has_no_newline_and_a_key_file_stays_as_it_is(tmp_path):
    file = tmp_path / "key"
    file.write_bytes(b"\x00\xff\nkey\n")
    found = keys.from_option(
        [
            {"all": True, "passphrase": "s\u00e9cret\n"},
            {"device": "/dev/sda3", "file": str(file)},
            {"uuid": "u", "passphrase": " a "},
        ]
    )
    assert [each.secret for each in found] == ["s\u00e9cret".encode(), b"\x00\xff\nkey\n", b" a "]
    assert [each.source for each in found] == ["keys[0]", "keys[1]", "keys[2]"]
    assert "cret" not in repr(found)
    assert keys.from_option(None) == []


@pytest.mark.parametrize(
    "item",
    (
        {"passphrase": "s3cret"},
        {"all": False, "passphrase": "s3cret"},
        {"all": True, "device": "/dev/sda", "passphrase": "s3cret"},
        {"all": True},
        {"all": True, "passphrase": ""},
        {"all": True, "passphrase": "\n"},
        {"all": True, "passphrase": "s3cret", "file": "/dev/null"},
    ),
)
def test_an_item_that_says_too_little_or_too_much_is_refused_and_not_shown(item):
    with pytest.raises(GuestconvError) as caught:
        keys.from_option([item])
    assert (caught.value.code, caught.value.path) == ("key-invalid", "keys[0]")
    assert "s3cret" not in str(caught.value.as_result())


def test_a_key_file_must_be_a_file_of_some_size(tmp_path):
    (tmp_path / "empty").touch()
    os.mkfifo(tmp_path / "pipe")
    with open(tmp_path / "large", "wb") as large:
        large.truncate((8 << 20) + 1)
    for name, code in (
        ("gone", "key-file-not-readable"),
        ("pipe", "key-file-not-readable"),
        ("large", "key-file-not-readable"),
        (".", "key-file-not-readable"),
        ("empty", "key-invalid"),
    ):
        with pytest.raises(GuestconvError) as caught:
            keys.from_option([{"all": True, "file": str(tmp_path / name)}])
        assert caught.value.code == code


def test_a_passphrase_that_is_in_other_texts_of_the_result_is_noticed():
    given = [{"all": True, "passphrase": "kvm"}, {"all": True, "file": "/x"}]
    assert keys.hidden_in(given, {"guest": {"target": ["a", "kvm"]}})
    assert not keys.hidden_in(given, {"guest": {"target": [1, True, None]}})
    assert keys.hidden_in([{"passphrase": "7"}], [17])
