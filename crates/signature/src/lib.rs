//! AWS request signatures, SigV4 and SigV4A: checking and making them.
