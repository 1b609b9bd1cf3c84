import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render } from '@testing-library/react';
import type { ReactNode } from 'react';
import { en } from '../i18n/en';
import { WordsProvider } from '../i18n/WordsProvider';
import { createWords } from '../i18n/words';

/** For tests: what a reader in English and UTC sees. `data` is what the server has told, by its key. */
export function rendered(children: ReactNode, data: [readonly unknown[], unknown][] = []) {
  const queries = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });
  for (const [key, value] of data) queries.setQueryData(key, value);
  return render(
    <WordsProvider first={createWords('en', en, 'UTC')}>
      <QueryClientProvider client={queries}>{children}</QueryClientProvider>
    </WordsProvider>,
  );
}
