import { useQuery } from '@tanstack/react-query';
import { configQuery } from '../api/queries';
import { useWords } from '../i18n/WordsProvider';

/** Says in every mode but live that no money moves. Its place is held while the mode is not known. */
export function SandboxBanner() {
  const { t } = useWords();
  const { data: config, isPending } = useQuery(configQuery);
  if (isPending) return <div aria-hidden className="h-9 border-b border-line" />;
  if (!config || config.mode === 'live') return null;
  return (
    <aside
      aria-label={t('banner.label')}
      className="flex h-9 items-center justify-center gap-3 overflow-hidden border-b border-line bg-brass-wash px-4 text-sm whitespace-nowrap text-brass"
    >
      <span className="font-semibold">{t(config.mode === 'sandbox' ? 'banner.sandbox' : 'banner.test')}</span>
      {config.mode === 'sandbox' && (
        <a href="/mailbox" className="underline underline-offset-2">
          {t('banner.mailbox')}
        </a>
      )}
    </aside>
  );
}
