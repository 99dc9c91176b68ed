# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the sources say is what the modules take."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.virttools.guestconv.plugins.module_utils.ansible_module.argument_specs import HARDWARE
from ansible_collections.virttools.guestconv.plugins.module_utils.disks import images
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.formats import probe
from ansible_collections.virttools.guestconv.plugins.module_utils.sources.kinds import libvirt_xml, ovf, vmx
from tests.contract import SCHEMA

FIXTURES = Path(__file__).parent / "kinds" / "fixtures"
PARSERS = {
    ".ovf": ovf.parse,
    ".vmx": lambda data, path: vmx.describe(vmx.parse(data), path),
    ".xml": libvirt_xml.parse,
}


@pytest.fixture(params=sorted(FIXTURES.iterdir()), ids=lambda path: path.name)
def description(request):
    return PARSERS[request.param.suffix](request.param.read_bytes(), str(request.param))


def test_the_hardware_is_accepted_by_the_modules(description):
    found = ArgumentSpecValidator({"hardware": HARDWARE}).validate({"hardware": description["hardware"]})
    assert found.error_messages == []


def test_the_hardware_has_its_place_in_the_description_of_the_guest(description):
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(
        {**schema, "$ref": "#/$defs/hardware", "properties": {}, "required": [], "additionalProperties": True}
    ).validate(description["hardware"])


def test_each_disk_has_a_name_of_its_own_and_a_place_in_the_hardware(description):
    disks = description["disks"]
    assert all(images._DEVICE.match(disk["device"]) for disk in disks)
    assert len({disk["device"] for disk in disks}) == len(disks) == len(description["hardware"]["disks"])
    assert {disk.get("format") for disk in disks} <= {*probe.SUPPORTED, None}
