/** What the doors do. OPEN admits; PAUSED keeps every place and admits nobody; DRAINING gives out no more places. */
export const ADMISSION_MODES = ['OPEN', 'PAUSED', 'DRAINING'] as const;

/** What the doors do, as in `AdmissionPolicy.Mode`. */
export type AdmissionMode = (typeof ADMISSION_MODES)[number];

/** How many are let in, how fast, and for how long. */
export interface AdmissionPolicy {
  readonly mode: AdmissionMode;
  /** How many may be admitted at the same time. */
  readonly capacity: number;
  readonly ratePerSecond: number;
  /** How many may be admitted at once after a quiet time. */
  readonly burst: number;
  readonly admissionTtlMs: number;
  /** After how long without a sign of life a waiter at the head is set aside. */
  readonly awayAfterMs: number;
  /** After how long set aside a place expires. */
  readonly awayTtlMs: number;
  /** How many who hold nothing may be inside for each hundred free seats. */
  readonly seatHeadroomPercent: number;
  /** Counts up with every change: an older policy never replaces a newer one, whichever reaches Redis last. */
  readonly revision: number;
}

/** The fields of a policy that a change sets; the others stay. */
export type PolicyChange = {
  readonly [Field in Exclude<keyof AdmissionPolicy, 'revision'>]?: AdmissionPolicy[Field] | undefined;
};

/** The policy after a change. */
export function changedPolicy(policy: AdmissionPolicy, change: PolicyChange): AdmissionPolicy {
  return {
    mode: change.mode ?? policy.mode,
    capacity: change.capacity ?? policy.capacity,
    ratePerSecond: change.ratePerSecond ?? policy.ratePerSecond,
    burst: change.burst ?? policy.burst,
    admissionTtlMs: change.admissionTtlMs ?? policy.admissionTtlMs,
    awayAfterMs: change.awayAfterMs ?? policy.awayAfterMs,
    awayTtlMs: change.awayTtlMs ?? policy.awayTtlMs,
    seatHeadroomPercent: change.seatHeadroomPercent ?? policy.seatHeadroomPercent,
    revision: policy.revision + 1,
  };
}
