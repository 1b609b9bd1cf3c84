import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { answered, api, newKey } from '../../api/client';
import { invitationQuery } from '../../api/queries';
import { useWords } from '../../i18n/WordsProvider';
import { useAction } from '../../lib/useAction';
import { Button } from '../../ui/Button';
import { Dialog } from '../../ui/Dialog';
import { ErrorNotice } from '../../ui/ErrorNotice';

export function ApplyDialog({ onClose }: { onClose: () => void }) {
  const { t } = useWords();
  const queries = useQueryClient();
  const [message, setMessage] = useState('');
  const { busy, error, run } = useAction(async () => {
    const params = { header: { 'Idempotency-Key': newKey() } };
    const standing = await answered(api.POST('/api/v1/billing/invitation/', { body: { message }, params }));
    queries.setQueryData(invitationQuery.queryKey, standing);
    onClose();
  });
  return (
    <Dialog
      locked={busy}
      onClose={onClose}
      title={t('invitation.title')}
      description={t('invitation.detail')}
    >
      <label className="block font-medium">
        {t('invitation.message')}
        <textarea
          rows={4}
          maxLength={2000}
          value={message}
          onChange={(event) => setMessage(event.target.value)}
          className="mt-1 block w-full rounded-control border border-edge bg-surface px-3 py-2 font-normal"
        />
      </label>
      {error !== null && (
        <div className="mt-4">
          <ErrorNotice error={error} />
        </div>
      )}
      <div className="mt-4">
        <Button look="primary" wide busy={busy} onClick={() => run()}>
          {t('invitation.send')}
        </Button>
      </div>
    </Dialog>
  );
}
