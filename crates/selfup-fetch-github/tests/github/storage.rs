//! The storage host of the assets: another origin, with URLs that are secret.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::server::{Reply, Request, Server, Then};

pub(crate) struct Storage {
    pub(crate) server: Server,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    files: BTreeMap<u64, Vec<u8>>,
    habit: Habit,
    /// How many bytes of bodies were taken by the socket.
    sent: usize,
}

/// How files are served.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) enum Habit {
    #[default]
    Whole,
    /// Each response ends after so many bytes, although more were announced.
    Cut(usize),
    /// The same with a reset.
    Reset(usize),
    /// The same, and other bytes from then on.
    CutAndReplaced(usize),
    /// The first response ends early, and nothing is served in parts.
    CutWithoutRanges(usize),
    /// Nothing comes after so many bytes.
    Hang(usize),
    /// Nothing comes at all.
    Silent,
    Trickle,
    /// Without a length, more bytes than there are.
    More,
    Status(u16),
    Coded,
}

impl Storage {
    pub(crate) fn start() -> Self {
        let kept = Arc::new(Mutex::new(Kept::default()));
        let shared = kept.clone();
        let server = Server::start(move |request, reply| serve(&shared, request, reply));
        Self { server, kept }
    }

    pub(crate) fn keep(&self, id: u64, bytes: &[u8]) {
        self.kept.lock().unwrap().files.insert(id, bytes.to_vec());
    }

    pub(crate) fn habit(&self, habit: Habit) {
        self.kept.lock().unwrap().habit = habit;
    }

    pub(crate) fn sent(&self) -> usize {
        self.kept.lock().unwrap().sent
    }
}

const KEY: &str = "?signature=SECRET";

/// Where a file is for the next minutes.
pub(crate) fn location(base: &str, id: u64) -> String {
    format!("{base}/files/{id}{KEY}")
}

fn serve(kept: &Mutex<Kept>, request: &Request, reply: &mut Reply<'_>) -> Then {
    if request.header("authorization").is_some() {
        return reply.answer(400, &[], b"<Error>only one way to authorize</Error>");
    }
    let id = request.path.strip_prefix("/files/").and_then(|path| path.strip_suffix(KEY));
    let found = {
        let kept = kept.lock().unwrap();
        let file = id.and_then(|id| kept.files.get(&id.parse().ok()?)).cloned();
        file.map(|file| (file, kept.habit.clone()))
    };
    let Some((mut file, habit)) = found else { return reply.answer(404, &[], b"") };
    if let Habit::CutAndReplaced(_) = habit
        && request.header("range").is_some()
    {
        file = b"X".repeat(file.len());
    }
    let etag =
        format!("\"{:x}\"", file.iter().fold(7_u64, |h, b| h.wrapping_mul(31) + u64::from(*b)));
    let (status, start) = match part(request, &etag) {
        Some(start) if habit != Habit::Silent && !matches!(habit, Habit::CutWithoutRanges(_)) => {
            (206, start)
        }
        _ => (200, 0),
    };
    let range = format!("bytes {start}-{}/{}", file.len() - 1, file.len());
    let mut headers = vec![("ETag", etag.as_str())];
    if status == 206 {
        headers.push(("Content-Range", &range));
    }
    let body = &file[start..];
    let first = |reply: &mut Reply<'_>, most: usize| {
        reply.head(status, &headers, Some(body.len()));
        reply.send(&body[..most.min(body.len())]);
    };
    match habit {
        Habit::Whole => {
            reply.head(status, &headers, Some(body.len()));
            for piece in body.chunks(64 << 10) {
                if reply.try_send(piece).is_err() {
                    return Then::Close;
                }
                kept.lock().unwrap().sent += piece.len();
            }
            Then::Keep
        }
        Habit::Cut(at) | Habit::CutAndReplaced(at) | Habit::CutWithoutRanges(at) => {
            first(reply, at);
            Then::Close
        }
        Habit::Reset(at) => {
            first(reply, at);
            reply.reset()
        }
        Habit::Hang(at) => {
            first(reply, at);
            reply.hang()
        }
        Habit::Silent => reply.hang(),
        Habit::Trickle => {
            first(reply, 1);
            reply.trickle(&body[1..], Duration::from_millis(20))
        }
        Habit::More => {
            reply.head(200, &headers, None);
            reply.send(body);
            reply.send(b"more");
            Then::Close
        }
        Habit::Status(status) => reply.answer(status, &[], b"<Error/>"),
        Habit::Coded => {
            headers.push(("Content-Encoding", "gzip"));
            reply.answer(200, &headers, body)
        }
    }
}

/// Where the wanted part begins, if one is wanted of this very file.
fn part(request: &Request, etag: &str) -> Option<usize> {
    let start = request.header("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()?;
    (request.header("if-range")? == etag).then_some(start)
}
