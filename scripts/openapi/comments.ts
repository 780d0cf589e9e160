import type { DescEnum, DescField, DescFile, DescMessage, DescMethod, DescService } from '@bufbuild/protobuf';

/** What has a comment in the protos: anything but single values of enums, which `ofValue` is for. */
export type Commented = DescEnum | DescField | DescMessage | DescMethod | DescService;

// Field numbers in descriptor.proto: a comment's place is the path of these and of indices.
const IN_FILE = { message: 4, enum: 5, service: 6 };
const IN_MESSAGE = { field: 2, message: 3, enum: 4 };
const IN_ENUM = { value: 2 };
const IN_SERVICE = { method: 2 };

/** The comments of a descriptor set that was built with source info. */
export class Comments {
  readonly #byFile = new Map<DescFile, Map<string, string>>();

  /** The comment before a declaration, its paragraphs separated by empty lines; empty where there is none. */
  of(desc: Commented): string {
    const file = desc.kind === 'field' || desc.kind === 'rpc' ? desc.parent.file : desc.file;
    return this.#at(file, pathOf(desc));
  }

  /** The comment before a value of an enum. */
  ofValue(desc: DescEnum, number: number): string {
    const index = desc.proto.value.findIndex((value) => value.number === number);
    return this.#at(desc.file, [...pathOf(desc), IN_ENUM.value, index]);
  }

  #at(file: DescFile, path: readonly number[]): string {
    let comments = this.#byFile.get(file);
    if (comments === undefined) {
      const locations = file.proto.sourceCodeInfo?.location ?? [];
      comments = new Map(locations.map(({ path: at, leadingComments }) => [at.join('.'), leadingComments]));
      this.#byFile.set(file, comments);
    }
    return unwrapped(comments.get(path.join('.')) ?? '');
  }
}

function pathOf(desc: Commented): readonly number[] {
  switch (desc.kind) {
    case 'field':
      return [...pathOf(desc.parent), IN_MESSAGE.field, desc.parent.proto.field.indexOf(desc.proto)];
    case 'rpc':
      return [...pathOf(desc.parent), IN_SERVICE.method, desc.parent.proto.method.indexOf(desc.proto)];
    case 'service':
      return [IN_FILE.service, desc.file.proto.service.indexOf(desc.proto)];
    case 'message':
      return desc.parent
        ? [...pathOf(desc.parent), IN_MESSAGE.message, desc.parent.proto.nestedType.indexOf(desc.proto)]
        : [IN_FILE.message, desc.file.proto.messageType.indexOf(desc.proto)];
    case 'enum':
      return desc.parent
        ? [...pathOf(desc.parent), IN_MESSAGE.enum, desc.parent.proto.enumType.indexOf(desc.proto)]
        : [IN_FILE.enum, desc.file.proto.enumType.indexOf(desc.proto)];
  }
}

/** Undoes the line breaks of the source inside paragraphs, and keeps those between them. */
export function unwrapped(comment: string): string {
  const paragraphs = comment.split(/\n\s*\n/);
  return paragraphs
    .map((paragraph) =>
      paragraph
        .trim()
        .split(/\s*\n\s*/)
        .join(' '),
    )
    .filter((paragraph) => paragraph !== '')
    .join('\n\n');
}

/**
 * Splits a comment that begins with the name of what it describes into its first sentence, without that name, and the
 * rest.
 */
export function sentences(comment: string, name: string): { first: string; rest: string } {
  const text = comment.startsWith(`${name} `) ? comment.slice(name.length + 1) : comment;
  const end = /\.(?=\s|$)/.exec(text);
  const cut = end ? end.index + 1 : text.length;
  const first = text.slice(0, cut);
  return { first: first.charAt(0).toUpperCase() + first.slice(1), rest: text.slice(cut).trim() };
}
