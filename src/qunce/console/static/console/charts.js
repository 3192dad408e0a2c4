// Draws every [data-chart] with ECharts in the page's own colours; redraws when light turns dark.
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
  const theme = () => {
    const axis = {
      axisLine: { lineStyle: { color: colour("rule") } },
      axisTick: { show: false },
      axisLabel: { color: colour("ink-soft"), hideOverlap: true },
      splitLine: { lineStyle: { color: colour("rule") } },
      splitArea: { areaStyle: { color: ["transparent", "transparent"] } },
    };
    return {
      color: ["jade", "amber", "sky", "plum", "rose"].map(colour),
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      categoryAxis: { ...axis, splitLine: { show: false } },
      valueAxis: axis,
      legend: { top: 0, textStyle: { color: colour("ink") } },
      tooltip: {
        backgroundColor: colour("sheet-raised"),
        borderColor: colour("rule"),
        textStyle: { color: colour("ink") },
      },
      visualMap: { inRange: { color: [colour("paper-deep"), colour("jade")] } },
      heatmap: { itemStyle: { borderWidth: 2, borderColor: colour("sheet"), borderRadius: 4 } },
      bar: { barMaxWidth: 26, itemStyle: { borderRadius: [4, 4, 0, 0] } },
      line: { symbol: "none", smooth: 0.2, lineStyle: { width: 2.2 } },
    };
  };
  const option = (element) => {
    const given = JSON.parse(document.getElementById(element.dataset.chart).textContent);
    return {
      animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      grid: { left: 8, right: 12, top: given.legend?.show ? 36 : 12, bottom: 4, containLabel: true },
      ...given,
      tooltip: { ...given.tooltip, renderMode: "richText", confine: true },
    };
  };
  const draw = () => {
    for (const [element, chart] of drawn) {
      if (!element.isConnected) {
        chart.dispose();
        drawn.delete(element);
      }
    }
    for (const element of document.querySelectorAll("[data-chart]")) {
      if (drawn.has(element)) continue;
      const chart = echarts.init(element, theme(), { renderer: "canvas" });
      chart.setOption(option(element));
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
  draw();
  return { draw };
})();
