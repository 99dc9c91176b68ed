# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a real GRUB makes of scripts: grub-emu executes them, grub-script-check parses them (packages grub-emu, grub-common)."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders.grub2.script import (
    commands,
    editing,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.boot.loaders.grub2.script import (
    guest_files,
    menus_by_chance,
)

CHANCE = st.randoms(use_true_random=False)
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_TIMEOUT = 600  # seconds, more than the busiest machine takes


def needs(program):
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


def printed_by_grub(text, directory):
    """The lines that begin with @@, of those that grub-emu prints while it executes the script text."""
    (directory / "grub.cfg").write_text(text, encoding="utf-8")
    command = ["grub-emu", "-d", str(directory)]
    # Where the script shows no menu GRUB has a prompt.
    done = subprocess.run(command, input=b"\nexit\n", capture_output=True, check=False, timeout=_TIMEOUT)
    lines = _ESCAPES.sub("", done.stdout.decode("utf-8", "replace")).replace("\r", "").split("\n")
    return [line[line.index("@@") :] for line in lines if "@@" in line]


def entry(number):
    return f'  echo "@@{number} v=$v w=$w chosen=$chosen title=$1"\n  exit\n'


@needs("grub-emu")
@settings(max_examples=10)
@given(CHANCE)
def test_oracle_11_the_entry_that_grub_starts_by_itself_is_the_one_that_is_found(tmp_path_factory, chance):
    text = menus_by_chance.Menus(chance, entry).script()
    said = {}

    def echo(_machine, arguments, command):
        said[command] = " ".join(argument.text for argument in arguments[1:])
        return 0

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(commands.BUILTINS, "echo", echo)
        started = guest_files.reading(text).menu.started()
    # A script that stops before its first entry leaves grub-emu at its prompt.
    expected = [said[started.block.commands[0]]] if started else []
    assert printed_by_grub(text, tmp_path_factory.mktemp("grub")) == expected


WORDS = [
    *(
        "a",
        "b1",
        " ",
        "\t".expandtabs(1),
        "'x y'",
        '"q $v r"',
        '"$e"',
        "$v",
        "${w}",
        "$e",
        "\\ ",
        "\\$",
        "\\\\",
        "\\\n",
    ),
    *(
        '"a\\\nb"',
        '"\\$z"',
        '"\\q"',
        '"\\\\"',
        "#",
        "#c",
        "=",
        "''",
        '""',
        "$1",
        '"$@"',
        "$#",
        "$*",
        "'it'\\''s'",
        "fi",
    ),
    *("if", "[", "]", "!", "$5", "$?", '$"i $v"', ";", "{", "}", '"$', "|"),
]


@needs("grub-emu")
@settings(max_examples=10)
@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=8).map("".join), min_size=1, max_size=8))
def test_words_are_those_that_grub_reads(tmp_path_factory, lines):
    show = 'function show { echo "@@$#:$1|$2|$3|$4|$5|$6|$7@"\n}\nv="one  two"; w=" lead trail "; set e=\n'
    body = "".join(f"show {line.rstrip(chr(92))}\n" for line in lines)
    said = []

    def echo(_machine, arguments, _command):
        said.append(" ".join(argument.text for argument in arguments[1:]))
        return 0

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(commands.BUILTINS, "echo", echo)
        guest_files.reading(show + body)
    # Where a quote is never closed, GRUB looks for its end in the last line too.
    printed = printed_by_grub(f"{show}{body}\nexit\n", tmp_path_factory.mktemp("grub"))
    assert printed == [line for text in said for line in text.split("\n") if line.startswith("@@")]


def is_script(text):
    """Whether grub-script-check takes text for a script."""
    command = ["grub-script-check"]
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=False, timeout=_TIMEOUT)
    return done.returncode == 0


@needs("grub-script-check")
@settings(max_examples=10)
@given(CHANCE)
def test_oracle_05_what_was_edited_is_still_a_script_and_nothing_else_has_changed(chance):
    text = menus_by_chance.Menus(chance, menus_by_chance.kernel(chance)).script()
    assume(is_script(text))
    before = [item.loaded for item in guest_files.reading(text).menu.walk() if item.loaded]
    try:
        new = guest_files.edited_script(text, _changed, ["console=hvc0"])
    except editing.NotEditable:
        return
    assert is_script(new)
    after = [item.loaded for item in guest_files.reading(new).menu.walk() if item.loaded]
    assert [_arguments(each) for each in after] == [_expected(_arguments(each)) for each in before]
    assert guest_files.edited_script(text) == text
    # Every other line is as it was.
    lines = set(new.split("\n"))
    untouched = re.compile(r"linux|root=|quiet|/dev/sda1|--|^\t|\\$")
    assert all(line in lines for line in text.split("\n") if not untouched.search(line))


def _changed(argument):
    return None if argument == "quiet" else argument.replace("/dev/sda1", "UUID=u 1" if " " in argument else "UUID=u")


def _arguments(loaded):
    return [argument.text for argument in loaded.arguments[1:]]


def _expected(arguments):
    changed = [_changed(argument) if argument else argument for argument in arguments]
    kept = [argument for argument in changed if argument is not None]
    position = kept.index("--") if "--" in kept else len(kept)
    return [*kept[:position], *([] if "console=hvc0" in kept else ["console=hvc0"]), *kept[position:]]
