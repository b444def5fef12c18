// What recurs: demands by month, one line a category; each point leads to its list.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const holder = document.getElementById("demand-trend");
  const block = document.getElementById("demand-figures");
  if (!holder || !block || !window.echarts) return;
  const figures = JSON.parse(block.textContent);
  const kinds = ["solid", "dashed", "dotted"];
  const chart = window.echarts.init(holder, null, { renderer: "canvas" });
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: "inherit" },
    // Text is drawn on the canvas: the page's policy allows no inline style.
    tooltip: { trigger: "axis", renderMode: "richText" },
    legend: { top: 0, type: "scroll" },
    grid: { left: 8, right: 16, top: 40, bottom: 8, containLabel: true },
    xAxis: { type: "category", data: figures.months },
    yAxis: { type: "value", minInterval: 1 },
    series: figures.lines.map((line, n) => ({
      name: line.name || "—", type: "line", symbolSize: 7, lineStyle: { type: kinds[n % 3] },
      data: line.cells.map((cell) => ({ value: cell.n, path: cell.path })),
    })),
  });
  chart.on("click", (event) => {
    if (event.data && event.data.path) window.location.assign(event.data.path);
  });
  window.addEventListener("resize", () => chart.resize());
});
