import type { DescEnum } from '@bufbuild/protobuf';
import { readReasons } from '../../../scripts/openapi/errors.ts';
import { sentences } from '../../../scripts/openapi/comments.ts';
import { SETTINGS } from '../../../src/config.ts';
import { codeName, codeOf } from '../../../src/infrastructure/grpc/status-map.ts';
import { PLACE_MOVES } from '../../../src/queue/place.ts';
import { RESERVATION_MOVES } from '../../../src/reservation/reservation.ts';
import { REASONS } from '../../../src/shared/reasons.ts';
import { api } from '../openapi/support.ts';
import type { Table } from './markdown.ts';
import { moneyTable } from './money-table.ts';

const rpcs = api.services.flatMap((service) => service.rpcs);
const code = (text: string | number): string => `\`${text}\``;

/** The tables that README has to have, by the heading they stand under, made from the code and the protos. */
export const expectedTables: Readonly<Record<string, Table>> = {
  API: [
    ['RPC', 'HTTP', 'Access', 'What it does'],
    ...rpcs.map(({ service, name, bindings, isStream, access, comment }) => [
      code(`${service}.${name}`),
      bindings
        .map(({ method, template }) => code(`${method.toUpperCase()} ${template}`) + (isStream ? ' (SSE)' : ''))
        .join(', '),
      access,
      sentences(comment, name).first,
    ]),
  ],
  'A place': movesTable(PLACE_MOVES, enumOf('GetPosition', 'place')),
  'A reservation': movesTable(RESERVATION_MOVES, enumOf('GetReservation', 'reservation')),
  Errors: [
    ['Reason', 'gRPC', 'HTTP', 'Retry', 'Meaning'],
    ...REASONS.map((name) => {
      const reason = readReasons(api).get(name);
      if (!reason) throw new Error(`errors.proto does not describe ${name}`);
      const { httpStatus, isRetryable, text } = reason;
      return [code(name), code(codeName(codeOf(name))), String(httpStatus), isRetryable ? 'yes' : '', text];
    }),
  ],
  'Refusals of money': moneyTable,
  Configuration: [
    ['Variable', 'Default', 'Meaning'],
    ...SETTINGS.map(({ name, default: value, description }) => [
      code(name),
      value === undefined ? 'required' : code(value) + inWords(name, value),
      description,
    ]),
  ],
};

/** The settings as a file of environment variables; those without a default are for the reader to fill in. */
export const expectedEnvExample = `# Every setting of the server with its default: cp .env.example .env, fill in what is empty, then
# node --env-file=.env src/main.ts. NAME_FILE=path instead of NAME=value reads the value from a file.
#
# QUEUE_TOKEN_KEYS: node -p "'k1:' + crypto.randomBytes(32).toString('base64url')"
# OPERATOR_KEYS:    node -p "crypto.randomBytes(24).toString('base64url')"

${SETTINGS.map(({ name, description, default: value }) => `# ${description}\n${name}=${value ?? ''}\n`).join('\n')}`;

function movesTable(moves: Readonly<Record<string, readonly string[]>>, states: DescEnum): Table {
  return [
    ['State', 'Meaning', 'Moves to'],
    ...Object.entries(moves).map(([state, next]) => {
      const value = states.values.find(({ name }) => name === state);
      const comment = value ? api.comments.ofValue(states, value.number) : '';
      const meaning = sentences(comment, `${state}:`);
      return [code(state), `${meaning.first} ${meaning.rest}`.trim(), next.map(code).join(', ')];
    }),
  ];
}

/** The states of the message that a method answers with. */
function enumOf(rpcName: string, fieldName: string): DescEnum {
  const field = rpcs.find(({ name }) => name === rpcName)?.response.fields.find(({ name }) => name === fieldName);
  const states = field?.message?.nestedEnums.find(({ name }) => name === 'State');
  if (!states) throw new Error(`${rpcName} has no states in ${fieldName}`);
  return states;
}

/** Milliseconds as people say them. */
function inWords(name: string, value: string): string {
  if (!name.endsWith('_MS')) return '';
  const ms = Number(value);
  const dayMs = 86_400_000;
  if (ms > dayMs && ms % dayMs === 0) return ` (${ms / dayMs} days)`;
  for (const [unit, unitMs] of [
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1_000],
  ] as const) {
    if (ms >= unitMs && ms % unitMs === 0) return ` (${ms / unitMs} ${unit})`;
  }
  return '';
}
