# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the page looks: wide, on a phone, in the dark, on paper."""

from __future__ import annotations

STYLE = r"""
:root {
  --page: #f6f7f9; --surface: #ffffff; --sunken: #f0f2f5; --ink: #1a1f27; --quiet: #5a6473; --line: #dfe3e8;
  --accent: #2456c9; --failed: #b3261e; --interrupted: #8a5a00; --skipped: #5a6473; --converted: #1a7142;
  --failed-tint: #fdf1f0; --added: #e5f4ea; --removed: #fdecea; --hunk: #6a4fb3;
  --fetch: #93a1b5; --inspect: #4f9fc9; --convert: #3f63c8; --verify: #8e62c4; --define: #2b9a87; --other: #b49a6a;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #12151a; --surface: #1a1e25; --sunken: #14181e; --ink: #e4e8ee; --quiet: #99a4b3; --line: #2d343e;
    --accent: #8ab0ff; --failed: #ff8f86; --interrupted: #e8b04a; --skipped: #99a4b3; --converted: #6fcf97;
    --failed-tint: #2a1a1c; --added: #16301f; --removed: #3a1d1f; --hunk: #b7a0f0;
    --fetch: #76859a; --inspect: #58a9d3; --convert: #6586e8; --verify: #a57fdb; --define: #3cb09b; --other: #bda677;
  }
}
* { box-sizing: border-box; }
html { color-scheme: light dark; -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scroll-padding-top: 3rem; }
body {
  margin: 0 auto; max-width: 84rem; padding: 2rem 2rem 4rem; overflow-wrap: break-word;
  background: var(--page); color: var(--ink);
  font: 0.9375rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif;
}
h1, h2, h3, p, dl, dd, ol, ul, figure { margin: 0; padding: 0; }
ol, ul { list-style: none; }
h1 { font-size: 1.625rem; line-height: 1.25; font-weight: 650; letter-spacing: -0.012em; text-wrap: balance; }
h2 { font-size: 0.8125rem; font-weight: 600; color: var(--quiet); }
h3 { font-size: 0.8125rem; font-weight: 600; color: var(--quiet); margin-bottom: 0.375rem; }
button, input, select { font: inherit; color: inherit; }
button { background: none; border: 0; padding: 0; text-align: inherit; cursor: pointer; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
code, pre, .mono { font-family: var(--mono); font-size: 0.8125rem; }
.quiet { color: var(--quiet); }
.small { font-size: 0.8125rem; }
/* A guest's text neither widens the page nor turns what follows around. */
.text { overflow-wrap: anywhere; unicode-bidi: isolate; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
[hidden] { display: none !important; }

.brand { font-size: 0.8125rem; font-weight: 600; color: var(--quiet); margin-bottom: 0.25rem; }
.period { color: var(--quiet); margin-top: 0.25rem; font-variant-numeric: tabular-nums; }
.notice {
  margin-top: 1rem; padding: 0.625rem 0.875rem; border: 1px solid var(--line); border-radius: 4px;
  border-left: 3px solid var(--interrupted); background: var(--surface); overflow-wrap: anywhere;
}

.overview {
  display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 4fr) minmax(0, 4fr); gap: 2rem;
  margin: 1.5rem 0 1.75rem;
}
.overview h2 { margin-bottom: 0.5rem; }
.proportion { display: flex; gap: 2px; height: 6px; margin-bottom: 0.75rem; border-radius: 3px; overflow: hidden; }
.proportion span { min-width: 3px; background: var(--colour); }
.failed { --colour: var(--failed); } .interrupted { --colour: var(--interrupted); }
.skipped { --colour: var(--skipped); } .converted { --colour: var(--converted); }
.totals { display: flex; flex-wrap: wrap; gap: 0.5rem; }
.totals button {
  flex: 1 1 5.5rem; padding: 0.5rem 0.75rem; border: 1px solid var(--line); border-radius: 6px;
  background: var(--surface); line-height: 1.3;
}
.totals b {
  display: block; font-size: 1.375rem; font-weight: 600; font-variant-numeric: tabular-nums; color: var(--colour);
}
.totals .none b { color: var(--quiet); font-weight: 400; }
.totals button:hover, .codes button:hover { border-color: var(--quiet); }
[aria-pressed="true"] { border-color: var(--accent) !important; box-shadow: inset 0 0 0 1px var(--accent); }
.codes {
  display: flex; flex-wrap: wrap; gap: 0.375rem; max-height: 8.5rem; overflow-y: auto; padding: 2px; margin: -2px;
}
.codes button {
  padding: 0.125rem 0.5rem; border: 1px solid var(--line); border-radius: 6px; background: var(--surface);
  overflow-wrap: anywhere;
}
.codes b { font-weight: 600; margin-left: 0.375rem; font-variant-numeric: tabular-nums; }
.legend { max-width: 26rem; }
.legend th { font-weight: inherit; }
.legend :is(th, td) { padding: 0 0 0 0.875rem; }
.legend :is(th, td):nth-child(n+3) { text-align: right; }
.legend :is(th, td):first-child { width: 0.625rem; padding: 0; }
.swatch { display: block; width: 0.625rem; height: 0.625rem; border-radius: 2px; background: var(--colour); }
.fetch { --colour: var(--fetch); } .inspect { --colour: var(--inspect); } .convert { --colour: var(--convert); }
.verify { --colour: var(--verify); } .define { --colour: var(--define); } .other { --colour: var(--other); }

.tools { display: flex; flex-wrap: wrap; gap: 0.5rem 0.75rem; align-items: center; margin-bottom: 0.75rem; }
.tools input, .tools select {
  min-width: 0; padding: 0.4375rem 0.75rem; border: 1px solid var(--line); border-radius: 6px;
  background: var(--surface);
}
.tools input { flex: 0 1 24rem; }
.tools input::placeholder { color: var(--quiet); opacity: 1; }
.tools .reset { color: var(--accent); padding: 0.25rem; }
.tools .count { margin-left: auto; color: var(--quiet); font-variant-numeric: tabular-nums; }
.order { display: none; }

table { width: 100%; border-collapse: separate; border-spacing: 0; text-align: left; }
.guests { table-layout: fixed; background: var(--surface); border: 1px solid var(--line); border-radius: 8px; }
.guests > thead th {
  position: sticky; top: 0; z-index: 1; padding: 0; background: var(--surface); border-bottom: 1px solid var(--line);
  font-size: 0.8125rem; font-weight: 600; color: var(--quiet);
}
.guests > thead th:first-child { border-top-left-radius: 8px; padding-left: 0.5rem; }
.guests > thead th:last-child { border-top-right-radius: 8px; }
.guests > thead button { width: 100%; padding: 0.5rem 0.75rem; white-space: nowrap; font-weight: inherit; }
.guests > thead button:hover { color: var(--ink); }
.guests > thead button:focus-visible { outline-offset: -3px; }
.guests > thead button::after { content: ""; display: inline-block; width: 1em; margin-left: 0.25em; }
[aria-sort] { color: var(--ink) !important; }
[aria-sort="ascending"] > button::after { content: "\2191" !important; }
[aria-sort="descending"] > button::after { content: "\2193" !important; }
.c-guest { width: 16%; } .c-outcome { width: 16%; } .c-system { width: 17%; } .c-time { width: 15%; }
.c-devices { width: 25%; } .c-concerns { width: 11%; }
.guest > td { padding: 0.625rem 0.75rem; vertical-align: top; border-top: 1px solid var(--line); }
.guest:first-child > td { border-top: 0; }
.guest > td:first-child { padding-left: 0.5rem; }
.guest { cursor: pointer; }
.guest:hover > td { background: var(--sunken); }
.name { display: flex; gap: 0.25rem; width: 100%; font-weight: 600; }
.name::before {
  content: ""; flex: none; width: 0.375rem; height: 0.375rem; margin: 0.5rem 0.375rem 0 0.25rem;
  transform: rotate(-45deg); border: solid var(--quiet); border-width: 0 1.5px 1.5px 0;
}
.name[aria-expanded="true"]::before { transform: rotate(45deg); }
.host { padding-left: 1.25rem; }
.what { color: var(--colour); font-weight: 600; }
.what::before {
  content: ""; display: inline-block; width: 0.5rem; height: 0.5rem; margin-right: 0.5rem; border-radius: 50%;
  background: var(--colour);
}
.failed .what::before { border-radius: 1px; }
.interrupted .what::before, .skipped .what::before { background: none; box-shadow: inset 0 0 0 1.5px var(--colour); }
.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
.bar { display: flex; gap: 1px; height: 6px; margin-top: 0.375rem; }
.bar span { flex: none; background: var(--colour); min-width: 1px; }
.bar span:first-child { border-radius: 2px 0 0 2px; } .bar span:last-child { border-radius: 0 2px 2px 0; }
.bar .resumed { opacity: 0.35; }
.device { display: block; line-height: 1.6; padding-left: 1em; text-indent: -1em; overflow-wrap: anywhere; }
.severity-error { color: var(--failed); }
.severity-warning { color: var(--interrupted); }
.severity-info { color: var(--quiet); }
.severity { white-space: nowrap; display: block; }
.more { display: block; margin: 1rem auto 0; padding: 0.5rem 1rem; color: var(--accent); }
.nothing { padding: 2.5rem 1rem; text-align: center; color: var(--quiet); }

.unfolded > td {
  padding: 0.75rem 1.25rem 1.5rem 1.75rem; background: var(--sunken); border-top: 1px solid var(--line);
}
.detail {
  display: grid; column-gap: 2.5rem;
  grid-template-columns: minmax(0, 1fr) minmax(0, 28rem); grid-template-rows: auto auto 1fr;
}
.done { grid-area: 2 / 1 / span 2; }
.seen { grid-area: 2 / 2; }
.known { grid-area: 3 / 2; }
.detail section, .detail figure { margin-bottom: 1.25rem; }
.problem {
  grid-area: 1 / 1 / auto / -1; margin-bottom: 1.25rem; padding: 0.75rem 1rem;
  border-left: 3px solid var(--colour); border-radius: 4px; background: var(--surface);
}
.failed.problem { background: var(--failed-tint); }
.problem p + p { margin-top: 0.25rem; }
.problem .message { font-weight: 600; white-space: pre-line; }
.items > li { padding: 0.3125rem 0; }
.items > li + li { border-top: 1px solid var(--line); }
.facts {
  display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.1875rem 0.875rem; font-size: 0.8125rem;
}
.facts dt { color: var(--quiet); }
.facts dt::first-letter { text-transform: uppercase; }
.facts dd { overflow-wrap: anywhere; }
.plain { font-size: 0.8125rem; }
.plain th { font-weight: 400; color: var(--quiet); padding: 0 1rem 0.1875rem 0; }
.plain td { padding: 0.1875rem 1rem 0.1875rem 0; border-top: 1px solid var(--line); vertical-align: top; }
.plain td:not(:last-child) { white-space: nowrap; }
.scroll { overflow-x: auto; }
.enlarge { display: block; cursor: zoom-in; }
.enlarge img { display: block; width: 100%; height: auto; border-radius: 6px; border: 1px solid var(--line); }
dialog { max-width: 100vw; max-height: 100vh; padding: 0; border: 0; background: none; cursor: zoom-out; }
dialog img {
  display: block; width: auto; max-width: min(96vw, 75rem); height: auto; max-height: 88vh; border-radius: 6px;
}
dialog::backdrop { background: rgb(0 0 0 / 0.75); }
.close {
  display: block; margin: 0 0 0.5rem auto; padding: 0.375rem 0.75rem; border-radius: 6px; color: #fff;
  background: #0009;
}
figcaption { margin-top: 0.375rem; font-size: 0.8125rem; color: var(--quiet); }
details { border: 1px solid var(--line); border-radius: 6px; background: var(--surface); }
details + details { margin-top: 0.375rem; }
.large { padding: 0 0.75rem 0.5rem; color: var(--quiet); }
summary { padding: 0.375rem 0.75rem; cursor: pointer; overflow-wrap: anywhere; }
.plus { color: var(--converted); } .minus { color: var(--failed); }
.diff {
  margin: 0; padding: 0.375rem 0; border-top: 1px solid var(--line); overflow-x: auto; max-height: 30rem;
  line-height: 1.45; tab-size: 4;
}
.diff code { display: block; width: max-content; min-width: 100%; }
.diff span { display: block; padding: 0 0.75rem; min-height: 1.45em; white-space: pre; unicode-bidi: isolate; }
.diff .added { background: var(--added); }
.diff .removed { background: var(--removed); }
.diff .hunk { color: var(--hunk); }

@media (max-width: 68rem) {
  .overview { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
  .overview > :first-child { grid-column: 1 / -1; }
  .detail { display: block; }
  figure { max-width: 45rem; }
}
@media screen and (max-width: 60rem) {
  .order { display: flex; gap: 0.5rem; align-items: center; }
  /* Rows become cards. What a table is to a screen reader, the roles say. */
  .guests, .guests > tbody { display: block; }
  .guests { background: none; border: 0; }
  .guests > thead { display: none; }
  .guest {
    display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 0.625rem 1rem; padding: 0.75rem;
    margin-bottom: 0.625rem; background: var(--surface); border: 1px solid var(--line); border-radius: 8px;
  }
  .guest > td, .guest > td:first-child { display: block; padding: 0; border: 0; min-width: 0; }
  .guest:hover > td { background: none; }
  .guest > .c-guest, .guest > .c-outcome, .guest > .c-system, .guest > .c-time,
  .guest > .c-concerns, .guest > .c-devices { width: auto; }
  .guest > td:empty { display: none; }
  .name { min-height: 1.5rem; }
  .guest:has(+ .unfolded) { margin-bottom: 0; border-radius: 8px 8px 0 0; }
  .unfolded { display: block; margin-bottom: 0.625rem; }
  .unfolded > td {
    display: block; padding: 0.875rem 0.75rem 1rem;
    border: 1px solid var(--line); border-top: 0; border-radius: 0 0 8px 8px;
  }
}
@media screen and (max-width: 40rem) {
  body { padding: 1.25rem 1rem 3rem; }
  h1 { font-size: 1.375rem; }
  .overview { grid-template-columns: minmax(0, 1fr); gap: 1.25rem; margin: 1.25rem 0 1.5rem; }
  .totals { display: grid; grid-template-columns: 1fr 1fr; }
  /* Below this size a phone zooms in on what is typed into. */
  .tools input { flex: 1 1 100%; font-size: 1rem; }
  .guest { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .guest > .c-devices { grid-column: 1 / -1; }
}
@media print {
  @page { margin: 14mm; }
  :root { --page: #fff; --sunken: #fff; }
  html { font-size: 8.5pt; }
  body { padding: 0; max-width: none; }
  figure { max-width: 9cm; }
  .tools, .more, .name::before { display: none; }
  .host { padding-left: 0; }
  /* Not on every sheet, where Chromium leaves out what buttons say. */
  .guests > thead { display: table-row-group; }
  .guests > thead th { position: static; }
  .guest, .totals, figure, .items > li { break-inside: avoid; }
  .guest { break-after: auto; }
  .diff { max-height: none; overflow: visible; }
  .diff span { white-space: pre-wrap; overflow-wrap: anywhere; }
  .bar span, .swatch, .proportion span, .what::before, .diff span {
    print-color-adjust: exact; -webkit-print-color-adjust: exact;
  }
}
"""
