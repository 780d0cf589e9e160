import { expect } from 'chai';
import { isTimeZone, venueDate } from '../../../src/catalog/venue-date.ts';

describe('venue date', () => {
  it('is the date on the calendar of the venue, not that of UTC', () => {
    const instant = new Date('2027-03-01T15:30:00Z');
    expect(venueDate(instant, 'UTC')).to.equal('2027-03-01');
    expect(venueDate(instant, 'Asia/Seoul')).to.equal('2027-03-02');
    expect(venueDate(new Date('2027-03-01T04:00:00Z'), 'America/New_York')).to.equal('2027-02-28');
  });

  it('changes at midnight of the venue', () => {
    expect(venueDate(new Date('2027-03-01T14:59:59.999Z'), 'Asia/Seoul')).to.equal('2027-03-01');
    expect(venueDate(new Date('2027-03-01T15:00:00.000Z'), 'Asia/Seoul')).to.equal('2027-03-02');
  });

  it('follows summer time', () => {
    expect(venueDate(new Date('2027-01-15T04:30:00Z'), 'America/New_York')).to.equal('2027-01-14');
    expect(venueDate(new Date('2027-07-15T04:30:00Z'), 'America/New_York')).to.equal('2027-07-15');
  });

  it('is the next day in Seoul late in the evening of UTC', () => {
    expect(venueDate(new Date('2027-03-01T23:30:00Z'), 'Asia/Seoul')).to.equal('2027-03-02');
    expect(venueDate(new Date('2027-12-31T23:30:00Z'), 'Asia/Seoul')).to.equal('2028-01-01');
  });

  it('stays the same through the night in which the clocks change', () => {
    const newYork = (instant: string) => venueDate(new Date(instant), 'America/New_York');
    // 01:30 and, an hour later, 03:30.
    expect(['2027-03-14T06:30:00Z', '2027-03-14T07:30:00Z'].map(newYork)).to.deep.equal(['2027-03-14', '2027-03-14']);
    // 23:30 by winter time on the day that began by summer time, under which it would be the day after.
    expect(newYork('2027-11-08T04:30:00Z')).to.equal('2027-11-07');
    expect(newYork('2027-11-07T04:30:00Z')).to.equal('2027-11-07');
  });

  it('is right where the clocks change at midnight and the day has no 00:30', () => {
    expect(venueDate(new Date('2027-09-05T03:30:00Z'), 'America/Santiago')).to.equal('2027-09-04');
    expect(venueDate(new Date('2027-09-05T04:00:00Z'), 'America/Santiago')).to.equal('2027-09-05');
  });

  it('knows time zones of the IANA database and nothing else', () => {
    for (const zone of ['UTC', 'Asia/Seoul', 'America/Argentina/Buenos_Aires']) expect(isTimeZone(zone)).to.equal(true);
    for (const zone of ['', 'Mars/Olympus', '+09:00', 'Asia/Seoul ', 'Seoul']) expect(isTimeZone(zone)).to.equal(false);
  });
});
