// Placed before map.js: what pointers, wheel and keys do to a map.

const REACH = 12; // px within which a point is under the pointer
const STILL = 4; // px that a pointer may travel and still click

class Gestures {
  constructor(view) {
    Object.assign(this, { view, pointers: new Map(), tool: "move", path: null, armed: false });
    const { stage } = view;
    const at = (event) => {
      const box = stage.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    view.listen(stage, {
      pointerdown: (event) => this.down(event, at(event)),
      pointermove: (event) => this.move(event, at(event)),
      pointerup: (event) => this.up(event, at(event)),
      pointercancel: (event) => {
        this.pointers.delete(event.pointerId);
        this.path = null;
        view.redraw();
      },
      pointerleave: () => {
        this.armed = false;
        view.hover(-1);
      },
      dblclick: () => this.tool === "move" && view.reset(),
      wheel: (event) => {
        if (!this.armed && !event.ctrlKey) return; // the page is being scrolled, and the map came under a resting pointer
        event.preventDefault();
        const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
        view.zoom(Math.exp(-Math.max(-240, Math.min(240, pixels)) * (event.ctrlKey ? 0.01 : 0.002)), ...at(event));
      },
      keydown: (event) => this.press(event),
    });
  }

  use(tool) {
    this.tool = tool;
    this.view.stage.dataset.tool = tool;
    this.view.showTools();
  }

  down(event, here) {
    this.pointers.set(event.pointerId, here);
    this.view.stage.setPointerCapture(event.pointerId);
    this.travelled = this.pointers.size > 1 ? Infinity : 0;
    const drawing = this.pointers.size === 1 && (this.tool !== "move" || event.shiftKey);
    this.path = drawing ? [here] : null;
    this.how = event.altKey ? "less" : event.shiftKey && this.tool !== "move" ? "more" : "new";
  }

  up(event, here) {
    const alone = this.pointers.size === 1;
    if (!this.pointers.delete(event.pointerId)) return;
    const { view, path } = this;
    view.stage.classList.remove("dragging");
    this.path = null;
    if (alone && this.travelled < STILL) {
      const index = view.under(...here);
      if (index >= 0) view.select(index);
    } else if (alone && path) view.choose(view.places.inside(this.outline(path).map((point) => view.unproject(...point))), this.how);
    view.redraw();
  }

  move(event, here) {
    if (event.movementX || event.movementY) this.armed = true;
    const { view } = this;
    const before = this.pointers.get(event.pointerId);
    if (!before) return view.hover(view.under(...here));
    const others = [...this.pointers].filter(([id]) => id !== event.pointerId);
    this.pointers.set(event.pointerId, here);
    const [dx, dy] = [here[0] - before[0], here[1] - before[1]];
    this.travelled += Math.hypot(dx, dy);
    if (this.path) {
      this.path.push(here);
      return view.redraw();
    }
    if (this.travelled < STILL) return;
    if (others.length) {
      const still = others[0][1];
      const apart = (point) => Math.hypot(point[0] - still[0], point[1] - still[1]) || 1;
      view.pan(dx / 2, dy / 2);
      return view.zoom(apart(here) / apart(before), (here[0] + still[0]) / 2, (here[1] + still[1]) / 2);
    }
    view.stage.classList.add("dragging");
    view.hover(-1);
    view.pan(dx, dy);
  }

  /** The path as drawn: a lasso's own, or the box between its ends. */
  outline(path) {
    if (this.tool !== "box") return path;
    const [[x0, y0], [x1, y1]] = [path[0], path[path.length - 1]];
    return [[x0, y0], [x1, y0], [x1, y1], [x0, y1]];
  }

  draw(context) {
    if (!this.path || this.path.length < 2) return;
    const { accent } = this.view.theme;
    context.beginPath();
    this.outline(this.path).forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
    context.closePath();
    Object.assign(context, { fillStyle: css(accent, 0.1), strokeStyle: css(accent, 0.9), lineWidth: 1.2 });
    context.setLineDash([4, 3]);
    context.fill();
    context.stroke();
    context.setLineDash([]);
  }

  press(event) {
    const { view } = this;
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== view.stage) return;
    const moves = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
    if (moves[event.key] && event.shiftKey) view.hover(this.beside(moves[event.key]));
    else if (moves[event.key]) view.pan(...moves[event.key]);
    else if (event.key === "+" || event.key === "=") view.zoom(1.4);
    else if (event.key === "-") view.zoom(1 / 1.4);
    else if (event.key === "0" || event.key === "Home") view.reset();
    else if (event.key === "/") view.openSearch();
    else if (event.key === "Enter" && view.hovered >= 0) view.select(view.hovered);
    else if (event.key === "l" || event.key === "b" || event.key === "m") this.use({ m: "move", l: "lasso", b: "box" }[event.key]);
    else if (event.key !== "Escape" || !this.escape()) return;
    event.preventDefault();
  }

  /** What Esc frees: a path being drawn, the word, the selection, the tool; one a press. */
  escape() {
    const { view } = this;
    if (this.path) this.path = null;
    else if (view.selected >= 0) view.select(-1);
    else if (view.chosen.length) view.choose([], "new");
    else if (this.tool !== "move") this.use("move");
    else return false;
    view.redraw();
    return true;
  }

  /** The word next to the one that is marked, in the direction of an arrow key; the one in the middle, where none is marked. */
  beside([right, down]) {
    const { view } = this;
    const from = view.hovered >= 0 ? view.hovered : view.selected;
    const [x, y] = from >= 0 ? view.project(from) : [view.width / 2, view.height / 2];
    const [ahead, across] = [[-Math.sign(right), -Math.sign(down)], [Math.sign(down), -Math.sign(right)]];
    let [best, least] = [from, Infinity];
    const [lower, upper] = [view.unproject(0, view.height), view.unproject(view.width, 0)];
    view.places.within(lower[0], upper[0], lower[1], upper[1], (index) => {
      const [px, py] = view.project(index);
      const [dx, dy] = [px - x, py - y];
      const [far, aside] = [dx * ahead[0] + dy * ahead[1], Math.abs(dx * across[0] + dy * across[1])];
      const cost = from < 0 ? Math.hypot(dx, dy) : far + 2 * aside;
      if (index !== from && (from < 0 || far > 2) && cost < least) [best, least] = [index, cost];
    });
    return best;
  }
}
