/** What JSON can carry. Money and moments are not among it: they travel as text. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
