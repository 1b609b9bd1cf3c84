import { useState } from 'react';
import { useWords } from '../../i18n/WordsProvider';
import { Button } from '../../ui/Button';
import { chat } from './chat';

interface Props {
  /** Nothing was asked yet: here is what could be. */
  isFirst: boolean;
  isBusy: boolean;
  onAsk: (question: string) => void;
}

export function AskForm({ isFirst, isBusy, onAsk }: Props) {
  const { t } = useWords();
  const [text, setText] = useState('');
  const ask = (question: string) => {
    if (isBusy || !question.trim()) return;
    setText('');
    onAsk(question.trim());
  };
  const ideas = [t('ai.idea_1'), t('ai.idea_2'), t('ai.idea_3')];
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        ask(text);
      }}
    >
      {isFirst && (
        <div className="mb-4 grid gap-2 sm:flex sm:flex-wrap">
          {ideas.map((idea) => (
            <Button key={idea} onClick={() => ask(idea)}>
              {idea}
            </Button>
          ))}
        </div>
      )}
      <label htmlFor="question" className="font-medium">
        {t('ai.question')}
      </label>
      <textarea
        id="question"
        rows={3}
        maxLength={4_000}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
          event.preventDefault();
          ask(text);
        }}
        className="mt-1 mb-3 block w-full rounded-control border border-edge bg-surface px-3 py-2.5"
      />
      {isBusy ? (
        <Button onClick={chat.stop}>{t('ai.stop')}</Button>
      ) : (
        <Button type="submit" look="primary" disabled={!text.trim()}>
          {t('ai.ask')}
        </Button>
      )}
    </form>
  );
}
