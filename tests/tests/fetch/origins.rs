//! Tests what each fetcher says about where it fetches from: enough for an operator, and nothing secret.

use selfup::fetch::{Fetch, File, GitHub, Http, RunningExecutable, S3, from_fn};
use std::io;

#[test]
fn an_origin_says_where_and_shows_no_credentials() {
    let nothing = from_fn(|_: &RunningExecutable| Ok::<_, io::Error>(None));
    let bucket = S3::new("releases", "app.gz").endpoint("https://ci:secret@s3.example");
    let fetchers: [(Box<dyn Fetch>, Option<&str>); 6] = [
        (Box::new(File::new("/srv/releases/app")), Some("/srv/releases/app")),
        (
            Box::new(Http::new("https://ci:secret@host/app.gz?signature=secret")),
            Some("https://…@host/app.gz?signature=…"),
        ),
        (Box::new(Http::manifest("https://host/app.json")), Some("https://host/app.json")),
        (Box::new(bucket), Some("s3://releases/app.gz (at https://…@s3.example)")),
        (Box::new(GitHub::new("owner", "app").token("secret")), Some("owner/app from github")),
        (Box::new(nothing), None),
    ];
    for (fetcher, expected) in fetchers {
        assert_eq!(fetcher.origin().as_deref(), expected);
    }
}
