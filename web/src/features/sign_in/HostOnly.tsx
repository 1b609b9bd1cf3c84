import { useSuspenseQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { configQuery } from '../../api/queries';
import { useWords } from '../../i18n/WordsProvider';
import { PATHS } from '../../lib/places';
import { buttonClasses } from '../../ui/buttonClasses';
import { Notice } from '../../ui/Notice';

interface Props {
  next: string | undefined;
  children: ReactNode;
}

/** Where members come from a host application they sign in there: the page leads to it. */
export function HostOnly({ next, children }: Props) {
  const { t } = useWords();
  const { data: config } = useSuspenseQuery(configQuery);
  if (config.own_login) return children;
  const back = encodeURIComponent(new URL(next ?? PATHS.billing, window.location.origin).href);
  return (
    <div className="grid gap-4">
      <Notice tone="plain" title={t('host.title')}>
        {!config.host_sign_in_url && t('host.detail')}
      </Notice>
      {config.host_sign_in_url && (
        <a href={config.host_sign_in_url.replace('{next}', back)} className={buttonClasses('primary', true)}>
          {t('nav.sign_in')}
        </a>
      )}
    </div>
  );
}
