# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parsers of what guestconv wrote itself, and somebody may have altered: descriptions, journals, notes, outcomes."""

from __future__ import annotations

import json
import os
import pathlib
import stat
import tempfile

from hypothesis import strategies as st

from ansible_collections.virttools.guestconv.plugins.module_utils.commands import convert
from ansible_collections.virttools.guestconv.plugins.module_utils.disks import journal, state_directory
from ansible_collections.virttools.guestconv.plugins.module_utils.model import description, document, selection
from ansible_collections.virttools.guestconv.plugins.module_utils.report import outcomes
from ansible_collections.virttools.guestconv.plugins.module_utils.sources import fetch_record
from ansible_collections.virttools.guestconv.plugins.module_utils.texts import untrusted_json
from ansible_collections.virttools.guestconv.plugins.module_utils.verify import display
from ansible_collections.virttools.guestconv.plugins.plugin_utils import resume
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils import hostile_texts
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.parsers.parser import Parser

FIXTURE = pathlib.Path(__file__).parent.parent / "fixtures" / "description_debian12_vmware.json"
DESCRIPTION = json.loads(FIXTURE.read_text(encoding="utf-8"))
for kind, devices in DESCRIPTION["current"].items():
    # As inspect returns it: for each device.
    for identifier in devices:
        DESCRIPTION["unavailable"][kind].setdefault(identifier, {})
WORDS = st.sampled_from(
    [
        "",
        "/a",
        "/a\0b",
        "\ud800",
        "a" * 300,
        "qcow2",
        "raw",
        "a",
        "driver",
        "2026-11-21T13:00:00Z",
        "9" * 40,
        "converted",
        "..",
        "block",
        *DESCRIPTION,
        *DESCRIPTION["devices"],
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.just(10**400)


def objects(*keys):
    """A strategy of JSON values of which many have these keys."""
    names = st.sampled_from(keys) | WORDS
    return st.recursive(
        SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=6), max_leaves=12
    )


def altered(whole):
    """A strategy of what is left of a value (a dict) when some of what is in it is gone, or something else."""
    places = list(_places(whole))
    changes = st.lists(st.tuples(st.sampled_from(places), st.just(...) | objects("a")), min_size=1, max_size=3)
    return changes.map(lambda chosen: _altered(whole, chosen))


def _places(value, at=()):
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*at, key)
        yield from _places(inner, (*at, key))


def _altered(whole, changes):
    whole = json.loads(json.dumps(whole))
    for (*above, last), new in changes:
        place = whole
        try:
            for key in above:
                place = place[key]
            if new is ...:
                del place[last]
            else:
                place[last] = new
        except (KeyError, IndexError, TypeError):
            continue  # what is around it is gone
    return whole


def contents(whole):
    """A strategy of what may be in a file in which whole (a value) should be, in bytes."""
    return (
        (altered(whole) | objects(*whole)).map(_json)
        | altered(whole).map(_json).flatmap(hostile_texts.damaged)
        | (hostile_texts.documents('"version": 1', '"disks": [', "NaN", "Infinity", "true", "\\ud800", '{"a": '))
    )


def _json(value):
    return json.dumps(value).encode()


JOURNAL = {
    "version": 1,
    "disks": [{"path": "/nowhere/a", "format": "qcow2", "overlay": "/nowhere/b", "size": 1, "changed": 1, "inode": 1}],
}
NOTES = {"scratch": "/nowhere/guestconv-a", "first": "/nowhere/a", "arriving": {"/nowhere/a": [1, 2]}}
RECORD = {
    "version": 1,
    "parts": {"a": {"source": "b", "size": 1, "copied": 1}},
    "done": {"a": {"source": "b", "inode": 1}},
    "verified": "c",
}
OUTCOME = {
    "guest": "web01",
    "outcome": "converted",
    "started": "2026-11-21T13:00:00Z",
    "ended": "2026-11-21T13:06:40+01:00",
    "phases": [{"name": "fetch", "seconds": 1.5}],
    "info": {},
    "disks": ["a"],
    "concerns": [{}],
    "check_mode": False,
    "message": "a",
}
RESULT = {"version": 1, "result": {}, "digest": "sha256:0", "run": "a"}


def _in_state(name, work):
    """The function that has work(path of the directory) done with data (bytes) in a state directory's file called name."""

    def done(data):
        with tempfile.TemporaryDirectory(prefix="guestconv-test-") as place:
            path = os.path.join(place, ".guestconv-fetch-a")
            os.mkdir(path)
            with open(os.path.join(path, name), "wb") as stream:
                stream.write(data)
            work(path)

    return done


def _journal(path):
    for record in journal._records(path):
        state_directory.is_scratch(os.path.dirname(record["overlay"]))
        state_directory.is_ours(record["overlay"], stat.S_ISREG)


def _notes(path):
    state = state_directory.StateDirectory(path)
    state.notes()
    state.lock()
    state.release()


def _record(path):
    record = fetch_record.Record(os.path.dirname(path), "a")
    record.is_verified("c")
    record.is_done("a", "b")


def _kept(path):
    name = os.path.join(path, "result")
    resume.run_of(name)
    resume.load(name, "sha256:0")


def _outcome(data):
    outcome = outcomes.parse(data)
    outcomes.seconds(outcome)
    outcomes.lines([outcome])
    with tempfile.TemporaryDirectory(prefix="guestconv-test-") as place:
        outcomes.keep(place, outcome)
        outcomes.load(place)


def _described(value):
    """Does with a description what a conversion does before it looks at the guest, and afterwards."""
    for asked in (value, convert._asked(json.dumps(value))):
        selection.disk_names(asked)
        selection.check(asked)
        convert._hardware(asked)
        selection.only_root(asked, {"/dev/sda1": "UUID=a"})
        selection.select(asked, DESCRIPTION)
        selection.check_fingerprint(asked, (DESCRIPTION["fingerprint"],))


def _with_checksum(value):
    """value, a description, as if it were inspect that wrote it."""
    return {**value, "checksum": description.checksum(value)} if isinstance(value, dict) else value


DOCUMENT = document.to_xml(DESCRIPTION)
DOCUMENTS = hostile_texts.texts(
    "<guest>", "</guest>", "<a type='list'>", "</a>", "<item/>", "<a type='int'>", "escaped='#text'", "\\ud800"
)

PARSERS = (
    Parser(
        "a description",
        (),
        _described,
        codes=("description-", "driver-not-available"),
        inputs=altered(DESCRIPTION)
        | altered(DESCRIPTION["devices"]).map(lambda devices: _with_checksum({**DESCRIPTION, "devices": devices}))
        | objects(*DESCRIPTION),
        sample=DESCRIPTION,
        found=({**DESCRIPTION, "current": {**DESCRIPTION["current"], "block": [1]}},),
    ),
    Parser(
        "a description in a text",
        ('{"a": ', "<guest>"),
        convert._asked,
        codes=("description-malformed", "xml-"),
        found=("{" + '"a":{' * 3000,),
    ),
    Parser(
        "a description in XML",
        (),
        document.from_xml,
        codes=("xml-", "description-changed"),
        inputs=DOCUMENTS
        | hostile_texts.damaged(DOCUMENT.encode())
        | st.tuples(st.sampled_from(DOCUMENT.split("\n")), DOCUMENTS).map(lambda change: DOCUMENT.replace(*change)),
        sample=DOCUMENT,
    ),
    Parser(
        "a journal",
        (),
        _in_state(state_directory.JOURNAL, _journal),
        codes=("journal-broken",),
        inputs=contents(JOURNAL),
        sample=_json(JOURNAL),
        found=(
            b"[" * 4000,
            _json({**JOURNAL, "disks": [{**JOURNAL["disks"][0], "overlay": "/a\0/b"}]}),
            b'{"version": null, "disks": [null]}',
        ),
    ),
    Parser(
        "notes",
        (),
        _in_state(state_directory._NOTES, _notes),
        inputs=contents(NOTES),
        sample=_json(NOTES),
        found=(b"[" * 4000, b'{"arriving": [1]}', b'{"scratch": "/guestconv-\\u0000"}'),
    ),
    Parser(
        "what was fetched",
        (),
        _in_state(fetch_record._RECORD, _record),
        inputs=contents(RECORD),
        sample=_json(RECORD),
        found=(b"[" * 4000,),
    ),
    Parser(
        "a result that was kept",
        (),
        _in_state("result", _kept),
        inputs=contents(RESULT),
        sample=_json(RESULT),
        found=(b"[" * 4000,),
    ),
    Parser(
        "an outcome",
        (),
        _outcome,
        codes=("outcome-invalid", "path-not-writable"),
        errors=(ValueError,),
        inputs=contents(OUTCOME),
        sample=_json(OUTCOME),
    ),
    Parser("JSON", (), untrusted_json.loads, errors=(ValueError,), inputs=contents(OUTCOME), sample=b"{}"),
    Parser(
        "a screen's picture",
        (),
        display.png_from_ppm,
        errors=(ValueError,),
        inputs=hostile_texts.damaged(b"P6\n2 1\n255\n123456") | st.binary(),
        sample=b"P6\n2 1\n255\n123456",
    ),
)
