// One side of a card: its picture and its facts, which point at each other.
import { fetchImage } from "../page/api.js";
import { make } from "../page/dom.js";
import { fieldOfSource, fieldsOf, isUnsure, percent } from "../reading/fields.js";
import { stageText, toneOf } from "../list/list.js";
import { Viewer } from "../reading/picture.js";
import { reasonTexts } from "../reading/reasons.js";
import { errorText, sentence, translate } from "../page/texts.js";
import { validityBar } from "../reading/validity.js";

const MRZ_FIELDS = ["number", "issue_count", "name", "english_name", "sex", "birth_date", "valid_until", "id_card_number"];
const SIGN = { passed: "✓", failed: "✗" };

/** Return the two columns of a document, whatever its state. */
export function columns(entry, event) {
  if (!event) {
    const progress = entry.isBusy ? [make("p", {}, stageText(entry)), progressBar(entry)] : [];
    return [pictureOf(entry, null).element, make("div", { class: "facts" }, ...progress)];
  }
  if (event.data.error) return [pictureOf(entry, null).element, make("div", { class: "facts" }, rejection(event.data.error))];
  return sideView(event.data, entry, "verdict");
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
export function sideView(data, entry, names) {
  const viewer = pictureOf(entry, data.positions, source => rows.forEach(row => row.classList.toggle("on", row.dataset.source === source)));
  const { table, rows } = fieldTable(data, source => viewer.highlight(source));
  return [
    viewer.element,
    make("div", { class: "facts" }, verdictBox(data, names), decisionText(data.review), documentText(data), validityBar(data.validity),
      make("section", {}, make("h3", {}, translate("fields")), table), zone(data.machine_readable_zone), checks(data)),
  ];
}

/** Who has decided on a reviewed document, and what was corrected. */
function decisionText(review) {
  if (!review) return null;
  const corrected = review.corrections.map(({ field, read, corrected: text }) => make("li", {}, translate("review.corrected", { field: translate(fieldOfSource(field)), read: read || "–", corrected: text || "–" })));
  return make("div", {}, make("p", { class: "faint wide" }, translate("review.decided", { reviewer: review.reviewer })), make("ul", {}, ...corrected));
}

export function documentText(data) {
  const text = `${translate(`kind.${data.permit_type ?? data.kind}`)} · ${translate(`side.${data.side}`)}`;
  const doubt = isUnsure(data, "document") ? make("span", { class: "low" }, ` ${translate("document.low", { percent: percent(data.document_confidence) })}`) : null;
  return make("p", { class: "faint" }, text, doubt);
}

/** The verdict in one sentence, and a sentence for each reason. */
export function verdictBox(data, names) {
  const { verdict: outcome } = data;
  const reasons = names === "in_pair" ? reasonsInPair(data) : reasonTexts(data);
  return make("div", { class: `why ${toneOf(outcome, names)}` },
    make("strong", {}, translate(`${names}.${outcome}`)),
    reasons.length > 1 ? make("ul", {}, ...reasons.map(text => make("li", {}, text))) : make("p", {}, reasons[0] ?? translate(`because.${outcome}`)));
}

/** The other side is there, and what the sides differ in is said of the card. */
function reasonsInPair(data) {
  const own = data.reasons.filter(reason => reason !== "validity:not_on_this_side" && !reason.startsWith("mismatch:"));
  const differs = data.reasons.some(reason => reason.startsWith("mismatch:"));
  return [...reasonTexts({ ...data, reasons: own }), ...(differs ? [translate("in_pair.mismatch")] : [])];
}

function fieldTable(data, highlight) {
  const rows = fieldsOf(data).map(({ name, source, value, confidence, corners }) => {
    const low = isUnsure(data, name) && confidence != null;
    const sure = confidence == null ? "" : low ? translate("confidence.low", { percent: percent(confidence) }) : percent(confidence);
    const point = corners ? { tabindex: "0", mouseenter: () => highlight(source), mouseleave: () => highlight(null), focus: () => highlight(source), blur: () => highlight(null) } : {};
    return make("tr", { class: low ? "low" : "", "data-source": source, ...point },
      make("th", { scope: "row" }, translate(name)), make("td", {}, name === "sex" ? translate(`sex.${value}`) : withWholeDays(value)), make("td", { class: "sure" }, sure));
  });
  const head = make("tr", {}, ...["field", "value", "confidence"].map(name => make("th", { scope: "col" }, translate(name))));
  return { rows, table: make("table", { class: "fields" }, make("thead", { class: "unseen" }, head), make("tbody", {}, ...rows)) };
}

/** A day in a text is not broken at its hyphens. */
const withWholeDays = text => text.split(/(\d{4}-\d\d-\d\d)/).map((part, place) => (place % 2 ? make("span", { class: "day" }, part) : part));

function zone(values) {
  if (!values) return null;
  const known = MRZ_FIELDS.filter(name => values[name] != null && values[name] !== "not known");
  const rows = known.map(name => make("tr", {}, make("th", { scope: "row" }, translate(name)), make("td", {}, name === "sex" ? translate(`sex.${values[name]}`) : String(values[name]))));
  return make("details", {}, make("summary", {}, translate("zone")), make("table", { class: "fields" }, make("tbody", {}, ...rows)));
}

/** What passed, and what failed without being a reason. A check that does not apply to this side says nothing to a reader. */
export function checks(data) {
  const isReason = text => reasonTexts(data).includes(text);
  const of = outcome => data.checks.filter(check => check.outcome === outcome);
  const line = ({ outcome, reason }) => make("li", {}, make("span", { class: `sign ${outcome === "passed" ? "good" : "bad"}` }, SIGN[outcome]), " ",
    make("span", { class: "unseen" }, `${translate(`outcome.${outcome}`)}: `), sentence(reason));
  const warnings = (data.warnings ?? []).filter(({ name }) => name !== "not_enabled" && !isReason(translate(`reason.suspect:${name}`))).map(warning => make("li", {}, make("span", { class: "sign bad" }, "!"), ` ${translate(`reason.suspect:${warning.name}`)}`));
  const failed = [...of("failed").filter(({ reason }) => !isReason(sentence(reason))).map(line), ...warnings];
  const passed = of("passed");
  return make("section", {}, make("h3", {}, translate("checks")), failed.length ? make("ul", { class: "checks" }, ...failed) : null,
    passed.length ? make("details", { open: true }, make("summary", {}, translate("checks.passed", { count: passed.length })), make("ul", { class: "checks" }, ...passed.map(line))) : null,
    data.authenticity ? make("p", { class: "faint" }, translate(`authenticity.${data.authenticity}`)) : null);
}

/**
 * Return the viewer of a document's picture: the chosen file if the browser can show it, else what the service has read. That is another
 * file for a page, and for formats such as HEIC.
 */
export function pictureOf(entry, positions, onPoint = () => {}) {
  const viewer = new Viewer(onPoint);
  showPicture(viewer, entry, positions).catch(() => viewer.say(entry?.file ? "picture.unsupported" : "picture.none"));
  return viewer;
}

async function showPicture(viewer, entry, positions) {
  if (entry?.file && !entry.page) {
    try { return await showBlob(viewer, entry.file, positions); }
    catch { /* not a format of this browser */ }
  }
  if (!entry?.id || entry.isBusy) throw new Error("nothing was read yet");
  entry.image ??= await fetchImage(entry.id);
  return await showBlob(viewer, entry.image, positions);
}

async function showBlob(viewer, blob, positions) {
  const url = URL.createObjectURL(blob);
  try { await viewer.load(url, positions); }
  finally { URL.revokeObjectURL(url); }
}
