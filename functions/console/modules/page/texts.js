// The page's languages, and every text that is chosen by a code or by an English sentence of the API.
import { english } from "./texts-en.js";
import { traditional } from "./texts-zh-hant.js";
import { simplified } from "./texts-zh-hans.js";

const LANGUAGES = { en: english, "zh-Hant": traditional, "zh-Hans": simplified };
let language = "en";

/** Return the text `name` with its {placeholders} replaced. With `count`, `name.one` is used for 1. An unknown name is shown as it is. */
export function translate(name, values = {}) {
  const { texts } = LANGUAGES[language];
  const chosen = (values.count === 1 && texts[`${name}.one`]) || texts[name] || name.replace(/^\w+\./, "");
  return chosen.replace(/\{(\w+)\}/g, (_, key) => format(values[key]));
}

const format = value => (typeof value === "number" ? value.toLocaleString("en") : value);

export const isTranslated = name => name in LANGUAGES[language].texts;

/** Return a fixed English sentence of the API in the page's language. */
export const sentence = text => LANGUAGES[language].sentences[text] ?? text;

/** Return why a photo was rejected and what to do. {0} and {1} of a translation are the numbers of the English text. */
export function errorText({ code, meaning, advice }) {
  const { errors, between } = LANGUAGES[language];
  const translated = errors[code] ?? errors[`${code.split(".")[0]}.*`];
  const numbers = { formats: translate("formats"), ...meaning.match(/\d[\d,]*/g) };
  const why = translated?.replace(/\{(\w+)\}/g, (_, key) => numbers[key]) ?? meaning;
  return [why, sentence(advice)].filter(Boolean).join(between);
}

/** Return the text of problem details (RFC 9457). */
export function problemText({ code = "", detail = "", advice = "", errors = [] }, status) {
  if (isTranslated(`problem.${code}`)) {
    return translate(`problem.${code}`, { fields: errors.map(error => fieldProblem(error)).join("; ") });
  }
  if (code && detail) return errorText({ code, meaning: detail, advice });
  return translate(isTranslated(`status.${status}`) ? `status.${status}` : "status.other", { status });
}

function fieldProblem({ field, message }) {
  return isTranslated(`problem.${field}`) ? translate(`problem.${field}`) : `${field} ${message}`;
}

/** Return the available language that fits the browser's preferences best. */
export function preferredLanguage() {
  for (const preferred of navigator.languages) {
    if (/^zh-(hant|tw|hk|mo)/i.test(preferred)) return "zh-Hant";
    if (/^zh/i.test(preferred)) return "zh-Hans";
    if (/^en/i.test(preferred)) return "en";
  }
  return "en";
}

/** Use a language for everything that is drawn from now on, and for the page's own elements. */
export function setLanguage(chosen) {
  language = chosen;
  document.documentElement.lang = chosen;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = translate(element.dataset.text);
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", translate(element.dataset.label));
  for (const element of document.querySelectorAll("[data-placeholder]")) element.placeholder = translate(element.dataset.placeholder);
}
