// Placed before map.js: many round points at once, by WebGL, or by canvas 2-D where there is none.

const VERTEX = `
attribute vec2 start; attribute vec2 end; attribute vec4 colour; attribute float radius;
uniform float progress; uniform vec4 camera; uniform float ratio;
varying vec4 shade; varying float size;
void main() {
  vec2 place = mix(start, end, progress);
  gl_Position = vec4((place - camera.xy) * camera.zw, 0.0, 1.0);
  size = radius * 2.0 * ratio + 1.0;
  gl_PointSize = size;
  shade = colour;
}`;
const FRAGMENT = `
precision mediump float; varying vec4 shade; varying float size;
void main() {
  float away = length(gl_PointCoord - 0.5) * size;
  float cover = clamp(size * 0.5 - away, 0.0, 1.0) * shade.a;
  gl_FragColor = vec4(shade.rgb * cover, cover);
}`;

/** Points by WebGL. Throws where there is none. */
class Glow {
  constructor(canvas) {
    const gl = canvas.getContext("webgl", { antialias: false, premultipliedAlpha: true });
    if (!gl) throw new Error("no WebGL");
    this.gl = gl;
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
    this.buffers = {};
    for (const [name, size, type] of [["start", 2, gl.FLOAT], ["end", 2, gl.FLOAT], ["colour", 4, gl.UNSIGNED_BYTE], ["radius", 1, gl.FLOAT]]) {
      const place = gl.getAttribLocation(program, name);
      gl.bindBuffer(gl.ARRAY_BUFFER, (this.buffers[name] = gl.createBuffer()));
      gl.enableVertexAttribArray(place);
      gl.vertexAttribPointer(place, size, type, type === gl.UNSIGNED_BYTE, 0, 0);
    }
  }

  put(name, array) {
    this.gl.bindBuffer(this.gl.ARRAY_BUFFER, this.buffers[name]);
    this.gl.bufferData(this.gl.ARRAY_BUFFER, array, this.gl.DYNAMIC_DRAW);
  }

  draw({ canvas, camera, progress, n, width, height, ratio }) {
    const { gl, uniform } = this;
    [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.uniform1f(uniform.progress, progress);
    gl.uniform1f(uniform.ratio, ratio);
    gl.uniform4f(uniform.camera, camera.x, camera.y, (2 * camera.scale) / width, (2 * camera.scale) / height);
    if (n) gl.drawArrays(gl.POINTS, 0, n);
  }

  close() {
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}

/** The same by canvas 2-D: every colour and size is drawn once, and stamped. */
class Stamps {
  constructor() {
    this.arrays = {};
  }
  put(name, array) {
    this.arrays[name] = array;
    if (name === "colour" || name === "radius") this.known = new Map();
  }
  stamp(i, ratio) {
    const { colour, radius } = this.arrays;
    const shade = new Uint32Array(colour.buffer)[i];
    const size = Math.round(radius[i] * 4) / 4;
    const name = shade * 64 + size * 4;
    let made = this.known.get(name);
    if (!made) {
      made = document.createElement("canvas");
      made.width = made.height = Math.ceil((2 * size + 1) * ratio);
      const context = made.getContext("2d");
      context.fillStyle = css([...colour.subarray(4 * i, 4 * i + 3)], colour[4 * i + 3] / 255);
      context.beginPath();
      context.arc(made.width / 2, made.width / 2, size * ratio, 0, 7);
      context.fill();
      this.known.set(name, made);
    }
    return made;
  }
  draw({ canvas, project, n, width, height, ratio }) {
    const context = surface(canvas, width, height);
    context.setTransform(1, 0, 0, 1, 0, 0);
    for (let i = 0; i < n; i++) {
      const [x, y] = project(i);
      if (!(x > -9 && y > -9 && x < width + 9 && y < height + 9)) continue;
      const stamp = this.stamp(i, ratio);
      context.drawImage(stamp, x * ratio - stamp.width / 2, y * ratio - stamp.width / 2);
    }
  }
  close() {}
}
