import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { configQuery, MINE } from '../../api/queries';
import { useWords } from '../../i18n/WordsProvider';
import { Notice } from '../../ui/Notice';
import { PageTitle } from '../../ui/PageTitle';
import { Section } from '../../ui/Section';
import { Skeleton } from '../../ui/Skeleton';
import { AskForm } from './AskForm';
import { Conversation } from './Conversation';
import { chat } from './chat';
import { Left } from './Left';

/** A small chat, so that a person can see how AI requests are counted, refused, bought and resumed. */
export function AiPage() {
  const { t } = useWords();
  const queries = useQueryClient();
  const { data: config } = useQuery(configQuery);
  const turns = useSyncExternalStore(chat.subscribe, chat.turns);
  const last = turns.at(-1);
  const isBusy = last?.state === 'asked' || last?.state === 'answering';
  const ask = (question: string) => chat.ask(question, () => queries.invalidateQueries({ queryKey: [MINE] }));
  return (
    <div className="mx-auto grid max-w-3xl gap-6">
      <div>
        <PageTitle>{t('ai.title')}</PageTitle>
        {config?.ai_is_demo && (
          <Notice tone="plain" title={t('ai.demo')}>
            {t('ai.demo_detail')}
          </Notice>
        )}
      </div>
      <Section skeleton={<Skeleton className="h-[148px] sm:h-[124px]" />}>
        <Left />
      </Section>
      <Conversation turns={turns} onAsk={ask} />
      <AskForm isFirst={turns.length === 0} isBusy={isBusy} onAsk={ask} />
    </div>
  );
}
