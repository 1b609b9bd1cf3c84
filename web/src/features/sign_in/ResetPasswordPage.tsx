import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { answered, api } from '../../api/client';
import { useWords } from '../../i18n/WordsProvider';
import { useAction } from '../../lib/useAction';
import { Button } from '../../ui/Button';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { Form } from '../../ui/Form';
import { LinkButton } from '../../ui/LinkButton';
import { Notice } from '../../ui/Notice';
import { AuthCard } from './AuthCard';
import { DoneNotice } from './DoneNotice';
import { fieldTexts } from './fieldErrors';
import { NewPasswordField } from './NewPasswordField';

const route = getRouteApi('/reset-password');

export function ResetPasswordPage() {
  const words = useWords();
  const { t } = words;
  const { token = '' } = route.useSearch();
  const [done, setDone] = useState(false);
  const { busy, error, run } = useAction(async (password: string) => {
    await answered(api.POST('/api/v1/auth/reset-password/', { body: { token, password } }));
    setDone(true);
  });
  const errors = fieldTexts(error, words);
  return (
    <AuthCard title={t('reset.title')}>
      {done ? (
        <DoneNotice title={t('reset.done')} to="sign_in" label={t('nav.sign_in')} />
      ) : (
        <Form onSubmit={(text) => run(text('password'))}>
          <NewPasswordField label={t('field.new_password')} error={errors.password} />
          {errors.token && (
            <Notice
              alert
              tone="bad"
              title={t('reset.link_not_valid')}
              action={<LinkButton to="forgot_password">{t('reset.ask_again')}</LinkButton>}
            />
          )}
          {error !== null && !errors.token && !errors.password && <ErrorNotice error={error} />}
          <Button type="submit" look="primary" wide busy={busy}>
            {t('reset.submit')}
          </Button>
        </Form>
      )}
    </AuthCard>
  );
}
