// @ts-check
import { Redis } from 'ioredis';
import { EventConsumer } from './consumer.js';
import { SeatReport } from './seat-report.js';

const {
  REDIS_URL = 'redis://127.0.0.1:6379',
  EVENTS_KEY = 'frontrow:events',
  EVENTS_GROUP = 'seat-report',
  CONSUMER_NAME = 'consumer-1',
  BATCH = '100',
} = process.env;

/** Fails at once where the connection breaks, and is never sent twice: the consumer knows what to do then. */
const connect = () => {
  const redis = new Redis(REDIS_URL, {
    connectionName: CONSUMER_NAME,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    commandTimeout: 10_000,
    keepAlive: 10_000,
  });
  redis.on('error', (error) => console.error(String(error)));
  return redis;
};

const store = connect();
const report = new SeatReport(store, EVENTS_GROUP);
const consumer = new EventConsumer({
  redis: connect(),
  key: EVENTS_KEY,
  group: EVENTS_GROUP,
  name: CONSUMER_NAME,
  count: Number(BATCH),
  apply: async (event) => {
    const isNew = await report.add(event);
    console.log(JSON.stringify({ id: event.id, type: event.type, isNew }));
  },
  onError: (error) => console.error(String(error)),
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => consumer.stop());
await consumer.run();
store.disconnect();
