import { Problem } from '../api/problem';
import { useWords } from '../i18n/WordsProvider';
import { explain } from '../lib/explain';
import { here } from '../lib/places';
import { Button } from './Button';
import { LinkButton } from './LinkButton';
import { Notice } from './Notice';

interface Props {
  error: unknown;
  /** Of what failed, where there is more beside it. */
  name?: string;
  onRetry?: () => void;
}

/** What went wrong, and what can be done: trying again, or signing in where the session has ended. */
export function ErrorNotice({ error, name, onRetry }: Props) {
  const words = useWords();
  const { title, detail } = explain(error, words);
  const isSignedOut = error instanceof Problem && error.code === 'unauthenticated';
  const action = isSignedOut ? (
    <LinkButton to="sign_in" search={{ next: here() }}>
      {words.t('nav.sign_in')}
    </LinkButton>
  ) : (
    onRetry && <Button onClick={onRetry}>{words.t('error.retry')}</Button>
  );
  return (
    <Notice alert tone="bad" title={name ? `${name}: ${title}` : title} action={action}>
      {detail}
    </Notice>
  );
}
