import type { ReactNode, Ref } from 'react';
import { useWords } from '../../i18n/WordsProvider';
import { explain, explainDecline } from '../../lib/explain';
import { CardRefused } from '../../lib/stripe';
import { Notice } from '../../ui/Notice';

interface Props {
  failure: unknown;
  /** What can be done about it here. */
  action?: ReactNode;
  ref: Ref<HTMLDivElement>;
}

/** Why it was not paid, in place; and that nothing was charged, where that is known. */
export function PaymentFailure({ failure, action, ref }: Props) {
  const words = useWords();
  const { title, detail, notCharged } =
    failure instanceof CardRefused ? explainDecline(failure.code, words) : explain(failure, words);
  return (
    <Notice ref={ref} alert tone="bad" title={title} action={action}>
      {detail && <p>{detail}</p>}
      <p>{words.t(notCharged ? 'paying.not_charged' : 'paying.unclear')}</p>
    </Notice>
  );
}
