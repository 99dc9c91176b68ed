# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the action plugins take from an earlier run, and when they do not."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible.errors import AnsibleConnectionFailure

from ansible_collections.virttools.guestconv.plugins.action import (
    guestconv_convert,
    guestconv_fetch,
    guestconv_inspect,
    guestconv_verify,
)

PLUGINS = {
    "fetch": guestconv_fetch,
    "inspect": guestconv_inspect,
    "convert": guestconv_convert,
    "verify": guestconv_verify,
}
FETCHED = {"changed": True, "disks": [{"path": "/images/web01.qcow2"}], "hardware": {"firmware": "bios"}}
AS_BEFORE = {**FETCHED, "changed": False}


class Migration:
    """The phases of one guest. answers: what fetch returns in check mode. ran: the phases whose modules really ran."""

    def __init__(self, state):
        self.state, self.answers, self.ran = state, [], []
        self.interrupted = None

    def phase(self, name, check_mode=False, **arguments):
        arguments["resume"] = str(self.state / f"{name}.json")
        task = SimpleNamespace(
            args=arguments,
            async_val=0,
            check_mode=check_mode,
            action=f"virttools.guestconv.guestconv_{name}",
            delegate_to="conv1",
        )
        templar = SimpleNamespace(template=lambda value: value)
        connection = SimpleNamespace(
            has_native_async=False,
            always_pipeline_modules=False,
            _shell=SimpleNamespace(SHELL_FAMILY="sh", tmpdir="/tmp/x"),
        )
        plugin = PLUGINS[name].ActionModule(task, connection, None, None, templar, None)

        def module(module_args, task_vars, **_options):
            if task.check_mode and not check_mode:
                assert name == "fetch" and "slots" not in module_args
                answer = self.answers.pop(0)
                if isinstance(answer, Exception):
                    raise answer
                return dict(answer)
            self.ran.append(name)
            if self.interrupted == name:
                raise KeyboardInterrupt
            return dict(FETCHED if name == "fetch" else {"changed": True, "of": module_args.get("of")})

        plugin._execute_module = module
        # The progress is followed in test_long_module.py.
        return plugin.run(task_vars={"guestconv_progress": False})

    def all(self, *answers, **arguments):
        """Run all phases. Returns those whose modules really ran."""
        self.answers, self.ran = list(answers), []
        self.phase("fetch", source="/exports/web01.vmdk", slots={"count": 1})
        self.phase("inspect")
        self.phase("convert", of=arguments.get("policy"))
        self.phase("verify")
        return self.ran


@pytest.fixture
def migration(tmp_path):
    return Migration(tmp_path / "state" / "web01")


def kept(migration):
    return {path.name: path.read_bytes() for path in migration.state.iterdir()}


def test_what_was_done_is_not_done_again_and_is_kept_as_it_was(migration):
    assert migration.all() == list(PLUGINS)
    before = kept(migration)
    assert migration.all(AS_BEFORE) == []
    assert kept(migration) == before
    migration.answers = [AS_BEFORE]
    result = migration.phase("fetch", source="/exports/web01.vmdk")
    assert (result["resumed"], result["changed"], result["disks"]) == (True, False, FETCHED["disks"])


@pytest.mark.parametrize(
    "found",
    [
        {**FETCHED, "changed": True},
        {**AS_BEFORE, "disks": [{"path": "/images/other.qcow2"}]},
        {**AS_BEFORE, "hardware": {"firmware": "uefi"}},
    ],
)
def test_when_a_disk_is_gone_or_the_source_says_something_else_all_is_done_again(migration, found):
    migration.all()
    assert migration.all(found) == list(PLUGINS)


def test_a_source_that_was_changed_is_an_error(migration):
    migration.all()
    before = kept(migration)
    migration.answers = [{"failed": True, "code": "source-changed", "msg": "It was changed."}]
    result = migration.phase("fetch", source="/exports/web01.vmdk")
    assert (result["failed"], result["code"], result["resumed"]) == (True, "source-changed", False)
    assert kept(migration) == before


@pytest.mark.parametrize(
    "answer, arguments, resumed",
    [
        ({"failed": True, "code": "source-unreachable", "msg": "Away."}, {}, True),
        (AnsibleConnectionFailure("conv1 is away"), {}, True),
        ({"failed": True, "code": "disk-not-found", "msg": "Gone."}, {"mode": "copy"}, True),
        ({"failed": True, "code": "disk-not-found", "msg": "Gone."}, {}, False),
    ],
)
def test_a_guest_that_was_moved_stays_moved_when_its_source_is_taken_away(migration, answer, arguments, resumed):
    migration.phase("fetch", source="/exports/web01.vmdk", **arguments)
    before = kept(migration)
    migration.answers, migration.ran = [answer], []
    result = migration.phase("fetch", source="/exports/web01.vmdk", **arguments)
    assert (result["resumed"], result.get("failed", False)) == (resumed, not resumed)
    assert migration.ran == [] and kept(migration) == before


def test_when_it_is_converted_anew_it_is_verified_anew(migration):
    migration.all()
    assert migration.all(AS_BEFORE, policy="another") == ["convert", "verify"]


def test_of_a_conversion_that_did_not_end_no_older_result_is_taken(migration):
    migration.all()
    migration.interrupted = "convert"
    with pytest.raises(KeyboardInterrupt):
        migration.all(AS_BEFORE, policy="another")
    migration.interrupted = None
    # The disk may have been converted by the other policy.
    assert migration.all(AS_BEFORE) == ["convert", "verify"]


def test_in_check_mode_nothing_kept_is_asked_for(migration):
    migration.all()
    before = kept(migration)
    migration.ran = []
    assert migration.phase("fetch", check_mode=True, source="/exports/web01.vmdk")["resumed"] is False
    assert migration.ran == ["fetch"] and kept(migration) == before
