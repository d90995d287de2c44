// Reviews, one after another: correct what was misread beside the picture, decide, next.
import { RequestError, decideReview, leaseReview, listReviews, releaseReview, resultOf } from "../page/api.js";
import { announce, button, make, routeAgain, toast } from "../page/dom.js";
import { fileNameIn, find } from "../list/documents.js";
import { correctable, isUnsure, percent } from "../reading/fields.js";
import { addressOfCase, addressOfReview, nameOf, outcomeTag } from "../list/list.js";
import { comparison, isMismatch, otherIn, pairOf } from "./mismatches.js";
import { reasonTexts } from "../reading/reasons.js";
import { heading } from "../results/result.js";
import { checks, documentText, pictureOf, verdictBox } from "../results/side.js";
import { translate } from "../page/texts.js";

const REJECTIONS = ["unreadable", "not_valid", "not_genuine", "wrong_document", "other"];
const OVERRIDES = ["original_seen", "issuer_confirmed", "exception_granted"];
const decidedHere = new Set(); // in this tab; the list may name them for a moment longer
const skipped = new Set(); // by the reader, or because somebody else has them
let openCount = null; // how many were open when the list was last read
let shownReview = null;

/** Open the oldest review that nobody else works on, or return a view that says that there is none. */
export async function nextReview() {
  try {
    const open = (await listReviews()).filter(review => !decidedHere.has(review.document_id));
    const [next] = open.filter(review => !skipped.has(review.document_id));
    openCount = open.length;
    if (next) {
      location.replace(addressOfReview(next.document_id));
      return null;
    }
    decidedHere.clear();
    return make("article", {}, heading(translate("reviews")), ...(open.length ? againView(open.length) : [make("p", { class: "none" }, translate("reviews.none"))]));
  } catch (error) { return failure(error); }
}

const againView = count => [
  make("p", {}, translate("reviews.skipped", { count })),
  make("div", { class: "actions" }, button(translate("reviews.again"), () => { skipped.clear(); routeAgain(); }, { class: "main", "data-first": "" })),
];

/** Return the view of one review. If somebody else has it, the next one is opened instead. */
export async function reviewView(id) {
  try {
    const state = await leaseReview(id);
    if (state.state === "decided") return decided(state);
    const { event } = await resultOf(id, () => {});
    const pair = await pairOf(event.data.document);
    // The other side of a pair is there, so nothing has to be sent.
    const reasons = state.reasons.filter(reason => !pair || reason !== "validity:not_on_this_side");
    const data = { ...event.data, verdict: "review", reasons, checks: [...event.data.checks, ...(pair?.checks ?? [])] };
    shownReview = new Review({ id, tag: state.tag, data, pair });
    return shownReview.element;
  } catch (error) {
    if (error.problem?.code !== "Review.Leased") return failure(error);
    skipped.add(id);
    return await nextReview();
  }
}

/** Draw the review in the page's language again, and keep what was typed and what the service objected to. Returns whether there is one. */
export function redrawReview() {
  if (!shownReview?.element.isConnected) return false;
  shownReview.redraw();
  return true;
}

function failure(error) {
  if (!(error instanceof RequestError)) throw error;
  const retry = error.problem ? null : make("div", { class: "actions" }, button(translate("retry"), routeAgain, { class: "main" }));
  return make("article", {}, heading(translate("reviews")), make("p", { role: "alert" }, error.text()), retry);
}

const decided = ({ decision }) => make("article", {}, heading(translate("reviews"), outcomeTag(decision.data.verdict)), documentText(decision.data), verdictBox(decision.data, "verdict"));

class Review {
  constructor({ id, tag, data, pair }) {
    Object.assign(this, { id, tag, data, pair, left: openCount, objection: null, isReasonMissing: false });
    this.entry = entryOf(data);
    this.draw();
  }

  draw() {
    const { data } = this;
    this.viewer = pictureOf(this.entry, data.positions, source => this.inputs.forEach(input => input.closest(".correct").classList.toggle("on", input.name === source)));
    const fields = correctable(data).map(field => this.field(field));
    this.inputs = fields.map(field => field.querySelector("input"));
    this.accept = make("button", { type: "submit", class: "main" }, translate("review.accept"));
    this.reason = make("select", { "aria-label": translate("review.reason"), change: () => this.askForReason(false) },
      make("option", { value: "" }, translate("review.why")), ...REJECTIONS.map(reason => make("option", { value: reason }, translate(`review.${reason}`))));
    this.alert = make("div", { role: "alert" });
    this.form = make("form", { submit: event => this.onSubmit(event), input: () => this.onInput() },
      make("fieldset", { class: "plain" }, make("legend", { class: "unseen" }, translate("fields")), ...fields), this.alert,
      make("div", { class: "actions decide" }, this.accept,
        make("span", { class: "joined" }, this.reason, button(translate("review.reject"), () => this.reject(), { class: "danger" })),
        button(translate("review.skip"), () => this.skip())),
      make("p", { class: "faint" }, translate("review.keys")));
    const mismatches = isMismatch(data) && this.pair ? comparison(this.pair) : null;
    this.element = make("article", { class: "review", "data-id": this.id, keydown: event => this.onKey(event) },
      heading(nameOf(this.entry), outcomeTag("review")), this.context(),
      make("div", { class: "columns" }, this.pictures(), make("div", { class: "facts" }, verdictBox(data, "verdict"), mismatches, documentText(data), this.form, checks(data))));
    // Where a correction is most likely; Enter accepts from any field.
    this.focused = fields.find(field => field.classList.contains("low"))?.querySelector("input") ?? this.accept;
    this.focused.dataset.first = "";
    this.showAlert();
  }

  redraw() {
    const { element } = this;
    const typed = this.inputs.map(input => input.value), chosen = this.reason.value;
    this.draw();
    this.inputs.forEach((input, place) => { input.value = typed[place]; });
    this.reason.value = chosen;
    this.onInput();
    element.replaceWith(this.element);
  }

  /** The case, and how many reviews are left. */
  context() {
    const name = this.data.document.case;
    const link = name && make("a", { href: addressOfCase(name) }, translate("case.named", { case: name }));
    return make("p", { class: "faint" }, link, link && this.left ? " · " : null, this.left ? translate("review.left", { count: this.left }) : null);
  }

  /** The picture, and that of the other side if it does not match. */
  pictures() {
    const other = isMismatch(this.data) && this.pair ? otherIn(this.pair, this.id) : null;
    if (!other) return this.viewer.element;
    const entry = entryOf(other);
    const link = make("a", { href: `#/recognitions/${entry.id}` }, `${translate(`side.${other.side}`)}: ${nameOf(entry)}`);
    return make("div", { class: "pictures" }, make("h3", {}, translate(`side.${this.data.side}`)), this.viewer.element, make("h3", {}, link), pictureOf(entry, other.positions).element);
  }

  field({ name, source, text, confidence }) {
    const low = isUnsure(this.data, name);
    const sure = confidence == null ? "" : percent(confidence);
    const hint = low ? translate("confidence.low", { percent: sure }) : text ? sure : translate("review.was.nothing");
    const input = make("input", { name: source, value: text, autocomplete: "off", spellcheck: "false", maxlength: "200", "data-hint": hint,
      focus: () => this.viewer.highlight(source), blur: () => this.viewer.highlight(null) });
    return make("label", { class: `correct ${low ? "low" : ""}`, mouseenter: () => this.viewer.highlight(source), mouseleave: () => this.viewer.highlight(null) },
      make("span", {}, translate(name)), input, make("span", { class: "sure" }, hint));
  }

  get corrections() {
    return Object.fromEntries(this.inputs.filter(input => input.value.trim() !== input.defaultValue).map(input => [input.name, input.value.trim()]));
  }

  onInput() {
    for (const input of this.inputs) {
      const isCorrected = input.name in this.corrections;
      input.closest(".correct").classList.toggle("corrected", isCorrected);
      input.nextElementSibling.textContent = isCorrected ? translate("review.was", { text: input.defaultValue || "–" }) : input.dataset.hint;
    }
    this.accept.textContent = translate(Object.keys(this.corrections).length ? "review.accept.corrected" : "review.accept");
  }

  /** A key that is held down decides only once. Alt and R is the way to the reasons for rejecting. */
  onKey(event) {
    if (event.key === "Enter" && event.repeat) event.preventDefault();
    if (event.altKey && event.code === "KeyR") {
      event.preventDefault();
      this.reason.focus();
    }
  }

  onSubmit(event) {
    event.preventDefault();
    this.decide({ decision: "accepted" });
  }

  reject() {
    if (this.reason.value) this.decide({ decision: "rejected", reason: this.reason.value });
    else this.askForReason(true);
  }

  askForReason(isMissing) {
    this.isReasonMissing = isMissing;
    this.showAlert();
    if (isMissing) this.reason.focus();
  }

  async decide({ decision, reason, override }) {
    if (this.isDeciding) return;
    this.isDeciding = true; // and it stays so after a decision, until the next review has taken this one's place
    announce(""); // what it says of the review before is no longer true
    const fields = this.corrections;
    const why = reason ?? (Object.keys(fields).length ? "corrected" : "read_correctly");
    try {
      const state = await decideReview(this.id, this.tag, { decision, reason: why, fields, ...(override && { override }) });
      if (this.entry.key) this.entry.event = state.decision;
      decidedHere.add(this.id);
      toast(translate(`review.${decision}`));
      location.hash = "#/reviews";
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      this.isDeciding = false;
      Object.assign(this, { objection: error, isReasonMissing: false });
      this.showAlert();
      this.alert.firstElementChild.focus();
    }
  }

  /** Say what is missing for a decision, or what the service objects to. An acceptance against the checks needs a reason. */
  showAlert() {
    this.reason.setAttribute("aria-invalid", String(this.isReasonMissing));
    if (this.isReasonMissing) this.alert.replaceChildren(make("p", { class: "why bad" }, translate("review.choose")));
    else if (this.objection?.problem?.code === "Review.OverrideNeeded") this.alert.replaceChildren(this.overrides(this.objection.problem));
    else this.alert.replaceChildren(...(this.objection ? [make("p", { class: "why bad", tabindex: "-1" }, this.objection.text())] : []));
  }

  /** The objections that are not among the reasons above, and the reasons to accept all the same. None has the focus: Enter must not choose one. */
  overrides({ objections }) {
    const known = new Set(this.data.reasons);
    const added = objections.filter(reason => !known.has(reason) && !(this.pair && reason === "validity:not_on_this_side"));
    const items = reasonTexts({ ...this.data, reasons: added }).map(text => make("li", {}, text));
    const buttons = OVERRIDES.map(override => button(translate(`override.${override}`), () => this.decide({ decision: "accepted", override })));
    return make("div", { class: "why fair", tabindex: "-1" }, items.length ? make("ul", {}, ...items) : null, make("p", {}, translate("review.object")), make("div", { class: "actions" }, ...buttons));
  }

  async skip() {
    this.isDeciding = true;
    skipped.add(this.id);
    await releaseReview(this.id).catch(() => {}); // it ends by itself
    location.hash = "#/reviews";
  }
}

/** The entry of a side; one for its name and its picture if this tab has not listed it. */
const entryOf = ({ document: { id, ...document } }) => find(id) ?? { id, name: fileNameIn(document) };
