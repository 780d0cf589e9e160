import { randomUUID } from 'node:crypto';
import { behind, behindKeys, behindTrigger, plain, repeated, without, withoutIndex, type Damage } from './damage.ts';

const NEW_ID = randomUUID();

const TICKETS: readonly Damage[] = [
  behind(withoutIndex('tickets', 'tickets_valid_seat_unique'), 'a seat that is sold twice', 'seat-sold-twice', (b) => [
    b.ticketIds[0]!,
    `update tickets set seat_number = 1 where id = '${b.validTicketId}'`,
  ]),
  plain('a ticket for a seat that the hall does not have', 'ticket-seat', (b) => [
    b.ticketIds[0]!,
    `update tickets set seat_number = 51 where id = '${b.ticketIds[0]}'`,
  ]),
  plain('tickets of a performance that is not there', 'ticket-seat', (b) => [
    b.ticketIds[0]!,
    `update payments set performance_id = '${NEW_ID}' where id = '${b.paymentId}';
     update tickets set performance_id = '${NEW_ID}' where payment_id = '${b.paymentId}'`,
  ]),
  plain('a hall that counts other seats than its layout has', 'ticket-seat', (b) => [
    b.performanceId,
    `update performances set seat_count = 49 where id = '${b.performanceId}'`,
  ]),
];

const PURCHASES: readonly Damage[] = [
  plain('a payment of another user than was debited', 'payment-transfer', (b) => [
    b.paymentId,
    `update payments set user_id = '${NEW_ID}' where id = '${b.paymentId}';
     update tickets set user_id = '${NEW_ID}' where payment_id = '${b.paymentId}'`,
  ]),
  plain('a payment that remembers another balance', 'payment-transfer', (b) => [
    b.paymentId,
    `update payments set balance_after = balance_after + 1 where id = '${b.paymentId}'`,
  ]),
  behind(
    withoutIndex('ledger_transfers', 'ledger_transfers_payment_unique'),
    'a payment that was debited twice',
    'payment-transfer',
    (b) => [b.paymentId, repeated(`payment_id = '${b.paymentId}'`)],
  ),
  behind(behindTrigger, 'a payment whose transfer is gone', ['payment-transfer', 'balance', 'ledger-total'], (b) => [
    b.paymentId,
    `delete from ledger_transfers where payment_id = '${b.paymentId}'`,
  ]),
  plain('a payment without tickets', 'payment-tickets', (b) => [
    b.paymentId,
    `delete from tickets where payment_id = '${b.paymentId}'`,
  ]),
  plain('tickets that cost another price than was paid', 'payment-tickets', (b) => [
    b.paymentId,
    `update tickets set price = price + 1 where id = '${b.ticketIds[0]}'`,
  ]),
  plain('a ticket of another user than its payment', 'payment-tickets', (b) => [
    b.paymentId,
    `update tickets set user_id = '${NEW_ID}' where id = '${b.ticketIds[0]}'`,
  ]),
  behind(behindKeys, 'a ticket that nobody paid for', 'unpaid', (b) => [
    NEW_ID,
    `insert into tickets (id, payment_id, user_id, concert_id, performance_id, seat_number, price, currency_code)
     select '${NEW_ID}', gen_random_uuid(), user_id, concert_id, performance_id, 40, price, currency_code
     from tickets where id = '${b.ticketIds[0]}'`,
  ]),
  plain('a debit for a payment that is not there', 'unpaid', (b) => [
    NEW_ID,
    `insert into ledger_transfers
       (id, kind, debit_account, credit_account, wallet_user_id, amount, balance_after, payment_id)
     select '${NEW_ID}', 'PAYMENT', 'wallet:' || user_id, 'revenue', user_id, 1, balance - 1, gen_random_uuid()
     from wallets where user_id = '${b.userId}';
     update wallets set balance = balance - 1 where user_id = '${b.userId}'`,
  ]),
  plain('a payment that no event tells of', 'event-of-payments', (b) => [
    b.paymentId,
    `delete from outbox_events where payload ->> 'paymentId' = '${b.paymentId}'`,
  ]),
  plain('an event of a payment that is not there', 'event-of-payments', (b) => [
    NEW_ID,
    `update outbox_events set payload = jsonb_set(payload, '{paymentId}', '"${NEW_ID}"')
     where id = (select id from outbox_events where payload ->> 'paymentId' = '${b.paymentId}');
     insert into outbox_events (event_id, type, payload, ordering_key, processed_at)
     values (gen_random_uuid(), 'PAID', '{"paymentId": "${b.paymentId}"}', 'x', now())`,
  ]),
];

const REFUNDS: readonly Damage[] = [
  plain('a refund that no event tells of', 'event-of-refunds', (b) => [
    b.refundId,
    `delete from outbox_events where payload ->> 'refundId' = '${b.refundId}'`,
  ]),
  plain('a refund that remembers another balance', 'refund-transfer', (b) => [
    b.refundId,
    `update refunds set balance_after = balance_after + 1 where id = '${b.refundId}'`,
  ]),
  behind(
    withoutIndex('ledger_transfers', 'ledger_transfers_refund_id_unique'),
    'a refund that was credited twice',
    'refund-transfer',
    (b) => [b.refundId, repeated(`refund_id = '${b.refundId}'`)],
  ),
  plain('a refund whose ticket is valid still', 'refund-tickets', (b) => [
    b.refundId,
    `update tickets set state = 'VALID', refund_id = null, refunded_at = null where id = '${b.refundedTicketId}'`,
  ]),
  behind(behindKeys, 'a ticket that is void without a refund', 'refund-tickets', (b) => [
    b.validTicketId,
    `update tickets set state = 'REFUNDED', refund_id = '${NEW_ID}', refunded_at = now() where id = '${b.validTicketId}'`,
  ]),
  plain('a payment that counts more refunded than went back', 'refunded-payment', (b) => [
    b.refundedPaymentId,
    `update payments set refunded_amount = amount, state = 'REFUNDED' where id = '${b.refundedPaymentId}'`,
  ]),
  behind(
    without('payments', 'payments_refunded_check'),
    'a refunded payment that says PAID',
    'refunded-payment',
    (b) => [b.refundedPaymentId, `update payments set state = 'PAID' where id = '${b.refundedPaymentId}'`],
  ),
];

/** Damage to tickets, payments and refunds. */
export const PURCHASE_DAMAGE: readonly Damage[] = [...TICKETS, ...PURCHASES, ...REFUNDS];
