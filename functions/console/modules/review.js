// Reviews, one after another: correct what was misread beside the picture, decide, next.
import { RequestError, decideReview, leaseReview, listReviews, releaseReview, resultOf } from "./api.js";
import { announce, button, make } from "./dom.js";
import { find } from "./documents.js";
import { correctable, isLow, percent } from "./fields.js";
import { addressOfReview, outcomeTag } from "./list.js";
import { reasonTexts } from "./reasons.js";
import { heading } from "./result.js";
import { checks, documentText, pictureOf, verdictBox } from "./side.js";
import { translate } from "./texts.js";

const REJECTIONS = ["unreadable", "not_valid", "not_genuine", "wrong_document", "other"];
const OVERRIDES = ["original_seen", "issuer_confirmed", "exception_granted"];
const passed = new Set(); // decided or skipped in this tab; the list may name them for a moment longer

/** Open the oldest review that nobody else works on, or return a view that says that there is none. */
export async function nextReview() {
  try {
    const open = (await listReviews()).filter(review => !passed.has(review.document_id));
    if (open.length) {
      location.replace(addressOfReview(open[0].document_id));
      return null;
    }
    passed.clear(); // what was skipped comes again when the reader asks for it
    return make("article", {}, heading(translate("reviews")), make("p", { class: "none" }, translate("reviews.none")));
  } catch (error) { return failure(error); }
}

/** Return the view of one review. If somebody else has it, the next one is opened instead. */
export async function reviewView(id) {
  try {
    const state = await leaseReview(id);
    const entry = find(id) ?? { id };
    if (state.state === "decided") return decided(state);
    const { event } = await resultOf(id, () => {});
    return new Review({ id, entry, tag: state.tag, data: { ...event.data, verdict: "review", reasons: state.reasons } }).element;
  } catch (error) {
    if (error.problem?.code !== "Review.Leased") return failure(error);
    return await skip(id);
  }
}

function failure(error) {
  if (!(error instanceof RequestError)) throw error;
  return make("article", {}, heading(translate("reviews")), make("p", { role: "alert" }, error.text()));
}

const decided = ({ decision }) => make("article", {}, heading(translate("reviews"), outcomeTag(decision.data.verdict)), documentText(decision.data), verdictBox(decision.data, "verdict"));

async function skip(id) {
  passed.add(id);
  return await nextReview();
}

class Review {
  constructor({ id, entry, tag, data }) {
    Object.assign(this, { id, entry, tag, data });
    this.viewer = pictureOf(entry, data.positions, source => this.inputs.forEach(input => input.closest(".correct").classList.toggle("on", input.name === source)));
    const fields = correctable(data).map(field => this.field(field));
    this.inputs = fields.map(field => field.querySelector("input"));
    this.accept = make("button", { type: "submit", class: "main" }, translate("review.accept"));
    this.reason = make("select", { "aria-label": translate("review.reason") }, ...REJECTIONS.map(reason => make("option", { value: reason }, translate(`review.${reason}`))));
    this.alert = make("div", { role: "alert" });
    this.form = make("form", { submit: event => this.onSubmit(event), input: () => this.onInput(), keydown: event => this.onKey(event) },
      make("fieldset", { class: "plain" }, make("legend", { class: "unseen" }, translate("fields")), ...fields), this.alert,
      make("div", { class: "actions decide" }, this.accept,
        make("span", { class: "joined" }, this.reason, button(translate("review.reject"), () => this.decide({ decision: "rejected", reason: this.reason.value }), { class: "danger" })),
        button(translate("review.skip"), () => this.skip())),
      make("p", { class: "faint" }, translate("review.keys")));
    this.element = make("article", { class: "review", "data-id": id },
      heading(translate("reviews"), outcomeTag("review")),
      make("div", { class: "columns" }, this.viewer.element, make("div", { class: "facts" }, verdictBox(data, "verdict"), documentText(data), this.form, checks(data))));
    // Where a correction is most likely; Enter accepts from any field.
    this.focused = fields.find(field => field.classList.contains("low"))?.querySelector("input") ?? this.accept;
    this.focused.dataset.first = "";
  }

  field({ name, source, text, confidence }) {
    const low = isLow(confidence);
    const hint = low ? translate("confidence.low", { percent: percent(confidence) }) : text ? "" : translate("review.was.nothing");
    const input = make("input", { name: source, value: text, autocomplete: "off", spellcheck: "false", maxlength: "200",
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
      if (isCorrected) input.nextElementSibling.textContent = translate("review.was", { text: input.defaultValue || "–" });
    }
    this.accept.textContent = translate(Object.keys(this.corrections).length ? "review.accept.corrected" : "review.accept");
  }

  /** A key that is held down decides only once. */
  onKey(event) {
    if (event.key === "Enter" && event.repeat) event.preventDefault();
  }

  onSubmit(event) {
    event.preventDefault();
    this.decide({ decision: "accepted" });
  }

  async decide({ decision, reason, override }) {
    if (this.isDeciding) return;
    this.isDeciding = true; // and it stays so after a decision, until the next review has taken this one's place
    const fields = this.corrections;
    const why = reason ?? (Object.keys(fields).length ? "corrected" : "read_correctly");
    try {
      const state = await decideReview(this.id, this.tag, { decision, reason: why, fields, ...(override && { override }) });
      if (this.entry.key) this.entry.event = state.decision;
      passed.add(this.id);
      announce(translate(`review.${decision}`));
      location.hash = "#/reviews";
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      this.isDeciding = false;
      this.object(error);
    }
  }

  /** Say what the service objects to; an acceptance against the checks needs a reason. */
  object(error) {
    if (error.problem?.code !== "Review.OverrideNeeded") {
      this.alert.replaceChildren(make("p", { class: "why bad" }, error.text()));
      return;
    }
    const { checks: known } = this.data;
    const objections = reasonTexts({ reasons: error.problem.objections, checks: known }).map(text => make("li", {}, text));
    const overrides = OVERRIDES.map(override => button(translate(`override.${override}`), () => this.decide({ decision: "accepted", override })));
    this.alert.replaceChildren(make("div", { class: "why fair" }, make("ul", {}, ...objections), make("p", {}, translate("review.object")), make("div", { class: "actions" }, ...overrides)));
    overrides[0].focus();
  }

  async skip() {
    this.isDeciding = true;
    passed.add(this.id);
    await releaseReview(this.id).catch(() => {}); // it ends by itself
    location.hash = "#/reviews";
  }
}
