// Totals, filters, order, and rows as the person comes to them.

import { detailRow } from "./detail.js";
import { count, data, duration, make, number, OUTCOMES, SEVERITIES, said } from "./elements.js";
import { differs, guestRow, phaseClass } from "./row.js";

// So many rows at once: a thousand would keep the reader of the first ten waiting.
const BATCH = 100;

const summary = data("summary");
const rows = data("rows").map((row, index) => {
  const severities = {};
  for (const [severity] of row.concerns) severities[severity] = (severities[severity] ?? 0) + 1;
  const words = [
    row.guest,
    row.outcome,
    row.phase,
    row.code,
    row.message,
    row.host,
    row.system,
    row.hostname,
    ...row.devices.flatMap((device) => [device.id, device.before, device.after]),
    ...row.concerns.flat(),
  ];
  return { ...row, index, severities, words: words.filter(Boolean).join("\n").toLowerCase() };
});
const longest = Math.max(1, ...rows.map((row) => row.phases.reduce((sum, phase) => sum + phase.seconds, 0)));

const alphabet = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
// Those that have nothing there come last.
const byText = (key) => (one, other) => !one[key] - !other[key] || alphabet.compare(one[key] ?? "", other[key] ?? "");
const byOutcome = (one, other) =>
  OUTCOMES.indexOf(one.outcome) - OUTCOMES.indexOf(other.outcome) || byText("code")(one, other);
const byMost = (measure) => (one, other) => measure(other) - measure(one);
const changedDevices = (row) => row.devices.filter(differs).length;
const weight = (row) => SEVERITIES.reduce((sum, severity) => sum * 1000 + (row.severities[severity] ?? 0), 0);

// Each column with the order that a person wants first of it.
const COLUMNS = {
  guest: { title: "Guest", compare: byText("guest"), first: "ascending" },
  outcome: { title: "Outcome", compare: byOutcome, first: "ascending" },
  system: { title: "Operating system", compare: byText("system"), first: "ascending" },
  time: { title: "Time", compare: byMost((row) => row.seconds), first: "descending" },
  devices: { title: "Devices", compare: byMost(changedDevices), first: "descending" },
  concerns: { title: "Concerns", compare: byMost(weight), first: "descending" },
};

const chosen = { outcomes: new Set(), codes: new Set(), text: "", column: "outcome", reversed: false };
let visible = [],
  rendered = 0;

const isShown = (row, terms) =>
  (!chosen.outcomes.size || chosen.outcomes.has(row.outcome)) &&
  (!chosen.codes.size || chosen.codes.has(row.code)) &&
  terms.every((term) => row.words.includes(term));

const body = make("tbody", { role: "rowgroup" });
const status = make("p", { class: "count", role: "status" });
const more = make("button", { class: "more", type: "button", onclick: () => showMore() }, "Show more guests");
const nothing = make("p", { class: "nothing" }, "No guest matches the filter.");

function unfold(row) {
  row.unfolded = !row.unfolded;
  row.button.setAttribute("aria-expanded", String(row.unfolded));
  if (!row.unfolded) row.detail.remove();
  else {
    row.detail ??= detailRow(row, row.index);
    row.button.setAttribute("aria-controls", row.detail.id);
    row.line.after(row.detail);
  }
}

function showMore(batch = BATCH) {
  const lines = visible.slice(rendered, rendered + batch).flatMap((row) => {
    if (!row.line) Object.assign(row, guestRow(row, longest, unfold));
    return row.unfolded ? [row.line, row.detail] : [row.line];
  });
  body.append(...lines);
  rendered = Math.min(visible.length, rendered + batch);
  more.hidden = rendered === visible.length;
  // Observed anew it reports anew, when one batch did not fill the window.
  watcher.unobserve(more);
  watcher.observe(more);
}

const watcher = new IntersectionObserver(
  (entries) => {
    if (entries.some((entry) => entry.isIntersecting) && !more.hidden) showMore();
  },
  { rootMargin: "800px" },
);

function update() {
  const terms = chosen.text.toLowerCase().split(/\s+/).filter(Boolean);
  const { compare } = COLUMNS[chosen.column];
  visible = rows.filter((row) => isShown(row, terms));
  visible.sort((one, other) => (chosen.reversed ? -1 : 1) * compare(one, other) || byText("guest")(one, other));
  body.replaceChildren();
  rendered = 0;
  showMore();
  nothing.hidden = visible.length > 0;
  const all = count(rows.length, "guest");
  status.textContent = visible.length === rows.length ? all : `${number(visible.length)} of ${all}`;
  reset.hidden = !(chosen.outcomes.size || chosen.codes.size || terms.length);
  for (const toggle of toggles) toggle.button.setAttribute("aria-pressed", String(toggle.set.has(toggle.value)));
  for (const [name, column] of Object.entries(COLUMNS)) {
    const other = column.first === "ascending" ? "descending" : "ascending";
    if (name === chosen.column) column.heading.setAttribute("aria-sort", chosen.reversed ? other : column.first);
    else column.heading.removeAttribute("aria-sort");
  }
  order.value = chosen.column;
}

function sortBy(name) {
  chosen.reversed = chosen.column === name && !chosen.reversed;
  chosen.column = name;
  update();
}

// A button that filters by a value of a set while it is pressed.
const toggles = [];
function toggle(set, value, attributes, ...children) {
  const button = make(
    "button",
    {
      type: "button",
      ...attributes,
      onclick: () => {
        if (!set.delete(value)) set.add(value);
        update();
      },
    },
    ...children,
  );
  toggles.push({ button, set, value });
  return button;
}

function totals() {
  const counts = ["converted", "failed", "interrupted", "skipped"].map((name) => [name, summary.outcomes[name]]);
  const parts = counts
    .filter(([, many]) => many)
    .map(([outcome, many]) => {
      const part = make("span", { class: outcome });
      part.style.flexGrow = many;
      return part;
    });
  return make(
    "section",
    { "aria-label": "Outcomes" },
    make("h2", {}, "Outcomes"),
    make("div", { class: "proportion", "aria-hidden": "true" }, parts),
    make(
      "div",
      { class: "totals" },
      counts.map(([outcome, many]) =>
        toggle(chosen.outcomes, outcome, { class: many ? outcome : "none" }, make("b", {}, number(many)), " ", outcome),
      ),
    ),
  );
}

function codes() {
  const buttons = Object.entries(summary.codes).map(([code, many]) =>
    toggle(chosen.codes, code, {}, said(code, "mono"), " ", make("b", {}, number(many))),
  );
  return make(
    "section",
    {},
    make("h2", {}, "Why guests failed"),
    buttons.length ? make("div", { class: "codes" }, buttons) : make("p", { class: "quiet" }, "No guest failed."),
  );
}

function phases() {
  const line = (swatch, name, median, most) =>
    make(
      "tr",
      {},
      make("td", {}, make("span", { class: `swatch ${swatch}` })),
      make("th", { scope: "row" }, name),
      make("td", { class: "number" }, median),
      make("td", { class: "number quiet" }, most),
    );
  const lines = Object.entries(summary.seconds_of_phases).map(([name, values]) =>
    line(phaseClass(name), said(name), duration(values.median), duration(values.longest)),
  );
  const head = make(
    "tr",
    { class: "small quiet" },
    make("td"),
    make("td"),
    make("th", { scope: "col" }, "median"),
    make("th", { scope: "col" }, "longest"),
  );
  return make(
    "section",
    {},
    make("h2", {}, "Time per guest"),
    lines.length
      ? make("table", { class: "legend" }, make("thead", {}, head), make("tbody", {}, lines))
      : make("p", { class: "quiet" }, "Not measured."),
  );
}

const search = make("input", {
  type: "search",
  placeholder: "Filter by name, system, code, driver",
  "aria-label": "Filter the guests",
  "aria-keyshortcuts": "/",
  autocomplete: "off",
  spellcheck: "false",
  oninput: () => {
    chosen.text = search.value;
    update();
  },
});
const reset = make(
  "button",
  {
    class: "reset",
    type: "button",
    onclick: () => {
      chosen.outcomes.clear();
      chosen.codes.clear();
      chosen.text = search.value = "";
      update();
      search.focus();
    },
  },
  "Show all",
);
const order = make(
  "select",
  {
    onchange: () => {
      chosen.reversed = false;
      chosen.column = order.value;
      update();
    },
  },
  Object.entries(COLUMNS).map(([name, column]) => make("option", { value: name }, column.title)),
);

function heading([name, column]) {
  column.heading = make(
    "th",
    { class: `c-${name}`, scope: "col", role: "columnheader" },
    make("button", { type: "button", onclick: () => sortBy(name) }, column.title),
  );
  return column.heading;
}

const table = make(
  "table",
  { class: "guests", role: "table", id: "guests" },
  make("caption", { class: "hidden" }, "The guests"),
  make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, Object.entries(COLUMNS).map(heading))),
  body,
);

document
  .getElementById("main")
  .replaceChildren(
    make("div", { class: "overview" }, totals(), codes(), phases()),
    make("div", { class: "tools" }, search, make("label", { class: "order" }, "Sort by", order), reset, status),
    table,
    nothing,
    more,
  );
update();

document.addEventListener("keydown", (event) => {
  const place = document.activeElement;
  if (event.key === "/" && !place.matches("input, select") && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    search.focus();
  } else if (event.key === "Escape" && place === search) {
    chosen.text = search.value = "";
    update();
  } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && place.matches(".name")) {
    const names = [...body.querySelectorAll(".name")];
    const next = names[names.indexOf(place) + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  }
});
// Paper has no scrolling.
addEventListener("beforeprint", () => showMore(visible.length));
