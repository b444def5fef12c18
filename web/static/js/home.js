// The workbench's charts: drawn from the data block, each bar leads to its list.
"use strict";
(() => {
  const COLOURS = { red: "#c62828", yellow: "#e0a100", green: "#2e8b57", grey: "#9aa5b1" };
  const PATTERN = { red: "rect", yellow: "triangle", green: "circle", grey: "none" };
  const LIGHTS = ["red", "yellow", "green", "grey"];

  function stacked(rows, words) {
    return {
      // Text is drawn on the canvas: the page's policy allows no inline style.
      tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, renderMode: "richText" },
      legend: { top: 0 },
      grid: { left: 8, right: 16, top: 34, bottom: 8, containLabel: true },
      xAxis: { type: "value", minInterval: 1 },
      yAxis: {
        type: "category", inverse: true, data: rows.map((row) => row.name),
        axisLabel: { interval: 0, width: 110, overflow: "truncate" },
      },
      series: LIGHTS.map((light) => ({
        name: words[light], type: "bar", stack: "all", barMaxWidth: 26, color: COLOURS[light],
        itemStyle: {
          decal: PATTERN[light] === "none" ? undefined
            : { symbol: PATTERN[light], symbolSize: 0.5, color: "rgba(255,255,255,0.35)" },
        },
        data: rows.map((row) => ({
          value: row.cells[light] ? row.cells[light].n : 0,
          path: row.cells[light] ? row.cells[light].path : "",
        })),
      })),
    };
  }

  function trend(periods, words) {
    const line = (key, colour, type) => ({
      name: words[key], type: "line", color: colour, lineStyle: { type }, symbolSize: 7,
      data: periods.map((one) => ({ value: one[key].n, path: one[key].path })),
    });
    return {
      tooltip: { trigger: "axis", renderMode: "richText" },
      legend: { top: 0 },
      grid: { left: 8, right: 16, top: 34, bottom: 8, containLabel: true },
      xAxis: { type: "category", data: periods.map((one) => one.since) },
      yAxis: { type: "value", minInterval: 1 },
      series: [line("opened", "#17478a", "solid"), line("closed", "#2e8b57", "dashed"),
        line("overdue", "#c62828", "dotted")],
    };
  }

  function draw(holder, option) {
    const chart = window.echarts.init(holder, null, { renderer: "canvas" });
    chart.setOption({ animation: false, textStyle: { fontFamily: "inherit" }, ...option });
    chart.on("click", (event) => {
      if (event.data && event.data.path) window.location.assign(event.data.path);
    });
    window.addEventListener("resize", () => chart.resize());
  }

  document.addEventListener("DOMContentLoaded", () => {
    const block = document.getElementById("charts");
    if (!block || !window.echarts) return;
    const data = JSON.parse(block.textContent);
    document.querySelectorAll("[data-chart]").forEach((holder) => {
      const name = holder.dataset.chart;
      draw(holder, name === "trend" ? trend(data.periods, data.series)
        : stacked(data[name], data.words));
    });
  });
})();
