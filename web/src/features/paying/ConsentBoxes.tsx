import { useWords } from '../../i18n/WordsProvider';
import { Checkbox } from '../../ui/Checkbox';

export interface Consent {
  terms: boolean;
  renewal: boolean;
}

interface Props {
  value: Consent;
  /** Of a subscription, which is paid again and again. */
  renews: boolean;
  onChange: (consent: Consent) => void;
}

/** What has to be agreed to before something is bought, where the operator asks for it. */
export function ConsentBoxes({ value, renews, onChange }: Props) {
  const { t } = useWords();
  return (
    <>
      <Checkbox checked={value.terms} onChange={(terms) => onChange({ ...value, terms })}>
        {t('consent.terms')}
      </Checkbox>
      {renews && (
        <Checkbox checked={value.renewal} onChange={(renewal) => onChange({ ...value, renewal })}>
          {t('consent.renewal')}
        </Checkbox>
      )}
    </>
  );
}
