// Results as JSON and CSV.
import { fieldsOf } from "../reading/fields.js";
import { reasonTexts } from "../reading/reasons.js";
import { errorText, translate } from "../page/texts.js";
import { outcomeOf } from "./documents.js";

const FIELD_COLUMNS = ["number", "permit_number", "name", "english_name", "sex", "birth_date", "id_card_number", "earlier_numbers", "nationality",
  "address", "authority", "place_of_issue", "issue_count"];
const EVALUATED = /^[=+\-@\t\r]/;
const CHANGED_NUMBER = /^(0\d+|\d{12,}|\d+(\.\d+)?e[+-]?\d+)$/i; // as the command line has it, in cli/results/formats.py

export const asJson = event => JSON.stringify(event, null, 2);

/** Return rows with a heading as CSV, each row the `[name, event]` of a document. */
export function asCsv(rows) {
  const columns = ["file", "id", "case", "document", "side", "verdict", "reasons", "valid_from", "valid_until", ...FIELD_COLUMNS];
  const lines = rows.map(([name, event]) => cellsOf(name, event)).map(cells => columns.map(column => cell(cells[column])));
  // The byte order mark makes spreadsheets read UTF-8.
  return `\ufeff${[columns.map(name => cell(translate(name))), ...lines].map(line => line.join(",")).join("\r\n")}\r\n`;
}

function cellsOf(name, event) {
  const { data } = event;
  const common = { file: name, id: event.id, case: data.document?.case ?? data.case, verdict: translate(`verdict.${outcomeOf(event)}`) };
  if (data.error) return { ...common, reasons: errorText(data.error) };
  const fields = Object.fromEntries((data.front ? [...fieldsOf(data.front), ...fieldsOf(data.back)] : fieldsOf(data)).map(field => [field.name, field.value]));
  return {
    ...common, ...fields, document: translate(`kind.${data.permit_type ?? data.kind}`), side: data.side && translate(`side.${data.side}`),
    sex: fields.sex && translate(`sex.${fields.sex}`), reasons: reasonTexts(data).join(" "),
    valid_from: data.validity.valid_from, valid_until: data.validity.valid_until,
  };
}

/**
 * Return one cell. A card's text is untrusted: what a spreadsheet would evaluate gets an apostrophe. So does a number that it would change.
 */
function cell(value) {
  const text = String(value ?? "");
  const safe = EVALUATED.test(text) || CHANGED_NUMBER.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}
