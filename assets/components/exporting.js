// Placed before attention.js: what is seen as a file: SVG and PNG by painting it once more, CSV, and a page that needs nothing else.

const FEW = 4096; // pixels of a picture that become rectangles; of more, an image inside the drawing

const escaped = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "\ufffd");
const round = (number) => Math.round(number * 100) / 100;

/** What the painting needs of a canvas context, written down as SVG. */
class Drawing {
  constructor() {
    Object.assign(this, { exported: true, parts: [], defs: new Map(), stack: [], path: [], clips: 0 });
    Object.assign(this, { fillStyle: "#000", strokeStyle: "#000", lineWidth: 1, font: "12px sans-serif", textAlign: "left", textBaseline: "middle", matrix: [1, 0, 0, 1, 0, 0], within: "" });
  }

  save() {
    const { fillStyle, strokeStyle, lineWidth, font, textAlign, textBaseline, matrix, within } = this;
    this.stack.push({ fillStyle, strokeStyle, lineWidth, font, textAlign, textBaseline, matrix, within });
  }
  restore() {
    Object.assign(this, this.stack.pop());
  }
  translate(x, y) {
    const [a, b, c, d, e, f] = this.matrix;
    this.matrix = [a, b, c, d, e + a * x + c * y, f + b * x + d * y];
  }
  rotate(angle) {
    const [a, b, c, d, e, f] = this.matrix;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    this.matrix = [a * cos + c * sin, b * cos + d * sin, c * cos - a * sin, d * cos - b * sin, e, f];
  }

  beginPath() {
    this.path = [];
  }
  moveTo(...at) {
    this.path.push(`M${at.map(round)}`);
  }
  lineTo(...at) {
    this.path.push(`L${at.map(round)}`);
  }
  bezierCurveTo(...at) {
    this.path.push(`C${at.map(round)}`);
  }
  rect(x, y, w, h) {
    this.path.push(`M${round(x)},${round(y)}h${round(w)}v${round(h)}h${round(-w)}z`);
  }

  put(tag, attributes, inside = "") {
    const moved = this.matrix.some((v, i) => v !== [1, 0, 0, 1, 0, 0][i]) ? { transform: `matrix(${this.matrix.map((v) => Math.round(v * 1e4) / 1e4)})` } : {};
    const text = Object.entries({ ...attributes, ...moved }).map(([name, value]) => ` ${name}="${typeof value === "number" ? round(value) : escaped(value)}"`).join("");
    const made = `<${tag}${text}>${inside}</${tag}>`;
    this.parts.push(this.within ? `<g clip-path="url(#${this.within})">${made}</g>` : made);
  }
  stroke() {
    this.put("path", { d: this.path.join(""), fill: "none", stroke: this.strokeStyle, "stroke-width": this.lineWidth });
  }
  fill() {
    this.put("path", { d: this.path.join(""), fill: this.fillStyle });
  }
  fillRect(x, y, width, height) {
    this.put("rect", { x, y, width, height, fill: this.fillStyle });
  }
  strokeRect(x, y, width, height) {
    this.put("rect", { x, y, width, height, fill: "none", stroke: this.strokeStyle, "stroke-width": this.lineWidth });
  }
  fillText(text, x, y) {
    const [, size, family] = this.font.match(/([\d.]+)px (.*)/);
    const anchor = { left: "start", center: "middle", right: "end" }[this.textAlign];
    const bold = /^\d{3} /.test(this.font) ? { "font-weight": 600 } : {};
    const look = { x, y: y + 0.36 * size, "font-size": `${size}px`, "font-family": family, "text-anchor": anchor, fill: this.fillStyle, ...bold };
    this.put("text", { ...look, "xml:space": "preserve" }, escaped(text));
  }

  /** From here to the next restore only what lies in the last rectangle is seen. */
  clip() {
    const id = `clip${++this.clips}`;
    const outer = this.within ? ` clip-path="url(#${this.within})"` : "";
    this.defs.set(id, `<clipPath id="${id}"${outer}><path d="${this.path.join("")}" transform="matrix(${this.matrix})"/></clipPath>`);
    this.within = id;
  }
  pattern(name, size, paint) {
    const id = `hatch${name}`;
    if (!this.defs.has(id)) {
      const tile = new Drawing();
      paint(tile);
      this.defs.set(id, `<pattern id="${id}" width="${size}" height="${size}" patternUnits="userSpaceOnUse">${tile.parts.join("")}</pattern>`);
    }
    return `url(#${id})`;
  }

  /** A picture of a pixel a cell: runs of one colour as rectangles, so that a paper prints them sharp. */
  drawImage(source, x, y, w, h) {
    const { width, height } = source;
    if (width * height > FEW) {
      this.put("image", { x, y, width: w, height: h, href: source.toDataURL(), preserveAspectRatio: "none", style: "image-rendering:pixelated" });
      return;
    }
    const pixels = new Uint32Array(source.getContext("2d").getImageData(0, 0, width, height).data.buffer);
    const [a, b] = [w / width, h / height];
    const runs = new Map();
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; ) {
        const [from, colour] = [column, pixels[row * width + column]];
        while (column < width && pixels[row * width + column] === colour) column++;
        const [left, top] = [round(x + from * a), round(y + row * b)];
        runs.set(colour, `${runs.get(colour) ?? ""}M${left},${top}h${round((column - from) * a)}v${round(b)}h${-round((column - from) * a)}z`);
      }
    }
    for (const [colour, d] of runs) {
      const hex = [0, 8, 16].map((shift) => ((colour >>> shift) & 255).toString(16).padStart(2, "0")).join("");
      this.put("path", { d, fill: `#${hex}`, "shape-rendering": "crispEdges" });
    }
  }

  text(width, height, ground, title) {
    const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`;
    return `${head}<title>${escaped(title)}</title><defs>${[...this.defs.values()].join("")}</defs><rect width="100%" height="100%" fill="${ground}"/>${this.parts.join("\n")}</svg>`;
  }
}

/** What stands between " · ", in as few lines as `fits` allows. */
function wrapped(text, fits) {
  const lines = [];
  for (const part of text.split(" · ")) {
    const longer = lines.length ? `${lines.at(-1)} · ${part}` : part;
    if (lines.length && fits(longer)) lines[lines.length - 1] = longer;
    else lines.push(part);
  }
  return lines;
}

/** Bytes as text, in pieces that a call can take. */
function base64(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  return btoa(text);
}

/** And back. */
function unpacked64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

/** Everything between `<script>` and `</script>` without what would end it. */
const asScript = (value) => JSON.stringify(value).replace(/</g, "\\u003c").replace(/\u2028|\u2029/g, " ");

class Exports extends Lines {
  /** Paints what is seen into a context, panes where the screen has them, the words above and the legend beneath. Returns [width, height] without one. */
  paintAll(context) {
    const edge = 20;
    const panes = [this.overview, this.matrix, this.lines].filter((pane) => pane.box.clientWidth);
    const boxes = panes.map((pane) => [pane, pane.box.offsetLeft - this.panes.offsetLeft, pane.box.offsetTop - this.panes.offsetTop]);
    const width = Math.max(...boxes.map(([pane, x]) => x + pane.w), 640) + 2 * edge;
    const details = wrapped(this.detail.textContent, (text) => this.rulerOf(13).width(text) <= width - 2 * edge);
    const above = edge + 56 + 18 * details.length;
    const bottom = Math.max(...boxes.map(([pane, , y]) => y + 24 + pane.h)) + above;
    const height = bottom + 62;
    if (!context) return [Math.ceil(width), Math.ceil(height)];
    const write = (text, x, y, colour, font) => {
      Object.assign(context, { font: `${font} ${this.theme.font}`, fillStyle: css(colour), textAlign: "left", textBaseline: "middle" });
      context.fillText(this.rulerOf(13).fit(text, width - 2 * edge), x, y);
    };
    write(this.meta.title ?? "Attention", edge, edge + 4, this.theme.quiet, "12px");
    write(this.quotedHeadline, edge, edge + 26, this.theme.ink, "15px");
    details.forEach((detail, i) => write(detail, edge, edge + 48 + 18 * i, this.theme.quiet, "13px"));
    const paints = { overview: "paintOverview", matrix: "paintMatrix", lines: "paintLines" };
    for (const [pane, x, y] of boxes) {
      context.save();
      context.translate(edge + x, above + y);
      write(pane.title.textContent, 0, 8, this.theme.quiet, "12px");
      context.translate(0, 24);
      context.beginPath();
      context.rect(-2, -2, pane.w + 4, pane.h + 4);
      context.clip();
      this[paints[pane.name]](context);
      context.restore();
    }
    context.save();
    context.translate(edge, bottom + 20);
    this.paintScale(context);
    context.restore();
    return [width, height];
  }

  /** The headline with the marks that the style puts around its tokens. */
  get quotedHeadline() {
    return [...this.headline.children].map(({ tagName, textContent }) => (tagName === "B" ? `“${textContent}”` : textContent)).join("");
  }

  svg() {
    const drawing = new Drawing();
    const [width, height] = this.paintAll();
    this.paintAll(drawing);
    return drawing.text(width, height, css(this.theme.ground), `${this.quotedHeadline}. ${this.detail.textContent}`);
  }

  /** The same at twice the screen's size, as a canvas. */
  picture() {
    const [width, height] = this.paintAll();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [2 * width, 2 * height];
    const context = canvas.getContext("2d");
    context.exported = true;
    context.scale(2, 2);
    context.fillStyle = css(this.theme.ground);
    context.fillRect(0, 0, width, height);
    this.paintAll(context);
    return canvas;
  }

  /** The matrix that is seen, a row a cell; masked cells have a cause in place of a weight, and what the slider leaves out is not `shown`. */
  csv() {
    const { sheet, pinned } = this;
    const quoted = (text) => `"${text.replace(/"/g, '""')}"`;
    const rows = [`query,key,query_token,key_token,${sheet.signed ? "change" : "weight"},rank,masked,pinned,shown`];
    for (let q = 0; q < sheet.Q; q++) {
      const ranks = new Map(this.weights.row(sheet, q).order.map((k, i) => [k, i + 1]));
      for (let k = 0; k < sheet.K; k++) {
        const cause = sheet.masked[q * sheet.K + k];
        const weight = shut(cause) ? "" : Number(sheet.values[q * sheet.K + k].toPrecision(7));
        const pin = q === pinned.query && k === pinned.key ? "cell" : q === pinned.query ? "query" : k === pinned.key ? "key" : "";
        const shown = !shut(cause) && (!this.within || this.within[q * sheet.K + k]) ? "yes" : "";
        rows.push([q + 1, k + 1, quoted(sheet.queries[q]), quoted(sheet.keys[k]), weight, ranks.get(k) ?? "", shut(cause) ? quoted(CAUSES[cause]) : "", pin, shown].join());
      }
    }
    return rows.join("\r\n") + "\r\n";
  }

  /** A page of its own: this program, its style, the theme's colours, all weights, and what is pinned. */
  async standing() {
    const program = await (await fetch(import.meta.url)).text();
    const style = [...this.root.getRootNode().querySelectorAll("style")].map((one) => one.textContent).join("\n");
    const names = ["background-color", "text-color", "primary-color", "font"];
    const theme = names.map((name) => `--st-${name}:${getComputedStyle(this.root).getPropertyValue(`--st-${name}`)}`).join(";");
    const { buffer, masked } = this.weights;
    const bytes = (array) => base64(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    const meta = { ...this.meta, look: this.told(), command: 1, key: "standing", standing: true };
    const data = `{ meta: ${asScript(meta)}, weights: new ${buffer.constructor.name}(bytes("weights").buffer), masked: bytes("masked"), scores: Float32Array.from(${asScript([...this.scores])}) }`;
    return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(this.meta.title ?? "Attention")}</title>
<style>:root{${theme};color-scheme:${themeOf(this.root).dark ? "dark" : "light"}} body{margin:24px auto;max-width:1400px;padding:0 24px;background:var(--st-background-color);color:var(--st-text-color);font-family:var(--st-font)}
${style.replace(/<\//g, "<\\/")}</style>
<div id="here"></div>
<script type="text/plain" id="weights">${bytes(buffer)}</script>
<script type="text/plain" id="masked">${bytes(masked)}</script>
<script type="module">
${program.replace(/<\/script/gi, "<\\/script")}
const bytes = (id) => unpacked64(document.getElementById(id).textContent);
show({ data: ${data}, parentElement: document.getElementById("here"), setStateValue() {} });
</script></html>
`;
  }

  /** Hand a file to the browser's downloads. */
  save(kind, content) {
    const types = { svg: "image/svg+xml", png: "image/png", csv: "text/csv", html: "text/html" };
    const link = element("a", "", null, { download: `${this.fileName()}.${kind}` });
    link.href = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type: `${types[kind]};charset=utf-8` }));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }
  fileName() {
    const of = this.of;
    const head = of.mode === "head" ? `L${of.layer + 1}-H${of.head + 1}` : of.mode;
    const pinned = this.pinned.query === null ? "" : `-token-${this.look.query + 1}`;
    return `attention-${head}${pinned}`;
  }
  async saveAs(kind) {
    if (kind === "png") this.picture().toBlob((blob) => this.save("png", blob));
    else this.save(kind, await { svg: () => this.svg(), csv: () => this.csv(), html: () => this.standing() }[kind]());
  }
}
