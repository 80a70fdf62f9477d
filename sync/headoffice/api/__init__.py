"""The HTTP face of head office: tills' routes by sync.protocol, admin routes by pydantic."""
