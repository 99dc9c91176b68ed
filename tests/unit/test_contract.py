# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contract only grows, and is recorded."""

from __future__ import annotations

import copy
import json

import pytest

from tests import contract


def test_nothing_of_the_recorded_contract_is_lost_or_changed():
    assert contract.breaches(contract.recorded(), contract.current()) == []


def test_what_the_contract_has_is_recorded():
    # JSON has no tuples.
    current = json.loads(json.dumps(contract.current()))
    assert contract.recorded() == current, "the contract grew: run script/record-contract"


def test_options_that_a_fragment_documents_are_part_of_the_contract():
    options = contract.current()["filters"]["libvirt_domain"]["options"]
    assert options["name"] == {"required": True, "type": "str"} and options["tpm"]["type"] == "bool"


OLD = {
    "modules": {
        "look": {
            "options": {
                "disks": {"type": "list", "required": True},
                "target": {"type": "str", "choices": ["kvm"], "default": "kvm"},
            },
            "returns": {"guest": {"type": "dict"}},
        }
    },
    "roles": {"move": {"options": {"move_wave": {"type": "int"}}, "returns": {}}},
    "codes": {"disk-busy": {"kinds": ["error"], "retryable": True}, "nic-unknown": {"kinds": ["concern"]}},
    "guest": {"devices": {"type": "object", "required": True}, "boot.firmware": {"choices": ["bios"]}},
}
OPTIONS = ("modules", "look", "options")


def altered(*path, value=None):
    """OLD with another value at path; without what stands there when there is no value."""
    new = copy.deepcopy(OLD)
    place = new
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return new


@pytest.mark.parametrize(
    "new",
    [
        OLD,
        altered("modules", "alter", value={"options": {"disks": {"type": "str", "required": True}}, "returns": {}}),
        altered(*OPTIONS, "depth", value={"type": "int"}),
        altered(*OPTIONS, "target", "choices", value=["kvm", "xen"]),
        altered(*OPTIONS, "target", "aliases", value=["to"]),
        altered(*OPTIONS, "disks", "required"),
        altered("modules", "look", "returns", "xml", value={"type": "str"}),
        altered("codes", "disk-empty", value={"kinds": ["error"]}),
        altered("codes", "nic-unknown", "kinds", value=["concern", "error"]),
        altered("guest", "boot", value={"type": "object", "required": True}),
        altered("guest", "boot.firmware", "choices", value=["bios", "uefi"]),
    ],
)
def test_a_contract_may_grow(new):
    assert contract.breaches(OLD, new) == []


def test_an_option_for_a_path_may_take_other_things_as_well_but_not_the_other_way_round():
    assert not contract._changed("", {"dest": {"type": "path"}}, {"dest": {"type": "raw"}}, may_require=False)
    assert contract._changed("", {"dest": {"type": "raw"}}, {"dest": {"type": "path"}}, may_require=False)
    assert contract._changed("", {"path": {"type": "path"}}, {"path": {"type": "raw"}}, may_require=True)
    assert not contract._changed("", {"keys": {"elements": "dict"}}, {"keys": {"elements": "raw"}}, may_require=False)
    assert contract._changed("", {"keys": {"elements": "raw"}}, {"keys": {"elements": "dict"}}, may_require=False)
    assert contract._changed("", {"keys": {"elements": "dict"}}, {"keys": {"elements": "raw"}}, may_require=True)


@pytest.mark.parametrize(
    ("new", "breach"),
    [
        (altered("modules", "look"), "look is gone, which was one of the modules"),
        (altered(*OPTIONS, "target"), "look: option target is gone"),
        (altered(*OPTIONS, "depth", value={"type": "int", "required": True}), "look: option depth is new and required"),
        (altered(*OPTIONS, "target", "required", value=True), "look: option target: required was None, is True"),
        (altered(*OPTIONS, "target", "default", value="xen"), "look: option target: default was 'kvm', is 'xen'"),
        (altered(*OPTIONS, "target", "choices", value=["xen"]), "look: option target: choices was ['kvm'], is ['xen']"),
        (altered(*OPTIONS, "disks", "type", value="raw"), "look: option disks: type was 'list', is 'raw'"),
        (altered(*OPTIONS, "disks", "choices", value=["sda"]), "look: option disks: choices was None, is ['sda']"),
        (
            altered("modules", "look", "returns", "guest", "type", value="str"),
            "look: result guest: type was 'dict', is 'str'",
        ),
        (altered("roles"), "move is gone, which was one of the roles"),
        (
            altered("roles", "move", "options", "move_wave", "type", value="str"),
            "move: option move_wave: type was 'int', is 'str'",
        ),
        (altered("codes", "disk-busy"), "code disk-busy is gone"),
        (altered("codes", "disk-busy", "retryable"), "code disk-busy: retryable was True, is None"),
        (altered("codes", "nic-unknown", "retryable", value=True), "code nic-unknown: retryable was None, is True"),
        (
            altered("codes", "nic-unknown", "kinds", value=["error"]),
            "code nic-unknown: kinds was ['concern'], is ['error']",
        ),
        (altered("guest", "devices"), "guest.devices is gone"),
        (altered("guest", "devices", "required"), "guest.devices: required was True, is None"),
    ],
)
def test_a_breach_of_the_contract_is_found(new, breach):
    assert contract.breaches(OLD, new) == [breach]


def test_a_place_in_a_schema_is_found_behind_its_reference():
    schema = {
        "properties": {"disks": {"type": "object", "additionalProperties": {"$ref": "#/$defs/disk"}}},
        "$defs": {
            "disk": {"required": ["size"], "properties": {"size": {"$ref": "#/$defs/size", "enum": [1, 2]}}},
            "size": {"type": "integer"},
        },
    }
    assert contract.flat_schema(schema) == {
        "disks": {"type": "object"},
        "disks.*": {},
        "disks.*.size": {"type": "integer", "choices": [1, 2], "required": True},
    }


def test_the_record_has_a_line_per_place():
    lines = contract.text(OLD).splitlines()
    assert json.loads("\n".join(lines)) == OLD
    assert '    "boot.firmware": {"choices": ["bios"]},' in lines
