import { Redis } from 'ioredis';
import { freePort } from '../../scripts/stack/free-port.ts';
import { startRedis, type Redis as RedisServer } from '../../scripts/stack/redis.ts';
import { waitUntil } from './wait-until.ts';

/** A cluster of Redis servers of our own, each with a third of the slots. */
export interface RedisCluster {
  /** The URLs of its nodes, separated by commas. */
  readonly url: string;
  readonly nodes: readonly RedisServer[];
  /** The slot of a concert's keys by its id, or of a key without a hash tag. */
  slotOf(name: string): Promise<number>;
  /** The node that had that slot when the cluster was made. */
  nodeOf(name: string): Promise<RedisServer>;
  /** Gives a node a replica that has all of its data; it is stopped with the cluster. */
  replicaOf(node: RedisServer): Promise<RedisServer>;
  /** Runs a command on one node. */
  ask(node: RedisServer, command: string, ...args: (string | number)[]): Promise<unknown>;
  stop(): Promise<void>;
}

const NODES = 3;
const SLOTS = 16_384;
/** How soon the nodes take one of them for dead: not within a test that kills one. */
const NODE_TIMEOUT_MS = 30_000;

/** Starts a cluster on the loopback address; resolves when all of its nodes agree that it is whole. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const nodes = await Promise.all(Array.from({ length: NODES }, startNode));
  const ask: RedisCluster['ask'] = async (node, command, ...args) => {
    const connection = new Redis(node.url, { lazyConnect: true, retryStrategy: () => null });
    await connection.connect();
    try {
      return await connection.call(command, ...args);
    } finally {
      connection.disconnect();
    }
  };
  const replicas: RedisServer[] = [];
  const stop = async () => void (await Promise.all([...nodes, ...replicas].map((node) => node.stop())));
  const slotOf = async (name: string) => Number(await ask(nodes[0]!, 'CLUSTER', 'KEYSLOT', name));
  const cluster: RedisCluster = {
    url: nodes.map(({ url }) => url).join(','),
    nodes,
    slotOf,
    nodeOf: async (name) => nodes[Math.floor(((await slotOf(name)) * NODES) / SLOTS)]!,
    async replicaOf(node) {
      const replica = await startNode();
      replicas.push(replica);
      await meet(cluster, replica);
      const id = String(await ask(node, 'CLUSTER', 'MYID'));
      const knows = async () => String(await ask(replica, 'CLUSTER', 'NODES')).includes(id);
      await waitUntil(knows, { what: 'the replica knows the node' });
      await ask(replica, 'CLUSTER', 'REPLICATE', id);
      const isLinked = async () => String(await ask(replica, 'INFO', 'replication')).includes('master_link_status:up');
      await waitUntil(isLinked, { what: 'the replica has the data', timeoutMs: 20_000 });
      return replica;
    },
    ask,
    stop,
  };
  try {
    await join(cluster);
  } catch (error) {
    await stop();
    throw error;
  }
  return cluster;
}

async function startNode(): Promise<RedisServer> {
  const settings = {
    'cluster-enabled': 'yes',
    'cluster-port': String(await freePort()),
    'cluster-announce-ip': '127.0.0.1',
    'cluster-node-timeout': String(NODE_TIMEOUT_MS),
    'cluster-require-full-coverage': 'no',
  };
  return startRedis({ appendOnly: false, settings });
}

async function meet({ nodes, ask }: RedisCluster, node: RedisServer): Promise<void> {
  const [, busPort = ''] = (await ask(node, 'CONFIG', 'GET', 'cluster-port')) as string[];
  await ask(nodes[0]!, 'CLUSTER', 'MEET', '127.0.0.1', node.port, busPort);
}

async function join(cluster: RedisCluster): Promise<void> {
  const { nodes, ask } = cluster;
  const firstSlot = (index: number) => Math.ceil((index * SLOTS) / NODES);
  for (const [index, node] of nodes.entries()) {
    await ask(node, 'CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
    await ask(node, 'CLUSTER', 'ADDSLOTSRANGE', firstSlot(index), firstSlot(index + 1) - 1);
  }
  for (const node of nodes.slice(1)) await meet(cluster, node);
  const isWhole = async (node: RedisServer) => {
    const info = String(await ask(node, 'CLUSTER', 'INFO'));
    return ['cluster_state:ok', `cluster_slots_ok:${SLOTS}`, `cluster_known_nodes:${NODES}`].every((line) =>
      info.includes(line),
    );
  };
  const areWhole = async () => (await Promise.all(nodes.map(isWhole))).every(Boolean);
  await waitUntil(areWhole, { what: 'every node sees the whole cluster', timeoutMs: 20_000 });
}
