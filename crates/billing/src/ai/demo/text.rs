//! What the demo says: no model at all, but text from a fixed plan, so that the way a request is paid for can be seen. Pure:
//! the same conversation has the same answer.

use crate::ai::{Message, Role};

/// How much of a question is repeated, in characters.
const REPEATED: usize = 140;

const BEFORE: &str =
    "This is a demo: no AI model was asked, and this program has put the answer together itself.";
const NOTHING: &str = "You did not ask anything yet.";
const AFTER: &str = "A real model would answer here; how its answer is paid for you can see already. The request was \
    admitted before its first word, by your plan or with your tokens, and after the last word only what it has used is \
    counted.";
const LONG: &str = "\n\nYou asked for a long answer, so here is more about what has just happened. First the size of \
    your request was estimated: what you have sent, and the longest answer that may come back. If your plan has AI \
    requests left and the estimate is within the largest request of your plan, one of them pays for all of it, however \
    long the answer is.\n\n\
    Otherwise tokens pay. As many as were estimated are put aside, so that nobody else can spend them in the meantime, \
    and the answer begins. When it ends, the tokens that were used are taken, and the rest of what was put aside is \
    yours again at once.\n\n\
    If you stop the answer in the middle, only what had arrived until then is counted; if you leave before the first \
    word, nothing is. And should this program itself be stopped in the middle of a word, what was put aside comes back \
    to you after a few minutes, without anybody having to do anything.\n\n\
    You can follow all of it: your account shows how many AI requests are left until the next reset, how many tokens \
    you have, how many of them are put aside at the moment, and what every day has used. When little is left, you \
    are told in time, and nothing is bought for you unless you buy it yourself: an answer that you cannot pay for is \
    refused before its first word.";

/// About 100 tokens; about 400 when the last message asks for a long answer, in one of the pages' languages.
pub(super) fn answer(messages: &[Message]) -> String {
    let last = messages.last().map(|message| message.content.as_str()).unwrap_or_default();
    let question = messages.iter().rev().find(|message| message.role == Role::User);
    let question = question.map(|message| excerpt(&message.content)).filter(|text| !text.is_empty());
    let asked = question.map_or_else(|| NOTHING.to_owned(), |text| format!("You asked: “{text}”"));
    let last = last.to_lowercase();
    let more = if ["long", "larga"].iter().any(|word| last.contains(word)) { LONG } else { "" };
    format!("{BEFORE} {asked} {AFTER}{more}")
}

/// The beginning of what was said, in one line.
fn excerpt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(REPEATED) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ai::text::tokens;

    fn asked(content: &str) -> String {
        answer(&[Message { role: Role::User, content: content.to_owned() }])
    }

    #[test]
    fn it_says_that_it_is_a_demo_and_repeats_the_question() {
        let text = asked("How do I\n begin?");
        assert!(text.contains("no AI model was asked") && text.contains("“How do I begin?”"), "{text}");
        assert_eq!(text, asked("How do I\n begin?"));
        assert!(answer(&[]).contains(NOTHING));
    }

    #[test]
    fn an_answer_has_about_a_hundred_tokens_and_a_long_one_about_four_hundred() {
        for question in ["Hi", "x", &"word ".repeat(1_000)] {
            assert!((60..=130).contains(&tokens(&asked(question))), "{}", tokens(&asked(question)));
        }
        let long = tokens(&asked("Tell me a long story"));
        assert!((360..=440).contains(&long), "{long}");
    }
}
