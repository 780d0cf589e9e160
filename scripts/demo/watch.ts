import { setTimeout as sleep } from 'node:timers/promises';
import type { Place, WatchMessage } from './api.ts';
import { DemoFailure, expect, type Client } from './client.ts';

const WATCH_PATH = '/v1/queue/position:watch';
const ADMISSION_TIMEOUT_MS = 60_000;
const REOPEN_PAUSE_MS = 500;

/**
 * Watches a place by server-sent events until it is admitted, opening the stream again where an instance goes away.
 *
 * @param onPlace told of each message about the place
 */
export async function watchUntilAdmitted(
  client: Client,
  token: string,
  onPlace: (place: Place) => void,
): Promise<Place> {
  const signal = AbortSignal.timeout(ADMISSION_TIMEOUT_MS);
  while (!signal.aborted) {
    try {
      for await (const { place, end } of messages(client.baseUrl, token, signal)) {
        if (place) onPlace(place);
        if (place?.state === 'ADMITTED') return place;
        expect(end?.reason !== 'PLACE_ENDED', 'The place ended before it was admitted.');
        if (end) break;
      }
    } catch (error) {
      if (error instanceof DemoFailure) throw error;
    }
    await sleep(REOPEN_PAUSE_MS);
  }
  throw new DemoFailure(
    `Not admitted within ${ADMISSION_TIMEOUT_MS / 1_000} s: are the doors paused, full or not yet open, or is it sold out?`,
  );
}

/** The messages of one stream, each the `data:` line of an event. */
async function* messages(baseUrl: string, token: string, signal: AbortSignal): AsyncGenerator<WatchMessage> {
  const response = await fetch(baseUrl + WATCH_PATH, { headers: { 'queue-token': token }, signal });
  expect(
    response.status === 200 || response.status === 503,
    `The stream was refused: ${response.status} ${response.ok ? '' : await response.text()}`,
  );
  const type = response.headers.get('content-type') ?? '';
  if (!response.body || !type.startsWith('text/event-stream')) return;
  let rest = '';
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('data:')) yield JSON.parse(line.slice(5)) as WatchMessage;
  }
}
