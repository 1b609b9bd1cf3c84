// What a host application can use; see README.md.
export type { ProblemDocument } from '../api/problem';
export { Problem, Unreachable } from '../api/problem';
export type {
  Allowance,
  Balance,
  BillingPeriod,
  Entitlements,
  Overview,
  Subscription,
  Tier,
  TokenPackage,
  Usage,
} from '../api/shapes';
export type { PricingChoice } from '../features/pricing/PricingTable';
export type { Catalogue as Texts } from '../i18n/en';
export type { Locale } from '../i18n/words';
export type { Place } from '../lib/places';
export { BillingPage, type BillingPageProps } from './BillingPage';
export { BillingProvider, type BillingProviderProps } from './BillingProvider';
export { billingFetch } from './billingFetch';
export {
  useBalance,
  useEntitlements,
  useRefreshBilling,
  useSubscription,
  useTiers,
  useTokenPackages,
  useUsage,
} from './hooks';
export { InvoicePage, type InvoicePageProps } from './InvoicePage';
export { OutOfTokensModal } from './OutOfTokensModal';
export { PricingTable, type PricingTableProps } from './PricingTable';
export { SubscribeModal, type SubscribeModalProps } from './SubscribeModal';
export { TierCard, type TierCardProps } from './TierCard';
export { TokenBalanceWidget } from './TokenBalanceWidget';
export { TokenPackageCard, type TokenPackageCardProps } from './TokenPackageCard';
export { TokenShop } from './TokenShop';
