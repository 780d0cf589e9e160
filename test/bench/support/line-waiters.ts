import { randomUUID } from 'node:crypto';
import { IssueTokenRequest, IssueTokenResponse } from '../../../src/generated/frontrow/v1/queue.ts';
import type { LineSystem } from './line-system.ts';

/** A line with so many waiters. */
export interface FilledLine {
  readonly concertId: string;
  readonly waiters: number;
  /** Tokens of waiters spread evenly over the line. */
  readonly tokens: readonly string[];
}

export const ISSUE_TOKEN = '/frontrow.v1.QueueService/IssueToken';
export const GET_POSITION = '/frontrow.v1.QueueService/GetPosition';

/** So many joins under way keep Redis busy on one connection. */
const JOINS_IN_FLIGHT = 512;
const TOKENS = 1_000;
const ISSUE_CONCURRENCY = 64;

/**
 * Puts new users into a line by the script that IssueToken runs, without the server between.
 *
 * @returns some of them, spread evenly over the line
 */
export async function joinUsers(system: LineSystem, concertId: string, count: number): Promise<readonly string[]> {
  const kept: string[] = [];
  const keepEvery = Math.max(1, Math.floor(count / TOKENS));
  await inFlight(count, async (index) => {
    const userId = randomUUID();
    const [joined] = (await system.store.join(concertId, [userId])) ?? [];
    if (joined?.kind !== 'joined') throw new Error(`joining came to ${joined?.kind}`);
    if (index % keepEvery === 0) kept.push(userId);
  });
  return kept;
}

/** Fills the line of a new concert with paused doors. */
export async function fillLine(system: LineSystem, waiters: number): Promise<FilledLine> {
  const concertId = await system.pausedConcert();
  const users = await joinUsers(system, concertId, waiters);
  const requests = users.map((userId) => issueTokenRequest(concertId, userId));
  return { concertId, waiters, tokens: await issueTokens(system, requests) };
}

/** Requests of so many users who are new to the line. */
export function newUsers(concertId: string, count: number): { userIds: string[]; requests: Uint8Array[] } {
  const userIds = Array.from({ length: count }, () => randomUUID());
  return { userIds, requests: userIds.map((userId) => issueTokenRequest(concertId, userId)) };
}

/** Takes users out of a line again, so that it stays as long as its name says. */
export async function removeUsers(system: LineSystem, concertId: string, userIds: readonly string[]): Promise<void> {
  await inFlight(userIds.length, async (index) => {
    const [joined] = (await system.store.join(concertId, [userIds[index] ?? ''])) ?? [];
    if (joined?.kind !== 'joined') throw new Error(`looking a place up came to ${joined?.kind}`);
    await system.store.leave(joined.place);
  });
}

/** The tokens in IssueToken's responses. */
export function tokensIn(responses: readonly Uint8Array[]): string[] {
  return responses.map((bytes) => IssueTokenResponse.decode(bytes).token);
}

async function issueTokens(system: LineSystem, requests: readonly Uint8Array[]): Promise<string[]> {
  const { responses } = await system.client.run({
    port: system.server.grpcPort,
    path: ISSUE_TOKEN,
    concurrency: ISSUE_CONCURRENCY,
    calls: requests.length,
    requests,
    tokens: [],
    keepResponses: true,
  });
  return tokensIn(responses);
}

function issueTokenRequest(concertId: string, userId: string): Uint8Array {
  return IssueTokenRequest.encode({ concertId, userId }).finish();
}

/** Runs a step for each index, many at a time. */
async function inFlight(count: number, step: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const index = next;
      next += 1;
      await step(index);
    }
  };
  await Promise.all(Array.from({ length: JOINS_IN_FLIGHT }, worker));
}
