import { WaitingNotice } from '../features/paywall/WaitingNotice';
import { TokenShop as Shop } from '../features/tokens/TokenShop';
import { Piece } from './Piece';

/** The balance, what can be bought, and where the tokens went. */
export function TokenShop() {
  return (
    <Piece>
      <WaitingNotice />
      <Shop />
    </Piece>
  );
}
