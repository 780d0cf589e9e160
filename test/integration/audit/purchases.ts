import type { TestDomain, Buyer, OnSale } from '../../support/domain.ts';

/** What the damage is done to: two payments of one performance, the second of which is refunded in part. */
export interface Books {
  readonly userId: string;
  readonly otherUserId: string;
  readonly paymentId: string;
  readonly performanceId: string;
  /** The tickets of the first payment. */
  readonly ticketIds: readonly string[];
  readonly refundedPaymentId: string;
  readonly refundId: string;
  readonly refundedTicketId: string;
  readonly validTicketId: string;
}

/** Lets two users buy two seats each. */
export async function twoPurchases(domain: TestDomain): Promise<{ onSale: OnSale; buyers: readonly Buyer[] }> {
  const onSale = await domain.concert();
  const buyers = [await domain.buyer(onSale, [1, 2]), await domain.buyer(onSale, [3, 4])];
  for (const { pay } of buyers) await pay();
  await domain.main.relay.runOnce();
  return { onSale, buyers };
}
