import { useMemo } from 'react';
import { useWords } from '../../i18n/WordsProvider';
import { countries } from '../../lib/countries';
import { SelectField } from '../../ui/SelectField';

export function CountryField({ defaultValue, error }: { defaultValue: string; error?: string }) {
  const { t, locale } = useWords();
  const all = useMemo(() => countries(locale), [locale]);
  return (
    <SelectField
      label={t('details.country')}
      name="country"
      autoComplete="country"
      defaultValue={defaultValue}
      error={error}
    >
      <option value="">{t('details.no_country')}</option>
      {all.map(({ code, name }) => (
        <option key={code} value={code}>
          {name}
        </option>
      ))}
    </SelectField>
  );
}
