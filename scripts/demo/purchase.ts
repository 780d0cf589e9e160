import { randomUUID } from 'node:crypto';
import type { Reservation } from './api.ts';
import { DemoFailure, expect, reasonOf, type Client } from './client.ts';
import { watchUntilAdmitted } from './watch.ts';

/** How often a seat may be snatched away before the demo gives up. */
const SEAT_TRIES = 10;

/** What a purchase needs. */
export interface PurchaseOptions {
  readonly client: Client;
  readonly concertId: string;
  /** Shows a line. */
  readonly say: (line: string) => void;
}

/** One fan buys one ticket: line, seat, hold, money, ticket. Throws at the first thing that is not as promised. */
export async function buyTicket({ client, concertId, say }: PurchaseOptions): Promise<void> {
  const userId = randomUUID();

  say('\n2. Take a place in the line');
  const path = `/v1/concerts/${concertId}/queue/tokens`;
  const issued = await client.call('issueToken', { method: 'POST', path, body: { userId } });
  const { token, place } = issued.body;
  say(`  200 number ${place.number}, ${place.state}, position ${place.position}`);
  const headers = { 'queue-token': token };

  say('\n3. Watch the place by server-sent events until it is admitted');
  client.show({ method: 'GET', path: '/v1/queue/position:watch', headers });
  await watchUntilAdmitted(client, token, ({ state, position, admissionRemaining }) =>
    say(`  data: ${state}${position > 0 ? `, position ${position}` : ''}${left(admissionRemaining)}`),
  );

  const performanceId = await choosePerformance(client, concertId, say);
  const reservation = await holdFreeSeat(client, performanceId, headers, say);

  say('\n6. Pay with an empty wallet: refused, the seat stays held');
  const pay = {
    method: 'POST',
    path: `/v1/reservations/${reservation.reservationId}:pay`,
    headers: { ...headers, 'idempotency-key': `pay-${reservation.reservationId}` },
  } as const;
  await client.refused(pay, 400, 'INSUFFICIENT_BALANCE');

  await charge(client, userId, reservation, say);

  say('\n8. Pay');
  const { payment, tickets, balanceAfter } = (await client.call('payReservation', pay)).body;
  expect(payment.amount === reservation.totalPrice, `paid ${payment.amount} instead of ${reservation.totalPrice}`);
  expect(balanceAfter.amount === '0', `the wallet should be empty, it holds ${balanceAfter.amount}`);
  say(
    `  200 paid ${payment.amount} ${balanceAfter.currencyCode}, ${tickets.length} ticket, ${balanceAfter.amount} left`,
  );

  say('\n9. The tickets');
  const owned = await client.call('listTickets', { method: 'GET', path: `/v1/users/${userId}/tickets` });
  const ticket = owned.body.tickets[0];
  expect(
    owned.body.tickets.length === 1 && ticket?.paymentId === payment.paymentId && ticket.state === 'VALID',
    `expected the one ticket of the payment, got ${JSON.stringify(owned.body)}`,
  );
  say(`  200 ticket ${ticket.ticketId}, seat ${ticket.seatNumber}, ${ticket.state}`);

  say('\n10. The place has ended: its token opens no door any more');
  const seats = { method: 'GET', path: `/v1/performances/${performanceId}/seats`, headers } as const;
  const refusal = await client.refused(seats, 403, 'NOT_ADMITTED');
  const state = refusal.details.find((detail) => detail['@type'].endsWith('frontrow.v1.Place'))?.state;
  expect(state === 'COMPLETED', `the place should be COMPLETED, it is ${state}`);
}

async function choosePerformance(client: Client, concertId: string, say: (line: string) => void): Promise<string> {
  say('\n4. Dates with free seats');
  const { dates } = (
    await client.call('listAvailableDates', { method: 'GET', path: `/v1/concerts/${concertId}/dates` })
  ).body;
  const performance = dates[0]?.performances[0];
  expect(performance !== undefined, 'No date has a free seat: start with another concert.');
  say(`  200 ${dates.map(({ date, seatsFree }) => `${date}: ${seatsFree} free`).join(', ')}`);
  return performance.performanceId;
}

/** Holds any free seat; where somebody was quicker, another one. */
async function holdFreeSeat(
  client: Client,
  performanceId: string,
  headers: Readonly<Record<string, string>>,
  say: (line: string) => void,
): Promise<Reservation> {
  say('\n5. Choose a seat and hold it');
  for (let attempt = 1; attempt <= SEAT_TRIES; attempt += 1) {
    const path = `/v1/performances/${performanceId}/seats`;
    const { seats, seatsFree } = (await client.call('listSeats', { method: 'GET', path, headers })).body;
    const free = seats.filter((seat) => seat.state === 'AVAILABLE');
    const seat = free[Math.floor(Math.random() * free.length)];
    expect(seat !== undefined, 'No seat is free any more.');
    say(`  200 ${seatsFree} of ${seats.length} seats are free; ${seat.label} is number ${seat.number}`);

    const result = await client.tryCall('holdSeats', {
      method: 'POST',
      path: '/v1/reservations',
      headers: { ...headers, 'idempotency-key': randomUUID() },
      body: { performanceId, seatNumbers: [seat.number] },
    });
    if ('ok' in result) {
      const { reservation } = result.ok;
      expect(
        reservation.state === 'HELD' && reservation.totalPrice === seat.price,
        `a strange hold: ${JSON.stringify(reservation)}`,
      );
      say(
        `  200 ${reservation.state}, ${reservation.totalPrice} ${reservation.currencyCode}${left(reservation.remaining)}`,
      );
      return reservation;
    }
    const { status, body } = result.refused;
    expect(reasonOf(body) === 'SEAT_TAKEN', `the hold was refused: ${status} ${JSON.stringify(body)}`);
    say(`  ${status} ${body.message} Another one, then.`);
  }
  throw new DemoFailure(`${SEAT_TRIES} seats in a row were taken by others.`);
}

async function charge(
  client: Client,
  userId: string,
  { totalPrice, currencyCode }: Reservation,
  say: (line: string) => void,
): Promise<void> {
  say('\n7. Charge the wallet, twice with one idempotency key: it counts once');
  const headers = { 'idempotency-key': randomUUID() };
  const path = `/v1/users/${userId}/wallet:charge`;
  for (const isReplay of [false, true]) {
    const answer = await client.call('chargeBalance', { method: 'POST', path, headers, body: { amount: totalPrice } });
    const { amount } = answer.body.balance;
    expect(amount === totalPrice, `the wallet should hold ${totalPrice}, it holds ${amount}`);
    const replayed = answer.headers.get('idempotent-replayed') === 'true';
    expect(replayed || !isReplay, 'the second charge should have been marked as a replay');
    say(`  200 balance ${amount} ${currencyCode}${replayed ? ' (idempotent-replayed: true)' : ''}`);
  }
}

function left(remaining: string | undefined): string {
  return remaining === undefined ? '' : `, ${remaining} left`;
}
