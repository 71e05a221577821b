// Placed before panes.js: a colour for every head, scales from the background over a colour, and the hatching of what is masked.

/** A colour by lightness, chroma and hue (OKLCh, Ottosson 2020) as [r, g, b]; what the screen cannot show gets less chroma. */
function oklch(lightness, chroma, degrees) {
  const [a, b] = [Math.cos, Math.sin].map((f) => f((degrees * Math.PI) / 180) * chroma);
  const [l, m, s] = [[0.3963, 0.2158], [-0.1056, -0.0639], [-0.0895, -1.2915]].map(([x, y]) => (lightness + x * a + y * b) ** 3);
  const linear = [4.0767 * l - 3.3077 * m + 0.231 * s, -1.2684 * l + 2.6098 * m - 0.3413 * s, -0.0042 * l - 0.7034 * m + 1.7076 * s];
  if (chroma > 0.01 && linear.some((v) => v < -0.001 || v > 1.001)) return oklch(lightness, chroma - 0.01, degrees);
  return linear.map((v) => Math.round(255 * Math.max(0, Math.min(1, v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055))));
}

/** A hue for each head: those of one layer as far apart as a circle allows, layers shifted against each other, so that no two are the same. */
function headColour(theme, layer, head, n_layers, n_heads) {
  if (n_layers * n_heads === 1) return theme.accent;
  const degrees = 245 + (360 / n_heads) * (head + layer / n_layers);
  const wave = n_heads > 8 && head % 2 ? 0.07 : 0; // neighbours on a crowded circle differ in lightness too
  return theme.dark ? oklch(0.76 - wave, 0.12, degrees) : oklch(0.55 + wave, 0.14, degrees);
}

const pixel = ([r, g, b]) => 0xff000000 | (b << 16) | (g << 8) | r;

/** 256 pixels from the background over a colour to a deep shade of it. */
function rampOf(theme, colour) {
  const deep = theme.dark ? mix(colour, [255, 255, 255], 0.72) : mix(colour, [0, 0, 0], 0.6);
  return Uint32Array.from({ length: 256 }, (_, i) => {
    const strength = i / 255;
    return pixel(strength < 0.7 ? mix(theme.ground, colour, strength / 0.7) : mix(colour, deep, (strength - 0.7) / 0.3));
  });
}

/** What fell and what rose, as two ramps that begin at the background: orange and blue, told apart by colour-blind eyes. */
const changeColours = (theme) => (theme.dark ? [[232, 150, 88], [111, 179, 217]] : [[196, 98, 26], [32, 98, 145]]);

// Why a cell cannot be attended to. The numbers are those of core/patterns.py.
const CAUSES = { 1: "causal mask", 2: "padding", 3: "objective", 4: "masked by you", 5: "opened by you", 6: "changed by you", 9: "hidden sink" };
// No masks: may be attended to because the user says so; may be attended to in one of two states that are compared.
const [OPENED, CHANGED] = [5, 6];

/** One tile of the hatching of a cause, 8 by 8: each cause has lines of its own. */
function drawTile(context, cause, theme) {
  const [r, g, b] = mix(theme.ground, theme.ink, 0.035);
  context.fillStyle = css([r, g, b]);
  context.fillRect(0, 0, 8, 8);
  context.strokeStyle = context.fillStyle = css(cause === 4 ? changeColours(theme)[0] : mix(theme.ground, theme.ink, 0.26), cause === 4 ? 0.8 : 1);
  context.lineWidth = 1;
  const stroke = (x0, y0, x1, y1) => line(context, x0, y0, x1, y1);
  if (cause === 2) for (const [x, y] of [[1, 1], [5, 5]]) context.fillRect(x, y, 1.6, 1.6);
  if (cause === 9) stroke(0, 4.5, 8, 4.5);
  for (const shift of [-8, 0, 8]) {
    if (cause === 1 || cause === 4) stroke(shift - 1, 9, shift + 9, -1);
    if (cause === 3 || cause === 4) stroke(shift - 1, -1, shift + 9, 9);
  }
}

function line(context, x0, y0, x1, y1) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}
