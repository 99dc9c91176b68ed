# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of aspects: what each declares holds, and a mistake in it is an error."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.systems import SYSTEMS, order


def aspect(name, inspect=(), convert=()):
    return SimpleNamespace(NAME=name, INSPECT_AFTER=inspect, CONVERT_AFTER=convert)


def names(aspects):
    return [each.NAME for each in aspects]


def test_each_comes_after_those_that_it_names_and_else_the_order_stays():
    aspects = [aspect("a", convert=("c", "b")), aspect("b"), aspect("c", convert=("d",)), aspect("d", inspect=("a",))]
    assert names(order.inspection(aspects)) == ["a", "b", "c", "d"]
    assert names(order.conversion(aspects)) == ["d", "c", "b", "a"]


@pytest.mark.parametrize(
    "convert, message",
    [(("b",), "wait for each other: a > b > a"), (("a",), "a > a"), (("nobody",), "a names the aspect nobody")],
)
def test_a_circle_and_an_unknown_name_are_errors(convert, message):
    aspects = [aspect("a", convert=convert), aspect("b", convert=("a",) if convert == ("b",) else ())]
    with pytest.raises(ValueError, match=message):
        order.conversion(aspects)


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.NAME)
def test_the_aspects_of_every_system_can_be_ordered_both_ways(system):
    for ordered, declared in ((order.inspection, "INSPECT_AFTER"), (order.conversion, "CONVERT_AFTER")):
        found = ordered(system.ASPECTS)
        assert sorted(names(found)) == sorted(names(system.ASPECTS))
        for position, each in enumerate(found):
            assert set(getattr(each, declared)) <= set(names(found[:position]))
