import { useState } from 'react';
import { answered, api } from '../../api/client';
import { useWords } from '../../i18n/WordsProvider';
import { leaveFor } from '../../lib/hold';
import { PATHS } from '../../lib/places';
import { tellOtherTabs } from '../../lib/session';
import { useAction } from '../../lib/useAction';
import { Button } from '../../ui/Button';
import { buttonClasses } from '../../ui/buttonClasses';
import { Card } from '../../ui/Card';
import { Dialog } from '../../ui/Dialog';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { Field } from '../../ui/Field';
import { Form } from '../../ui/Form';
import { fieldErrors } from '../sign_in/fieldErrors';

/** One's data to take along, and the way out. */
export function LeaveCard({ ownLogin }: { ownLogin: boolean }) {
  const { t } = useWords();
  const [leaving, setLeaving] = useState(false);
  return (
    <Card aria-labelledby="leave">
      <h2 id="leave" className="text-lg font-bold">
        {t('leave.title')}
      </h2>
      <p className="mt-1 text-ink-2">{t('leave.detail')}</p>
      <div className="mt-5 grid gap-3 sm:flex sm:flex-wrap">
        <a href="/api/v1/auth/me/export/" download className={buttonClasses('secondary')}>
          {t('leave.export')}
        </a>
        <Button look="danger" onClick={() => setLeaving(true)}>
          {t('leave.delete')}
        </Button>
      </div>
      {leaving && <DeleteDialog ownLogin={ownLogin} onClose={() => setLeaving(false)} />}
    </Card>
  );
}

function DeleteDialog({ ownLogin, onClose }: { ownLogin: boolean; onClose: () => void }) {
  const { t } = useWords();
  const { busy, error, run } = useAction(async (password: string | undefined) => {
    await answered(api.DELETE('/api/v1/auth/me/', { body: { password } }));
    tellOtherTabs();
    // Everything of this member is gone, from the page too.
    leaveFor(PATHS.pricing);
  });
  const errors = fieldErrors(error);
  return (
    <Dialog locked={busy} onClose={onClose} title={t('leave.sure')} description={t('leave.consequences')}>
      <Form onSubmit={(text) => run(ownLogin ? text('password') : undefined)}>
        {ownLogin && (
          <Field
            label={t('field.password')}
            name="password"
            type="password"
            autoComplete="current-password"
            required
            error={errors.password && t('leave.wrong_password')}
          />
        )}
        {error !== null && !errors.password && <ErrorNotice error={error} />}
        <div className="grid gap-3 sm:grid-cols-2">
          <Button look="primary" disabled={busy} onClick={onClose}>
            {t('leave.stay')}
          </Button>
          <Button type="submit" look="danger" busy={busy}>
            {t('leave.delete')}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
