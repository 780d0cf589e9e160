import { codeName, codeOf } from '../../../src/infrastructure/grpc/status-map.ts';
import { REASONS } from '../../../src/shared/reasons.ts';
import { moneyRefusals, moneyRpcs, type MoneyRefusal } from '../../support/money-refusals.ts';
import type { Table } from './markdown.ts';

const all = moneyRpcs.map((rpc) => `${rpc.service}.${rpc.name}`);

/** For what the money RPCs are refused, by reason, and what their caller does next. */
export const moneyTable: Table = [
  ['Reason', 'gRPC', 'HTTP', 'RPC', 'Again?'],
  ...REASONS.flatMap((reason) => {
    const refusal = moneyRefusals.find(({ name }) => name === reason);
    if (!refusal) return [];
    return [
      [
        `\`${reason}\``,
        `\`${codeName(codeOf(reason))}\``,
        String(refusal.httpStatus),
        rpcsOf(refusal),
        refusal.advice ?? '',
      ],
    ];
  }),
];

function rpcsOf({ rpcs }: MoneyRefusal): string {
  const others = all.filter((name) => !rpcs.includes(name));
  if (others.length === 0) return 'all';
  return rpcs.length > others.length ? `all but ${listed(others)}` : listed(rpcs);
}

function listed(rpcs: readonly string[]): string {
  return rpcs.map((rpc) => rpc.replace(/.*\./, '')).join(', ');
}
