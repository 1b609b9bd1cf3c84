// Errors in Stripe.js's forms: thrown where the integration is wrong, `{error}` where the world is.

class IntegrationError extends Error {
  constructor(message) {
    super(message);
    this.name = 'IntegrationError';
  }
}

const connectionError = () => ({
  type: 'api_connection_error',
  message: 'An error has occurred talking to Stripe. Please check your internet connection and try again.',
});

const validationError = (code, message) => ({ type: 'validation_error', code, message });
