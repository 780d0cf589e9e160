/**
 * Whether a time zone is one of the IANA database, such as Asia/Seoul.
 *
 * An offset such as +09:00 is refused, although Intl knows it: it is no place's calendar.
 */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    dateFormat(name);
    return true;
  } catch {
    return false;
  }
}

/**
 * The date on which an instant falls in a time zone.
 *
 * @param instant any moment of the years 1 to 9999
 * @param timeZone of the IANA database
 * @returns YYYY-MM-DD
 * @throws RangeError if the time zone is unknown
 */
export function venueDate(instant: Date, timeZone: string): string {
  const parts = new Map(
    dateFormat(timeZone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, value]),
  );
  const year = (parts.get('year') ?? '').padStart(4, '0');
  return `${year}-${parts.get('month')}-${parts.get('day')}`;
}

function dateFormat(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
}
