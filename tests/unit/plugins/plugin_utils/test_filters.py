# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a filter is given, it ends with a sentence and a code."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleError, AnsibleFilterError
from jinja2 import UndefinedError

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import in_text
from ansible_collections.virttools.guestconv.plugins.plugin_utils.filters import as_filter


def names(guests, first="web01"):
    return [guest["name"] for guest in guests] or [first]


@pytest.mark.parametrize(
    "arguments, options, said",
    [
        ([], {}, "guests"),
        ([[]], {"last": "web01"}, "last"),
        ([["web01"]], {}, "TypeError"),
        ([[{}]], {}, "KeyError: 'name'"),
    ],
)
def test_arguments_of_another_form_are_refused(arguments, options, said):
    with pytest.raises(AnsibleFilterError) as caught:
        as_filter("names", names)(*arguments, **options)
    error = in_text.from_text(str(caught.value))
    assert error.code == "argument-invalid"
    assert said in error.message and error.hint


@pytest.mark.parametrize("error", [UndefinedError("'web_net' is undefined"), AnsibleError("'web_net' is undefined")])
def test_what_ansible_says_of_a_variable_is_left_to_it(error):
    def guests(names):
        raise error

    with pytest.raises(type(error)) as caught:
        as_filter("guests", guests)(["web01"])
    assert caught.value is error


def test_what_a_filter_returns_is_returned():
    assert as_filter("names", names)([{"name": "db01"}]) == ["db01"]
