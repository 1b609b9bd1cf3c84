import { useWords } from '../i18n/WordsProvider';
import { explain } from '../lib/explain';
import { Button } from './Button';
import { Notice } from './Notice';

export function ErrorNotice({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const words = useWords();
  const { title, detail } = explain(error, words);
  return (
    <Notice
      alert
      tone="bad"
      title={title}
      action={onRetry && <Button onClick={onRetry}>{words.t('error.retry')}</Button>}
    >
      {detail}
    </Notice>
  );
}
