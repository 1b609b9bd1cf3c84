// A bare page that pays with Stripe's own React components, unchanged: the stories say by `?how=` what it does.
import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { loadStripe } from '@stripe/stripe-js';
import {
  AddressElement,
  CardCvcElement,
  CardElement,
  CardExpiryElement,
  CardNumberElement,
  Elements,
  ExpressCheckoutElement,
  LinkAuthenticationElement,
  PaymentElement,
  useElements,
  useStripe,
} from '@stripe/react-stripe-js';
import { FLOWS } from './flows.js';

const how = JSON.parse(new URLSearchParams(location.search).get('how') ?? '{}');
document.documentElement.dataset.theme = how.dark ? 'dark' : 'light';
window.heard = [];

const COMPONENTS = {
  payment: PaymentElement,
  card: CardElement,
  cardNumber: CardNumberElement,
  cardExpiry: CardExpiryElement,
  cardCvc: CardCvcElement,
  address: AddressElement,
  linkAuthentication: LinkAuthenticationElement,
  expressCheckout: ExpressCheckoutElement,
};

const hear = (type, event) => (detail) => {
  const plain = detail && 'elementType' in detail && !('mount' in detail) ? detail : {};
  window.heard.push({ type, event, detail: JSON.parse(JSON.stringify(plain)) });
};

function Checkout() {
  const stripe = useStripe();
  const elements = useElements();
  const [result, setResult] = useState(null);
  const [paying, setPaying] = useState(false);
  const pay = async (event) => {
    event.preventDefault();
    setPaying(true);
    setResult(null);
    try {
      setResult(await FLOWS[how.flow](stripe, elements, how));
    } catch (error) {
      setResult({ thrown: { name: error.name, message: error.message } });
    } finally {
      setPaying(false);
    }
  };
  const shown = how.show ?? ['payment'];
  return (
    <form onSubmit={pay} className={shown[0]?.startsWith('card') ? 'card' : undefined}>
      {shown.map((type) => {
        const Component = COMPONENTS[type];
        const on = (event) => hear(type, event);
        return (
          <Component
            key={type}
            options={how.options?.[type]}
            onReady={on('ready')}
            onChange={on('change')}
            onFocus={on('focus')}
            onBlur={on('blur')}
            onEscape={on('escape')}
            onLoadError={on('loaderror')}
          />
        );
      })}
      <button disabled={!stripe || (paying && !how.twice)}>Pay</button>
      {result && <pre id="result">{JSON.stringify(result, null, 1)}</pre>}
    </form>
  );
}

const stripe = how.bare ? null : loadStripe(how.key ?? 'pk_test_sandbox');

function App() {
  const [options, setOptions] = useState(how.elements);
  const [there, setThere] = useState(true);
  window.setOptions = setOptions;
  window.setThere = setThere;
  return (
    <main>
      <h1>Pay</h1>
      {there && (
        <Elements stripe={stripe} options={options}>
          <Checkout />
        </Elements>
      )}
    </main>
  );
}

createRoot(document.getElementById('root')).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
