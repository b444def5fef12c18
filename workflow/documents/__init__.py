"""The life of official documents: prepared, signed with a number, issued, received; or void."""
