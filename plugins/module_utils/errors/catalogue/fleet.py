# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Codes of fleets: conversion hosts, policy, outcomes and reports."""

from __future__ import annotations

from .declaration import Subject, error

SUBJECT = Subject(
    "Fleets: conversion hosts, policy, reports",
    "These come from the roles and playbooks, from `guestconv_host`, `guestconv_outcome` and `guestconv_report`, and "
    "from filters.",
    (
        error(
            "conversion-host-unreachable",
            "Ansible lost the connection to the conversion host. A run that had started there ends by itself.",
            "Check that the machine is up and that Ansible can log in to it, then run the playbook again.",
            retryable=True,
        ),
        error(
            "images-not-usable",
            "The directory for disk images on the conversion host does not exist, or cannot be written to.",
            "Create it, or run the module as a user who can write to it.",
        ),
        error(
            "images-full",
            "The directory for disk images on the conversion host has less free space than is required.",
            "Make room there, or name another directory.",
        ),
        error(
            "names-unmapped",
            "A map of networks or storages has no entry for a name that the source of a guest uses.",
            "Add the name, a pattern that matches it, or the key `default` to the map.",
        ),
        error(
            "policy-invalid",
            "A rule of the policy is malformed, or it asks for a fact that the description does not have.",
            "Correct the rule that `path` names. The facts are those of `guest.roots.*.info`.",
        ),
        error(
            "policy-not-possible",
            "A rule of the policy, or the policy of a network card, selects something that this guest cannot have.",
            "Select one of the values that the hint lists, restrict the rule with `when`, or change the "
            "configuration in the guest first.",
        ),
        error(
            "option-invalid",
            "An option is missing or unknown, or its value has the wrong type or is not one of those that it can have.",
            "Correct the option that the message names. `ansible-doc` documents the options of each module.",
        ),
        error(
            "argument-invalid",
            "A filter was called with arguments that it does not have, or that have another form than it expects.",
            "Use the arguments that the message lists. `ansible-doc -t filter` documents them. The results of modules must be "
            "passed as they are.",
        ),
        error(
            "outcome-invalid",
            "The outcome that was to be recorded does not have the form of an outcome.",
            "Pass what the filter `virttools.guestconv.outcome` returns.",
        ),
        error(
            "outcomes-not-found",
            "The directory for the report has no outcomes of guests, or cannot be read.",
            "Name the directory that `guestconv_outcome` writes to.",
        ),
        error(
            "task-failed",
            "A task of the playbook that is not one of guestconv's failed for this guest. Only reports have this code.",
            "Act on the task's own message, which the report shows.",
        ),
    ),
)
