// A figure over the frozen months; each point leads to the rows behind it.
"use strict";
(() => {
  document.addEventListener("DOMContentLoaded", () => {
    const block = document.getElementById("figure-trend");
    const holder = document.querySelector("[data-figure-trend]");
    if (!block || !holder || !window.echarts) return;
    const data = JSON.parse(block.textContent);
    const chart = window.echarts.init(holder, null, { renderer: "canvas" });
    chart.setOption({
      animation: false,
      textStyle: { fontFamily: "inherit" },
      tooltip: {
        trigger: "axis", renderMode: "richText",
        formatter: (points) => points.map((one) =>
          `${one.name}\n${data.name} ${one.value === undefined ? "—" : one.value} (n=${data.ns[one.dataIndex]})`).join("\n"),
      },
      grid: { left: 8, right: 24, top: 24, bottom: 8, containLabel: true },
      xAxis: { type: "category", data: data.months },
      yAxis: { type: "value", scale: true },
      series: [{
        name: data.name, type: "line", color: "#17478a", symbolSize: 9, connectNulls: false,
        label: { show: true, position: "top" },
        data: data.values.map((value, n) => ({ value, path: data.paths[n] })),
      }],
    });
    chart.on("click", (event) => {
      if (event.data && event.data.path) window.location.assign(event.data.path);
    });
    window.addEventListener("resize", () => chart.resize());
  });
})();
