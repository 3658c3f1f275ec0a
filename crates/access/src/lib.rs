//! Who may do what: accounts, access keys and policies.
