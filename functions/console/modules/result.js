// One result: the picture beside the fields, the verdict and why, the checks, and what can be done with it.
import { deleteCase, deleteDocument, RequestError } from "./api.js";
import { announce, button, confirmed, download, make } from "./dom.js";
import { documents, outcomeOf, remove } from "./documents.js";
import { asCsv, asJson } from "./exports.js";
import { fieldsOf, isLow, percent } from "./fields.js";
import { addressOfCase, documentRow, nameOf, outcomeTag, pairsIn, stageText, toneOf } from "./list.js";
import { Viewer } from "./picture.js";
import { reasonTexts } from "./reasons.js";
import { errorText, sentence, translate } from "./texts.js";
import { validityBar } from "./validity.js";

const MRZ_FIELDS = ["number", "issue_count", "name", "english_name", "sex", "birth_date", "valid_until", "id_card_number"];
const SIGN = { passed: "✓", failed: "✗" };

/** Return the view of a document, whatever its state. */
export function resultView(entry) {
  if (entry.pages.length) return pagesView(entry);
  const { event } = entry;
  const article = make("article", { class: "event", "data-type": event?.type, "aria-busy": String(entry.isBusy) });
  article.append(heading(nameOf(entry), outcomeTag(entry.outcome)));
  if (entry.case && event?.data.validity) article.append(ofCard(entry.case));
  if (entry.problem) article.append(make("p", { role: "alert" }, entry.problem.text()));
  article.append(make("div", { class: "columns" }, ...columns(entry, event)));
  if (event) article.append(actions(nameOf(entry), event, () => discard(entry, () => deleteDocument(entry.id))), message(event));
  else article.append(make("div", { class: "actions" }, button(translate("remove"), () => { remove(entry); location.hash = "#/"; })));
  return article;
}

/** Return the view of a file of several pages: each is a document of its own. */
function pagesView(entry) {
  const pages = make("ul", { class: "pages" }, ...entry.pages.map(page => make("li", {}, documentRow(page))));
  const remaining = make("div", { class: "actions" }, button(translate("delete"), () => discard(entry, () => deleteDocument(entry.id)), { class: "danger" }));
  return make("article", {}, heading(nameOf(entry), outcomeTag(entry.outcome)), pages, remaining);
}

function columns(entry, event) {
  if (!event) {
    const progress = entry.isBusy ? [make("p", {}, stageText(entry)), progressBar(entry)] : [];
    return [pictureOf(entry, null).element, make("div", { class: "facts" }, ...progress)];
  }
  if (event.data.error) return [pictureOf(entry, null).element, make("div", { class: "facts" }, rejection(event.data.error))];
  return side(event.data, entry, "verdict");
}

function progressBar(entry) {
  if (entry.outcome === "waiting") return null; // nothing moves, so nothing should look as if it did
  const { done, count } = entry.values;
  return make("progress", { "aria-label": stageText(entry), value: done, max: count });
}

const rejection = error => make("div", { class: "why bad" }, make("strong", {}, translate("verdict.unreadable")), make("p", {}, errorText(error)));

/**
 * Return the two columns of one side of a card: its picture and its facts, which point at each other. `names` is the family of texts for
 * the verdict: a side in a pair is not waiting for the other one.
 */
function side(data, entry, names) {
  const viewer = pictureOf(entry, data.positions, source => rows.forEach(row => row.classList.toggle("on", row.dataset.source === source)));
  const { table, rows } = fieldTable(data, source => viewer.highlight(source));
  return [
    viewer.element,
    make("div", { class: "facts" }, verdictBox(data, names), documentText(data), validityBar(data.validity),
      make("section", {}, make("h3", {}, translate("fields")), table), zone(data.machine_readable_zone), checks(data)),
  ];
}

function documentText(data) {
  const text = `${translate(`kind.${data.permit_type ?? data.kind}`)} · ${translate(`side.${data.side}`)}`;
  const sure = data.document_confidence;
  const doubt = isLow(sure) ? make("span", { class: "low" }, ` ${translate("document.low", { percent: percent(sure) })}`) : null;
  return make("p", { class: "faint" }, text, doubt);
}

/** The verdict in one sentence, and a sentence for each reason. */
function verdictBox(data, names) {
  const { verdict: outcome } = data;
  const reasons = outcome === "incomplete" && names === "in_pair" ? [] : reasonTexts(data);
  return make("div", { class: `why ${toneOf(outcome, names)}` },
    make("strong", {}, translate(`${names}.${outcome}`)),
    reasons.length > 1 ? make("ul", {}, ...reasons.map(text => make("li", {}, text))) : make("p", {}, reasons[0] ?? translate(`because.${outcome}`)));
}

function fieldTable(data, highlight) {
  const rows = fieldsOf(data).map(({ name, source, value, confidence, corners }) => {
    const low = isLow(confidence);
    const sure = confidence == null ? translate("confidence.none") : translate(low ? "confidence.low" : "confidence.high", { percent: percent(confidence) });
    const point = corners ? { tabindex: "0", mouseenter: () => highlight(source), mouseleave: () => highlight(null), focus: () => highlight(source), blur: () => highlight(null) } : {};
    return make("tr", { class: low ? "low" : "", "data-source": source, ...point },
      make("th", { scope: "row" }, translate(name)), make("td", { class: name.endsWith("_date") ? "date" : null }, name === "sex" ? translate(`sex.${value}`) : value), make("td", { class: "sure" }, sure));
  });
  const head = make("tr", {}, ...["field", "value", "confidence"].map(name => make("th", { scope: "col" }, translate(name))));
  return { rows, table: make("table", { class: "fields" }, make("thead", { class: "unseen" }, head), make("tbody", {}, ...rows)) };
}

function zone(values) {
  if (!values) return null;
  const known = MRZ_FIELDS.filter(name => values[name] != null && values[name] !== "not known");
  const rows = known.map(name => make("tr", {}, make("th", { scope: "row" }, translate(name)), make("td", {}, name === "sex" ? translate(`sex.${values[name]}`) : String(values[name]))));
  return make("details", {}, make("summary", {}, translate("zone")), make("table", { class: "fields" }, make("tbody", {}, ...rows)));
}

/** What failed first, and what passed on request. A check that does not apply to this side says nothing to a reader. */
function checks(data) {
  const of = outcome => data.checks.filter(check => check.outcome === outcome);
  const line = ({ outcome, reason }) => make("li", {}, make("span", { class: `sign ${outcome === "passed" ? "good" : "bad"}` }, SIGN[outcome]), " ",
    make("span", { class: "unseen" }, `${translate(`outcome.${outcome}`)}: `), sentence(reason));
  const warnings = (data.warnings ?? []).filter(warning => warning.name !== "not_enabled").map(warning => make("li", {}, make("span", { class: "sign bad" }, "!"), ` ${translate(`reason.suspect:${warning.name}`)}`));
  const failed = [...of("failed").map(line), ...warnings];
  const passed = of("passed");
  return make("section", {}, make("h3", {}, translate("checks")), failed.length ? make("ul", { class: "checks" }, ...failed) : null,
    passed.length ? make("details", { open: failed.length ? null : true }, make("summary", {}, translate("checks.passed", { count: passed.length })), make("ul", { class: "checks" }, ...passed.map(line))) : null,
    data.authenticity ? make("p", { class: "faint" }, translate(`authenticity.${data.authenticity}`)) : null);
}

/** Return the viewer of a document's picture. A page of a file, or a format that browsers cannot show, has none here. */
function pictureOf(entry, positions, onPoint = () => {}) {
  const viewer = new Viewer(onPoint);
  if (!entry?.file) viewer.say("picture.none");
  else {
    const url = URL.createObjectURL(entry.file);
    viewer.load(url, positions).catch(() => viewer.say("picture.unsupported")).finally(() => URL.revokeObjectURL(url));
  }
  return viewer;
}

/** The verdict on the whole card, if this is one of its sides. */
function ofCard(name) {
  const events = pairsIn(name);
  const link = make("a", { href: addressOfCase(name) }, translate("case.named", { case: name }));
  if (!events.length) return make("p", { class: "of-card" }, link, ` · ${translate("pair.waiting")}`);
  return make("p", { class: "of-card" }, link, " ", ...events.map(event => outcomeTag(outcomeOf(event), "card")));
}

/** Return the view of a case: the card's verdict first, its sides below. `addSide` is called with files. */
export function caseView(name, addSide) {
  const sides = documents.filter(entry => entry.case === name);
  const article = make("article", {}, heading(translate("case.named", { case: name })));
  const events = pairsIn(name);
  for (const event of events) article.append(card(event, name, sides));
  const paired = new Set(events.flatMap(({ data }) => [data.front.document.id, data.back.document.id]));
  const single = sides.filter(entry => !paired.has(entry.id));
  if (!events.length) article.append(make("p", {}, translate("pair.waiting")), otherSide(addSide));
  for (const entry of single) article.append(resultOfSide(entry));
  if (!sides.length && !events.length) article.append(make("p", {}, translate("case.unknown")));
  article.append(make("div", { class: "actions" }, button(translate("delete.case"), () => discardCase(name, sides), { class: "danger" })));
  return article;
}

function otherSide(addSide) {
  const input = make("input", { type: "file", class: "unseen", tabindex: "-1", "aria-hidden": "true", accept: "image/*,application/pdf,.heic,.heif", change: event => addSide([...event.target.files]) });
  return make("p", {}, button(translate("pair.add"), () => input.click(), { class: "main" }), input);
}

function card(event, name, sides) {
  const { data } = event;
  const entryOf = one => sides.find(entry => entry.id === one.document.id) ?? { id: one.document.id, name: null, file: null };
  return make("div", { class: "event", "data-type": event.type },
    make("div", { class: "card" }, verdictBox(data, "card"), make("p", { class: "faint" }, translate(`kind.${data.permit_type ?? data.kind}`)),
      validityBar(data.validity), checks(data)),
    actions(name, event, null), message(event),
    ...[data.front, data.back].map(one => make("section", { class: "side" },
      make("h3", {}, translate(`side.${one.side}`), " ", make("a", { href: `#/recognitions/${one.document.id}` }, nameOf(entryOf(one)))), make("div", { class: "columns" }, ...side(one, entryOf(one), "in_pair")))));
}

function resultOfSide(entry) {
  const view = make("section", { class: "side" }, make("h3", {}, entry.id ? make("a", { href: `#/recognitions/${entry.id}` }, nameOf(entry)) : nameOf(entry), " ", outcomeTag(entry.outcome)));
  if (entry.problem) view.append(make("p", { role: "alert" }, entry.problem.text()));
  view.append(make("div", { class: "columns" }, ...columns(entry, entry.event)));
  return view;
}

function heading(text, tag = null) {
  return make("div", { class: "head" }, make("a", { class: "back", href: "#/" }, translate("back")), make("h2", { tabindex: "-1" }, text), tag);
}

function actions(name, event, onDelete) {
  const file = event.id;
  return make("div", { class: "actions" },
    button(translate("copy.address"), clicked => copy(clicked.currentTarget, location.href)),
    button(translate("copy"), clicked => copy(clicked.currentTarget, asJson(event))),
    button(translate("download.json"), () => download(`${file}.json`, "application/json", asJson(event))),
    button(translate("download.csv"), () => download(`${file}.csv`, "text/csv", asCsv([[name, event]]))),
    onDelete && button(translate("delete"), onDelete, { class: "danger" }));
}

async function copy(clicked, text) {
  await navigator.clipboard.writeText(text);
  clicked.textContent = translate("copied");
  announce(translate("copied"));
}

const message = event => make("details", { class: "message" }, make("summary", {}, translate("message")), make("pre", { tabindex: "0" }, asJson(event)));

async function discard(entry, doIt) {
  if (!(await confirmed(translate("delete.question", { name: nameOf(entry) }), translate("delete")))) return;
  await done(doIt, [entry]);
}

async function discardCase(name, sides) {
  if (!(await confirmed(translate("delete.case.question", { case: name }), translate("delete.case")))) return;
  await done(() => deleteCase(name), sides);
}

async function done(doIt, entries) {
  try { await doIt(); }
  catch (error) {
    if (!(error instanceof RequestError)) throw error;
    announce(error.text());
    return;
  }
  entries.forEach(remove);
  location.hash = "#/";
  announce(translate("deleted"));
}
