import type { BillingDetails } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';

/** As it stands on letters. */
export function AddressLines({ details }: { details: BillingDetails }) {
  const { t, locale } = useWords();
  const { name, address, vat_id } = details;
  const country = address?.country && new Intl.DisplayNames(locale, { type: 'region' }).of(address.country);
  const lines = [
    address?.line1,
    address?.line2,
    [address?.postal_code, address?.city].filter(Boolean).join(' '),
    address?.state,
    country,
    vat_id && t('invoice.vat_id', { id: vat_id }),
  ].filter((line): line is string => !!line);
  return (
    <div className="min-w-0 break-words">
      {name && <p className="font-medium">{name}</p>}
      {lines.map((line) => (
        <p key={line} className="text-ink-2">
          {line}
        </p>
      ))}
    </div>
  );
}
