// Placed before map.js: which words are written beside their points: in order of importance, each where it touches none before it.

const LINE = 16; // px, the height of a label
const ROOM = 6500; // px² of the map for each label
const TRIES = 1500; // points that are tried for a label, a frame
const FEW = 6000; // points in view that are worth sorting

/** Writes labels on `context` and returns their boxes. `strong`: rows that must be named if they can be; `rest`: others, the most important first. */
function writeLabels(context, view, strong, rest) {
  const { theme, width, height } = view;
  const ruler = (view.ruler = view.ruler?.font === `12px ${theme.font}` ? view.ruler : new Ruler(`12px ${theme.font}`));
  const must = new Set(strong);
  const most = (width * height) / ROOM;
  const placed = [];
  let tried = 0;
  Object.assign(context, { textBaseline: "middle", textAlign: "left", lineJoin: "round", lineWidth: 4 });
  for (const list of [must, rest]) {
    for (const index of list) {
      if (placed.length > most || tried > TRIES) break;
      if (list === rest && must.has(index)) continue; // it has its label, or no room for one
      const [x, y] = view.project(index);
      if (!(x > 0 && y > 0 && x < width && y < height)) continue;
      tried += 1;
      const chosen = index === view.selected;
      const text = ruler.fit(visible(view.word(index)), 150);
      const box = freeSpot(placed, x, y, ruler.width(text), chosen ? 11 : 7, must.has(index), width, height);
      if (!box) continue;
      placed.push(Object.assign(box, { index }));
      context.font = `${chosen ? "600 " : ""}12px ${theme.font}`;
      context.strokeStyle = css(theme.ground, 0.85);
      context.fillStyle = css(theme.ink, must.has(index) ? 1 : 0.85);
      context.strokeText(text, box.x, box.y + LINE / 2);
      context.fillText(text, box.x, box.y + LINE / 2);
    }
  }
  return placed;
}

/** Beside, above or below a point, where there is room; null where there is none. */
function freeSpot(placed, x, y, w, away, must, width, height) {
  const half = LINE / 2;
  const spots = [[x + away, y - half], [x - away - w, y - half], [x - w / 2, y - away - LINE], [x - w / 2, y + away]];
  if (must) for (const up of [-25, 9, -42, 26]) spots.push([x + away, y + up], [x - away - w, y + up]);
  const free = ([a, b]) => a > 2 && b > 2 && a + w < width - 2 && b + LINE < height - 2 && !placed.some((box) => touches(box, a, b, w, LINE));
  const spot = spots.find(free);
  return spot ? { x: spot[0], y: spot[1], width: w, height: LINE } : null;
}

const touches = (box, x, y, w, h) => box.x < x + w + 3 && x < box.x + box.width + 3 && box.y < y + h && y < box.y + box.height;

/** Rows in view, the most important first. `rank(i)`: the place of row i in the order of importance; `order`: the rows in it, null where it is their own. */
function inView(view, order, rank) {
  const { places, camera, width, height } = view;
  const [wide, high] = [width / camera.scale / 2, height / camera.scale / 2];
  const room = places.to;
  const seen = room && Math.max(0, Math.min(room[1], camera.x + wide) - Math.max(room[0], camera.x - wide))
    * Math.max(0, Math.min(room[3], camera.y + high) - Math.max(room[2], camera.y - high)) / ((room[1] - room[0]) * (room[3] - room[2]) || 1);
  if (!room || seen > 0.5) return order ?? counted(places.n);
  const found = [];
  places.within(camera.x - wide, camera.x + wide, camera.y - high, camera.y + high, (i) => found.push(i));
  if (found.length > FEW) {
    // Too many to sort at each frame: the important among them will do.
    const limit = (places.n * FEW) / found.length;
    return found.filter((i) => rank(i) < limit).sort((a, b) => rank(a) - rank(b));
  }
  return found.sort((a, b) => rank(a) - rank(b));
}

function* counted(n) {
  for (let i = 0; i < n; i++) yield i;
}
