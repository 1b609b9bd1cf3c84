import { TokenShop } from '../features/tokens/TokenShop';
import { useWords } from '../i18n/WordsProvider';
import { usePageName } from '../lib/usePageName';

export function TokensRoute() {
  const { t } = useWords();
  usePageName(t('nav.tokens'));
  return <TokenShop />;
}
