# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters that define a virtual machine: documented as they are, and usable as documented."""

from __future__ import annotations

import importlib
import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from tests import contract
from tests.contract import COLLECTION, ROOT
from tests.unit.plugins.module_utils.platforms.samples import CONVERTED

FILTERS = ("kubevirt_vm", "libvirt_domain", "openstack_image_properties", "proxmox_vm")
TEMPLATE = re.compile(r"\{{\{{.*?virttools\.guestconv\.({}).*\}}\}}\s*".format("|".join(FILTERS)), re.DOTALL)


def plugin(name):
    """The module of the filter called name, imported."""
    return importlib.import_module(f"{COLLECTION}.filter.{name}")


def function(name):
    """The filter itself."""
    return plugin(name).FilterModule().filters()[name]


def documentation(name):
    """DOCUMENTATION of the filter called name, with the options of the fragment that it extends."""
    return contract.merged(yaml.safe_load(plugin(name).DOCUMENTATION))


def templates_in(value):
    """Yield the templates in value (of YAML) that use one of our filters."""
    if isinstance(value, str) and TEMPLATE.fullmatch(value):
        yield value
    elif isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from templates_in(part)


def documented_templates():
    """{where: template} of every template with one of our filters that the documentation shows."""
    pieces = {name: plugin(name).EXAMPLES for name in FILTERS}
    text = (ROOT / "docs" / "targets.md").read_text("utf-8")
    for number, piece in enumerate(re.findall(r"^```yaml\n(.*?)^```", text, re.S | re.M)):
        pieces[f"targets.md {number}"] = piece
    return {
        f"{where} {number}": template
        for where, piece in pieces.items()
        for number, template in enumerate(templates_in(yaml.safe_load(piece)))
    }


TEMPLATES = documented_templates()


@pytest.fixture(scope="module", name="evaluated")
def templates_evaluated_by_ansible(tmp_path_factory):
    """{where: value} of TEMPLATES, as a playbook has them after a conversion."""
    folder = tmp_path_factory.mktemp("examples")
    # Some speak of a second network card, and no two can be on the pods' network.
    second = {"name": "ens224", "driver": "e1000", "mac": "00:50:56:aa:bb:cd"}
    both = {**CONVERTED, "interfaces": [*CONVERTED["interfaces"], second]}
    tasks = [
        write_task(folder / "one", CONVERTED, {key: each for key, each in TEMPLATES.items() if "ens224" not in each}),
        write_task(folder / "two", both, {key: each for key, each in TEMPLATES.items() if "ens224" in each}),
    ]
    playbook = folder / "playbook.yml"
    playbook.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), "utf-8")
    collections = Path(importlib.import_module(f"{COLLECTION}.module_utils.errors").__file__).parents[5]
    program = Path(sys.executable).with_name("ansible-playbook")
    done = subprocess.run(
        [program, playbook, "-e", f"ansible_python_interpreter={sys.executable}"],
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(collections)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return {where: value for name in ("one", "two") for where, value in json.loads((folder / name).read_text()).items()}


def write_task(path, hardware, templates):
    """A task that writes what templates are evaluated to, when hardware is what a conversion returned."""
    variables = {"converted": {"hardware": hardware, "disks": ["/images/web01.qcow2"]}, "evaluated": templates}
    copy = {"content": "{{ evaluated | to_json }}", "dest": str(path), "mode": "0600"}
    return {"name": path.name, "ansible.builtin.copy": copy, "vars": variables}


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_has_the_name_of_its_file(name):
    assert list(plugin(name).FilterModule().filters()) == [name]
    assert documentation(name)["name"] == name


@pytest.mark.parametrize("name", FILTERS)
def test_the_documented_options_are_those_of_the_filter(name):
    options = documentation(name)["options"]
    assert options.pop("_input")["required"] is True
    parameters = dict(inspect.signature(function(name)).parameters)
    del parameters["hardware"]
    assert set(options) == set(parameters)
    for key, parameter in parameters.items():
        assert options[key].get("required", False) is (parameter.default is parameter.empty), key
        assert options[key].get("default") == (None if parameter.default is parameter.empty else parameter.default), key


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_is_shown_in_its_own_examples(name):
    assert any(where.startswith(name) and f".{name}" in template for where, template in TEMPLATES.items())


@pytest.mark.parametrize("where", TEMPLATES)
def test_what_an_example_makes_is_what_its_platform_takes(evaluated, where):
    name = TEMPLATE.fullmatch(TEMPLATES[where]).group(1)
    value = evaluated[where]
    if name == "libvirt_domain":
        assert value.startswith("<domain ") and "/images/web01.qcow2" in value
    elif name == "kubevirt_vm":
        assert value.get("spec", {}).get("template", {}).get("spec", value)["domain"]["machine"] == {"type": "q35"}
    elif name == "openstack_image_properties":
        assert value["hw_disk_bus"] == "virtio"
    else:
        assert value["virtio"] == {"virtio0": "local-lvm:0,import-from=/images/web01.qcow2"}


@pytest.mark.parametrize("name", FILTERS)
def test_what_is_wrong_is_told_as_an_error_of_the_filter(name):
    needed = {"name": "web01", "disks": ["/images/a.raw"], "volumes": ["a"]}
    parameters = inspect.signature(function(name)).parameters
    options = {key: value for key, value in needed.items() if key in parameters}
    with pytest.raises(AnsibleFilterError) as caught:
        function(name)({"disks": [{"driver": "floppy"}]}, **options)
    expected = (
        f"virttools.guestconv.{name}: hardware.disks[0].driver: 'floppy' is not known here. (hardware-invalid) Allowed:"
    )
    assert str(caught.value).startswith(expected)


@pytest.mark.parametrize("name", FILTERS)
def test_an_option_that_does_not_exist_is_told_with_those_that_do(name):
    with pytest.raises(AnsibleFilterError) as caught:
        function(name)(CONVERTED, colour="red")
    for option in inspect.signature(function(name)).parameters:
        assert option in str(caught.value)
