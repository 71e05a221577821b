// Tells the page from where a picture of Plotly's in 3-D is looked at, and what is clicked there: Streamlit says neither, and would forget the eye.

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
    plot.on("plotly_relayout", (change) => {
      const camera = change?.["scene.camera"];
      if (camera) state.send("camera", { camera: ["eye", "center", "up"].map((part) => [camera[part].x, camera[part].y, camera[part].z]) });
    });
    plot.on("plotly_click", ({ points }) => Number.isInteger(points?.[0]?.customdata) && state.send("click", { index: points[0].customdata }));
  }, 250);
  return () => {
    if (parentElement.isConnected) return;
    clearInterval(state.timer);
    watching.delete(parentElement);
  };
}
