# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every code is declared once, is raised somewhere, and is expected by a test."""

from __future__ import annotations

import re

import pytest
import yaml

from ansible_collections.virttools.guestconv.plugins.action import guestconv_fetch
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.tools.catalogue import TOOLS
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import RETRYABLE, GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.errors.catalogue import DECLARED, SUBJECTS
from tests import error_codes, error_reference

CODES = set(DECLARED)

# Files that compare codes, and why they may.
BRANCHING = {
    # Results of modules come as JSON, in which the code is all that tells one failure from another.
    "plugins/action/guestconv_fetch.py",
    # The table that says in which concern each fact of a source ends; docs/sources.md is made of it.
    "plugins/module_utils/model/source_facts.py",
    # The property `retryable`.
    "plugins/module_utils/errors/__init__.py",
}

# Tests that have codes as examples, and trigger none.
NO_EVIDENCE = {"test_catalogue.py", "test_contract.py"}

# Each says all codes of the concerns that its guest has.
NETWORK_CASES = sorted((error_codes.ROOT / "tests/network_guests/cases").glob("*.yaml"))
# Each says all codes of errors and concerns of the guests in a directory.
SOURCE_CASES = sorted((error_codes.ROOT / "tests/source_cases/cases").glob("*.yaml"))


@pytest.fixture(scope="module")
def modules():
    return error_codes.modules()


@pytest.fixture(scope="module")
def raised(modules):
    return error_codes.raised(modules)


def declared_for(use):
    return [one for code, one in DECLARED.items() if re.fullmatch(use.code, code)]


def test_every_code_that_is_raised_is_declared_as_what_it_is_raised_as(raised):
    undeclared = [
        f"{use.place}: {use.code} is not declared as a code of {use.kind}s"
        for use in raised.uses
        if not any(use.kind in one.kinds for one in declared_for(use))
    ]
    assert undeclared == []


def test_every_place_that_raises_shows_its_code(raised):
    assert raised.unclear == []


def test_every_code_that_is_declared_is_raised_as_an_error_or_concern(raised):
    uses = {(kind, one.code) for use in raised.uses for one in declared_for(use) for kind in [use.kind]}
    unused = [code for code in DECLARED if not {("error", code), ("concern", code)} & uses]
    assert unused == []


def test_a_concern_has_the_severities_that_are_declared(raised):
    """Each place has some of them, and all places together have all."""
    found: dict[str, set[str]] = {}
    uses = [use for use in raised.uses if use.kind == "concern"]
    by_name = {one.code for use in uses if len(declared_for(use)) == 1 for one in declared_for(use)}
    for use in uses:
        matching = declared_for(use)
        # A place with a pattern (VMware's tools, VirtualBox's) does not raise a code that another place names.
        for one in matching if len(matching) == 1 else [one for one in matching if one.code not in by_name]:
            # None where they are the caller's.
            found.setdefault(one.code, set()).update(one.severities if use.severities is None else use.severities)
    differing = [
        f"{one.code} has {sorted(found.get(one.code, ()))}, declared are {one.severities}"
        for use in uses
        for one in declared_for(use)
        if found.get(one.code) != set(one.severities)
    ]
    assert differing == []


def test_the_codes_of_each_hypervisors_tools_are_declared():
    suffixes = ("installed", "left", "needed", "tarball")
    assert {f"{tools.family}-tools-{suffix}" for tools in TOOLS for suffix in suffixes} <= CODES


def test_every_code_that_is_declared_is_expected_by_a_test():
    tests = [one for one in error_codes.modules(("tests",)) if one.path.rpartition("/")[2] not in NO_EVIDENCE]
    cases = [yaml.safe_load(path.read_text("utf-8")) for path in (*NETWORK_CASES, *SOURCE_CASES)]
    by_cases = {code for case in cases for key in ("concerns", "errors") for code in case["expect"].get(key, [])}
    assert sorted(CODES - error_codes.mentioned(tests, CODES) - by_cases) == []


def test_nothing_is_decided_by_a_code(modules, raised):
    places = error_codes.branches(modules, raised, CODES)
    assert {place.partition(":")[0] for place in places} == BRANCHING, places


def test_no_playbook_or_role_decides_by_a_code():
    compared = re.compile(r"""(\.code\b|\[['"]code['"]\])\s*(==|!=|(not\s+)?in\b)""")
    files = [path for folder in ("roles", "playbooks") for path in (error_codes.ROOT / folder).rglob("*.yml")]
    assert files
    assert [str(path) for path in files if compared.search(path.read_text(encoding="utf-8"))] == []


def test_what_the_fetching_action_looks_for_is_declared():
    assert guestconv_fetch._AWAY <= CODES


def test_a_code_is_declared_once():
    every = [one.code for subject in SUBJECTS for one in subject.declarations]
    assert len(every) == len(set(every)) == len(DECLARED)


def test_a_declaration_is_complete_and_in_sentences():
    # Names of programs, which are written small, may begin a sentence.
    sentences = re.compile(r"(?:[A-Z`/]|guestconv|cloud-init|nbdkit|lib(?:virt|guestfs)|qemu-img)\S*(?: \S+)+[.`]")
    for declared in DECLARED.values():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", declared.code)
        assert declared.kinds and set(declared.severities) <= {"info", "warning", "error"}, declared
        assert sentences.fullmatch(declared.meaning) and sentences.fullmatch(declared.remedy), declared


def test_what_is_declared_as_retryable_is_so_in_a_result():
    assert RETRYABLE == {code for code, declared in DECLARED.items() if declared.retryable}
    assert GuestconvError("disk-busy", "It is.").as_result()["retryable"] is True
    assert GuestconvError("disk-empty", "It is.").as_result()["retryable"] is False


def test_an_undeclared_code_does_not_reach_a_user():
    error = GuestconvError("no-such-thing", "What is wrong.", hint="Do this.")
    assert (error.code, error.message, error.hint) == ("internal-error", "What is wrong.", "Do this.")


def test_the_page_of_errors_is_current():
    page = error_reference.PAGE.read_text(encoding="utf-8")
    assert page == error_reference.text(), "the catalogue changed: run script/record-contract"


def test_the_page_of_errors_has_each_code_as_a_heading_with_what_to_do():
    text = error_reference.text()
    for code, declared in DECLARED.items():
        entry = text.partition(f"\n### {code}\n")[2].partition("\n##")[0]
        assert " ".join(entry.split()).endswith(f"{declared.meaning} **What to do:** {declared.remedy}")


def scanned(source, tmp_path, folder="plugins"):
    (tmp_path / folder).mkdir(exist_ok=True)
    (tmp_path / folder / "one.py").write_text(source, encoding="utf-8")
    return error_codes.modules((folder,), tmp_path)


@pytest.mark.parametrize(
    ("source", "codes"),
    [
        ('raise GuestconvError("disk-busy", "x")', ["disk-busy"]),
        ('raise errors.GuestconvError(code="disk-busy", message="x")', ["disk-busy"]),
        ('raise GuestconvError("disk-busy" if x else "disk-empty", "x")', ["disk-busy", "disk-empty"]),
        ('class Late(GuestconvError):\n    pass\nraise Late("timeout", "x")', ["timeout"]),
        ('def f():\n    code = "a-b" if x else "c-d"\n    raise GuestconvError(code, "x")', ["a-b", "c-d"]),
        ('def f(x, code="a-b"):\n    raise GuestconvError(code, x)\nf(1, "c-d")\nf(1)', ["a-b", "c-d"]),
        (
            'class A:\n    def f(self, code):\n        raise GuestconvError(code, "x")\n'
            '    def g(self):\n        self.f("a-b")',
            ["a-b"],
        ),
        ('return_value = {"code": found.get("code") or "task-failed"}', ["task-failed"]),
        ('raise GuestconvError(error.code, "x")', []),
        ('log("disk-busy")', []),
    ],
)
def test_the_codes_of_a_module_are_found(source, codes, tmp_path):
    found = error_codes.raised(scanned(source, tmp_path))
    assert sorted(use.code.replace("\\", "") for use in found.uses) == codes
    assert found.unclear == []


def test_a_code_that_cannot_be_told_is_found(tmp_path):
    assert error_codes.raised(scanned('raise GuestconvError(CODES[3], "x")', tmp_path)).unclear == ["plugins/one.py:1"]


def test_the_severities_of_a_concern_are_found(tmp_path):
    found = error_codes.raised(scanned('Concern("a-b", "error" if x else "info", "m")', tmp_path))
    assert [(use.kind, use.severities) for use in found.uses] == [("concern", {"error", "info"})]


@pytest.mark.parametrize(
    ("source", "is_one"),
    [
        ('if error.code == "disk-busy":\n    pass', True),
        ('if error.code == "timeout":\n    pass', True),
        ("if error.code in OTHERS:\n    pass", True),
        ('OTHERS = ("disk-busy", "timeout")', True),
        ("if error.code in (401, 404):\n    pass", False),
        ('wait("timeout")', False),
        ('raise GuestconvError("disk-busy", "x")', False),
    ],
)
def test_a_decision_by_a_code_is_found(source, is_one, tmp_path):
    parsed = scanned(source, tmp_path)
    assert bool(error_codes.branches(parsed, error_codes.raised(parsed), {"disk-busy", "timeout"})) is is_one


@pytest.mark.parametrize(
    ("source", "is_one"),
    [
        ('assert error.code == "disk-busy"', True),
        ('assert \'"code": "disk-busy"\' in output', True),
        ('CASES = [("x", "disk-busy")]', True),
        ('assert error.code == "timeout"', True),
        ('"""A test of disk-busy."""', False),
        ('raise GuestconvError("disk-busy", "x")', False),
        ('assert "disk-busy-too" in output', False),
        ('options = {"timeout": 5}', False),
    ],
)
def test_a_test_that_expects_a_code_is_found(source, is_one, tmp_path):
    parsed = scanned(source, tmp_path, "tests")
    assert bool(error_codes.mentioned(parsed, {"disk-busy", "timeout"})) is is_one
