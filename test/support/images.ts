import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const composeFile = join(import.meta.dirname, '../../docker-compose.yml');

/**
 * The image that docker-compose.yml uses, tag included: tests run what is deployed.
 *
 * @param repository the image's name without tag, such as `valkey/valkey`
 */
export function composeImage(repository: string): string {
  const { services } = parse(readFileSync(composeFile, 'utf8')) as { services: Record<string, { image?: string }> };
  const image = Object.values(services).find((service) => service.image?.startsWith(`${repository}:`))?.image;
  if (!image) throw new Error(`docker-compose.yml has no service with an image ${repository}`);
  return image;
}
