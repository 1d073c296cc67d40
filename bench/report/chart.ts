/** A chart of lines; the scale of y is logarithmic. */
export interface Chart {
  readonly title: string
  readonly yTitle: string
  readonly xTitle: string
  /** Where the points of all series are, from left to right, at equal distances. */
  readonly xLabels: readonly string[]
  readonly series: readonly Series[]
}

export interface Series {
  readonly name: string
  /** One for each label; above zero. */
  readonly values: readonly number[]
}

/** Okabe and Ito's, which people who see few colours tell apart, in an order of contrast. */
const colours = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#e69f00',
  '#56b4e9',
  '#000000',
  '#999999',
]
const width = 940
const height = 420
const plot = { left: 70, right: 600, top: 50, bottom: 360 }

/** The chart as an SVG of its own, on white, without fonts or scripts of others. */
export function drawChart(chart: Chart): string {
  const scale = scaleOf(chart.series)
  const y = (value: number) => {
    const share = (Math.log10(value) - scale.lowest) / (scale.highest - scale.lowest)
    return round(plot.bottom - share * (plot.bottom - plot.top))
  }
  const step = (plot.right - plot.left) / Math.max(1, chart.xLabels.length - 1)
  const x = (index: number) => round(plot.left + index * step)
  const middle = (plot.left + plot.right) / 2
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" fill="#222">`,
    `<title>${escapeText(chart.title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${plot.left}" y="24" font-size="15">${escapeText(chart.title)}</text>`,
    `<text x="${middle}" y="${height - 16}" text-anchor="middle">${escapeText(chart.xTitle)}</text>`,
    `<text transform="translate(16 ${(plot.top + plot.bottom) / 2}) rotate(-90)" text-anchor="middle">${escapeText(chart.yTitle)}</text>`,
    ...ticksOf(scale).map(
      (value) =>
        `<path d="M${plot.left} ${y(value)}H${plot.right}" stroke="#ddd"/><text x="${plot.left - 8}" y="${y(value) + 4}" text-anchor="end">${label(value)}</text>`,
    ),
    ...chart.xLabels.map(
      (text, index) =>
        `<text x="${x(index)}" y="${plot.bottom + 20}" text-anchor="middle">${escapeText(text)}</text>`,
    ),
    ...chart.series.map((series, index) => drawSeries(series, index, x, y)),
    '</svg>',
  ].join('\n')}\n`
}

function drawSeries(
  { name, values }: Series,
  index: number,
  x: (index: number) => number,
  y: (value: number) => number,
): string {
  const colour = colours[index % colours.length] ?? '#000'
  const points = values.map((value, place) => `${x(place)},${y(value)}`)
  const legendY = plot.top + 8 + index * 22
  const legendX = plot.right + 24
  return [
    `<g stroke="${colour}" fill="${colour}">`,
    `<polyline points="${points.join(' ')}" fill="none" stroke-width="2"/>`,
    ...values.map((value, place) => `<circle cx="${x(place)}" cy="${y(value)}" r="3"/>`),
    `<path d="M${legendX} ${legendY}h20" stroke-width="3"/>`,
    `<text x="${legendX + 28}" y="${legendY + 4}" stroke="none" fill="#222">${escapeText(name)}</text>`,
    '</g>',
  ].join('')
}

interface Scale {
  /** Powers of ten. */
  readonly lowest: number
  readonly highest: number
}

function scaleOf(series: readonly Series[]): Scale {
  const values = series.flatMap((one) => one.values)
  const lowest = Math.floor(Math.log10(Math.min(...values)))
  const highest = Math.ceil(Math.log10(Math.max(...values)))
  return { lowest, highest: Math.max(highest, lowest + 1) }
}

function ticksOf({ lowest, highest }: Scale): number[] {
  const powers = Array.from({ length: highest - lowest + 1 }, (_, index) => 10 ** (lowest + index))
  return powers.flatMap((power) => [power, 2 * power, 5 * power]).filter((v) => v <= 10 ** highest)
}

function label(value: number): string {
  return Number(value.toPrecision(2)).toLocaleString('en-US')
}

function round(value: number): number {
  return Number(value.toFixed(1))
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
