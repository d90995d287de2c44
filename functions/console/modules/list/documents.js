// The documents of this tab: what was submitted or opened, how far each is, and the pairs of their cases.
import { RequestError, caseOf, resultOf, submit } from "../page/api.js";

const MAX_CONCURRENT = 4;
const WAITING = new Set(["unsent", "awaiting_upload", "queued", "retry"]);
const GONE = new Set([404, 410]);
const STORED = "documents"; // in the session's storage: ids, file names and cases, for as long as the tab is open
const SEVERITY = ["accepted", "incomplete", "review", "rejected", "unreadable", "failed", "waiting", "working"];

/** The newest first. A page of a file is listed by that file only. */
export const documents = [];
/** By name: the sides that were read and the pairs' events, as the API returns them. */
export const cases = new Map();
const queue = [];
let running = 0;
let onChange = () => {};
let onCase = () => {};
let nextKey = 1;

/** Call `changed` with each document that has changed, and `changedCase` with the name of each case, or null if the list has. */
export function observe(changed, changedCase) {
  [onChange, onCase] = [changed, changedCase];
}

export class Entry {
  constructor({ id = null, name, file = null, choices = {}, page = null, parent = null }) {
    Object.assign(this, { id, name, file, choices, page, parent, key: String(nextKey++) });
    Object.assign(this, { stage: "unsent", values: {}, event: null, pages: [], problem: null });
  }

  get case() { return this.event?.data.document.case ?? this.choices.case ?? this.parent?.case ?? null; }
  /** Whether the service does not have it, or not any more. */
  get isGone() { return GONE.has(this.problem?.status); }
  get isBusy() { return !this.event && !this.problem && !this.pages.length; }

  /** What happened to it: a verdict, `unreadable` for a rejected photo, `failed` for a request; else `waiting` or `working`. */
  get outcome() {
    if (this.pages.length) return worst(this.pages.map(page => page.outcome));
    if (this.problem) return "failed";
    if (this.event) return outcomeOf(this.event);
    return WAITING.has(this.stage) ? "waiting" : "working";
  }

  show(stage, values = {}) {
    Object.assign(this, { stage, values });
    onChange(this);
  }

  /** Submit the file, unless it has an id, and wait for the result. */
  async run() {
    try {
      if (!this.id) {
        this.show("sending");
        this.id = await submit(this.file, this.choices, (...stage) => this.show(...stage));
        store();
        this.show("queued");
      }
      const { event, pages = [] } = await resultOf(this.id, (...stage) => this.show(...stage));
      this.event = event ?? null;
      this.pages = pages.map((id, place) => new Entry({ id, name: this.name, choices: this.choices, page: place + 1, parent: this }));
      await Promise.all(this.pages.map(page => page.run()));
      if (event) this.name ??= fileNameIn(event.data.document);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      this.problem = error;
      if (this.isGone && this.name === null) remove(this); // an address that was opened, and nothing else is known
    }
    onChange(this);
    if (this.event && this.case) await refreshCase(this.case);
  }

  retry() {
    this.problem = null;
    enqueue(this);
  }
}

/** The file's name in an event's `document`, null if it was not uploaded as a file. */
export const fileNameIn = document => document.key?.split("/").pop() ?? null;

/** The outcome of an event. */
export const outcomeOf = event => (event.type.startsWith("permit.rejected.") ? "unreadable" : event.data.verdict);

export const worst = outcomes => outcomes.reduce((one, other) => (SEVERITY.indexOf(other) > SEVERITY.indexOf(one) ? other : one));

/** Submit files, at most four at a time, and return their entries. */
export function submitFiles(files, choices) {
  const entries = files.map(file => new Entry({ name: file.name, file, choices }));
  entries.forEach(add);
  return entries;
}

/** Return the document or page with this id, if this tab knows it. */
export const find = id => documents.flatMap(entry => [entry, ...entry.pages]).find(entry => entry.id === id);

/** Return the document or page with this id. One that this tab does not know is added to the list and requested. */
export function open(id, name = null) {
  const known = find(id);
  if (known) return known;
  const entry = new Entry({ id, name: null, choices: { case: name } });
  add(entry);
  store();
  return entry;
}

function add(entry) {
  documents.unshift(entry);
  enqueue(entry);
}

function enqueue(entry) {
  entry.show("unsent");
  queue.push(entry);
  runQueue();
}

function runQueue() {
  while (running < MAX_CONCURRENT && queue.length) {
    running += 1;
    queue.shift().run().finally(() => { running -= 1; runQueue(); });
  }
}

/** Take a document out of the list. It is not deleted. */
export function remove(entry) {
  const siblings = entry.parent?.pages ?? documents;
  if (siblings.includes(entry)) siblings.splice(siblings.indexOf(entry), 1);
  if (entry.parent && !siblings.length) remove(entry.parent);
  store();
  onCase(null);
  if (entry.case && cases.has(entry.case)) refreshCase(entry.case);
}

export async function refreshCase(name) {
  try { cases.set(name, await caseOf(name)); }
  catch (error) { if (!(error instanceof RequestError)) throw error; }
  onCase(name);
}

function store() {
  const known = documents.filter(entry => entry.id).map(({ id, name, case: of }) => ({ id, name, case: of }));
  sessionStorage.setItem(STORED, JSON.stringify(known));
}

/** List again what this tab had before it was reloaded. */
export function restore() {
  const stored = JSON.parse(sessionStorage.getItem(STORED) ?? "[]");
  for (const { id, name, case: of } of stored.reverse()) add(new Entry({ id, name, choices: { case: of } }));
}
