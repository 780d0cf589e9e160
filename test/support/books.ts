import { expect } from 'chai';
import { auditMoney } from '../../src/audit/index.ts';
import type { TestDomain } from './domain.ts';

/** A database that can be asked. */
export type Books = Pick<TestDomain, 'sql'>;

/** What the auditor finds wrong in the whole database, a line for each fault: one seat one owner, charged if and only if ticketed, … */
export async function booksFaults(books: Books): Promise<readonly string[]> {
  const reports = await auditMoney((sql) => books.sql(sql));
  return reports.flatMap(({ check, faults }) => faults.map((fault) => `${check}: ${JSON.stringify(fault)}`));
}

/** Proves of the whole database: one seat one owner, charged if and only if ticketed, balances equal the ledger. */
export async function expectBooksInOrder(books: Books): Promise<void> {
  expect(await booksFaults(books)).to.deep.equal([]);
}
