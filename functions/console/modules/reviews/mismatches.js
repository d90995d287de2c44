// The two sides of a card that do not match, beside each other.
import { caseOf } from "../page/api.js";
import { make } from "../page/dom.js";
import { valueOf } from "../reading/fields.js";
import { translate } from "../page/texts.js";

/** By check: what it compares of both sides. */
const PRINTED = { name: ["name", "english_name"], number: ["number", "permit_number", "id_card_number"], permit_type: ["permit_type"], validity: ["valid_date", "birth_date"] };
/** By check: what it compares of the front and of the machine-readable zone on the back. */
const IN_ZONE = { mrz_number: ["number", "issue_count"], mrz_dates: ["birth_date", "valid_until"], mrz_sex: ["sex"], mrz_name: ["name", "english_name"] };

export const isMismatch = data => data.reasons.some(reason => reason.startsWith("mismatch:") || reason === "other_side:rejected");

/** Return the newest pair that a document is in, null if there is none. */
export async function pairOf({ id, case: name }) {
  if (!name) return null;
  const { completed } = await caseOf(name);
  return completed.findLast(({ data }) => otherIn(data, id))?.data ?? null;
}

/** Return the side beside the document `id`, null if that is not in the pair. */
export function otherIn({ front, back }, id) {
  if (front.document.id === id) return back;
  return back.document.id === id ? front : null;
}

/** Return a table of the values that do not match, null if there is none. */
export function comparison(pair) {
  const rows = pair.checks.filter(({ outcome }) => outcome === "failed").map(({ name }) => {
    const fromBack = name in IN_ZONE ? field => inZone(pair.back.machine_readable_zone, field) : field => printed(pair.back, field);
    const fields = IN_ZONE[name] ?? PRINTED[name] ?? [];
    return make("tr", {}, make("th", { scope: "row" }, translate(`pair.${name}`)), valuesCell(fields, field => printed(pair.front, field)), valuesCell(fields, fromBack));
  });
  if (!rows.length) return null;
  const head = make("tr", {}, make("td"), make("th", { scope: "col" }, translate("side.front")), make("th", { scope: "col" }, translate("side.back")));
  return make("table", { class: "fields compared" }, make("thead", {}, head), make("tbody", {}, ...rows));
}

const valuesCell = (fields, valueIn) => make("td", {}, fields.map(valueIn).filter(Boolean).join(" · ") || "–");
const inZone = (zone, field) => asText(field, zone?.[field]);

function printed(side, field) {
  if (field === "permit_type") return side.permit_type && translate(`kind.${side.permit_type}`);
  return asText(field, field === "valid_until" ? side.validity.valid_until : valueOf(side, field));
}

function asText(field, value) {
  if (value == null || value === "not known") return null;
  return field === "sex" ? translate(`sex.${value}`) : String(value);
}
