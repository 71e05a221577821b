// Placed before history.js: a run's time as its loss curve: a head that is dragged along it, played, stepped and looped.

const PACE_MS = 650; // from one snapshot to the next while it plays
const EDGES = { left: 12, right: 16, top: 18, bottom: 20 }; // px around the curve

class Timeline extends View {
  /** `moved(t, resting)`: t counts snapshots from 0, with the way between two as a fraction. */
  constructor(parent, moved) {
    super(parent, "timeline");
    Object.assign(this, { moved, t: 0, steps: [], curve: { x: [], y: [] }, playing: false, loops: false });
    const row = element("div", "row", this.root);
    this.buttons = {};
    for (const [name, icon, label, act] of [
      ["back", "M11 3L5 8l6 5zM4 3v10", "Step back (←)", () => this.step(-1)],
      ["play", "M4 3l9 5-9 5z", "Play (space)", () => this.play(!this.playing)],
      ["on", "M5 3l6 5-6 5zM12 3v10", "Step on (→)", () => this.step(1)],
      ["loop", "M3 7a4 4 0 0 1 4-4h6M11 1l2 2-2 2M13 9a4 4 0 0 1-4 4H3M5 15l-2-2 2-2", "Again and again", () => this.loop(!this.loops)],
    ]) {
      this.buttons[name] = drawnButton(row, icon, label, act, this);
    }
    this.told = element("span", "told", row);
    this.stage = element("div", "track focusable", this.root, { tabindex: "0", role: "slider", "aria-label": "Moment of the training" });
    this.canvas = element("canvas", "", this.stage, { "aria-hidden": "true" });
    const at = (event) => this.nearest(event.clientX - this.stage.getBoundingClientRect().left);
    this.listen(this.stage, {
      pointerdown: (event) => {
        this.play(false);
        this.stage.setPointerCapture(event.pointerId);
        this.dragged = true;
        this.go(at(event));
      },
      pointermove: (event) => this.dragged && this.go(at(event)),
      pointerup: () => this.rest(),
      pointercancel: () => this.rest(),
      keydown: (event) => this.press(event),
    });
    this.loop(false);
  }

  /** New snapshots or a longer curve. The head stays where it is, or at the end where it was at the end. */
  take({ steps, curve, unit }) {
    const follows = this.t >= this.steps.length - 1;
    Object.assign(this, { steps, curve, unit });
    if (follows && steps.length) this.go(steps.length - 1, true);
    this.redraw();
  }

  get last() {
    return Math.max(0, this.steps.length - 1);
  }

  go(t, resting = false) {
    this.t = Math.max(0, Math.min(this.last, t));
    this.say();
    this.redraw();
    this.moved(this.t, resting);
  }

  /** Rests at the nearest snapshot. */
  rest() {
    if (!this.dragged) return;
    this.dragged = false;
    this.go(Math.round(this.t), true);
  }

  step(by) {
    this.play(false);
    this.go(by > 0 ? Math.floor(this.t + 1e-6) + 1 : Math.ceil(this.t - 1e-6) - 1, true);
  }

  loop(on) {
    this.loops = on;
    this.buttons.loop.setAttribute("aria-pressed", String(on));
  }

  play(on) {
    if (on === this.playing || (on && this.last < 1)) return;
    this.playing = on;
    this.buttons.play.firstChild.firstChild.setAttribute("d", on ? "M5 3v10M11 3v10" : "M4 3l9 5-9 5z");
    this.buttons.play.setAttribute("aria-label", on ? "Pause (space)" : "Play (space)");
    if (!on) return this.go(Math.round(this.t), true);
    if (this.t >= this.last) this.t = 0;
    this.since = undefined;
    this.redraw();
  }

  press(event) {
    const acts = { ArrowLeft: () => this.step(-1), ArrowRight: () => this.step(1), Home: () => this.go(0, true), End: () => this.go(this.last, true), " ": () => this.play(!this.playing) };
    if (!acts[event.key]) return;
    acts[event.key]();
    event.preventDefault();
  }

  draw(now) {
    if (this.playing) {
      const passed = this.since === undefined ? 0 : (now - this.since) / PACE_MS;
      this.since = now;
      if (this.t + passed < this.last) this.go(this.t + passed);
      else if (this.loops) this.go(0);
      else this.play(false);
      this.redraw();
    }
    const theme = (this.theme = themeOf(this.root));
    const [width, height] = [(this.width = this.stage.clientWidth), this.stage.clientHeight];
    const context = surface(this.canvas, width, height);
    if (!this.steps.length) return;
    const [low, high] = extremes(this.curve.y, false);
    const y = (value) => EDGES.top + (1 - (value - low) / (high - low || 1)) * (height - EDGES.top - EDGES.bottom);
    this.drawCurve(context, theme, y, height);
    this.drawMarks(context, theme, y, height);
  }

  /** Steps lie by magnitude, as snapshots do. */
  place(step) {
    const size = (value) => Math.log(Math.max(0, value) + 1);
    const [first, last] = [size(this.steps[0]), size(Math.max(this.steps[this.last], this.curve.x.at(-1) ?? 0))];
    return EDGES.left + ((size(step) - first) / (last - first || 1)) * (this.width - EDGES.left - EDGES.right);
  }

  /** The place of the head: between two snapshots, on the way from one to the other. */
  head() {
    const [before, after] = [this.steps[Math.floor(this.t)], this.steps[Math.min(this.last, Math.ceil(this.t))]];
    return this.place(before) + (this.place(after) - this.place(before)) * (this.t % 1);
  }

  nearest(px) {
    const places = this.steps.map((step) => this.place(step));
    for (let i = 0; i < this.last; i++) {
      if (px <= places[i + 1]) return i + Math.max(0, Math.min(1, (px - places[i]) / (places[i + 1] - places[i] || 1)));
    }
    return this.last;
  }

  /** The curve's value at a step, by the nearest one that was written down. */
  valueAt(step) {
    const { x, y } = this.curve;
    let best = -1;
    for (let i = 0; i < x.length; i++) if (best < 0 || Math.abs(x[i] - step) < Math.abs(x[best] - step)) best = i;
    return best < 0 ? NaN : y[best];
  }

  drawCurve(context, theme, y, height) {
    const { curve } = this;
    const floor = height - EDGES.bottom;
    const points = curve.x.map((x, i) => [this.place(x), y(curve.y[i])]).filter(([a, b]) => Number.isFinite(a) && Number.isFinite(b) && a >= EDGES.left - 1);
    if (points.length > 1) {
      context.beginPath();
      points.forEach(([a, b], i) => (i ? context.lineTo(a, b) : context.moveTo(a, b)));
      Object.assign(context, { strokeStyle: css(theme.accent, 0.85), lineWidth: 1.5, lineJoin: "round" });
      context.stroke();
      context.lineTo(points.at(-1)[0], floor);
      context.lineTo(points[0][0], floor);
      context.fillStyle = css(theme.accent, 0.08);
      context.fill();
    }
    context.strokeStyle = css(theme.line);
    context.lineWidth = 1;
    line(context, [EDGES.left, floor], [this.width - EDGES.right, floor]);
  }

  drawMarks(context, theme, y, height) {
    const floor = height - EDGES.bottom;
    const x = this.head();
    const step = this.steps[Math.round(this.t)];
    for (const each of this.steps) {
      context.fillStyle = css(each === step ? theme.accent : theme.quiet, each === step ? 1 : 0.55);
      context.beginPath();
      context.arc(this.place(each), floor, each === step ? 3.5 : 2.2, 0, 7);
      context.fill();
    }
    Object.assign(context, { strokeStyle: css(theme.ink, 0.7), lineWidth: 1.2 });
    line(context, [x, EDGES.top - 6], [x, floor]);
    const value = this.valueAt(step);
    context.fillStyle = css(theme.ink);
    context.beginPath();
    context.arc(x, Number.isFinite(value) ? y(value) : floor, 4, 0, 7);
    context.fill();
    Object.assign(context, { font: `11px ${theme.font}`, fillStyle: css(theme.quiet), textBaseline: "top" });
    let free = -Infinity;
    for (const each of this.steps) {
      const text = short(each);
      const half = context.measureText(text).width / 2;
      const at = Math.max(half, Math.min(this.width - half, this.place(each)));
      if (at - half < free) continue;
      context.textAlign = "center";
      context.fillText(text, at, floor + 7);
      free = at + half + 10;
    }
  }

  say() {
    const step = this.steps[Math.round(this.t)];
    if (step === undefined) return;
    const value = this.valueAt(step);
    this.told.textContent = `step ${step.toLocaleString("en")}${Number.isFinite(value) ? ` · loss ${short(value)}` : ""}`;
    for (const [name, told] of [["valuemin", 0], ["valuemax", this.last], ["valuenow", Math.round(this.t)], ["valuetext", this.told.textContent]]) {
      this.stage.setAttribute(`aria-${name}`, String(told));
    }
  }
}
