# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What scripts come to: words, variables, conditions, functions, environment blocks, and menus."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.boot.loaders.grub2.script.guest_files import (
    arguments,
    edited_script,
    loaded,
    reading,
)

BLOCK = "# GRUB Environment Block\n"


def entry(words, before=""):
    return f"{before}\nmenuentry a {{\n\tlinux /v {words}\n\tinitrd /i\n}}\n"


@pytest.mark.parametrize(
    "words, expected",
    [
        ("a  b\tc", ["a", "b", "c"]),
        ("'a b' \"c d\" e\\ f", ["a b", "c d", "e f"]),
        ("'it'\\''s' \"a\\\"b\\\\c\\d\"", ["it's", 'a"b\\c\\d']),
        ("a \\\n  b \\\nc", ["a", "b", "c"]),
        ('"a\\\nb" a\\\nb', ["ab", "ab"]),
        ("a#b #c", ["a#b"]),
        ("a; true", ["a"]),
        ('$v "$v" x$v ${v}x', ["one", "two", "one  two", "xone", "two", "one", "twox"]),
        ("$e \"$e\" '' x$e", ["", "", "x"]),
        ("$1 $# if fi then", ["a", "1", "if", "fi", "then"]),
        ("a\r", ["a"]),
        ("a \\\n# a comment\n", ["a"]),
    ],
)
def test_words_are_what_grub_makes_of_them(words, expected):
    assert arguments(entry(words, 'v="one  two"; set e=')) == expected


@pytest.mark.parametrize(
    "condition, is_true",
    [
        ("[ a = a ]", True),
        ("[ a == b ]", False),
        ("[ a != b -a -n x ]", True),
        ("[ -z '' -a ! -n '' ]", True),
        ("[ ( a = b ) -o x ]", True),
        ("[ 10 -gt 9 -a 10 -lt 0x10 ]", True),
        ("[ vmlinuz-9 -plt vmlinuz-10 ]", True),
        ("[ -s /there -a -f /there -a -e /there ]", True),
        ("[ -f /not ]", False),
        ("[ -d / ]", False),
        ("[ '' ]", False),
        ("[ ! ]", True),
        ("test $nothing", True),
        ("! false", True),
        ("! true", False),
        ("unknown-command", True),
        ("search --fs-uuid --set=x not-there", False),
        ("insmod anything", True),
        ("loadfont unicode", True),
        ("cpuid -l", True),
        ("[ x$grub_platform = xpc ]", True),
        ("[ x$feature_timeout_style = xy ]", True),
    ],
)
def test_conditions_hold_as_in_grub(condition, is_true):
    text = f"if {condition}; then r=yes; else r=no; fi\n" + entry("$r")
    assert arguments(text, {"/there": "x"}) == ["yes" if is_true else "no"]


def test_if_takes_the_first_branch_that_holds():
    text = "if false; then r=1\nelif true; then\n r=2; else r=3; fi\n"
    assert arguments(entry("$r", text)) == ["2"]


def test_loops_are_executed_and_left():
    text = (
        "for v in 1 2 3; do\nif [ $v = 2 ]; then continue; fi\nr=$r$v\ndone\nc=x\nwhile [ $c != xxx ]; do c=x$c; done\n"
    )
    text += "until true; do r=not; done\n"
    assert arguments(entry("$r $c", text)) == ["13", "xxx"]


def test_functions_have_arguments_and_end_at_return():
    text = "function f {\n r=$2; if [ $# = 2 ]; then return; fi\n r=not\n}\nf a b\n"
    assert arguments(entry("$r", text)) == ["b"]


def test_what_grub_cannot_parse_is_left_out_up_to_the_end_of_its_line():
    text = "set a=1 )( ; } \nset b=2 | c\nset c=3\n"
    assert arguments(entry("a$a b$b c$c", text)) == ["a", "b", "c3"]
    assert reading("menuentry a { }\nmenuentry 'open {\nlinux /v\n}\n").menu.items == []


def test_submenus_have_the_variables_that_are_exported():
    text = "a=1; b=2; export b\nsubmenu s {\n" + entry("a$a b$b") + "}\n"
    item = reading(text).menu.items[0].children.items[0]
    assert [argument.text for argument in item.loaded.arguments[1:]] == ["a", "b2"]
    red_hats = reading("blscfg\n" + text).menu.items[0].children.items[0]
    assert [argument.text for argument in red_hats.loaded.arguments[1:]] == ["a1", "b2"]


def test_an_entry_is_executed_in_the_state_at_the_end_of_the_script():
    assert arguments("r=1\n" + entry("$r") + "r=2\n") == ["2"]


def test_the_last_kernel_that_an_entry_loads_is_what_it_boots():
    found = loaded("menuentry a {\nlinux /one\ninitrd /i\nlinux16 /two root=a\n}\n")
    assert (found.arguments[0].text, found.initrds, found.boots_linux) == ("/two", (), True)


def test_several_initrds_keep_their_order():
    found = loaded("menuentry a {\nlinuxefi /v root=a\ninitrdefi /ucode $none newc:n:/i\n}\n")
    assert list(found.initrds) == ["/ucode", "/i"]


@pytest.mark.parametrize(
    "load, expected",
    [
        ("load_env", ["1", "2"]),
        ("load_env -f /grubenv one", ["1"]),
        ("load_env --file /grubenv --skip-sig two", ["2"]),
        ("load_env -f /gone", []),
        ("load_env\nset one=5\nsave_env one\nunset one\nload_env", ["5", "2"]),
        ("load_env -f /broken", []),
    ],
)
def test_environment_blocks_set_variables(load, expected):
    files = {"/grubenv": f"{BLOCK}one=1\n# a comment\ntwo=2\n####", "/broken": "one=1\n"}
    assert arguments(entry("$one $two", load), files) == expected


def test_what_another_script_does_is_done():
    files = {"/custom.cfg": "r=sourced\n" + entry("$r"), "/other.cfg": "set default=1\n" + entry("x") + entry("y")}
    assert arguments("source /custom.cfg\n", files) == ["sourced"]
    shown = reading("a=1\nif [ -f ${config_directory}/other.cfg ]; then configfile $prefix/other.cfg; fi\n", files)
    assert shown.menu.started() is shown.menu.items[1]
    assert "/other.cfg" in shown.shared.sources


def test_another_menu_that_is_empty_is_left_for_what_follows():
    assert arguments("configfile /empty.cfg\n" + entry("x"), {"/empty.cfg": "true\n"}) == ["x"]


@pytest.mark.parametrize(
    "text",
    [
        "while true; do set a=1; done\n",
        "function f {\nf\n}\nf\n",
        "set a=aaaaaaaaaaaaaaaa\n" + "set a=$a$a$a$a$a$a$a$a\n" * 9,
        "source /grub.cfg\n",
        "configfile /grub.cfg\n",
    ],
)
def test_a_script_without_an_end_ends(text):
    found = reading(entry("x") + text)
    assert not found.is_whole


def test_submenus_that_lead_to_themselves_end():
    text = "submenu s {\n source /grub.cfg\n}\n"
    depth, menu = 0, reading(text).menu
    while menu:
        depth, menu = depth + 1, menu.items[0].children
    assert 2 < depth < 20


def test_other_things_that_entries_boot_are_told():
    text = "menuentry x {\n multiboot2 /xen.gz placeholder\n module2 /v root=a\n}\nmenuentry w { chainloader +1; }\n"
    kinds = [item.loaded.kind for item in reading(text).menu.items]
    assert kinds == ["multiboot2", "chainloader"]


def test_red_hats_boot_counting_chooses_the_older_entry_only_when_the_last_boots_failed():
    counting = (
        'load_env\nset default="${saved_entry}"\ninsmod increment\n'
        'if [ -n "${boot_counter}" -a "${boot_success}" = "0" ]; then\n'
        '  if  [ "${boot_counter}" = "0" -o "${boot_counter}" = "-1" ]; then\n    set default=1\n    set boot_counter=-1\n'
        "  else\n    decrement boot_counter\n  fi\n  save_env boot_counter\nfi\n"
    )
    text = counting + entry("new") + entry("old")
    for block, number in [
        ("boot_success=0\n", 0),
        ("boot_counter=2\nboot_success=0\n", 0),
        ("boot_success=0\nboot_counter=0\n", 1),
    ]:
        menu = reading(text, {"/grubenv": BLOCK + "saved_entry=0\n" + block}).menu
        assert menu.started() is menu.items[number]


# As an entry of Ubuntu's for clouds: without an initrd first, and with one if grubenv says that this failed.
IN_RESERVE = (
    'load_env\nhave_grubenv=y\nfunction initrdfail {\n if [ -n "${have_grubenv}" ]; then\n'
    ' if [ -z "${initrdfail}" ]; then\n  set initrdfail=1\n fi\n save_env initrdfail\n fi\n}\n'
    'menuentry a {\n if [ "${initrdfail}" = 1 ]; then\n  linux /v root=a ro\n  initrd /i\n else\n'
    "  linux /v root=a ro panic=-1\n fi\n initrdfail\n}\n"
)


def test_an_initrd_in_reserve_is_what_boots_in_the_end_and_both_command_lines_are_edited():
    files = {"/grubenv": BLOCK, "/i": "initrd"}
    item = reading(IN_RESERVE, files).menu.items[0]
    assert (list(item.loaded.initrds), item.tried.arguments[-1].text) == (["/i"], "panic=-1")
    script = edited_script(IN_RESERVE, lambda text: text.replace("root=a", "root=b"), ["c"], files)
    assert "root=b ro c\n" in script and "root=b ro panic=-1 c\n" in script


@pytest.mark.parametrize(
    "text, files",
    [
        pytest.param(IN_RESERVE, {"/i": "initrd"}, id="nothing to save it in"),
        pytest.param(IN_RESERVE, {"/grubenv": BLOCK}, id="no initrd"),
        pytest.param(
            IN_RESERVE.replace("panic=-1", "panic=0"), {"/grubenv": BLOCK, "/i": "x"}, id="it stays where it is"
        ),
        pytest.param(IN_RESERVE.replace("have_grubenv=y", ""), {"/grubenv": BLOCK, "/i": "x"}, id="it is not saved"),
    ],
)
def test_an_entry_that_is_not_started_again_boots_without_an_initrd(text, files):
    item = reading(text, files).menu.items[0]
    assert (item.loaded.initrds, item.tried) == ((), None)


@pytest.mark.parametrize(
    "kernel",
    ["set root=(loop)\nlinux /v", "linux (loop)/v", "linux (loop,msdos1)/v", "linux (http,a:80)/v", "linux (cd)/v"],
)
def test_what_is_on_no_disk_is_another_system(kernel):
    text = f"menuentry live {{\nloopback loop (hd0,1)/live.iso\n{kernel} boot=live root=a\ninitrd (loop)/i\n}}\n"
    found = loaded(text, {"/v": "kernel", "/i": "initrd"})
    assert (found.boots_linux, found.path) == (False, None)
    assert edited_script(text, lambda each: each.replace("a", "b"), ["c"]) == text


@pytest.mark.parametrize(
    "text, is_graphical",
    [
        ("terminal_output gfxterm", True),
        ("terminal_output console", False),
        ("if false; then terminal_output gfxterm; fi", False),
        ("terminal_output --append gfxterm", True),
        ("terminal_output gfxterm serial; terminal_output --append console", True),
        ("terminal_output gfxterm console; terminal_output --remove gfxterm", False),
        ("terminal_output gfxterm; terminal_output console", False),
        ("menuentry b { terminal_output gfxterm; }", False),
    ],
)
def test_a_menu_is_graphical_where_grub_writes_to_the_display_in_a_graphics_mode_when_it_is_shown(text, is_graphical):
    assert reading(f"{text}\n{entry('x')}").is_graphical == is_graphical
