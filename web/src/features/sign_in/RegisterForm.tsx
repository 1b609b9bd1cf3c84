import { answered, api } from '../../api/client';
import { useWords } from '../../i18n/WordsProvider';
import { useAction } from '../../lib/useAction';
import { Button } from '../../ui/Button';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { Field } from '../../ui/Field';
import { fieldErrors } from './fieldErrors';
import { useEntered } from './useEntered';

export function RegisterForm({ next }: { next: string | undefined }) {
  const { t } = useWords();
  const entered = useEntered(next);
  const { busy, error, run } = useAction(async (name: string, email: string, password: string) => {
    const { user } = await answered(api.POST('/api/v1/auth/register/', { body: { name, email, password } }));
    await entered(user);
  });
  const errors = fieldErrors(error);
  const isShownBeside = ['name', 'email', 'password'].some((field) => field in errors);
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        const form = new FormData(event.currentTarget);
        run(String(form.get('name')), String(form.get('email')), String(form.get('password')));
      }}
    >
      <Field label={t('field.name')} name="name" autoComplete="name" error={errors.name} />
      <Field
        label={t('field.email')}
        name="email"
        type="email"
        autoComplete="username"
        required
        error={errors.email}
      />
      <Field
        label={t('field.password')}
        name="password"
        type="password"
        autoComplete="new-password"
        minLength={8}
        required
        hint={t('field.password_hint')}
        error={errors.password}
      />
      {error !== null && !isShownBeside && <ErrorNotice error={error} />}
      <Button type="submit" look="primary" wide busy={busy}>
        {t('register.submit')}
      </Button>
    </form>
  );
}
