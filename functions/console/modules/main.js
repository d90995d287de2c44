// Connects the page's elements, the list and the address.
import { caseView } from "./results/case.js";
import { announce, byId, download, make } from "./page/dom.js";
import { cases, documents, observe, open, refreshCase, restore, submitFiles } from "./list/documents.js";
import { asCsv } from "./list/exports.js";
import { drawList, nameOf, pairsIn } from "./list/list.js";
import { resultView } from "./results/result.js";
import { nextReview, redrawReview, reviewView } from "./reviews/review.js";
import { preferredLanguage, setLanguage, translate } from "./page/texts.js";

const CASE = /^[A-Za-z0-9._-]{1,64}$/; // CASE_PATTERN in domain/pair.py
let kept = []; // files that wait until their case is corrected
let toOpen = null; // a document to show as soon as it has an address
let shown = null; // the entry or case in the detail pane
const announced = new WeakSet();

// ---- The address ----

function route() {
  const [, kind, id] = location.hash.match(/^#\/(recognitions|cases|reviews)(?:\/([^/]+))?$/) ?? [];
  shown = toOpen = null; // the reader has gone elsewhere
  document.body.classList.toggle("reviewing", kind === "reviews");
  byId("to-documents").ariaCurrent = String(kind !== "reviews");
  byId("to-reviews").ariaCurrent = String(kind === "reviews");
  if (kind === "reviews") {
    showReview(/^[0-9a-f]{32}$/.test(id) ? reviewView(id) : nextReview());
    return;
  }
  if (kind === "recognitions" && /^[0-9a-f]{32}$/.test(id)) shown = { entry: open(id) };
  if (kind === "cases") {
    shown = { name: decodeURIComponent(id) };
    const isListed = documents.some(entry => entry.case === shown.name);
    if (!isListed) refreshCase(shown.name).then(listSides);
  }
  document.body.classList.toggle("opened", Boolean(shown));
  byId("detail").hidden = !shown;
  if (!shown) byId("detail").replaceChildren();
  draw();
  if (shown) byId("detail").querySelector("h2")?.focus({ preventScroll: true });
  if (shown && byId("detail").getBoundingClientRect().top < 0) byId("detail").scrollIntoView();
}

/** Show a review when it has been fetched, unless the reader is elsewhere by then. */
async function showReview(fetching) {
  const address = location.hash;
  document.body.classList.add("opened");
  byId("detail").hidden = false;
  byId("detail").replaceChildren(make("p", { class: "faint" }, translate("loading")));
  const view = await fetching;
  if (!view || location.hash !== address) return;
  byId("detail").replaceChildren(view);
  document.title = `${translate("reviews")} · ${translate("title")}`;
  (view.querySelector("[data-first]") ?? view.querySelector("h2")).focus();
}

/** List the sides of a case that was opened by its address. */
function listSides() {
  for (const side of cases.get(shown?.name)?.sides ?? []) open(side.document_id, shown.name);
}

function draw() {
  drawList(location.hash);
  drawDetail();
}

function drawDetail() {
  if (!shown) return;
  const view = shown.entry ? resultView(shown.entry) : caseView(shown.name, files => send(files, shown.name));
  const opened = [...byId("detail").querySelectorAll("details.message")].map(details => details.open);
  const hadFocus = byId("detail").contains(document.activeElement);
  byId("detail").replaceChildren(view);
  if (hadFocus) view.querySelector("h2").focus({ preventScroll: true });
  byId("detail").querySelectorAll("details.message").forEach((details, place) => { details.open = opened[place] ?? false; });
  document.title = `${view.querySelector("h2").textContent} · ${translate("title")}`;
}

// ---- Changes of documents ----

/** Draw what changed, say it, and open a document that was sent alone. */
observe(
  entry => {
    drawList(location.hash);
    if (entry === shown?.entry || entry === shown?.entry?.parent || (shown?.name && entry.case === shown.name)) drawDetail();
    if (entry === toOpen && entry.id) {
      location.hash = `#/recognitions/${entry.id}`;
    }
    say(entry);
  },
  name => {
    drawList(location.hash);
    if (name && (name === shown?.name || name === shown?.entry?.case)) drawDetail();
  },
);

function say(entry) {
  if (entry.isBusy || announced.has(entry)) return;
  announced.add(entry);
  const text = entry.problem ? entry.problem.text() : translate(`verdict.${entry.outcome}`);
  announce(translate("announce", { name: nameOf(entry), text }));
}

// ---- Submission ----

/** Submit files. A wrong case is explained, and the files are kept until it is corrected. */
function send(files, name = byId("case").value.trim()) {
  if (!files.length) return;
  if (name && !CASE.test(name)) {
    keep(files);
    return;
  }
  keep([]);
  const entries = submitFiles(files, { document: byId("document").value, side: byId("side").value, case: name || null });
  byId("case").value = ""; // the next customer has another one
  if (name) location.hash = `#/cases/${encodeURIComponent(name)}`;
  else toOpen = entries.length === 1 ? entries[0] : null;
}

function keep(files) {
  kept = files;
  byId("case").setAttribute("aria-invalid", String(files.length > 0));
  byId("case-error").replaceChildren(...(files.length
    ? [make("p", {}, translate("case.invalid")), make("p", {}, make("button", { type: "submit", class: "main" }, translate("case.send", { count: files.length })))]
    : []));
  if (files.length) byId("case").focus();
}

async function trySpecimen() {
  const { specimens } = document.documentElement.dataset;
  const { specimens: all } = await (await fetch(`${specimens}truth.json`)).json();
  const { file } = all[Math.floor(Math.random() * all.length)];
  send([new File([await (await fetch(specimens + file)).blob()], file, { type: "image/jpeg" })]);
}

function downloadAll() {
  const all = documents.flatMap(entry => (entry.pages.length ? entry.pages : [entry])).filter(entry => entry.event);
  const events = [...new Set(all.map(entry => entry.case).filter(Boolean))].flatMap(name => pairsIn(name).map(event => [name, event]));
  download("results.csv", "text/csv", asCsv([...events, ...all.map(entry => [nameOf(entry), entry.event])]));
}

function chooseLanguage(chosen) {
  setLanguage(chosen);
  document.title = translate("title");
  if (kept.length) keep(kept);
  if (redrawReview()) drawList(location.hash);
  else route();
}

const drop = byId("drop");
byId("choose").addEventListener("click", () => byId("files").click());
byId("files").addEventListener("change", event => { send([...event.target.files]); event.target.value = ""; });
byId("form").addEventListener("submit", event => { event.preventDefault(); send(kept); });
for (const name of ["dragenter", "dragover"]) document.addEventListener(name, event => { event.preventDefault(); drop.classList.add("over"); });
for (const name of ["dragleave", "drop"]) document.addEventListener(name, event => { event.preventDefault(); drop.classList.remove("over"); });
document.addEventListener("drop", event => send([...event.dataTransfer.files]));
byId("specimen").hidden = !document.documentElement.dataset.specimens;
byId("specimen").addEventListener("click", trySpecimen);
byId("skip").addEventListener("click", () => (byId("detail").querySelector("h2") ?? byId("list").querySelector("a") ?? byId("choose")).focus());
for (const id of ["search", "filter", "sort"]) byId(id).addEventListener("input", () => drawList(location.hash));
byId("download-all").addEventListener("click", downloadAll);
byId("token").value = sessionStorage.getItem("token") ?? "";
byId("token-label").hidden = !byId("token").value;
byId("token").addEventListener("change", event => {
  sessionStorage.setItem("token", event.target.value.trim());
  for (const entry of documents) if (entry.problem?.status === 401) entry.retry();
});
byId("language").addEventListener("change", event => chooseLanguage(event.target.value));
byId("language").value = preferredLanguage();
setLanguage(preferredLanguage());
restore();
window.addEventListener("hashchange", route);
route();
