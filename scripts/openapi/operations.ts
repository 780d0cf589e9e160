import type { DescField, DescMessage } from '@bufbuild/protobuf';
import type { Binding, HttpMethod, Rpc } from './api.ts';

/** One HTTP operation of a method, its request fields split as the transcoder splits them. */
export interface Operation {
  readonly id: string;
  readonly rpc: Rpc;
  readonly method: HttpMethod;
  /** With variables by their JSON names, such as `/v1/concerts/{concertId}`. */
  readonly path: string;
  readonly pathFields: readonly DescField[];
  readonly queryFields: readonly DescField[];
  /** Undefined where the operation takes no body. */
  readonly bodyFields: readonly DescField[] | undefined;
}

/** The operations of a method: one for each of its bindings, the first with the method's name as id. */
export function operationsOf(rpc: Rpc): readonly Operation[] {
  const pathFields = rpc.bindings.map((binding) => variablesOf(binding, rpc.request));
  return rpc.bindings.map((binding, index) => {
    const own = pathFields[index] ?? [];
    // Bindings are alternatives: what another one has in its path is not for this one's query.
    const rest = rpc.request.fields.filter((field) => !pathFields.flat().includes(field));
    const bodyFields = rpc.request.fields.filter((field) => !own.includes(field));
    return {
      id: index === 0 ? rpc.name : `${rpc.name}By${own.map((field) => capitalized(field.jsonName)).join('And')}`,
      rpc,
      method: binding.method,
      path: own.reduce((path, field) => path.replace(variable(field.name), `{${field.jsonName}}`), binding.template),
      pathFields: own,
      queryFields: binding.hasBody ? [] : rest,
      // The transcoder reads no body as {}, so nothing has to be sent where no field is left.
      bodyFields: binding.hasBody && bodyFields.length > 0 ? bodyFields : undefined,
    };
  });
}

/** A path variable in a template: `{name}` or `{name=pattern}`. */
function variable(name: string): RegExp {
  return new RegExp(`\\{${name}(=[^}]*)?\\}`);
}

function variablesOf(binding: Binding, request: DescMessage): readonly DescField[] {
  return [...binding.template.matchAll(/\{([^}=]+)/g)].map(([, name]) => {
    const field = request.fields.find((candidate) => candidate.name === name);
    if (!field) throw new Error(`${request.typeName} has no field for {${name}} of ${binding.template}.`);
    return field;
  });
}

function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
