import type { FinishListener } from '../server-call.ts';
import { codeSeen } from './access-log.ts';
import type { Interceptor } from './interceptor.ts';

/** Told of each call that has its answer: the path of its method and the code that its caller saw. */
export type CountCall = (method: string, code: string) => void;

/** Counts each call once it has its answer. */
export function callCount(countCall: CountCall): Interceptor {
  const count: FinishListener = (call, failure) => countCall(call.method.path, codeSeen(call, failure));
  return (call, next) => {
    call.whenFinished(count);
    return next();
  };
}
