// The period of validity as a bar: from, until and today, each label at its mark.
import { make } from "../page/dom.js";
import { translate } from "../page/texts.js";

const TONE = { valid: "good", long_term: "good", expiring: "fair", not_yet_valid: "fair", unreadable: "fair", expired: "bad" };
const ROOM_FOR_TWO_LABELS = 45; // per cent of the bar; closer marks get a line each

/** Return the status in words: "valid · 3,360 days left". */
export function validityText({ status, days_remaining: days }) {
  const left = days == null ? null : translate(days >= 0 ? "days.left" : "days.ago", { count: Math.abs(days) });
  return [translate(`validity.${status}`), left].filter(Boolean).join(" · ");
}

export function validityBar(validity) {
  const { status, valid_from: from, valid_until: until, as_of: today } = validity;
  const section = make("section", { class: "validity" }, make("h3", {}, translate("validity")), make("p", {}, validityText(validity)));
  if (!from || !until) return section;
  // The bar spans all three days, because an expired card's period ends before today.
  const [start, end, now] = [from, until, today].map(day => Date.parse(day));
  const [first, last] = [Math.min(start, now), Math.max(end, now)];
  const share = day => ((day - first) / Math.max(1, last - first)) * 100;
  const period = make("i"), mark = make("b");
  place(period, { left: share(start), right: 100 - share(end) });
  place(mark, { left: share(now) });
  const alt = `${from} – ${until}; ${translate("today")} ${today}: ${validityText(validity)}`;
  const apart = share(end) - share(start) >= ROOM_FOR_TWO_LABELS;
  const line = (...labels) => make("div", { class: "labels", "aria-hidden": "true" }, ...labels);
  const starts = label(from, share(start)), ends = label(until, share(end));
  section.append(
    line(label(`${translate("today")} ${today}`, share(now))),
    make("div", { class: `bar ${TONE[status] ?? ""}`, role: "img", "aria-label": alt }, period, mark),
    ...(apart ? [line(starts, ends)] : [line(starts), line(ends)]),
  );
  return section;
}

/** Return a label at a share of the bar's length. It is shifted to the left by the same share of its own, so that it never leaves the bar. */
function label(text, share) {
  const element = make("span", {}, text);
  element.style.left = `${share}%`;
  element.style.transform = `translateX(-${share}%)`;
  return element;
}

function place(element, shares) {
  for (const [side, share] of Object.entries(shares)) element.style[side] = `${share}%`;
}
