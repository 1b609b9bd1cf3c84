import { answered, api } from '../../api/client';
import { useWords } from '../../i18n/WordsProvider';
import { useAction } from '../../lib/useAction';
import { Button } from '../../ui/Button';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { Field } from '../../ui/Field';
import { Form } from '../../ui/Form';
import { fieldTexts } from './fieldErrors';
import { NewPasswordField } from './NewPasswordField';
import { useEntered } from './useEntered';

export function RegisterForm({ next }: { next: string | undefined }) {
  const words = useWords();
  const { t } = words;
  const entered = useEntered(next);
  const { busy, error, run } = useAction(async (name: string, email: string, password: string) => {
    const { user } = await answered(api.POST('/api/v1/auth/register/', { body: { name, email, password } }));
    await entered(user);
  });
  const errors = fieldTexts(error, words);
  const isShownBeside = ['name', 'email', 'password'].some((field) => field in errors);
  return (
    <Form onSubmit={(text) => run(text('name'), text('email'), text('password'))}>
      <Field label={t('field.name')} name="name" autoComplete="name" error={errors.name} />
      <Field
        label={t('field.email')}
        name="email"
        type="email"
        autoComplete="username"
        required
        error={errors.email}
      />
      <NewPasswordField label={t('field.password')} error={errors.password} />
      {error !== null && !isShownBeside && <ErrorNotice error={error} />}
      <Button type="submit" look="primary" wide busy={busy}>
        {t('register.submit')}
      </Button>
    </Form>
  );
}
