//! Whom to call, and when.

/// Whom to call, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct People {
    /// Roles and how each is reached.
    pub contacts: Vec<Contact>,
    /// What is done at each severity, the worst first.
    pub escalation: Vec<Escalation>,
}

/// A role that is called in an event: a role and not a name, which would be out of date when it is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// The role, such as `Database lead`.
    pub role: String,
    /// How it is reached: a pager, a number, a portal.
    pub reach: String,
}

/// What is done at a severity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escalation {
    /// 1 is the worst.
    pub severity: u8,
    /// When it is that.
    pub when: String,
    /// What is done then.
    pub what: String,
}
