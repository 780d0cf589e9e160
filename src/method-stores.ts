import type { MethodRule } from './infrastructure/grpc/method-rules.ts';
import type { StoreName } from './infrastructure/store-watch.ts';

/** The stores without which a method cannot answer: while one is gone, its calls end at once. */
export function storesOf(method: MethodRule): readonly StoreName[] {
  if (method.service.endsWith('.WalletService')) return ['postgres'];
  if (method.service.endsWith('.PaymentService') && method.readOnly) return ['postgres'];
  if (method.name === 'ListAdmissions') return ['postgres'];
  if (method.service.endsWith('.QueueService')) return method.access === 'OPERATOR' ? ['redis', 'postgres'] : ['redis'];
  const needsRedis = /^(UpdateConcert|ListAvailableDates|ListSeats|WatchSeats)$/.test(method.name);
  if (method.service.endsWith('.CatalogService') && !needsRedis) return ['postgres'];
  return ['redis', 'postgres'];
}
