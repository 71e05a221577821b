// Placed before map.js: many round points at once, by WebGL on a graphics card, else into pixels by hand, which without a card is several times faster.

const EIGHTHS = 8; // radii are bytes, in eighths of a pixel
const RING = 128; // added to a radius: a ring in place of a disc
const HOLE = 0.55; // of its radius

const VERTEX = `#version 300 es
in vec2 start; in vec2 end; in vec4 colour; in float radius;
uniform float progress; uniform vec4 camera; uniform float ratio;
out vec4 shade; out float size; out float hole;
void main() {
  vec2 place = mix(start, end, progress);
  gl_Position = vec4((place - camera.xy) * camera.zw, 0.0, 1.0);
  hole = radius < ${RING}.0 ? 0.0 : ${HOLE};
  size = mod(radius, ${RING}.0) / ${EIGHTHS}.0 * 2.0 * ratio + 1.0;
  gl_PointSize = size;
  shade = colour;
}`;
const FRAGMENT = `#version 300 es
precision mediump float; in vec4 shade; in float size; in float hole; out vec4 pixel;
void main() {
  float away = length(gl_PointCoord - 0.5) * size;
  float cover = clamp(size * 0.5 - away, 0.0, 1.0) * shade.a;
  if (hole > 0.0) cover *= 1.0 - clamp((size * 0.5 - 0.5) * hole + 0.5 - away, 0.0, 1.0);
  pixel = vec4(shade.rgb * cover, cover);
}`;

/** Points by WebGL. Throws where there is none, or none but an imitation of it by the processor. */
class Glow {
  constructor(canvas) {
    const gl = canvas.getContext("webgl2", { antialias: false, premultipliedAlpha: true });
    if (!gl) throw new Error("no WebGL");
    this.gl = gl;
    const asked = gl.getExtension("WEBGL_debug_renderer_info");
    const card = String(gl.getParameter(asked ? asked.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
    if (/swiftshader|llvmpipe|software|basic render/i.test(card)) {
      this.close();
      throw new Error(`no graphics card: ${card}`);
    }
    const program = gl.createProgram();
    for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error("no shaders");
    gl.useProgram(program);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.uniform = Object.fromEntries(["progress", "camera", "ratio"].map((name) => [name, gl.getUniformLocation(program, name)]));
    this.buffers = { top: gl.createBuffer(), order: gl.createBuffer() };
    this.size = {};
    for (const [name, size, type] of [["start", 2, gl.FLOAT], ["end", 2, gl.FLOAT], ["colour", 4, gl.UNSIGNED_BYTE], ["radius", 1, gl.UNSIGNED_BYTE]]) {
      const place = gl.getAttribLocation(program, name);
      gl.bindBuffer(gl.ARRAY_BUFFER, (this.buffers[name] = gl.createBuffer()));
      gl.enableVertexAttribArray(place);
      gl.vertexAttribPointer(place, size, type, name === "colour", 0, 0);
    }
  }

  /** Takes what has changed of start, end, colour, radius, and top: the points that lie above all others. */
  put(arrays) {
    for (const [name, array] of Object.entries(arrays)) this.fill(name, array);
    // The most frequent words come first, and lie above.
    if (arrays.end) this.fill("order", Uint32Array.from({ length: arrays.end.length / 2 }, (_, i, n = arrays.end.length / 2) => n - 1 - i));
  }

  fill(name, array) {
    const { gl } = this;
    const kind = name === "top" || name === "order" ? gl.ELEMENT_ARRAY_BUFFER : gl.ARRAY_BUFFER;
    gl.bindBuffer(kind, this.buffers[name]);
    gl.bufferData(kind, array, gl.DYNAMIC_DRAW);
    this.size[name] = array.length;
  }

  draw({ canvas, camera, progress, n, width, height }) {
    const { gl, uniform } = this;
    const ratio = window.devicePixelRatio || 1;
    [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.uniform1f(uniform.progress, progress);
    gl.uniform1f(uniform.ratio, ratio);
    gl.uniform4f(uniform.camera, camera.x, camera.y, (2 * camera.scale) / width, (2 * camera.scale) / height);
    for (const name of n ? ["order", "top"] : []) {
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.buffers[name]);
      if (this.size[name]) gl.drawElements(gl.POINTS, this.size[name], gl.UNSIGNED_INT, 0);
    }
  }

  close() {
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}

/** The same without a card: each radius is a stencil, in sixteen places within a pixel, and is laid over the pixels by whole numbers. */
class Pixels {
  constructor() {
    this.arrays = {};
    this.known = new Map();
  }

  put(arrays) {
    Object.assign(this.arrays, arrays);
  }

  /** How much of each pixel a disc or a ring covers, 0 to 255, for sixteen places of its centre. `kind`: a radius as it is kept. */
  stencil(kind, ratio) {
    const name = kind + 256 * ratio;
    let made = this.known.get(name);
    if (made) return made;
    const radius = ((kind % RING) / EIGHTHS) * ratio;
    const size = Math.ceil(2 * radius + 1.25);
    const disc = (r, away) => Math.max(0, Math.min(1, r + 0.5 - away));
    const covers = [];
    for (let place = 0; place < 16; place++) {
      const [x, y] = [size / 2 + ((place & 3) + 0.5) / 4 - 0.5, size / 2 + ((place >> 2) + 0.5) / 4 - 0.5];
      covers.push(Uint8Array.from({ length: size * size }, (_, i) => {
        const away = Math.hypot((i % size) + 0.5 - x, Math.floor(i / size) + 0.5 - y);
        return Math.round(255 * disc(radius, away) * (kind < RING ? 1 : 1 - disc(radius * HOLE, away)));
      }));
    }
    this.known.set(name, (made = { size, covers }));
    return made;
  }

  draw({ canvas, camera, progress, n, width, height, ground }) {
    const ratio = n > 200000 ? 1 : Math.min(2, window.devicePixelRatio || 1);
    const [w, h] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
    if (canvas.width !== w || canvas.height !== h || !this.image) {
      [canvas.width, canvas.height] = [w, h];
      this.context = canvas.getContext("2d", { alpha: false });
      this.image = this.context.createImageData(w, h);
      this.pixels = new Uint32Array(this.image.data.buffer);
    }
    this.pixels.fill(packed(ground, 1));
    const view = { w, h, ratio, progress, scale: camera.scale * ratio, left: w / 2 - camera.x * camera.scale * ratio, top: h / 2 + camera.y * camera.scale * ratio };
    this.lay(view, n, null);
    if (this.arrays.top?.length) this.lay(view, this.arrays.top.length, this.arrays.top);
    this.context.putImageData(this.image, 0, 0);
  }

  /** Lays `count` points over the pixels, the last first, so that the most frequent words lie above. */
  lay({ w, h, ratio, progress, scale, left, top }, count, order) {
    const { pixels } = this;
    const { start, end, colour, radius } = this.arrays;
    const still = progress >= 1;
    let [known, size, half, covers] = [-1, 0, 0, null];
    for (let k = count - 1; k >= 0; k--) {
      const i = order ? order[k] : k;
      let x = end[2 * i];
      let y = end[2 * i + 1];
      if (!still) {
        x = start[2 * i] + (x - start[2 * i]) * progress;
        y = start[2 * i + 1] + (y - start[2 * i + 1]) * progress;
      }
      if (radius[i] !== known) {
        known = radius[i];
        ({ size, covers } = this.stencil(known, ratio));
        half = size / 2 - 0.5;
      }
      const fx = x * scale + left - half;
      const fy = top - y * scale - half;
      const px = Math.floor(fx);
      const py = Math.floor(fy);
      if (!(px >= 0 && py >= 0 && px + size <= w && py + size <= h)) continue; // not a number is none of these
      const cover = covers[((fy - py) * 4 << 2) + ((fx - px) * 4 | 0)];
      const shade = colour[i];
      const alpha = shade >>> 24;
      const redBlue = shade & 0xff00ff;
      const green = shade & 0xff00;
      let at = 0;
      for (let row = py * w + px, stop = row + size * w; row < stop; row += w) {
        for (let q = row; q < row + size; q++) {
          const share = (cover[at++] * alpha + 255) >>> 8;
          if (share === 0) continue;
          const rest = 256 - share;
          const under = pixels[q];
          pixels[q] = 0xff000000
            | (((Math.imul(under & 0xff00ff, rest) + Math.imul(redBlue, share)) >>> 8) & 0xff00ff)
            | (((Math.imul(under & 0xff00, rest) + Math.imul(green, share)) >>> 8) & 0xff00);
        }
      }
    }
  }

  close() {}
}

/** A colour [r g b] and how much it covers (0 to 1) as one number, as canvases and WebGL keep them. */
const packed = ([r, g, b], alpha) => ((Math.round(alpha * 255) << 24) | (b << 16) | (g << 8) | r) >>> 0;
