export { audit, type AuditGroup, type AuditStores } from './audit.ts';
export { auditMoney, AUDIT_TIMES, type AuditTimes } from './money-audit.ts';
export type { CheckReport, Fault } from './report.ts';
