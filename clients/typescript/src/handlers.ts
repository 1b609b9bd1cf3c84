import { isBillingError, RefusedError } from './errors.js';
import type { Member } from './member.js';
import type { CheckOptions } from './options.js';

/** As of Hono, Next.js, Remix, Deno and everything else that speaks the web platform's `Request` and `Response`. */
export type Handler<Rest extends unknown[]> = (
  request: Request,
  ...rest: Rest
) => Response | Promise<Response>;

/** Answers an error of billing's that leaves the handler by its problem document. */
export function withBilling<Rest extends unknown[]>(handler: Handler<Rest>): Handler<Rest> {
  return async (request, ...rest) => {
    try {
      return await handler(request, ...rest);
    } catch (error) {
      if (isBillingError(error)) return error.toResponse();
      throw error;
    }
  };
}

/** Only for members whose tier includes the feature. `memberOf` says who asks; null is answered by 401. */
export function requireFeature<Rest extends unknown[]>(
  feature: string,
  memberOf: (request: Request) => Member | null | Promise<Member | null>,
  handler: Handler<Rest>,
  options: CheckOptions = {},
): Handler<Rest> {
  return withBilling(async (request, ...rest) => {
    const member = await memberOf(request);
    if (!member) throw RefusedError.notSignedIn();
    await member.requireFeature(feature, options);
    return handler(request, ...rest);
  });
}
