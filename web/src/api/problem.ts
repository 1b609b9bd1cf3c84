import type { components } from './schema';

export type ProblemDocument = components['schemas']['Problem'];
type Quote = components['schemas']['QuoteView'];
type Purchase = components['schemas']['PurchaseView'];
type Allowance = components['schemas']['AllowanceView'];
type Spendable = components['schemas']['SpendableView'];

/** What some problems carry beside the standard members. */
interface Members {
  /** `card_declined`: the bank's word, or Stripe's. */
  decline_code?: string;
  message?: string;
  /** `card_declined` of tokens: the purchase, which can be paid again. */
  purchase?: Purchase;
  /** `trial_used`: what subscribing costs without one. */
  preview?: Quote;
  /** `quote_expired`: what it costs now. */
  quote?: Quote;
  /** `out_of_ai_requests`, `out_of_tokens`: what there is, when there is more, and the tier that has more. */
  allowance?: Allowance;
  balance?: Spendable;
  resets_at?: string | null;
  upgrade_to?: string | null;
}

/** The code of what the API has not said itself, but a proxy in between. */
export const UNNAMED = 'unknown';

/** An answer of the API that says no. `code` is stable. */
export class Problem extends Error {
  override name = 'Problem';
  constructor(readonly document: ProblemDocument & Members) {
    super(document.title);
  }
  get code(): string {
    return this.document.code;
  }
  get status(): number {
    return this.document.status;
  }
}

/** No answer came: whether the server has done it is not known. */
export class Unreachable extends Error {
  override name = 'Unreachable';
}
