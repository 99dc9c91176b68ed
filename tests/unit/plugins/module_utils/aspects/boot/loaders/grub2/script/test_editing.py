# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arguments are edited where they stand, and nothing else is."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders.grub2.script import editing
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.boot.loaders.grub2.script.guest_files import (
    PATH,
    arguments,
    edited,
    edited_script,
)


def change(argument):
    return None if argument == "quiet" else argument.replace("/dev/sda1", "UUID=x")


def entry(line, rest="\n\tinitrd /i\n"):
    return f"menuentry 'a' {{\n\tlinux\t/v {line}{rest}}}\n"


@pytest.mark.parametrize(
    "before, after",
    [
        ("root=/dev/sda1 ro", "root=UUID=x ro"),
        ('"root=/dev/sda1" ro', '"root=UUID=x" ro'),
        ("'root=/dev/sda1'", "'root=UUID=x'"),
        ('root="/dev/sda1"', 'root="UUID=x"'),
        ("root=/dev/sd'a1'", "root=UUID=x"),
        ("root=/dev/sda1 \\\n\t  ro", "root=UUID=x \\\n\t  ro"),
        ("ro \\\n\t  root=/dev/sda1 x", "ro \\\n\t  root=UUID=x x"),
        ("root=/dev/\\\nsda1", "root=UUID=x"),
        ("ro  quiet  root=/dev/sda1", "ro  root=UUID=x"),
        ("root=/dev/sda1 'quiet'", "root=UUID=x"),
        ("root=/dev/sda1 ro quiet # quiet", "root=UUID=x ro # quiet"),
        ("root=a \"x='/dev/sda1' y\"", "root=a \"x='UUID=x' y\""),
        ("root=a  # /dev/sda1", "root=a  # /dev/sda1"),
        ("root=a x=\\$/dev/sda1", "root=a x=\\$UUID=x"),
    ],
)
def test_oracle_05_a_word_is_edited_where_it_stands(before, after):
    assert edited_script(entry(before), change) == entry(after)


@pytest.mark.parametrize(
    "before, after",
    [
        ("root=a ro", "root=a ro console=x"),
        ("root=a ro \\\n", "root=a ro console=x \\\n"),
        ("root=a ro # why", "root=a ro console=x # why"),
        ("root=a 'console=x'", "root=a 'console=x'"),
        ("root=a $more", "root=a $more console=x"),
        ("root=a quiet -- single", "root=a console=x -- single"),
    ],
)
def test_what_is_missing_is_put_behind_the_last_argument(before, after):
    assert edited_script(entry(before), change, ["console=x"]) == entry(after)


def test_what_is_missing_stands_before_the_end_of_the_command():
    text = "menuentry a { linux /v root=a; initrd /i }\nmenuentry b { linux /v root=a }\n"
    expected = text.replace("root=a", "root=a console=x")
    assert edited_script(text, str, ["console=x"]) == expected


@pytest.mark.parametrize(
    "before, after",
    [
        ("set r=/dev/sda1\n" + entry("root=$r"), "set r=UUID=x\n" + entry("root=$r")),
        ('r="/dev/sda1"\n' + entry('"root=${r}" quiet'), 'r="UUID=x"\n' + entry('"root=${r}"')),
        ('set o="ro quiet root=/dev/sda1"\n' + entry("$o"), 'set o="ro root=UUID=x"\n' + entry("$o")),
        ("set o=quiet\\ root=/dev/sda1\n" + entry("$o"), "set o=root=UUID=x\n" + entry("$o")),
        (
            'set d=/dev/sda1\nset o="root=$d ro"\n' + entry("$o"),
            'set d=UUID=x\nset o="root=$d ro"\n' + entry("$o"),
        ),
    ],
)
def test_what_a_variable_brings_is_edited_where_it_is_set(before, after):
    after = after if "quiet\\ " not in before else after
    new = edited_script(before, change)
    assert arguments(new) == [argument for argument in map(change, arguments(before)) if argument]
    if "quiet\\ " not in before:
        assert new == after


def test_missing_arguments_go_into_the_variable_that_brings_the_root_filesystem():
    text = 'set o="root=a "\n' + entry("$o") + entry("$o single")
    expected = text.replace("root=a ", "root=a console=x ")
    assert edited_script(text, str, ["console=x"]) == expected
    text += entry("$o console=x")
    expected = text.replace("/v $o\n", "/v $o console=x\n").replace("single", "single console=x")
    assert edited_script(text, str, ["console=x"]) == expected


def test_where_kernels_need_different_arguments_they_take_the_variables_place():
    text = "set r=/dev/sda1\n" + entry("root=$r") + entry("root=$r ro", rest="\n")
    new = edited(text, change, without=lambda argument: argument.replace("/dev/sda1", "PARTUUID=p"))[PATH]
    assert new == "set r=/dev/sda1\n" + entry("root=UUID=x") + entry("root=PARTUUID=p ro", rest="\n")


def test_a_memory_test_keeps_what_it_shares_with_kernels():
    text = "set o=quiet\n" + entry("root=a $o") + "menuentry m {\n\tlinux16 /memtest $o\n}\n"
    assert edited_script(text, change, ["console=x"]) == text.replace("root=a $o", "root=a console=x")


@pytest.mark.parametrize(
    "text",
    [
        "if false; then\n" + entry("root=/dev/sda1") + "fi\n",
        "function f {\n linux /v root=/dev/sda1\n}\n",
        "menuentry b {\n if [ a = b ]; then\n linux /v root=/dev/sda1\n else\n true\n fi\n}\n",
    ],
)
def test_commands_that_are_never_executed_are_edited_too(text):
    new = edited_script(text, change, ["console=x"])
    assert new == text.replace("root=/dev/sda1", "root=UUID=x console=x")


def test_a_default_that_is_not_used_for_a_variable_is_edited_too():
    text = 'if [ -z "$kernelopts" ]; then\n set kernelopts="root=/dev/sda1 ro "\nfi\n' + entry("$kernelopts")
    block = "# GRUB Environment Block\nkernelopts=root=/dev/sda1 x=a\\\\b\n"
    files = {"/grubenv": block.ljust(200, "#")}
    new = edited("load_env\n" + text, change, ["console=x"], files)
    assert new[PATH] == "load_env\n" + text.replace("root=/dev/sda1 ro", "root=UUID=x ro console=x")
    assert new["/grubenv"] == block.replace("/dev/sda1", "UUID=x").replace("b\n", "b console=x\n").ljust(200, "#")


def test_a_block_without_padding_may_grow():
    files = {"/grubenv": "# GRUB Environment Block\no=root=a\n"}
    new = edited("load_env\n" + entry("$o"), change, ["console=x"], files)
    assert new == {"/grubenv": "# GRUB Environment Block\no=root=a console=x\n"}


def test_oracle_05_what_has_nothing_to_change_is_not_written():
    text = 'set o="ro  x"\r\n#\n' + entry("root=a \\\n \"$o\" $o 'q'")
    assert edited(text) == {}


def test_an_argument_that_no_place_can_hold_is_an_error():
    text = "function f {\n linux /v $1\n}\nset r=root=/dev/sda1\nmenuentry a {\n f $r\n}\nmenuentry b {\n f $r\n initrd /i\n}\n"
    with pytest.raises(editing.NotEditable):
        edited(text, change, without=lambda argument: argument.replace("/dev/sda1", "PARTUUID=p"))
