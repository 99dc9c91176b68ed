# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users rely on: what modules, filters, inventory plugins and roles take and give, the codes of errors and of
concerns, and the description of a guest.

It only grows.

docs/contract.json is the record of it, which script/record-contract writes. Everything in it is flat: a mapping of
places ("hardware.interfaces.mac", or "devices.network.*.driver" with * for any key and [] for any item) to facts.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import yaml

from ansible_collections.virttools.guestconv.plugins.module_utils.errors.catalogue import DECLARED

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT / "docs" / "contract.json"
SCHEMA = ROOT / "docs" / "guest.schema.json"
COLLECTION = "ansible_collections.virttools.guestconv.plugins"
OWN_FRAGMENTS = "virttools.guestconv."

# The facts of an option that are a promise. What has the value that stands here is not mentioned.
_OPTION_FACTS = {"type": None, "elements": None, "required": False, "default": None, "choices": None, "aliases": None}


_KINDS = ("modules", "filters", "inventories", "roles")


def module_names():
    """The names of all modules, without the collection's."""
    return sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py") if path.stem != "__init__")


def module(name):
    """The module called name, imported."""
    return importlib.import_module(f"{COLLECTION}.modules.{name}")


def documentation(name):
    """DOCUMENTATION of the module called name as a dict, with the options of the fragments that it extends."""
    return merged(yaml.safe_load(module(name).DOCUMENTATION))


def merged(document):
    """A DOCUMENTATION, with the options of the fragments of this collection that it extends."""
    options = {}
    for fragment in document.get("extends_documentation_fragment", []):
        if fragment.startswith(OWN_FRAGMENTS):
            name = fragment.removeprefix(OWN_FRAGMENTS)
            found = importlib.import_module(f"{COLLECTION}.doc_fragments.{name}").ModuleDocFragment
            options.update(yaml.safe_load(found.DOCUMENTATION).get("options", {}))
    # As Ansible merges them: what the plugin says of an option comes before what a fragment does.
    for key, option in document.get("options", {}).items():
        options[key] = {**options.get(key, {}), **option}
    return dict(document, options=options)


def current():
    """The contract as the tree has it now."""
    modules = {}
    for name in module_names():
        modules[name] = {
            "options": flat_options(module(name).ARGUMENT_SPEC),
            "returns": _flat_returns(yaml.safe_load(module(name).RETURN)),
        }
    return {
        "modules": modules,
        "filters": _plugins("filter"),
        "inventories": _plugins("inventory"),
        "roles": _roles(),
        "codes": _codes(),
        "guest": flat_schema(json.loads(SCHEMA.read_text(encoding="utf-8"))),
    }


def _plugins(kind):
    """The plugins of a kind, which have no argument spec but what their documentation says."""
    found = {}
    for path in sorted((ROOT / "plugins" / kind).glob("*.py")):
        plugin = importlib.import_module(f"{COLLECTION}.{kind}.{path.stem}")
        found[path.stem] = {
            "options": flat_options(merged(yaml.safe_load(plugin.DOCUMENTATION))["options"], "suboptions"),
            "returns": _flat_returns(yaml.safe_load(getattr(plugin, "RETURN", "")) or {}),
        }
    return found


def _roles():
    found = {}
    for path in sorted((ROOT / "roles").glob("*/meta/argument_specs.yml")):
        spec = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]["main"]
        found[path.parts[-3]] = {"options": flat_options(spec.get("options", {})), "returns": {}}
    return found


def _codes():
    """{code: facts} of errors and concerns."""
    return {
        code: {"kinds": list(declared.kinds), **({"retryable": True} if declared.retryable else {})}
        for code, declared in DECLARED.items()
    }


def recorded():
    """The contract as it was recorded."""
    return json.loads(RECORD.read_text(encoding="utf-8"))


def flat_options(spec, suboptions="options", before=""):
    """{place: facts} of an argument spec; of documented options when suboptions is "suboptions"."""
    places = {}
    for name, option in spec.items():
        if name.startswith("_"):  # of the action plugin, as Ansible has it
            continue
        facts = {fact: option.get(fact) for fact in _OPTION_FACTS}
        facts["type"] = facts["type"] or "str"
        places[before + name] = {fact: value for fact, value in facts.items() if value != _OPTION_FACTS[fact]}
        places.update(flat_options(option.get(suboptions) or {}, suboptions, f"{before}{name}."))
    return places


def _flat_returns(values, before=""):
    places = {}
    for name, value in values.items():
        places[before + name] = {fact: value[fact] for fact in ("type", "elements") if fact in value}
        places.update(_flat_returns(value.get("contains") or {}, f"{before}{name}."))
    return places


def flat_schema(whole, schema=None, before="", required=False):
    """{place: facts} of a JSON Schema, whole, which schema is a part of; facts are type, choices and required."""
    schema = whole if schema is None else schema
    while "$ref" in schema:
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**whole["$defs"][schema["$ref"].rpartition("/")[2]], **beside}
    facts = {"type": schema.get("type"), "choices": schema.get("enum"), "required": required}
    places = {before: {fact: value for fact, value in facts.items() if value}} if before else {}
    inside = f"{before}." if before else ""
    for name, part in schema.get("properties", {}).items():
        places.update(flat_schema(whole, part, inside + name, name in schema.get("required", ())))
    for keyword, step in (("additionalProperties", "*"), ("items", "[]")):
        if isinstance(schema.get(keyword), dict):
            places.update(flat_schema(whole, schema[keyword], inside + step))
    return places


def breaches(old, new):
    """What users of the contract old would miss in new, a sentence each; none when new only grew."""
    found = []
    for kind in _KINDS:
        for name, in_old in old.get(kind, {}).items():
            in_new = new.get(kind, {}).get(name)
            if in_new is None:
                found.append(f"{name} is gone, which was one of the {kind}")
                continue
            found += _changed(f"{name}: option ", in_old["options"], in_new["options"], may_require=False)
            found += _changed(f"{name}: result ", in_old["returns"], in_new["returns"], may_require=True)
    found += _changed("code ", old.get("codes", {}), new.get("codes", {}), may_require=True)
    return found + _changed("guest.", old["guest"], new["guest"], may_require=True)


def _changed(what, old, new, may_require):
    """may_require: whether "required" is our promise that a value is there, and not a demand to the caller."""
    found = [f"{what}{place} is gone" for place in old if place not in new]
    for place, facts in new.items():
        before = old.get(place)
        if before is None:
            # A new suboption of a new option may be required; a playbook of yesterday gives neither.
            parent = place.rpartition(".")[0]
            if facts.get("required") and not may_require and (not parent or parent in old):
                found.append(f"{what}{place} is new and required")
            continue
        for fact in sorted({*before, *facts}):
            was, now = before.get(fact), facts.get(fact)
            if was != now and not _grew(fact, was, now, may_require):
                found.append(f"{what}{place}: {fact} was {was!r}, is {now!r}")
    return found


def _grew(fact, was, now, may_require):
    if fact == "required":
        return bool(now) == may_require
    if fact == "type":
        # An option that takes anything takes a path as well.
        return not may_require and (was, now) == ("path", "raw")
    if fact == "elements":
        # So does a list of anything.
        return not may_require and now == "raw"
    if fact == "kinds":
        return set(was) <= set(now)
    if fact in ("choices", "aliases"):
        return set(was or ()) <= set(now or ()) and (fact == "aliases" or None not in (was, now))
    return False


def text(contract, indent=""):
    """contract as the record has it: a line per place, so that a difference is readable."""
    if not any(isinstance(part, dict) for part in contract.values()):
        return json.dumps(contract, sort_keys=True)
    inner = indent + "  "
    lines = [f"{inner}{json.dumps(key)}: {text(part, inner)}" for key, part in sorted(contract.items())]
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"


def main():
    """The command: record what was added to the contract. Refuses a contract that lost something."""
    new = current()
    if RECORD.exists():
        lost = breaches(recorded(), new)
        if lost:
            sys.exit("The contract only grows, but:\n  " + "\n  ".join(lost))
    RECORD.write_text(text(new) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
