// The fields of a card: their order, and how the provider's answer names them.

/** Below this confidence the service asks for a review; see `CONFIDENCE_THRESHOLD` in domain/confidence.py. */
export const CONFIDENCE_THRESHOLD = 0.9;

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

/** Return the fields that were read: name, value, confidence (null if not reported) and corners (null if not known). */
export function fieldsOf(data) {
  return Object.entries(FIELDS).flatMap(([name, sources]) => {
    const value = valueOf(data, name);
    if (value == null || value === "" || value === "not known") return [];
    const source = sources.find(one => one in data.confidences) ?? sources[0];
    return [{ name, source, value, confidence: data.confidences[source] ?? null, corners: data.positions?.fields[source] ?? null }];
  });
}

function valueOf(data, name) {
  if (name !== "valid_date") return [data.normalized[name]].flat().join(", ");
  const { valid_from: from, valid_until: until, raw } = data.validity;
  return from && until ? `${from} – ${until}` : raw;
}

export const isLow = confidence => confidence != null && confidence < CONFIDENCE_THRESHOLD;

export const percent = confidence => `${Math.floor(confidence * 100)}\u00a0%`;
