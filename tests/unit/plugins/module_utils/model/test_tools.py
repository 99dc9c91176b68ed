# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to become of the tools of hypervisors: read from an option, a description or a policy."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.model import selection
from ansible_collections.virttools.guestconv.plugins.module_utils.model.policy import choose
from ansible_collections.virttools.guestconv.plugins.module_utils.model.tools import ToolsPolicy, policy_from
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.model.descriptions import (
    described as description,
)


def described(**tools):
    return {**description(), "tools": tools}


@pytest.mark.parametrize(
    "value, path",
    [
        ("remove", "tools"),
        ({"vmware": "purge"}, "tools.vmware"),
        ({"vmware": True}, "tools.vmware"),
        ({"vmware": ["remove"]}, "tools.vmware"),
        ({"qemu": "keep"}, "tools.qemu"),
        ({"qemu": None}, "tools.qemu"),
        ({3: "keep"}, "tools.3"),
        ({"remove_dependencies": "yes"}, "tools.remove_dependencies"),
    ],
)
def test_what_is_no_policy_for_tools_is_refused(value, path):
    with pytest.raises(GuestconvError) as caught:
        policy_from(value)
    assert (caught.value.code, caught.value.path) == ("tools-invalid", path)


def test_what_is_not_given_is_the_default():
    assert policy_from(None) == policy_from({"vmware": None}) == ToolsPolicy()
    policy = policy_from({"azure": "remove", "remove_dependencies": True})
    assert [policy.action(name) for name in ("vmware", "azure", "aws")] == ["remove", "remove", "disable"]
    assert policy.described(["azure", "vmware"]) == {"azure": "remove", "vmware": "remove", "remove_dependencies": True}


def test_the_tools_of_a_description_may_be_altered_and_nothing_else_of_them():
    assert selection.check(described(vmware="keep", remove_dependencies=True)).name == "kvm"
    with pytest.raises(GuestconvError) as caught:
        selection.check(described(vmware="away"))
    assert (caught.value.code, caught.value.path) == ("tools-invalid", "guest.tools.vmware")


def test_a_description_without_tools_is_of_an_earlier_version():
    assert selection.check({key: value for key, value in described().items() if key != "tools"}).name == "kvm"


@pytest.mark.parametrize(
    "rules, expected",
    [
        ([{"tools": {"vmware": "keep"}}], {"vmware": "keep", "azure": "disable", "remove_dependencies": False}),
        ([{"tools": {"*": "disable"}}], {"vmware": "disable", "azure": "disable", "remove_dependencies": False}),
        (
            [{"tools": {"*": "keep", "remove_dependencies": True}}, {"tools": {"az*": "remove"}}],
            {"vmware": "keep", "azure": "remove", "remove_dependencies": True},
        ),
        ([{"tools": {"hyperv": "keep"}}], {"vmware": "remove", "azure": "disable", "remove_dependencies": False}),
    ],
)
def test_a_policy_decides_about_the_tools_that_a_guest_has(rules, expected):
    guest = described(vmware="remove", azure="disable", remove_dependencies=False)
    assert choose(guest, rules)["tools"] == expected
    assert guest["tools"]["vmware"] == "remove"


def test_a_policy_for_tools_adds_none_to_a_guest_without_tools():
    assert choose(described(), {"tools": {"*": "keep", "remove_dependencies": True}})["tools"] == {}


@pytest.mark.parametrize("tools", [{"qemu": "keep"}, {"vmware": "purge"}, {"*": None}, {"remove_dependencies": 1}])
def test_a_policy_for_tools_is_checked_in_every_guest(tools):
    with pytest.raises(GuestconvError) as caught:
        choose(described(), {"tools": tools})
    assert caught.value.code == "tools-invalid" and caught.value.path.startswith("policy 1, rule 1.tools")
