// One result: what can be done with it, beside what it says.
import { deleteDocument, RequestError } from "../page/api.js";
import { announce, button, confirmed, download, make, toast } from "../page/dom.js";
import { outcomeOf, remove } from "../list/documents.js";
import { asCsv, asJson } from "../list/exports.js";
import { addressOfCase, addressOfReview, documentRow, nameOf, outcomeTag, pairsIn } from "../list/list.js";
import { columns } from "./side.js";
import { translate } from "../page/texts.js";

/** Return the view of a document, whatever its state. */
export function resultView(entry) {
  if (entry.pages.length) return pagesView(entry);
  const { event } = entry;
  if (entry.problem && !event && !entry.file) return failedView(entry);
  const article = make("article", { class: "event", "data-type": event?.type, "aria-busy": String(entry.isBusy) });
  article.append(heading(nameOf(entry), outcomeTag(entry.outcome)));
  if (entry.case && event?.data.validity) article.append(ofCard(entry.case));
  if (entry.problem) article.append(make("p", { role: "alert" }, entry.problem.text()));
  if (entry.outcome === "review") article.append(make("p", {}, make("a", { href: addressOfReview(entry.id) }, translate("reviews.start"))));
  article.append(make("div", { class: "columns" }, ...columns(entry, event)));
  if (event) article.append(actions(nameOf(entry), event, () => discardDocument(entry)), message(event));
  else article.append(make("div", { class: "actions" }, button(translate("remove"), () => { remove(entry); location.hash = "#/"; })));
  return article;
}

/** Return the view of a document that could not be fetched: nothing is known of it. */
function failedView(entry) {
  const retry = make("div", { class: "actions" }, button(translate("retry"), () => entry.retry(), { class: "main" }));
  return make("article", { class: "alone" }, heading(nameOf(entry)), make("p", { role: "alert" }, entry.problem.text()), entry.isGone ? null : retry);
}

/** Return the view of a file of several pages: each is a document of its own. */
function pagesView(entry) {
  const pages = make("ul", { class: "pages" }, ...entry.pages.map(page => make("li", {}, documentRow(page))));
  const remaining = make("div", { class: "actions" }, button(translate("delete"), () => discardDocument(entry), { class: "danger" }));
  return make("article", {}, heading(nameOf(entry), outcomeTag(entry.outcome)), pages, remaining);
}

export function heading(text, tag = null) {
  return make("div", { class: "head" }, make("a", { class: "back", href: "#/" }, translate("back")), make("h2", { tabindex: "-1" }, text), tag);
}

export function actions(name, event, onDelete) {
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

export const message = event => make("details", { class: "message" }, make("summary", {}, translate("message")), make("pre", { tabindex: "0" }, asJson(event)));

/** Delete documents if the reader confirms it. */
export async function discard(question, request, entries) {
  if (!(await confirmed(question, translate("delete.confirm")))) return;
  try { await request(); }
  catch (error) {
    if (!(error instanceof RequestError)) throw error;
    toast(error.text());
    return;
  }
  entries.forEach(remove);
  location.hash = "#/";
  toast(translate("deleted"));
}

const discardDocument = entry => discard(translate("delete.question", { name: nameOf(entry) }), () => deleteDocument(entry.id), [entry]);

/** The verdict on the whole card, if this is one of its sides. */
function ofCard(name) {
  const events = pairsIn(name);
  const link = make("a", { href: addressOfCase(name) }, translate("case.named", { case: name }));
  if (!events.length) return make("p", { class: "of-card" }, link, ` · ${translate("pair.waiting")}`);
  return make("p", { class: "of-card" }, link, " ", ...events.map(event => outcomeTag(outcomeOf(event), "card")));
}
