//! A server with the API as its documentation describes it: releases, tags, assets, pages, conditional
//! requests, authorization and limits.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    server::{Reply, Request, Server, Then},
    storage::{Storage, location},
};

pub(crate) struct Api {
    pub(crate) server: Server,
    pub(crate) storage: Storage,
    world: Arc<Mutex<World>>,
}

/// What there is, and how it is guarded.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) releases: Vec<Release>,
    /// The token that is known.
    pub(crate) token: Option<&'static str>,
    pub(crate) private: bool,
    /// How many requests are left, and in how many seconds there are more.
    pub(crate) quota: Option<(u64, u64)>,
    /// What is answered to everything.
    pub(crate) response: Option<Response>,
    /// Where assets are redirected to, if not to the storage.
    pub(crate) redirect: Option<String>,
    storage: String,
    next_id: u64,
}

/// Status, headers and body.
type Response = (u16, Vec<(&'static str, String)>, String);

#[derive(Debug, Clone)]
pub(crate) struct Release {
    pub(crate) tag: String,
    pub(crate) draft: bool,
    pub(crate) prerelease: bool,
    pub(crate) published: String,
    pub(crate) assets: Vec<Asset>,
    id: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct Asset {
    pub(crate) name: String,
    /// As the API reports it.
    pub(crate) digest: Option<String>,
    pub(crate) state: &'static str,
    pub(crate) size: usize,
    id: u64,
}

impl Api {
    pub(crate) fn start() -> Self {
        let storage = Storage::start();
        let world = World { storage: storage.server.url(), ..World::default() };
        let world = Arc::new(Mutex::new(world));
        let shared = world.clone();
        let server = Server::start(move |request, reply| serve(&shared, request, reply));
        Self { server, storage, world }
    }

    /// One with a release of an asset for this platform.
    pub(crate) fn with(tag: &str, bytes: &[u8]) -> Self {
        let api = Self::start();
        api.release(tag, &[(&crate::name(""), bytes)]);
        api
    }

    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.world.lock().unwrap())
    }

    /// Publishes a release, later than all others.
    pub(crate) fn release(&self, tag: &str, assets: &[(&str, &[u8])]) {
        self.change(|world| {
            let id = world.id();
            let published = format!("2026-01-05T10:{:02}:{:02}Z", id / 60 % 60, id % 60);
            let release = Release {
                tag: tag.to_owned(),
                draft: false,
                prerelease: false,
                published,
                assets: Vec::new(),
                id,
            };
            world.releases.insert(0, release);
        });
        for (name, bytes) in assets {
            self.upload(tag, name, bytes);
        }
    }

    /// Uploads an asset to a release, in place of one of the same name.
    pub(crate) fn upload(&self, tag: &str, name: &str, bytes: &[u8]) {
        self.change(|world| {
            let id = world.id();
            self.storage.keep(id, bytes);
            let digest =
                Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect::<String>();
            let asset = Asset {
                name: name.to_owned(),
                digest: Some(format!("sha256:{digest}")),
                state: "uploaded",
                size: bytes.len(),
                id,
            };
            let release = world.releases.iter_mut().find(|release| release.tag == tag).unwrap();
            release.assets.retain(|asset| asset.name != name);
            release.assets.push(asset);
        });
    }

    /// Changes the release of that tag.
    pub(crate) fn edit(&self, tag: &str, edit: impl FnOnce(&mut Release)) {
        self.change(|world| edit(world.releases.iter_mut().find(|r| r.tag == tag).unwrap()));
    }

    /// The paths that the API was asked for since the last call, without their beginning.
    pub(crate) fn asked(&self) -> Vec<String> {
        let short = |path: String| path.replace("/repos/example/app/releases", "");
        self.server.requests().into_iter().map(|request| short(request.path)).collect()
    }

    /// How many requests are left.
    pub(crate) fn quota(&self) -> u64 {
        self.change(|world| world.quota.unwrap().0)
    }
}

impl World {
    fn id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// What is to be seen at a path, and whether there is a further page.
    fn see(&self, path: &str, is_member: bool) -> Option<(Value, bool)> {
        let rest = path.strip_prefix("/repos/example/app/releases")?;
        if let Some(tag) = rest.strip_prefix("/tags/") {
            let tag = percent_encoding::percent_decode_str(tag).decode_utf8().unwrap();
            let release = self.releases.iter().find(|release| release.tag == tag)?;
            return Some((release.json(), false));
        }
        let query: BTreeMap<_, _> =
            rest.strip_prefix('?')?.split('&').map(|pair| pair.split_once('=').unwrap()).collect();
        let number = |name| query.get(name).map_or(1, |text: &&str| text.parse::<usize>().unwrap());
        let (per_page, page) = (number("per_page"), number("page"));
        assert!(per_page <= 100);
        // Drafts are for those who may push.
        let visible: Vec<_> = self.releases.iter().filter(|r| is_member || !r.draft).collect();
        let pages = visible.chunks(per_page).collect::<Vec<_>>();
        let shown = pages.get(page - 1).copied().unwrap_or_default();
        Some((shown.iter().map(|release| release.json()).collect(), page < pages.len()))
    }

    fn asset(&self, path: &str) -> Option<&Asset> {
        let id = path.strip_prefix("/repos/example/app/releases/assets/")?.parse::<u64>().ok()?;
        self.releases.iter().flat_map(|release| &release.assets).find(|asset| asset.id == id)
    }
}

impl Release {
    fn json(&self) -> Value {
        json!({
            "id": self.id,
            "tag_name": self.tag,
            "target_commitish": "main",
            "name": format!("Release {}", self.tag),
            "draft": self.draft,
            "prerelease": self.prerelease,
            "created_at": "2026-01-01T00:00:00Z",
            "published_at": (!self.draft).then_some(&self.published),
            "assets": self.assets.iter().map(Asset::json).collect::<Vec<_>>(),
            "body": "notes",
        })
    }
}

impl Asset {
    fn json(&self) -> Value {
        json!({
            // URLs that the fetcher must not follow.
            "url": "http://127.0.0.1:1/trap",
            "browser_download_url": "http://127.0.0.1:1/trap",
            "id": self.id,
            "name": self.name,
            "label": null,
            "state": self.state,
            "content_type": "application/octet-stream",
            "size": self.size,
            "digest": self.digest,
            "download_count": 42,
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
            "uploader": null,
        })
    }
}

fn serve(world: &Mutex<World>, request: &Request, reply: &mut Reply<'_>) -> Then {
    let mut world = world.lock().unwrap();
    if let Some((status, headers, body)) = &world.response {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        return reply.answer(*status, &headers, body.as_bytes());
    }
    let say = |message: &str| json!({ "message": message }).to_string().into_bytes();
    if request.header("user-agent").is_none() {
        return reply.answer(403, &[], &say("Request forbidden by administrative rules"));
    }
    let authorized = match request.header("authorization") {
        None => false,
        Some(value) if value.strip_prefix("Bearer ") == world.token => true,
        Some(_) => return reply.answer(401, &[], &say("Bad credentials")),
    };

    let now = SystemTime::now();
    let date = httpdate::fmt_http_date(now);
    let mut headers = vec![("Date", date)];
    let mut body = Vec::new();
    let renamed = request.path.strip_prefix("/repos/example/old/");
    let status = if world.quota.is_some_and(|(left, _)| left == 0) {
        body = say("API rate limit exceeded for 127.0.0.1");
        403
    } else if world.private && !authorized {
        body = say("Not Found");
        404
    } else if let Some(rest) = renamed {
        headers.push(("Location", format!("/repos/example/app/{rest}")));
        301
    } else if request.header("accept") != Some(media_type(&request.path)) {
        body = say("Unsupported 'Accept' header");
        415
    } else if let Some(asset) = world.asset(&request.path) {
        let target = world.redirect.clone().unwrap_or_else(|| location(&world.storage, asset.id));
        headers.push(("Location", target));
        302
    } else if let Some((value, has_next)) = world.see(&request.path, authorized) {
        body = value.to_string().into_bytes();
        let hash: String = Sha256::digest(&body)[..8].iter().map(|b| format!("{b:02x}")).collect();
        let etag = format!("W/\"{hash}\"");
        let status = if request.header("if-none-match") == Some(&etag) { 304 } else { 200 };
        headers.push(("ETag", etag));
        if has_next {
            headers.push(("Link", "<http://127.0.0.1:1/trap?page=2>; rel=\"next\"".to_owned()));
        }
        status
    } else {
        body = say("Not Found");
        404
    };
    if let Some((left, seconds)) = &mut world.quota {
        // Free for those who are authorized only.
        if !(status == 304 && authorized) {
            *left = left.saturating_sub(1);
        }
        let reset = (now + Duration::from_secs(*seconds)).duration_since(UNIX_EPOCH).unwrap();
        headers.push(("X-RateLimit-Limit", "60".to_owned()));
        headers.push(("X-RateLimit-Remaining", left.to_string()));
        headers.push(("X-RateLimit-Reset", reset.as_secs().to_string()));
    }
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    reply.answer(status, &headers, &body)
}

/// What is to be asked for at a path: an asset in JSON is what is known of it.
fn media_type(path: &str) -> &'static str {
    if path.contains("/releases/assets/") {
        "application/octet-stream"
    } else {
        "application/vnd.github+json"
    }
}
