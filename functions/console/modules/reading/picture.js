// The picture of a document: zoom and rotation by wheel, pinch, buttons and keys, and the places of the fields.
import { button, make, makeSvg } from "../page/dom.js";
import { translate } from "../page/texts.js";

const LARGEST_ZOOM = 12;
const STEP = 1.25;
let nextViewer = 1;
const KEYS = {
  "+": viewer => viewer.zoom(STEP), "=": viewer => viewer.zoom(STEP), "-": viewer => viewer.zoom(1 / STEP), 0: viewer => viewer.fit(),
  r: viewer => viewer.rotate(90), R: viewer => viewer.rotate(-90),
  ArrowLeft: viewer => viewer.pan(60, 0), ArrowRight: viewer => viewer.pan(-60, 0), ArrowUp: viewer => viewer.pan(0, 60), ArrowDown: viewer => viewer.pan(0, -60),
};

/** Shows one picture. `onPoint` gets the name of the field under the pointer, or null. */
export class Viewer {
  constructor(onPoint) {
    this.onPoint = onPoint;
    this.view = { scale: 1, x: 0, y: 0, angle: 0 };
    this.pointers = new Map();
    this.places = new Map();
    this.highlighted = null;
    const keys = `picture-keys-${nextViewer++}`;
    this.stage = make("div", { class: "stage" });
    this.frame = make("div", {
      class: "frame", tabindex: "0", role: "group", "aria-label": translate("picture"), "aria-describedby": keys,
      keydown: event => this.onKey(event), pointerdown: event => this.onDown(event), pointermove: event => this.onMove(event),
      pointerup: event => this.onUp(event), pointercancel: event => this.onUp(event), dblclick: () => this.fit(),
    }, this.stage);
    this.frame.addEventListener("wheel", event => this.onWheel(event), { passive: false });
    this.note = make("p", { class: "note" });
    this.tools = make("div", { class: "picture-tools", role: "toolbar", "aria-label": translate("picture.tools") },
      tool("−", "picture.smaller", () => this.zoom(1 / STEP)), tool("+", "picture.larger", () => this.zoom(STEP)),
      tool("↺", "picture.left", () => this.rotate(-90)), tool("↻", "picture.right", () => this.rotate(90)),
      tool("⤢", "picture.fit", () => this.fit()));
    this.keys = make("p", { id: keys, class: "faint" }, make("span", { class: "with-mouse" }, translate("picture.keys")), make("span", { class: "with-fingers" }, translate("picture.fingers")));
    this.element = make("div", { class: "picture" }, this.frame, this.tools, this.keys);
    this.observer = new ResizeObserver(() => this.apply());
    this.observer.observe(this.frame);
    this.say("picture.loading");
  }

  say(name) {
    this.note.textContent = translate(name);
    this.frame.classList.add("empty");
    this.tools.hidden = this.keys.hidden = true;
    this.stage.replaceChildren();
    this.frame.append(this.note);
  }

  /** Show a picture from a URL. Rejects if the browser cannot display it. */
  async load(url, positions) {
    const image = make("img", { alt: translate("picture.alt"), draggable: "false" });
    image.src = url;
    await image.decode();
    this.size = [image.naturalWidth, image.naturalHeight];
    this.note.remove();
    this.frame.classList.remove("empty");
    this.tools.hidden = this.keys.hidden = false;
    this.overlay = makeSvg("svg", { viewBox: `0 0 ${this.size.join(" ")}`, "aria-hidden": "true" });
    this.stage.replaceChildren(image, this.overlay);
    this.mark(positions);
    this.fit();
  }

  /** Draw the outline of the card and the place of each field; positions are in pixels of the picture. */
  mark(positions) {
    this.card = positions?.card ?? null;
    if (this.card) this.overlay.append(makeSvg("polygon", { class: "card", points: this.card.join(" ") }));
    for (const [name, corners] of Object.entries(positions?.fields ?? {})) {
      const place = makeSvg("polygon", {
        class: "field", points: corners.join(" "), pointerenter: () => this.onPoint(name), pointerleave: () => this.onPoint(null),
      });
      this.places.set(name, { place, corners });
      this.overlay.append(place);
    }
    this.highlight(this.highlighted);
  }

  /** Highlight the place of a field, now or when the picture comes, and bring it into view if the picture is enlarged; null for none. */
  highlight(name) {
    this.highlighted = name;
    for (const [other, { place }] of this.places) place.classList.toggle("on", other === name);
    const corners = this.places.get(name)?.corners;
    if (!corners || this.view.scale === 1) return;
    const [x, y] = this.toFrame(centre(corners));
    const { width, height } = this.frame.getBoundingClientRect();
    if (x < 0 || y < 0 || x > width || y > height) this.pan(width / 2 - x, height / 2 - y);
  }

  /** The whole picture, with the card upright. */
  fit() {
    const angle = this.card ? -quarter(Math.atan2(this.card[1][1] - this.card[0][1], this.card[1][0] - this.card[0][0])) : 0;
    this.view = { scale: 1, x: 0, y: 0, angle };
    this.apply();
  }

  /** Zoom by a factor around a point of the frame, its centre by default. */
  zoom(factor, at = null) {
    const { width, height } = this.frame.getBoundingClientRect();
    const [x, y] = at ?? [width / 2, height / 2];
    const scale = Math.min(LARGEST_ZOOM, Math.max(1, this.view.scale * factor));
    const ratio = scale / this.view.scale;
    this.view.x = (x - width / 2) * (1 - ratio) + this.view.x * ratio;
    this.view.y = (y - height / 2) * (1 - ratio) + this.view.y * ratio;
    this.view.scale = scale;
    this.apply();
  }

  rotate(degrees) {
    this.view.angle += degrees;
    this.apply();
  }

  pan(x, y) {
    this.view.x += x;
    this.view.y += y;
    this.apply();
  }

  apply() {
    if (!this.size) return;
    const { width, height } = this.frame.getBoundingClientRect();
    const sideways = Math.round(this.view.angle / 90) % 2 !== 0;
    const [across, down] = sideways ? [...this.size].reverse() : this.size;
    this.fitted = Math.min(width / across, height / down);
    this.frame.style.aspectRatio = `${across} / ${down}`;
    const scale = this.fitted * this.view.scale;
    // The picture can be moved only as far as it is larger than the frame.
    const most = (length, room) => Math.max(0, (length * scale - room) / 2);
    this.view.x = Math.min(most(across, width), Math.max(-most(across, width), this.view.x));
    this.view.y = Math.min(most(down, height), Math.max(-most(down, height), this.view.y));
    const { x, y, angle } = this.view;
    this.stage.style.width = `${this.size[0]}px`;
    this.stage.style.height = `${this.size[1]}px`;
    this.stage.style.transform = `translate(-50%, -50%) translate(${x}px, ${y}px) rotate(${angle}deg) scale(${scale})`;
    this.frame.classList.toggle("zoomed", this.view.scale > 1);
  }

  /** Return where a point of the picture is in the frame. */
  toFrame([x, y]) {
    const { width, height } = this.frame.getBoundingClientRect();
    const scale = this.fitted * this.view.scale, angle = (this.view.angle * Math.PI) / 180;
    const [dx, dy] = [(x - this.size[0] / 2) * scale, (y - this.size[1] / 2) * scale];
    return [
      width / 2 + this.view.x + dx * Math.cos(angle) - dy * Math.sin(angle),
      height / 2 + this.view.y + dx * Math.sin(angle) + dy * Math.cos(angle),
    ];
  }

  onKey(event) {
    if (!KEYS[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key.startsWith("Arrow") && this.view.scale === 1) return; // the page may scroll
    event.preventDefault();
    KEYS[event.key](this);
  }

  onWheel(event) {
    if (!this.size) return;
    event.preventDefault();
    if (event.shiftKey) {
      this.rotate(Math.sign(event.deltaY || event.deltaX) * 90);
      return;
    }
    this.zoom(Math.exp(-event.deltaY / (event.ctrlKey ? 100 : 400)), this.inFrame(event));
  }

  inFrame({ clientX, clientY }) {
    const { left, top } = this.frame.getBoundingClientRect();
    return [clientX - left, clientY - top];
  }

  onDown(event) {
    if (!this.size) return;
    this.pointers.set(event.pointerId, this.inFrame(event));
    this.twist = 0;
    if (this.view.scale > 1 || this.pointers.size > 1) this.frame.setPointerCapture(event.pointerId);
  }

  /** One pointer moves the picture; two zoom it by their distance and turn it by their angle. */
  onMove(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = this.inFrame(event);
    const [other] = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    this.pointers.set(event.pointerId, now);
    if (!other) {
      this.pan(now[0] - before[0], now[1] - before[1]);
      return;
    }
    this.zoom(distance(now, other) / Math.max(1, distance(before, other)), middle(now, other));
    this.twist += turn(before, other, now);
    if (Math.abs(this.twist) > Math.PI / 5) {
      this.rotate(Math.sign(this.twist) * 90);
      this.twist = 0;
    }
  }

  onUp(event) {
    this.pointers.delete(event.pointerId);
  }

  destroy() {
    this.observer.disconnect();
  }
}

const tool = (sign, name, onClick) => button(sign, onClick, { "aria-label": translate(name), title: translate(name) });
const centre = corners => [0, 1].map(axis => corners.reduce((sum, corner) => sum + corner[axis], 0) / corners.length);
const distance = ([x, y], [u, v]) => Math.hypot(x - u, y - v);
const middle = ([x, y], [u, v]) => [(x + u) / 2, (y + v) / 2];
const quarter = radians => Math.round(radians / (Math.PI / 2)) * 90;

/** Return the angle by which the line from `pivot` turns when its other end moves. */
function turn(before, pivot, after) {
  const angle = Math.atan2(after[1] - pivot[1], after[0] - pivot[0]) - Math.atan2(before[1] - pivot[1], before[0] - pivot[0]);
  return Math.atan2(Math.sin(angle), Math.cos(angle));
}
