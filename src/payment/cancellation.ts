/** How far the cancellation of a performance is. */
export interface Cancellation {
  readonly performanceId: string;
  readonly concertId: string;
  /** CANCELED once all of it is done. */
  readonly state: 'CANCELING' | 'CANCELED';
  readonly canceledAt: Date;
  /** Undefined while tickets are refunded, or may still have to be. */
  readonly doneAt: Date | undefined;
  readonly paymentsTotal: number;
  /** Those without a valid ticket, also where that was refunded before. */
  readonly paymentsRefunded: number;
  readonly ticketsTotal: number;
  readonly ticketsRefunded: number;
  /** Minor unit. */
  readonly refundedAmount: bigint;
  /** ISO 4217 code. */
  readonly currencyCode: string;
}

/** The performances, which are not payment's own. */
export interface CancelablePerformances {
  /**
   * Takes a performance off sale for good; one that was canceled before stays as it is.
   *
   * @throws PERFORMANCE_NOT_FOUND
   */
  cancelPerformance(performanceId: string): Promise<{ readonly concertId: string }>;
}
