//! The AWS account that our credentials belong to, and whether it is the one that the service is in.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An account, as AWS named it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its twelve digits.
    pub id: String,
    /// What its owners call it (its IAM alias), where it has one and we may ask.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub alias: Option<String>,
    /// The account that the service file names, where that is another one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub wanted: Option<String>,
}

impl Account {
    /// What AWS answered, held against the account that the service file names, if it names one.
    pub fn new(id: &str, alias: Option<&str>, wanted: Option<&str>) -> Self {
        Self {
            id: id.to_owned(),
            alias: alias.map(str::to_owned),
            wanted: wanted.filter(|wanted| *wanted != id).map(str::to_owned),
        }
    }

    /// Why nothing may be written from here: every call would go to an account that is not the service's.
    pub fn wrong(&self) -> Option<String> {
        let wanted = self.wanted.as_deref()?;
        Some(format!("these credentials are for account {self}, and the service file says {wanted}"))
    }
}

/// `123456789012 (bank-production)`.
impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.alias {
            Some(alias) => write!(f, "{} ({alias})", self.id),
            None => f.write_str(&self.id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_wrong_only_where_the_service_file_names_another() {
        assert_eq!(Account::new("123456789012", None, None).wrong(), None);
        assert_eq!(Account::new("123456789012", Some("bank"), Some("123456789012")).wrong(), None);
        let wrong = Account::new("210987654321", Some("bank-staging"), Some("123456789012"));
        assert_eq!(wrong.to_string(), "210987654321 (bank-staging)");
        assert!(
            wrong
                .wrong()
                .is_some_and(|why| why.contains("210987654321 (bank-staging)") && why.contains("123456789012"))
        );
    }
}
