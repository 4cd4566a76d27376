//! `endpoint`.

use std::time::Duration;

use super::{both, differ, timeout};
use crate::config::form;
use crate::config::reader::Table;
use crate::domain::service::Endpoint;

pub(super) fn endpoint(table: &Table<'_, '_>) -> Option<Endpoint> {
    let urls = both(table, "{ url = \"https://…\" }", |side| {
        form::url(&side.need("url", "the URL of this Region's own endpoint")?)
    });
    let urls = differ(table, urls, "URL");
    let public = table.optional("public", form::url);
    let expect_status = table.get("expect_status").map_or(Some(200), |node| node.integer(100, 599));
    let expect_text = table.optional("expect_text", |node| node.line("a text that a healthy body contains", 200));
    let timeout = timeout(table, Duration::from_secs(5));
    Some(Endpoint {
        urls: urls?,
        public: public.ok()?,
        expect_status: u16::try_from(expect_status?).ok()?,
        expect_text: expect_text.ok()?,
        timeout: timeout?,
    })
}
