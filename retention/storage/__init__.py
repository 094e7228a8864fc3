"""Where sealed segments lie: a folder, or S3-compatible storage with object lock."""
