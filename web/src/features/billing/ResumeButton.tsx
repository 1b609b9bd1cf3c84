import { useQueryClient } from '@tanstack/react-query';
import { answered, api, newKey } from '../../api/client';
import { MINE } from '../../api/queries';
import { useAction } from '../../lib/useAction';
import { Button } from '../../ui/Button';
import { ErrorNotice } from '../../ui/ErrorNotice';

/** Takes a pending cancellation, a change that is to come, or a pause back. */
export function ResumeButton({ children }: { children: string }) {
  const queries = useQueryClient();
  const { busy, error, run } = useAction(async () => {
    const params = { header: { 'Idempotency-Key': newKey() } };
    await answered(api.POST('/api/v1/billing/resume/', { body: {}, params }));
    await queries.invalidateQueries({ queryKey: [MINE] });
  });
  return (
    <div className="grid gap-3">
      <Button look="primary" busy={busy} onClick={run}>
        {children}
      </Button>
      {error !== null && <ErrorNotice error={error} />}
    </div>
  );
}
