//! Which workers there are. A new one is a line here.

use crate::config::Mode;
use crate::state::{AppState, Shared};
use crate::workers::Workers;
use anyhow::Context as _;
use billing::Billing;
use billing::outbox::{Carrier, Host, Mailer};
use domain::clock::Clock;
use domain::time::{HOUR, MINUTE, SECOND, Timestamp};
use secrecy::ExposeSecret as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;
use url::Url;

pub(crate) fn start(workers: &Workers, state: &AppState) -> anyhow::Result<()> {
    let billing = state.billing.for_workers();
    let clocks = &billing.clocks;
    let jobs = Jobs { workers, billing: &billing };

    if let Some(mailer) = mailer(state)? {
        let (wake, mails) = (billing.outbox_wake.clone(), Carrier::Mail(mailer));
        jobs.woken("outbox", wake, move |it| {
            let mails = mails.clone();
            async move { it.deliver_messages(&mails).await }
        });
    }
    if let Some(host) = &state.config.host_webhook {
        let host = Host::new(host.url.expose_secret(), &host.secrets).context("HOST_WEBHOOK_SECRET")?;
        let (wake, host) = (billing.host_wake.clone(), Carrier::Host(host));
        jobs.woken("host_webhooks", wake, move |it| {
            let host = host.clone();
            async move { it.deliver_messages(&host).await }
        });
    }

    jobs.woken("inbox", billing.inbox_wake.clone(), |it| async move { it.inbox_step().await });
    jobs.woken("promised_refunds", billing.promises_wake.clone(), |it| async move {
        it.keep_promised_refunds().await
    });
    jobs.by("entitlements", &clocks.business, |it| async move { it.tell_due_entitlements().await });
    jobs.by("holds", &clocks.business, |it| async move { it.expire_holds().await });
    jobs.by("card_reminders", &clocks.business, |it| async move { it.remind_of_cards().await });
    jobs.by("stuck_subscribes", &clocks.wall, |it| async move { it.void_stuck_subscribes().await });
    jobs.by("plan_changes", &clocks.wall, |it| async move { it.settle_plan_changes().await });
    jobs.by("pauses", &clocks.wall, |it| async move { it.resume_paused().await });
    jobs.by("stuck_purchases", &clocks.wall, |it| async move { it.void_stuck_purchases().await });
    jobs.by("abandoned_purchases", &clocks.wall, |it| async move { it.void_abandoned_purchases().await });
    jobs.by("retention", &clocks.wall, |it| async move { it.forget_expired().await });
    jobs.by("open_discrepancies", &clocks.wall, |it| async move {
        // A count of this size is exact as a float.
        let open = u32::try_from(it.open_discrepancies().await?).unwrap_or(u32::MAX);
        metrics::gauge!("discrepancies_open").set(f64::from(open));
        Ok(Some(it.wall().plus(MINUTE)))
    });
    if let Some(hours) = state.config.reconcile_every_hours {
        let every = i64::from(hours) * HOUR;
        jobs.by("reconcile", &clocks.wall, move |it| async move { it.reconcile_step(every).await });
    }

    // Until it has succeeded once: another instance may run a newer catalog by then.
    let seeded = Arc::new(AtomicBool::new(false));
    jobs.by("seed", &clocks.wall, move |it| {
        let seeded = seeded.clone();
        async move { if seeded.load(Ordering::SeqCst) { Ok(None) } else { it.seed_step(&seeded).await } }
    });
    let first = Arc::new(AtomicBool::new(true));
    jobs.by("catch_up", &clocks.wall, move |it| {
        let first = first.clone();
        async move {
            let next = it.catch_up_step(first.load(Ordering::SeqCst)).await;
            // While a step failed, deliveries may have failed as well: then the next one asks, however short that was.
            first.store(next.is_err(), Ordering::SeqCst);
            next
        }
    });
    let figures = state.metrics.clone();
    jobs.by("metrics", &clocks.wall, move |it| {
        let figures = figures.clone();
        async move {
            // Until then each value of a histogram takes eight bytes.
            figures.run_upkeep();
            Ok(Some(it.wall().plus(SECOND)))
        }
    });
    let shared = state.clone();
    jobs.by("rate_limits", &clocks.wall, move |it| {
        let shared = shared.clone();
        async move {
            shared.limits.forget_idle(it.wall());
            it.ai.forget_idle();
            Ok(Some(it.wall().plus(MINUTE)))
        }
    });
    Ok(())
}

/// Steps of `billing`, at the priority of work that nobody waits for.
struct Jobs<'a> {
    workers: &'a Workers,
    billing: &'a Billing,
}

impl Jobs<'_> {
    /// Due by this clock.
    fn by<F>(&self, name: &'static str, clock: &Clock, step: impl Fn(Billing) -> F + Send + 'static)
    where
        F: Future<Output = billing::Result<Option<Timestamp>>> + Send + 'static,
    {
        self.start(name, clock, Arc::new(Notify::new()), step);
    }

    /// Due by the wall clock, and whenever it is woken.
    fn woken<F>(&self, name: &'static str, wake: Arc<Notify>, step: impl Fn(Billing) -> F + Send + 'static)
    where
        F: Future<Output = billing::Result<Option<Timestamp>>> + Send + 'static,
    {
        self.start(name, &self.billing.clocks.wall, wake, step);
    }

    fn start<F>(
        &self,
        name: &'static str,
        clock: &Clock,
        wake: Arc<Notify>,
        step: impl Fn(Billing) -> F + Send + 'static,
    ) where
        F: Future<Output = billing::Result<Option<Timestamp>>> + Send + 'static,
    {
        let billing = self.billing.clone();
        self.workers.start(name, clock.clone(), wake, move || step(billing.clone()));
    }
}

/// `None`: mails wait in the outbox until there is an SMTP_URL.
fn mailer(state: &Shared) -> anyhow::Result<Option<Mailer>> {
    match (&state.config.smtp_url, state.config.mode) {
        (Some(url), _) => {
            let public = Url::parse(&state.config.public_url)?;
            let host =
                public.host_str().context("PUBLIC_URL: without a host there is no sender's address")?;
            Ok(Some(Mailer::smtp(url, host).context("SMTP_URL")?))
        }
        (None, Mode::Sandbox) => Ok(Some(Mailer::Keep)),
        (None, Mode::Test | Mode::Live) => {
            tracing::warn!("without SMTP_URL no mail is sent");
            Ok(None)
        }
    }
}
