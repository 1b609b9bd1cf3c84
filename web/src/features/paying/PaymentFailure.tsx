import type { Ref } from 'react';
import { useWords } from '../../i18n/WordsProvider';
import { explain, explainDecline } from '../../lib/explain';
import { CardRefused } from '../../lib/stripe';
import { Notice } from '../../ui/Notice';

/** Why it was not paid, in place; and that nothing was charged, where that is known. */
export function PaymentFailure({ failure, ref }: { failure: unknown; ref: Ref<HTMLDivElement> }) {
  const words = useWords();
  const { title, detail, notCharged } =
    failure instanceof CardRefused ? explainDecline(failure.code, words) : explain(failure, words);
  return (
    <Notice ref={ref} alert tone="bad" title={title}>
      {detail && <p>{detail}</p>}
      <p>{words.t(notCharged ? 'paying.not_charged' : 'paying.unclear')}</p>
    </Notice>
  );
}
