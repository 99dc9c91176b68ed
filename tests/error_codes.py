# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the codes of errors and concerns in source text: where they are raised, and where tests mention them.

A code is raised where it is the argument for the parameter `code` of a class of errors or concerns, or of a function
that has such a parameter, or the value of the key "code" of a dict. It is written there as a text, as one text or
another, as a variable that was set so in the same function, or as an f-string, which stands for each code that it fits.
What hands on the code of something else (error.code) raises none.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

ROOT = Path(__file__).resolve().parents[1]

# Where codes are declared, not raised.
CATALOGUE = "plugins/module_utils/errors/catalogue"

_ERRORS = "GuestconvError"
_CONCERN = "Concern"
# The other classes that hold a code, as their first value.
_HOLDERS = ("Failure", "Symptom")
_SEVERITIES = frozenset(("info", "warning", "error"))


@dataclass(frozen=True)
class Use:
    """One place where a code is raised.

    place: file:line. code: a regular expression that matches the code. kind: "error" or "concern". severities: of a
    concern, those that it may have there; None where they are the caller's or an error's.
    """

    place: str
    code: str
    kind: str
    severities: frozenset[str] | None = None


@dataclass
class Found:
    """uses: all Uses. unclear: places where the code cannot be told. nodes: the ids of the texts that are Uses."""

    uses: list[Use] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)
    nodes: set[int] = field(default_factory=set)


@dataclass
class Module:
    """A Python file. path: below the root. nodes: all of its tree. parents: of each node but the first."""

    path: str
    nodes: list[ast.AST]
    parents: dict[ast.AST, ast.AST]

    def function_around(self, node: ast.AST) -> ast.AST:
        """The function or else the module that node is in."""
        while not isinstance(node, (ast.FunctionDef, ast.Module)):
            node = self.parents[node]
        return node


_Helpers = dict[tuple[str, str], tuple[int, Optional[ast.expr], Module]]


def modules(folders: tuple[str, ...] = ("plugins",), root: Path = ROOT) -> list[Module]:
    """The Python files in these folders, parsed, but those that declare codes."""
    found = []
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            if root / CATALOGUE in path.parents:
                continue
            tree = ast.parse(path.read_text(encoding="utf-8"))
            nodes, parents = list(ast.walk(tree)), {}
            for node in nodes:
                parents.update(dict.fromkeys(ast.iter_child_nodes(node), node))
            found.append(Module(str(path.relative_to(root)), nodes, parents))
    return found


def raised(parsed: list[Module]) -> Found:
    """All codes that these modules raise."""
    found = Found()
    errors, helpers = _error_classes(parsed), _helpers(parsed)
    for module in parsed:
        for node in module.nodes:
            if isinstance(node, ast.Call):
                _look_at_call(node, module, errors, helpers, found)
            elif isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values):
                    if _text(key) == "code":
                        _note(value, "error", None, module, found)
    for _position, default, module in helpers.values():
        if default is not None:
            _note(default, "error", None, module, found)
    return found


def _error_classes(parsed: list[Module]) -> set[str]:
    bases = {
        node.name: {_name(base) for base in node.bases}
        for module in parsed
        for node in module.nodes
        if isinstance(node, ast.ClassDef)
    }
    known = {_ERRORS, *_HOLDERS}
    while True:
        more = {name for name, of in bases.items() if of & known} - known
        if not more:
            return known
        known |= more


def _helpers(parsed: list[Module]) -> _Helpers:
    """{(file, or "" for a public one; name): (the position of `code` for a caller, its default, the module)}."""
    found: _Helpers = {}
    for module in parsed:
        for node in module.nodes:
            if not isinstance(node, ast.FunctionDef) or node.name == "__init__":
                continue
            names = [one.arg for one in node.args.args]
            if "code" not in names:
                continue
            position = names.index("code")
            after = len(names) - position
            defaults = node.args.defaults
            default = defaults[len(defaults) - after] if len(defaults) >= after else None
            where = module.path if node.name.startswith("_") else ""
            found[where, node.name] = (position - (names[0] in ("self", "cls")), default, module)
    return found


def _look_at_call(call: ast.Call, module: Module, errors: set[str], helpers: _Helpers, found: Found) -> None:
    name = _name(call.func)
    if name in errors:
        _note(_argument(call, 0, "code"), "error", None, module, found)
    elif name == _CONCERN:
        severity = _argument(call, 1, "severity")
        _note(_argument(call, 0, "code"), "concern", _severities(severity, module), module, found)
    elif name in _HOLDERS:
        _note(_argument(call, 0, "code"), "error", None, module, found)
    else:
        helper = helpers.get((module.path, name)) or helpers.get(("", name))
        argument = _argument(call, helper[0], "code") if helper else None
        if argument is not None:
            _note(argument, "error", None, module, found)


def _argument(call: ast.Call, position: int, name: str) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    return call.args[position] if position < len(call.args) else None


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _note(value: ast.expr | None, kind: str, severities: frozenset[str] | None, module: Module, found: Found) -> None:
    place = f"{module.path}:{getattr(value, 'lineno', 0)}"
    nodes = None if value is None else _texts(value, module)
    if nodes is None:
        found.unclear.append(place)
        return
    for node in nodes:
        found.nodes.add(id(node))
        found.uses.append(Use(place, _pattern(node), kind, severities))


def _text(node: ast.AST | None) -> str | None:
    """What node is when it is a text."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _texts(value: ast.expr, module: Module) -> list[ast.expr] | None:
    """The texts that value may be, none when it is handed on, None when that cannot be told."""
    if isinstance(value, ast.JoinedStr) or _text(value) is not None:
        return [value]
    if isinstance(value, ast.IfExp):
        parts = [_texts(value.body, module), _texts(value.orelse, module)]
    elif isinstance(value, ast.BoolOp):
        parts = [_texts(one, module) for one in value.values]
    elif isinstance(value, ast.Name):
        parts = _assigned(value, module)
    else:
        return [] if _is_handed_on(value) else None
    known = [part for part in parts if part is not None]
    return [node for part in known for node in part] if len(known) == len(parts) else None


def _assigned(name: ast.Name, module: Module) -> list[list[ast.expr] | None]:
    function = module.function_around(name)
    values = [
        node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and any(_name(target) == name.id for target in node.targets)
    ]
    if isinstance(function, ast.FunctionDef) and name.id in [one.arg for one in function.args.args]:
        return [[]]  # Its callers are looked at, when it is called `code`.
    return [_texts(value, module) for value in values] or [None]


def _is_handed_on(value: ast.expr) -> bool:
    """Whether value is the code of something else: error.code, concern["code"], result.get("code")."""
    if isinstance(value, ast.Attribute):
        return value.attr == "code"
    if isinstance(value, ast.Subscript):
        return _text(value.slice) == "code"
    return isinstance(value, ast.Call) and bool(value.args) and _text(value.args[0]) == "code"


def _pattern(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(".+" if text is None else re.escape(text) for text in map(_text, node.values))
    return re.escape(_text(node) or "")


def _severities(value: ast.expr | None, module: Module) -> frozenset[str] | None:
    nodes = None if value is None else _texts(value, module)
    return frozenset(text for text in map(_text, nodes) if text in _SEVERITIES) if nodes else None


def branches(parsed: list[Module], raising: Found, codes: set[str]) -> list[str]:
    """Places where something may be decided by a code: one that is compared, or stands where it is not raised.

    raising: what these modules raise. A code of one word is an everyday word, so it counts only where it is compared
    with something's `code`.
    """
    found = []
    for module in parsed:
        for node in module.nodes:
            text = _text(node)
            if text in codes and "-" in text and id(node) not in raising.nodes:
                found.append(f"{module.path}:{getattr(node, 'lineno', 0)}")
            elif isinstance(node, ast.Compare) and any(map(_is_handed_on, [node.left, *node.comparators])):
                if any(_may_be_text(one) for one in [node.left, *node.comparators] if not _is_handed_on(one)):
                    found.append(f"{module.path}:{node.lineno}")
    return sorted(set(found))


def _may_be_text(node: ast.expr) -> bool:
    """Whether a comparison with node may be one of texts: the codes of HTTP and of processes are numbers."""
    constants = [one.value for one in ast.walk(node) if isinstance(one, ast.Constant)]
    return not constants or any(isinstance(value, str) for value in constants)


def mentioned(parsed: list[Module], codes: set[str]) -> set[str]:
    """Those of codes that these tests expect: in a text that is no docstring, and not what a test itself raises."""
    raising = raised(parsed).nodes
    found: set[str] = set()
    for module in parsed:
        for node in module.nodes:
            text = _text(node)
            if text is None or id(node) in raising or isinstance(module.parents[node], ast.Expr):
                continue
            found.update(code for code in _codes_in(text) & codes if "-" in code or _is_compared(node, module))
    return found


def _codes_in(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])[a-z0-9]+(?:-[a-z0-9]+)*(?![\w-])", text))


def _is_compared(node: ast.AST, module: Module) -> bool:
    """Whether an assertion that is about a code has node: a code of one word is an everyday word."""
    for one in _above(node, module):
        if isinstance(one, ast.Assert):
            return '"code"' in ast.unparse(one).replace("'", '"') or ".code" in ast.unparse(one)
    return False


def _above(node: ast.AST, module: Module) -> Iterator[ast.AST]:
    while node in module.parents:
        node = module.parents[node]
        yield node
