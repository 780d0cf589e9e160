import {
  Place as PlaceMessage,
  QueueServiceService,
  type AdmissionBatch as AdmissionBatchMessage,
  type AdmissionPolicy as AdmissionPolicyMessage,
  type WatchPositionResponse,
} from '../generated/frontrow/v1/queue.ts';
import { requirePlace } from '../infrastructure/grpc/call-context.ts';
import type { DetailEncoder } from '../infrastructure/grpc/error-details.ts';
import { defineService, type GrpcService } from '../infrastructure/grpc/service.ts';
import { toDuration, toOptionalDuration } from '../infrastructure/grpc/wire-time.ts';
import type { AdmissionBatch } from './admission-log.ts';
import type { AdmissionPolicy } from './admission-policy.ts';
import type { PlaceHub } from './place-hub.ts';
import type { WatchEvent } from './place-watcher.ts';
import type { Place } from './place.ts';
import { NotAdmittedError } from './queue.errors.ts';
import {
  concertRequest,
  emptyRequest,
  issueTokenRequest,
  listAdmissionsRequest,
  updateAdmissionPolicyRequest,
  watchPositionRequest,
} from './queue.schema.ts';
import type { QueueService } from './queue.service.ts';

/** The gRPC edge of the queue. */
export function queueHandler(queue: QueueService, hub: PlaceHub): GrpcService {
  return defineService(QueueServiceService, {
    issueToken: {
      schema: issueTokenRequest,
      async handle({ concertId, userId }, context) {
        const { token, expiresAtMs, place } = await queue.issueToken(concertId, userId, context.place);
        return { token, tokenExpiresAt: new Date(expiresAtMs), place: toPlace(place) };
      },
    },
    getPosition: {
      schema: emptyRequest,
      async handle(_request, context) {
        return { place: toPlace(await queue.position(requirePlace(context))) };
      },
    },
    watchPosition: {
      schema: watchPositionRequest,
      handle: (_request, context) => hub.watch(requirePlace(context), toWatchResponse),
    },
    leaveQueue: {
      schema: emptyRequest,
      async handle(_request, context) {
        return { place: toPlace(await queue.leave(requirePlace(context))) };
      },
    },
    getAdmissionPolicy: {
      schema: concertRequest,
      async handle({ concertId }) {
        return { policy: toPolicy(await queue.policy(concertId)) };
      },
    },
    updateAdmissionPolicy: {
      schema: updateAdmissionPolicyRequest,
      async handle({ concertId, admissionTtl, awayAfter, awayTtl, ...change }, context) {
        const times = { admissionTtlMs: admissionTtl, awayAfterMs: awayAfter, awayTtlMs: awayTtl };
        const { idempotencyKey } = context;
        const { policy, replayed } = await queue.changePolicy(concertId, { ...change, ...times }, idempotencyKey);
        if (replayed) context.markReplayed();
        return { policy: toPolicy(policy) };
      },
    },
    listAdmissions: {
      schema: listAdmissionsRequest,
      async handle({ concertId, ...page }) {
        const { items, nextPageToken } = await queue.admissions(concertId, page);
        return { batches: items.map(toBatch), nextPageToken: nextPageToken ?? '' };
      },
    },
    getQueueStats: {
      schema: concertRequest,
      async handle({ concertId }) {
        const counts = await queue.stats(concertId);
        return { ...counts, seatsFree: counts.seatsFree ?? 0 };
      },
    },
  });
}

/** Puts the place into the details of a refusal for not being admitted. */
export const encodeNotAdmitted: DetailEncoder = (error) =>
  error instanceof NotAdmittedError
    ? { typeUrl: 'type.googleapis.com/frontrow.v1.Place', value: PlaceMessage.encode(toPlace(error.place)).finish() }
    : undefined;

function toPlace(place: Place): PlaceMessage {
  const admitted = place.state === 'ADMITTED';
  return {
    concertId: place.concertId,
    userId: place.userId,
    number: place.number,
    state: place.state,
    position: place.position,
    ahead: place.ahead,
    seatsFree: place.seatsFree ?? 0,
    soldOut: place.soldOut,
    estimatedWait: toOptionalDuration(place.estimatedWaitMs),
    admissionEndsAt: admitted ? new Date(place.admissionEndsAtMs) : undefined,
    admissionRemaining: toOptionalDuration(place.admissionRemainingMs),
    pollAfter: toOptionalDuration(place.pollAfterMs),
    recovering: place.recovering,
  };
}

function toPolicy(policy: AdmissionPolicy): AdmissionPolicyMessage {
  return {
    mode: policy.mode,
    capacity: policy.capacity,
    ratePerSecond: policy.ratePerSecond,
    burst: policy.burst,
    admissionTtl: toDuration(policy.admissionTtlMs),
    awayAfter: toDuration(policy.awayAfterMs),
    awayTtl: toDuration(policy.awayTtlMs),
    seatHeadroomPercent: policy.seatHeadroomPercent,
  };
}

function toBatch(batch: AdmissionBatch): AdmissionBatchMessage {
  const { sequence, hash, previousHash } = batch;
  const events = batch.events.map(({ atMs, ...event }) => ({ ...event, at: new Date(atMs) }));
  return { sequence, hash, previousHash, events };
}

function toWatchResponse(event: WatchEvent): WatchPositionResponse {
  switch (event.kind) {
    case 'place':
      return { event: { $case: 'place', value: toPlace(event.place) } };
    case 'heartbeat':
      return { event: { $case: 'heartbeat', value: { at: new Date(event.atMs) } } };
    case 'end': {
      const reconnectAfter = toOptionalDuration(event.reconnectAfterMs);
      return { event: { $case: 'end', value: { reason: event.reason, reconnectAfter } } };
    }
  }
}
