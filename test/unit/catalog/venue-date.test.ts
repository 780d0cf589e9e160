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

  it('knows time zones of the IANA database and nothing else', () => {
    for (const zone of ['UTC', 'Asia/Seoul', 'America/Argentina/Buenos_Aires']) expect(isTimeZone(zone)).to.equal(true);
    for (const zone of ['', 'Mars/Olympus', '+09:00', 'Asia/Seoul ', 'Seoul']) expect(isTimeZone(zone)).to.equal(false);
  });
});
