import { useState } from 'react';
import { answered, api } from '../../api/client';
import { useWords } from '../../i18n/WordsProvider';
import { useAction } from '../../lib/useAction';
import { Button } from '../../ui/Button';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { Field } from '../../ui/Field';
import { Form } from '../../ui/Form';
import { Notice } from '../../ui/Notice';
import { AuthCard } from './AuthCard';

export function ForgotPasswordPage() {
  const { t } = useWords();
  const [sent, setSent] = useState(false);
  const { busy, error, run } = useAction(async (email: string) => {
    await answered(api.POST('/api/v1/auth/forgot-password/', { body: { email } }));
    setSent(true);
  });
  return (
    <AuthCard title={t('forgot.title')}>
      {sent ? (
        <Notice alert tone="good" title={t('forgot.sent')}>
          {t('forgot.sent_detail')}
        </Notice>
      ) : (
        <Form onSubmit={(text) => run(text('email'))}>
          <p className="text-ink-2">{t('forgot.detail')}</p>
          <Field label={t('field.email')} name="email" type="email" autoComplete="username" required />
          {error !== null && <ErrorNotice error={error} />}
          <Button type="submit" look="primary" wide busy={busy}>
            {t('forgot.submit')}
          </Button>
        </Form>
      )}
    </AuthCard>
  );
}
