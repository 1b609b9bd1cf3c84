// `Stripe(publishableKey, options)`: what a page calls.

// Of other ways to pay than cards, and of other products.
const ABSENT = [
  'confirmAcssDebitPayment', 'confirmAffirmPayment', 'confirmAfterpayClearpayPayment', 'confirmAlipayPayment',
  'confirmAuBecsDebitPayment', 'confirmBancontactPayment', 'confirmBilliePayment', 'confirmBlikPayment',
  'confirmBoletoPayment', 'confirmCashappPayment', 'confirmCustomerBalancePayment', 'confirmEpsPayment',
  'confirmFpxPayment', 'confirmGiropayPayment', 'confirmGrabPayPayment', 'confirmIdealPayment',
  'confirmKlarnaPayment', 'confirmKonbiniPayment', 'confirmMobilepayPayment', 'confirmMultibancoPayment',
  'confirmOxxoPayment', 'confirmP24Payment', 'confirmPayByBankPayment', 'confirmPayNowPayment',
  'confirmPayPalPayment', 'confirmPixPayment', 'confirmPromptPayPayment', 'confirmSepaDebitPayment',
  'confirmSofortPayment', 'confirmTwintPayment', 'confirmUsBankAccountPayment', 'confirmWechatPayPayment',
  'confirmAcssDebitSetup', 'confirmAmazonPaySetup', 'confirmAuBecsDebitSetup', 'confirmBacsDebitSetup',
  'confirmBancontactSetup', 'confirmBlikSetup', 'confirmCashappSetup', 'confirmIdealSetup', 'confirmPayPalSetup',
  'confirmSepaDebitSetup', 'confirmSofortSetup', 'confirmUsBankAccountSetup', 'verifyMicrodepositsForPayment',
  'verifyMicrodepositsForSetup', 'createRadarSession', 'collectBankAccountForPayment', 'collectBankAccountForSetup',
  'collectBankAccountToken', 'collectFinancialConnectionsAccounts', 'createEphemeralKeyNonce', 'verifyIdentity',
  'processOrder', 'retrieveOrder', 'createSource', 'retrieveSource', 'initCheckoutElementsSdk',
  'initCheckoutFormSdk', 'createEmbeddedCheckoutPage', 'initializePricing', 'redirectToCheckout',
];

function checkedKey(key) {
  if (typeof key !== 'string' || key === '') {
    throw new IntegrationError('Please call Stripe() with your publishable key. You used an empty string.');
  }
  if (/^(sk|rk)_/.test(key)) {
    throw new IntegrationError('You should not use your secret key with Stripe.js. Please pass a publishable key instead.');
  }
  return key;
}

// A promise in any case: wrong use rejects it, and does not throw past the caller's `catch`.
const promised =
  (work) =>
  async (...args) =>
    work(...args);

function Stripe(publishableKey, options = {}) {
  const key = checkedKey(publishableKey);
  if (options?.stripeAccount) throw new IntegrationError('This sandbox has no connected accounts.');
  const client = {
    key,
    inFlight: new Set(),
    request: (method, path, params) => request(BASE, key, method, path, params),
  };
  const retrieve = (kind, name) => async (secret) => {
    kindOf(secret, `${name}()`, kind);
    const { intent, error } = await retrieveIntent(client, kind, secret);
    return error ? { error } : { [kind.result]: intent };
  };
  const absent = ABSENT.map((name) => [
    name,
    promised(() => {
      throw new IntegrationError(`This sandbox's Stripe.js has no ${name}().`);
    }),
  ]);
  return {
    ...Object.fromEntries(absent),
    elements: (settings) => new Elements(client, settings),
    createToken: promised(createToken),
    createPaymentMethod: promised((first, card, data) =>
      // The older form: createPaymentMethod('card', element, data).
      createPaymentMethod(client, typeof first === 'string' ? { ...data, type: first, card } : first),
    ),
    createConfirmationToken: promised(createConfirmationToken),
    confirmPayment: promised((settings) => confirm(client, KINDS.pi, 'confirmPayment', settings)),
    confirmSetup: promised((settings) => confirm(client, KINDS.seti, 'confirmSetup', settings)),
    confirmCardPayment: promised((...args) => confirmCard(client, KINDS.pi, 'confirmCardPayment', ...args)),
    confirmCardSetup: promised((...args) => confirmCard(client, KINDS.seti, 'confirmCardSetup', ...args)),
    handleNextAction: promised(({ clientSecret }) => handleAction(client, 'handleNextAction', clientSecret)),
    handleCardAction: promised((secret) => handleAction(client, 'handleCardAction', secret)),
    retrievePaymentIntent: retrieve(KINDS.pi, 'retrievePaymentIntent'),
    retrieveSetupIntent: retrieve(KINDS.seti, 'retrieveSetupIntent'),
    paymentRequest: () => Object.assign(new Emitter(), { canMakePayment: async () => null, show() {}, update() {} }),
    registerAppInfo() {},
    _registerWrapper() {},
  };
}

// The release train that @stripe/stripe-js 10.2 expects; it warns of any other.
Stripe.version = 'endive';
window.Stripe = Stripe;
