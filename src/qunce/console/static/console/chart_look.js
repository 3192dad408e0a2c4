// How charts look, in pages and in reports alike. `colour` finds a colour by its name in theme.css.
globalThis.chartLook = (() => {
  const SERIES = ["jade", "amber", "sky", "plum", "rose", "ink-soft"];
  const NAMED = "colour:"; // an option may say "colour:rose" wherever ECharts wants a colour

  const theme = (colour, fontFamily) => {
    const axis = {
      axisLine: { lineStyle: { color: colour("rule") } },
      axisTick: { show: false },
      axisLabel: { color: colour("ink-soft"), hideOverlap: true },
      nameTextStyle: { color: colour("ink-soft") },
      splitLine: { lineStyle: { color: colour("rule") } },
      splitArea: { areaStyle: { color: ["transparent", "transparent"] } },
    };
    return {
      color: SERIES.map(colour),
      textStyle: { fontFamily },
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
      bar: { barMaxWidth: 26, itemStyle: { borderRadius: 4 }, label: { color: colour("ink") } },
      graph: {
        color: SERIES.map(colour),
        label: { color: colour("ink"), textBorderColor: colour("sheet"), textBorderWidth: 2 },
        lineStyle: { color: colour("rule-strong"), opacity: 0.5 },
      },
      scatter: { itemStyle: { borderColor: colour("sheet"), borderWidth: 1 }, label: { color: colour("ink") } },
      gauge: {
        axisLine: { lineStyle: { color: [[1, colour("paper-deep")]] } },
        detail: { color: colour("ink") },
        title: { color: colour("ink-soft") },
      },
      line: { symbol: "none", smooth: 0.2, lineStyle: { width: 2.2 } },
    };
  };

  const painted = (value, colour) => {
    if (typeof value === "string") return value.startsWith(NAMED) ? colour(value.slice(NAMED.length)) : value;
    if (Array.isArray(value)) return value.map((each) => painted(each, colour));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, painted(each, colour)]));
  };

  const option = (given, colour) => ({
    grid: { left: 8, right: 28, top: given.legend?.show ? 36 : 14, bottom: 4, containLabel: true },
    ...painted(given, colour),
    tooltip: { ...given.tooltip, renderMode: "richText", confine: true },
  });

  return { theme, option };
})();
