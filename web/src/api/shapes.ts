import type { components } from './schema';

/** The API's shapes by the names that the pages use. */
type Schemas = components['schemas'];
export type Tier = Schemas['TierView'];
export type TierPrice = Schemas['TierPriceView'];
export type TokenPackage = Schemas['PackageView'];
export type Config = Schemas['ConfigView'];
export type Overview = Schemas['OverviewView'];
export type Subscription = Schemas['SubscriptionView'];
export type Quote = Schemas['QuoteView'];
export type Confirm = Schemas['ConfirmView'];
export type Purchase = Schemas['PurchaseView'];
export type User = Schemas['UserBody'];
/** Who is signed in, and whether by a session of ours, which can be ended here. */
export type Me = User & { session: boolean };
export type Balance = Schemas['BalanceView'];
export type Allowance = Schemas['AllowanceView'];
export type Entitlements = Schemas['EntitlementsView'];
export type Usage = Schemas['UsageView'];
export type TokenMovement = Schemas['TransactionView'];
export type SubscriptionChange = Schemas['ChangeView'];
export type ChatMessage = Schemas['MessageBody'];
export type ChatAnswer = Schemas['ChatView'];
export type Invoice = Schemas['InvoiceView'];
export type BillingDetails = Schemas['BillingDetailsView'];
export type KeptCard = Schemas['SavedCardView'];
export type CancelReason = Schemas['Reason'];

export const BILLING_PERIODS = ['monthly', 'quarterly', 'annual'] as const;
export type BillingPeriod = (typeof BILLING_PERIODS)[number];

export function isBillingPeriod(text: unknown): text is BillingPeriod {
  return BILLING_PERIODS.some((period) => period === text);
}
