import { useSuspenseQuery } from '@tanstack/react-query';
import { answered, api } from '../../api/client';
import { Problem } from '../../api/problem';
import { configQuery } from '../../api/queries';
import { useWords } from '../../i18n/WordsProvider';
import { useAction } from '../../lib/useAction';
import { Button } from '../../ui/Button';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { Field } from '../../ui/Field';
import { Form } from '../../ui/Form';
import { Notice } from '../../ui/Notice';
import { useEntered } from './useEntered';

export function SignInForm({ next }: { next: string | undefined }) {
  const { t } = useWords();
  const { data: config } = useSuspenseQuery(configQuery);
  const entered = useEntered(next);
  const { busy, error, run } = useAction(async (email: string, password: string) => {
    const { user } = await answered(api.POST('/api/v1/auth/login/', { body: { email, password } }));
    await entered(user);
  });
  const demo = config.demo_user;
  return (
    <Form onSubmit={(text) => run(text('email'), text('password'))}>
      <Field label={t('field.email')} name="email" type="email" autoComplete="username" required />
      <Field
        label={t('field.password')}
        name="password"
        type="password"
        autoComplete="current-password"
        required
      />
      {error instanceof Problem && error.status === 401 ? (
        <Notice alert tone="bad" title={t('sign_in.wrong')} />
      ) : (
        error !== null && <ErrorNotice error={error} />
      )}
      <Button type="submit" look="primary" wide busy={busy}>
        {t('nav.sign_in')}
      </Button>
      {demo && (
        <Button wide disabled={busy} onClick={() => run(demo.email, demo.password)}>
          {t('sign_in.demo')}
        </Button>
      )}
    </Form>
  );
}
