import { Check, Minus } from 'lucide-react';
import { useId } from 'react';
import type { Tier } from '../../api/shapes';
import type { Key } from '../../i18n/en';
import { useWords } from '../../i18n/WordsProvider';
import { AiLimitRows } from './AiLimitRows';
import { ComparisonRow } from './ComparisonRow';

/** Every feature of the catalog, as the API tells it. On narrow screens the tiers scroll under their features. */
export function ComparisonTable({ tiers }: { tiers: Tier[] }) {
  const { t, number, said } = useWords();
  const id = useId();
  const [first] = tiers;
  if (!first) return null;
  return (
    <div className="mt-12">
      <h2 id={id} className="mb-4 text-xl font-bold">
        {t('pricing.compare')}
      </h2>
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
        tabIndex={0}
        aria-labelledby={id}
        className="scroll-shadow relative overflow-x-auto rounded-card border border-line bg-surface"
      >
        <table className="w-full min-w-[760px] border-collapse text-left">
          <thead>
            <tr>
              <th scope="col" className="sticky left-0 w-2/6 bg-surface px-5 py-4">
                <span className="sr-only">{t('pricing.feature')}</span>
              </th>
              {tiers.map((tier) => (
                <th key={tier.slug} scope="col" className="w-1/6 px-4 py-4 font-bold">
                  {tier.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <ComparisonRow name={t('pricing.ai_requests')} tiers={tiers}>
              {({ ai_requests }) =>
                t(`window.${ai_requests.window}` as Key, { count: number(ai_requests.limit) })
              }
            </ComparisonRow>
            <AiLimitRows tiers={tiers} />
            {first.features.map((feature) => (
              <ComparisonRow key={feature.key} name={said(feature.name)} tiers={tiers}>
                {(tier) => <Included feature={tier.features.find(({ key }) => key === feature.key)} />}
              </ComparisonRow>
            ))}
          </tbody>
        </table>
      </section>
    </div>
  );
}

function Included({ feature }: { feature: Tier['features'][number] | undefined }) {
  const { t, said } = useWords();
  if (feature?.included && feature.note) return said(feature.note);
  return feature?.included ? (
    <>
      <Check aria-hidden className="size-5 text-engraver" />
      <span className="sr-only">{t('pricing.included')}</span>
    </>
  ) : (
    <>
      <Minus aria-hidden className="size-5 text-ink-2" />
      <span className="sr-only">{t('pricing.not_included')}</span>
    </>
  );
}
