import { expect } from 'chai';
import { createMetrics } from '../../../../src/infrastructure/telemetry/metrics.ts';

describe('the metrics', () => {
  it('are what was counted, by its labels, with the backlog in seconds', async () => {
    const metrics = createMetrics();
    metrics.relay.handled('PAID');
    metrics.relay.handled('PAID');
    metrics.relay.failed('REFUNDED');
    metrics.relay.backlog({ parked: 2, oldestAgeMs: 1_500 });
    metrics.countCall('/frontrow.v1.QueueService/GetPosition', 'OK');
    metrics.countCall('/frontrow.v1.QueueService/GetPosition', 'NOT_FOUND');
    const { contentType, body } = await metrics.expose();
    expect(contentType).to.match(/^text\/plain; version=/);
    expect(body.split('\n')).to.include.members([
      'frontrow_outbox_parked_events 2',
      'frontrow_outbox_unprocessed_age_seconds 1.5',
      'frontrow_outbox_handled_total{type="PAID"} 2',
      'frontrow_outbox_failures_total{type="REFUNDED"} 1',
      'frontrow_grpc_calls_total{method="/frontrow.v1.QueueService/GetPosition",code="OK"} 1',
      'frontrow_grpc_calls_total{method="/frontrow.v1.QueueService/GetPosition",code="NOT_FOUND"} 1',
    ]);
  });

  it('have those of the Node process', async () => {
    expect((await createMetrics().expose()).body).to.include('\nnodejs_eventloop_lag_seconds ');
  });

  it('are each instance’s own', async () => {
    createMetrics().relay.handled('PAID');
    expect((await createMetrics().expose()).body).not.to.include('frontrow_outbox_handled_total{');
  });
});
