import type { components } from '../../api/schema';

export type SavedCard = components['schemas']['PaymentMethodView'];

const BRANDS: Record<string, string> = {
  visa: 'Visa',
  mastercard: 'Mastercard',
  amex: 'American Express',
  discover: 'Discover',
  diners: 'Diners Club',
  jcb: 'JCB',
  unionpay: 'UnionPay',
};

/** Visa •••• 4242 */
export const cardName = ({ brand, last4 }: Pick<SavedCard, 'brand' | 'last4'>) =>
  `${BRANDS[brand] ?? brand} •••• ${last4}`;

/** 04/2030: with two digits the year could be a day. */
export const cardExpiry = ({ exp_month, exp_year }: SavedCard) =>
  `${String(exp_month).padStart(2, '0')}/${exp_year}`;
