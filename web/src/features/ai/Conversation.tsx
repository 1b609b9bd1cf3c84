import { useEffect, useRef } from 'react';
import { paywall } from '../../api/paywall';
import { useWords } from '../../i18n/WordsProvider';
import { Button } from '../../ui/Button';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { Waiting } from '../../ui/Waiting';
import { BlockedRequest } from '../paywall/BlockedRequest';
import { usePaywall } from '../paywall/usePaywall';
import type { Turn } from './chat';

interface Props {
  turns: Turn[];
  onAsk: (question: string) => void;
}

export function Conversation({ turns, onAsk }: Props) {
  const { t } = useWords();
  const end = useRef<HTMLDivElement>(null);
  const length = turns.at(-1)?.answer.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is new is shown, whenever something is.
  useEffect(() => {
    if (turns.length > 0) end.current?.scrollIntoView({ block: 'nearest' });
  }, [turns.length, length]);
  return (
    <div role="log" aria-label={t('ai.conversation')} className="grid gap-6 empty:hidden">
      {turns.map((turn) => (
        <div key={turn.id} className="grid gap-3">
          <p className="justify-self-end rounded-card bg-engraver-wash px-4 py-2.5 break-words whitespace-pre-wrap">
            <span className="sr-only">{t('ai.you')}: </span>
            {turn.question}
          </p>
          <Answer turn={turn} onAsk={onAsk} />
        </div>
      ))}
      {turns.length > 0 && <div ref={end} />}
    </div>
  );
}

function Answer({ turn, onAsk }: { turn: Turn; onAsk: (question: string) => void }) {
  const { t } = useWords();
  const { waiting } = usePaywall();
  if (turn.state === 'asked') {
    return waiting > 0 ? <WaitingForTokens /> : <Waiting>{t('ai.asking')}</Waiting>;
  }
  return (
    <div className="min-w-0">
      {turn.answer && <p className="break-words whitespace-pre-wrap">{turn.answer}</p>}
      {turn.state === 'failed' && (
        <div className="mt-3">
          <ErrorNotice error={turn.error} onRetry={() => onAsk(turn.question)} />
        </div>
      )}
      {turn.state === 'stopped' && <p className="mt-1 text-ink-2">{t('ai.stopped')}</p>}
      {turn.cost && <Cost cost={turn.cost} />}
    </div>
  );
}

function Cost({ cost }: { cost: NonNullable<Turn['cost']> }) {
  const { t, plural, number } = useWords();
  return (
    <p data-cost={cost.source} className="mt-1 text-ink-2">
      {cost.source === 'allowance'
        ? t('ai.by_plan', { tokens: number(cost.usage.total_tokens) })
        : plural('ai.by_tokens', cost.tokens)}
    </p>
  );
}

/** The offers have been put away, and the question has not been given up. */
function WaitingForTokens() {
  const { t } = useWords();
  return (
    <BlockedRequest tone="warn" onTryAgain={paywall.resume}>
      <Button onClick={paywall.show}>{t('paywall.show')}</Button>
    </BlockedRequest>
  );
}
