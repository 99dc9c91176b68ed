# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rooms of plugins/module_utils: which there are, which may import from which, and that the guides know them."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders import LOADERS
from ansible_collections.virttools.guestconv.plugins.module_utils.initrd.builders import BUILDERS
from ansible_collections.virttools.guestconv.plugins.module_utils.packages import MANAGERS
from ansible_collections.virttools.guestconv.plugins.module_utils.platforms.registry import PLATFORMS
from ansible_collections.virttools.guestconv.plugins.module_utils.sources.kinds.registry import KINDS
from ansible_collections.virttools.guestconv.plugins.module_utils.systems import SYSTEMS

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "plugins" / "module_utils"
UNIT_TESTS = ROOT / "tests" / "unit" / "plugins" / "module_utils"
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
COLLECTION = "ansible_collections.virttools.guestconv.plugins"

# From the lowest to the highest. A room imports from lower floors only, not from others on its own.
FLOORS = (
    ("errors",),
    ("devices", "texts"),
    ("initrd", "model", "packages", "qemu", "run"),
    ("ansible_module", "appliance", "disks", "virtio_win"),
    ("guest", "platforms", "report", "sources", "verify"),
    ("aspects",),
    ("systems",),
    ("commands",),
)
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS, 1) for room in rooms}

# {(file, room that it imports from): why}. As few as possible: what is here is to be moved to where it belongs.
EXCEPTIONS: dict[tuple[str, str], str] = {}

# Folders of tests that are no rooms.
NO_ROOMS = ("fixtures", "parsers", "__pycache__")


def room_of(path: Path) -> str:
    """The room of a file of the library: its folder, or its own name where it stands in none."""
    return path.relative_to(LIBRARY).with_suffix("").parts[0]


def for_types_alone(tree: ast.Module) -> set[ast.AST]:
    """The nodes below `if TYPE_CHECKING:`, which are never run."""
    blocks = [node for node in ast.walk(tree) if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    return {node for block in blocks for node in ast.walk(block)}


def imported(path: Path, at_run_time: bool = False) -> list[tuple[str, ...]]:
    """What the file imports from the library, each as the parts of its name below plugins/module_utils.

    at_run_time: less what it imports for its annotations alone.
    """
    package = path.relative_to(LIBRARY).parent.parts
    found = []
    tree = ast.parse(path.read_text(encoding="utf-8"))
    left_out = for_types_alone(tree) if at_run_time else set()
    for node in ast.walk(tree):
        if node in left_out:
            continue
        if isinstance(node, ast.ImportFrom) and node.level:
            above = package[: len(package) - node.level + 1]
            base = (*above, *(node.module.split(".") if node.module else ()))
            found += [(*base, alias.name) for alias in node.names]
    return found


def absolute(path: Path) -> set[str]:
    """The names of the modules that the file imports by their whole names."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module or "")
        elif isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
    return names


def module_of(name: tuple[str, ...]) -> Path | None:
    """The file that an import of this name reads: that of the module, or of the one that the name is from."""
    for parts in (name, name[:-1]):
        place = LIBRARY.joinpath(*parts)
        for path in (place.with_suffix(".py"), place / "__init__.py"):
            if parts and path.is_file():
                return path
    return None


SOURCES = sorted(path for path in LIBRARY.rglob("*.py") if path != LIBRARY / "__init__.py")


def test_each_room_has_a_floor_and_each_floor_has_its_rooms():
    assert {room_of(path) for path in SOURCES} == set(FLOOR_OF)


def test_no_room_imports_from_its_own_floor_or_one_above():
    wrong = {
        (str(path.relative_to(LIBRARY)), name[0])
        for path in SOURCES
        for name in imported(path)
        if name[0] != room_of(path) and FLOOR_OF[name[0]] >= FLOOR_OF[room_of(path)]
    }
    assert wrong == set(EXCEPTIONS)


def test_no_file_imports_itself_by_way_of_others():
    imports = {path: {module_of(name) for name in imported(path, at_run_time=True)} - {None, path} for path in SOURCES}
    done, way = set(), []

    def visit(path):
        assert path not in way, " > ".join(str(each.relative_to(LIBRARY)) for each in [*way, path])
        if path in done:
            return
        way.append(path)
        for each in sorted(imports[path]):
            visit(each)
        way.pop()
        done.add(path)

    for path in SOURCES:
        visit(path)
    assert done == set(SOURCES)


def test_all_that_is_imported_is_there():
    missing = [(path, name) for path in SOURCES for name in imported(path) if module_of(name) is None]
    assert missing == []


def test_the_library_imports_from_itself_relatively():
    assert [path for path in SOURCES if any(name.startswith(COLLECTION) for name in absolute(path))] == []


def test_only_one_room_knows_ansible():
    knowing = {room_of(path) for path in SOURCES if any(name.split(".")[0] == "ansible" for name in absolute(path))}
    assert knowing == {"ansible_module"}


def test_each_folder_of_the_library_is_a_package_that_says_what_it_is_for():
    for folder in {path.parent for path in SOURCES} - {LIBRARY}:
        package = folder / "__init__.py"
        assert package.is_file(), folder
        assert ast.get_docstring(ast.parse(package.read_text(encoding="utf-8"))), package


def test_the_tests_stand_in_the_rooms_of_what_they_test():
    folders = [path for path in UNIT_TESTS.rglob("*") if path.is_dir() and not set(path.parts) & set(NO_ROOMS)]
    assert folders
    assert [path for path in folders if not (LIBRARY / path.relative_to(UNIT_TESTS)).is_dir()] == []


def test_the_table_of_rooms_in_the_guide_for_contributors_is_the_one_that_is_checked_here():
    rows = re.findall(r"^\| (\d+) \| `(\w+)(?:/|\.py)` \| ", CONTRIBUTING, re.MULTILINE)
    assert {room: int(floor) for floor, room in rows} == FLOOR_OF


@pytest.mark.parametrize(
    "place",
    sorted(set(re.findall(r"`((?:docs|extensions|playbooks|plugins|roles|script|tests)/[^\s`*]*)`", CONTRIBUTING))),
)
def test_the_places_that_the_guide_for_contributors_names_exist(place):
    assert (ROOT / place).exists()
    assert not place.endswith("/") or (ROOT / place).is_dir()


def recipes() -> dict[str, str]:
    """{title: text} of the recipes in the guide for contributors."""
    section = CONTRIBUTING.partition("\n## Recipes\n")[2].partition("\n## ")[0]
    return dict(re.findall(r"^### (.+)\n((?:(?!### ).*\n?)*)", section, re.MULTILINE))


@pytest.mark.parametrize("title", recipes())
def test_a_recipe_names_a_registry_and_the_tests_that_it_needs(title):
    text = recipes()[title]
    assert re.search(r"`plugins/[^`*\s]+\.py`", text), "the file with the registry"
    assert re.search(r"`tests/unit/[^`*\s]+\.py`", text), "the conformance test"
    for name, place in re.findall(
        r"`([A-Z][A-Z_]+|[A-Z]\w+)`,? (?:in|of|to)\s+`((?:plugins|tests)/[^`*\s]+\.py)`", text
    ):
        assert re.search(rf"^(?:class )?{name}\b", (ROOT / place).read_text(encoding="utf-8"), re.MULTILINE), name


def test_the_interfaces_of_what_is_outside_a_guest_have_a_recipe():
    assert {"A source", "A place of disks", "A platform", "A target", "A layer of storage"} <= set(recipes())


def test_the_architecture_names_what_each_registry_has():
    rows = {
        place: re.sub("[ -]", "", row).casefold()
        for row in (ROOT / "docs" / "architecture.md").read_text("utf-8").splitlines()
        for _name, place in re.findall(r"`([A-Z]+)` in `([\w/.]+)`", row)
    }
    names = {
        "systems/__init__.py": [system.NAME for system in SYSTEMS],
        "aspects/boot/loaders/__init__.py": [loader.NAME for loader in LOADERS],
        "initrd/builders/__init__.py": [builder.NAME for builder in BUILDERS],
        "packages/__init__.py": [manager.__name__ for manager in MANAGERS],
        "sources/kinds/registry.py": [kind.TYPE for kind in KINDS],
        "platforms/registry.py": [platform.WORDS.name for platform in PLATFORMS],
    }
    missing = [
        (place, name)
        for place, registered in names.items()
        for name in registered
        if re.sub("[ -]", "", name).casefold() not in rows[place]
    ]
    assert missing == []
