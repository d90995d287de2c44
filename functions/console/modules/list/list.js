// The list of documents: grouped by case and by file, searched, filtered and sorted.
import { byId, button, make, redraw } from "../page/dom.js";
import { cases, documents, outcomeOf, remove, worst } from "./documents.js";
import { fieldsOf } from "../reading/fields.js";
import { translate } from "../page/texts.js";

const TONES = { accepted: "good", incomplete: "fair", review: "fair", rejected: "bad", unreadable: "bad", failed: "bad", waiting: "", working: "busy" };
export const toneOf = (outcome, names) => (outcome === "incomplete" && names === "in_pair" ? "good" : TONES[outcome]);

const FILTERS = ["all", "busy", "accepted", "incomplete", "review", "rejected", "unreadable", "failed"];
const ORDERS = {
  newest: () => 0,
  name: (one, other) => titleOf(one).localeCompare(titleOf(other), undefined, { numeric: true }),
  kind: (one, other) => kindText(one).localeCompare(kindText(other)),
  verdict: (one, other) => (worst([outcomeOfItem(one), outcomeOfItem(other)]) === outcomeOfItem(one) ? -1 : 1),
  valid_until: (one, other) => (untilOf(one) || "9999").localeCompare(untilOf(other) || "9999"),
};

/** An item of the list is a document, or a case with its documents. */
function items() {
  const listed = new Map();
  for (const entry of documents) {
    const key = entry.case ? `case ${entry.case}` : entry.key;
    const item = listed.get(key) ?? (entry.case ? { name: entry.case, sides: [] } : { entry });
    item.sides?.push(entry);
    listed.set(key, item);
  }
  return [...listed.values()];
}

export const addressOf = entry => `#/recognitions/${entry.id}`;
export const addressOfReview = id => `#/reviews/${id}`;
export const addressOfCase = name => `#/cases/${encodeURIComponent(name)}`;

/** A document's name for people: its file's name, or else the beginning of its id. */
export function nameOf(entry) {
  const name = entry.name ?? translate("document.unnamed", { id: entry.id.slice(0, 8) });
  return entry.page ? `${name}, ${translate("page", { page: entry.page })}` : name;
}

export const pairsIn = name => cases.get(name)?.completed ?? [];
const titleOf = item => (item.sides ? translate("case.named", { case: item.name }) : nameOf(item.entry));

/** The verdict on the card if there is a pair, else on its documents. */
function outcomeOfItem(item) {
  if (!item.sides) return item.entry.outcome;
  const events = pairsIn(item.name);
  return events.length ? worst(events.map(outcomeOf)) : worst(item.sides.map(side => side.outcome));
}

const eventsOf = item => (item.sides ? pairsIn(item.name) : item.entry.event ? [item.entry.event] : []);
const untilOf = item => eventsOf(item).map(event => event.data.validity?.valid_until).filter(Boolean).sort()[0] ?? "";

function kindText(item) {
  if (!item.sides && item.entry.pages.length) return translate("pages", { count: item.entry.pages.length });
  return eventsOf(item).map(({ data }) => {
    const kind = data.permit_type ?? data.kind;
    return [kind && translate(`kind.${kind}`), data.side && translate(`side.${data.side}`)].filter(Boolean).join(" · ");
  }).join(", ");
}

/** Whether what was typed into the search is in a name, a case or a field of the card. */
function matches(item, words) {
  const entries = item.sides ?? [item.entry, ...item.entry.pages];
  const texts = entries.flatMap(entry => [nameOf(entry), ...(entry.event?.data.normalized ? fieldsOf(entry.event.data).map(field => field.value) : [])]);
  const text = [titleOf(item), ...texts].join(" ").toLowerCase();
  return words.every(word => text.includes(word));
}

function passes(item, filter) {
  if (filter === "all") return true;
  const outcomes = [outcomeOfItem(item), ...(item.sides ?? item.entry.pages).map(entry => entry.outcome)];
  return outcomes.some(outcome => outcome === filter || (filter === "busy" && (outcome === "waiting" || outcome === "working")));
}

/** Draw the list; `open` is the address of what is shown beside it. */
export function drawList(open) {
  const all = items();
  byId("overview").hidden = !all.length;
  choices(byId("filter"), FILTERS, "filter");
  choices(byId("sort"), Object.keys(ORDERS), "sort");
  const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = all.filter(item => passes(item, byId("filter").value) && matches(item, words)).sort(ORDERS[byId("sort").value]);
  redraw(byId("list"), ...shown.map(item => itemView(item, open)), ...(shown.length || !all.length ? [] : [make("li", { class: "none" }, translate("list.none"))]));
  byId("progress").textContent = progressText();
}

function choices(select, names, prefix) {
  const chosen = select.value || names[0];
  select.replaceChildren(...names.map(name => make("option", { value: name }, translate(`${prefix}.${name}`))));
  select.value = chosen;
}

/** How many documents wait, are being worked on, and are done. */
function progressText() {
  const outcomes = documents.flatMap(entry => (entry.pages.length ? entry.pages : [entry])).map(entry => entry.outcome);
  const count = name => outcomes.filter(outcome => outcome === name).length;
  const counts = { waiting: count("waiting"), working: count("working") };
  const failed = count("failed");
  Object.assign(counts, { done: outcomes.length - counts.waiting - counts.working - failed, failed });
  return Object.entries(counts).filter(([, number]) => number).map(([name, number]) => translate(`count.${name}`, { count: number })).join(" · ");
}

function itemView(item, open) {
  if (!item.sides) return make("li", { class: "item" }, documentRow(item.entry, open), pageRows(item.entry, open));
  const outcome = outcomeOfItem(item);
  const isPair = pairsIn(item.name).length > 0;
  const row = make("a", { class: "row", href: addressOfCase(item.name), "aria-current": addressOfCase(item.name) === open ? "true" : null, "data-key": `case ${item.name}` },
    make("span", { class: "name" }, titleOf(item)), make("span", { class: "kind" }, kindText(item) || translate(isPair ? "card" : "pair.waiting")),
    outcomeTag(outcome, isPair ? "card" : "verdict"), make("span", { class: "until" }, untilOf(item)));
  return make("li", { class: "item" }, row, make("ul", {}, ...item.sides.map(side => make("li", {}, documentRow(side, open), pageRows(side, open)))));
}

const pageRows = (entry, open) => (entry.pages.length ? make("ul", {}, ...entry.pages.map(page => make("li", {}, documentRow(page, open)))) : null);

/** One document: a link to its result, or how far it is. */
export function documentRow(entry, open = null) {
  const cells = [make("span", { class: "name" }, entry.page ? translate("page", { page: entry.page }) : nameOf(entry))];
  if (entry.isBusy || (entry.problem && !entry.event)) cells.push(make("span", { class: "kind" }, entry.problem ? entry.problem.text() : stageText(entry)));
  else cells.push(make("span", { class: "kind" }, kindText({ entry })));
  cells.push(tagOf(entry), make("span", { class: "until" }, untilOf({ entry })));
  if (entry.id) return make("a", { class: "row", href: addressOf(entry), "aria-current": addressOf(entry) === open ? "true" : null, "data-key": entry.key }, ...cells);
  const row = make("div", { class: "row", "aria-busy": String(entry.isBusy) }, ...cells);
  return entry.problem ? make("div", {}, row, failedActions(entry)) : row;
}

/** The verdict on a document. A side of a pair is not waiting for the other one. */
function tagOf(entry) {
  const sides = entry.case ? pairsIn(entry.case).flatMap(({ data }) => [data.front, data.back]) : [];
  const side = sides.find(one => one.document.id === entry.id);
  return side ? outcomeTag(side.verdict, "in_pair") : outcomeTag(entry.outcome);
}

const failedActions = entry => make("div", { class: "actions" },
  button(translate("retry"), () => entry.retry(), { "data-key": `retry ${entry.key}` }), button(translate("remove"), () => remove(entry), { "data-key": `remove ${entry.key}` }));

export const stageText = entry => translate(`state.${entry.stage}`, entry.values);

/** An outcome as a tag; `names` is the family of its text: `verdict` for a document, `card` for a pair, `in_pair` for a side of a pair. */
export function outcomeTag(outcome, names = "verdict") {
  return make("span", { class: "verdict" }, make("span", { class: `tag ${toneOf(outcome, names)}` }, translate(`${names}.${outcome}`)));
}
