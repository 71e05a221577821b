// Placed before map.js: the map to take along: as it is seen, as PNG or SVG; or as a page that stands alone, in one file.

const SHARP = 2; // pixels of a PNG for each one on the screen
const DRAWN = 20000; // points that an SVG draws one by one; more become a picture inside it

function download(content, name) {
  const link = element("a", "", null, { href: URL.createObjectURL(content), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/** The map on one canvas, at twice the screen's resolution. */
function painted(view, labels = true) {
  const { width, height } = view;
  const canvas = element("canvas", "", null);
  [canvas.width, canvas.height] = [width * SHARP, height * SHARP];
  const context = canvas.getContext("2d");
  context.fillStyle = css(view.theme.ground);
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.scale(SHARP, SHARP);
  for (const { x, y, radius, shade, alpha, ring } of view.visiblePoints()) {
    context.beginPath();
    context.arc(x, y, ring ? radius * 0.8 : radius, 0, 7);
    context[ring ? "strokeStyle" : "fillStyle"] = css(shade, alpha);
    context.lineWidth = radius * 0.45;
    context[ring ? "stroke" : "fill"]();
  }
  if (labels) view.drawOver(context);
  return canvas;
}

const savePng = (view, name) => painted(view).toBlob((content) => download(content, `${name}.png`));
const saveSvg = (view, name) => download(new Blob([svgOf(view)], { type: "image/svg+xml" }), `${name}.svg`);

const saveHtml = async (view, name) => download(new Blob([await standing(view, name)], { type: "text/html" }), `${name}.html`);

/** A page of its own: this program, its style, the theme's colours, all points, and the view as it is now. */
async function standing(view, name) {
  const { meta, theme, places, root } = view;
  const program = await (await fetch(import.meta.url)).text();
  const style = [...root.getRootNode().querySelectorAll("style")].map((one) => one.textContent).join("\n");
  const names = ["background-color", "secondary-background-color", "text-color", "border-color", "primary-color", "font", "chart-categorical-colors"];
  const variables = names.map((each) => `--st-${each}:${getComputedStyle(root).getPropertyValue(`--st-${each}`)}`).join(";");
  const columns = { xy: places.end, counts: Float32Array.from(view.counts), colour: Float32Array.from(view.values) };
  const words = Array.from({ length: places.n }, (_, i) => view.word(i));
  const texts = view.texts && Array.from({ length: places.n }, (_, i) => view.texts.get(i));
  const told = { ...meta, ends: meta.ends, chosen: writeRows(view.chosen), selected: view.selected < 0 ? null : view.selected, neighbours: view.neighbours, at: view.lookedAt(), hears: [], points: "standing" };
  const script = (value) => JSON.stringify(value).replace(/</g, "\\u003c").replace(/[\u2028\u2029]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16)}`);
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(name)}</title>
<style>:root{${variables};color-scheme:${theme.dark ? "dark" : "light"}} body{margin:16px 24px;background:var(--st-background-color);color:var(--st-text-color);font-family:var(--st-font)}
${style.replace(/<\//g, "<\\/")}</style>
<div id="here"></div>
${Object.entries(columns).map(([each, values]) => `<script type="text/plain" id="${each}">${base64(values)}</scr` + "ipt>").join("\n")}
<script type="module">
${program.replace(/<\/script/gi, "<\\/script").replace("export default", "const unused =")}
stand(document.getElementById("here"), ${script(told)}, ${script(words)}, ${script(texts ?? null)});
</scr` + `ipt></html>
`;
}

function base64(values) {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  let text = "";
  for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  return btoa(text);
}

/** What the standing page does: the same map, from what lies in the page. */
function stand(parent, meta, words, texts) {
  const table = (values) => ({ getChildAt: () => ({ toArray: () => values, get: (i) => values[i], length: values.length }) });
  const numbers = (id) => table(new Float32Array(Uint8Array.from(atob(document.getElementById(id).textContent), (letter) => letter.charCodeAt(0)).buffer));
  put(meta.points, { version: meta.version, columns: { xy: numbers("xy"), counts: numbers("counts"), colour: numbers("colour"), words: table(words), texts: texts && table(texts) } });
  const view = new WordMap(parent);
  const fill = () => view.update({ ...meta, height: Math.max(320, window.innerHeight - 90) });
  window.addEventListener("resize", fill, { signal: view.off.signal });
  fill();
}

const escaped = (text) => text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);

/** The map as SVG: points, lines and labels are shapes and text that a drawing program can change. */
function svgOf(view) {
  const { width, height, theme } = view;
  const points = [...view.visiblePoints()];
  const place = (value) => Number(value.toFixed(2));
  const dots = points.length > DRAWN
    ? [`<image width="${width}" height="${height}" href="${painted(view, false).toDataURL()}"/>`]
    : points.map(({ x, y, radius, shade, alpha, ring }) => {
      const paint = ring ? `fill="none" stroke="rgb(${shade})" stroke-width="${place(radius * 0.45)}" stroke-opacity` : `fill="rgb(${shade})" fill-opacity`;
      return `<circle cx="${place(x)}" cy="${place(y)}" r="${place(ring ? radius * 0.8 : radius)}" ${paint}="${place(alpha)}"/>`;
    });
  const shapes = new SvgContext();
  view.drawOver(shapes);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${escaped(theme.font)}" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="rgb(${theme.ground})"/>`,
    ...dots,
    ...shapes.parts,
    "</svg>",
  ].join("\n");
}

/** What the map asks of a canvas's context, kept as SVG. */
class SvgContext {
  constructor() {
    Object.assign(this, { parts: [], path: "", dash: "", turn: "", kept: [], textAlign: "left", font: "", lineWidth: 1 });
  }
  save() {
    this.kept.push(this.turn);
  }
  restore() {
    this.turn = this.kept.pop();
  }
  translate(x, y) {
    this.turn += `translate(${x} ${y}) `;
  }
  rotate(angle) {
    this.turn += `rotate(${(angle * 180) / Math.PI}) `;
  }
  beginPath() {
    this.path = "";
  }
  moveTo(x, y) {
    this.path += `M${x.toFixed(2)} ${y.toFixed(2)}`;
  }
  lineTo(x, y) {
    this.path += `L${x.toFixed(2)} ${y.toFixed(2)}`;
  }
  closePath() {
    this.path += "Z";
  }
  arc(x, y, r) {
    this.path += `M${(x - r).toFixed(2)} ${y.toFixed(2)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
  }
  setLineDash(lengths) {
    this.dash = lengths.length ? ` stroke-dasharray="${lengths.join(" ")}"` : "";
  }
  stroke() {
    this.parts.push(`<path d="${this.path}" fill="none" stroke="${this.strokeStyle}" stroke-width="${this.lineWidth}"${this.dash}/>`);
  }
  fill() {
    this.parts.push(`<path d="${this.path}" fill="${this.fillStyle}"/>`);
  }
  strokeText(text, x, y) {
    this.text(text, x, y, `fill="none" stroke="${this.strokeStyle}" stroke-width="${this.lineWidth}" stroke-linejoin="round"`);
  }
  fillText(text, x, y) {
    this.text(text, x, y, `fill="${this.fillStyle}"`);
  }
  text(text, x, y, paint) {
    const anchor = { center: "middle", right: "end" }[this.textAlign] ?? "start";
    const bold = this.font.startsWith("600") ? ' font-weight="600"' : "";
    const turn = this.turn ? ` transform="${this.turn.trim()}"` : "";
    this.parts.push(`<text x="${x.toFixed(2)}" y="${y.toFixed(2)}" text-anchor="${anchor}" dominant-baseline="central"${bold}${turn} ${paint}>${escaped(text)}</text>`);
  }
}
