import type { components } from './schema.js';

type Schemas = components['schemas'];

/** How many AI requests the tier gives in a window, and what is left of them. */
export type Allowance = Schemas['AllowanceView'];
/** The tokens that there are beside the allowance. */
export type Spendable = Schemas['SpendableView'];
/** The whole token balance. */
export type Balance = Schemas['BalanceView'];
/** Everything that a member may do now. */
export type Entitlements = Schemas['EntitlementsView'];
/** What was used in thirty days, and when the tokens run out if it goes on like this. */
export type Usage = Schemas['UsageView'];
/** Tokens, or one unit of the allowance, that are set aside for a request. */
export type Hold = Schemas['HoldView'];
/** A hold, and what its account can still use. */
export type HoldAnswer = Schemas['HoldAnswerView'];
/** What every error looks like. */
export type ProblemDocument = Schemas['Problem'];

/** An AI request that was admitted and paid. */
export type Consumed = Schemas['ConsumedView'] & {
  recorded: true;
  /** It was paid before, under the same key, and not again. */
  replayed: boolean;
  idempotencyKey: string;
};

/** One that `onUnreachable: 'allow'` let pass: nobody has paid. */
export interface NotRecorded {
  recorded: false;
  idempotencyKey: string;
}

/** Something was done that billing does not know of, or may not know of. `billing.record` records it later. */
export interface Unrecorded {
  /** `consume`: let through by `onUnreachable: 'allow'`. `capture`: done under a hold that could not be settled. */
  kind: 'consume' | 'capture';
  /** Empty where the member's own token asked; then it cannot be recorded later. */
  subject: string;
  /** Null: as many as the hold has. */
  tokens: number | null;
  feature: string | null;
  model: string | null;
  holdId: string | null;
  /** Recorded later under the same key, it is paid once even if the first request did arrive. */
  idempotencyKey: string;
  /** Why, for people. */
  cause: string;
}
