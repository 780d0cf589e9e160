/** The size of the picture. */
export const WIDTH = 880;
export const HEIGHT = 650;
/** Where the drawing ends at the sides. */
export const LEFT = 64;
export const RIGHT = WIDTH - 28;

const STYLE = `
    text { font: 12px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #475569 }
    .title { font-size: 15px; font-weight: 600; fill: #0f172a }
    .middle { text-anchor: middle }
    .end { text-anchor: end }
    .number { font-weight: 600; fill: #0f172a; stroke: #f8fafc; stroke-width: 4; paint-order: stroke }
    .grid { stroke: #e2e8f0 }
    .one { stroke: #475569 }
    .event { stroke: #64748b; stroke-dasharray: 2 3 }
    .shown { fill: none; stroke-width: 1.8; stroke-linejoin: round }
    .truth { fill: none; stroke-width: 1.5; stroke-dasharray: 6 4 }
    .band { fill: #0072b2; fill-opacity: 0.2 }`;

/**
 * The picture of these elements, on a light card of its own, so that it can be read on any page.
 *
 * @param label what it shows, for those who do not see it
 */
export function picture(label: string, elements: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">
  <style>${STYLE}
  </style>
  <rect width="${WIDTH}" height="${HEIGHT}" rx="10" fill="#f8fafc"/>
${elements.map((element) => `  ${element}\n`).join('')}</svg>
`;
}

/** A text; of a class `middle` or `end` it is centred at x or ends there. */
export function text(x: number, y: number, words: string, className = ''): string {
  return `<text x="${round(x)}" y="${round(y)}"${className && ` class="${className}"`}>${words}</text>`;
}

/** A straight line. */
export function stroke(className: string, from: readonly [number, number], to: readonly [number, number]): string {
  const [x1, y1, x2, y2] = [...from, ...to].map(round);
  return `<line class="${className}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`;
}

/** A level line across the drawing, with its value at the left. */
export function level(y: number, value: string, className = 'grid'): string {
  return stroke(className, [LEFT, y], [RIGHT, y]) + text(LEFT - 8, y + 4, value, 'end');
}

function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}
