// A case: the verdict on the card first, its sides below.
import { deleteCase } from "../page/api.js";
import { button, make } from "../page/dom.js";
import { documents, outcomeOf } from "../list/documents.js";
import { nameOf, outcomeTag, pairsIn } from "../list/list.js";
import { actions, discard, heading, message } from "./result.js";
import { checks, columns, sideView, verdictBox } from "./side.js";
import { translate } from "../page/texts.js";
import { validityBar } from "../reading/validity.js";

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
  article.append(make("div", { class: "actions" }, button(translate("delete.case"), () => discard(translate("delete.case.question", { case: name }), () => deleteCase(name), sides), { class: "danger" })));
  return article;
}

function otherSide(addSide) {
  const input = make("input", { type: "file", class: "unseen", tabindex: "-1", "aria-hidden": "true", accept: "image/*,application/pdf,.heic,.heif", change: event => addSide([...event.target.files]) });
  return make("p", {}, button(translate("pair.add"), () => input.click(), { class: "main" }), input);
}

function card(event, name, sides) {
  const { data } = event;
  const outcome = outcomeOf(event);
  const entryOf = one => sides.find(entry => entry.id === one.document.id) ?? { id: one.document.id, name: null, file: null };
  return make("div", { class: "event", "data-type": event.type },
    make("div", { class: "card" }, verdictBox(data, "card"), make("p", { class: "faint" }, translate(`kind.${data.permit_type ?? data.kind}`)),
      outcome === "review" ? make("p", {}, make("a", { href: "#/reviews" }, translate("reviews"))) : null,
      validityBar(data.validity), checks(data)),
    actions(name, event, null), message(event),
    ...[data.front, data.back].map(one => make("section", { class: "side" },
      make("h3", {}, translate(`side.${one.side}`), " ", make("a", { href: `#/recognitions/${one.document.id}` }, nameOf(entryOf(one)))), make("div", { class: "columns" }, ...sideView(one, entryOf(one), "in_pair")))));
}

function resultOfSide(entry) {
  const view = make("section", { class: "side" }, make("h3", {}, entry.id ? make("a", { href: `#/recognitions/${entry.id}` }, nameOf(entry)) : nameOf(entry), " ", outcomeTag(entry.outcome)));
  if (entry.problem) view.append(make("p", { role: "alert" }, entry.problem.text()));
  view.append(make("div", { class: "columns" }, ...columns(entry, entry.event)));
  return view;
}

