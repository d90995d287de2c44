// The fields of a card: their order, and how the provider's answer names them.

const BACK = "MainlandTravelPermitBackInfos";
/** By the name in `normalized`: the names in `fields`, `confidences` and `positions`, of which a side has at most one. */
export const FIELDS = {
  name: ["Name", `${BACK}.Name`],
  english_name: ["EnglishName"],
  number: ["Number", "IdCardNo"],
  sex: ["Sex"],
  birth_date: ["Birthday", "Birth"],
  valid_date: ["ValidDate"],
  permit_number: ["PassNo"],
  id_card_number: [`${BACK}.IDNumber`],
  earlier_numbers: [`${BACK}.HistoryNumber`],
  nationality: ["Nationality"],
  address: ["Address"],
  authority: ["IssueAuthority", "Authority"],
  place_of_issue: ["IssueAddress"],
  issue_count: ["IssueNumber", "VisaNum"],
};

/** The fields that a side of a card has, with their names in the answer: what a reviewer can correct. */
const SIDES = {
  "residence-permit front": { name: "Name", sex: "Sex", birth_date: "Birth", number: "IdCardNo", address: "Address" },
  "residence-permit back": { valid_date: "ValidDate", permit_number: "PassNo", authority: "Authority", issue_count: "VisaNum" },
  "mainland-permit front": {
    name: "Name", english_name: "EnglishName", number: "Number", sex: "Sex", birth_date: "Birthday", valid_date: "ValidDate", nationality: "Nationality",
    authority: "IssueAuthority", place_of_issue: "IssueAddress", issue_count: "IssueNumber",
  },
  "mainland-permit back": { name: `${BACK}.Name`, id_card_number: `${BACK}.IDNumber`, earlier_numbers: `${BACK}.HistoryNumber` },
};

/** Return the fields that a reviewer can correct: name, source, the text that was read, and its confidence. */
export function correctable(data) {
  return Object.entries(SIDES[`${data.kind} ${data.side}`]).map(([name, source]) => {
    const text = source.split(".").reduce((part, key) => part?.[key], data.fields) ?? "";
    return { name, source, text, confidence: data.confidences[source] ?? null };
  });
}

/** Return the fields that were read: name, value, confidence (null if not reported) and corners (null if not known). */
export function fieldsOf(data) {
  return Object.entries(FIELDS).flatMap(([name, sources]) => {
    const value = valueOf(data, name);
    if (value == null || value === "" || value === "not known") return [];
    const source = sources.find(one => one in data.confidences) ?? sources[0];
    return [{ name, source, value, confidence: data.confidences[source] ?? null, corners: data.positions?.fields[source] ?? null }];
  });
}

/** Return the value of a field as text; null or empty if it was not read. */
export function valueOf(data, name) {
  if (name !== "valid_date") return [data.normalized[name]].flat().join(", ");
  const { valid_from: from, valid_until: until, raw } = data.validity;
  return from && until ? `${from} – ${until}` : raw;
}

/** Return the name of a field of the answer; the answer's own if it has none. */
export function fieldOfSource(source) {
  return Object.entries(FIELDS).find(([, sources]) => sources.includes(source))?.[0] ?? source;
}

/** Whether a field, or with "document" the kind of card, is to be checked by a person because its confidence is low. */
export const isUnsure = (data, name) => data.reasons.includes(`low_confidence:${name}`);

export const percent = confidence => `${Math.floor(confidence * 100)}\u00a0%`;
