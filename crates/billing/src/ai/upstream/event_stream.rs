//! Server-sent events as an OpenAI-compatible service sends them, read from bytes as they come
//! (<https://html.spec.whatwg.org/multipage/server-sent-events.html>). Only their data is of interest. It is JSON, in which a
//! line break between two lines is as good as a space: so every event is one line.

/// Of one event, in bytes: a service that sends more without an end is broken.
const LONGEST: usize = 8 * 1024 * 1024;

#[derive(Debug, Default)]
pub(super) struct EventStream {
    /// The line that has not ended yet.
    line: Vec<u8>,
    /// The data of the event that has not ended yet.
    data: Option<Vec<u8>>,
    /// The last byte was a carriage return: a line feed after it ends nothing.
    after_return: bool,
}

/// An event is longer than any should be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

impl EventStream {
    /// The data of every event that these bytes end.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, TooLong> {
        let mut ended = vec![];
        for byte in bytes {
            let again = std::mem::take(&mut self.after_return);
            match byte {
                b'\n' if again => {}
                b'\n' | b'\r' => {
                    self.after_return = *byte == b'\r';
                    ended.extend(self.end_line());
                }
                _ => self.line.push(*byte),
            }
        }
        let waiting = self.line.len() + self.data.as_ref().map_or(0, Vec::len);
        if waiting > LONGEST { Err(TooLong) } else { Ok(ended) }
    }

    fn end_line(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            return self.data.take().map(|data| String::from_utf8_lossy(&data).into_owned());
        }
        // Comments, names and ids of events say nothing here.
        if let Some(data) = line.strip_prefix(b"data:") {
            let data = data.strip_prefix(b" ").unwrap_or(data);
            match &mut self.data {
                Some(before) => {
                    before.push(b' ');
                    before.extend_from_slice(data);
                }
                None => self.data = Some(data.to_vec()),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        ": hello\r\n\r\ndata: {\"a\":1}\n\nevent: x\ndata:one\ndata: two ñ\r\n\r\n\n\ndata: cut";

    #[test]
    fn events_are_the_same_however_their_bytes_come() {
        for size in 1..TEXT.len() {
            let mut events = EventStream::default();
            let read: Vec<_> =
                TEXT.as_bytes().chunks(size).flat_map(|bytes| events.push(bytes).unwrap()).collect();
            assert_eq!(read, ["{\"a\":1}", "one two ñ"], "{size} bytes at a time");
        }
    }

    #[test]
    fn an_event_without_an_end_is_given_up() {
        let mut events = EventStream::default();
        let part = vec![b'x'; LONGEST / 2];
        assert_eq!(events.push(&part), Ok(vec![]));
        assert_eq!(events.push(&part), Ok(vec![]));
        assert_eq!(events.push(b"x"), Err(TooLong));
    }
}
