//! Where the frames of HTTP/2 begin and end (RFC 9113, section 4.1).

/// What a client sends before its first frame.
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const HEAD: usize = 9;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const ACK: u8 = 1;

/// One direction of a connection.
#[derive(Default)]
pub(crate) struct Frames {
    head: [u8; HEAD],
    /// How much of the head is known.
    known: usize,
    /// How much of the frame is to come after the head.
    left: usize,
    going_away: bool,
    /// What the last ping asked for that came after a GOAWAY.
    asked: [u8; 8],
    has_asked: bool,
}

impl Frames {
    /// Follows what is sent.
    pub(crate) fn follow(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let taken =
                if self.known < HEAD { self.follow_head(bytes) } else { self.follow_body(bytes) };
            bytes = bytes.get(taken..).unwrap_or_default();
            if self.known == HEAD && self.left == 0 {
                self.going_away |= self.kind() == GOAWAY;
                self.has_asked |= self.is_question();
                self.known = 0;
            }
        }
    }

    /// Whether the next byte begins a frame.
    pub(crate) fn is_between(&self) -> bool {
        self.known == 0
    }

    /// The response to the ping that came after a GOAWAY.
    pub(crate) fn response(&self) -> Option<[u8; HEAD + 8]> {
        let mut response = [0; HEAD + 8];
        response[..HEAD].copy_from_slice(&[0, 0, 8, PING, ACK, 0, 0, 0, 0]);
        response[HEAD..].copy_from_slice(&self.asked);
        self.has_asked.then_some(response)
    }

    fn follow_head(&mut self, bytes: &[u8]) -> usize {
        let taken = bytes.len().min(HEAD - self.known);
        self.head[self.known..self.known + taken].copy_from_slice(&bytes[..taken]);
        self.known += taken;
        let [high, middle, low, ..] = self.head;
        self.left = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
        taken
    }

    fn follow_body(&mut self, bytes: &[u8]) -> usize {
        let taken = bytes.len().min(self.left);
        if self.is_question() && self.left <= self.asked.len() {
            let from = self.asked.len() - self.left;
            self.asked[from..from + taken].copy_from_slice(&bytes[..taken]);
        }
        self.left -= taken;
        taken
    }

    fn kind(&self) -> u8 {
        self.head[3]
    }

    /// Whether this frame is the ping that finds out whether a GOAWAY has arrived.
    fn is_question(&self) -> bool {
        self.going_away && self.kind() == PING && self.head[4] & ACK == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: &[u8] = &[0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100];
    const EARLIER: &[u8] = &[0, 0, 8, PING, 0, 0, 0, 0, 0, 9, 9, 9, 9, 9, 9, 9, 9];
    const AWAY: &[u8] = &[0, 0, 8, GOAWAY, 0, 0, 0, 0, 0, 127, 255, 255, 255, 0, 0, 0, 0];
    const QUESTION: &[u8] = &[0, 0, 8, PING, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
    const ANSWER: &[u8] = &[0, 0, 8, PING, ACK, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];

    #[test]
    fn the_answer_is_that_to_the_ping_after_the_goaway_however_it_is_cut() {
        let sent = [SETTINGS, EARLIER, AWAY, QUESTION].concat();
        for size in 1..=sent.len() {
            let mut frames = Frames::default();
            for part in sent.chunks(size) {
                assert!(frames.response().is_none());
                frames.follow(part);
            }
            assert_eq!(frames.response().unwrap(), ANSWER);
            assert!(frames.is_between());
        }
    }

    #[test]
    fn between_two_frames_is_nowhere_else() {
        let sent = [SETTINGS, &[0, 0, 0, 4, ACK, 0, 0, 0, 0], EARLIER].concat();
        let mut frames = Frames::default();
        let between: Vec<usize> = (0..sent.len())
            .filter(|&at| {
                let between = frames.is_between();
                frames.follow(&sent[at..=at]);
                between
            })
            .collect();
        assert_eq!(between, [0, 15, 24]);
    }
}
