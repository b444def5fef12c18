// Charts of targets and monthly figures. The tables beside them hold the same figures.
"use strict";
(() => {
  const COLOURS = {
    met: "#2e8b57", ahead: "#2e8b57", on_course: "#5aa978", behind: "#c98500", far: "#c62828",
    unknown: "#9aa5b1", none: "#9aa5b1",
  };
  const number = (text) => (text === "" || text === null ? null : Number(text));
  // Text is drawn on the canvas: the page's policy allows no inline style.
  const base = {
    animation: false, textStyle: { fontFamily: "inherit" }, legend: { top: 0 },
    tooltip: { trigger: "axis", renderMode: "richText" },
    grid: { left: 8, right: 16, top: 34, bottom: 8, containLabel: true },
  };

  function bars(rows, words) {
    return {
      ...base,
      xAxis: { type: "category", data: rows.map((row) => row.name), axisLabel: { interval: 0, width: 110, overflow: "break" } },
      yAxis: { type: "value", axisLabel: { formatter: "{value}%" } },
      series: [
        {
          name: words.attainment, type: "bar", barMaxWidth: 34, color: "#17478a",
          label: { show: true, position: "top", formatter: "{c}%" },
          data: rows.map((row) => ({
            value: number(row.attainment), path: row.path,
            itemStyle: { color: COLOURS[row.state] },
          })),
        },
        {
          name: words.due, type: "line", symbol: "diamond", symbolSize: 9, color: "#1b2430",
          lineStyle: { type: "dashed" }, data: rows.map((row) => number(row.due)),
        },
      ],
    };
  }

  function course(rows, words) {
    const line = (key, colour, type, symbol) => ({
      name: words[key], type: "line", color: colour, lineStyle: { type }, symbol, symbolSize: 8,
      data: rows.map((row) => number(row[key])),
    });
    return {
      ...base,
      xAxis: { type: "category", data: rows.map((row) => row.month) },
      yAxis: { type: "value", axisLabel: { formatter: "{value}%" } },
      series: [line("due", "#1b2430", "dashed", "diamond"),
        line("attainment", "#17478a", "solid", "circle")],
    };
  }

  function months(rows, words) {
    const bar = (key, colour, decal) => ({
      name: words[key], type: "bar", barMaxWidth: 20, color: colour,
      itemStyle: { decal: decal ? { symbol: "line", rotation: 0.8, color: "rgba(255,255,255,.45)" } : undefined },
      data: rows.map((row) => number(row[key])),
    });
    return {
      ...base,
      xAxis: { type: "category", data: rows.map((row) => row.month) },
      yAxis: { type: "value" },
      series: [bar("reported", "#17478a", false), bar("statistical", "#2e8b57", true),
        {
          name: words.plan, type: "line", color: "#1b2430", lineStyle: { type: "dashed" },
          symbol: "diamond", data: rows.map((row) => number(row.plan)),
        }],
    };
  }

  function draw(holder, option) {
    const chart = window.echarts.init(holder, null, { renderer: "canvas" });
    chart.setOption(option);
    chart.on("click", (event) => {
      if (event.data && event.data.path) window.location.assign(event.data.path);
    });
    window.addEventListener("resize", () => chart.resize());
  }

  function read(id) {
    const block = document.getElementById(id);
    return block ? JSON.parse(block.textContent) : null;
  }

  document.addEventListener("DOMContentLoaded", () => {
    if (!window.echarts) return;
    const data = read("charts");
    document.querySelectorAll("[data-bars]").forEach((holder) => {
      draw(holder, bars(data.bars[holder.dataset.bars], data.words));
    });
    document.querySelectorAll("[data-course]").forEach((holder) => {
      draw(holder, course(data.course, data.words));
    });
    const own = read("project-figures");
    document.querySelectorAll("[data-figures]").forEach((holder) => {
      draw(holder, months(own.rows, own.words));
    });
  });
})();
