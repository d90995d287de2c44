// Why a verdict is what it is, in sentences.
import { sentence, translate } from "../page/texts.js";

/** Return a sentence for each reason in an event's data. */
export function reasonTexts(data) {
  return [...new Set(data.reasons.map(reason => reasonText(reason, data)))];
}

function reasonText(reason, data) {
  const [family, about] = reason.split(":");
  if (family === "check_failed" || family === "mismatch") {
    const failed = checksIn(data).find(check => check.name === about && check.outcome === "failed");
    if (failed) return sentence(failed.reason);
  }
  if (family === "check_failed") return translate("reason.check_failed", { check: translate(`check.${about}`) });
  if (family === "mismatch") return translate("reason.mismatch", { check: translate(`pair.${about}`) });
  if (family === "low_confidence" && about !== "document") return translate("reason.low_confidence", { field: translate(about) });
  return translate(`reason.${reason}`);
}

/** The checks of a document or of a pair and its sides. */
const checksIn = data => [...data.checks, ...(data.front?.checks ?? []), ...(data.back?.checks ?? [])];
