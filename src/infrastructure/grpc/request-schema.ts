import { z } from 'zod';
import { isUuid } from '../../shared/ids.ts';

/** The least and the greatest value that a rule accepts. */
export interface Range<T> {
  readonly min: T;
  readonly max: T;
}

/** The shortest and the longest time that a rule accepts. */
export interface DurationRange {
  readonly minMs: number;
  readonly maxMs: number;
}

/** A google.protobuf.Duration as it arrives. */
export interface DurationMessage {
  readonly seconds: bigint;
  readonly nanos: number;
}

// U+FFFD is what the decoder makes of bytes that are not UTF-8. Postgres refuses NUL, and nobody means the others.
const NOT_TEXT = /[\p{Cc}\u{fffd}]/u;
const MAX_PAGE_TOKEN = 512;
const MAX_NANOS = 999_999_999;

/** A UUID of any version, in upper or lower case; the output is lower case. */
export function uuid() {
  return z.string({ error: 'must be a UUID' }).refine(isUuid, 'must be a UUID').toLowerCase();
}

/** A whole number within a range. */
export function int32({ min, max }: Range<number>) {
  const rule = `must be a whole number from ${min} to ${max}`;
  return z.number({ error: rule }).refine((value) => Number.isInteger(value) && value >= min && value <= max, rule);
}

/** An amount in the minor unit within a range. */
export function money({ min, max }: Range<bigint>) {
  const rule = `must be an amount from ${min} to ${max}`;
  return z.bigint({ error: rule }).refine((value) => value >= min && value <= max, rule);
}

/** A day of the calendar as YYYY-MM-DD. */
export function date() {
  const rule = 'must be a date as YYYY-MM-DD';
  return z.string({ error: rule }).refine(isDate, rule);
}

/** Text of so many characters, without control characters; blanks alone are no text. */
export function text({ min, max }: Range<number>) {
  const rule = `must be text of ${min} to ${max} characters without control characters`;
  return z.string({ error: rule }).refine((value) => {
    // The first comparison is cheap, and spares counting what is far too long: a character is at most two units.
    return value.length <= 2 * max && [...value].length <= max && value.trim().length >= min && !NOT_TEXT.test(value);
  }, rule);
}

/** The two fields with which a list's request says which page it wants, to be spread into its schema. */
export function page() {
  return {
    pageSize: z.number({ error: 'must be a whole number' }).refine((size) => Number.isInteger(size) && size >= 0, {
      error: 'must not be negative',
    }),
    pageToken: z.string().max(MAX_PAGE_TOKEN, 'must be a next_page_token of this list'),
  };
}

/**
 * A google.protobuf.Duration within a range of milliseconds; the output is whole milliseconds, what is less is cut.
 * It must be set, unless the rule is made optional().
 */
export function durationMs({ minMs, maxMs }: DurationRange): z.ZodType<number, DurationMessage | undefined> {
  const rule = `must be a duration from ${minMs / 1_000}s to ${maxMs / 1_000}s`;
  return z
    .object({ seconds: z.bigint(), nanos: z.number() }, { error: rule })
    .transform(({ seconds, nanos }, context) => {
      const ms = Number(seconds) * 1_000 + Math.trunc(nanos / 1_000_000);
      const wellFormed = Math.abs(nanos) <= MAX_NANOS && (seconds === 0n || nanos === 0 || seconds > 0n === nanos > 0);
      if (!wellFormed || ms < minMs || ms > maxMs) context.addIssue({ code: 'custom', message: rule });
      return ms;
    });
}

/**
 * A google.protobuf.Timestamp, a Date in the generated code, from the year 1 to the year 9999. It must be set, unless
 * the rule is made optional().
 */
export function timestamp(): z.ZodType<Date, Date | undefined> {
  const rule = 'must be a timestamp from the year 1 to the year 9999';
  const minMs = Date.parse('0001-01-01T00:00:00Z');
  const maxMs = Date.parse('9999-12-31T23:59:59.999Z');
  return z.date({ error: rule }).refine((at) => at.getTime() >= minMs && at.getTime() <= maxMs, rule);
}

type EnumValues = Readonly<Record<string, string>>;
type Specified<E extends EnumValues> = Exclude<E[keyof E], `${string}_UNSPECIFIED`>;

/**
 * A value of an enum other than its UNSPECIFIED.
 *
 * @param values the enum as ts-proto generates it, such as AdmissionPolicy_Mode
 */
export function enumMember<const E extends EnumValues>(values: E): z.ZodType<Specified<E>, E[keyof E]> {
  const rule = ruleOfEnum(values);
  return z.enum(values, { error: rule }).transform((value, context) => {
    if (isSpecified(values, value)) return value;
    context.addIssue({ code: 'custom', message: rule });
    return z.NEVER;
  });
}

/**
 * A value of an enum, or undefined for its UNSPECIFIED: a field that was left out.
 *
 * @param values the enum as ts-proto generates it, such as AdmissionPolicy_Mode
 */
export function enumOrUnset<const E extends EnumValues>(values: E): z.ZodType<Specified<E> | undefined, E[keyof E]> {
  const schema = z.enum(values, { error: ruleOfEnum(values) });
  return schema.transform((value) => (isSpecified(values, value) ? value : undefined));
}

/**
 * A text field that may be left out, which proto3 says by the empty string; the output is undefined then.
 *
 * @param schema the rule where the field is set, such as uuid()
 */
export function orUnset<T>(schema: z.ZodType<T, string>): z.ZodType<T | undefined, string> {
  return z.string().transform((value, context) => (value === '' ? undefined : nested(schema, value, context, [])));
}

/**
 * A repeated field of so many entries. The length is looked at first, so that a huge list costs nothing.
 *
 * @param item the rule of each entry
 * @param range how many
 */
export function listOf<T, I>(item: z.ZodType<T, I>, { min, max }: Range<number>): z.ZodType<T[], readonly I[]> {
  const rule = `must have ${min} to ${max} entries`;
  return z
    .custom<readonly I[]>((value) => Array.isArray(value), rule)
    .transform((entries, context) => {
      if (entries.length >= min && entries.length <= max) {
        return entries.map((entry, index) => nested(item, entry, context, [index]));
      }
      context.addIssue({ code: 'custom', message: rule });
      return z.NEVER;
    });
}

function nested<T>(schema: z.ZodType<T>, value: unknown, context: z.RefinementCtx, path: PropertyKey[]): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    context.addIssue({ code: 'custom', message: issue.message, path: [...path, ...issue.path] });
  }
  return z.NEVER;
}

function isDate(value: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(value) || value.startsWith('0000')) return false;
  const at = new Date(`${value}T00:00:00Z`);
  // A day that the month does not have is either no date or becomes one of the next month.
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(value);
}

function ruleOfEnum(values: EnumValues): string {
  return `must be one of ${Object.values(values).filter(isSet).join(', ')}`;
}

function isSpecified<E extends EnumValues>(_values: E, value: E[keyof E]): value is Specified<E> {
  return isSet(value);
}

function isSet(value: string): boolean {
  return !value.endsWith('_UNSPECIFIED');
}
