# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The interfaces SourceKind and Place: what holds for each that is registered, and that one more goes the whole way."""

from __future__ import annotations

import inspect
from contextlib import contextmanager

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.commands import fetch
from ansible_collections.virttools.guestconv.plugins.module_utils.disks import nodes
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.run.progress import Progress
from ansible_collections.virttools.guestconv.plugins.module_utils.sources import discovery, request
from ansible_collections.virttools.guestconv.plugins.module_utils.sources.kinds import metadata
from ansible_collections.virttools.guestconv.plugins.module_utils.sources.kinds import registry as kinds
from ansible_collections.virttools.guestconv.plugins.module_utils.sources.kinds.kind import (
    DescribedInFile,
    SourceKind,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.sources.places import registry as places
from ansible_collections.virttools.guestconv.plugins.module_utils.sources.places.place import Opened, Place

CONTENT = bytes(range(256)) * 4096


class Module:
    """What a command needs of an Ansible module."""

    check_mode = False

    def __init__(self, **params):
        self.params = {"mode": None, "format": "raw", "name": None, "password": None, "copy_slots": None, **params}
        self.warnings = []

    def warn(self, warning):
        self.warnings.append(warning)


def members_of(protocol):
    return {name for name in vars(protocol) if not name.startswith("_")} | set(getattr(protocol, "__annotations__", {}))


@pytest.mark.parametrize("kind", kinds.KINDS, ids=lambda kind: kind.TYPE)
class TestEachKind:
    def test_it_is_the_one_of_its_type_and_of_its_suffixes(self, kind):
        assert all(hasattr(kind, name) for name in members_of(SourceKind))
        assert kinds.by_type(kind.TYPE) is kind
        assert all(kinds.by_suffix(suffix) is kind for suffix in kind.SUFFIXES)

    def test_a_source_without_its_keys_or_with_others_is_refused(self, kind):
        for given in ({}, {"colour": "red"}):
            with pytest.raises(GuestconvError) as caught:
                request.parse({"type": kind.TYPE, **given})
            assert caught.value.code == "source-invalid"

    def test_a_file_of_its_suffix_is_looked_for_in_directories(self, kind, tmp_path):
        for suffix in kind.SUFFIXES or (".none",):
            (tmp_path / f"web01{suffix}").write_bytes(b"garbage")
            found = discovery.find([str(tmp_path / f"web01{suffix}")])
            assert [problem.code for problem in found.problems] == [
                "source-malformed" if kind.SUFFIXES else "source-not-supported"
            ]

    def test_it_verifies_nothing_where_it_has_no_checksums(self, kind):
        if not kind.has_checksums:
            assert kind.verify(request.Request(kind.TYPE, {}), lambda amount: None) == []
        else:
            with pytest.raises(GuestconvError, match="does not exist"):
                kind.read(request.Request(kind.TYPE, {"path": "/nowhere"}))


@pytest.mark.parametrize("place", places.PLACES, ids=lambda place: place.__name__)
class TestEachPlace:
    def test_it_has_what_a_place_has(self, place):
        assert all(hasattr(place, name) for name in members_of(Place))
        assert list(inspect.signature(place.at).parameters) == ["entry", "request"]

    def test_its_urls_lead_to_it_and_are_allowed(self, place):
        for scheme in place.SCHEMES:
            url = f"{scheme}:///web01?socket=/run/s" if scheme.endswith("+unix") else f"{scheme}://host/web01"
            asked = request.parse({"type": "disks", "disks": [url]})
            assert isinstance(places.place_of(asked.disks[0], asked), place)
            assert not place.is_local


def test_a_scheme_is_that_of_one_place():
    assert len(places.schemes()) == len(set(places.schemes()))


# One more of each


def read_card(path):
    """The description in a file `name`, `disk` on a line each."""
    name, disk = metadata.read_file(path).decode().split()
    return metadata.describe(metadata.Machine(name, [metadata.Disk(disk, "virtio", (0, 0), format="raw")]), path)


def verify_card(path, progress):
    progress(1)
    return ["web01.disk"]


CARD = DescribedInFile("card", (".card",), read_card, verify=verify_card)


class Shelf:
    """Where shelf:// is: in one file."""

    SCHEMES = ("shelf",)
    is_local = False
    host = "shelf"
    file = ""

    @classmethod
    def at(cls, entry, request):
        return cls() if entry["path"].startswith("shelf://") else None

    @contextmanager
    def opened(self):
        node = {"driver": "raw", "file": nodes.file_node(self.file)}
        yield Opened(node, len(CONTENT), False, lambda: ["shelf"])


@pytest.fixture
def one_more(monkeypatch, tmp_path):
    """CARD and Shelf, registered; the path of a card whose disk is on the shelf."""
    monkeypatch.setattr(kinds, "KINDS", [*kinds.KINDS, CARD])
    monkeypatch.setattr(places, "PLACES", [Shelf, *places.PLACES])
    monkeypatch.setattr(Shelf, "file", str(tmp_path / "shelf.bin"))
    (tmp_path / "shelf.bin").write_bytes(CONTENT)
    card = tmp_path / "guests" / "web01.card"
    card.parent.mkdir()
    card.write_text("web01 shelf://host/web01")
    return str(card)


def test_a_kind_that_is_registered_is_found_in_a_directory(one_more):
    found = discovery.find([one_more.rpartition("/")[0]])
    assert not found.problems
    assert [guest.source for guest in found.guests] == [{"type": "card", "path": one_more}]
    assert found.guests[0].description["disks"][0]["device"] == "vda"


def test_a_kind_and_a_place_that_are_registered_are_fetched_from(one_more, tmp_path):
    module = Module(source={"type": "card", "path": one_more}, dest=str(tmp_path / "images"))
    (tmp_path / "images").mkdir()
    result = fetch.fetch(module, Progress())
    image = tmp_path / "images" / "web01.raw"
    assert result["changed"] and result["copied"] == len(CONTENT)
    assert result["disks"] == [{"path": str(image), "format": "raw", "device": "vda"}]
    assert image.read_bytes() == CONTENT
    again = fetch.fetch(module, Progress())
    assert (again["changed"], again["copied"]) == (False, 0)


def test_a_url_of_the_place_is_refused_where_it_is_not_registered():
    with pytest.raises(GuestconvError) as caught:
        request.parse({"type": "disks", "disks": ["shelf://host/web01"]})
    assert caught.value.code == "source-url-not-supported" and "https" in caught.value.hint
