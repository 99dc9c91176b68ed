# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.verify.signs import (
    SILENCE,
    Look,
    Processor,
    Signs,
    processor_from,
)


def registers(instruction, *, level=0, cr0="80050033", efer="0500", halted=0, name="RIP"):
    """The lines of QEMU 7.2's `info registers` that matter, as it prints them."""
    return (
        f"\r\nCPU#0\r\n{name}={instruction} {name[0]}FL=00000002 [-------] CPL={level} II=0 A20=1 SMM=0 HLT={halted}\r\n"
        f"CS =0010 0000000000000000 ffffffff 00af9b00 DPL=0 CS64 [-RA]\r\nCR0={cr0} CR2=0 CR3=0 CR4=0\r\nEFER={efer}\r\n"
    )


@pytest.mark.parametrize(
    "text, runs",
    [
        (registers("fffebaba", name="EIP", cr0="00000011", efer="0000"), False),  # SeaBIOS
        (registers("0000b7b9", name="EIP", cr0="00000010", efer="0000", halted=1), False),  # its last resort
        (registers("0000000000100 2aa".replace(" ", "")), False),  # Linux's decompressor
        (registers("000000007e3c1f2a"), False),  # OVMF: on pages, in long mode
        (registers("ffffffff810012ab"), True),  # Linux
        (registers("00007f0012345678", level=3), True),  # a process
        (registers("fffff80312345678"), True),  # Windows
        (registers("c1000000", name="EIP", efer="0000"), True),  # a 32-bit Linux
        (registers("82812345", name="EIP", efer="0000"), True),  # a 32-bit Windows
    ],
)
def test_where_the_processor_is_shows_whether_a_kernel_runs(text, runs):
    assert processor_from(text).runs_kernel == runs


def test_what_is_not_of_x86_says_nothing():
    assert processor_from("CPU#0\r\n PC=ffffffc010081000 X00=0\r\n") is None
    assert processor_from("") is None


FIRMWARE = Processor(0x1002AA, 0, True, True, False)
KERNEL = Processor(0xFFFFFFFF81000000, 0, True, True, False)


def look(console="", display="", transferred=0, restarts=0, processor=FIRMWARE):
    return Look(console, display, transferred, restarts, processor)


@pytest.mark.parametrize(
    "seen",
    [
        look(processor=KERNEL),
        look(console="[    0.000000] Linux version 6.1.0"),
        look(console="[   12.733490] sd 2:0:1:0: Attached"),
        look(display="Linux version 2.6.32"),
        look(console="\nweb01 login: "),
    ],
)
def test_after_its_kernel_has_started_no_silence_is_too_long(seen):
    signs = Signs("kvm", 0)
    signs.take(seen, 1)
    signs.take(look(), 2)
    assert signs.reached_kernel and not signs.over(10_000)


@pytest.mark.parametrize("moved", [look(console="GRUB"), look(display="4s"), look(transferred=9), look(restarts=1)])
def test_whatever_moves_begins_the_silence_anew(moved):
    signs = Signs("tcg", 0)
    signs.take(look(), 1)
    signs.take(moved, 200)
    assert not signs.over(200 + SILENCE["tcg"]) and signs.over(201 + SILENCE["tcg"])
    assert signs.silent_for(210) == 10


def test_a_processor_that_stays_at_one_instruction_is_stuck_and_one_that_waits_for_a_key_is_not():
    waiting = Signs("kvm", 0)
    halted = Signs("kvm", 0)
    stuck = Signs("kvm", 0)
    for second in range(100):
        stuck.take(look(processor=FIRMWARE), second)
        waiting.take(look(processor=Processor(0x8000 + second % 3, 0, False, False, False)), second)
        halted.take(look(processor=Processor(0xB7B9, 0, False, False, True)), second)
    assert stuck.over(99) and waiting.over(99) and halted.over(99)
    assert (stuck.stuck(99), waiting.stuck(99), halted.stuck(99)) == (True, False, False)


def test_a_processor_that_hangs_after_the_last_that_moved_is_stuck():
    signs = Signs("kvm", 0)
    signs.take(look(processor=Processor(0xFFF0, 0, False, False, False)), 1)
    for second in range(2, 100):
        signs.take(look(console="Booting from ROM", processor=FIRMWARE), second)
    assert signs.over(99) and signs.stuck(99)


def test_a_machine_whose_qemu_gives_no_answer_is_stuck():
    assert Signs("kvm", 0).stuck(99)


def test_a_machine_of_which_qemu_says_nothing_is_not_called_stuck():
    signs = Signs("kvm", 0)
    for second in range(100):
        signs.take(look(processor=None), second)
    assert signs.over(99) and not signs.stuck(99)
