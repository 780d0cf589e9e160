import { connect, type Socket } from 'node:net';
import { readAnswer } from '../../e2e/support/json-door.ts';
import { objectAt, textAt } from '../../e2e/support/door.ts';
import { openHall, type HallOnSale } from './holds-hall.ts';
import type { HoldsSystem } from './holds-system.ts';
import type { BenchReport } from './report.ts';
import { median, withSpread } from './statistics.ts';
import { succeeded } from '../../e2e/support/sale.ts';

const FANS = 200;
const SIZES = [50, 50_000] as const;
const MAX_MS = 300;

/** Has many fans ask for one seat in one moment at the JSON door: how long until the last of them knows. */
export async function measureOneSeat(system: HoldsSystem, report: BenchReport): Promise<void> {
  const rounds = report.isQuick ? 2 : 15;
  for (const seats of SIZES) {
    const hall = await openHall(system, seats, FANS);
    const answeredMs: number[] = [];
    let oneEach = true;
    // The first round warms everything up.
    for (let round = 0; round <= rounds; round += 1) {
      const { tookMs, winners, taken } = await askForSeat(system, hall, round + 1);
      oneEach &&= winners === 1 && taken === FANS - 1;
      if (round > 0) answeredMs.push(tookMs);
    }
    const label = `${FANS} fans for one seat of ${seats.toLocaleString('en')}`;
    report.row(label, { 'from the last request until all are answered, ms': withSpread(answeredMs, 0) });
    report.goal(`${label}: one has it, all others are told SEAT_TAKEN`, oneEach ? 'yes' : 'no', 'always', '', oneEach);
    const ms = median(answeredMs);
    report.goal(`${label}: until all are answered`, ms, MAX_MS, 'ms', ms <= MAX_MS);
  }
}

async function askForSeat(system: HoldsSystem, { performanceId, fans }: HallOnSale, seat: number) {
  const body = JSON.stringify({ performanceId, seatNumbers: [seat] });
  const sockets = await Promise.all(fans.map(() => connected(system.envoy.port)));
  const answering = sockets.map(answerOn);
  for (const [index, { token }] of fans.entries()) {
    const head = `POST /v1/reservations HTTP/1.1\r\nhost: bench\r\nconnection: close\r\nqueue-token: ${token}\r\n`;
    const type = `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
    sockets[index]?.write(head + type + body);
  }
  const sentMs = performance.now();
  const texts = await Promise.all(answering);
  const tookMs = performance.now() - sentMs;
  const answers = await Promise.all(texts.map((text) => readAnswer(responseOf(text))));
  const winners = [...answers.entries()].filter(([, { http }]) => http === 200);
  for (const [index, { body: held }] of winners) {
    const headers = { 'queue-token': fans[index]?.token ?? '' };
    const reservationId = textAt(objectAt(held, 'reservation'), 'reservationId');
    succeeded(await system.json.call('ReservationService.ReleaseReservation', { reservationId }, headers));
  }
  const taken = answers.filter(({ reason }) => reason === 'SEAT_TAKEN').length;
  return { tookMs, winners: winners.length, taken };
}

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket));
    socket.on('error', reject);
  });
}

/** Everything that comes until the other end closes. */
function answerOn(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (text += chunk));
    socket.on('error', reject);
    socket.on('end', () => resolve(text));
  });
}

/** A response of HTTP/1.1 whose length is said. */
function responseOf(text: string): Response {
  const [head = '', body = ''] = text.split('\r\n\r\n', 2);
  const status = Number(head.slice('HTTP/1.1 '.length).slice(0, 3));
  return new Response(body, { status });
}
