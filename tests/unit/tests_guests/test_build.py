# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dataclasses
import threading

import pytest

from tests.guests import build
from tests.guests.errors import BuildError
from tests.guests.recipes import RECIPES

NAME = "debian12-vmware"


@pytest.fixture(name="built")
def fixture_built(tmp_path, monkeypatch):
    """An empty cache, and stand-ins for what takes minutes. The names of the steps that were done, in order."""
    steps = []

    def make(step, position):
        def stand_in(*arguments):
            steps.append(step)
            arguments[position].write_text(step, encoding="ascii")

        return stand_in

    monkeypatch.setenv("GUESTCONV_CACHE", str(tmp_path))
    monkeypatch.setattr(build.filesystem, "install", make("install", 1))
    monkeypatch.setattr(build.filesystem, "configure", make("configure", 2))
    monkeypatch.setattr(build.disk, "write", make("write", 2))
    return steps


def test_a_guest_is_built_once(built, tmp_path):
    first = build.guest(NAME)
    assert build.guest(NAME) == first
    assert first.read_text(encoding="ascii") == "write"
    assert first.parent == tmp_path / "guests"
    assert built == ["install", "configure", "write"]


def test_guests_with_the_same_packages_install_them_once(built):
    assert build.guest(NAME) != build.guest("debian12-vmware-modern")
    assert built == ["install", "configure", "write", "configure", "write"]


def test_an_altered_recipe_is_another_image(built, monkeypatch):
    first = build.guest(NAME)
    altered = dataclasses.replace(RECIPES[NAME], commands=("true",))
    monkeypatch.setitem(build.RECIPES, NAME, altered)
    assert build.guest(NAME) != first
    assert built == ["install", "configure", "write", "configure", "write"]


def test_builders_at_the_same_time_build_it_once(built):
    found = []
    builders = [threading.Thread(target=lambda: found.append(build.guest(NAME))) for _time in range(4)]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join()
    assert len(found) == 4 and len(set(found)) == 1
    assert built == ["install", "configure", "write"]


def test_a_failed_build_leaves_no_image_and_a_later_one_no_litter(built, monkeypatch, tmp_path):
    def fail(*arguments):
        raise BuildError("no mirror")

    with monkeypatch.context() as broken:
        broken.setattr(build.disk, "write", fail)
        with pytest.raises(BuildError, match="no mirror"):
            build.guest(NAME)
    # What a builder that was killed has left.
    (tmp_path / "guests" / "building-killed").mkdir()
    image = build.guest(NAME)
    assert built == ["install", "configure", "configure", "write"]
    assert {path.name.split("-")[0] for path in image.parent.iterdir()} == {"debian12", "lock", "packages"}


def test_an_unknown_guest_is_refused_with_the_known_ones(built):
    with pytest.raises(BuildError, match="no recipe for 'debian13'.*debian12-vmware, debian12-vmware-modern"):
        build.guest("debian13")
    assert not built


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_the_partitions_of_a_recipe_fit_its_disk(recipe):
    end = 1
    for partition in recipe.disk.partitions:
        assert end <= partition.start < partition.end <= recipe.disk.size
        # A logical partition begins inside the extended one, after the sector that describes it.
        end = partition.start + 1 if partition.content == "extended" else partition.end
