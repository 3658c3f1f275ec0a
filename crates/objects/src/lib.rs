//! Where an import's file is read from: a folder of buckets, or S3.
