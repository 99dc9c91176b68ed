# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hives of a hostile guest: an error with a code, within bounds. What else they do is in door_contract.py."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.failures import CallFailed, TextNotUtf8
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.guest import hives
from ansible_collections.virttools.guestconv.plugins.module_utils.texts import registry
from ansible_collections.virttools.guestconv.tests.hives import stand_in
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot, HiveCalls

TEXT = '[a]\n"v"=dword:00000001\n[a\\b]\n[a\\c]\n'


class Failing(HiveCalls):
    """hivex that fails in the calls of these names."""

    def __init__(self, root, failures):
        super().__init__(root)
        self.failures = failures

    def call(self, name, *arguments, **options):
        if name in self.failures:
            raise self.failures[name]("appliance-call-failed", f"{name}: failed: Bad address")
        return super().call(name, *arguments, **options)


def opened(**failures):
    """The key a, and what saves it."""
    root = FakeRoot({"/h": stand_in(TEXT)})
    made = hives.Hives(Failing(root, failures), "/dev/sda1", lambda _path, write: write(), lambda *_change: None)
    return made.hive("/h", "for a test").key("a"), made


def code(call):
    with pytest.raises(GuestconvError) as caught:
        call()
    assert caught.value.message.endswith(".")
    return caught.value.code


def test_what_hivex_does_not_understand_is_malformed():
    assert code(lambda: opened(hivex_node_get_child=CallFailed)) == "registry-malformed"
    assert code(lambda: opened(hivex_root=CallFailed)) == "registry-malformed"
    key, _made = opened(hivex_node_children=CallFailed, hivex_node_values=CallFailed, hivex_value_value=CallFailed)
    for call in (key.keys, key.values, lambda: key.value("v")):
        assert code(call) == "registry-malformed"


def test_what_hivex_cannot_alter_or_write_is_an_error():
    failures = ("hivex_node_set_value", "hivex_node_add_child", "hivex_node_delete_child")
    key, _made = opened(**dict.fromkeys(failures, CallFailed))
    for call in (lambda: key.set("v", registry.dword(2)), lambda: key.create("new"), key.delete):
        assert code(call) == "registry-not-written"
    key, made = opened(hivex_commit=CallFailed)
    key.set("v", registry.dword(2))
    assert code(made.save) == "registry-not-written"


@pytest.mark.parametrize("failure", [CallFailed, TextNotUtf8])
def test_a_key_with_a_name_that_is_no_text_is_left_out(failure):
    key, _made = opened(hivex_node_name=failure)
    assert key.keys() == []


def test_what_is_not_there_any_more_is_an_error():
    key, _made = opened()
    below = key.key("b")
    key.delete()
    assert code(below.values) == "registry-malformed"


@pytest.mark.parametrize("most, call", [("MOST_KEYS", "keys"), ("MOST_DELETED", "delete")])
def test_keys_are_bounded(monkeypatch, most, call):
    key, _made = opened()
    monkeypatch.setattr(hives, most, 1)
    assert code(getattr(key, call)) == "registry-malformed"
