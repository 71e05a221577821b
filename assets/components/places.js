// Placed before map.js: where points are: a layout and the way to it from the one before, and which of them are near a place.

const NOWHERE = new Float32Array(0);

/** Centre a layout and scale it to a spread of one, so that layouts of any unit share one view. Points that are not finite stay NaN and unseen. */
function normalised(xy) {
  let [n, x, y, spread] = [0, 0, 0, 0];
  const finite = (i) => Number.isFinite(xy[i]) && Number.isFinite(xy[i + 1]);
  for (let i = 0; i < xy.length; i += 2) if (finite(i)) (n += 1), (x += xy[i]), (y += xy[i + 1]);
  x /= n || 1;
  y /= n || 1;
  for (let i = 0; i < xy.length; i += 2) if (finite(i)) spread += (xy[i] - x) ** 2 + (xy[i + 1] - y) ** 2;
  const unit = Math.sqrt(spread / (n || 1)) || 1;
  const out = new Float32Array(xy.length);
  for (let i = 0; i < xy.length; i += 2) {
    out[i] = finite(i) ? (xy[i] - x) / unit : NaN;
    out[i + 1] = finite(i) ? (xy[i + 1] - y) / unit : NaN;
  }
  return out;
}

/** [left, right, bottom, top] of the points that are somewhere; null where none is. */
function bounds(xy) {
  let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < xy.length; i += 2) {
    const [x, y] = [xy[i], xy[i + 1]];
    if (!(x === x && y === y)) continue;
    if (x < x0) x0 = x;
    if (x > x1) x1 = x;
    if (y < y0) y0 = y;
    if (y > y1) y1 = y;
  }
  return x0 > x1 ? null : [x0, x1, y0, y1];
}

class Places {
  constructor() {
    Object.assign(this, { n: 0, start: NOWHERE, end: NOWHERE, progress: 1, ids: null, source: undefined });
    this.settle();
  }

  /** Takes a layout float32 [2n]. Points of the same source that were there before, known by their ids (without any: by their row), will be
   *  on their way to it. Returns whether any are. */
  take(xy, ids, source) {
    const before = this.source === source ? this.rows() : null;
    let moved = false;
    const start = new Float32Array(xy.length);
    for (let i = 0; i < xy.length / 2; i++) {
      const was = before ? before(ids ? ids[i] : i) : -1;
      const [x, y] = was < 0 ? [NaN, NaN] : this.place(was);
      const known = x === x && y === y;
      start[2 * i] = known ? x : xy[2 * i];
      start[2 * i + 1] = known ? y : xy[2 * i + 1];
      moved ||= known && (x !== xy[2 * i] || y !== xy[2 * i + 1]);
    }
    Object.assign(this, { n: xy.length / 2, start: moved ? start : xy, end: xy, ids, source, progress: moved ? 0 : 1 });
    this.settle();
    return moved;
  }

  /** Shows the way from one layout to another at a share of it, as a scrubber does. */
  between(start, end, progress) {
    if (start === this.start && end === this.end) return void (this.progress = progress);
    Object.assign(this, { start, end, progress });
    this.settle();
  }

  settle() {
    [this.from, this.to, this.cells] = [bounds(this.start), bounds(this.end), null];
  }

  /** Which row an id has; -1 for none. */
  rows() {
    const { ids, n } = this;
    if (!ids) return (id) => (id < n ? id : -1);
    const known = new Map();
    for (let i = 0; i < n; i++) known.set(ids[i], i);
    return (id) => known.get(id) ?? -1;
  }

  place(i) {
    const { start, end, progress } = this;
    if (progress >= 1) return [end[2 * i], end[2 * i + 1]];
    return [start[2 * i] + (end[2 * i] - start[2 * i]) * progress, start[2 * i + 1] + (end[2 * i + 1] - start[2 * i + 1]) * progress];
  }

  /** The room that all take now: [left, right, bottom, top], or null. */
  room() {
    if (!this.from || !this.to) return this.to;
    return this.to.map((value, i) => this.from[i] + (value - this.from[i]) * this.progress);
  }

  /** Points by the cell of a grid that they lie in, where they come to rest: what is under a pointer is found among a few. */
  grid() {
    if (this.cells) return this.cells;
    const { end: xy, n } = this;
    const side = Math.max(1, Math.min(1024, Math.ceil(Math.sqrt(n / 3))));
    const [x0, x1, y0, y1] = this.to ?? [0, 1, 0, 1];
    const [wide, high] = [(x1 - x0) / side || 1, (y1 - y0) / side || 1];
    const clamp = (value) => Math.max(0, Math.min(side - 1, Math.floor(value)));
    const starts = new Uint32Array(side * side + 2);
    const cell = new Uint32Array(n);
    for (let i = 0; i < n; i++) {
      const [x, y] = [xy[2 * i], xy[2 * i + 1]];
      cell[i] = x === x && y === y ? clamp((y - y0) / high) * side + clamp((x - x0) / wide) : side * side; // the last one is nowhere
      starts[cell[i] + 1] += 1;
    }
    for (let c = 0; c <= side * side; c++) starts[c + 1] += starts[c];
    const filled = starts.slice();
    const order = new Uint32Array(n);
    for (let i = 0; i < n; i++) order[filled[cell[i]]++] = i;
    return (this.cells = { side, starts, order, column: (x) => clamp((x - x0) / wide), row: (y) => clamp((y - y0) / high) });
  }

  /** Calls `visit(i)` for every point at rest in a rectangle. */
  within(x0, x1, y0, y1, visit) {
    const { end: xy } = this;
    const { side, starts, order, column, row } = this.grid();
    for (let r = row(y0); r <= row(y1); r++) {
      for (let k = starts[r * side + column(x0)]; k < starts[r * side + column(x1) + 1]; k++) {
        const i = order[k];
        const [x, y] = [xy[2 * i], xy[2 * i + 1]];
        if (x >= x0 && x <= x1 && y >= y0 && y <= y1) visit(i);
      }
    }
  }

  /** The point at rest that is nearest to a place, within a distance; -1 where there is none, and while points are on their way. */
  near(x, y, reach) {
    if (this.progress < 1 || !this.n) return -1;
    let [best, distance] = [-1, reach ** 2];
    this.within(x - reach, x + reach, y - reach, y + reach, (i) => {
      const away = (this.end[2 * i] - x) ** 2 + (this.end[2 * i + 1] - y) ** 2;
      if (away < distance || (away === distance && i < best)) [best, distance] = [i, away];
    });
    return best;
  }

  /** How many points at rest lie nearer to point i than point j does. */
  nearer(i, j) {
    const { end: xy, n } = this;
    const [x, y] = [xy[2 * i], xy[2 * i + 1]];
    const limit = (xy[2 * j] - x) ** 2 + (xy[2 * j + 1] - y) ** 2;
    let count = 0;
    for (let k = 0; k < n; k++) if ((xy[2 * k] - x) ** 2 + (xy[2 * k + 1] - y) ** 2 < limit && k !== i) count += 1;
    return count;
  }

  /** Rows of the points at rest within a closed path [[x, y]...], as they come. */
  inside(path) {
    const found = [];
    const [x0, x1, y0, y1] = bounds(path.flat()) ?? [0, 0, 0, 0];
    this.within(x0, x1, y0, y1, (i) => {
      const [x, y] = [this.end[2 * i], this.end[2 * i + 1]];
      let within = false;
      for (let a = 0, b = path.length - 1; a < path.length; b = a++) {
        const [[ax, ay], [bx, by]] = [path[a], path[b]];
        if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) within = !within;
      }
      if (within) found.push(i);
    });
    return found;
  }
}

/** Rows as text, as core/selections.py writes and reads it: each as the gap to the one before, in bytes of seven bits, in base 64. */
function writeRows(rows) {
  const bytes = [];
  let before = -1;
  for (const row of Uint32Array.from(rows).sort()) {
    let gap = row - before - 1;
    before = row;
    for (; gap > 127; gap = Math.floor(gap / 128)) bytes.push((gap % 128) + 128);
    bytes.push(gap);
  }
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.slice(i, i + 8192));
  return btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function readRows(text) {
  const bytes = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  const rows = [];
  let [before, gap, unit] = [-1, 0, 1];
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes.charCodeAt(i);
    gap += (byte & 127) * unit;
    unit *= 128;
    if (byte < 128) {
      before += gap + 1;
      rows.push(before);
      [gap, unit] = [0, 1];
    }
  }
  return rows;
}
