// Tells the page from where a picture of Plotly's in 3-D is looked at, and what is clicked there: Streamlit says neither, and would forget the eye.

const RESTED_MS = 300;
const watching = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const state = watching.get(parentElement) ?? {};
  watching.set(parentElement, state);
  state.send = setTriggerValue;
  state.plot = data.plot;
  state.timer ??= setInterval(() => {
    const plot = document.querySelector(`.st-key-${CSS.escape(state.plot)} .js-plotly-plot`);
    if (!plot?.on || plot.isHeard) return;
    plot.isHeard = true;
    const eye = () => {
      const camera = plot._fullLayout?.scene?._scene?.getCamera();
      return camera && ["eye", "center", "up"].map((part) => [camera[part].x, camera[part].y, camera[part].z]);
    };
    const tell = () => eye() && state.send("camera", { camera: eye() });
    // What Plotly tells of a turn or of the wheel is where the eye was then; it goes on to move for some frames.
    const rest = () => {
      const before = String(eye());
      clearTimeout(state.resting);
      state.resting = setTimeout(() => (String(eye()) === before ? tell() : rest()), RESTED_MS);
    };
    plot.on("plotly_relayout", (change) => {
      if (!change?.["scene.camera"]) return;
      tell();
      rest();
    });
    plot.addEventListener("wheel", rest, { capture: true, passive: true });
    plot.on("plotly_click", ({ points }) => Number.isInteger(points?.[0]?.customdata) && state.send("click", { index: points[0].customdata }));
  }, 250);
  return () => {
    if (parentElement.isConnected) return;
    clearInterval(state.timer);
    watching.delete(parentElement);
  };
}
