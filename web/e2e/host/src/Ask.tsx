import { billingFetch, useRefreshBilling } from '@allthrive/billing-react';

interface Props {
  token: string | null;
  answers: string[];
  onAnswer: (answer: string) => void;
}

/** An AI feature of the host's own, whose server asks for what it costs. */
export function Ask({ token, answers, onAnswer }: Props) {
  const refresh = useRefreshBilling();
  const ask = async () => {
    const response = await billingFetch('/api/v1/billing/usage/consume/', {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'Idempotency-Key': crypto.randomUUID(),
        Authorization: `Bearer ${token}`,
      },
      body: JSON.stringify({ tokens: 10 }),
    });
    const { source } = await response.json();
    onAnswer(`answer ${answers.length + 1}: ${response.status} ${source}`);
    await refresh();
  };
  return (
    <>
      <button type="button" onClick={ask}>
        Ask the AI
      </button>
      {answers.map((answer) => (
        <p key={answer}>{answer}</p>
      ))}
    </>
  );
}
