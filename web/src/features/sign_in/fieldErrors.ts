import { Problem } from '../../api/problem';

/** The reasons of an `invalid_request` by field; empty for any other error. */
export function fieldErrors(error: unknown): Record<string, string> {
  if (!(error instanceof Problem) || !error.document.errors) return {};
  return Object.fromEntries(error.document.errors.map(({ field, reason }) => [field, reason]));
}
