//! Keeps the list of releases from poll to poll, with its validators.

use http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use selfup_fetch::{Error, ErrorKind};

use crate::{api::Api, release::Release, status::About};

/// The last responses of the API, to avoid their repetition.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// One for each requested page; a single one for a tag.
    pages: Vec<Known>,
}

#[derive(Debug)]
struct Known {
    etag: Option<HeaderValue>,
    page: Page,
}

/// The properties of a page of releases that matter here.
#[derive(Debug, Clone, Default)]
struct Page {
    latest: Option<Release>,
    passed_over: usize,
    has_next: bool,
}

/// The largest number of releases in one page, and of pages.
const PER_PAGE: usize = 100;
const MOST_PAGES: usize = 10;

/// The characters that are percent-encoded in a segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl Listing {
    /// Returns the wanted release, as the API describes it now.
    pub(crate) fn wanted(&mut self, api: &mut Api<'_>) -> Result<Release, Error> {
        let settings = api.settings;
        match &settings.tag {
            Some(tag) => self.tagged(api, tag),
            None => self.latest(api),
        }
    }

    fn tagged(&mut self, api: &mut Api<'_>, tag: &str) -> Result<Release, Error> {
        let page = self.page(
            api,
            0,
            &format!("tags/{}", utf8_percent_encode(tag, SEGMENT)),
            |api, path, etag| {
                let response = api.json::<Release>(path, About::Tag(tag), etag)?;
                Ok(response.map(|response| Known {
                    etag: response.etag,
                    page: Page { latest: Some(response.value), ..Page::default() },
                }))
            },
        )?;
        page.latest.filter(|release| !release.draft).ok_or_else(|| {
            let reason = format!("the release of the tag {tag:?} is a draft; publish it");
            Error::new(ErrorKind::NotFound, reason)
        })
    }

    /// Returns the latest release of the first page with a suitable one.
    fn latest(&mut self, api: &mut Api<'_>) -> Result<Release, Error> {
        let pre_releases = api.settings.pre_releases;
        let mut passed_over = 0;
        for index in 0..MOST_PAGES {
            let query = format!("?per_page={PER_PAGE}&page={}", index + 1);
            let page = self.page(api, index, &query, |api, path, etag| {
                let response = api.json::<Vec<Release>>(path, About::Releases, etag)?;
                Ok(response.map(|response| Known {
                    etag: response.etag,
                    page: Page::of(response.value, response.has_next, pre_releases),
                }))
            })?;
            if let Some(latest) = page.latest {
                return Ok(latest);
            }
            passed_over += page.passed_over;
            if !page.has_next {
                break;
            }
        }
        Err(Error::new(ErrorKind::NotFound, none(passed_over, pre_releases)))
    }

    /// Returns a page, which is transferred only if it has changed.
    fn page(
        &mut self,
        api: &mut Api<'_>,
        index: usize,
        what: &str,
        ask: impl FnOnce(&mut Api<'_>, &str, Option<&HeaderValue>) -> Result<Option<Known>, Error>,
    ) -> Result<Page, Error> {
        let separator = if what.starts_with('?') { "" } else { "/" };
        let (owner, repo) = (&api.settings.owner, &api.settings.repo);
        let path = format!("/repos/{owner}/{repo}/releases{separator}{what}");
        let etag = self.pages.get(index).and_then(|known| known.etag.clone());
        if let Some(response) = ask(api, &path, etag.as_ref())? {
            self.pages.truncate(index);
            self.pages.push(response);
        }
        Ok(self.pages.get(index).map(|known| known.page.clone()).unwrap_or_default())
    }
}

impl Page {
    fn of(releases: Vec<Release>, has_next: bool, pre_releases: bool) -> Self {
        let all = releases.len();
        let counts =
            |release: &Release| !release.draft && (pre_releases || !release.is_pre_release());
        let counting: Vec<Release> = releases.into_iter().filter(counts).collect();
        let passed_over = all - counting.len();
        Self { latest: counting.into_iter().reduce(Release::later), passed_over, has_next }
    }
}

fn none(passed_over: usize, pre_releases: bool) -> String {
    match passed_over {
        0 => "the repository has no release (yet)".to_owned(),
        n if pre_releases => format!("the repository has no release but {n} drafts; publish one"),
        n => format!(
            "the repository has no release but {n} pre-releases and drafts; publish one, or take \
             pre-releases by pre_releases(true)"
        ),
    }
}
