import { groups, max, quantileSorted } from 'd3-array';
import { scaleLinear, scaleLog, type ScaleLinear } from 'd3-scale';
import { area, line } from 'd3-shape';
import { bandsOf, type Band } from './errors.ts';
import type { SaleOutcome, Sample } from './outcome.ts';
import { POLICY, POLICY_CHANGE } from './sale.ts';
import { level, picture, RIGHT, LEFT, stroke, text } from './svg.ts';

const MINUTE_MS = 60_000;
/** From top to bottom, of the two panels. */
const WAITS = { top: 74, bottom: 400 } as const;
const RATIOS = { top: 466, bottom: 600 } as const;
/** Shares of the line: where in it the fans stand whose waits are drawn. */
const DRAWN = [0.04, 0.17, 0.36, 0.7, 0.93];
/** Okabe and Ito's, darkened for a light ground: most colour-blind people can tell them apart. */
const COLOURS = ['#0072b2', '#c24e00', '#00805c', '#a8467f', '#7d6200'];
const GREY = '#475569';
const RATIO_TICKS = [0.125, 0.25, 0.5, 1, 2, 4];

type Minutes = ScaleLinear<number, number>;

/**
 * The picture of a sale: above, the wait that some places were told against their true one; below, how far off all
 * sampled places were.
 *
 * @returns an SVG
 */
export function drawChart({ samples, endsAtMs }: SaleOutcome): string {
  const told = samples.filter(({ atMs }) => atMs >= 0);
  const x = scaleLinear([0, endsAtMs / MINUTE_MS], [LEFT, RIGHT]).nice();
  const elements = [...drawTime(x), ...drawWaits(drawnFans(told), x), ...drawRatios(bandsOf(told), x)];
  return picture('Estimated wait against the true wait over a simulated sale', elements);
}

/** What all panels share: the minutes of the sale, and when the operator acted. */
function drawTime(x: Minutes): readonly string[] {
  const changeX = x(POLICY_CHANGE.atMs / MINUTE_MS);
  return [
    ...[WAITS, RATIOS].map(({ top, bottom }) => stroke('event', [changeX, top], [changeX, bottom])),
    text(changeX + 6, WAITS.top + 24, `capacity ${POLICY.capacity} → ${POLICY_CHANGE.capacity}`),
    ...x
      .ticks(8)
      .flatMap((minute) => [
        text(x(minute), WAITS.bottom + 18, String(minute), 'middle'),
        text(x(minute), RATIOS.bottom + 18, String(minute), 'middle'),
      ]),
    text((LEFT + RIGHT) / 2, RATIOS.bottom + 38, 'minutes since the doors opened', 'middle'),
  ];
}

/** Of each drawn fan what its place told, in the order of time. */
function drawnFans(told: readonly Sample[]): readonly (readonly Sample[])[] {
  const fans = groups(told, ({ number }) => number).toSorted(([one], [other]) => one - other);
  const numbers = fans.map(([number]) => number);
  return DRAWN.map((share) => {
    const wanted = quantileSorted(numbers, share) ?? 0;
    return fans.find(([number]) => number >= wanted)?.[1] ?? [];
  });
}

function drawWaits(fans: readonly (readonly Sample[])[], x: Minutes): readonly string[] {
  const highest = max(fans.flat(), ({ truthMs, estimateMs }) => Math.max(truthMs, estimateMs ?? 0)) ?? 0;
  const y = scaleLinear([0, highest / MINUTE_MS], [WAITS.bottom, WAITS.top]).nice();
  const path = (waitMs: (sample: Sample) => number | undefined) =>
    line<Sample>()
      .defined((sample) => waitMs(sample) !== undefined)
      .x(({ atMs }) => x(atMs / MINUTE_MS))
      .y((sample) => y((waitMs(sample) ?? 0) / MINUTE_MS))
      .digits(1);
  const shown = path(({ estimateMs }) => estimateMs);
  const truth = path(({ truthMs }) => truthMs);
  const curves = fans.flatMap((fan, index) => [
    // The truth falls by a minute a minute: its two ends are all of it.
    `<path class="truth" stroke="${COLOURS[index]}" d="${truth(fan.filter((_, at) => at === 0 || at === fan.length - 1))}"/>`,
    `<path class="shown" stroke="${COLOURS[index]}" d="${shown(fan)}"/>`,
  ]);
  const names = fans.map((fan) => {
    const last = fan.at(-1);
    const number = last?.number.toLocaleString('en') ?? '';
    return text(x((last?.atMs ?? 0) / MINUTE_MS) + 6, WAITS.bottom - 7, number, 'number');
  });
  return [
    text(20, 32, 'What five fans were told, and how long they really waited', 'title'),
    text(20, 54, 'minutes, by the number in line'),
    ...legend(),
    ...y.ticks(6).map((minutes) => level(y(minutes), String(minutes))),
    ...curves,
    ...names,
  ];
}

function legend(): readonly string[] {
  const y = 28;
  return [
    `<path class="shown" stroke="${GREY}" d="M${RIGHT - 250} ${y}h28"/>`,
    text(RIGHT - 216, y + 4, 'estimate shown'),
    `<path class="truth" stroke="${GREY}" d="M${RIGHT - 100} ${y}h28"/>`,
    text(RIGHT - 66, y + 4, 'true wait'),
  ];
}

function drawRatios(bands: readonly Band[], x: Minutes): readonly string[] {
  const ends = [RATIO_TICKS[0] ?? 0, RATIO_TICKS.at(-1) ?? 0];
  // By factors: half the wait is as wrong as twice the wait.
  const y = scaleLog(ends, [RATIOS.bottom, RATIOS.top]).clamp(true);
  const xOf = ({ atMs }: Band): number => x(atMs / MINUTE_MS);
  const middle = area<Band>(
    xOf,
    ({ low }) => y(low),
    ({ high }) => y(high),
  ).digits(1);
  const median = line<Band>(xOf, ({ median: ratio }) => y(ratio)).digits(1);
  return [
    text(20, RATIOS.top - 24, 'Estimate ÷ truth, of every fiftieth fan: the median and the middle 80 %', 'title'),
    ...RATIO_TICKS.map((ratio) => level(y(ratio), `× ${ratio}`, ratio === 1 ? 'one' : 'grid')),
    `<path class="band" d="${middle([...bands])}"/>`,
    `<path class="shown" stroke="${COLOURS[0]}" d="${median([...bands])}"/>`,
  ];
}
