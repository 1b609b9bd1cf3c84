import { useWords } from '../../i18n/WordsProvider';
import { Field } from '../../ui/Field';

export function NewPasswordField({ label, error }: { label: string; error: string | undefined }) {
  const { t } = useWords();
  return (
    <Field
      label={label}
      name="password"
      type="password"
      autoComplete="new-password"
      minLength={8}
      required
      hint={t('field.password_hint')}
      error={error}
    />
  );
}
