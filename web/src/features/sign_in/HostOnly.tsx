import { useSuspenseQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { configQuery } from '../../api/queries';
import { useWords } from '../../i18n/WordsProvider';
import { Notice } from '../../ui/Notice';

/** Where members come with tokens of a host application there is nothing to register: the page says so. */
export function HostOnly({ children }: { children: ReactNode }) {
  const { t } = useWords();
  const { data: config } = useSuspenseQuery(configQuery);
  if (config.own_login) return children;
  return (
    <Notice tone="plain" title={t('host.title')}>
      {t('host.detail')}
    </Notice>
  );
}
