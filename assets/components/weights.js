// Placed before panes.js: the numbers. One buffer holds every step, layer and head; a sheet is what of it is looked at as one matrix.

const UNITS = { Uint8Array: 255, Uint16Array: 65000, Float32Array: 1 }; // what stands for a weight of 1; of 65000 three decimals are always right
const FINE = 4095; // what stands for 1 in thumbnails and scales
const SINKS = new Set(["[CLS]", "[SEP]", "[BOS]", "[EOS]", "<s>", "</s>", "<cls>", "<sep>", "<|endoftext|>"]);
const HIDDEN = 9; // among the causes of a mask: hidden by the reader
const KEPT = 16; // sheets

class Weights {
  constructor(meta, buffer, masked) {
    [this.S, this.L, this.H, this.Q, this.K] = meta.shape;
    this.places = Array.from({ length: this.L * this.H }, (_, place) => place); // layer * H + head, of all
    Object.assign(this, { buffer, masked, unit: UNITS[buffer.constructor.name] ?? 1, steps: meta.steps });
    // Bytes of many weights are of their roots, so that of a row over thousands of keys something is left.
    this.table = this.unit === 255 ? Float32Array.from({ length: 256 }, (_, i) => (meta.roots ? (i / 255) ** 2 : i / 255)) : null;
    [this.queries, this.keys] = [meta.queries.map(visible), meta.keys.map(visible)];
    this.square = this.Q === this.K && meta.queries.every((token, i) => token === meta.keys[i]);
    this.words = meta.words && { queries: meta.words[0], keys: meta.words[1] };
    this.sinks = meta.keys.map((token, k) => k === 0 || SINKS.has(token));
    this.floats = new Map(); // "step.layer.head" -> the exact weights of a head, where the buffer holds bytes
    this.sheets = new Map();
  }

  start(step, layer, head) {
    return ((step * this.L + layer) * this.H + head) * this.Q * this.K;
  }
  at(cell) {
    return this.table ? this.table[this.buffer[cell]] : this.buffer[cell] / this.unit;
  }
  /** Whether the numbers are exact to three decimals. */
  exact(step, layer, head) {
    return this.unit !== 255 || this.floats.has(`${step}.${layer}.${head}`);
  }

  /** The matrix of what is looked at: {mode, layer, head, chosen, step, from, words, sinks}; chosen: places layer * H + head. */
  sheet(of) {
    const what = of.mode === "head" ? `${of.layer}.${of.head}` : `${of.mode} ${of.chosen.join()}`;
    const exact = of.mode === "head" ? this.exact(of.step, of.layer, of.head) : this.unit !== 255;
    const id = [what, of.step, of.from, of.words, of.sinks, exact].join("|");
    if (!this.sheets.has(id)) this.sheets.set(id, this.made(id, of, exact));
    if (this.sheets.size > KEPT) this.sheets.delete(this.sheets.keys().next().value);
    return this.sheets.get(id);
  }

  made(id, of, exact) {
    const at = this.aggregate(of, of.step);
    const names = (side) => (of.words ? this.grouped(this[side], this.words[side]) : this[side]);
    const sheet = { ...at, id, exact, queries: names("queries"), keys: names("keys"), signed: of.from !== null, rows: new Map(), covers: new Map() };
    [sheet.Q, sheet.K, sheet.masked] = [sheet.queries.length, sheet.keys.length, this.causes(of)];
    if (!sheet.signed) return sheet;
    const before = this.aggregate(of, of.from);
    for (const job of [at.job, before.job]) while (job && !job.next().done);
    return { ...sheet, best: null, job: null, values: at.values.map((weight, i) => weight - before.values[i]) };
  }

  // ---------------------------------------------------------------- from heads to one matrix

  aggregate(of, step) {
    const prepared = (layer, head) => this.prepared(this.plain(step, layer, head), of);
    if (of.mode === "head") return { values: prepared(of.layer, of.head) };
    if (of.mode === "rollout") return this.rollout(of, step);
    const [first, ...rest] = of.chosen;
    const one = (place) => prepared(Math.floor(place / this.H), place % this.H);
    const values = one(first).slice();
    const best = of.mode === "max" ? new Uint16Array(values.length).fill(first) : null; // which head has the largest weight
    for (const place of rest) {
      const other = one(place);
      for (let i = 0; i < values.length; i++) {
        if (!best) values[i] += other[i];
        else if (other[i] > values[i]) [values[i], best[i]] = [other[i], place];
      }
    }
    if (!best) for (let i = 0; i < values.length; i++) values[i] /= of.chosen.length;
    return { values, best };
  }

  plain(step, layer, head) {
    const floats = this.floats.get(`${step}.${layer}.${head}`);
    if (floats) return floats;
    const { unit, buffer } = this;
    const from = this.start(step, layer, head);
    if (unit === 1) return buffer.subarray(from, from + this.Q * this.K);
    const values = new Float32Array(this.Q * this.K);
    const { table } = this;
    for (let i = 0; i < values.length; i++) values[i] = table ? table[buffer[from + i]] : buffer[from + i] / unit;
    return values;
  }

  prepared(values, of) {
    const left = of.sinks ? this.withoutSinks(values) : values;
    return of.words ? this.merged(left) : left;
  }

  /** Rows without the sinks' keys, which sum to 1 again; zeros where nothing else had any weight. */
  withoutSinks(values) {
    const { Q, K, sinks } = this;
    const left = new Float32Array(values.length);
    for (let q = 0; q < Q; q++) {
      let rest = 0;
      for (let k = 0; k < K; k++) if (!sinks[k]) rest += values[q * K + k];
      for (let k = 0; k < K; k++) if (!sinks[k] && rest > 1e-6) left[q * K + k] = values[q * K + k] / rest;
    }
    return left;
  }

  /** Pieces become words: a word's keys are summed, its queries' rows averaged. */
  merged(values) {
    const { queries, keys } = this.words;
    const K = keys.at(-1) + 1;
    const counts = new Uint16Array(queries.at(-1) + 1);
    queries.forEach((word) => counts[word]++);
    const out = new Float32Array(counts.length * K);
    queries.forEach((word, q) => keys.forEach((other, k) => (out[word * K + other] += values[q * this.K + k] / counts[word])));
    return out;
  }

  grouped(names, groups) {
    const out = [];
    groups.forEach((word, i) => (out[word] = (out[word] ?? "") + (out[word] ? names[i].replace(/^##/, "") : names[i].replace(/^[␣▁Ġ](?=.)/, ""))));
    return out;
  }

  /** Why each cell is masked at a step: all may have one mask, or each its own, or each layer of each. Of several layers cells that all of them mask;
   *  of a change, cells that were masked both times. */
  maskAt(step, from, layers) {
    const { S, L, Q, K, masked } = this;
    const n = Q * K;
    const each = (i) => masked.subarray(i * n, (i + 1) * n);
    const at = (step) => {
      if (masked.length <= S * n) return each(masked.length === n ? 0 : step);
      const [first, ...rest] = layers.map((layer) => each(step * L + layer));
      return rest.length ? first.map((cause, i) => (shut(cause) ? (rest.find((one) => !shut(one[i])) ?? first)[i] : cause)) : first;
    };
    const then = from === null ? null : at(from);
    return then ? at(step).map((cause, i) => (shut(cause) === shut(then[i]) ? cause : CHANGED)) : at(step);
  }

  /** Why each cell is masked, 0 where it is not; a word's cell is masked where all its pieces' cells are. */
  causes(of) {
    const { K, sinks } = this;
    const masked = this.maskAt(of.step, of.from, of.mode === "head" ? [of.layer] : [...new Set(of.chosen.map((place) => Math.floor(place / this.H)))]);
    const cause = of.sinks ? masked.map((one, i) => (sinks[i % K] ? one || HIDDEN : one)) : masked;
    if (!of.words) return cause;
    const { queries, keys } = this.words;
    const wide = keys.at(-1) + 1;
    const out = new Uint8Array((queries.at(-1) + 1) * wide).fill(255);
    for (let i = 0; i < cause.length; i++) {
      const at = queries[Math.floor(i / K)] * wide + keys[i % K];
      if (out[at]) out[at] = shut(cause[i]) ? Math.min(out[at], cause[i]) : 0;
    }
    return out;
  }

  /** How much of each input arrives at each output, if every layer passes on half of what it gets unchanged (Abnar and Zuidema 2020). Made row by
   *  row by `job`, so that long texts freeze nothing. */
  rollout(of, step) {
    const { Q: n, H } = this;
    const layers = [];
    for (let layer = 0; layer < this.L; layer++) {
      const heads = of.chosen.filter((place) => Math.floor(place / H) === layer);
      if (heads.length) layers.push(this.aggregate({ mode: "mean", chosen: heads }, step).values);
    }
    const whole = new Float32Array(n * n);
    const out = { values: of.words || of.sinks ? this.prepared(whole, of) : whole };
    const weights = this;
    out.job = (function* () {
      for (let q = 0; q < n; q++) {
        let row = new Float32Array(n);
        row[q] = 1;
        for (const layer of layers.toReversed()) {
          const next = new Float32Array(n);
          for (let i = 0; i < n; i++) {
            if (!row[i]) continue;
            let sum = 0;
            for (let k = 0; k < n; k++) sum += layer[i * n + k];
            const kept = sum ? 0.5 : 1; // of a row that may attend to nothing all stays where it is
            for (let k = 0; k < n; k++) next[k] += row[i] * (1 - kept) * layer[i * n + k];
            next[i] += row[i] * kept;
          }
          row = next;
        }
        whole.set(row, q * n);
        yield (q + 1) / n;
      }
      if (out.values !== whole) out.values.set(weights.prepared(whole, of));
    })();
    return out;
  }

  // ---------------------------------------------------------------- what is said of a row

  /** A row's keys, strongest first, masked ones left out, and its entropy in bits. */
  row(sheet, q) {
    if (!sheet.rows.has(q)) {
      const { K, values, masked } = sheet;
      const order = [];
      let [total, entropy] = [0, 0];
      for (let k = 0; k < K; k++) {
        if (shut(masked[q * K + k])) continue;
        order.push(k);
        const weight = values[q * K + k];
        total += weight;
        if (weight > 0) entropy -= weight * Math.log2(weight);
      }
      const size = sheet.signed ? (k) => Math.abs(values[q * K + k]) : (k) => values[q * K + k];
      order.sort((a, b) => size(b) - size(a) || a - b);
      sheet.rows.set(q, { order, total, entropy: Math.max(0, entropy) });
    }
    return sheet.rows.get(q);
  }

  /** Which cells belong to the fewest keys that hold this share of their row. */
  cover(sheet, share) {
    if (!sheet.covers.has(share)) {
      const within = new Uint8Array(sheet.Q * sheet.K);
      for (let q = 0; q < sheet.Q; q++) {
        const { order } = this.row(sheet, q);
        const size = (k) => Math.abs(sheet.values[q * sheet.K + k]);
        const enough = share * order.reduce((sum, k) => sum + size(k), 0) - 1e-6;
        let sum = 0;
        for (const k of order) {
          if (sum >= enough) break;
          sum += size(k);
          within[q * sheet.K + k] = 1;
        }
      }
      sheet.covers.set(share, within);
    }
    return sheet.covers.get(share);
  }

  // ---------------------------------------------------------------- thumbnails

  /** Every head at `wide` by `high` at most, FINE = 1; where several cells fall on one place the largest, so that a thin line is not averaged away. */
  thumbs({ step, from, sinks }, wide, high) {
    const { S, Q, K, L, H, buffer, table, unit } = this;
    const [w, h] = [Math.min(wide, K), Math.min(high, Q)];
    const id = [step, from, sinks, w, h].join();
    if (this.small?.id === id) return this.small;
    const columns = Uint16Array.from({ length: K }, (_, k) => (sinks && this.sinks[k] ? 65535 : Math.floor((k * w) / K)));
    const shades = new Int16Array(L * H * w * h);
    const other = from === null ? 0 : this.start(from, 0, 0) - this.start(step, 0, 0);
    for (let place = 0; place < L * H; place++) {
      const start = this.start(step, Math.floor(place / H), place % H);
      for (let q = 0; q < Q; q++) {
        const to = (place * h + Math.floor((q * h) / Q)) * w;
        const scale = (row) => (FINE / (table ? 1 : unit)) * (sinks ? this.left(row) : 1);
        const [now, then] = [scale(start + q * K), other && scale(start + other + q * K)];
        for (let k = 0, cell = start + q * K; k < K; k++, cell++) {
          if (columns[k] === 65535) continue;
          let weight = (table ? table[buffer[cell]] : buffer[cell]) * now;
          if (other) weight -= (table ? table[buffer[cell + other]] : buffer[cell + other]) * then;
          const at = to + columns[k];
          if (other ? Math.abs(weight) > Math.abs(shades[at]) : weight > shades[at]) shades[at] = weight + (weight < 0 ? -0.5 : 0.5);
        }
      }
    }
    const masks = this.masked.length > S * Q * K ? L : 1; // one for each layer, or one for all
    const closed = Array.from({ length: masks }, (_, layer) => this.smallMask(this.maskAt(step, from, [layer]), w, h));
    return (this.small = { id, shades, w, h, closed });
  }

  /** What the row that begins at `cell` has to be multiplied by once its sinks are hidden. */
  left(cell) {
    let rest = 0;
    for (let k = 0; k < this.K; k++) if (!this.sinks[k]) rest += this.at(cell + k);
    return rest > 1e-6 ? 1 / rest : 0;
  }

  smallMask(masked, w, h) {
    const mask = new Uint8Array(w * h).fill(1);
    for (let q = 0; q < this.Q; q++) {
      for (let k = 0; k < this.K; k++) {
        if (!shut(masked[q * this.K + k])) mask[Math.floor((q * h) / this.Q) * w + Math.floor((k * w) / this.K)] = 0;
      }
    }
    return mask;
  }
}

/** Whether a cause keeps a cell from being attended to. */
const shut = (cause) => cause !== 0 && cause !== OPENED && cause !== CHANGED;
