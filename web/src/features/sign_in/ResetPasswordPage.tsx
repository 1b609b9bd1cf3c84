import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { answered, api } from '../../api/client';
import { useWords } from '../../i18n/WordsProvider';
import { useAction } from '../../lib/useAction';
import { Button } from '../../ui/Button';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { Field } from '../../ui/Field';
import { LinkButton } from '../../ui/LinkButton';
import { Notice } from '../../ui/Notice';
import { AuthCard } from './AuthCard';
import { fieldErrors } from './fieldErrors';

const route = getRouteApi('/reset-password');

export function ResetPasswordPage() {
  const { t } = useWords();
  const { token = '' } = route.useSearch();
  const [done, setDone] = useState(false);
  const { busy, error, run } = useAction(async (password: string) => {
    await answered(api.POST('/api/v1/auth/reset-password/', { body: { token, password } }));
    setDone(true);
  });
  const errors = fieldErrors(error);
  return (
    <AuthCard title={t('reset.title')}>
      {done ? (
        <>
          <Notice alert tone="good" title={t('reset.done')} />
          <div className="mt-4">
            <LinkButton to="/sign-in" look="primary" wide>
              {t('nav.sign_in')}
            </LinkButton>
          </div>
        </>
      ) : (
        <form
          className="grid gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            run(String(new FormData(event.currentTarget).get('password')));
          }}
        >
          <Field
            label={t('field.new_password')}
            name="password"
            type="password"
            autoComplete="new-password"
            minLength={8}
            required
            hint={t('field.password_hint')}
            error={errors.password}
          />
          {errors.token && (
            <Notice
              alert
              tone="bad"
              title={t('reset.link_not_valid')}
              action={<LinkButton to="/forgot-password">{t('reset.ask_again')}</LinkButton>}
            />
          )}
          {error !== null && !errors.token && !errors.password && <ErrorNotice error={error} />}
          <Button type="submit" look="primary" wide busy={busy}>
            {t('reset.submit')}
          </Button>
        </form>
      )}
    </AuthCard>
  );
}
