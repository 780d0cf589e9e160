import {
  PaymentServiceService,
  type Cancellation as CancellationMessage,
  type Payment as PaymentMessage,
  type Refund as RefundMessage,
  type Ticket as TicketMessage,
} from '../generated/frontrow/v1/payment.ts';
import { requirePlace } from '../infrastructure/grpc/call-context.ts';
import { defineService, type GrpcService } from '../infrastructure/grpc/service.ts';
import type { CancellationService } from './cancellation.service.ts';
import type { Cancellation } from './cancellation.ts';
import type { Payment } from './payment.entity.ts';
import {
  getPaymentRequest,
  payReservationRequest,
  performanceRequest,
  refundPaymentRequest,
  userPageRequest,
} from './payment.schema.ts';
import type { PaymentService } from './payment.service.ts';
import type { RefundResult } from './refund-payment.ts';
import type { RefundService } from './refund.service.ts';
import { refundedTickets } from './refunded.ts';
import type { Ticket } from './ticket.entity.ts';

/** What the edge calls. */
export interface PaymentUseCases {
  readonly payments: PaymentService;
  readonly refunds: Pick<RefundService, 'refund'>;
  readonly cancellations: Pick<CancellationService, 'cancel' | 'get'>;
}

/** The gRPC edge of payment. */
export function paymentHandler({ payments, refunds, cancellations }: PaymentUseCases): GrpcService {
  return defineService(PaymentServiceService, {
    payReservation: {
      schema: payReservationRequest,
      async handle({ reservationId }, context) {
        const result = await payments.pay(requirePlace(context), reservationId, context.idempotencyKey);
        if (result.replayed) context.markReplayed();
        const { userId, balanceAfter: amount, currencyCode } = result.payment;
        return {
          payment: toPayment(result.payment),
          tickets: result.tickets.map(toTicket),
          balanceAfter: { userId, amount, currencyCode },
        };
      },
    },
    getPayment: {
      schema: getPaymentRequest,
      async handle({ userId, paymentId }) {
        const { payment, tickets } = await payments.get(userId, paymentId);
        return { payment: toPayment(payment), tickets: tickets.map(toTicket) };
      },
    },
    listPayments: {
      schema: userPageRequest,
      async handle({ userId, ...page }) {
        const { items, nextPageToken } = await payments.listPayments(userId, page);
        return { payments: items.map(toPayment), nextPageToken: nextPageToken ?? '' };
      },
    },
    listTickets: {
      schema: userPageRequest,
      async handle({ userId, ...page }) {
        const { items, nextPageToken } = await payments.listTickets(userId, page);
        return { tickets: items.map(toTicket), nextPageToken: nextPageToken ?? '' };
      },
    },
    refundPayment: {
      schema: refundPaymentRequest,
      async handle({ paymentId, ticketIds }, context) {
        const { idempotencyKey } = context;
        const result = await refunds.refund({ paymentId, ticketIds, idempotencyKey });
        if (result.replayed) context.markReplayed();
        const { userId, balanceAfter: amount, currencyCode } = result.refund;
        return {
          payment: toPayment(result.payment),
          tickets: result.tickets.map(toTicket),
          refund: toRefund(result),
          balanceAfter: { userId, amount, currencyCode },
        };
      },
    },
    cancelPerformance: {
      schema: performanceRequest,
      async handle({ performanceId }) {
        return { cancellation: toCancellation(await cancellations.cancel(performanceId)) };
      },
    },
    getCancellation: {
      schema: performanceRequest,
      async handle({ performanceId }) {
        return { cancellation: toCancellation(await cancellations.get(performanceId)) };
      },
    },
  });
}

function toPayment(payment: Payment): PaymentMessage {
  const {
    id: paymentId,
    reservationId,
    userId,
    concertId,
    performanceId,
    state,
    amount,
    currencyCode,
    createdAt,
    refundedAmount,
  } = payment;
  return {
    paymentId,
    reservationId,
    userId,
    concertId,
    performanceId,
    state,
    amount,
    currencyCode,
    createdAt,
    refundedAmount,
  };
}

function toCancellation({ concertId: _concertId, ...cancellation }: Cancellation): CancellationMessage {
  return cancellation;
}

function toRefund(result: RefundResult): RefundMessage {
  const { id: refundId, amount, currencyCode, createdAt } = result.refund;
  const ticketIds = refundedTickets(result).map((ticket) => ticket.id);
  return { refundId, amount, currencyCode, ticketIds, createdAt };
}

function toTicket(ticket: Ticket): TicketMessage {
  const {
    id: ticketId,
    paymentId,
    userId,
    concertId,
    performanceId,
    seatNumber,
    state,
    price,
    currencyCode,
    createdAt,
  } = ticket;
  const refundedAt = ticket.refundedAt ?? undefined;
  return {
    ticketId,
    paymentId,
    userId,
    concertId,
    performanceId,
    seatNumber,
    state,
    price,
    currencyCode,
    createdAt,
    refundedAt,
  };
}
