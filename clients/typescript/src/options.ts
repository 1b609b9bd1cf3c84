/** What to do when billing cannot be reached: refuse, or do it and let nobody pay. */
export type OnUnreachable = 'deny' | 'allow';

export interface Sent {
  /** Ends the waiting; what was sent may have been done. */
  signal?: AbortSignal;
}
export interface Labels {
  /** For the statistics. */
  feature?: string;
  /** The AI model, for the statistics. */
  model?: string;
}
interface Keyed {
  /** For a retry of your own, within 24 hours. One key is for one request. Never one of a browser's. */
  idempotencyKey?: string;
}
interface Choice<Policy extends OnUnreachable> {
  /** `deny` unless told. */
  onUnreachable?: Policy;
}
export interface CheckOptions extends Sent, Choice<OnUnreachable> {}
export interface ConsumeOptions<Policy extends OnUnreachable> extends Sent, Labels, Keyed, Choice<Policy> {
  /** What the request costs where tokens pay for it; 1. */
  tokens?: number;
}
export interface AuthorizeOptions extends Sent, Labels, Keyed {
  /** Seconds until what is held is given back by itself; 300. Enough for the longest request. */
  expiresIn?: number;
}
export interface HoldOptions extends AuthorizeOptions, Choice<OnUnreachable> {}
export interface CaptureOptions extends Sent, Keyed {
  /** What was used; without it the estimate counts. */
  tokens?: number;
}
