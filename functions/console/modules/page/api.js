// Requests to the API.
import { byId } from "./dom.js";
import { problemText, translate } from "./texts.js";

const MAX_BODY_PHOTO_BYTES = 3_500_000; // fits into a request's body as Base64; larger files are uploaded to the bucket
const POLL_MILLISECONDS = 700;
const BASE_PATH = location.pathname.replace(/\/+$/, ""); // a stage, or the path of a custom domain's mapping
const CONTENT_TYPES = {
  heic: "image/heic", heif: "image/heif", pdf: "application/pdf", avif: "image/avif", gif: "image/gif", tif: "image/tiff", tiff: "image/tiff",
  bmp: "image/bmp", webp: "image/webp", png: "image/png",
};
const sleep = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));

/** A request that failed. The text is made when it is shown, because the language may change. */
export class RequestError extends Error {
  constructor(text, { status, headers, problem } = {}) {
    super(text());
    Object.assign(this, { text, status, headers, problem });
  }
}

/** Call the API under the page's own path. */
export async function call(path, { method = "GET", headers = {}, body } = {}) {
  const token = byId("token").value.trim();
  const sent = {
    accept: "application/json",
    ...(body && { "content-type": "application/json" }),
    ...(token && { authorization: `Bearer ${token}` }),
    ...headers,
  };
  let response;
  try { response = await fetch(BASE_PATH + path, { method, headers: sent, body: body && JSON.stringify(body) }); }
  catch { throw new RequestError(() => translate("error.network")); }
  if (response.status === 401) {
    byId("token-label").hidden = false;
    byId("token").focus();
  }
  return response;
}

/** Call, retry on 429 and 503 after the time in Retry-After, and throw a `RequestError` for any other failure. */
export async function callWithRetry(path, options = {}, onWait = () => {}) {
  for (;;) {
    const response = await call(path, options);
    if (response.status !== 429 && response.status !== 503) return await checked(response);
    const seconds = Math.min(60, Number(response.headers.get("retry-after")) || 2);
    onWait(seconds);
    await sleep(seconds * 1000);
  }
}

async function checked(response) {
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  const { status, headers } = response;
  throw new RequestError(() => problemText(problem, status), { status, headers, problem });
}

/** Submit a photo and return its document's id. `show` gets the name of each stage and its values. */
export async function submit(file, choices, show) {
  const { document: kind, side, case: name } = choices;
  const options = { document: kind, ...(side && { card_side: side }), ...(name && { case: name }) };
  const onWait = seconds => show("retry", { seconds });
  if (file.size > MAX_BODY_PHOTO_BYTES) return await upload(file, options, show);
  const body = { ...options, image_base64: await asBase64(file) };
  // A request that got 429 or 503 may have been accepted all the same; the key makes the retry the same document.
  const headers = { prefer: "respond-async", "idempotency-key": crypto.randomUUID() };
  const response = await callWithRetry("/v1/recognitions", { method: "POST", headers, body }, onWait);
  return idIn(response.headers.get("location") ?? response.headers.get("content-location")); // the latter if it is already done
}

async function upload(file, options, show) {
  const body = { ...options, content_type: contentType(file) };
  const response = await callWithRetry("/v1/uploads", { method: "POST", body }, seconds => show("retry", { seconds }));
  const { upload: target, maximum_bytes: limit } = await response.json();
  if (file.size > limit) throw new RequestError(() => translate("error.too_large", { size: file.size, limit }));
  show("uploading");
  const form = new FormData();
  for (const [name, value] of Object.entries(target.fields)) form.append(name, value);
  form.append("file", file);
  let stored;
  try { stored = await fetch(target.url, { method: "POST", body: form }); }
  catch { throw new RequestError(() => translate("error.network")); }
  if (!stored.ok) throw new RequestError(() => problemText({}, stored.status));
  return idIn(response.headers.get("location"));
}

const idIn = path => path.slice(path.lastIndexOf("/") + 1);

async function asBase64(file) {
  const url = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(new RequestError(() => translate("error.file")));
    reader.readAsDataURL(file);
  });
  return url.slice(url.indexOf(",") + 1);
}

function contentType(file) {
  return CONTENT_TYPES[file.name.split(".").pop().toLowerCase()] ?? (file.type || "image/jpeg");
}

/** Poll a document until it is done, and pass its stage to `show`. Returns its event, or the ids of its pages. */
export async function resultOf(id, show) {
  for (;;) {
    const response = await callWithRetry(`/v1/recognitions/${id}`, {}, seconds => show("retry", { seconds }));
    const body = await response.json();
    if (body.specversion) return { event: body };
    if (body.status !== "pending") return { pages: body.pages.map(page => page.id) };
    const { stage = "queued", pages: count, pages_done: done } = body.progress ?? {};
    show(count ? "pages" : stage, { done, count });
    await sleep(POLL_MILLISECONDS);
  }
}

/** Return a case: its sides that were read, and its pairs' events. Both are empty if no side of it was read. */
export async function caseOf(name) {
  try { return await (await callWithRetry(`/v1/cases/${encodeURIComponent(name)}`)).json(); }
  catch (error) {
    if (error.status === 404) return { case: name, sides: [], completed: [] };
    throw error;
  }
}

/** Return the image that was read, from the address that the service redirects to. */
export const fetchImage = async id => await (await callWithRetry(`/v1/recognitions/${id}/image`)).blob();

/** Return the open reviews, the oldest first. */
export const listReviews = async () => (await (await callWithRetry("/v1/reviews?limit=100")).json()).reviews;

/** Take the lease of a review. Returns its state, and the tag to decide with. */
export async function leaseReview(id) {
  const response = await callWithRetry(`/v1/recognitions/${id}/review/lease`, { method: "POST", body: {} });
  return { ...(await response.json()), tag: response.headers.get("etag") };
}

export const releaseReview = id => callWithRetry(`/v1/recognitions/${id}/review/lease`, { method: "DELETE" });

/** Decide on the state with this tag, and return the state after that. */
export async function decideReview(id, tag, decision) {
  return await (await callWithRetry(`/v1/recognitions/${id}/review`, { method: "POST", headers: { "if-match": tag }, body: decision })).json();
}

export const deleteDocument = id => callWithRetry(`/v1/recognitions/${id}`, { method: "DELETE" });
export const deleteCase = name => callWithRetry(`/v1/cases/${encodeURIComponent(name)}`, { method: "DELETE" });
