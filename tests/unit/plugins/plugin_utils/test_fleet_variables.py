# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with variables of a fleet, as hostvars has them."""

from __future__ import annotations

from collections import UserDict

import pytest
from ansible.errors import AnsibleUndefinedVariable

from ansible_collections.virttools.guestconv.plugins.plugin_utils.fleet_variables import KNOWN, problems

TWO = {"guestconv_conversion_hosts": ["conv1", "conv2"]}


def found(variables, machine=None, groups=None):
    """What is wrong with a guest web01 that has the variables; machine: those of the conversion host conv1."""
    groups = TWO if groups is None else groups
    hosts = {"web01": variables, "conv1": machine or {}, "conv2": {}}
    return problems(["web01", "conv1"], hosts, groups)


def test_good_variables_are_no_problem():
    assert (
        found(
            {
                "own": 1,
                "guestconv_source": "/srv/web01.vmx",
                "guestconv_target": "vmware",
                "guestconv_platform": "libvirt",
                "guestconv_verify": "False",
                "guestconv_keys": [],
                "guestconv_expect": None,
                "guestconv_devices_all": [
                    {"when": {}, "network": {}, "block": {}, "graphics": {}, "console": {}, "tools": {}}
                ],
                "guestconv_devices_host": {"network": {"*": {"driver": "e1000e"}}},
                "guestconv_source_copies": "2",
                "guestconv_conversion_host": "conv2",
            },
            machine={"guestconv_slots": {"count": 2}},
            groups={**TWO, "guestconv_source_vmx": [], "guestconv_guests": [], "guestconv_linux": [], "all": []},
        )
        == []
    )
    assert found(dict.fromkeys(KNOWN), groups={}) == []


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        (
            {"guestconv_platfrom": "libvirt"},
            "guestconv_platfrom is set for web01, but the collection has no such variable. Did you mean guestconv_platform?",
        ),
        (
            {"guestconv_memory": 4},
            "guestconv_memory is set for web01, but the collection has no such variable. docs/fleet.md lists the variables.",
        ),
        ({"guestconv_hardware": "memory=2048"}, "guestconv_hardware of web01 must be a dictionary."),
        ({"guestconv_keys": "secret"}, "guestconv_keys of web01 must be a list."),
        ({"guestconv_keys": {"key": "secret"}}, "guestconv_keys of web01 must be a list."),
        (
            {"guestconv_devices_group": [{}, "network"]},
            "guestconv_devices_group of web01 must be a list of rules, and a rule is a dictionary.",
        ),
        (
            {"guestconv_devices_group": "network"},
            "guestconv_devices_group of web01 must be a list of rules, and a rule is a dictionary.",
        ),
        (
            {"guestconv_devices_all": {"netwrok": {}}},
            "guestconv_devices_all of web01 has a rule with the key netwrok, but known are when, network, block, graphics, "
            "console, tools.",
        ),
        (
            {"guestconv_platform": "libvrt"},
            "guestconv_platform of web01 is libvrt, but must be one of none, libvirt, kubevirt, openstack, proxmox.",
        ),
        ({"guestconv_verify": "flase"}, "guestconv_verify of web01 is flase, but must be true or false."),
        (
            {"guestconv_source_copies": "many"},
            "guestconv_source_copies of web01 is many, but must be at least 2: one for each conversion host.",
        ),
        (
            {"guestconv_source_copies": 2, "guestconv_conversion_host": "conv9"},
            "guestconv_conversion_host of web01 is conv9, but must be one of conv1, conv2, among which guestconv_source_copies "
            "is divided.",
        ),
    ],
)
def test_each_problem_is_a_sentence(variables, sentence):
    assert found(variables) == [sentence]


def test_a_variable_of_a_group_is_one_sentence_for_all_of_its_hosts():
    guests = [f"web{number}" for number in range(500)]
    hosts = {name: {"guestconv_verify": "flase"} for name in guests}
    assert problems(guests, hosts, {}) == ["guestconv_verify of web0 and 499 more is flase, but must be true or false."]


def test_a_misspelt_group_of_conversion_hosts_is_named():
    (sentence,) = found({}, groups={"guestconv_conversion_host": ["conv1"], "guestconv_unread": []})
    assert sentence.startswith("The inventory has the group guestconv_conversion_host, which ")


def test_a_group_within_that_of_the_conversion_hosts_is_not_a_misspelt_one():
    assert found({}, groups={**TWO, "guestconv_conversion_hosts_1": ["conv1"]}) == []
    assert len(found({}, groups={**TWO, "guestconv_conversion_hosts_1": ["conv1", "conv9"]})) == 1


@pytest.mark.parametrize("name", ["web/01", ".", ".."])
def test_a_name_that_cannot_be_that_of_a_file_is_a_problem(name):
    (sentence,) = problems([name], {name: {}}, {})
    assert sentence.startswith(f"{name} is the name of a guest, but cannot be the name of a file: ")


class Templated(UserDict):
    """Variables of which some are made of others that are not set yet."""

    def __getitem__(self, name):
        if self.data[name] == "{{ later }}":
            raise AnsibleUndefinedVariable("'later' is undefined")
        return self.data[name]


def test_what_is_made_of_variables_that_are_not_set_yet_is_left_to_ansible():
    variables = Templated(guestconv_hardware="{{ later }}", guestconv_verify="{{ later }}")
    assert problems(["web01"], {"web01": variables}, {}) == []


@pytest.mark.parametrize("name", ["guestconv_hardware", "guestconv_keys", "guestconv_devices_all", "guestconv_target"])
def test_a_template_that_hostvars_leaves_as_it_is_is_left_to_ansible(name):
    assert found({name: "{{ later }}"}) == []
    assert found({"guestconv_devices_host": [{}, "{{ later }}"]}) == []
