# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documentation shows is what the modules accept, what it names exists, and its words are plain."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.virttools.guestconv.plugins.module_utils.model.policy import choose
from ansible_collections.virttools.guestconv.plugins.plugin_utils import fleet_variables
from tests.contract import ROOT, documentation, flat_options, module, module_names

PREFIX = "virttools.guestconv."
GROUP = f"group/{PREFIX}guestconv"
MODULES = module_names()
GUIDES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md")), *sorted(ROOT.glob("roles/*/README.md"))]
DESCRIPTION = ROOT / "tests/unit/plugins/module_utils/fixtures/description_debian12_vmware.json"

# The texts that users read, other than messages. Of Python files these are the documentation of plugins.
TEXTS = [
    *GUIDES,
    ROOT / "CHANGELOG.md",
    ROOT / "docs" / "guest.schema.json",
    *(path for place in ("roles", "playbooks", "extensions") for path in sorted(ROOT.glob(f"{place}/**/*.yml"))),
    *(path for path in sorted(ROOT.glob("script/*")) if path.suffix in ("", ".sh")),
    *(
        path
        for kind in ("modules", "filter", "inventory", "doc_fragments")
        for path in sorted(ROOT.glob(f"plugins/{kind}/[!_]*.py"))
    ),
]
# Of the word list in CONTRIBUTING.md, those words that no text needs.
UNPLAIN = re.compile(
    r"\b(told|said|besides?|behind|none of|so[ -]called|as such|anew|shall|whoever|nobody|of the guest's(?! \w)|redo(es|ne)?)\b",
    re.IGNORECASE,
)

# A key of a task that is none of these is its action.
KEYWORDS = frozenset(
    "name register when loop loop_control vars check_mode diff delegate_to failed_when changed_when until retries "
    "delay become ignore_errors ignore_unreachable tags no_log async poll environment throttle module_defaults "
    "run_once args notify".split()
)
BLOCKS = ("block", "rescue", "always")
TASK_LISTS = ("pre_tasks", "tasks", "post_tasks", "handlers")
TEMPLATE = re.compile(r"\{\{.*?\}\}", re.DOTALL)


def tasks_in(entries, defaults=None):
    """Yield (task, defaults) of entries, which are tasks or plays. defaults: the module_defaults that hold for it."""
    for entry in entries:
        inner = {**(defaults or {}), **entry.get("module_defaults", {}).get(GROUP, {})}
        lists = [entry[key] for key in (*BLOCKS, *TASK_LISTS) if key in entry]
        # A play may have nothing but roles.
        if not lists and "roles" not in entry:
            yield entry, inner
        for tasks in lists:
            yield from tasks_in(tasks, inner)


def action(task):
    """The one key of task that is its action."""
    actions = [key for key in task if key not in KEYWORDS]
    assert len(actions) == 1, f"not one action, but {actions} in {task}"
    return actions[0]


def stand_in(option):
    """A value that option (of an argument spec) accepts, for a template that stands for all of its value."""
    if option.get("choices"):
        return option["choices"][0]
    required = {name: stand_in(part) for name, part in (option.get("options") or {}).items() if part.get("required")}
    values = {"int": 1, "float": 1.0, "bool": True, "dict": required, "raw": {}, "path": "/x"}
    if option.get("type") == "list":
        return [stand_in({**option, "type": option.get("elements"), "elements": None})]
    return values.get(option.get("type"), "x")


def without_templates(value, option):
    """value as it could be once its templates are evaluated."""
    if isinstance(value, str) and TEMPLATE.fullmatch(value.strip()):
        return stand_in(option)
    if isinstance(value, str):
        return TEMPLATE.sub("x", value)
    if isinstance(value, list):
        return [without_templates(item, {**option, "type": option.get("elements")}) for item in value]
    if isinstance(value, dict):
        options = option.get("options") or {}
        return {key: without_templates(item, options.get(key, {})) for key, item in value.items()}
    return value


def errors(task, defaults, spec):
    """What is wrong with the arguments that task gives to a module with the argument spec spec."""
    given = without_templates({**defaults, **(task[action(task)] or {})}, {"options": spec})
    return ArgumentSpecValidator(spec).validate(given).error_messages


def examples():
    """Yield (where, tasks or plays) of every piece of YAML in the documentation, and of every playbook."""
    for name in MODULES:
        yield name, yaml.safe_load(module(name).EXAMPLES)
    for path in GUIDES:
        for number, piece in enumerate(re.findall(r"^```ya?ml\n(.*?)^```", path.read_text("utf-8"), re.S | re.M)):
            yield f"{path.relative_to(ROOT)} {number}", yaml.safe_load(piece)
    for path in sorted(ROOT.glob("playbooks/*.yml")):
        yield str(path.relative_to(ROOT)), yaml.safe_load(path.read_text("utf-8"))


def tasks_of_examples():
    """The parameters (task, defaults) of tests of every task in examples(), with their ids."""
    for where, entries in examples():
        if isinstance(entries, list):
            for number, (task, defaults) in enumerate(tasks_in(entries)):
                yield pytest.param(task, defaults, id=f"{where}: {task.get('name', number)}")


def test_there_are_modules():
    assert MODULES


@pytest.mark.parametrize("name", MODULES)
def test_the_documented_options_are_those_of_the_argument_spec(name):
    documented = flat_options(documentation(name)["options"], suboptions="suboptions")
    assert documented == flat_options(module(name).ARGUMENT_SPEC)


@pytest.mark.parametrize("name", MODULES)
def test_the_documentation_is_the_modules_own(name):
    document = documentation(name)
    assert document["module"] == name
    assert document["version_added"]
    assert {"check_mode", "diff_mode"} <= set(document["attributes"])


@pytest.mark.parametrize("name", MODULES)
def test_every_result_is_described(name):
    values = yaml.safe_load(module(name).RETURN)
    for key, value in values.items():
        assert {"description", "returned", "type"} <= set(value), key


@pytest.mark.parametrize("name", MODULES)
def test_a_module_has_examples_of_itself(name):
    assert any(action(task) == PREFIX + name for task, unused in tasks_in(yaml.safe_load(module(name).EXAMPLES)))


@pytest.mark.parametrize(("task", "defaults"), tasks_of_examples())
def test_a_task_of_an_example_has_a_name_and_a_full_action(task, defaults):
    assert task.get("name")
    assert action(task).count(".") >= 2


@pytest.mark.parametrize(("task", "defaults"), tasks_of_examples())
def test_a_task_of_an_example_gives_what_the_module_accepts(task, defaults):
    name = action(task).removeprefix(PREFIX)
    if name in MODULES:
        assert errors(task, defaults, module(name).ARGUMENT_SPEC) == []


def policies_of_examples():
    """The parameters (policy) of a test of every policy in examples(), with their ids."""
    for where, piece in examples():
        for name in [name for name in piece if str(name).startswith("guestconv_devices_")]:
            yield pytest.param(piece[name], id=f"{where}: {name}")


@pytest.mark.parametrize("policy", policies_of_examples())
def test_a_policy_of_an_example_is_one(policy):
    guest = json.loads(DESCRIPTION.read_text("utf-8"))
    assert choose(guest, policy)["devices"].keys() == guest["devices"].keys()


@pytest.mark.parametrize("guide", GUIDES, ids=str)
def test_what_a_guide_names_of_the_collection_is_there(guide):
    places = ("playbooks/*.yml", "roles/*", "plugins/modules/*.py", "plugins/filter/*.py", "plugins/inventory/*.py")
    there = {path.stem for place in places for path in ROOT.glob(place)} | {GROUP.removeprefix(f"group/{PREFIX}")}
    assert set(re.findall(re.escape(PREFIX) + r"(\w+)", guide.read_text("utf-8"))) <= there


@pytest.mark.parametrize("guide", GUIDES, ids=str)
def test_a_variable_of_a_guide_is_one_that_the_collection_knows(guide):
    files = [path for place in ("playbooks/**/*.yml", "roles/**/*.yml", "plugins/**/*.py") for path in ROOT.glob(place)]
    known = set(re.findall(r"guestconv_\w+", " ".join(path.read_text("utf-8") for path in files)))
    variables = set(re.findall(r"guestconv_\w+", guide.read_text("utf-8")))
    assert variables <= known | set(MODULES)


def facts_in(entries):
    """Yield the name of each fact that a list of plays or tasks sets for its hosts, and of each result that it registers."""
    for task, _defaults in tasks_in(entries):
        names = [*(task.get("ansible.builtin.set_fact") or {}), task.get("register") or ""]
        yield from (name for name in names if name.startswith("guestconv_"))


def test_the_variables_that_the_playbooks_accept_are_those_that_are_documented_or_set():
    rows = re.findall(r"^\| (`.*?) \|", (ROOT / "docs/fleet.md").read_text("utf-8"), re.MULTILINE)
    documented = set(re.findall(r"`(guestconv_\w+)`", " ".join(rows)))
    # "`guestconv_devices_all`, `_group`, `_host`"
    documented |= {f"guestconv_devices{end}" for row in rows for end in re.findall(r"`(_\w+)`", row)}
    inventory = (ROOT / "plugins/inventory/guests.py").read_text("utf-8")
    described = re.search(r'"Variables: (.*?)"\n', inventory, re.DOTALL)[1]
    found = set(re.findall(r"C\((guestconv_\w+)\)", described))
    places = ("playbooks/*.yml", "playbooks/tasks/*.yml", "roles/*/tasks/*.yml")
    files = [yaml.safe_load(path.read_text("utf-8")) for place in places for path in ROOT.glob(place)]
    facts = {name for entries in files for name in facts_in(entries)}
    assert {"guestconv_platform", "guestconv_devices_host"} <= documented and "guestconv_size" in found
    assert {"guestconv_guest", "guestconv_state", "guestconv_journal"} <= facts
    assert list(fleet_variables.KNOWN) == sorted(documented | found | facts)


def documentation_in(path):
    """The text of a file that users read, with single spaces, so that a line break hides no phrase."""
    text = path.read_text("utf-8")
    if path.suffix == ".py":
        text = " ".join(re.findall(r'(?:DOCUMENTATION|EXAMPLES|RETURN) = r?"""(.*?)"""', text, re.DOTALL))
        assert text
    return " ".join(text.split())


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_text_has_none_of_the_words_that_readers_stumble_over(path):
    text = documentation_in(path)
    assert [text[max(0, word.start() - 40) : word.end() + 20] for word in UNPLAIN.finditer(text)] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The overlay is beside the disk.", "beside"),
        ("NONE OF these", "NONE OF"),
        ("a program of the guest's.", "of the guest's"),
        ("the names of the guest's disks, as reported", None),
        ("foretold, unsaid", None),
    ],
)
def test_an_unplain_word_is_found(text, found):
    match = UNPLAIN.search(text)
    assert (match and match[0]) == found


def test_the_rooms_and_files_that_the_architecture_names_are_there():
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    names = set(re.findall(r"`([\w/.]+(?:/|\.py))`", text))
    assert {"aspects/", "systems/", "guest/root.py"} <= names
    bases = (ROOT, ROOT / "plugins" / "module_utils")
    assert [name for name in sorted(names) if not any((base / name).exists() for base in bases)] == []


def test_the_registries_that_the_architecture_names_are_there():
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    registries = re.findall(r"`([A-Z]+)` in `([\w/.]+)`", text)
    assert registries
    for name, place in registries:
        assert re.search(rf"^{name}\b", (ROOT / "plugins/module_utils" / place).read_text("utf-8"), re.MULTILINE), place


@pytest.mark.parametrize("guide", [*GUIDES, ROOT / "CONTRIBUTING.md"], ids=str)
def test_a_link_of_a_guide_leads_to_a_file_or_a_heading(guide):
    text = guide.read_text("utf-8")
    for target, fragment in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)", text):
        place = guide.parent / target if target else guide
        assert place.exists(), target
        if fragment:
            headings = re.findall(r"^#+ (.+)$", place.read_text("utf-8"), re.MULTILINE)
            anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert fragment in anchors, f"{target}#{fragment}"


SPEC = {
    "disks": {"type": "list", "elements": "raw", "required": True},
    "hardware": {"type": "dict", "options": {"disks": {"type": "list", "elements": "dict", "required": True}}},
    "timeout": {"type": "int"},
    "target": {"type": "str", "choices": ["kvm", "vmware"]},
}


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        ({"disks": ["/a"]}, ""),
        (
            {"disks": "{{ disks }}", "hardware": "{{ converted.hardware }}", "timeout": "{{ t }}", "target": "{{ x }}"},
            "",
        ),
        ({"disks": ["{{ folder }}/a.qcow2"], "timeout": 3}, ""),
        ({}, "missing required arguments: disks"),
        ({"disks": ["/a"], "colour": "red"}, "colour. Supported parameters include"),
        ({"disks": ["/a"], "timeout": "soon"}, "unable to convert to int"),
        ({"disks": ["/a"], "target": "xen"}, "value of target must be one of: kvm, vmware"),
        ({"disks": ["/a"], "hardware": {}}, "missing required arguments: disks found in hardware"),
    ],
)
def test_a_wrong_example_is_found(arguments, wrong):
    found = errors({"name": "Look", "virttools.guestconv.look": arguments}, {}, SPEC)
    assert len(found) == bool(wrong)
    assert all(wrong in message for message in found)


def test_the_tasks_of_plays_and_blocks_are_found_with_their_defaults():
    first, second = {"name": "1", "a.b.c": {}}, {"name": "2", "a.b.c": {}}
    play = {"hosts": "all", "module_defaults": {GROUP: {"timeout": 1}}, "tasks": [first, {"block": [second]}]}
    assert list(tasks_in([play])) == [(first, {"timeout": 1}), (second, {"timeout": 1})]
