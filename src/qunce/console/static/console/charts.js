// Draws every [data-chart] with ECharts in the page's own colours; redraws when light turns dark.
//   an item of the data with "url"   leads there when it is clicked; the table beneath has the same links for keys
//   data-chart-save="png" | "csv"    within the chart's frame: saves the picture, or the table beneath it
window.charts = (() => {
  const drawn = new Map();
  const colour = (name) => {
    const probe = document.createElement("i");
    probe.className = `colour-${name}`;
    document.body.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  };
  const option = (element) => ({
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    ...chartLook.option(JSON.parse(document.getElementById(element.dataset.chart).textContent), colour),
  });
  const draw = () => {
    for (const [element, chart] of drawn) {
      if (!element.isConnected) {
        chart.dispose();
        drawn.delete(element);
      }
    }
    for (const element of document.querySelectorAll("[data-chart]")) {
      if (drawn.has(element)) continue;
      const chart = echarts.init(element, chartLook.theme(colour, getComputedStyle(document.body).fontFamily), { renderer: "canvas" });
      chart.setOption(option(element));
      chart.on("click", ({ data }) => {
        if (/^\/[^/]/.test(data?.url ?? "")) location.assign(data.url);
      });
      drawn.set(element, chart);
      new ResizeObserver(() => chart.isDisposed() || chart.resize()).observe(element);
    }
  };
  const again = () => {
    for (const chart of drawn.values()) chart.dispose();
    drawn.clear();
    draw();
  };
  new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });

  // ---- saving
  const WIDE = 2; // pixels of a picture for each of the page
  const save = (blob, name) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  const wrapped = (pen, text, width) => {
    const lines = [""];
    for (const piece of text.match(/[\u2e80-\u9fff\uff00-\uffef]|[^\s\u2e80-\u9fff\uff00-\uffef]+\s*/g) ?? []) {
      if (lines.at(-1) && pen.measureText(lines.at(-1) + piece).width > width) lines.push("");
      lines[lines.length - 1] += piece;
    }
    return lines;
  };
  const picture = (element, title) => {
    const drawing = drawn.get(element).renderToCanvas({ pixelRatio: WIDE, backgroundColor: colour("sheet") });
    const canvas = document.createElement("canvas");
    const pen = canvas.getContext("2d");
    const edge = 16 * WIDE;
    const font = `600 ${15 * WIDE}px ${getComputedStyle(document.body).fontFamily}`;
    pen.font = font;
    const lines = wrapped(pen, title, drawing.width);
    const above = edge + lines.length * 22 * WIDE;
    canvas.width = drawing.width + 2 * edge;
    canvas.height = drawing.height + above + edge;
    pen.fillStyle = colour("sheet");
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.fillStyle = colour("ink");
    pen.font = font;
    pen.textBaseline = "top";
    lines.forEach((line, place) => pen.fillText(line, edge, edge + place * 22 * WIDE));
    pen.drawImage(drawing, edge, above);
    return new Promise((done) => canvas.toBlob(done, "image/png"));
  };
  // A spreadsheet would take what begins so for a formula; a number is none.
  const cell = ({ textContent }) => {
    const text = textContent.trim();
    const safe = /^[=+\-@\t]/.test(text) && !/^-?[\d.,]+%?$/.test(text) ? `'${text}` : text;
    return `"${safe.replaceAll('"', '""')}"`;
  };
  const table = (frame) => {
    const rows = [...frame.querySelectorAll("tr")].map((row) => [...row.cells].map(cell).join(","));
    return new Blob([`\ufeff${rows.join("\r\n")}\r\n`], { type: "text/csv;charset=utf-8" });
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-chart-save]");
    if (!button) return;
    const frame = button.closest(".chart-frame");
    const element = frame.querySelector("[data-chart]");
    const kind = button.dataset.chartSave;
    const title = element.getAttribute("aria-label");
    const blob = kind === "png" ? await picture(element, title) : table(frame);
    save(blob, `${title.replace(/[\\/:*?"<>|\s]+/g, " ").trim().slice(0, 80)}.${kind}`);
  });

  draw();
  return { draw };
})();
