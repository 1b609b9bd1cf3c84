import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { newQueryClient } from './api/queryClient';
import { buildRouter } from './app/router';
import { watchSession } from './features/account/watchSession';
import { en } from './i18n/en';
import { loadCatalogue, preferredLocale, WordsProvider } from './i18n/WordsProvider';
import { createWords } from './i18n/words';
import './styles.css';

const queries = newQueryClient();
watchSession(queries);

const root = document.getElementById('root');
if (!root) throw new Error('there is no #root');
const locale = preferredLocale();
// Where the catalogue cannot be loaded, English is better than nothing.
const words = await loadCatalogue(locale).then(
  (catalogue) => createWords(locale, catalogue),
  () => createWords('en', en),
);
createRoot(root).render(
  <StrictMode>
    <WordsProvider first={words}>
      <QueryClientProvider client={queries}>
        <RouterProvider router={buildRouter(queries)} />
      </QueryClientProvider>
    </WordsProvider>
  </StrictMode>,
);
