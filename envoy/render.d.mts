/** Fills a deployment's addresses into the template, or throws one error that names every bad variable. */
export function renderEnvoyConfig(templateText: string, env: Readonly<Record<string, string | undefined>>): string;
