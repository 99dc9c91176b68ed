# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is there for AWX, by AWX's own means: ansible-builder, and the argument specs of the collection awx.awx."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess

import pytest
import yaml

from tests.end_to_end.conftest import CACHE, ROOT, ansible_command

AWX = ROOT / "extensions" / "awx"
ENVIRONMENT = AWX / "execution-environment.yml"
TEMPLATES = AWX / "job_templates.yml"
PLAYS = yaml.safe_load(TEMPLATES.read_text(encoding="utf-8"))
VARIABLES = PLAYS[0]["vars"]
TASKS = {name: task[name] for task in PLAYS[0]["tasks"] for name in task if name.startswith("awx.awx.")}


def run(*command):
    """What the command prints. awx.awx is at hand."""
    places = f"{os.environ['ANSIBLE_COLLECTIONS_PATH']}:{CACHE / 'community'}"
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": places}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def builder(*arguments):
    """Run ansible-builder. Returns what it prints."""
    return run(str(CACHE / "builder" / "bin" / "ansible-builder"), *map(str, arguments))


def packages(path):
    """The names in a list for bindep, for distributions with RPMs."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {line.split()[0] for line in lines if line.split() and "platform:dpkg" not in line}


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    """The context of a build, as the commands at the head of our definition make it."""
    clone = tmp_path_factory.mktemp("builder")
    (clone / "extensions").mkdir()
    shutil.copytree(AWX, clone / "extensions" / "awx")
    run(ansible_command("ansible-galaxy"), "collection", "build", str(ROOT), "--output-path", str(clone))
    definition = clone / ENVIRONMENT.relative_to(ROOT)
    builder("create", "-f", definition, "-c", clone / "context", "--output-filename", "Containerfile")
    return clone / "context"


def test_the_environment_has_the_collections_and_a_python_that_runs_them(context, tmp_path):
    ours, community = yaml.safe_load((context / "_build" / "requirements.yml").read_text("utf-8"))["collections"]
    assert community["name"] == "community.libvirt"
    # As the image does it, in the directory that it gets the files in.
    (context / "_build" / "ours.yml").write_text(json.dumps({"collections": [ours]}), encoding="utf-8")
    command = [ansible_command("ansible-galaxy"), "collection", "install", "-r", "ours.yml", "-p", str(tmp_path)]
    # Elsewhere it is installed already.
    empty = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(tmp_path), "PYTHONPATH": ""}
    subprocess.run(command, cwd=context / "_build", env=empty, capture_output=True, check=True)
    assert (tmp_path / "ansible_collections" / "virttools" / "guestconv" / "playbooks" / "migrate.yml").is_file()
    recipe = (context / "Containerfile").read_text(encoding="utf-8")
    assert "python3.12" in recipe and "ansible-core>=2.16" in recipe and "ansible-runner" in recipe


def test_its_packages_are_those_of_the_definition_and_of_the_collection(context, tmp_path):
    # In a build this looks at the collections that were installed; ours is laid out as if it were.
    place = tmp_path / "ansible_collections" / "virttools" / "guestconv"
    place.parent.mkdir(parents=True)
    place.symlink_to(ROOT, target_is_directory=True)
    pip, bindep = tmp_path / "pip", tmp_path / "bindep"
    lists = ("--user-bindep", context / "_build" / "bindep.txt", "--write-pip", pip, "--write-bindep", bindep)
    builder("introspect", tmp_path, *lists)
    # What a conversion host of this family has, the environment has too; and what the controller's part needs.
    of_a_host = yaml.safe_load((ROOT / "roles" / "conversion_host" / "vars" / "RedHat.yml").read_text(encoding="utf-8"))
    assert packages(bindep) == {*of_a_host["conversion_host_packages"], "openssh-clients"}
    assert packages(pip) == {"lxml"}


def test_the_templates_are_a_playbook():
    run(ansible_command("ansible-playbook"), "--syntax-check", str(TEMPLATES))


@pytest.mark.parametrize("module", TASKS)
def test_each_argument_is_one_that_the_module_takes(module):
    options = json.loads(run(ansible_command("ansible-doc"), "-j", module))[module]["doc"]["options"]
    assert list(unknown(TASKS[module], options)) == []


def unknown(given, options, path=""):
    """Yield the path of each argument that is no option, or none of its choices, or is missing."""
    names = {**options, **{alias: option for option in options.values() for alias in option.get("aliases", ())}}
    for name, value in given.items():
        option = names.get(name)
        if option is None:
            yield f"{path}{name}"
        elif "choices" in option and "{{" not in value and value not in option["choices"]:
            yield f"{path}{name}={value}"
        elif "suboptions" in option:
            for item in value if isinstance(value, list) else [value]:
                yield from unknown(item, option["suboptions"], f"{path}{name}.")
    required = {name for name, option in options.items() if option.get("required")}
    yield from (f"{path}{name} is missing" for name in sorted(required - given.keys()))


def test_the_nodes_of_the_workflow_lead_from_inspection_by_approval_to_migration():
    nodes = {node["identifier"]: node for node in TASKS["awx.awx.workflow_job_template"]["workflow_nodes"]}
    leads = {
        name: [following["identifier"] for way in node.get("related", {}).values() for following in way]
        for name, node in nodes.items()
    }
    assert leads == {
        "inspect": ["try"],
        "try": ["plan"],
        "plan": ["approve"],
        "approve": ["migrate"],
        "migrate": ["compare"],
        "compare": [],
    }
    assert nodes["approve"]["unified_job_template"]["type"] == "workflow_approval"
    # Nothing is migrated that nobody approved of.
    assert list(nodes["approve"]["related"]) == ["success_nodes"]
    # AWX says that the workflow was successful if what follows a job that failed does so always.
    assert list(nodes["migrate"]["related"]) == ["success_nodes"]
    names = {template["name"] for template in VARIABLES["templates"]}
    jobs = ("inspect", "try", "plan", "migrate", "compare")
    assert {nodes[name]["unified_job_template"]["name"] for name in jobs} == names


def test_what_is_tried_is_tried_in_check_mode():
    assert {template["name"]: template["check"] for template in VARIABLES["templates"]} == {
        "guestconv: plan": False,
        "guestconv: inspect": False,
        "guestconv: try": True,
        "guestconv: migrate": False,
    }


def test_a_plan_is_made_by_one_job_because_slices_would_write_to_one_file():
    assert [template["name"] for template in VARIABLES["templates"] if not template["slices"]] == ["guestconv: plan"]


def test_the_projects_playbooks_are_ours_and_the_templates_name_them():
    files = {path.name for path in (AWX / "project").glob("*.yml")}
    assert {template["playbook"] for template in VARIABLES["templates"]} <= files
    for name in sorted(files):
        run(ansible_command("ansible-playbook"), "--syntax-check", str(AWX / "project" / name))


def test_the_survey_asks_for_variables_that_the_playbooks_take_and_the_documentation_has():
    files = [path for place in ("playbooks", "roles") for path in (ROOT / place).rglob("*.yml")]
    playbooks = "".join(path.read_text(encoding="utf-8") for path in files)
    documented = (ROOT / "docs" / "fleet.md").read_text(encoding="utf-8")
    surveys = ("survey", "survey_of_plan")
    assert {template["survey"].strip("{ }") for template in VARIABLES["templates"]} == set(surveys)
    variables = [question["variable"] for survey in surveys for question in VARIABLES[survey]["spec"]]
    variables += TASKS["awx.awx.job_template"]["extra_vars"]
    assert len(variables) > 1
    for variable in variables:
        assert re.search(rf"\b{variable}\b", playbooks) and f"`{variable}`" in documented, variable
