# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import copy
import json
import pathlib

import jsonschema
import pytest

HERE = pathlib.Path(__file__).parent
SCHEMA = json.loads((HERE.parents[1] / "docs" / "guest.schema.json").read_text(encoding="utf-8"))
FIXTURE = HERE / "plugins" / "module_utils" / "fixtures" / "description_debian12_vmware.json"
DESCRIPTION = json.loads(FIXTURE.read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

# The keys of the contract, `*` for the keys of a mapping and `[]` for the items of a list. Add to them; take none away.
CONTRACT = """
schema fingerprint checksum checksums.* target convertible
concerns.[].code concerns.[].severity concerns.[].message concerns.[].hint
concerns.[].root concerns.[].device concerns.[].path
hardware.firmware hardware.interfaces.[].mac hardware.interfaces.[].addresses.[] hardware.interfaces.[].driver
hardware.cpus hardware.memory hardware.disks.[].controller hardware.disks.[].boot_order
hardware.disks.[].serial hardware.disks.[].wwn hardware.disks.[].bus hardware.disks.[].controller_number
hardware.disks.[].unit hardware.disks.[].storage
boot.firmware boot.loaders.*.type boot.loaders.*.name transform.[]
roots.*.info.hostname roots.*.info.os roots.*.info.distribution roots.*.info.product_name
roots.*.info.version.major roots.*.info.version.minor roots.*.info.arch roots.*.info.package_format
roots.*.info.package_management roots.*.info.init roots.*.info.mountpoints.* roots.*.info.source
roots.*.info.identity
roots.*.info.applications.[].name roots.*.info.applications.[].version roots.*.info.applications.[].release
roots.*.kernels.[].version roots.*.kernels.[].default roots.*.kernels.[].initrd roots.*.kernels.[].drivers.*
devices.network.*.driver devices.block.*.driver devices.graphics.*.driver devices.console.*.driver
current.network.*.driver current.network.*.mac current.network.*.mac_learnt_from current.network.*.addresses.[]
current.network.*.gateway current.network.*.method
current.network.*.configured_by.[].file current.network.*.configured_by.[].kind
current.block.*.driver current.block.*.size current.block.*.format current.block.*.bus current.block.*.position
current.block.*.name_on_target.* current.graphics.*.driver
current.console.*.driver current.console.*.kernel_arguments.[]
tools.vmware tools.azure tools.remove_dependencies
choices.network.*.driver.[] choices.block.*.driver.[] choices.graphics.*.driver.[] choices.console.*.driver.[]
unavailable.network.*.* unavailable.block.*.* unavailable.graphics.*.* unavailable.console.*.*
""".split()


def subschema(path):
    """The schema of what stands at `path` of a description; KeyError where the schema has no such place."""
    schema = SCHEMA
    for step in path.split("."):
        while "$ref" in schema:
            schema = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
        below = {"*": "additionalProperties", "[]": "items"}.get(step)
        schema = schema[below] if below else schema["properties"][step]
    return schema


def altered(path, *value):
    """The description with another value at `path` (a list of keys), or without that key."""
    description = copy.deepcopy(DESCRIPTION)
    place = description
    for step in path[:-1]:
        place = place[step]
    if value:
        place[path[-1]] = value[0]
    else:
        del place[path[-1]]
    return description


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_a_description_validates():
    VALIDATOR.validate(DESCRIPTION)


@pytest.mark.parametrize("path", CONTRACT)
def test_the_schema_keeps_what_the_contract_has(path):
    assert isinstance(subschema(path), dict)


INFO = ["roots", "/dev/sda1", "info"]
KERNEL = ["roots", "/dev/sda1", "kernels", 0]
NIC = ["network", "ens192"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["roots"], {}),
        (["devices", "network"], {}),
        (["hardware"], {}),
        (["hardware"], {"cpus": 2, "memory": 4096, "disks": [{"controller": "pvscsi", "boot_order": 1}, {}]}),
        ([*INFO, "hostname"], None),
        ([*INFO, "version", "minor"], None),
        ([*KERNEL, "drivers", "ahci"], "builtin"),
        (["boot", "firmware"], "unknown"),
        (["boot", "loaders", "sda"], {"type": None, "name": None}),
        (["current", *NIC, "mac"], None),
        (["current", *NIC, "something_new"], [1]),
        (["choices", *NIC, "driver"], []),
    ],
)
def test_a_description_with_something_unknown_or_empty_validates(path, value):
    VALIDATOR.validate(altered(path, value))


@pytest.mark.parametrize(
    "path",
    [
        *([key] for key in DESCRIPTION if key != "hardware"),
        *(
            [section, kind]
            for section in ("devices", "current", "choices", "unavailable")
            for kind in ("network", "block", "graphics", "console")
        ),
        ["concerns", 0, "code"],
        ["concerns", 0, "hint"],
        ["boot", "firmware"],
        ["boot", "loaders", "sda", "name"],
        [*INFO],
        [*INFO, "hostname"],
        [*INFO, "version", "minor"],
        [*KERNEL, "initrd"],
        ["devices", *NIC, "driver"],
        ["choices", *NIC, "driver"],
    ],
    ids=str,
)
def test_a_description_without_a_required_key_is_invalid(path):
    assert not VALIDATOR.is_valid(altered(path))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["colour"], "red"),
        (["schema"], 2),
        (["schema"], "1"),
        (["schema"], True),
        (["fingerprint"], "sha256:abc"),
        (["checksum"], None),
        (["target"], ""),
        (["convertible"], "true"),
        (["convertible"], 1),
        (["concerns"], {}),
        (["concerns", 0, "code"], "NotKebab"),
        (["concerns", 0, "severity"], "fatal"),
        (["concerns", 0, "message"], ""),
        (["concerns", 0, "colour"], "red"),
        (["hardware", "interfaces", 0, "mac"], 5056),
        (["hardware", "colour"], "red"),
        (["hardware", "memory"], "8 GiB"),
        (["hardware", "disks"], [{"path": "/a.qcow2"}]),
        (["boot", "firmware"], "coreboot"),
        (["boot", "loaders", "/dev/sda"], {"type": "bios", "name": "grub2"}),
        (["boot", "loaders", "sda"], "grub2"),
        (["transform"], None),
        (["roots"], []),
        (["roots", ""], DESCRIPTION["roots"]["/dev/sda1"]),
        ([*INFO, "colour"], "red"),
        ([*INFO, "version", "major"], "12"),
        ([*INFO, "mountpoints", "swap"], "/dev/sda5"),
        ([*INFO, "applications", 0, "name"], None),
        ([*KERNEL, "default"], None),
        ([*KERNEL, "drivers"], ["ahci"]),
        (["devices", "tape"], {}),
        (["devices", "network"], [{"id": "ens192"}]),
        (["devices", "network", "not-an-identifier"], {"driver": "e1000"}),
        (["devices", *NIC, "driver"], 7),
        (["devices", *NIC, "policy"], "guess"),
        (["devices", *NIC, "colour"], "red"),
        (["devices", *NIC], "e1000"),
        (["current", *NIC, "addresses"], ["10.0.2.15"]),
        (["current", *NIC, "configured_by"], ["/etc/network/interfaces"]),
        (["current", "block", "sda", "size"], -1),
        (["current", "block", "sda", "format"], "iso"),
        (["current", "console", "console", "kernel_arguments"], "console=ttyS0"),
        (["choices", *NIC, "driver"], ["e1000", "e1000"]),
        (["choices", *NIC, "driver"], "e1000"),
        (["unavailable", *NIC, "vmxnet3"], ""),
        (["unavailable", *NIC, "vmxnet3"], None),
    ],
    ids=str,
)
def test_a_broken_description_is_invalid(path, value):
    assert not VALIDATOR.is_valid(altered(path, value))
