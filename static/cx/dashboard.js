/* Draws trends and root causes with the Chart.js that the staff site brings; the table beside each says the same. */
"use strict";

(() => {
    const root = document.documentElement;
    const language = `${root.lang || "en"}-u-nu-latn`; // the page around writes these digits in every language
    const isRightToLeft = root.dir === "rtl";
    const bounds = { points: [-100, 100], percent: [0, 100] };
    let drawn = [];

    /* A colour of the theme as rgb, which every canvas and Chart.js itself can read. */
    function colour(name, alpha = 1) {
        const probe = document.createElement("span");
        probe.style.color = `var(${name})`;
        document.body.append(probe);
        const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
        context.fillStyle = getComputedStyle(probe).color;
        context.fillRect(0, 0, 1, 1);
        probe.remove();
        const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
        return `rgba(${red}, ${green}, ${blue}, ${alpha})`;
    }

    function said(value, unit) {
        if (value === null || value === undefined) return "–";
        const options = { maximumFractionDigits: 1, style: unit === "percent" ? "percent" : "decimal" };
        return new Intl.NumberFormat(language, options).format(unit === "percent" ? value / 100 : value);
    }

    function axisOf(trend) {
        const known = [...trend.low, ...trend.high, ...trend.values].filter((value) => value !== null);
        const [least, most] = bounds[trend.unit];
        const step = trend.unit === "percent" ? 20 : 50;
        return {
            min: Math.max(least, Math.floor(Math.min(...known) / step) * step),
            max: Math.min(most, Math.ceil(Math.max(...known) / step) * step),
            step,
        };
    }

    function draw(canvas, trend) {
        const line = colour("--cx-accent-text");
        const band = colour("--cx-accent-text", 0.14);
        const grid = colour("--cx-line");
        const ink = colour("--cx-soft");
        const words = canvas.dataset;
        const edge = { borderWidth: 0, pointRadius: 0, pointHitRadius: 0, backgroundColor: band };
        const { min, max, step } = axisOf(trend);
        const ticks = { color: ink, font: { size: 12 } };
        return new Chart(canvas, {
            type: "line",
            data: {
                labels: trend.labels,
                datasets: [
                    { data: trend.values, borderColor: line, backgroundColor: line, borderWidth: 2, pointRadius: 3,
                      pointHoverRadius: 5 },
                    { ...edge, data: trend.high, fill: "+1" },
                    { ...edge, data: trend.low, fill: false },
                ],
            },
            options: {
                animation: false,
                responsive: true,
                maintainAspectRatio: false,
                layout: { padding: { left: isRightToLeft ? 20 : 0, right: isRightToLeft ? 0 : 20 } },
                interaction: { mode: "index", intersect: false },
                scales: {
                    x: { reverse: isRightToLeft, grid: { display: false }, border: { color: grid },
                         ticks: { ...ticks, maxRotation: 0, autoSkipPadding: 16 } },
                    y: { min, max, position: isRightToLeft ? "right" : "left", border: { display: false },
                         grid: { color: (tick) => (tick.tick.value === 0 && trend.unit === "points" ? ink : grid) },
                         ticks: { ...ticks, stepSize: step, callback: (value) => said(value, trend.unit) } },
                },
                plugins: {
                    legend: { display: false },
                    tooltip: {
                        rtl: isRightToLeft,
                        textDirection: root.dir || "ltr",
                        displayColors: false,
                        filter: (item) => item.datasetIndex === 0,
                        callbacks: {
                            label: (item) => `${trend.name} ${said(trend.values[item.dataIndex], trend.unit)}`,
                            afterLabel: (item) => {
                                const at = item.dataIndex;
                                const n = new Intl.NumberFormat(language).format(trend.n[at]);
                                return [
                                    `${words.low} ${said(trend.low[at], trend.unit)} ${words.high} ${said(trend.high[at], trend.unit)}`,
                                    `${n} ${words.n}`,
                                ];
                            },
                        },
                    },
                },
            },
        });
    }

    /* Root causes from the most frequent one down, and the line of what they make up together. */
    function drawPareto(canvas, causes) {
        const bar = colour("--cx-accent-text", 0.55);
        const line = colour("--cx-warn-fill");
        const grid = colour("--cx-line");
        const ticks = { color: colour("--cx-soft"), font: { size: 12 } };
        const words = canvas.dataset;
        const across = { beginAtZero: true, reverse: isRightToLeft, border: { display: false } };
        return new Chart(canvas, {
            data: {
                labels: causes.labels,
                datasets: [
                    { type: "line", label: words.shares, data: causes.shares, xAxisID: "shares", borderColor: line,
                      backgroundColor: line, borderWidth: 2, pointRadius: 4, clip: 8 },
                    { type: "bar", label: words.values, data: causes.values, xAxisID: "x", backgroundColor: bar,
                      borderRadius: 4, maxBarThickness: 22 },
                ],
            },
            options: {
                indexAxis: "y",
                animation: false,
                responsive: true,
                maintainAspectRatio: false,
                interaction: { mode: "index", axis: "y", intersect: false },
                scales: {
                    x: { ...across, position: "bottom", grid: { color: grid }, ticks: { ...ticks, precision: 0 } },
                    shares: { ...across, position: "top", max: 100, grid: { display: false },
                              ticks: { ...ticks, stepSize: 25, callback: (value) => said(value, "percent") } },
                    y: { position: isRightToLeft ? "right" : "left", grid: { display: false },
                         border: { color: grid }, ticks: { ...ticks, autoSkip: false, callback: shortened } },
                },
                plugins: {
                    legend: { position: "bottom", rtl: isRightToLeft, labels: { ...ticks, boxWidth: 12 } },
                    tooltip: {
                        rtl: isRightToLeft,
                        textDirection: root.dir || "ltr",
                        callbacks: {
                            label: (item) => {
                                const unit = item.dataset.xAxisID === "shares" ? "percent" : "points";
                                return `${item.dataset.label} ${said(item.raw, unit)}`;
                            },
                        },
                    },
                },
            },
        });
    }

    /* A long name leaves the bars half of a phone. */
    function shortened(value) {
        const label = this.getLabelForValue(value);
        const most = this.chart.width < 480 ? 16 : 32;
        return label.length > most ? `${label.slice(0, most - 1)}…` : label;
    }

    function drawAll() {
        const charts = JSON.parse(document.getElementById("in-charts")?.textContent || "{}");
        Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
        drawn.forEach((chart) => chart.destroy());
        drawn = [
            ...[...document.querySelectorAll("canvas[data-in-chart]")].map((canvas) =>
                draw(canvas, charts[canvas.dataset.inChart]),
            ),
            ...[...document.querySelectorAll("canvas[data-in-pareto]")].map((canvas) =>
                drawPareto(canvas, charts[canvas.dataset.inPareto]),
            ),
        ];
    }

    /* The days are asked for only when they are needed; a choice is shown at once. */
    function followFilters(form) {
        const period = form.elements.period;
        const days = form.querySelectorAll(".in-day");
        const show = () => days.forEach((day) => (day.hidden = period.value !== "custom"));
        form.addEventListener("change", (event) => {
            show();
            if (event.target.tagName === "SELECT" && period.value !== "custom") form.requestSubmit();
        });
        form.addEventListener("submit", () => {
            for (const field of form.elements) field.disabled = field.disabled || (field.name && !field.value);
            if (period.value !== "custom") days.forEach((day) => (day.querySelector("input").disabled = true));
        });
        window.addEventListener("pageshow", () => [...form.elements].forEach((field) => (field.disabled = false)));
        show();
    }

    let theme = root.className;
    new MutationObserver(() => {
        if (theme !== root.className) {
            theme = root.className;
            drawAll();
        }
    }).observe(root, { attributeFilter: ["class"] });
    document.querySelectorAll("[data-in-filters]").forEach(followFilters);
    document.fonts.ready.then(drawAll);
})();
