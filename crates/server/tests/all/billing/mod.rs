//! The product: subscriptions, tokens, usage, and what Stripe tells of them.

mod bad_input;
mod behind_our_back;
mod cards;
mod causes;
mod clients;
mod crash;
mod disputes;
mod flaky_stripe;
mod inbox;
mod life;
mod main_job;
mod one_subscription;
mod order_of_events;
mod overtaken;
mod paying;
mod plan;
mod program;
mod promotions;
mod purchases;
mod seeding;
mod spending;
mod story;
mod support;
mod trials;
mod unclear;
