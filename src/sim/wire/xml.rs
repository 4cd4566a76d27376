//! XML, written.

use std::fmt::Write as _;

use super::{WireResponse, respond};
use crate::sim::world::ApiError;

/// An XML document under way. Elements are closed in the reverse order of opening.
#[derive(Debug, Default)]
pub struct Xml {
    out: String,
}

impl Xml {
    /// A document whose root has a namespace.
    pub fn root(name: &str, namespace: &str) -> Self {
        let mut xml = Self { out: String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") };
        let _ = if namespace.is_empty() {
            write!(xml.out, "<{name}>")
        } else {
            write!(xml.out, "<{name} xmlns=\"{namespace}\">")
        };
        xml
    }

    /// An element with a text.
    pub fn text(&mut self, name: &str, text: impl std::fmt::Display) -> &mut Self {
        let _ = write!(self.out, "<{name}>");
        escape(&mut self.out, &text.to_string());
        let _ = write!(self.out, "</{name}>");
        self
    }

    /// An element with a text, if there is one.
    pub fn maybe(&mut self, name: &str, text: Option<impl std::fmt::Display>) -> &mut Self {
        if let Some(text) = text {
            self.text(name, text);
        }
        self
    }

    /// An element with elements inside.
    pub fn nest(&mut self, name: &str, inside: impl FnOnce(&mut Self)) -> &mut Self {
        let _ = write!(self.out, "<{name}>");
        inside(self);
        let _ = write!(self.out, "</{name}>");
        self
    }

    /// The document, with the root closed.
    pub fn end(mut self, root: &str) -> Vec<u8> {
        let _ = write!(self.out, "</{root}>");
        self.out.into_bytes()
    }
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
}

/// The error document that RDS and Route 53 share.
pub fn error(error: &ApiError, namespace: &str, id: &str) -> WireResponse {
    let mut xml = Xml::root("ErrorResponse", namespace);
    xml.nest("Error", |xml| {
        xml.text("Type", if error.status < 500 { "Sender" } else { "Receiver" });
        xml.text("Code", error.code).text("Message", &error.message);
    });
    xml.text("RequestId", id);
    respond(error.status, "text/xml", id, xml.end("ErrorResponse"))
}
