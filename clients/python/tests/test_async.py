"""The async client: the same flows, and holds that outlive a cancellation."""

from __future__ import annotations

import anyio
import anyio.lowlevel
import pytest

from allthrive_billing import AsyncBilling, BillingUnreachable, FeatureNotInTier, OutOfAiRequests, Unrecorded
from server import FlakyProxy, Server, free_port, token_of

pytestmark = pytest.mark.anyio


async def test_it_asks_what_the_blocking_one_asks(server: Server, key: str, subject: str) -> None:
    async with AsyncBilling(server.url, key) as billing:
        member = billing.on_behalf_of(subject)
        assert (await member.entitlements()).tier_slug == "free"
        with pytest.raises(FeatureNotInTier):
            await member.require_feature("ai_agents")
        await member.require_room("projects", 9)
        async with member.hold(4_000) as held:
            held.used(812)
        assert held.hold is not None
        assert (held.hold.status, held.hold.source) == ("captured", "allowance")
        hold = await member.authorize(100)
        assert (await member.capture(hold.id, 10)).status == "captured"
        assert (await member.void((await member.authorize(100)).id)).status == "voided"
        await member.consume()
        with pytest.raises(OutOfAiRequests):
            await member.consume()
        assert (await member.usage()).today.ai_requests == 3
        assert (await billing.as_member(token_of(subject)).balance()).available == 0


async def test_who_leaves_in_mid_stream_pays_what_was_used_until_then(server: Server, key: str, subject: str) -> None:
    server.buy_tokens(subject)
    async with AsyncBilling(server.url, key) as billing:
        member = billing.on_behalf_of(subject)
        for _ in range(3):
            await member.consume()

        async def stream(used: int | None, started: anyio.Event) -> None:
            async with member.hold(4_000) as held:
                if used is not None:
                    held.used(used)
                started.set()
                await anyio.sleep_forever()

        for used in (300, None):
            started = anyio.Event()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(stream, used, started)
                await started.wait()
                tasks.cancel_scope.cancel()
        balance = (await member.consume()).balance
        assert balance is not None
        assert (balance.available, balance.held) == (100_000 - 300 - 1, 0)


async def test_lost_and_stalled_answers_are_asked_for_again(key: str, proxy: FlakyProxy, subject: str) -> None:
    proxy.faults = ["after", "stall", 503]
    async with AsyncBilling(proxy.url, key, timeout=0.5) as billing:
        consumed = await billing.on_behalf_of(subject).consume()
    assert consumed.allowance is not None
    assert (consumed.replayed, consumed.allowance.used) == (True, 1)


async def test_without_billing_only_what_was_chosen_stays_open(subject: str) -> None:
    reported: list[Unrecorded] = []
    nobody = f"http://127.0.0.1:{free_port()}"
    async with AsyncBilling(nobody, "atb_x", max_attempts=1, on_unrecorded=reported.append) as billing:
        member = billing.on_behalf_of(subject)
        with pytest.raises(BillingUnreachable):
            await member.consume()
        assert not (await member.consume(on_unreachable="allow")).recorded
        with pytest.raises(BillingUnreachable):
            await billing.record(reported[0])
    assert len(reported) == 1


async def test_a_hook_may_be_async_and_is_awaited(subject: str, caplog: pytest.LogCaptureFixture) -> None:
    stored: list[Unrecorded] = []

    async def store(event: Unrecorded) -> None:
        await anyio.lowlevel.checkpoint()
        if event.tokens == 13:
            raise ZeroDivisionError
        stored.append(event)

    nobody = f"http://127.0.0.1:{free_port()}"
    async with AsyncBilling(nobody, "atb_x", max_attempts=1, on_unrecorded=store) as billing:
        member = billing.on_behalf_of(subject)
        assert not (await member.consume(7, on_unreachable="allow")).recorded
        async with member.hold(100, on_unreachable="allow") as held:
            held.used(12)
        assert [event.tokens for event in stored] == [7, 12]
        assert "only in the log" not in caplog.text
        assert not (await member.consume(13, on_unreachable="allow")).recorded
    assert len(stored) == 2
    assert "only in the log" in caplog.text


async def test_waiting_for_a_connection_is_no_sign_of_an_outage(key: str, proxy: FlakyProxy, subject: str) -> None:
    async with AsyncBilling(proxy.url, key, max_connections=1, timeout=0.05, max_attempts=1) as billing:
        async with billing._transport._client.stream("GET", f"{proxy.url}/healthz"):
            # One more than make the breaker leave billing alone.
            for _ in range(6):
                with pytest.raises(BillingUnreachable, match="max_connections"):
                    await billing.on_behalf_of(subject).consume()
    assert proxy.keys_of("/consume/") == []
